"""What was measured on each compound's own faces."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibration",
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("compound_id", name=op.f("pk_calibration")),
        sa.ForeignKeyConstraint(["compound_id"], ["place.id"], name=op.f("fk_calibration_compound_id_place")),
    )


def downgrade() -> None:
    op.drop_table("calibration")
