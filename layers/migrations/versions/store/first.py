"""The first tables of the store database: records with their versions, runs, sources, leases, quarantine."""

import sqlalchemy as sa
from alembic import op

from layers.schema import CURRENT
from layers.sqltypes import Moment, Money, Serial

revision = "store_0001"
down_revision = None


def upgrade() -> None:
    op.create_table("change",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_table("complaint",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("known_at", Moment(), nullable=True),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("opd", sa.Text(), nullable=True),
        sa.Column("received", Moment(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("classification", sa.Text(), nullable=True),
        sa.Column("verified", Moment(), nullable=True),
        sa.Column("responded", Moment(), nullable=True),
        sa.Column("closed", Moment(), nullable=True),
        sa.Column("validated", Moment(), nullable=True),
        sa.Column("confirmed", Moment(), nullable=True),
        sa.Column("reopened", Moment(), nullable=True),
        sa.Column("due", Moment(), nullable=True),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("known_from", Moment(), nullable=False),
        sa.Column("known_to", Moment(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("moved_from", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("source", "source_id", "known_from", name="complaint_version")
    )
    op.create_index("complaint_area", "complaint", ["area"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("complaint_month", "complaint", ["month"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("complaint_opd", "complaint", ["opd"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_table("lease",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("source")
    )
    op.create_table("measurement",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("known_at", Moment(), nullable=True),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("opd", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("measured", Moment(), nullable=False),
        sa.Column("known_from", Moment(), nullable=False),
        sa.Column("known_to", Moment(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("moved_from", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("source", "source_id", "known_from", name="measurement_version")
    )
    op.create_index("measurement_area", "measurement", ["area"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("measurement_month", "measurement", ["month"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("measurement_opd", "measurement", ["opd"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_table("package",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("known_at", Moment(), nullable=True),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("opd", sa.Text(), nullable=True),
        sa.Column("announced", Moment(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("pagu", Money(), nullable=True),
        sa.Column("hps", Money(), nullable=True),
        sa.Column("value", Money(), nullable=True),
        sa.Column("pdn", Money(), nullable=True),
        sa.Column("umk", Money(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("selected", Moment(), nullable=True),
        sa.Column("contracted", Moment(), nullable=True),
        sa.Column("handed_over", Moment(), nullable=True),
        sa.Column("known_from", Moment(), nullable=False),
        sa.Column("known_to", Moment(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("moved_from", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("source", "source_id", "known_from", name="package_version")
    )
    op.create_index("package_area", "package", ["area"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("package_month", "package", ["month"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("package_opd", "package", ["opd"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_table("quarantine",
        sa.Column("id", Serial, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("masked", sa.JSON(), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=True),
        sa.Column("first_seen", Moment(), nullable=False),
        sa.Column("last_seen", Moment(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("resolved", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "digest", name="quarantine_row")
    )
    op.create_table("run",
        sa.Column("id", Serial, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started", Moment(), nullable=False),
        sa.Column("finished", Moment(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id")
    )
    op.create_index("run_source", "run", ["source", "id"])
    op.create_table("service",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("known_at", Moment(), nullable=True),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("opd", sa.Text(), nullable=True),
        sa.Column("day", Moment(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("served", sa.BigInteger(), nullable=False),
        sa.Column("on_time", sa.BigInteger(), nullable=True),
        sa.Column("queued", sa.BigInteger(), nullable=True),
        sa.Column("waiting_minutes", sa.Double(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("known_from", Moment(), nullable=False),
        sa.Column("known_to", Moment(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("moved_from", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("source", "source_id", "known_from", name="service_version")
    )
    op.create_index("service_area", "service", ["area"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("service_month", "service", ["month"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index("service_opd", "service", ["opd"], sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_table("source",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cursor", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("fetched_at", Moment(), nullable=True),
        sa.Column("newest", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", Moment(), nullable=True),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source")
    )
    op.bulk_insert(sa.table("change", sa.column("id"), sa.column("head")), [{"id": 1, "head": 0}])
