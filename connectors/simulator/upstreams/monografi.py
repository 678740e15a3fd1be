"""The government section: each kecamatan sends a workbook with a sheet for every kelurahan, and later fills in what it lacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._office import due, lay_book
from connectors.simulator.world import World
from connectors.sources._monografi import ISIAN
from layers.city import AreaFacts

MORNING = time(10, 20)
ERRORS = 0.001
_USUAL = {"orang": 900.0, "buah": 6.0, "ha": 9.0, "km": 6.0, "mdpl": 14.0, "mm/tahun": 1900.0, "°C": 28.0}


def fill(world: World, folder: Path, now: datetime) -> None:
    """What every kecamatan has sent for the last half-year that is over."""
    for number, area in enumerate(_kecamatan(world)):
        _lay(world, folder, area, now.date(), number)


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    """On each working day one kecamatan, in turn, sends its workbook again."""
    for day in due(world, MORNING, since, until):
        if world.working(day):
            areas = _kecamatan(world)
            number = day.toordinal() % len(areas)
            _lay(world, folder, areas[number], day, number)


def _kecamatan(world: World) -> list[AreaFacts]:
    return [area for area in world.city.areas if area.code.count(".") == 2]


def _lay(world: World, folder: Path, area: AreaFacts, day: date, number: int) -> None:
    year, half = (day.year, "I") if day.month > 6 else (day.year - 1, "II")
    inside = [kelurahan for kelurahan in world.kelurahan if kelurahan.code.startswith(f"{area.code}.")]
    if inside:
        sheets = {kelurahan.name: _form(world, kelurahan, area, (year, half), day) for kelurahan in inside}
        lay_book(folder, f"monografi-{number + 1:02}-{year}-{half}.xlsx", sheets)


def _form(world: World, kelurahan: AreaFacts, area: AreaFacts, period: tuple[int, str], day: date) -> Iterator[Sequence[object]]:
    """A form as it stands on a day: the later in the half-year, the more of it is filled in."""
    village = kelurahan.code.rpartition(".")[2].startswith("2")
    yield (f"MONOGRAFI {'DESA' if village else 'KELURAHAN'}",)
    head = (("Desa/Kelurahan", kelurahan.name), ("Nomor Kode", kelurahan.code), ("Kecamatan", area.name))
    for number, (label, value) in enumerate((*head, ("Keadaan Data Tahun", period[0]), ("Semester", period[1])), 1):
        yield f"{number}.", label, ":", value
    chance = world.rng("monografi", kelurahan.code, *map(str, period))
    known = 0.72 + 0.2 * ((day.month - 1) % 6 + day.day / 31) / 6
    for isian, unit in ISIAN.items():
        filled, size, error = (float(draw) for draw in chance.random(3))
        said: object = (
            "Jalan lingkungan" if unit == "teks" else round(_USUAL[unit] * (0.4 + 1.2 * size), 1 if unit == "ha" else 0)
        )
        if unit != "teks" and error < ERRORS:
            said = "tidak tahu"
        yield "-", isian.replace("_", " ").capitalize(), ":", said if filled < known else None, unit if unit != "teks" else None
    yield "-", "Nama Lurah", ":", "(nama)"


UPSTREAM = Upstream(name="monografi", fill=fill, step=step)
