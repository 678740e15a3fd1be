"""The tables of the store: versioned records, and what is kept about runs, sources, alarms, briefs and reports."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from layers.model import Kind
from layers.sqltypes import COLUMN_TYPES, Moment, Serial, record_fields

"""The tables of both databases: versioned records with what the store keeps about runs, and the people's own."""

metadata = MetaData()

CURRENT = text("known_to IS NULL")

OPEN = text("resolved IS NULL")

WAITING = "sent IS NULL AND dropped IS NULL"


def _record_table(kind: Kind) -> Table:
    """Every version of every record of a kind; the version with ``known_to`` NULL is what is known now.

    ``kept_at`` is when the store took the version in (NULL: before it kept that), ``known_from`` when it became true.
    """

    def column(name: str, python: type, *, optional: bool) -> Column[Any]:
        base = str if issubclass(python, StrEnum) else python
        return Column(name, COLUMN_TYPES[base](), nullable=optional)

    name = kind.value
    return Table(
        name,
        metadata,
        Column("seq", Serial, primary_key=True, autoincrement=False),
        *(column(name, python, optional=optional) for name, (python, optional) in record_fields(kind).items()),
        Column("known_from", Moment, nullable=False),
        Column("known_to", Moment),
        Column("digest", LargeBinary, nullable=False),
        Column("run_id", BigInteger, nullable=False),
        Column("month", Text, nullable=False),
        Column("moved_from", Text),
        Column("kept_at", Moment),
        UniqueConstraint("source", "source_id", "known_from", name=f"{name}_version"),
        Index(f"{name}_month", "month", sqlite_where=CURRENT, postgresql_where=CURRENT),
        Index(f"{name}_area", "area", sqlite_where=CURRENT, postgresql_where=CURRENT),
        Index(f"{name}_opd", "opd", sqlite_where=CURRENT, postgresql_where=CURRENT),
    )


RECORD_TABLES = MappingProxyType({kind: _record_table(kind) for kind in Kind})

_complaint, _replaced = RECORD_TABLES[Kind.COMPLAINT], text("known_to IS NOT NULL")

Index("complaint_past", _complaint.c.source, _complaint.c.source_id, sqlite_where=_replaced, postgresql_where=_replaced)


def _replaced_table(kind: Kind) -> Table:
    """The versions of a kind of which the source told another story later, with the moment at which that one was kept."""
    name = f"{kind.value}_replaced"
    return Table(
        name,
        metadata,
        *(
            Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable, autoincrement=False)
            for c in RECORD_TABLES[kind].c
        ),
        Column("replaced", Moment, nullable=False),
        Index(f"{name}_record", "source", "source_id"),
    )


REPLACED_TABLES = MappingProxyType({kind: _replaced_table(kind) for kind in Kind})

AT = MappingProxyType({Kind.COMPLAINT: "received", Kind.SERVICE: "day", Kind.PACKAGE: "announced", Kind.MEASUREMENT: "measured"})
"""The column that puts a record of a kind into its month: the same as :attr:`layers.model.Record.at`."""

change = Table(
    "change",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("head", BigInteger, nullable=False),
)
"""One row: the highest change number given so far."""

identity = Table("identity", metadata, Column("id", Text, primary_key=True))
"""One row, drawn when the store is made: copies of its records can tell it from another store."""

gone = Table(
    "gone",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("seq", Serial, nullable=False, unique=True),
    Column("version", Serial, nullable=False),
    Column("months", Text, nullable=False),
)
"""Records that do not count any more though their newest version (its ``seq`` is ``version``) was never replaced.

``seq`` is the number of that change, ``months`` are all that the record was ever in; the row goes when the record is back.
"""

absence = Table(
    "absence",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
)
"""Every stretch of time in which a record was gone, also those that are over; ``seq`` is that of its row in ``gone``."""

