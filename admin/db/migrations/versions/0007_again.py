"""What is asked to be read again is found without walking the quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    asked = sa.text("again")
    op.create_index(
        op.f("ix_quarantine_again"), "quarantine", ["id"], sqlite_where=asked, postgresql_where=asked
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_quarantine_again"), "quarantine")
