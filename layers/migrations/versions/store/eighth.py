"""The briefs as they were made, with the version of the snapshot behind each; messages that are pages."""

import sqlalchemy as sa
from alembic import op

from layers.sqltypes import Moment

revision = "store_0008"
down_revision = "store_0007"


def upgrade() -> None:
    op.create_table("brief",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("made", Moment(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "subject")
    )
    op.add_column("notice", sa.Column("html", sa.Text(), nullable=True))
