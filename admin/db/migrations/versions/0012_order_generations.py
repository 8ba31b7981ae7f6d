"""Orders keep the generation they were asked for under: a restored register does not say again what it may not know."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gate_order", sa.Column("generation", sa.Integer(), server_default="1", nullable=False))
    # Orders of before are taken for the present generation's, as they have been said until now.
    op.execute(sa.text("UPDATE gate_order SET generation = (SELECT generation FROM server WHERE id = 1)"))


def downgrade() -> None:
    op.drop_column("gate_order", "generation")
