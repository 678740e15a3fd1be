"""Orders: what leaders asked of OPDs, until when, and what was answered."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment, Serial

revision = "people_0003"
down_revision = "people_0002"


def upgrade() -> None:
    op.create_table("orders",
        sa.Column("id", Serial, nullable=False),
        sa.Column("given", Moment(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("giver_role", sa.Text(), nullable=False),
        sa.Column("opd", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kpi", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered", Moment(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_index("orders_opd", "orders", ["opd", "given"])
