"""Pictures that gates sent, and for how long a compound keeps those of refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_picture",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_picture")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_gate_picture_gate_id_gate")),
        sa.CheckConstraint("kind IN ('test','refusal')", name=op.f("ck_gate_picture_kind")),
    )
    op.create_index(op.f("ix_gate_picture_until"), "gate_picture", ["until"])
    op.add_column("compound", sa.Column("picture_days", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("compound", "picture_days")
    op.drop_table("gate_picture")
