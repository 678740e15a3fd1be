"""The registry of KPIs: what each figure means, as data; discovered in :mod:`layers.kpis`, validated, frozen.

A KPI is declared with a form (:class:`Count`, :class:`Share`, :class:`Median`, :class:`Total`) over the
frame of its kind and a :class:`Window`. Its expressions are given a :class:`When`, so that a figure that
depends on time passing is computed against the clock, never against the last record.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import polars as pl

from layers import kpis
from layers.clock import start_of_day
from layers.model import Kind
from layers.schema import micros

LANGUAGES = ("id", "en")
DAY = timedelta(days=1)
BETTER = ("up", "down", "neutral")
UNITS = frozenset({"aduan", "paket", "persen", "jam", "rupiah", "layanan", "sumber"})


class CatalogError(ValueError):
    """A KPI that is not declared as it must be; the message names the KPI, the field and the reason."""


class Window(StrEnum):
    """The stretch of time that a KPI speaks of, always up to now."""

    NOW = "now"
    TODAY = "today"
    DAYS30 = "days30"
    YEAR = "year"

    def at(self, now: datetime, zone: ZoneInfo, days: int = 30) -> When:
        """The window that ends at ``now``: local midnight, ``days`` times 24 hours or 1 January before it."""
        end = now.astimezone(UTC)
        start = {
            Window.NOW: end,
            Window.TODAY: start_of_day(end, zone),
            Window.DAYS30: end - timedelta(days=days),
            Window.YEAR: datetime(end.astimezone(zone).year, 1, 1, tzinfo=zone).astimezone(UTC),
        }[self]
        return When(window=self, start=start, end=end, zone=zone)


CHANGE: Mapping[Window, Mapping[str, str]] = MappingProxyType(
    {
        Window.NOW: {"id": "dari 24 jam lalu", "en": "from 24 hours ago"},
        Window.TODAY: {"id": "dari kemarin, jam yang sama", "en": "from yesterday, same hour"},
        Window.DAYS30: {"id": "dari 30 hari sebelumnya", "en": "from the 30 days before"},
        Window.YEAR: {"id": "dari tahun lalu, tanggal yang sama", "en": "from last year, same date"},
    }
)
"""What a reading's ``change`` compares with, for the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The window given to a KPI's expressions; both ends belong to it."""

    window: Window
    start: datetime
    end: datetime
    zone: ZoneInfo

    @property
    def opens(self) -> pl.Expr:
        """The start, for an expression."""
        return moment(self.start)

    @property
    def ends(self) -> pl.Expr:
        """The end, for an expression."""
        return moment(self.end)

    @property
    def year(self) -> int:
        """The local calendar year that holds the end."""
        return self.end.astimezone(self.zone).year

    def before(self) -> When:
        """The window before, of the same length: 24 hours ago, yesterday, the days before, last year to date."""
        if self.window is Window.YEAR:
            local = self.end.astimezone(self.zone)
            day = 28 if (local.month, local.day) == (2, 29) else local.day
            return self.window.at(local.replace(year=local.year - 1, day=day), self.zone)
        length = self.end - self.start if self.window is Window.DAYS30 else DAY
        return self.window.at(self.end - length, self.zone, days=length.days)

    def holds(self, column: str) -> pl.Expr:
        """Whether a time lies in the window."""
        return pl.col(column).is_between(self.opens, self.ends)

    def by_end(self, column: str) -> pl.Expr:
        """Whether a time is set and not after the end of the window."""
        return pl.col(column) <= self.ends


Rows = Callable[[When], pl.Expr]


@lru_cache(512)
def moment(at: datetime) -> pl.Expr:
    """A moment for an expression; a whole number cast to a time is made a hundred times faster than a time."""
    return pl.lit(micros(at), pl.Int64).cast(pl.Datetime("us", "UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many rows."""

    where: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """``part`` of ``whole``, in percent; both are summed over the rows, and kept. Without ``whole`` rows are counted."""

    where: Rows
    part: Rows | pl.Expr
    whole: pl.Expr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """The median of a quantity over the rows that have it."""

    where: Rows
    value: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of a quantity over the rows that have it, divided by ``per`` (100 for sen into rupiah)."""

    where: Rows
    value: pl.Expr
    per: int = 1


Form = Count | Share | Median | Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rule that a KPI follows, and the dates between which it holds; ``article`` is "-" where there is none."""

    name: str
    article: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Rows that prove that some source gives what the KPI needs: without one there is no value, not a zero."""

    rows: pl.Expr
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One figure: its words, its rule, its owner and how it is computed.

    ``kind`` is the kind of record that it counts, ``None`` for figures about the sources themselves.
    ``n_min`` is the smallest n that gives a value; ``interval`` asks for Wilson's, for shares.
    """

    id: str
    title: Mapping[str, str]
    short: Mapping[str, str]
    unit: str
    decimals: int
    better: str
    formula: Mapping[str, str]
    rule: Rule
    owner: str
    kind: Kind | None
    window: Window
    form: Form
    needs: Needs | None = None
    n_min: int = 0
    interval: bool = False

    @property
    def additive(self) -> bool:
        """Whether the parts of the city add up to it; its target is then the city's alone."""
        return isinstance(self.form, Count | Total)


