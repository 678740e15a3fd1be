"""Accounts: a bidang's categories, a second factor, an identity elsewhere; sessions: which browser."""

import sqlalchemy as sa
from alembic import op

revision = "people_0006"
down_revision = "people_0005"


def upgrade() -> None:
    op.add_column("account", sa.Column("categories", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("account", sa.Column("totp", sa.LargeBinary(), nullable=True))
    op.add_column("account", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("subject", sa.Text(), nullable=True))
    op.create_index("account_identity", "account", ["issuer", "subject"], unique=True)
    op.add_column("session", sa.Column("device", sa.Text(), nullable=True))
    op.create_table(
        "recovery",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("code", sa.LargeBinary(), primary_key=True),
    )
