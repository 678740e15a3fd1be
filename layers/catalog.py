"""The registry of KPIs: what each figure means, as data; discovered in :mod:`layers.kpis`, validated, frozen.

A KPI is declared with a form (:data:`Form`) over the frame of its kind and a :class:`Window`. Its expressions
are given a :class:`When`, so that a figure that depends on time passing is computed against the clock, never
against the last record.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

import polars as pl

from layers import kpis
from layers.forms import Count, Form, Mean, Quantile, Rate, Ratio, Rows, Share, Total, Weighted
from layers.model import Kind
from layers.windows import CHANGE, PERIODICITY, When, Window, moment

__all__ = [
    "CHANGE",
    "CUTS",
    "CatalogError",
    "Count",
    "Form",
    "Kpi",
    "Mean",
    "Needs",
    "Quantile",
    "Rate",
    "Ratio",
    "Rows",
    "Rule",
    "Share",
    "Total",
    "Weighted",
    "When",
    "Window",
    "catalog",
    "check",
    "moment",
    "registry",
    "words",
]

LANGUAGES = ("id", "en")
BETTER = ("up", "down", "neutral")
UNITS = frozenset(
    {
        *("aduan", "paket", "persen", "jam", "rupiah", "layanan", "sumber", "menit", "hari", "per 1.000 penduduk"),
        *("skor 1-4", "indeks", "skor 1-5", "situs", "kiriman", "kantor", "milidetik", "kelurahan", "laporan", "cm", "µg/m³"),
        *("kali", "kamera", "orang", "keluarga", "unit", "mm", "kejadian", "pos", "tingkat", "rupiah per penduduk", "hektare"),
        "catatan",
    }
)
ANY = ".*"
CUTS: tuple[str | None, ...] = (None, "kecamatan", "area", "opd")
"""The standard cuts: the city, each kecamatan, each kelurahan with the unplaced, each OPD."""


OPDS = ("opd", "holder")
"""Columns that say which OPD a complaint belongs to."""


class CatalogError(ValueError):
    """A KPI that is not declared as it must be; the message names the KPI, the field and the reason."""


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

    ``kind`` is the kind of record that it counts, ``None`` for figures about the sources themselves; of measurements
    ``names`` says which, and each of them has to be there (``pelaporan.*``: any of the family). ``against`` are measurements
    whose rows are put under those of the kind, where one is set against the other. ``n_min`` is the smallest
    n that gives a value; ``interval`` asks for Wilson's, for shares. ``cuts`` are those at which it is published.
    ``by_opd`` is whose a row is at the cut of OPDs: that of the OPD that has it now (``opd``), or, where a KPI judges how
    complaints were handled, of the one that held it at its deadline or closing (``holder``, :mod:`layers.holding`).
    ``pattern`` names the pattern of closing whose cases it counts: its rows are those of :func:`layers.suspicion.suspects`.
    ``history`` is whether the records still tell how it stood earlier: without it there is neither change nor trend.
    ``beside`` is the KPI without which it must not be shown. ``concept``, ``definition`` and ``classification`` are,
    with ``unit`` and :attr:`periodicity`, the metadata that Perpres 39/2019 (Satu Data Indonesia) asks for.
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
    concept: str
    definition: str
    classification: str
    needs: Needs | None = None
    names: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    n_min: int = 0
    interval: bool = False
    cuts: tuple[str | None, ...] = CUTS
    by_opd: str = "opd"
    pattern: str | None = None
    history: bool = True
    beside: str | None = None

    @property
    def additive(self) -> bool:
        """Whether the parts of the city add up to it; its target is then the city's alone."""
        return isinstance(self.form, Total) or (isinstance(self.form, Count) and self.form.distinct is None)

    @property
    def reads(self) -> pl.Expr | None:
        """Which rows of its frame stand behind the figure; ``None`` for all of them."""
        if self.names:
            return pl.lit(value=True) if self.names[0].endswith(ANY) else pl.col("name").is_in(self.names)
        return self.needs.rows if self.needs else None

    @property
    def periodicity(self) -> str:
        """How often the figure is made, and over which time."""
        return PERIODICITY[self.window]


def words(indonesian: str, english: str) -> Mapping[str, str]:
    """A text in the languages of the screens."""
    return MappingProxyType({"id": indonesian, "en": english})


def check(kpi: Kpi) -> None:
    """Raise :class:`CatalogError` unless the declaration is whole."""
    share = isinstance(kpi.form, Share)
    percent = isinstance(kpi.form, Share | Ratio)
    faults: list[tuple[bool, str, str]] = [
        (not re.fullmatch(r"[a-z][a-z0-9_]{2,40}", kpi.id), "id", "huruf kecil, angka dan garis bawah saja"),
        (kpi.unit not in UNITS, "unit", f"{kpi.unit!r} tidak dikenal; yang ada: {', '.join(sorted(UNITS))}"),
        (percent != (kpi.unit == "persen"), "unit", "bagian (Share, Ratio), dan hanya bagian, dinyatakan dalam persen"),
        (kpi.better not in BETTER, "better", f"{kpi.better!r} bukan salah satu dari {', '.join(BETTER)}"),
        (not kpi.owner.strip(), "owner", "belum diisi"),
        (not (kpi.rule.name.strip() and kpi.rule.article.strip()), "rule", "nama dan pasal harus diisi ('-' bila tanpa pasal)"),
        ((kpi.rule.valid_to or date.max) < kpi.rule.valid_from, "rule", "berakhir sebelum mulai berlaku"),
        (not 0 <= kpi.decimals <= 3, "decimals", "harus 0 sampai 3"),
        (kpi.n_min < 0, "n_min", "tidak boleh negatif"),
        (kpi.interval and not share, "interval", "hanya untuk bagian (Share)"),
        (kpi.kind is Kind.MEASUREMENT and not kpi.names, "names", "ukuran mana yang dibaca belum disebut"),
        (bool(kpi.names) and kpi.kind is not Kind.MEASUREMENT, "names", "hanya untuk ukuran (measurement)"),
        (kpi.by_opd not in OPDS, "by_opd", f"hanya {', '.join(OPDS)}"),
        (kpi.by_opd == "holder" and kpi.kind is not Kind.COMPLAINT, "by_opd", "holder hanya untuk aduan"),
        (not kpi.cuts or not {*kpi.cuts} <= {*CUTS}, "cuts", "hanya kota, kecamatan, area, opd"),
    ]
    for name in ("title", "short", "formula"):
        words: Mapping[str, str] = getattr(kpi, name)
        faults += [(not words.get(lang, "").strip(), name, f"belum ada teks {lang!r}") for lang in LANGUAGES]
    for name in ("concept", "definition", "classification"):
        faults.append((not getattr(kpi, name).strip(), name, "belum diisi"))
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
    for kpi in found.values():
        if kpi.beside not in (None, *found):
            raise CatalogError(f"KPI {kpi.id!r}: beside: {kpi.beside!r} tidak ada")
    return MappingProxyType(found)


@cache
def catalog() -> Mapping[str, Kpi]:
    """Every KPI declared in ``layers/kpis/*.py`` (``KPIS`` of each module), in the order of the files."""
    modules = sorted(module.name for module in pkgutil.iter_modules(kpis.__path__))
    return registry(kpi for name in modules for kpi in importlib.import_module(f"layers.kpis.{name}").KPIS)
