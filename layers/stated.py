"""What sources state of one thing, compared: measures told twice, budgets of one RUP code, published statements.

A statement (a press release, an OPD's own dashboard) comes as measurements ``pernyataan.<part>`` with one subject for
each. Its parts must add up to its whole, and its percentage must follow from them, rounded as it was printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from layers.catalog import Kpi
from layers.clock import start_of_day
from layers.frames import SEN
from layers.memo import kept
from layers.model import UNPLACED, Kind, Stage, Status
from layers.numbers import number
from layers.prepared import LATEST_BY
from layers.readings import Room
from layers.snapshot import Mismatch

STATEMENT = "pernyataan"
TOTAL, SHARE = "pernyataan_masuk", "pernyataan_penyelesaian"
"""The figures that a statement's parts and its percentage touch."""
PARTS = tuple(status.value for status in Status)
"""What a statement divides the complaints received into; the identity of :class:`layers.model.Status`."""

MUST = frozenset({Status.WAITING.value, Status.IN_PROCESS.value, Status.DONE.value})
"""Parts without which a statement may leave something untold; the others are 0 where it names none."""

INVALID = (Status.NOT_OURS.value, Status.DUPLICATE.value, Status.REJECTED.value)
TOLD_BY_PEOPLE = ("penduduk", "anggaran", "pendapatan", "transfer", "monografi", STATEMENT)
"""Families of measurements that offices state; two instruments may well read differently."""

RECENT = timedelta(days=366)
"""Statements older than this are no longer asked about."""


def differs(left: float, right: float) -> bool:
    """Whether two figures are different beyond the rounding of floating point."""
    return abs(left - right) > max(1e-6, 1e-12 * abs(left))


def plain(value: float, lang: str = "id", decimals: int | None = None) -> str:
    """A number; without ``decimals`` with as many as it has, at most two."""
    if decimals is None:
        decimals = next((d for d in (0, 1) if round(value, d) == round(value, 2)), 2)
    return number(value, decimals, "id" if lang == "id" else "en")


# --- one thing, two sources --------------------------------------------------------------------


def by_source(room: Room, catalog: Mapping[str, Kpi]) -> Iterator[Mismatch]:
    """Measures of one name, place and local day that several sources tell differently."""
    names = _names(room)
    families = {name.partition(".")[0] for name in names if name}
    readers = {name: tuple(k.id for k in catalog.values() if k.additive and name in k.names) for name in names if name}
    for family in (f for f in TOLD_BY_PEOPLE if f in families):
        rows = room.family(f"{family}.")
        if rows["source"].n_unique() < 2:
            continue
        place = [name for name in LATEST_BY.get(family, ("name", "subject", "area", "opd")) if name != "name"]
        day = pl.col("measured").dt.convert_time_zone(room.city.zone.key).dt.date().alias("day")
        told = (
            rows.sort("measured", "source_id")
            .group_by("name", *place, day, "source", maintain_order=True)
            .agg(pl.col("value", "unit", "measured").last())
        )
        twice = (
            told.group_by("name", *place, "day", maintain_order=True)
            .agg(pl.col("source", "value"), pl.col("unit", "measured").first())
            .filter(pl.col("value").list.max() - pl.col("value").list.min() > 1e-6)
        )
        for row in twice.iter_rows(named=True):
            yield _twice(row, room, readers[row["name"]])


def _twice(row: Mapping[str, Any], room: Room, kpis: tuple[str, ...]) -> Mismatch:
    told = sorted(zip(row["value"], row["source"], strict=True), key=lambda pair: (-pair[0], pair[1]))
    (most, first), (least, last) = told[0], told[-1]
    area = row["area"] if row["area"] in room.tree.areas else room.city.code
    about = " ".join(filter(None, (row["name"].replace(".", " "), row.get("subject"), room.tree.name(area))))
    return Mismatch(
        identity="dua_sumber",
        title={
            "id": f"{about}: {plain(most, 'id')} menurut {_title(first, room)}, {plain(least, 'id')} menurut "
            f"{_title(last, room)}, selisih {plain(most - least, 'id')}",
            "en": f"{about}: {plain(most, 'en')} by {_title(first, room)}, {plain(least, 'en')} by {_title(last, room)}, "
            f"difference {plain(most - least, 'en')}",
        },
        left=most,
        right=least,
        difference=most - least,
        unit=row["unit"],
        kpis=kpis,
        area=area,
        opd=row.get("opd"),
        subject=row.get("subject"),
        period=row["day"].isoformat(),
        sources=tuple(sorted(source for _, source in told)),
        owner=_owner([first, last], room),
        since=row["measured"],
    )


