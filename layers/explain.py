"""Why and where: intervals for shares, and the list of what asks for an action now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from layers.areas import AreaTree, prefix
from layers.catalog import Window
from layers.city import City
from layers.kpis.complaints import overdue_at_end
from layers.model import UNPLACED, Outcome
from layers.numbers import LOCALES, number
from layers.snapshot import Attention, Band, Mismatch, SourceState, State

if TYPE_CHECKING:
    from layers.unusual import Unusual

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""

MOST = 12
"""A wall shows no more than this; what is less urgent waits on its own page."""

MOST_OF_A_KIND = 6
CLUSTER = 5
"""Fewer overdue complaints of one category in one kecamatan are cases, not a cluster."""

ACT_CLUSTER = 20
ACT_OVERDUE = timedelta(days=7)


def wilson(part: float, whole: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, in percent; raises ``ValueError`` without a whole."""
    if whole <= 0:
        raise ValueError("a share of nothing has no interval")
    p, square = part / whole, Z95 * Z95
    middle = (p + square / (2 * whole)) / (1 + square / whole)
    half = Z95 * math.sqrt(p * (1 - p) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    return max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))


def attention(
    complaints: pl.DataFrame,
    arrivals: Iterable[Unusual],
    sources: Sequence[SourceState],
    tree: AreaTree,
    city: City,
    now: datetime,
    differing: Sequence[Mismatch] = (),
) -> tuple[Attention, ...]:
    """What asks for an action, most urgent first, at most :data:`MOST`.

    ``complaints`` must hold every open complaint; ``arrivals`` are unusual counts of those received, the least likely
    first; ``differing`` are the identities that do not hold.
    """
    groups = (
        _overdue(complaints, tree, city, now),
        _surges(arrivals, tree, city),
        _sources(sources, city, now),
        _differing(differing, tree, now),
    )
    found = [item for group in groups for item in sorted(group, key=_urgency)[:MOST_OF_A_KIND]]
    return tuple(sorted(found, key=_urgency)[:MOST])


def _urgency(item: Attention) -> tuple[bool, int, datetime, str]:
    return item.band is not Band.ACT, -item.n, item.since, item.id


def place(code: str | None, tree: AreaTree) -> str:
    """An area as a person reads it: ``Kel. Gondrong, Cipondoh``, ``Desa Sukaraja, Pedes``, ``Kec. Benda``, ``Tanpa lokasi``."""
    if code is None or code == UNPLACED:
        return tree.unplaced.name
    area = tree.areas[code]
    if area.parent is None:
        return area.name
    if area.parent == tree.city.code:
        return f"Kec. {area.name}"
    return f"{prefix(code)} {area.name}, {tree.name(area.parent)}"


def short(slug: str | None, city: City) -> str | None:
    opd = city.opd(slug) if slug else None
    return opd.short if opd else slug


def _overdue(complaints: pl.DataFrame, tree: AreaTree, city: City, now: datetime) -> Iterator[Attention]:
    """Clusters of overdue complaints: one category in one kecamatan, held by one OPD."""
    clusters = (
        complaints.lazy()
        .filter(overdue_at_end(Window.NOW.at(now, city.zone)))
        .group_by("category", "kecamatan", "opd")
        .agg(n=pl.len(), since=pl.col("due").min(), kelurahan=pl.col("area").n_unique())
        .filter(pl.col("n") >= CLUSTER)
        .with_columns(pl.col("category", "kecamatan", "opd").cast(pl.String))
        .collect()
    )
    for row in clusters.iter_rows(named=True):
        late = now - row["since"]
        urgent = row["n"] >= ACT_CLUSTER or late >= ACT_OVERDUE
        kelurahan = f"{row['kelurahan']} {tree.unit}, " if row["kecamatan"] else ""
        yield Attention(
            id=f"lewat:{row['category']}:{row['kecamatan'] or UNPLACED}:{row['opd'] or '-'}",
            band=Band.ACT if urgent else Band.WATCH,
            title=f"{number(row['n'])} aduan {row['category']} lewat tenggat",
            place=place(row["kecamatan"], tree),
            area=row["kecamatan"] or UNPLACED,
            owner=short(row["opd"], city),
            since=row["since"],
            n=row["n"],
            detail=f"{kelurahan}paling lama lewat {span(late)}",
        )


