"""Gates, their rosters and records; visitors and the uses of their passes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
REAL: sa.Double[float] = sa.Double()
TABLES = (
    "quarantine",
    "gate",
    "alarm",
    "gate_epoch",
    "gate_state",
    "sealed_roster",
    "visit",
    "pass_claim",
    "passage",
    "visit_gate",
)


def upgrade() -> None:
    _quarantine()
    _gate()
    _alarm()
    _gate_epoch()
    _gate_state()
    _sealed_roster()
    _visit()
    _pass_claim()
    _passage()
    _visit_gate()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)  # its indexes go with it


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("topic", sa.String(256), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=True),
        sa.Column("fault", sa.String(32), nullable=False),
        sa.Column("detail", sa.String(256), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.String(64), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("hash", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_at"), "quarantine", ["at"])


def _gate() -> None:
    op.create_table(
        "gate",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(64), nullable=False),
        sa.Column("name_en", sa.String(64), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("liveness", sa.String(16), nullable=False),
        sa.Column("credential_hash", sa.String(64), nullable=False),
        sa.Column("seal_key", sa.LargeBinary(32), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
        sa.CheckConstraint("direction IN ('in','out','both')", name=op.f("ck_gate_direction")),
        sa.ForeignKeyConstraint(["compound_id"], ["place.id"], name=op.f("fk_gate_compound_id_place")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_gate_place_id_place")),
    )
    op.create_index(op.f("ix_gate_compound_id"), "gate", ["compound_id"])
    op.create_index(op.f("ix_gate_place_id"), "gate", ["place_id"])


def _alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("seen_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("who_commitment", sa.String(64), nullable=False),
        sa.Column("who_salt", sa.LargeBinary(32), nullable=True),
        sa.Column("who_text", sa.LargeBinary(), nullable=True),
        sa.Column("what_commitment", sa.String(64), nullable=False),
        sa.Column("what_salt", sa.LargeBinary(32), nullable=True),
        sa.Column("what_text", sa.LargeBinary(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.ForeignKeyConstraint(["compound_id"], ["place.id"], name=op.f("fk_alarm_compound_id_place")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_alarm_gate_id_gate")),
        sa.ForeignKeyConstraint(["seen_by"], ["account.id"], name=op.f("fk_alarm_seen_by_account")),
        sa.UniqueConstraint("gate_id", "epoch", "seq", name=op.f("uq_alarm_gate_id_epoch_seq")),
    )
    op.create_index(
        op.f("ix_alarm_compound_id_at_id"), "alarm", ["compound_id", sa.text("at DESC"), sa.text("id DESC")]
    )


def _gate_epoch() -> None:
    op.create_table(
        "gate_epoch",
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("parent_epoch", sa.String(64), nullable=True),
        sa.Column("parent_seq", sa.Integer(), nullable=True),
        sa.Column("parent_hash", sa.String(64), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=True),
        sa.Column("highest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("gate_id", "epoch", name=op.f("pk_gate_epoch")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_gate_epoch_gate_id_gate")),
    )


def _gate_state() -> None:
    op.create_table(
        "gate_state",
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("boot", sa.String(64), nullable=True),
        sa.Column("connection", sa.Integer(), nullable=False),
        sa.Column("born_at", INSTANT, nullable=True),
        sa.Column("software", sa.String(64), nullable=True),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("health_at", INSTANT, nullable=True),
        sa.Column("health", sa.String(4000), nullable=True),
        sa.Column("held_version", sa.Integer(), nullable=False),
        sa.Column("held_generation", sa.Integer(), nullable=False),
        sa.Column("held_digest", sa.String(64), nullable=True),
        sa.Column("held_at", INSTANT, nullable=True),
        sa.Column("trouble", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("gate_id", name=op.f("pk_gate_state")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_gate_state_gate_id_gate")),
    )


def _sealed_roster() -> None:
    op.create_table(
        "sealed_roster",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_roster")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_sealed_roster_gate_id_gate")),
    )
    op.create_index(
        op.f("uq_sealed_roster_gate_id_version"), "sealed_roster", ["gate_id", "version"], unique=True
    )


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.String(64), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=True),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("link_hash", sa.String(64), nullable=False),
        sa.Column("link_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("pin_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.CheckConstraint("uses >= 1 AND uses <= 255", name=op.f("ck_visit_uses")),
        sa.CheckConstraint("since < until", name=op.f("ck_visit_window")),
        sa.ForeignKeyConstraint(["compound_id"], ["place.id"], name=op.f("fk_visit_compound_id_place")),
        sa.ForeignKeyConstraint(["host_id"], ["person.id"], name=op.f("fk_visit_host_id_person")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_visit_household_id_household")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_visit_made_by_account")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_visit_link_hash")),
        sa.UniqueConstraint("pass_id", name=op.f("uq_visit_pass_id")),
    )
    op.create_index(op.f("ix_visit_compound_id_until"), "visit", ["compound_id", "until"])
    op.create_index(op.f("ix_visit_host_id"), "visit", ["host_id"])


def _pass_claim() -> None:
    op.create_table(
        "pass_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_claim")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_pass_claim_gate_id_gate")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_pass_claim_visit_id_visit")),
    )
    op.create_index(op.f("ix_pass_claim_visit_id"), "pass_claim", ["visit_id"])


def _passage() -> None:
    op.create_table(
        "passage",
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(24), nullable=True),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("score", REAL, nullable=True),
        sa.Column("margin", REAL, nullable=True),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.Column("waited_ms", sa.Integer(), nullable=True),
        sa.Column("live", REAL, nullable=True),
        sa.Column("roster_version", sa.Integer(), nullable=False),
        sa.Column("clock_trusted", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("who_commitment", sa.String(64), nullable=False),
        sa.Column("who_salt", sa.LargeBinary(32), nullable=True),
        sa.Column("who_text", sa.LargeBinary(), nullable=True),
        sa.Column("what_commitment", sa.String(64), nullable=False),
        sa.Column("what_salt", sa.LargeBinary(32), nullable=True),
        sa.Column("what_text", sa.LargeBinary(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sa.ForeignKeyConstraint(["compound_id"], ["place.id"], name=op.f("fk_passage_compound_id_place")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_passage_gate_id_gate")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passage_person_id_person")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_passage_visit_id_visit")),
        sa.UniqueConstraint("gate_id", "epoch", "seq", name=op.f("uq_passage_gate_id_epoch_seq")),
    )
    op.create_index(
        op.f("ix_passage_compound_id_at_id"),
        "passage",
        ["compound_id", sa.text("at DESC"), sa.text("id DESC")],
    )
    op.create_index(
        op.f("ix_passage_gate_id_at_id"), "passage", ["gate_id", sa.text("at DESC"), sa.text("id DESC")]
    )
    op.create_index(op.f("ix_passage_person_id_at"), "passage", ["person_id", sa.text("at DESC")])
    op.create_index(op.f("ix_passage_recorded_at"), "passage", ["recorded_at"])
    op.create_index(op.f("ix_passage_visit_id"), "passage", ["visit_id"])


def _visit_gate() -> None:
    op.create_table(
        "visit_gate",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("gate_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("visit_id", "gate_id", name=op.f("pk_visit_gate")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_visit_gate_gate_id_gate")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_gate_visit_id_visit")),
    )
