"""Pages of a moment gone by: ``?pada=2026-04-06T08:00`` in the city's zone, with ``&menurut=kini`` as it is known now; or
``?versi=`` with the version of a snapshot.

A page of the past is whole when it arrives and follows no stream. Whoever may open a page may open it at any moment;
one thread computes for all, and who would have to wait behind too many is asked to come back.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from html import escape
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from dashboard import text
from dashboard.cut import Cut, query
from dashboard.drawn import role_class
from dashboard.feed import Hub, ringing
from dashboard.guard import Said
from dashboard.page import FILTERS, Bygone, Document, Lang, Page, View, document, find_page
from dashboard.parts.evidence import evidence
from dashboard.questions import Questions
from dashboard.reach import Reach
from dashboard.room import Room
from layers import clock
from layers.alarmbook import with_log
from layers.model import Scope
from layers.opdbook import Book
from layers.orders import Order
from layers.past import Moment, Told, whole_minute
from layers.readings import Room as Figures
from layers.snapshot import Reading, Snapshot

WAITING = 8
"""Questions about the past that may wait for their turn in one process."""

MILLISECONDS = 13
"""Digits of a published version; one of fewer is in seconds."""

_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d(?:\.\d+)?)?")
_LINK = re.compile(r'href="(/[^"?#]*)(?:\?([^"#]*))?(#[^"]*)?"')
_FORM = re.compile(r'<form\b(?=[^>]*\bmethod="get")(?=[^>]*\b(?:action="([^"?#]*)"|data-(?:cut|ask)\b))[^>]*>')
"""Forms that ask for a page; the one that asks for another moment has none of these marks."""
_GRAINS = {
    "jam": "Pengukuran dan keadaan sumber dari waktu itu tinggal tersimpan per jam, jadi dapat lebih tua",
    "hari": "Pengukuran dan keadaan sumber dari waktu itu tinggal tersimpan per hari, jadi dapat lebih tua",
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A moment, and whether it is asked for as it is known now; ``written`` is how the address says it."""

    at: datetime
    now: bool
    written: str

    @classmethod
    def read(cls, given: Mapping[str, object], zone: ZoneInfo) -> Asked | None:
        """What an address or a callback asks for; ``None`` for the live room, 400 in words for what is no moment gone by."""
        written, by, version = (given.get(name) or "" for name in ("pada", "menurut", "versi"))
        if not written and not version:
            return None
        try:
            at = built_at(str(version)) if version else None
            if at is None:
                at = datetime.fromisoformat(_WRITTEN.fullmatch(str(written))[1]).replace(tzinfo=zone).astimezone(UTC)  # type: ignore[index]
            now = {"": False, "kini": True}[str(by)]
        except (TypeError, ValueError, OverflowError, KeyError) as error:
            raise Said(400, "Waktu tidak dapat dibaca", "Tulislah seperti ini: ?pada=2026-04-06T08:00") from error
        if at > clock.now():
            raise Said(400, "Waktu itu belum tiba", "Mesin waktu hanya menjawab tentang yang sudah lewat.")
        return cls(at=at, now=now, written=text.local(at, zone))

    def address(self, *, now: bool) -> dict[str, str]:
        """The part of an address that asks for this moment."""
        return {"pada": self.written} | ({"menurut": "kini"} if now else {})


def built_at(version: str) -> datetime:
    """The whole minute that a snapshot of this version speaks of; ``ValueError`` for what is no version.

    A snapshot of the past is numbered by the seconds of its moment, a published one by the milliseconds at which it was made:
    so a number alone leads back, whatever was published since.
    """
    if not re.fullmatch(r"[1-9]\d{0,12}", version):
        raise ValueError(version)
    number = int(version)
    return whole_minute(datetime.fromtimestamp(number / 1000 if len(version) == MILLISECONDS else number, UTC))


