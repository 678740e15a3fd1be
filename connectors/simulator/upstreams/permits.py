"""DPMPTSP: a recap of permits asked for and issued, by kind and way, exported as CSV at the end of each working day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._desk import history
from connectors.simulator.upstreams._office import due, lay_text, mistyped
from connectors.simulator.world import World

HEADINGS = ("Tanggal", "Jenis Izin", "Saluran", "Permohonan Masuk", "Izin Terbit", "Terbit Sesuai SOP")
PERMITS = (
    *(
        ("Nomor Induk Berusaha", "OSS", 34.0),
        ("Persetujuan Bangunan Gedung", "SIMBG", 9.0),
        ("Izin Praktik Dokter", "Daring", 4.0),
    ),
    *(("Izin Praktik Perawat", "Daring", 6.0), ("Izin Reklame", "Daring", 5.0), ("Izin Reklame", "Loket", 2.0)),
    *(("Izin Penelitian", "MPP", 3.0), ("Izin Apotek", "Loket", 0.7), ("Keterangan Rencana Kota", "MPP", 4.0)),
)
EVENING = time(17, 5)
ERRORS = 0.004


def fill(world: World, folder: Path, now: datetime) -> None:
    """All days before today."""
    lay_text(folder, "rekap-arsip.csv", [HEADINGS, *(row for day in history(world, now) for row in _rows(world, day))])


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    for day in due(world, EVENING, since, until):
        if world.working(day):
            lay_text(folder, f"rekap-{day}.csv", [HEADINGS, *_rows(world, day)])


def _rows(world: World, day: date) -> Iterator[Sequence[object]]:
    if not world.working(day):
        return
    chance = world.rng("permits", day.isoformat())
    slow = world.pace(world.opd("dpmptsp"), day)
    for permit, way, usual in PERMITS:
        asked = int(chance.poisson(usual))
        issued = int(chance.binomial(asked, 0.9))
        good = int(chance.binomial(issued, min(0.88 / slow, 1)))
        yield f"{day:%d/%m/%Y}", permit, way, asked, mistyped(chance, issued, ERRORS), good


UPSTREAM = Upstream(name="permits", fill=fill, step=step)
