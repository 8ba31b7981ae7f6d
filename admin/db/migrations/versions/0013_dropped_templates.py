"""It is known which roster dropped templates and which step holds some, so that older bodies with them are let go.

Of rosters of before nobody knows it: the first start of dispatch lets go of all that may hold somebody who is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("step_puts_templates", "drops_templates"):
        op.add_column(
            "sealed_roster", sa.Column(name, sa.Boolean(), server_default=sa.true(), nullable=False)
        )


def downgrade() -> None:
    op.drop_column("sealed_roster", "drops_templates")
    op.drop_column("sealed_roster", "step_puts_templates")
