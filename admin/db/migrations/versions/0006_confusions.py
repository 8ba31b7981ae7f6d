"""Who was taken for whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "confusion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("passage_id", sa.Uuid(), nullable=True),
        sa.Column("known_by", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confusion")),
        sa.CheckConstraint("person_id <> other_id", name=op.f("ck_confusion_two_people")),
        _person("person_id"),
        _person("other_id"),
        sa.ForeignKeyConstraint(
            ["passage_id"],
            ["passage.id"],
            name=op.f("fk_confusion_passage_id_passage"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_confusion_by_id_account")),
        sa.UniqueConstraint("passage_id", name=op.f("uq_confusion_passage_id")),
    )
    op.create_index(op.f("ix_confusion_person_id"), "confusion", ["person_id"])
    op.create_index(op.f("ix_confusion_other_id"), "confusion", ["other_id"])


def downgrade() -> None:
    op.drop_table("confusion")


def _person(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["person.id"], name=op.f(f"fk_confusion_{column}_person"), ondelete="CASCADE"
    )
