"""The desk of an OPD: notes beside figures, disputed cases, cases given to a division."""

import sqlalchemy as sa
from alembic import op

from layers.peopleschema import ENDLESS, UNSETTLED
from layers.sqltypes import Moment, Serial

revision = "people_0007"
down_revision = "people_0006"


def upgrade() -> None:
    op.create_table("note",
        sa.Column("id", Serial, nullable=False),
        sa.Column("opd", sa.Text(), nullable=False),
        sa.Column("kpi", sa.Text(), nullable=True),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("withdrawn", Moment(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_index("note_opd", "note", ["opd", "day"])
    op.create_table("dispute",
        sa.Column("id", Serial, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("opd", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("settled", Moment(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_table("handover",
        sa.Column("id", Serial, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("opd", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended", Moment(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id")
    )
    for table, where in (("dispute", UNSETTLED), ("handover", ENDLESS)):
        op.create_index(f"{table}_open", table, ["source", "source_id"], unique=True,
            sqlite_where=sa.text(where), postgresql_where=sa.text(where))