run = Table(
    "run",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("source", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("finished", Moment),
    Column("outcome", Text),
    Column("message", Text),
    Column("seen", BigInteger, nullable=False, default=0),
    Column("kept", BigInteger, nullable=False, default=0),
    Column("unchanged", BigInteger, nullable=False, default=0),
    Column("excluded", JSON, nullable=False, default=dict),
    Column("quarantined", BigInteger, nullable=False, default=0),
    Index("run_source", "source", "id"),
)

source = Table(
    "source",
    metadata,
    Column("source", Text, primary_key=True),
    Column("cursor", JSON(none_as_null=True)),
    Column("outcome", Text),
    Column("message", Text),
    Column("fetched_at", Moment),
    Column("newest", Moment),
    Column("failures", Integer, nullable=False, default=0),
    Column("retry_at", Moment),
    Column("records", BigInteger, nullable=False, default=0),
    Column("seen", BigInteger, nullable=False, default=0),
    Column("kept", BigInteger, nullable=False, default=0),
    Column("unchanged", BigInteger, nullable=False, default=0),
    Column("excluded", JSON, nullable=False, default=dict),
    Column("quarantined", BigInteger, nullable=False, default=0),
)
"""How each source stands; the counts are sums over all its runs."""

standing = Table(
    "standing",
    metadata,
    Column("source", Text, primary_key=True),
    Column("minute", Moment, primary_key=True),
    Column("facts", Text, nullable=False),
)
"""How each source stood at the end of each minute in which that changed: its facts as JSON."""

pack = Table(
    "pack",
    metadata,
    Column("since", Moment, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("body", Text, nullable=False),
)
"""Each pack by which figures were made, with the moment of its first; without what connectors need to know."""

lease = Table(
    "lease",
    metadata,
    Column("source", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Moment, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("source", Text, nullable=False),
    Column("source_id", Text),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("masked", JSON, nullable=False),
    Column("original", LargeBinary),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("times", Integer, nullable=False),
    Column("resolved", Moment),
    UniqueConstraint("source", "digest", name="quarantine_row"),
    Index("quarantine_open", "source", sqlite_where=OPEN, postgresql_where=OPEN),
)
"""Rows that could not be believed. ``cause`` is the reason without anything of the row in it."""

erased = Table("erased", metadata, Column("digest", LargeBinary, primary_key=True))
"""Tombstones: keyed digests of identifiers and of records whose persons had their data erased. What comes again stays away."""

alarm = Table(
    "alarm",
    metadata,
    Column("id", Text, primary_key=True),
    Column("since", Moment, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("raised", Moment),
    Column("rang", Moment),
    Column("calm", Moment),
    Column("cleared", Moment),
    Column("ended", Moment),
    Column("about", JSON, nullable=False),
    Index("alarm_raised", "raised"),
    Index("alarm_open", "id", sqlite_where=text("ended IS NULL"), postgresql_where=text("ended IS NULL")),
)
"""Every occurrence of an alarm, also those that still wait for their time; the moments are :class:`layers.alarms.Life`'s."""

notice = Table(
    "notice",
    metadata,
    Column("target", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("alarm", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("sent", Moment),
    Column("dropped", Text),
    Column("html", Text),
    Index("notice_waiting", "target", "due", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
)
"""Messages on their way: one for each target and state of an alarm, until it is ``sent`` or ``dropped`` for a reason."""

brief = Table(
    "brief",
    metadata,
    Column("day", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("made", Moment, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""The briefs as they were made: of the city (``subject`` is its code) and of OPDs (their slugs)."""

report = Table(
    "report",
    metadata,
    Column("key", Text, primary_key=True),
    Column("report", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("due", Moment, nullable=False),
    Column("plan", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("why", Text),
    Column("rights", Text),
    Column("name", Text),
    Column("pdf", LargeBinary),
    Column("xlsx", LargeBinary),
    Column("sent", Moment),
    Index("report_turn", "report", "account", "due"),
)
"""Every turn of a scheduled report for one account, once: ``sent``, or ``why`` not. ``plan`` is by what it fell due (empty: by
hand), ``rights`` those that it was drawn with; the files are kept until they are sent. ``key`` is that of its notice."""
