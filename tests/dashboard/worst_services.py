"""The worst day of the counters, the links and the sites: everything down, late or silent, with the longest names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from dashboard.scene import scenes
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.kpis.satisfaction import ELEMENTS
from layers.model import UNPLACED
from layers.outages import MOST
from layers.snapshot import Band, Evidence, Freshness, Outage, Reading, Trend
from tests.dashboard.snapshots import NOW, reading

STALE = Freshness(observed_at=NOW - timedelta(days=3), fetched_at=NOW, budget=timedelta(hours=1))
NO_SOURCE = "belum ada sumber yang memberi situs.sertifikat_hari"
SITES = ("situs_terjangkau", "situs_sertifikat_habis", "situs_usang", "situs_disusupi")
SHARES = frozenset(name for name, kpi in catalog().items() if kpi.unit == "persen")


def readings(city: City) -> tuple[Reading, ...]:
    """At the city, at every place and at every OPD."""
    return (*_tiles(city), *_satisfaction(), *_places(city), *_sites(city))


def _tiles(city: City) -> Iterator[Reading]:
    names = [name for scene in ("layanan", "jaringan") for name in scenes()[scene].usual(city).tiles]
    for place, name in enumerate((*names, "loket_tidak_melapor", "kantor_terputus", "situs_mati")):
        if name == "situs_sertifikat_habis":
            yield reading(name, why_none=NO_SOURCE)
            continue
        value = (
            91.43 if name in (*SHARES, "kehilangan_paket", "situs_terjangkau") else 104.0 if place >= len(names) else 1234567.0
        )
        found = reading(name, value=value, target=95.0 if value < 100 else None, n=1_234_567, band=tuple(Band)[place % 3])
        yield replace(found, change=-98_765.4 if value > 200 else -12.3, freshness=STALE if place % 3 == 0 else found.freshness)


def _satisfaction() -> Iterator[Reading]:
    yield reading("ikm", value=84.71, n=12_345)
    for place, element in enumerate(ELEMENTS):
        yield reading(f"nrr_{element}", value=None if place == 3 else 2.41 + place / 6, n=104)


def _places(city: City) -> Iterator[Reading]:
    tree = AreaTree.of(city)
    for place, area in enumerate(tree.kelurahan):
        share = Evidence(sources=("loket",), numerator=83, denominator=100, low=max(70.0 - place / 4, 0), high=99.0)
        yield reading(
            "layanan_tepat_waktu", area.code, value=99.9 - place / 2, target=95.0, n=123_456, evidence=share, band=Band.ACT
        )
        yield reading("loket_tidak_melapor", area.code, value=float(place % 3 > 0), n=1)
        yield reading("kantor_terhubung", area.code, value=(0.0, 50.0, 100.0)[place % 3], n=2)
        yield reading("kantor_terputus", area.code, value=float((2, 1, 0)[place % 3]), n=2)
        yield reading("jam_putus_bulan_ini", area.code, value=place * 7.25, n=3)
    lost = Evidence(sources=("wan",), numerator=123_456, denominator=1_234_567)
    yield reading("kantor_terhubung", UNPLACED, value=10.0, n=1_234_567, evidence=lost)
    for place, area in enumerate(tree.kecamatan):
        yield reading("jam_putus_bulan_ini", area.code, value=12_345.75 - place, n=300)


def _sites(city: City) -> Iterator[Reading]:
    for place, opd in enumerate(city.opds):
        for kpi in SITES:
            parts = Evidence(sources=("situs",), numerator=float(place), denominator=123.0)
            value = None if kpi == "situs_sertifikat_habis" else float(place % 4 * 100)
            yield reading(kpi, opd=opd.slug, value=value, n=123, evidence=parts if value is not None else Evidence(sources=()))
        yield reading("situs_mati", opd=opd.slug, value=float(place % 4), n=123)


def outages(city: City) -> tuple[Outage, ...]:
    """As many as are ever listed, of the places and the OPDs with the longest names."""
    kelurahan = sorted(AreaTree.of(city).kelurahan, key=lambda area: -len(area.name))[:MOST]
    owners = sorted(city.opds, key=lambda opd: -len(opd.short))
    host = "pelayanan-administrasi-kependudukan-terpadu.tangerangkota.go.id/beranda"
    offices = (
        Outage(kpi="kantor_terputus", subject=a.code, area=a.code, opd=None, since=NOW - timedelta(days=9, hours=k), hours=719.75)
        for k, a in enumerate(kelurahan)
    )
    hosts = (
        Outage(kpi="situs_mati", subject=f"{k}.{host}", area=UNPLACED, opd=o.slug, since=NOW - timedelta(days=99), hours=None)
        for k, o in enumerate(owners)
    )
    return (*offices, *hosts)


def trends(city: City) -> tuple[Trend, ...]:
    """Of every tile about services: a day unknown, Sundays without any and one far above the rest."""
    days = tuple((NOW.date() - timedelta(days=29 - d)).isoformat() for d in range(30))
    values = tuple(None if d == 4 else 0.0 if d % 7 == 0 else 9_876_543.0 if d == 9 else 1_234_567.0 - d for d in range(30))
    return tuple(Trend(kpi=name, area=city.code, days=days, values=values) for name in scenes()["layanan"].usual(city).tiles)
