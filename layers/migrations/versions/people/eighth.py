"""Saved views of the page of analysis."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment, Serial

revision = "people_0008"
down_revision = "people_0007"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", Serial, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("changed", Moment(), nullable=False),
    )
    op.create_index("saved_view_owner", "saved_view", ["owner"])
    op.create_index("saved_view_audience", "saved_view", ["audience"])
