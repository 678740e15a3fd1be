"""Whether figures agree: identities as data, checked at every publication; a failing one marks the readings it touches.

Parts add up to their whole at every cut, areas and OPDs to the city, channels to the day; two sources of one thing say
the same, and a published statement follows from its own numbers (:mod:`layers.stated`). A published total that does not
add up is shown with its difference, never hidden.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from layers.catalog import Kpi, words
from layers.evaluate import WHOLE, Ask, figures
from layers.model import UNPLACED, Status
from layers.readings import Room
from layers.snapshot import Arrivals, Mismatch, Reading
from layers.stated import by_plan, by_source, by_statement, differs, plain, totals_of_sources

MOST = 25
"""So many failing cases of one identity are listed; what is left of them stands in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What an identity may look at: the readings of this publication by KPI, and within it by area and OPD."""

    room: Room
    catalog: Mapping[str, Kpi]
    shown: Mapping[str, Mapping[tuple[str, str | None], Reading]]
    arrivals: Arrivals

    def value(self, kpi: str, area: str, opd: str | None = None) -> float | None:
        """What is published there; ``None`` where nothing is, or no value."""
        found = self.shown.get(kpi, {}).get((area, opd))
        return found.value if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Something that has to hold: its name, what it says, and how the cases are found in which it does not."""

    id: str
    title: Mapping[str, str]
    failing: Callable[[Published], Iterator[Mismatch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A KPI that is the sum of others, at every cut at which all of them are published."""

    whole: str
    parts: tuple[str, ...]

    def __call__(self, given: Published) -> Iterator[Mismatch]:
        if not {self.whole, *self.parts} <= given.catalog.keys():
            return
        kpi = given.catalog[self.whole]
        for (area, opd), reading in given.shown.get(self.whole, {}).items():
            if reading.value is None:
                continue
            parts = [given.value(part, area, opd) for part in self.parts]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts) and differs(reading.value, sum(known)):
                said = ("{kpi}: bagian berjumlah {right}, tertulis {left}", "{kpi}: parts add up to {right}, stated {left}")
                kpis = (self.whole, *self.parts)
                yield _mismatch("jumlah_status", kpi, reading.value, sum(known), said, area=area, opd=opd, kpis=kpis)


STATUSES = Sum(whole="aduan_masuk_tahun_ini", parts=tuple(f"aduan_status_{status.value}" for status in Status))
STAGES = Sum(whole="paket_diumumkan", parts=("paket_rencana", "paket_pemilihan", "paket_kontrak", "paket_selesai"))


def _sums(given: Published) -> Iterator[Mismatch]:
    for wanted in (STATUSES, STAGES):
        yield from wanted(given)


def _places(given: Published) -> Iterator[Mismatch]:
    """Kelurahan and unplaced, kecamatan and those without one, OPDs and those without one: each way adds up to the city."""
    city, tree = given.room.city.code, given.room.tree
    added = [kpi for kpi in given.catalog.values() if kpi.additive and kpi.kind and given.value(kpi.id, city) is not None]
    without = {cut: _without(given.room, [kpi for kpi in added if cut in kpi.cuts], cut) for cut in ("kecamatan", "opd")}
    for kpi in added:
        whole, parts = given.value(kpi.id, city) or 0.0, {}
        for cut, areas in (("area", [*tree.kelurahan, tree.unplaced]), ("kecamatan", tree.kecamatan)):
            if cut in kpi.cuts:
                parts[cut] = sum(given.value(kpi.id, area.code) or 0 for area in areas)
        if "opd" in kpi.cuts:
            parts["opd"] = sum(reading.value or 0 for (_, opd), reading in given.shown[kpi.id].items() if opd is not None)
        for cut, total in parts.items():
            total += without[cut][kpi.id] if cut in without else 0.0
            if differs(whole, total):
                yield _mismatch("jumlah_wilayah", kpi, whole, total, _CUTS[cut], area=city)


_CUTS: Mapping[str, tuple[str, str]] = {
    "area": (
        "{kpi}: kelurahan dan tanpa lokasi berjumlah {right}, kota {left}",
        "{kpi}: kelurahan and unplaced add up to {right}, the city has {left}",
    ),
    "kecamatan": (
        "{kpi}: kecamatan dan tanpa kecamatan berjumlah {right}, kota {left}",
        "{kpi}: kecamatan and those without one add up to {right}, the city has {left}",
    ),
    "opd": (
        "{kpi}: OPD dan tanpa OPD berjumlah {right}, kota {left}",
        "{kpi}: OPDs and those without one add up to {right}, the city has {left}",
    ),
}


def _without(room: Room, kpis: Sequence[Kpi], cut: str) -> dict[str, float]:
    """What each KPI counts in rows that belong to nothing of a cut: they are in no reading of it."""
    passes: dict[tuple[int, str], tuple[pl.DataFrame, list[str], list[Ask]]] = {}
    for kpi in kpis:
        frame, column = room.frame(kpi), kpi.by_opd if cut == "opd" else cut
        _, names, asks = passes.setdefault((id(frame), column), (frame, [], []))
        names.append(kpi.id)
        asks.append((kpi.form, kpi.window.at(room.now, room.city.zone)))
    found: dict[str, float] = {}
    for (_, column), (frame, names, asks) in passes.items():
        if frame[column].null_count() == 0:
            found |= dict.fromkeys(names, 0.0)
            continue
        cells = figures(frame.lazy().filter(pl.col(column).is_null()), asks, (None,))
        found |= {name: cell[None][WHOLE].value or 0.0 for name, cell in zip(names, cells, strict=True)}
    return found


def _channels(given: Published) -> Iterator[Mismatch]:
    """The day's arrivals per channel add up to what came in today."""
    name, city = "aduan_masuk_hari_ini", given.room.city.code
    whole = given.value(name, city)
    total = float(sum(map(sum, given.arrivals.channels.values())))
    if whole is not None and differs(whole, total):
        said = ("{kpi}: kanal berjumlah {right}, kota {left}", "{kpi}: channels add up to {right}, the city has {left}")
        yield _mismatch("jumlah_kanal", given.catalog[name], whole, total, said, area=city)


IDENTITIES: tuple[Identity, ...] = (
    Identity(
        id="jumlah_status",
        title=words(
            "Status aduan berjumlah aduan yang masuk, tahap paket berjumlah paket diumumkan, pada setiap potongan",
            "Statuses add up to complaints received, stages to packages announced, at every cut",
        ),
        failing=_sums,
    ),
    Identity(
        id="jumlah_wilayah",
        title=words(
            "Kelurahan dan tanpa lokasi, kecamatan dan tanpa kecamatan, OPD dan tanpa OPD: masing-masing berjumlah kota",
            "Kelurahan and unplaced, kecamatan and those without, OPDs and those without: each adds up to the city",
        ),
        failing=_places,
    ),
    Identity(
        id="jumlah_kanal",
        title=words("Kanal hari ini berjumlah aduan masuk hari ini", "Today's channels add up to today's complaints"),
        failing=_channels,
    ),
    Identity(
        id="dua_sumber",
        title=words(
            "Dua sumber tentang ukuran, wilayah dan hari yang sama menyebut nilai yang sama",
            "Two sources of the same measure, area and day say the same value",
        ),
        failing=lambda given: by_source(given.room, given.catalog),
    ),
    Identity(
        id="pagu_rup",
        title=words("Satu kode RUP punya satu pagu di semua sistem", "One RUP code has one budget in all systems"),
        failing=lambda given: by_plan(given.room, given.catalog),
    ),
    Identity(
        id="total_sumber",
        title=words(
            "Jumlah yang dinyatakan pemilik sumber sama dengan yang diterima dari sumber itu",
            "The total that a source's owner states is what was received from it",
        ),
        failing=lambda given: totals_of_sources(given.room, given.catalog),
    ),
    Identity(
        id="pernyataan",
        title=words(
            "Pernyataan resmi: bagian berjumlah keseluruhan, dan persentase mengikuti bagiannya",
            "Published statements: parts add up to the whole, and the percentage follows from them",
        ),
        failing=lambda given: by_statement(given.room, given.catalog),
    ),
)
"""What is checked at every publication, in this order."""


def mismatches(room: Room, catalog: Mapping[str, Kpi], shown: Iterable[Reading], arrivals: Arrivals) -> tuple[Mismatch, ...]:
    """Every identity that does not hold now, each case by itself."""
    by_kpi: dict[str, dict[tuple[str, str | None], Reading]] = defaultdict(dict)
    for reading in shown:
        by_kpi[reading.kpi][reading.area, reading.opd] = reading
    given = Published(room=room, catalog=catalog, shown=by_kpi, arrivals=arrivals)
    return tuple(found for identity in IDENTITIES for found in identity.failing(given))


def marked(shown: Sequence[Reading], found: Iterable[Mismatch], room: Room) -> tuple[Reading, ...]:
    """The readings, those that a mismatch touches with its difference.

    It touches its KPIs at its own cut and at every larger one that counts the same rows. Differences of one identity
    are added up, of several the largest is told.
    """
    touched: dict[tuple[str, str, str | None], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for case in found:
        cuts = {(room.city.code, case.opd), (room.city.code, None), (case.area, None)}
        above = room.tree.areas[case.area].parent if case.area != UNPLACED else None
        if above in room.tree.areas:
            cuts.add((str(above), None))
        for area, opd in {(case.area, case.opd)} if case.identity in _OWN_CUT else cuts:
            for kpi in case.kpis:
                touched[kpi, area, opd][case.identity] += case.difference
    if not touched:
        return tuple(shown)
    marks = {cut: max(differences.values()) for cut, differences in touched.items()}
    return tuple(replace(r, mismatch=marks[cut]) if (cut := (r.kpi, r.area, r.opd)) in marks else r for r in shown)


_OWN_CUT = frozenset({"jumlah_status", "jumlah_wilayah", "jumlah_kanal"})
"""Identities that look at every cut by themselves."""


def listed(found: Sequence[Mismatch]) -> tuple[Mismatch, ...]:
    """What travels: of each identity the largest differences, and the rest of them in one line."""
    kept: list[Mismatch] = []
    for identity in IDENTITIES:
        cases = sorted((m for m in found if m.identity == identity.id), key=lambda m: (-m.difference, m.subject or "", m.area))
        kept += cases[:MOST]
        if rest := cases[MOST:]:
            total = sum(m.difference for m in rest)
            said = {
                lang: words_.format(n=plain(len(rest), lang), sum=plain(total, lang))
                for lang, words_ in words("{n} kasus lain, selisih seluruhnya {sum}", "{n} more cases, {sum} in all").items()
            }
            kept.append(replace(rest[0], title=said, subject=None, opd=None, difference=total, n=len(rest)))
    return tuple(kept)


def _mismatch(
    identity: str,
    kpi: Kpi,
    left: float,
    right: float,
    said: tuple[str, str],
    *,
    area: str,
    opd: str | None = None,
    kpis: tuple[str, ...] = (),
) -> Mismatch:
    """An identity between published figures that does not hold; its sentence is filled in both languages."""
    title = {
        lang: words_.format(kpi=kpi.title[lang], left=plain(left, lang), right=plain(right, lang))
        + {"id": ", selisih ", "en": ", difference "}[lang]
        + plain(abs(left - right), lang)
        for lang, words_ in zip(("id", "en"), said, strict=True)
    }
    return Mismatch(
        identity=identity,
        title=title,
        left=left,
        right=right,
        difference=abs(left - right),
        unit=kpi.unit,
        kpis=kpis or (kpi.id,),
        area=area,
        opd=opd,
        owner=kpi.owner,
    )
