"""What kind of thing a package buys, and how many bid for it."""

import sqlalchemy as sa
from alembic import op

revision = "store_0005"
down_revision = "store_0004"


def upgrade() -> None:
    op.add_column("package", sa.Column("bought", sa.Text(), nullable=True))
    op.add_column("package", sa.Column("bidders", sa.BigInteger(), nullable=True))
