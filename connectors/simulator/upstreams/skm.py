"""The organisation bureau: the satisfaction of each service unit by element, gathered on the fifth day after a month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._desk import short
from connectors.simulator.upstreams._office import due, end_of, lay_book, months
from connectors.simulator.world import World

ELEMENTS = (
    *(("Persyaratan", 3.5), ("Sistem, Mekanisme, dan Prosedur", 3.4), ("Waktu Penyelesaian", 3.2), ("Biaya/Tarif", 3.9)),
    *(("Produk Spesifikasi Jenis Pelayanan", 3.4), ("Kompetensi Pelaksana", 3.5), ("Perilaku Pelaksana", 3.5)),
    *(("Sarana dan Prasarana", 3.3), ("Penanganan Pengaduan, Saran, dan Masukan", 3.6)),
)
HEADINGS = ("Unit Pelayanan", "OPD", "Kecamatan", "Periode", *(name for name, _ in ELEMENTS))
UNITS = ("disdukcapil", "dpmptsp", "dinkes", "bapenda", "dishub", "rsud")
DAY, MORNING = 5, time(9, 20)
MISTYPED, LEFT_OUT = 0.03, 0.02
"""Share of units that forget a decimal comma, and of cells that are left empty."""


def fill(world: World, folder: Path, now: datetime) -> None:
    """The months for which the fifth day has passed, in one table."""
    rows = [row for month in months(world, now) for row in _rows(world, month)]
    lay_book(folder, "skm-arsip.xlsx", {"SKM": [HEADINGS, *rows]})


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    for day in due(world, MORNING, since, until):
        if day.day == DAY:
            month = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
            lay_book(folder, f"skm-{month:%Y-%m}.xlsx", {"SKM": [HEADINGS, *_rows(world, month)]})


def _rows(world: World, month: date) -> Iterator[Sequence[object]]:
    chance = world.rng("skm", month.isoformat())
    units = [(f"Loket {short(world.city, slug)}", slug, "") for slug in dict.fromkeys(map(world.opd, UNITS))]
    units += [(f"Kantor Kecamatan {area.name}", "", area.name) for area in world.city.areas if area.code.count(".") == 2]
    for unit, slug, area in units:
        level = float(world.rng("skm", unit).normal(0, 0.12)) - (0.25 * (world.pace(slug, month) - 1) if slug else 0)
        scores = [round(min(max(usual + level + float(chance.normal(0, 0.07)), 1), 4), 2) for _, usual in ELEMENTS]
        cells: list[object] = [None if chance.random() < LEFT_OUT else f"{score:.2f}".replace(".", ",") for score in scores]
        if chance.random() < MISTYPED:
            cells[2] = f"{scores[2] * 100:.0f}"
        yield unit, slug and short(world.city, slug), area, f"{end_of(month):%d/%m/%Y}", *cells


UPSTREAM = Upstream(name="skm", fill=fill, step=step)
