"""A tiny city and its snapshots for the dashboard's tests: two kecamatan, four kelurahan, eight tiles, two sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from layers.city import City
from layers.model import UNPLACED, Outcome, Role, Scope
from layers.snapshot import Arrivals, Attention, Band, Dot, Event, Evidence, Freshness, Reading, Snapshot, SourceState, Trend

NOW = datetime(2026, 11, 22, 7, 32, tzinfo=UTC)
"""14.32 WIB on 22 November 2026."""
PUBLIC = Scope(user="publik", role=Role.PUBLIC)
OPERATOR = Scope(user="operator", role=Role.OPERATOR)
KELURAHAN = ("36.71.01.1001", "36.71.01.1002", "36.71.02.1001", "36.71.02.1002")
AREAS = ("36.71", "36.71.01", "36.71.02", *KELURAHAN, UNPLACED)
TILES = (
    "aduan_terbuka",
    "aduan_lewat_tenggat",
    "selesai_tepat_waktu",
    "respons_pertama",
    "aduan_masuk_hari_ini",
    "lama_penyelesaian",
    "paket_diumumkan",
    "sumber_segar",
)
VALUES: Mapping[str, float | None] = {
    "aduan_terbuka": 1234,
    "aduan_lewat_tenggat": 87,
    "selesai_tepat_waktu": 91.25,
    "respons_pertama": 6.5,
    "aduan_masuk_hari_ini": 0,
    "lama_penyelesaian": None,
    "paket_diumumkan": 412,
    "sumber_segar": 50,
}

CITY = City.model_validate(
    {
        "code": "36.71",
        "name": "Kota Contoh",
        "zone": ZoneInfo("Asia/Jakarta"),
        "outline": ((-6.22, 106.60), (-6.22, 106.72), (-6.14, 106.72), (-6.14, 106.60)),
        "areas": [
            {"code": "36.71.01", "name": "Kecamatan Satu", "label_lat": -6.18, "label_lon": 106.63},
            {"code": "36.71.02", "name": "Kecamatan Dua", "label_lat": -6.18, "label_lon": 106.69},
            {"code": "36.71.01.1001", "name": "Melati", "label_lat": -6.20, "label_lon": 106.63, "km2": 1.5},
            {"code": "36.71.01.1002", "name": "Kenanga", "label_lat": -6.16, "label_lon": 106.63, "km2": 1.2},
            {"code": "36.71.02.1001", "name": "Anggrek", "label_lat": -6.20, "label_lon": 106.69, "km2": 1.1},
            {"code": "36.71.02.1002", "name": "Cempaka", "label_lat": -6.16, "label_lon": 106.69, "km2": 0.9},
        ],
        "opds": [
            {"slug": "dlh", "short": "DLH", "name": "Dinas Lingkungan Hidup"},
            {"slug": "dpupr", "short": "DPUPR", "name": "Dinas Pekerjaan Umum dan Penataan Ruang"},
        ],
        "wall": {"tiles": TILES, "map": "aduan_lewat_tenggat", "ranking": "selesai_tepat_waktu"},
    }
)


def reading(kpi: str, area: str = "36.71", *, now: datetime = NOW, value: float | None = None, **fields: Any) -> Reading:
    """One reading, live at ``now`` unless ``freshness`` is given; without a value it says why."""
    fresh = Freshness(
        observed_at=now - timedelta(seconds=40), fetched_at=now - timedelta(seconds=5), budget=timedelta(minutes=10)
    )
    given = {
        "why_none": None if value is not None else "Belum cukup data (n = 3, perlu 20)",
        "n": 20 if value is not None else 3,
        "freshness": fresh,
        "evidence": Evidence(
            sources=("laksa", "lpse"), numerator=73, denominator=80, excluded={"duplikat": 4}, quarantined=2, unplaced=1
        ),
        **fields,
    }
    return Reading(kpi=kpi, area=area, value=value, **given)


def source(name: str, *, now: datetime = NOW, age: timedelta = timedelta(seconds=40), **fields: Any) -> SourceState:
    """A source whose data is ``age`` old."""
    given = {
        "title": name.upper(),
        "connector": "tabular",
        "outcome": Outcome.OK,
        "freshness": Freshness(observed_at=now - age, fetched_at=now - age, budget=timedelta(minutes=10)),
        "seen": 1008,
        "kept": 1000,
        "unchanged": 2,
        "excluded": {"duplikat": 4},
        "quarantined": 2,
        "quarantine_open": 2,
        "records": 1000,
        **fields,
    }
    return SourceState(source=name, **given)


def snapshot(
    version: int = 1, *, now: datetime = NOW, values: Mapping[str, float | None] | None = None, **fields: Any
) -> Snapshot:
    """A whole snapshot; ``values`` replaces the city's values, ``fields`` any field of the snapshot."""
    city = {**VALUES, **(values or {})}
    targets = {"selesai_tepat_waktu": 95.0}
    readings = [
        reading(
            kpi,
            area,
            now=now,
            value=None if value is None else value if area == "36.71" else round(value / (3 + place), 2),
            target=targets.get(kpi),
            band=Band.WATCH if kpi == "selesai_tepat_waktu" else Band.ACT if kpi == "aduan_lewat_tenggat" else Band.NORMAL,
            change=None if value is None else 3.0,
        )
        for kpi, value in city.items()
        for place, area in enumerate(AREAS)
    ]
    readings += [
        reading(
            "selesai_tepat_waktu",
            now=now,
            value=share,
            opd=opd,
            target=95.0,
            n=n,
            evidence=Evidence(sources=("laksa",), low=share - 4, high=share + 3),
        )
        for opd, share, n in (("dlh", 88.0, 120), ("dpupr", 96.0, 64))
    ]
    given = {
        "built_at": now,
        "notice": "Data contoh",
        "readings": tuple(readings),
        "trends": tuple(
            Trend(
                kpi=kpi,
                area="36.71",
                days=tuple((now.date() - timedelta(days=29 - d)).isoformat() for d in range(30)),
                values=tuple(None if value is None or d == 4 else value * (0.8 + d / 150) for d in range(30)),
            )
            for kpi, value in city.items()
        ),
        "arrivals": Arrivals(minutes=30, channels={"aplikasi": tuple(range(29)), "sms": (1,) * 29}),
        "attention": (
            Attention(
                id="lewat:36.71.01.1001:dlh",
                band=Band.ACT,
                title="12 aduan sampah lewat tenggat",
                place="Melati, Kecamatan Satu",
                area="36.71.01.1001",
                owner="dlh",
                since=now - timedelta(hours=5),
                n=12,
            ),
            Attention(
                id="sumber:lpse",
                band=Band.WATCH,
                title="LPSE belum mutakhir",
                place="Kota Contoh",
                area="36.71",
                owner=None,
                since=now - timedelta(minutes=40),
                n=1,
                detail="Sumber tidak menjawab",
            ),
        ),
        "events": (Event(at=now - timedelta(minutes=2), source="laksa", text="Aduan baru: lampu jalan", area="36.71.02.1001"),),
        "dots": (Dot(lat=-6.2, lon=106.63, at=now - timedelta(minutes=3)),),
        "sources": (
            source("laksa", now=now),
            source(
                "lpse", now=now, age=timedelta(hours=2), outcome=Outcome.TRANSIENT, message="sumber tidak menjawab", failures=3
            ),
        ),
        **fields,
    }
    return Snapshot(version=version, city="36.71", **given)
