"""The consolidated population of each half-year by kelurahan, published a month after its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._office import due, lay_book
from connectors.simulator.world import World

HEADINGS = ("Kode Wilayah", "Wilayah", "Per Tanggal", "Sumber", "Laki-laki", "Perempuan", "Jumlah", "Jumlah KK")
PUBLISHED = {(1, 31): (12, 31), (7, 31): (6, 30)}
"""Month and day of publication, and of the day that it speaks of."""
MORNING = time(10, 30)
HALVES = 4
USUAL = 17_500
"""Persons of a kelurahan where the pack does not know the city's."""


def fill(world: World, folder: Path, now: datetime) -> None:
    """The last half-years that were published, the oldest first."""
    years = range(now.year - HALVES // 2 - 1, now.year + 1)
    days = [date(year, month, day) for year in years for month, day in sorted(PUBLISHED)]
    for day in [day for day in days if datetime.combine(day, MORNING, world.city.zone) <= now][-HALVES:]:
        _lay(world, folder, day)


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    for day in due(world, MORNING, since, until):
        if (day.month, day.day) in PUBLISHED:
            _lay(world, folder, day)


def _lay(world: World, folder: Path, day: date) -> None:
    month, last = PUBLISHED[day.month, day.day]
    at = date(day.year - (month == 12), month, last)
    lay_book(folder, f"penduduk-{at}.xlsx", {"Penduduk": [HEADINGS, *_rows(world, at)]})


def _rows(world: World, at: date) -> Iterator[Sequence[object]]:
    mean = (world.city.population or USUAL * len(world.kelurahan)) / len(world.kelurahan)
    source = f"Disdukcapil, DKB semester {'I' if at.month == 6 else 'II'} {at.year}"
    total = 0
    for area in world.kelurahan:
        size = float(world.rng("population", area.code).lognormal(-0.06, 0.35))
        people = int(mean * size * 1.006 ** ((at - date(2024, 1, 1)).days / 365))
        men = int(people * 0.502)
        total += people
        yield area.code, area.name, f"{at:%d/%m/%Y}", source, men, people - men, people, int(people / 3.4)
    yield "-", "JUMLAH", f"{at:%d/%m/%Y}", source, "", "", total, ""


UPSTREAM = Upstream(name="population", fill=fill, step=step)