def _surges(found: Iterable[Unusual], tree: AreaTree, city: City) -> Iterator[Attention]:
    """Kelurahan and categories of which far more arrived than is expected; each once, at its most unlikely."""
    for surge in {u.area or u.category: u for u in reversed(list(found)) if (u.area or u.category) and u.value > u.high}.values():
        weekday = LOCALES["id"].days["format"]["wide"][surge.weekday]
        yield Attention(
            id=f"lonjakan:{surge.area or surge.category}",
            band=Band.WATCH,
            title=" ".join(filter(None, (number(surge.n), "aduan", surge.category, "masuk", _STRETCHES[surge.stretch]))),
            place=place(surge.area or city.code, tree),
            area=surge.area or city.code,
            owner=None,
            since=surge.since,
            n=surge.n,
            detail=f"wajarnya {number(surge.low)} sampai {number(surge.high)} pada {weekday} jam yang sama",
        )


_STRETCHES = {"hour": "dalam 1 jam", "today": "hari ini", "yesterday": "kemarin"}


def _sources(sources: Iterable[SourceState], city: City, now: datetime) -> Iterator[Attention]:
    """Configured sources that are late, stale or refuse us, and their rows that wait in quarantine."""
    owners = {config.name: config.owner for config in city.sources}
    for source in sources:
        if source.source not in owners:
            continue
        state = source.freshness.state(now)
        about: dict[str, Any] = {
            "place": "Sumber data",
            "area": city.code,
            "owner": owners[source.source],
            "detail": source.message,
        }
        since = source.freshness.observed_at or now
        refused = _REASONS.get(source.outcome) if source.outcome else None
        if refused or state is not State.LIVE:
            urgent = refused is not None or state is State.STALE
            yield Attention(
                id=f"sumber:{source.source}",
                band=Band.ACT if urgent else Band.WATCH,
                title=f"{source.title} {refused or _STATES[state]}",
                since=since,
                n=1,
                **about,
            )
        if waiting := source.quarantine_open:
            yield Attention(
                id=f"karantina:{source.source}",
                band=Band.WATCH,
                title=f"{number(waiting)} baris {source.title} dikarantina",
                since=since,
                n=waiting,
                **about,
            )


def _differing(found: Iterable[Mismatch], tree: AreaTree, now: datetime) -> Iterator[Attention]:
    """Figures that do not agree: each statement by itself, of every other identity all cases together."""
    groups: dict[tuple[str, str], list[Mismatch]] = {}
    for case in found:
        alone = case.identity == "pernyataan"
        groups.setdefault((case.identity, (case.subject or "") if alone else ""), []).append(case)
    for (identity, subject), cases in groups.items():
        largest = max(cases, key=lambda case: case.difference)
        area = largest.area if len(cases) == 1 else tree.city.code
        many = f"{number(len(cases))} {_DIFFERING.get(identity, 'angka tidak cocok')}"
        yield Attention(
            id=f"cocok:{identity}:{subject}".rstrip(":"),
            band=Band.WATCH,
            title=f"Tidak cocok: {subject}" if subject else many,
            place=place(area, tree),
            area=area,
            owner=largest.owner,
            since=min((case.since for case in cases if case.since), default=now),
            n=len(cases),
            detail="; ".join(case.title["id"] for case in cases) if subject else largest.title["id"],
        )


_DIFFERING = {
    "pagu_rup": "paket RUP berbeda pagu antarsistem",
    "dua_sumber": "ukuran berbeda antarsumber",
    "total_sumber": "jumlah sumber berbeda dari yang diterima",
}
_STATES = {State.LATE: "terlambat", State.STALE: "tidak mutakhir", State.NEVER: "belum pernah mengirim data"}
_REASONS = {
    Outcome.AUTH: "menolak akses kita",
    Outcome.DRIFT: "berubah bentuk",
    Outcome.REFUSED: "tidak boleh dihubungi",
}


def span(length: timedelta) -> str:
    """A length of time in its largest unit: ``9 hari``, ``5 jam``, ``12 menit``."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes >= 1440:
        return f"{number(minutes // 1440)} hari"
    return f"{minutes // 60} jam" if minutes >= 60 else f"{minutes} menit"
