"""Alarms with their whole life, and the messages about them that are on their way."""

import sqlalchemy as sa
from alembic import op

from layers.schema import WAITING
from layers.sqltypes import Moment

revision = "store_0007"
down_revision = "store_0006"


def upgrade() -> None:
    op.create_table("alarm",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("raised", Moment(), nullable=True),
        sa.Column("rang", Moment(), nullable=True),
        sa.Column("calm", Moment(), nullable=True),
        sa.Column("cleared", Moment(), nullable=True),
        sa.Column("ended", Moment(), nullable=True),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", "since")
    )
    open_ = sa.text("ended IS NULL")
    op.create_index("alarm_raised", "alarm", ["raised"])
    op.create_index("alarm_open", "alarm", ["id"], sqlite_where=open_, postgresql_where=open_)
    op.create_table("notice",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("alarm", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent", Moment(), nullable=True),
        sa.Column("dropped", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("target", "key")
    )
    waiting = sa.text(WAITING)
    op.create_index("notice_waiting", "notice", ["target", "due"], sqlite_where=waiting, postgresql_where=waiting)
