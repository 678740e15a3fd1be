"""Tokens: the categories of complaints that they are limited to."""

import sqlalchemy as sa
from alembic import op

revision = "people_0010"
down_revision = "people_0009"


def upgrade() -> None:
    op.add_column("token", sa.Column("categories", sa.JSON(none_as_null=True), nullable=True))
