"""The perceptual hash of a complaint's closing photo, and a way to the versions of complaints that were replaced."""

import sqlalchemy as sa
from alembic import op

revision = "store_0004"
down_revision = "store_0003"


def upgrade() -> None:
    op.add_column("complaint", sa.Column("photo", sa.Text(), nullable=True))
    op.create_index(
        "complaint_past",
        "complaint",
        ["source", "source_id"],
        sqlite_where=sa.text("known_to IS NOT NULL"),
        postgresql_where=sa.text("known_to IS NOT NULL"),
    )
