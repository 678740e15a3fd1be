"""The tables of both databases: versioned records with what the store keeps about runs, and the people's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_type_hints

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from layers.model import RECORDS, Kind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SEN = Decimal(100)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970 in UTC; a moment without a zone raises ``TypeError``."""
    return (moment - EPOCH) // MICROSECOND


def sen(amount: Decimal) -> int:
    """Rupiah as whole sen; raises ``ValueError`` where that would lose something."""
    whole = int(amount * SEN)
    if whole != amount * SEN:
        raise ValueError(f"uang lebih halus dari satu sen: {amount}")
    return whole


class Moment(TypeDecorator[datetime]):
    """An aware time: ``timestamptz`` on PostgreSQL, whole microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else EPOCH + timedelta(microseconds=value)


class Money(TypeDecorator[Decimal]):
    """Exact rupiah, kept as whole sen."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else sen(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value) / SEN


COLUMN_TYPES: dict[type, type[TypeEngine[Any]]] = {
    datetime: Moment,
    Decimal: Money,
    bool: Boolean,
    int: BigInteger,
    float: Double,
    str: Text,
}
Serial = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key on both; SQLite calls its row number so."""


@cache
def record_fields(kind: Kind) -> Mapping[str, tuple[type, bool]]:
    """The fields of a kind of record in order: name -> (type, may be ``None``)."""
    hints = get_type_hints(RECORDS[kind])
    found: dict[str, tuple[type, bool]] = {}
    for field in fields(RECORDS[kind]):
        hint = hints[field.name]
        optional = isinstance(hint, UnionType)
        found[field.name] = (get_args(hint)[0] if optional else hint, optional)
    return MappingProxyType(found)


metadata = MetaData()
people = MetaData()

CURRENT = text("known_to IS NULL")
OPEN = text("resolved IS NULL")
UNSETTLED, ENDLESS = "settled IS NULL", "ended IS NULL"
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

account = Table(
    "account",
    people,
    Column("name", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("opds", JSON(none_as_null=True)),
    Column("areas", JSON(none_as_null=True)),
    Column("created", Moment, nullable=False),
    Column("categories", JSON(none_as_null=True)),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger),
    Column("issuer", Text),
    Column("subject", Text),
    Index("account_identity", "issuer", "subject", unique=True),
)
"""``totp`` is the second factor's encrypted secret and ``totp_step`` the last time step that was used; ``issuer`` and ``subject``
are who this is to a provider of OpenID Connect, and such an account has no password (``hash`` is empty)."""

recovery = Table(
    "recovery",
    people,
    Column("name", Text, primary_key=True),
    Column("code", LargeBinary, primary_key=True),
)
"""Keyed digests of the codes that stand in for a lost second factor, each good for one login."""

attempt = Table(
    "attempt",
    people,
    Column("name", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)
"""Failed logins in a row, of known and unknown names alike; the name is hashed, for people type passwords there."""

session = Table(
    "session",
    people,
    Column("token", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("used", Moment, nullable=False),
    Column("device", Text),
)

screen = Table(
    "screen",
    people,
    Column("name", Text, primary_key=True),
    Column("token", LargeBinary, nullable=False, unique=True),
    Column("created", Moment, nullable=False),
    Column("panel", JSON(none_as_null=True)),
    Column("heard", Moment),
    Column("report", JSON(none_as_null=True)),
)
"""Walls: ``panel`` as declared, and the last report of the browser, ``heard`` when."""

audit = Table(
    "audit",
    people,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
"""Append only; each row's digest covers the one before it."""

alarm_act = Table(
    "alarm_act",
    people,
    Column("id", Serial, primary_key=True),
    Column("alarm", Text, nullable=False),
    Column("raised", Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment),
    Column("reason", Text),
    Index("alarm_act_alarm", "alarm", "id"),
)
"""Who acknowledged or silenced which occurrence of an alarm, when, until when and why."""

orders = Table(
    "orders",
    people,
    Column("id", Serial, primary_key=True),
    Column("given", Moment, nullable=False),
    Column("giver", Text, nullable=False),
    Column("giver_role", Text, nullable=False),
    Column("opd", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("kpi", Text),
    Column("area", Text),
    Column("due", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("answer", Text),
    Column("answered_by", Text),
    Column("answered", Moment),
    Column("ended_by", Text),
    Column("ended", Moment),
    Index("orders_opd", "opd", "given"),
)
"""What leaders asked of OPDs (arahan) and what came of it."""

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

steering = Table(
    "steering",
    people,
    Column("screen", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("scene", Text),
    Column("until", Moment),
)
"""What each screen of the wall was last told, all of them at once under ``*``; who told it stands in the audit."""

token = Table(
    "token",
    people,
    Column("name", Text, primary_key=True),
    Column("token", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("opds", JSON(none_as_null=True)),
    Column("areas", JSON(none_as_null=True)),
    Column("created", Moment, nullable=False),
    Column("until", Moment),
    Column("used", Moment),
)
"""What programs prove themselves with, hashed, each with rights of its own until a moment; ``used`` is the last day of use."""

saved_view = Table(
    "saved_view",
    people,
    Column("id", Serial, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("changed", Moment, nullable=False),
    Index("saved_view_owner", "owner"),
    Index("saved_view_audience", "audience"),
)
"""Questions of the page of analysis that somebody kept, and for whom: the owner alone, a role, or everybody."""

note = Table(
    "note",
    people,
    Column("id", Serial, primary_key=True),
    Column("opd", Text, nullable=False),
    Column("kpi", Text),
    Column("day", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("withdrawn", Moment),
    Column("withdrawn_by", Text),
    Index("note_opd", "opd", "day"),
)
"""What somebody wrote beside the figures of an OPD: about a local day, of one figure or (``kpi`` NULL) of all."""

dispute = Table(
    "dispute",
    people,
    Column("id", Serial, primary_key=True),
    Column("source", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("opd", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("settled", Moment),
    Column("settled_by", Text),
    Column("outcome", Text),
    Index("dispute_open", "source", "source_id", unique=True, sqlite_where=text(UNSETTLED), postgresql_where=text(UNSETTLED)),
)
"""Cases of which an OPD says that they are not its own; one at a time for each case."""

handover = Table(
    "handover",
    people,
    Column("id", Serial, primary_key=True),
    Column("source", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("opd", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ended", Moment),
    Column("ended_by", Text),
    Index("handover_open", "source", "source_id", unique=True, sqlite_where=text(ENDLESS), postgresql_where=text(ENDLESS)),
)
"""Cases that an OPD gave to one of its divisions (bidang); the last that is not ended holds."""