def by_plan(room: Room, catalog: Mapping[str, Kpi]) -> Iterator[Mismatch]:
    """RUP codes to which two systems give different budgets, where each has one package of that code alone."""
    told = room.told(Kind.PACKAGE)
    if told["source"].n_unique() < 2:
        return
    year = room.now.astimezone(room.city.zone).year
    alone = (
        told.lazy()
        .filter(
            pl.col("year") == year,
            pl.col("pagu").is_not_null(),
            pl.col("plan_id").is_not_null(),
            pl.col("stage") != Stage.CANCELLED.value,
        )
        .group_by("plan_id", "source")
        .agg(pl.col("pagu", "area", "opd", "announced").first(), rows=pl.len())
        .filter(pl.col("rows") == 1)
    )
    twice = (
        alone.sort("pagu", "source", descending=True)
        .group_by("plan_id", maintain_order=True)
        .agg(pl.col("source", "pagu"), pl.col("area", "opd").drop_nulls().first(), pl.col("announced").max())
        .filter(pl.col("pagu").list.max() != pl.col("pagu").list.min())
        .collect()
    )
    for row in twice.iter_rows(named=True):
        most, least = row["pagu"][0] / SEN, row["pagu"][-1] / SEN
        first, last = row["source"][0], row["source"][-1]
        yield Mismatch(
            identity="pagu_rup",
            title={
                "id": f"RUP {row['plan_id']}: pagu Rp{plain(most, 'id')} menurut {_title(first, room)}, "
                f"Rp{plain(least, 'id')} menurut {_title(last, room)}, selisih Rp{plain(most - least, 'id')}",
                "en": f"RUP {row['plan_id']}: budget Rp{plain(most, 'en')} by {_title(first, room)}, "
                f"Rp{plain(least, 'en')} by {_title(last, room)}, difference Rp{plain(most - least, 'en')}",
            },
            left=most,
            right=least,
            difference=most - least,
            unit="rupiah",
            kpis=tuple(name for name in ("pagu_diumumkan",) if name in catalog),
            area=row["area"] or UNPLACED,
            opd=row["opd"],
            subject=row["plan_id"],
            period=str(year),
            sources=tuple(sorted(row["source"])),
            owner=_owner([first, last], room),
            since=row["announced"],
        )


# --- published statements ----------------------------------------------------------------------


def statements(room: Room) -> Iterator[tuple[dict[str, Any], dict[str, float]]]:
    """Each statement of the last year: whose, of what and when; and its numbers by part."""
    if not _states(room):
        return
    rows = room.family(f"{STATEMENT}.").filter(pl.col("measured").is_between(room.now - RECENT, room.now))
    found = (
        rows.sort("measured", "source", "subject", "name")
        .group_by("source", "subject", "measured", maintain_order=True)
        .agg(pl.col("name").cast(pl.String).str.strip_prefix(f"{STATEMENT}."), pl.col("value"), pl.col("area").first())
    )
    for row in found.iter_rows(named=True):
        yield row, dict(zip(row.pop("name"), row.pop("value"), strict=True))


def _states(room: Room) -> bool:
    return any((name or "").startswith(f"{STATEMENT}.") for name in _names(room))


def _names(room: Room) -> Sequence[str | None]:
    """The names of all measures that there are."""
    whole = room.whole[Kind.MEASUREMENT]
    return kept(whole, "names", lambda: whole["name"].unique(maintain_order=True).cast(pl.String).to_list())


def by_statement(room: Room, catalog: Mapping[str, Kpi]) -> Iterator[Mismatch]:
    """Statements whose parts do not add up to their whole, or whose percentage does not follow from them."""
    if not _states(room):
        return
    rows, at = room.family(f"{STATEMENT}."), pl.col("measured")
    span = rows.select((at <= room.now).sum(), old=(at < room.now - RECENT).sum()).row(0)
    key = (span, [name for name in (TOTAL, SHARE) if name in catalog])
    yield from kept(rows, "do not follow", lambda: tuple(_not_following(room, catalog)), key=key, of=room.city)


