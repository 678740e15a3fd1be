"""Tokens of programs."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment

revision = "people_0009"
down_revision = "people_0008"


def upgrade() -> None:
    op.create_table(
        "token",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("token", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("opds", sa.JSON(none_as_null=True)),
        sa.Column("areas", sa.JSON(none_as_null=True)),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("until", Moment()),
        sa.Column("used", Moment()),
    )
