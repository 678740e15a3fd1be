"""The finance office: the budget and what was spent of it by OPD and account, transfers received, on the third of each month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._office import due, end_of, lay_book, mistyped, months
from connectors.simulator.world import World

HEADINGS = ("Tahun", "Per Tanggal", "Jenis", "Kode OPD", "OPD", "Kode Akun", "Uraian", "Lokasi", "Pagu", "Realisasi")
ACCOUNTS = (("5.1.01", "Belanja pegawai", 0.38), ("5.1.02", "Belanja barang dan jasa", 0.42), ("5.2", "Belanja modal", 0.20))
TRANSFERS = (
    *(("DAU", "4.2.01.01", "Dana alokasi umum", 1.0e12), ("DBH", "4.2.01.02", "Dana bagi hasil", 2.4e11)),
    *(("DAK Fisik", "4.2.01.03", "DAK fisik", 0.6e11), ("DAK Nonfisik", "4.2.01.04", "DAK nonfisik", 3.1e11)),
)
WHOLE = "Seluruh wilayah"
DAY, MORNING = 3, time(10, 5)
ERRORS = 0.0008
STATEMENTS = 12


def fill(world: World, folder: Path, now: datetime) -> None:
    """The statements of the last months and those of whole years, the oldest first."""
    ended = months(world, now)
    for month in ended:
        if month in ended[-STATEMENTS:] or month.month == 12:
            _lay(world, folder, month)


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    for day in due(world, MORNING, since, until):
        if day.day == DAY:
            _lay(world, folder, (day.replace(day=1) - timedelta(days=1)).replace(day=1))


def _lay(world: World, folder: Path, month: date) -> None:
    lay_book(folder, f"realisasi-apbd-{month:%Y-%m}.xlsx", {"LRA": [HEADINGS, *_rows(world, month)]})


def _rows(world: World, month: date) -> Iterator[Sequence[object]]:
    year, at = month.year, f"{end_of(month):%d/%m/%Y}"
    errors = world.rng("apbd", month.isoformat())
    for opd in world.city.opds:
        chance = world.rng("apbd", year, opd.slug)
        whole = float(chance.lognormal(25.2, 0.7)) * (0.25 if opd.slug.startswith("kec-") else 1)
        for (code, words, share), pace in zip(ACCOUNTS, chance.uniform(0.8, 1.15, len(ACCOUNTS)), strict=True):
            budget = round(whole * share, -5)
            spent = budget * min(_spent(code, month.month) * float(pace) / world.pace(opd.slug, month) ** 0.5, 0.995)
            line = (year, at, "Belanja", opd.slug, opd.name, code, words, WHOLE)
            yield *line, int(budget), mistyped(errors, int(spent), ERRORS)
    for kind, code, words, usual in TRANSFERS:
        yield (
            year,
            at,
            kind,
            "pemda",
            "Pemerintah daerah",
            code,
            words,
            WHOLE,
            int(usual),
            int(usual * min(month.month / 12, 1) * 0.98),
        )
    for area in world.kelurahan:
        village = area.code.rpartition(".")[2].startswith("2")
        kind, usual = ("Dana Desa", 950_000_000) if village else ("Dana Kelurahan", 200_000_000)
        received = usual * (0 if month.month < 4 else 0.4 if month.month < 8 else 1)
        line = (year, at, kind, area.code.rpartition(".")[0], area.name, "4.2.01.05" if village else "4.2.01.06", kind, area.name)
        yield *line, usual, int(received)


def _spent(account: str, month: int) -> float:
    """The usual share that is spent by the end of a month: salaries evenly, works late in the year."""
    if account == "5.1.01":
        return month / 12
    return float((month / 12) ** (1.5 if account == "5.1.02" else 2.4))


UPSTREAM = Upstream(name="apbd", fill=fill, step=step)
