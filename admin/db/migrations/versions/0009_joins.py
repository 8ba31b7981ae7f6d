"""One-time codes that boxes become gates with, and gates that were ended."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _joins()
    _revocations()


def _joins() -> None:
    op.create_table(
        "gate_join",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lookup", sa.String(32), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(64), nullable=False),
        sa.Column("name_en", sa.String(64), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("why", sa.String(16), nullable=True),
        sa.Column("request", sa.String(16384), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("asked_from", sa.String(64), nullable=True),
        sa.Column("fingerprint", sa.String(64), nullable=True),
        sa.Column("reused_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_join")),
        sa.UniqueConstraint("lookup", name=op.f("uq_gate_join_lookup")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_gate_join_place_id_place")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_gate_join_made_by_account")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_gate_join_decided_by_account")),
        sa.CheckConstraint(
            "step IN ('open','asked','checked','confirmed','done','refused','cancelled','expired')",
            name=op.f("ck_gate_join_step"),
        ),
        sa.CheckConstraint("direction IN ('in','out','both')", name=op.f("ck_gate_join_direction")),
    )
    op.create_index(op.f("ix_gate_join_gate_id"), "gate_join", ["gate_id"])
    op.create_index(op.f("ix_gate_join_place_id"), "gate_join", ["place_id"])
    op.create_index("ix_gate_join_step", "gate_join", ["step"])


def _revocations() -> None:
    op.create_table(
        "gate_revocation",
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("cut_off_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("gate_id", name=op.f("pk_gate_revocation")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_gate_revocation_gate_id_gate")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_gate_revocation_account_id_account")
        ),
    )


def downgrade() -> None:
    op.drop_table("gate_revocation")
    op.drop_table("gate_join")
