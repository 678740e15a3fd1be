"""The turns of scheduled reports, each kept once: which are due, what was drawn for whom, and whether it was sent or why not.

A turn and its message are kept in one transaction, so that a process that is killed makes it again or leaves it to the outbox,
and never does both.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from layers import schema
from layers.database import Database
from layers.model import Scope
from layers.outbox import UNSENT
from layers.people import People
from layers.reportplan import LONGEST_GAP, Recipient, Report, Reports
from layers.rights import LIMIT_WORDS

KIND = "laporan"
"""How the keys of messages begin that are reports."""

WHO = "ruang kendali"
"""Who sends them, in the audit."""

BEGINS = "dijadwalkan"
"""The turn that was last before a plan was first seen: nothing is sent for it."""

CLOSED = "akun tidak ada atau sudah ditutup"
UNWANTED = "laporan tidak dijadwalkan lagi untuk akun ini"

KEPT = timedelta(days=2 * LONGEST_GAP)
"""A turn is forgotten after this long: a plan that is in force has had a newer one."""

_table, _notice = schema.report, schema.notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One report for one account at one moment; ``plan`` is empty for one that somebody asked for by hand."""

    report: Report
    account: str
    due: datetime
    plan: str

    @property
    def key(self) -> str:
        by_hand = "" if self.plan else ":diminta"
        return f"{KIND}:{self.report.name}@{self.due:%Y-%m-%dT%H:%M:%S.%fZ}:{self.account}{by_hand}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What was drawn for an account with the rights it had: the words of the mail, and both files under one name."""

    title: str
    body: str
    html: str
    name: str
    pdf: bytes
    xlsx: bytes
    rights: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a report stands for an account: sent last, and why the newest turn is not sent (``None``: it was, or there is none)."""

    sent: datetime | None = None
    open: str | None = None


def report_of(key: str) -> str:
    """The report's name out of a message's key, for the log: it names nobody."""
    return key.partition("@")[0].removeprefix(f"{KIND}:")


def rights_words(scope: Scope) -> str:
    """Role and limits in one way of writing: equal where two rights are."""
    limits = {name: None if (held := getattr(scope, name)) is None else sorted(held) for name in LIMIT_WORDS}
    return json.dumps([scope.role.value, limits], sort_keys=True)


class ReportBook:
    """The turns in the store."""

    def __init__(self, store: Database) -> None:
        self._store = store

    def due(self, reports: Reports, now: datetime, zone: ZoneInfo) -> list[Turn]:
        """The turns that are due: of each report the newest, for every account. Of a plan that is new only what comes after."""
        newest = self._newest()
        found: list[Turn] = []
        for report in reports.reports:
            last = report.last(now, zone)
            for account in report.to:
                turn = Turn(report=report, account=account, due=last, plan=report.plan)
                plan, before = newest.get((report.name, account), (None, last))
                if plan != report.plan:
                    self._begin(turn, now)
                elif before < last:
                    found.append(turn)
        return found

    def _newest(self) -> dict[tuple[str, str], tuple[str, datetime]]:
        """The plan and the moment of the last scheduled turn, by report and account."""
        c = _table.c
        last = select(c.report, c.account, func.max(c.made).label("made")).where(c.plan != "").group_by(c.report, c.account)
        newest = last.subquery()
        mine = and_(c.report == newest.c.report, c.account == newest.c.account, c.made == newest.c.made)
        query = select(c.report, c.account, c.plan, c.due).join(newest, mine).where(c.plan != "")
        with self._store.read() as connection:
            return {(row.report, row.account): (row.plan, row.due) for row in connection.execute(query)}

    def _begin(self, turn: Turn, now: datetime) -> None:
        facts = _facts(turn, now) | {"key": replace(turn, due=now).key.replace(KIND, BEGINS, 1), "why": BEGINS}
        with self._store.write() as connection:
            connection.execute(self._insert().values(facts).on_conflict_do_nothing())

    def keep(self, turn: Turn, parcel: Parcel, to: Recipient, now: datetime, zone: ZoneInfo) -> bool:
        """Keep a turn and put its message on its way, all or nothing; false where it was kept already."""
        files = {name: getattr(parcel, name) for name in ("rights", "name", "pdf", "xlsx")}
        words = {"title": parcel.title, "body": parcel.body, "html": parcel.html, "priority": 1, "created": now}
        message = words | {"target": to.name, "key": turn.key, "alarm": f"{KIND}:{turn.report.name}", "since": turn.due}
        with self._store.write() as connection:
            new = self._insert().values(_facts(turn, now) | files).on_conflict_do_nothing()
            first = connection.execute(new.returning(_table.c.key)).first() is not None
            if first:
                connection.execute(_notice.insert().values(message | {"due": to.free(now, zone)}))
        return first

    def refuse(self, turn: Turn, why: str, now: datetime) -> None:
        """Keep that a turn is not sent, and why."""
        with self._store.write() as connection:
            connection.execute(self._insert().values(_facts(turn, now) | {"why": why}).on_conflict_do_nothing())

    def files(self, key: str) -> tuple[str, str, Mapping[str, bytes]] | None:
        """Account, rights and files of a turn that waits to be sent."""
        c = _table.c
        query = select(c.account, c.rights, c.name, c.pdf, c.xlsx).where(c.key == key, c.pdf.is_not(None))
        with self._store.read() as connection:
            row = connection.execute(query).first()
        return row and (row.account, row.rights, {f"{row.name}.pdf": bytes(row.pdf), f"{row.name}.xlsx": bytes(row.xlsx)})

    def withdraw(self, reports: Reports) -> None:
        """Drop what waits for an account that is no longer to get it, or for an address that is no longer its own."""
        c, n = _table.c, _notice.c
        waits = select(c.key, c.report, c.account, c.plan, n.target).join(_notice, n.key == c.key)
        with self._store.read() as connection:
            rows = connection.execute(waits.where(n.sent.is_(None), n.dropped.is_(None))).all()
        for row in rows:
            wanted = reports.wants(row.report, row.account, asked=not row.plan)
            if not wanted or reports.recipients[row.account].name != row.target:
                with self._store.write() as connection:
                    gone = update(_notice).where(n.key == row.key, n.sent.is_(None), n.dropped.is_(None))
                    connection.execute(gone.values(dropped=UNWANTED))

    def settle(self, people: People, now: datetime) -> None:
        """Write what became of messages into the audit and then here, let go of their files, and forget turns of long ago."""
        c, n = _table.c, _notice.c
        over = or_(n.sent.is_not(None), n.dropped.is_not(None), n.key.is_(None))  # of an address that is gone
        query = select(c.key, c.report, c.account, n.sent, func.coalesce(n.dropped, UNSENT).label("dropped"))
        query = query.outerjoin(_notice, n.key == c.key)
        with self._store.read() as connection:
            rows = connection.execute(query.where(c.sent.is_(None), c.why.is_(None), over)).all()
        for row in rows:
            said = {"laporan": row.report, "akun": row.account}
            if row.sent is None:
                people.audit(WHO, "laporan tidak terkirim", said | {"sebab": row.dropped}, now)
            else:
                people.audit(WHO, "laporan terkirim", said, now)
            with self._store.write() as connection:
                done = update(_table).where(c.key == row.key)
                outcome = {"sent": row.sent} if row.sent else {"why": row.dropped}
                connection.execute(done.values(**outcome, pdf=None, xlsx=None))
        with self._store.read() as connection:
            old = connection.execute(select(c.key).where(c.made < now - KEPT).limit(1)).first()
        if old is not None:
            with self._store.write() as connection:
                connection.execute(delete(_table).where(c.made < now - KEPT))

    def outcome(self, key: str) -> tuple[bool, str | None]:
        """Whether a turn was sent, and else why not; ``(False, None)`` while it waits."""
        c, n = _table.c, _notice.c
        query = select(c.sent, n.sent, c.why, n.dropped).outerjoin(_notice, n.key == c.key).where(c.key == key)
        with self._store.read() as connection:
            row: Any = connection.execute(query).one()
        return row[0] is not None or row[1] is not None, row[2] or row[3]

    def standing(self) -> dict[tuple[str, str], Standing]:
        """How every report stands for every account that ever had a turn."""
        c, n = _table.c, _notice.c
        sent = func.coalesce(c.sent, n.sent).label("sent")
        query = select(c.report, c.account, sent, func.coalesce(c.why, n.dropped).label("why"), n.tries)
        with self._store.read() as connection:
            rows = connection.execute(query.outerjoin(_notice, n.key == c.key).order_by(c.made)).all()
        found: dict[tuple[str, str], Standing] = {}
        for row in rows:
            before = found.get((row.report, row.account), Standing())
            if row.sent:
                found[row.report, row.account] = Standing(sent=row.sent)
            elif row.why != BEGINS:
                wait = f"menunggu, {row.tries} kali dicoba" if row.why is None else f"tidak dikirim: {row.why}"
                found[row.report, row.account] = Standing(sent=before.sent, open=wait)
        return found

    def _insert(self) -> Any:
        return sqlite.insert(_table) if self._store.sqlite else postgresql.insert(_table)


def _facts(turn: Turn, now: datetime) -> dict[str, Any]:
    return {
        "key": turn.key,
        "report": turn.report.name,
        "account": turn.account,
        "due": turn.due,
        "plan": turn.plan,
        "made": now,
    }


def listing(reports: Reports, book: ReportBook, closed: Collection[str], now: datetime, zone: ZoneInfo) -> str:
    """The reports with their page, their plan, when they are due next, and how they stand for each account; no addresses.

    ``closed`` are the accounts that there are not.
    """

    def when(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%d-%m-%Y %H.%M}"

    stands, lines = book.standing(), []
    for report in reports.reports:
        lines.append(f"{report.name}: {report.page}, {report.plan}; berikutnya {when(report.next(now, zone))}")
        for account in report.to:
            stand = stands.get((report.name, account), Standing())
            said = [f"terakhir {when(stand.sent)}" if stand.sent else "belum pernah dikirim", stand.open]
            said.append(f"tidak akan dikirim: {CLOSED}" if account in closed else None)
            lines.append(f"  {account}: {'; '.join(filter(None, said))}")
    return "\n".join(lines) or "Belum ada laporan terjadwal: isi DATA/reports.toml (docs/reports.md)."
