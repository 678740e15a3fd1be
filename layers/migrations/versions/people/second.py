"""What people did about alarms: acknowledged, silenced."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment, Serial

revision = "people_0002"
down_revision = "people_0001"


def upgrade() -> None:
    op.create_table("alarm_act",
        sa.Column("id", Serial, nullable=False),
        sa.Column("alarm", sa.Text(), nullable=False),
        sa.Column("raised", Moment(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_index("alarm_act_alarm", "alarm_act", ["alarm", "id"])