def check(kpi: Kpi) -> None:
    """Raise :class:`CatalogError` unless the declaration is whole."""
    share = isinstance(kpi.form, Share)
    faults: list[tuple[bool, str, str]] = [
        (not re.fullmatch(r"[a-z][a-z0-9_]{2,40}", kpi.id), "id", "huruf kecil, angka dan garis bawah saja"),
        (kpi.unit not in UNITS, "unit", f"{kpi.unit!r} tidak dikenal; yang ada: {', '.join(sorted(UNITS))}"),
        (share != (kpi.unit == "persen"), "unit", "bagian (Share), dan hanya bagian, dinyatakan dalam persen"),
        (kpi.better not in BETTER, "better", f"{kpi.better!r} bukan salah satu dari {', '.join(BETTER)}"),
        (not kpi.owner.strip(), "owner", "belum diisi"),
        (not (kpi.rule.name.strip() and kpi.rule.article.strip()), "rule", "nama dan pasal harus diisi ('-' bila tanpa pasal)"),
        ((kpi.rule.valid_to or date.max) < kpi.rule.valid_from, "rule", "berakhir sebelum mulai berlaku"),
        (not 0 <= kpi.decimals <= 3, "decimals", "harus 0 sampai 3"),
        (kpi.n_min < 0, "n_min", "tidak boleh negatif"),
        (kpi.interval and not share, "interval", "hanya untuk bagian (Share)"),
    ]
    for name in ("title", "short", "formula"):
        words: Mapping[str, str] = getattr(kpi, name)
        faults += [(not words.get(lang, "").strip(), name, f"belum ada teks {lang!r}") for lang in LANGUAGES]
    for wrong, name, reason in faults:
        if wrong:
            raise CatalogError(f"KPI {kpi.id!r}: {name}: {reason}")


def registry(declared: Iterable[Kpi]) -> Mapping[str, Kpi]:
    """Checked KPIs by id, frozen; raises :class:`CatalogError` for a faulty or repeated one."""
    found: dict[str, Kpi] = {}
    for kpi in declared:
        check(kpi)
        if kpi.id in found:
            raise CatalogError(f"KPI {kpi.id!r}: id: dinyatakan dua kali")
        found[kpi.id] = kpi
    return MappingProxyType(found)


@cache
def catalog() -> Mapping[str, Kpi]:
    """Every KPI declared in ``layers/kpis/*.py`` (``KPIS`` of each module), in the order of the files."""
    modules = sorted(module.name for module in pkgutil.iter_modules(kpis.__path__))
    return registry(kpi for name in modules for kpi in importlib.import_module(f"layers.kpis.{name}").KPIS)
