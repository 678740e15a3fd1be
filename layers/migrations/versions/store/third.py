"""What a citizen wrote (masked) and keyed hashes of who it was; tombstones of persons whose data was erased."""

import sqlalchemy as sa
from alembic import op

revision = "store_0003"
down_revision = "store_0002"


def upgrade() -> None:
    for name in ("text", "reporter", "mentions"):
        op.add_column("complaint", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("service", sa.Column("reporter", sa.Text(), nullable=True))
    op.create_table("erased",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest")
    )
