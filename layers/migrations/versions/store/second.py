"""A random name for the store, so that the frames can tell whether they are copies of this one; records that are gone."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Serial

revision = "store_0002"
down_revision = "store_0001"


def upgrade() -> None:
    table = op.create_table("identity",
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_table("gone",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("seq", Serial, nullable=False),
        sa.Column("version", Serial, nullable=False),
        sa.Column("months", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "source", "source_id"),
        sa.UniqueConstraint("seq")
    )
    op.bulk_insert(table, [{"id": uuid4().hex}])