def _not_following(room: Room, catalog: Mapping[str, Kpi]) -> Iterator[Mismatch]:
    found = list(statements(room))
    latest = max((about["measured"] for about, _ in found), default=None)
    for about, told in found:
        figures = catalog if about["measured"] == latest else {}
        whole, percent, done = told.get("masuk"), told.get("persen"), told.get(Status.DONE.value)
        parts = sum(told.get(part, 0.0) for part in PARTS)
        whole_told = told.keys() >= MUST
        if whole is not None and differs(whole, parts) and (whole_told or parts > whole):
            yield _statement(room, figures, about, TOTAL, whole, parts, "aduan", _sum_words(whole, parts))
        if percent is not None and done is not None and whole:
            wholes = [whole, whole - sum(told.get(part, 0.0) for part in INVALID), *([parts] if whole_told else [])]
            follows = list(dict.fromkeys(100 * done / some for some in wholes if some > 0))
            if not any(_rounds(value, percent) for value in follows):
                said = _percent_words(percent, follows, sound=not differs(whole, parts))
                yield _statement(room, figures, about, SHARE, percent, follows[0], "persen", said)


def totals_of_sources(room: Room, catalog: Mapping[str, Kpi]) -> Iterator[Mismatch]:
    """Statements under a source's own name or title: what it says came in this year, against what we hold of it."""
    names = {name: config.name for config in room.city.sources for name in (config.name, config.title)}
    for about, told in statements(room):
        source, stated = names.get(about["subject"]), told.get("masuk")
        if source is None or stated is None:
            continue
        first, last = _year_to(about["measured"], room)
        held = room.whole[Kind.COMPLAINT].lazy().filter(pl.col("source") == source, pl.col("received") >= first)
        count = float(held.filter(pl.col("received") < last).select(pl.len()).collect().item())
        if differs(stated, count):
            title = _title(source, room)
            said = {
                "id": f"{title} menyatakan {plain(stated, 'id')} aduan masuk, yang kami terima {plain(count, 'id')}, "
                f"selisih {plain(abs(stated - count), 'id')}",
                "en": f"{title} states {plain(stated, 'en')} complaints received, we hold {plain(count, 'en')}, "
                f"difference {plain(abs(stated - count), 'en')}",
            }
            figures = catalog if last > _year_to(room.now, room)[0] else {}
            yield _statement(room, figures, about, "aduan_masuk_tahun_ini", stated, count, "aduan", said, "total_sumber")


def _year_to(day: datetime, room: Room) -> tuple[datetime, datetime]:
    """From 1 January to the end of the local day, as moments."""
    local = day.astimezone(room.city.zone)
    first = start_of_day(local.replace(month=1, day=1, hour=12), room.city.zone)
    return first, start_of_day(local, room.city.zone) + timedelta(days=1)


def _rounds(value: float, stated: float) -> bool:
    """Whether a value, rounded to the decimals that the statement has, is the statement."""
    decimals = len(f"{stated:g}".partition(".")[2])
    return abs(value - stated) <= 0.5 / float(10**decimals) + 1e-9


def _sum_words(whole: float, parts: float) -> dict[str, str]:
    said = (
        "bagian berjumlah {parts}, tertulis {whole}, selisih {gap}",
        "parts add up to {parts}, stated {whole}, difference {gap}",
    )
    return {
        lang: text.format(parts=plain(parts, lang), whole=plain(whole, lang), gap=plain(abs(whole - parts), lang))
        for lang, text in zip(("id", "en"), said, strict=True)
    }


def _percent_words(stated: float, follows: Sequence[float], *, sound: bool) -> dict[str, str]:
    def values(lang: str, joint: str) -> str:
        return joint.join(dict.fromkeys(f"{plain(value, lang, 2)} %" for value in follows))

    origin, of = ("dari bagiannya ", "from its parts ") if sound else ("", "")
    return {
        "id": f"{plain(stated, 'id')} % tertulis, {origin}{values('id', ' atau ')}",
        "en": f"{plain(stated, 'en')} % stated, {of}{values('en', ' or ')}",
    }


def _statement(
    room: Room,
    catalog: Mapping[str, Kpi],
    about: Mapping[str, Any],
    kpi: str,
    left: float,
    right: float,
    unit: str,
    said: Mapping[str, str],
    identity: str = STATEMENT,
) -> Mismatch:
    return Mismatch(
        identity=identity,
        title=said,
        left=left,
        right=right,
        difference=abs(left - right),
        unit=unit,
        kpis=(kpi,) if kpi in catalog else (),
        area=room.city.code,
        subject=about["subject"],
        period=about["measured"].astimezone(room.city.zone).date().isoformat(),
        sources=(about["source"],),
        owner=_owner([about["source"]], room),
        since=about["measured"],
    )


def _title(source: str, room: Room) -> str:
    return next((config.title for config in room.city.sources if config.name == source), source)


def _owner(sources: Sequence[str], room: Room) -> str:
    """Who owns the sources: they have to settle it."""
    owners = {config.name: config.owner for config in room.city.sources}
    return ", ".join(dict.fromkeys(owners.get(source, source) for source in sources))
