"""What the address of an OPD's desk asks for: the cut of its figures, how the queue stands, and the way to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from dashboard.page import own
from layers.crossing import MEASURES
from layers.drill import Query, readings_at
from layers.model import Status
from layers.ownrows import own_rows
from layers.queue import SORTED_BY, URGENCIES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from layers.catalog import Kpi
    from layers.model import Scope
    from layers.room import Room
    from layers.snapshot import Reading, Snapshot

PATH = "/opd"
DAYS = ("7", "30", "90", "365")
USUAL = "30"
CARDS = (
    "selesai_tepat_waktu",
    "aduan_terbuka",
    "aduan_lewat_tenggat",
    "lama_penyelesaian",
    "respons_pertama",
    "aduan_dibuka_kembali",
)
"""The figures of the cards; the first is the one that the chart shows unless another is asked for."""

BUDGET = "serapan_anggaran"
"""Shown beside the complaints while nothing narrows the page."""

FILTERS = ("category", "channel", "status", "area", "since")
"""What narrows the page; ``since`` comes with ``until``."""
OF_QUEUE = ("urgency", "bidang", "cari", "urut", "halaman")
ASKS: Mapping[str, str] = {
    "days": "|".join(DAYS),
    "category": r"[^\x00-\x1f]{1,80}",
    "channel": r"[^\x00-\x1f]{1,80}",
    "status": "|".join(status.value for status in Status),
    "area": r"[\d.]{5,13}|tanpa-lokasi",
    "since": r"\d{4}-\d\d-\d\d",
    "until": r"\d{4}-\d\d-\d\d",
    "measure": "|".join(MEASURES),
    "kpi": "|".join(CARDS),
    "urgency": "|".join(URGENCIES),
    "bidang": r"[^\x00-\x1f]{1,60}",
    "cari": r"[\w./-]{1,40}",
    "urut": "|".join(f"-?{name}" for name in SORTED_BY),
    "halaman": r"[1-9]\d{0,4}",
}
"""What the page takes from its address: name -> pattern of the whole value."""


_quoted = lru_cache(4096)(quote_plus)  # a page has hundreds of links, of few values


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is asked of the desk of ``opd``: the values of :data:`ASKS` that are set."""

    opd: str
    asked: Mapping[str, str]
    zone: ZoneInfo

    @classmethod
    def of(cls, params: Mapping[str, str], zone: ZoneInfo) -> Choice:
        """From a page's parameters."""
        return cls(opd=params["opd"], asked={name: params[name] for name in ASKS if params.get(name)}, zone=zone)

    @property
    def days(self) -> int:
        """Length of the window in days."""
        return int(self.asked.get("days", USUAL))

    @property
    def narrowed(self) -> bool:
        """Whether anything but the period is chosen."""
        return any(name in self.asked for name in FILTERS)

    @property
    def plain(self) -> bool:
        """Whether the figures are those that are published anyway."""
        return not self.narrowed and self.days == int(USUAL)

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and last local day chosen; ``None`` where they are no such days."""
        try:
            first, last = (date.fromisoformat(self.asked[name]) for name in ("since", "until"))
        except (KeyError, ValueError):
            return None
        return (first, last) if first <= last else None

    @property
    def place(self) -> Mapping[str, str | None]:
        """What decides whether its counts could name a person (:mod:`layers.smallcells`)."""
        return {"area": self.asked.get("area"), "opd": self.opd, "category": self.asked.get("category")}

    @property
    def query(self) -> Query:
        """The cut. ``ValueError`` for an area that the city does not have comes when it is asked."""
        return Query(
            opd=self.opd,
            days=self.days,
            span=self.span and (self._midnight(self.span[0]), self._midnight(self.span[1] + timedelta(days=1))),
            **{name: self.asked.get(name) for name in ("category", "channel", "status", "area")},
        )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def address(self, **changes: str | None) -> str:
        """This desk with other choices; another cut begins the queue anew."""
        kept = dict(self.asked) if set(changes) <= set(OF_QUEUE) else {n: v for n, v in self.asked.items() if n != "halaman"}
        if "halaman" not in changes and set(changes) & set(OF_QUEUE):
            kept.pop("halaman", None)
        given = {name: value for name in ASKS if (value := (kept | changes).get(name))}
        asked = "&".join(f"{name}={_quoted(value)}" for name, value in given.items())
        return f"{PATH}/{self.opd}" + (f"?{asked}" if asked else "")

    def turned(self, name: str, value: str) -> str:
        """This desk narrowed to a value, or widened again where it is the one already chosen."""
        return self.address(**{name: None if self.asked.get(name) == value else value})


def card_readings(
    scope: Scope, catalog: Mapping[str, Kpi], snapshot: Snapshot, figures: Room | None, choice: Choice
) -> dict[str, Reading]:
    """The readings of the cards: the published ones where nothing is chosen, else those of the cut."""
    if figures is None or (choice.plain and whole(scope)):
        found = {name: r for name in (*CARDS, BUDGET) if (r := snapshot.reading(name, snapshot.city, choice.opd))}
        return {name: r for name, r in found.items() if name != BUDGET or r.value is not None}
    return cut_readings(scope, catalog, figures, choice)


def cut_readings(scope: Scope, catalog: Mapping[str, Kpi], figures: Room, choice: Choice) -> dict[str, Reading]:
    """The complaint figures of the cards at the cut."""
    query = choice.query

    def made() -> dict[str, Reading]:
        rows = own_rows(scope, figures, query)
        return readings_at(scope, figures, {name: catalog[name] for name in CARDS}, query, rows)

    found = figures.once("cards", (scope.limits, scope.may_see_rows, query), made)
    return {name: found[name] if whole(scope) else own(found[name]) for name in CARDS if name in found}


def whole(scope: Scope) -> bool:
    """Whether the scope covers all of an OPD that it covers at all."""
    return scope.areas is None and scope.categories is None


def query_of(reading: Reading, params: Mapping[str, str], zone: ZoneInfo) -> Query:
    """The cut that a reading was taken at, on a page with these parameters."""
    if params.get("opd") is not None and params["opd"] == reading.opd:
        return Choice.of(params, zone).query
    return Query(
        area=reading.area,
        opd=reading.opd,
        days=int(params.get("days", USUAL)),
        category=params.get("category"),
        channel=params.get("channel"),
    )
