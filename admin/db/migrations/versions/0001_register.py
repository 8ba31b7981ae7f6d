"""Places, people, accounts, the audit trail, jobs, and facts about the installation."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = (
    "attempt",
    "audit",
    "audit_head",
    "consent_text",
    "job",
    "lease",
    "place",
    "server",
    "account",
    "compound",
    "grid",
    "person",
    "consent",
    "face",
    "household",
    "pin",
    "resident_link",
    "membership",
)


def upgrade() -> None:
    _attempt()
    _audit()
    _audit_head()
    _consent_text()
    _job()
    _lease()
    _place()
    _server()
    _account()
    _compound()
    _grid()
    _person()
    _consent()
    _face()
    _household()
    _pin()
    _resident_link()
    _membership()
    _seeds()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)  # its indexes go with it


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(128), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_bucket_at"), "attempt", ["bucket", "at"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("principal", sa.String(64), nullable=False),
        sa.Column("act", sa.String(48), nullable=False),
        sa.Column("subject", sa.String(96), nullable=False),
        sa.Column("details", sa.String(1000), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=True),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.create_index(op.f("ix_audit_principal"), "audit", ["principal"])
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])


def _audit_head() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )


def _consent_text() -> None:
    op.create_table(
        "consent_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("zh", sa.String(4000), nullable=False),
        sa.Column("en", sa.String(4000), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint("kind", "text_version", name=op.f("uq_consent_text_kind_text_version")),
    )


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(96), nullable=False),
        sa.Column("arguments", sa.String(2000), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("result", sa.String(2000), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.CheckConstraint(
            "state IN ('queued','running','done','refused','failed')", name=op.f("ck_job_state")
        ),
    )
    op.create_index(op.f("ix_job_queue_state_due_at"), "job", ["queue", "state", "due_at"])
    op.create_index(op.f("ix_job_subject"), "job", ["subject"])


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )


def _place() -> None:
    op.create_table(
        "place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name_zh", sa.String(64), nullable=False),
        sa.Column("name_en", sa.String(64), nullable=False),
        sa.Column("path", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.CheckConstraint(
            "kind IN ('street','community','compound','building','unit')", name=op.f("ck_place_kind")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name=op.f("fk_place_parent_id_place")),
    )
    op.create_index(op.f("ix_place_path"), "place", ["path"])


def _server() -> None:
    op.create_table(
        "server",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server")),
    )


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(16), nullable=True),
        sa.Column("session_number", sa.Integer(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_account_place_id_place")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )


def _compound() -> None:
    op.create_table(
        "compound",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("wire_id", sa.String(64), nullable=False),
        sa.Column("operator_zh", sa.String(64), nullable=False),
        sa.Column("operator_en", sa.String(64), nullable=False),
        sa.Column("phone", sa.String(32), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_compound")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_compound_place_id_place")),
        sa.UniqueConstraint("wire_id", name=op.f("uq_compound_wire_id")),
    )


def _grid() -> None:
    op.create_table(
        "grid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(64), nullable=False),
        sa.Column("name_en", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
        sa.ForeignKeyConstraint(["community_id"], ["place.id"], name=op.f("fk_grid_community_id_place")),
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("compound_id", sa.Integer(), nullable=False),
        sa.Column("wire_id", sa.String(64), nullable=False),
        sa.Column("vault_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("pinyin", sa.String(256), nullable=False),
        sa.Column("initials", sa.String(64), nullable=False),
        sa.Column("phone", sa.String(32), nullable=True),
        sa.Column("born", sa.Date(), nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.ForeignKeyConstraint(["compound_id"], ["place.id"], name=op.f("fk_person_compound_id_place")),
        sa.UniqueConstraint("vault_id", name=op.f("uq_person_vault_id")),
        sa.UniqueConstraint("wire_id", name=op.f("uq_person_wire_id")),
    )
    op.create_index(op.f("ix_person_compound_id_initials"), "person", ["compound_id", "initials"])
    op.create_index(op.f("ix_person_compound_id_name"), "person", ["compound_id", "name"])
    op.create_index(op.f("ix_person_compound_id_pinyin"), "person", ["compound_id", "pinyin"])


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.Column("guardian_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.CheckConstraint("kind IN ('face','central','internet')", name=op.f("ck_consent_kind")),
        sa.ForeignKeyConstraint(["guardian_id"], ["person.id"], name=op.f("fk_consent_guardian_id_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id_person")),
        sa.ForeignKeyConstraint(
            ["text_id"], ["consent_text.id"], name=op.f("fk_consent_text_id_consent_text")
        ),
        sa.ForeignKeyConstraint(["witness_id"], ["account.id"], name=op.f("fk_consent_witness_id_account")),
    )
    op.create_index(op.f("ix_consent_person_id"), "consent", ["person_id"])


def _face() -> None:
    op.create_table(
        "face",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("templates", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.Column("look_alike", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_face")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_face_person_id_person")),
    )


def _household() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("room", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_household_grid_id_grid")),
        sa.ForeignKeyConstraint(["unit_id"], ["place.id"], name=op.f("fk_household_unit_id_place")),
    )
    op.create_index(op.f("ix_household_room"), "household", ["room"])
    op.create_index(op.f("uq_household_unit_id_room"), "household", ["unit_id", "room"], unique=True)


def _pin() -> None:
    op.create_table(
        "pin",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_pin")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_pin_person_id_person")),
    )


def _resident_link() -> None:
    op.create_table(
        "resident_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_link")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_resident_link_made_by_account")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_resident_link_person_id_person")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_resident_link_secret_hash")),
    )
    op.create_index(op.f("ix_resident_link_person_id"), "resident_link", ["person_id"])


def _membership() -> None:
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.CheckConstraint("role IN ('owner','family','tenant','carer')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_membership_household_id_household")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")),
    )
    op.create_index(op.f("ix_membership_household_id"), "membership", ["household_id"])
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"])


def _seeds() -> None:
    """The rows there is exactly one of."""
    whole, word = sa.Integer(), sa.String(64)
    server = sa.table(
        "server", sa.column("id", whole), sa.column("generation", whole), sa.column("revision", whole)
    )
    op.bulk_insert(server, [{"id": 1, "generation": 1, "revision": 1}])
    head = sa.table("audit_head", sa.column("id", whole), sa.column("seq", whole), sa.column("hash", word))
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
