"""Screens: how large and how far away each is, and what its browser last told of itself."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment

revision = "people_0005"
down_revision = "people_0004"


def upgrade() -> None:
    op.add_column("screen", sa.Column("panel", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("screen", sa.Column("heard", Moment(), nullable=True))
    op.add_column("screen", sa.Column("report", sa.JSON(none_as_null=True), nullable=True))
