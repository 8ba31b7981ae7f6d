"""Rosters are kept as steps from the one before as well, and it is known up to when the register was looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sealed_roster") as table:
        table.alter_column("sealed", existing_type=sa.LargeBinary(), nullable=True)
        table.add_column(sa.Column("step_from", sa.String(64), nullable=True))
        table.add_column(sa.Column("step", sa.LargeBinary(), nullable=True))
        table.create_check_constraint(op.f("ck_sealed_roster_step"), "(step IS NULL) = (step_from IS NULL)")
        table.create_index("ix_sealed_roster_gate_id_step_from", ["gate_id", "step_from"])
    op.add_column("server", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("server", "looked_at")
    op.execute(sa.text("DELETE FROM sealed_roster WHERE sealed IS NULL"))
    with op.batch_alter_table("sealed_roster") as table:
        table.drop_index("ix_sealed_roster_gate_id_step_from")
        table.drop_constraint(op.f("ck_sealed_roster_step"), type_="check")
        table.drop_column("step")
        table.drop_column("step_from")
        table.alter_column("sealed", existing_type=sa.LargeBinary(), nullable=False)
