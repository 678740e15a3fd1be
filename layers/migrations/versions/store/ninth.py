"""The turns of scheduled reports, with their files until they are sent."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment

revision = "store_0009"
down_revision = "store_0008"


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("made", Moment(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("rights", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("pdf", sa.LargeBinary()),
        sa.Column("xlsx", sa.LargeBinary()),
        sa.Column("sent", Moment()),
    )
    op.create_index("report_turn", "report", ["report", "account", "due"])
