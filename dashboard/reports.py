"""Scheduled reports at their time: drawn as a page of the account that gets them, kept once, left to the outbox to send.

Each web worker looks; a lease lets one of them draw. The rights are those of the account when it is drawn, and the sender checks
that they still are (:mod:`connectors.enclosed`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import htpy
from htpy import a, body, div, h1, p
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from dashboard import text
from dashboard.drawn import role_class
from dashboard.export.made import asked, book, report, sheets_of, title_of
from dashboard.export.sheet import NothingError
from dashboard.feed import Hub
from dashboard.page import Page, View, find_page
from dashboard.past import Machine
from dashboard.wiring import opened
from layers import accounts, clock
from layers.model import Scope
from layers.people import People
from layers.publish import read_snapshot
from layers.reportbook import CLOSED, WHO, Parcel, ReportBook, Turn, rights_words
from layers.rights import named
from layers.settings import Settings
from layers.snapshot import Snapshot
from layers.store import Store

LOOK = 30.0
"""Seconds between two looks whether a report is due."""
LEASE, LEASED = timedelta(minutes=2), "@laporan"
"""How long one worker has the drawing for itself; it is taken anew for each report."""
LARGEST = 15 << 20
"""Bytes of both files together: written as letters they are a third more, and mail servers take 20 to 25 million."""
REST = timedelta(minutes=10)
"""How long a report that could not be drawn for a reason of our own is left alone."""

log = logging.getLogger(__name__)


class NotTheirs(Exception):
    """The account gets no such page, or finds nothing on it that a mail can carry; says why."""


@asynccontextmanager
async def reporting(settings: Settings, hub: Hub, machine: Machine, people: People) -> AsyncIterator[None]:
    """Send scheduled reports while the server runs; without any, only let go of those that were."""
    for one in settings.reports.reports:
        found = find_page(one.page.partition("?")[0])
        if found is None or not found[0].whole:
            log.warning("event=laporan nama=%s keadaan='halaman tidak ada atau tidak memberi laporan'", one.name)
    reporter = Reporter(settings, hub, machine, people)
    if not reporter.needed:
        yield
        return
    task = asyncio.create_task(reporter.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        reporter.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is drawn: a page's whole, for an account, as its turn asks."""

    page: Page
    turn: Turn
    scope: Scope
    back: str


