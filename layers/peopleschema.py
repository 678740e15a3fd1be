"""The tables of the people's own database: accounts and what proves them, and what people wrote and did."""

from __future__ import annotations

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
    text,
)

from layers.sqltypes import Moment, Serial

people = MetaData()

UNSETTLED = "settled IS NULL"

ENDLESS = "ended IS NULL"

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
    Column("categories", JSON(none_as_null=True)),
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
