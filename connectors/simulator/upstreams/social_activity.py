"""A tool that watches the OPDs' own accounts: four times a day it exports what was posted since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._desk import history
from connectors.simulator.upstreams._office import due, lay_text
from connectors.simulator.world import World

HEADINGS = ("ID Kiriman", "Platform", "Akun", "OPD", "Waktu", "Jenis")
PLATFORMS = ("Instagram", "Facebook", "X", "TikTok")
HOURS = (6, 12, 18, 23)
USUAL = 0.55
"""Posts of an OPD on a working day: some post thrice, some hardly ever."""
ERRORS = 0.002


def fill(world: World, folder: Path, now: datetime) -> None:
    """All days before today, and today so far."""
    days = history(world, now)
    lay_text(folder, "medsos-arsip.csv", [HEADINGS, *(row for day in days for _, row in _posts(world, day))])
    start = datetime.combine(now.date(), time(), world.city.zone)
    step(world, folder, start - timedelta(seconds=1), now)


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    for hour in HOURS:
        for day in due(world, time(hour, 30), since, until):
            rows = [row for at, row in _posts(world, day) if at <= hour]
            if rows:
                lay_text(folder, f"medsos-{day}-{hour:02}.csv", [HEADINGS, *rows])


def _posts(world: World, day: date) -> Iterator[tuple[int, Sequence[object]]]:
    """The posts of a day with their hour, by OPD."""
    chance = world.rng("social_activity", day.isoformat())
    for opd in world.city.opds:
        busy = float(world.rng("social_activity", opd.slug).lognormal(0, 0.8)) * (1 if world.working(day) else 0.35)
        for number in range(int(chance.poisson(USUAL * busy))):
            hour, minute = int(chance.integers(7, 22)), int(chance.integers(0, 60))
            platform = PLATFORMS[int(chance.integers(0, len(PLATFORMS)))]
            at = "?" if chance.random() < ERRORS else f"{day:%d/%m/%Y} {hour:02}.{minute:02}"
            account = f"@{opd.slug.replace('-', '')}.kota"
            yield hour, (f"{day:%y%m%d}{opd.slug}{number}", platform, account, opd.short, at, "Foto")


UPSTREAM = Upstream(name="social_activity", fill=fill, step=step)