class Reporter:
    """Draws what is due and puts it on its way."""

    def __init__(self, settings: Settings, hub: Hub, machine: Machine, people: People) -> None:
        self._settings, self._hub, self._machine, self._people = settings, hub, machine, people
        self._store = Store(settings.database_url, settings.city.zone, settings.secret)
        self._book = ReportBook(self._store)
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._open = False
        self._rest: dict[str, datetime] = {}
        self._trouble: str | None = None

    @property
    def needed(self) -> bool:
        """Whether anything is planned, or may have been."""
        return bool(self._settings.reports.reports) or self._store.begun

    async def run(self) -> None:
        """Look until cancelled, or once where nothing is planned; a trouble is logged when it begins and when it is over."""
        while True:
            trouble = None
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                trouble = type(error).__name__
            except Exception:
                trouble = "tak terduga"
                if self._trouble != trouble:
                    log.exception("event=laporan")
            if trouble != self._trouble:
                log.warning("event=laporan keadaan=%s", trouble or "pulih")
            self._trouble = trouble
            if trouble is None and not self._settings.reports.reports:
                return
            await asyncio.sleep(LOOK)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    async def look(self) -> None:
        """Draw every report that is due, of figures that are not older than its moment; write what became of those before."""
        if not await asyncio.to_thread(self._ready, clock.now()):
            return
        if not await asyncio.to_thread(self._store.lease, LEASED, self._owner, LEASE, clock.now()):
            return
        try:
            for turn in await asyncio.to_thread(self._ready, clock.now()):  # anew: another may have had the lease
                await asyncio.to_thread(self._store.lease, LEASED, self._owner, LEASE, clock.now())
                await self._take(turn)
        finally:
            await asyncio.to_thread(self._store.release, LEASED, self._owner)

    def _ready(self, now: datetime) -> list[Turn]:
        """What is due and can be drawn now; what waits and is not in the plan any more is let go of first."""
        if not self._open:
            self._store.open()
            self._book.withdraw(self._settings.reports)
            self._open = True
        self._book.settle(self._people, now)
        due = self._book.due(self._settings.reports, now, self._settings.city.zone)
        snapshot = self._hub.snapshot
        return [turn for turn in due if snapshot and snapshot.built_at >= turn.due and self._rest.get(turn.key, now) <= now]

    async def _take(self, turn: Turn) -> None:
        """One turn: drawn and kept, or kept as not sent with its reason; what fails is tried again after a rest."""
        try:
            await self.make(turn)
        except NotTheirs as why:
            said = {"laporan": turn.report.name, "akun": turn.account, "halaman": turn.report.page, "sebab": str(why)}
            log.warning("event=laporan nama=%s keadaan='tidak dikirim' sebab=%r", turn.report.name, str(why))
            await asyncio.to_thread(self._people.audit, WHO, "laporan tidak terkirim", said, clock.now())
            await asyncio.to_thread(self._book.refuse, turn, str(why), clock.now())
        except SQLAlchemyError:
            raise
        except Exception:  # the others are drawn all the same
            self._rest[turn.key] = clock.now() + REST
            log.exception("event=laporan nama=%s keadaan=gagal", turn.report.name)

    async def make(self, turn: Turn, who: str = WHO) -> bool:
        """Draw a turn with the rights that its account has now, and put it on its way; false where that was done before.

        Raises :class:`NotTheirs` for a closed account and for what is not its to see.
        """
        scope = await asyncio.to_thread(accounts.rights, self._people, turn.account)
        if scope is None:
            raise NotTheirs(CLOSED)
        try:
            parcel = await self._drawn(turn, scope)
        except NothingError:
            raise NotTheirs("halaman tidak memuat apa pun untuk akun ini") from None
        except HTTPException as error:
            if error.status_code == 400:
                raise NotTheirs(f"alamat halaman tidak dapat dibaca: {turn.report.page}") from None
            if error.status_code == 404:
                raise NotTheirs("halaman tidak ada atau di luar hak akun ini") from None
            raise
        if len(parcel.pdf) + len(parcel.xlsx) > LARGEST:
            raise NotTheirs("berkasnya terlalu besar untuk surat; pilih halaman yang lebih sempit")
        told = {"laporan": turn.report.name, "akun": turn.account, "halaman": turn.report.page}
        await asyncio.to_thread(self._people.audit, who, "laporan disusun", told, clock.now())
        to = self._settings.reports.recipients[turn.account]
        return await asyncio.to_thread(self._book.keep, turn, parcel, to, clock.now(), self._settings.city.zone)

    async def _drawn(self, turn: Turn, scope: Scope) -> Parcel:
        room, lang = self._hub.room, turn.report.lang
        page, params, past = asked(scope, room, turn.report.page)
        if not page.whole:
            raise NotTheirs("halaman ini tidak memberi laporan")
        draw = partial(parcel_of, Wanted(page=page, turn=turn, scope=scope, back=self._settings.address))
        if past:
            return await self._machine.look(past, scope, lang, params, draw)
        snapshot = self._hub.snapshot
        if snapshot is None:
            raise LookupError("belum ada angka")
        return await asyncio.to_thread(lambda: draw(snapshot, room.view(role_class(scope), lang, params)))


