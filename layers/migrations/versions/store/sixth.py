"""What was once said stays: when versions were kept and replaced, when records were gone, how sources stood, which pack held."""

import sqlalchemy as sa
from alembic import op

from layers import clock
from layers.sqltypes import Moment, Serial

revision = "store_0006"
down_revision = "store_0005"

KINDS = ("complaint", "service", "package", "measurement")
OPEN = sa.text("resolved IS NULL")


def upgrade() -> None:
    for kind in KINDS:
        op.add_column(kind, sa.Column("kept_at", Moment(), nullable=True))
        of = sa.Table(kind, sa.MetaData(), autoload_with=op.get_bind())
        name = f"{kind}_replaced"
        op.create_table(name,
            *(sa.Column(c.name, c.type, primary_key=c.name == "seq", nullable=c.nullable, autoincrement=False) for c in of.c),
            sa.Column("replaced", Moment(), nullable=False)
        )
        op.create_index(f"{name}_record", name, ["source", "source_id"])
    absence = op.create_table("absence",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("seq")
    )
    op.create_table("standing",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("minute", Moment(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "minute")
    )
    op.create_table("pack",
        sa.Column("since", Moment(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("since")
    )
    op.create_index("quarantine_open", "quarantine", ["source"], sqlite_where=OPEN, postgresql_where=OPEN)
    gone = sa.table("gone", *map(sa.column, ("seq", "kind", "source", "source_id")))
    since = sa.literal(clock.now(), Moment())  # when they went is not known; nothing is asked of the time before
    names = ["seq", "kind", "source", "source_id", "since"]
    op.execute(absence.insert().from_select(names, sa.select(*gone.c, since)))