class Machine:
    """Answers for the past, one question at a time."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="past")
        self._waiting = 0
        self._lock = threading.Lock()

    async def page(self, asked: Asked, scope: Scope, page: Page, params: Mapping[str, str], lang: Lang) -> tuple[Document, View]:
        """A page's parts at a moment, for the asker's rights; links in it lead to the same moment."""
        return await self._ask(partial(self._page, asked, role_class(scope), page, params, lang))

    async def card(self, asked: Asked, scope: Scope, cut: Cut) -> str:
        """The evidence card of a reading at a moment."""
        return await self._ask(partial(self._card, asked, scope, cut))

    async def look(
        self, asked: Asked, scope: Scope, lang: Lang, params: Mapping[str, str], make: Callable[[Snapshot, View], T]
    ) -> T:
        """What ``make`` makes of a moment, as a page of it shows it to the asker."""
        return await self._ask(lambda: make(*self._seen(asked, role_class(scope), params, lang)))

    async def _ask(self, work: Callable[[], T]) -> T:
        with self._lock:
            if self._waiting >= WAITING:
                raise Said(503, "Mesin waktu sedang sibuk", "Coba lagi sebentar lagi.", again=10)
            self._waiting += 1
        future = self._threads.submit(work)
        future.add_done_callback(self._answered)
        try:
            return await asyncio.wrap_future(future)
        except (SQLAlchemyError, OSError) as error:
            words = "Penyimpanan tidak terjangkau, jadi yang lalu tidak dapat dibaca. Coba lagi sebentar lagi."
            raise Said(503, "Mesin waktu tidak dapat menjawab", words, again=10) from error

    def _answered(self, _future: Future[T]) -> None:
        with self._lock:
            self._waiting -= 1

    def _page(self, asked: Asked, scope: Scope, page: Page, params: Mapping[str, str], lang: Lang) -> tuple[Document, View]:
        snapshot, view = self._seen(asked, scope, params, lang)
        drawn = document(page, snapshot, view)
        return replace(drawn, parts={name: stay(html, asked) for name, html in drawn.parts.items()}), view

    def _seen(self, asked: Asked, scope: Scope, params: Mapping[str, str], lang: Lang) -> tuple[Snapshot, View]:
        """What a page of a moment is drawn from; 404 for an area that there was not then."""
        moment = self._moment(asked)
        if not {params[name] for name in ("code", "area") if name in params} <= moment.tree.areas.keys():
            raise HTTPException(404)
        log = self._hub.room.alarms_at(moment.at)
        view = replace(self._view(asked, moment, scope, lang, params), alarm_log=lambda _alarms: log)
        snapshot = self._snapshot(asked, moment, lang)
        if log is not None:
            snapshot = with_log(snapshot, log, moment.city.state)
            view = replace(view, ringing=ringing(snapshot, scope))
        return snapshot, view

    def _card(self, asked: Asked, scope: Scope, cut: Cut) -> str:
        moment = self._moment(asked)
        snapshot, room = self._snapshot(asked, moment, cut.lang), self._room(moment, _told(asked, moment))
        reading = cut.reading(scope, room, snapshot)
        if reading is None or reading.kpi not in room.catalog:
            raise HTTPException(404)
        view = self._view(asked, moment, scope, cut.lang, cut.filters)
        return str(evidence(reading, room.catalog[reading.kpi], snapshot, view))

    def _moment(self, asked: Asked) -> Moment:
        """The moment, or 404 with words where nobody watched."""
        past = self._hub.room.past
        begins = past.begins() if past else None
        if past is None or begins is None or asked.at < begins:
            zone = self._hub.room.city.zone
            since = f"{text.day(begins, zone)} {text.clock(begins, zone, mark=True)}" if begins else "-"
            raise Said(404, "Belum dipantau", "Pemantauan yang tersimpan dimulai {since}.", since=since)
        return past.moment(asked.at, clock.now())

    def _room(self, moment: Moment, told: Told) -> Room:
        """The room as it was: its pack, drills into what was known, the rows that counted, what was ordered and told."""
        live = self._hub.room

        @cache
        def figures() -> Figures:
            return Figures(told.frames.view(), moment.tree, moment.city, told.facts, moment.at)

        def book(scope: Scope, opd: str | None, _at: datetime | None) -> Book | None:
            return live.reach.book(scope, opd, moment.at) if live.reach else None

        def orders(scope: Scope) -> Sequence[Order] | None:
            known = live.orders(scope)
            return None if known is None else [then for order in known if (then := order.at(moment.at))]

        questions = Questions(
            city=moment.city,
            tree=moment.tree,
            catalog=moment.catalog,
            frames=told.frames,
            facts=lambda: told.facts,
            now=lambda: moment.at,
            figures=figures,
        )
        return replace(
            live,
            **questions.answered(),
            quarantine=lambda _source: None,
            orders=orders,
            shelf=lambda scope, opd, day, _until: live.shelf(scope, opd, day, moment.at),
            stills=None,
            reach=Reach(book=book) if live.reach else None,
            has_frames=lambda: True,
        )

    def _view(self, asked: Asked, moment: Moment, scope: Scope, lang: Lang, params: Mapping[str, str]) -> View:
        question = {name: value for name, value in params.items() if name != "code"}  # which its other accounts keep
        room = self._room(moment, _told(asked, moment))
        other = self._room(moment, moment.then if asked.now else moment.now)
        by = moment.then if asked.now else moment.now
        narrowed = scope.limited or any(name in params for name in FILTERS)

        def elsewhere(reading: Reading) -> Reading | None:
            """The same reading by the other account; a drilled one is drilled there too."""
            if not narrowed:
                return by.snapshot.reading(reading.kpi, reading.area, reading.opd)
            found = other.drill(scope, query(reading.area, params)).readings if other.drill else ()
            return next((r for r in found if (r.kpi, r.area, r.opd) == (reading.kpi, reading.area, reading.opd)), None)

        bygone = Bygone(
            at=moment.at,
            now=asked.now,
            pada=asked.written,
            then_address="?" + urlencode({**question, **asked.address(now=False)}),
            now_address="?" + urlencode({**question, **asked.address(now=True)}),
            live_address="?" + urlencode({**question, "pada": ""}),
            other=elsewhere,
        )
        return replace(room.view(scope, lang, params), now=moment.at, past=bygone)

    def _snapshot(self, asked: Asked, moment: Moment, lang: Lang) -> Snapshot:
        """What the page shows, and what every screen must say of it."""
        zone = moment.city.zone
        when = f"{text.day(moment.at, zone, lang)} {text.clock(moment.at, zone, lang, mark=True)}"
        words = "{when}, menurut yang diketahui sekarang" if asked.now else "Sebagaimana diketahui {when}"
        said = [text.say(lang, words, when=when)]
        if moment.pack_since:
            since = text.day(moment.pack_since, zone, lang)
            said.append(text.say(lang, "Paket kota hari itu tidak tersimpan; yang dipakai berlaku sejak {since}", since=since))
        if moment.grain and not asked.now:
            said.append(text.say(lang, _GRAINS[moment.grain]))
        if (live := self._hub.snapshot) and live.notice:
            said.append(live.notice)
        return replace(_told(asked, moment).snapshot, notice=". ".join(said))


def _told(asked: Asked, moment: Moment) -> Told:
    return moment.now if asked.now else moment.then


def stay(html: str, asked: Asked) -> str:
    """Markup whose links to pages lead to the same moment, and whose forms keep it; a link that names a moment stays."""
    given = asked.address(now=asked.now)

    def link(found: re.Match[str]) -> str:
        path, more, mark = found[1], found[2], found[3] or ""
        if find_page(path) is None or (more and re.search(r"\b(?:pada|versi)=", more)):
            return found[0]
        return f'href="{path}?{more + "&amp;" if more else ""}{escape(urlencode(given))}{mark}"'

    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in given.items())

    def form(found: re.Match[str]) -> str:
        return found[0] if found[1] is not None and find_page(found[1]) is None else found[0] + hidden

    return _FORM.sub(form, _LINK.sub(link, html))
