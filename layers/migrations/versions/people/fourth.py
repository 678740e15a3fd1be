"""What each screen of the wall is told to show."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment

revision = "people_0004"
down_revision = "people_0003"


def upgrade() -> None:
    op.create_table("steering",
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=True),
        sa.Column("until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("screen")
    )
