"""Parts of links that were removed, and how long a compound keeps its log."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "part_purge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(4), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_purge")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_part_purge_gate_id_gate")),
        sa.CheckConstraint("first >= 1 AND first <= last", name=op.f("ck_part_purge_range")),
        sa.CheckConstraint("part IN ('who','what')", name=op.f("ck_part_purge_part")),
    )
    op.create_index("ix_part_purge_gate_id_epoch_first", "part_purge", ["gate_id", "epoch", "first"])
    op.create_index("ix_part_purge_at", "part_purge", ["at"])
    for column in (
        sa.Column("log_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("log_held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("log_expired_until", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("compound", column)


def downgrade() -> None:
    for column in ("log_expired_until", "log_held_at", "log_days"):
        op.drop_column("compound", column)
    op.drop_table("part_purge")