def parcel_of(wanted: Wanted, snapshot: Snapshot, view: View) -> Parcel:
    """The mail with both files, of the figures that the page shows to this account."""
    page, back = wanted.page, wanted.back
    pdf, xlsx = report(page, snapshot, view, back), book(page, snapshot, view, back)
    title = title_of(sheets_of(page, snapshot, view, back), page, view)
    lines = _lines(wanted, snapshot, view)
    link = back + wanted.turn.report.page
    mark = f"[{snapshot.notice.split(':')[0].split('.')[0]}] " if snapshot.notice else ""
    return Parcel(
        title=f"{mark}{' '.join(title.split())}, {text.day(view.now, view.city.zone, view.lang)}",
        body="\n\n".join((title, *lines, link)),
        html=_html(title, lines, link, view),
        name=pdf.name,
        pdf=b"".join(pdf.pieces),
        xlsx=b"".join(xlsx.pieces),
        rights=rights_words(wanted.scope),
    )


def _lines(wanted: Wanted, snapshot: Snapshot, view: View) -> list[str]:
    lang, zone = view.lang, view.city.zone
    when = f"{text.moment(snapshot.built_at, zone, lang)} {text.zone_mark(snapshot.built_at, zone)}"
    files = "Terlampir: laporan (PDF) dan buku kerja (XLSX), dengan sumber, rumus, dan umur datanya."
    whose = "Disusun dengan hak akun {account}; hitungan kecil yang dapat menunjuk orang tidak ditampilkan."
    planned = "Laporan terjadwal {name}: {plan}." if wanted.turn.plan else "Laporan {name}, dikirim atas permintaan."
    return [
        *([snapshot.notice] if snapshot.notice else []),
        text.say(lang, "{city}, keadaan {when}.", city=view.city.name, when=when),
        text.say(lang, files),
        text.say(lang, whose, account=wanted.turn.account),
        text.say(lang, planned, name=wanted.turn.report.name, plan=wanted.turn.plan),
    ]


def _html(title: str, lines: Iterable[str], link: str, view: View) -> str:
    """One HTML document that every mail program shows: inline styles, nothing loaded from elsewhere."""
    font = "font-family:'Noto Sans','Segoe UI',Roboto,Arial,sans-serif;color:#131f2e;line-height:1.45"
    page = htpy.html(lang=view.lang)[
        htpy.head[htpy.meta(charset="utf-8"), htpy.title[title]],
        body(style=f"margin:0;padding:20px 12px;background:#fff;{font}")[
            div(style="max-width:640px;margin:0 auto")[
                h1(style="font-size:22px;line-height:1.25;margin:0 0 12px")[title],
                [p(style="margin:0 0 10px;font-size:15px")[line] for line in lines],
                p(style="margin:16px 0 0;font-size:15px")[
                    a(href=link, style="color:#0b6e73")[text.say(view.lang, "Buka di ruang kendali")]
                ],
            ]
        ],
    ]
    return str(page)


# --- by hand -------------------------------------------------------------------------------------


def put_now(settings: Settings, name: str, to: Iterable[str], who: str) -> dict[str, tuple[str, str | None]]:
    """Draw a report now for its accounts, or for those named; by account the key of its message, or why it is not sent.

    Raises ``ValueError`` for a report or an account that the file does not know, and where there are no figures yet.
    """
    wanted, known = settings.reports.report(name), settings.reports.recipients
    chosen = tuple(map(named, to)) or wanted.to
    if unknown := [account for account in chosen if account not in known]:
        raise ValueError(f"belum ada alamat di [addresses] untuk {', '.join(unknown)}; yang ada: {', '.join(known)}")
    snapshot = read_snapshot(settings.data / "frames")
    if snapshot is None or snapshot.city != settings.city.code:
        raise ValueError("belum ada angka yang diterbitkan; jalankan liveroom pull --once")
    hub, people = opened(settings)
    hub.put(snapshot)
    reporter = Reporter(settings, hub, Machine(hub), people)
    turns = [Turn(report=wanted, account=account, due=clock.now(), plan="") for account in chosen]
    with closing(people), closing(reporter):
        return {turn.account: _put(reporter, turn, who) for turn in turns}


def _put(reporter: Reporter, turn: Turn, who: str) -> tuple[str, str | None]:
    try:
        asyncio.run(reporter.make(turn, who))
    except NotTheirs as why:
        return turn.key, str(why)
    return turn.key, None
