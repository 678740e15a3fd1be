"""Who reports which package: the simulated procurement systems share a year's packages, each by its methods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectors.simulator.world import Tender, World

INSTITUTION = "Pemerintah Daerah"
"""What every simulated system calls the government, of whatever city."""

_SYSTEMS = {
    "Tender": ("spse", "ocds"),
    "Seleksi": ("spse", "ocds"),
    "Penunjukan Langsung": ("spse", "ocds"),
    "Pengadaan Langsung": ("spse",),
    "E-Purchasing": ("lkpp_isb", "tangerang_pengadaan"),
    "Swakelola": ("tangerang_pengadaan",),
}


def system_of(tender: Tender) -> str:
    """The one of these systems that reports a package: where a method has two, every other package is the second's."""
    systems = _SYSTEMS[tender.method]
    return systems[int(tender.code) % len(systems)]


def reported(world: World, system: str, year: int, now: datetime) -> Iterator[Tender]:
    """The packages of a year that a system knows of by ``now``."""
    return (tender for tender in world.tenders(year) if system_of(tender) == system and tender.stage(now) is not None)


def unit(world: World, tender: Tender) -> str:
    """The name of the office that buys."""
    found = world.city.opd(tender.opd)
    return found.name if found else tender.opd


def place(world: World, tender: Tender) -> str:
    """Where the work is, as a clerk writes it."""
    if tender.kelurahan is None:
        return world.city.name
    kecamatan = next((a.name for a in world.city.areas if a.code == tender.kelurahan.code.rpartition(".")[0]), "")
    return f"Kelurahan {tender.kelurahan.name} Kecamatan {kecamatan}"


def past(moment: datetime | None, now: datetime) -> datetime | None:
    """A moment that has come."""
    return moment if moment is not None and moment <= now else None
