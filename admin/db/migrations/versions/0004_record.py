"""Counted refusals, holes that are in order, chains that do not fit, quarantined messages tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("passage", sa.Column("times", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("passage", sa.Column("until", INSTANT, nullable=True))
    op.add_column("gate_epoch", sa.Column("hash_seq", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("gate_epoch", sa.Column("broken_seq", sa.Integer(), nullable=True))
    op.execute("UPDATE gate_epoch SET hash_seq = seq WHERE hash IS NOT NULL")
    op.add_column("quarantine", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_alarm_recorded_at"), "alarm", ["recorded_at"])
    op.create_table(
        "link_purge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_purge")),
        sa.CheckConstraint("first >= 1 AND first <= last", name=op.f("ck_link_purge_range")),
    )
    op.create_index(op.f("ix_link_purge_gate_id_epoch_first"), "link_purge", ["gate_id", "epoch", "first"])


def downgrade() -> None:
    op.drop_table("link_purge")
    op.drop_index(op.f("ix_alarm_recorded_at"), "alarm")
    op.drop_column("quarantine", "again")
    op.drop_column("gate_epoch", "broken_seq")
    op.drop_column("gate_epoch", "hash_seq")
    op.drop_column("passage", "until")
    op.drop_column("passage", "times")
