"""Views and whole cities for the tests of parts and pages: the tiny city, and Kota Tangerang on its worst day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dashboard.bodies import whole
from dashboard.fonts import Fonts, load_fonts
from dashboard.page import Page, View, document, layout
from layers.alarmtypes import Alarm, CityState
from layers.areas import AreaTree
from layers.boundaries import MapAsset, load_boundaries
from layers.catalog import Kpi, catalog
from layers.changes import Answer, Question
from layers.city import City, load
from layers.citystate import WORDS
from layers.contributions import Change, Part
from layers.drill import Drill, Query, Slice
from layers.model import Outcome
from layers.snapshot import (
    Arrivals,
    Attention,
    Band,
    Course,
    Dot,
    Event,
    Evidence,
    Freshness,
    Observation,
    Reading,
    Sign,
    Snapshot,
    SourceState,
    Trend,
)
from layers.stills import Camera, Still
from tests.dashboard import worst_services
from tests.dashboard.alarmed import alarm
from tests.dashboard.snapshots import CITY, KELURAHAN, NOW, PUBLIC, reading, snapshot, source

ASSETS = Path(__file__).parents[2] / "assets"
LONG_REASON = "belum ada sumber yang memberi waktu respons pertama pada kurun ini"
STALE = Freshness(observed_at=NOW - timedelta(days=3), fetched_at=NOW, budget=timedelta(hours=1))

_SQUARES = {
    code: f"M{x} {y}h500v400h-500Z" for code, (x, y) in zip(KELURAHAN, ((0, 400), (0, 0), (500, 400), (500, 0)), strict=True)
}
TINY_MAP = MapAsset(
    city="36.71",
    schematic=False,
    digest="0",
    width=1000.0,
    height=800.0,
    west=106.60,
    north=-6.14,
    per_lon=8333.0,
    per_lat=10000.0,
    paths=_SQUARES,
    kecamatan={"36.71.01": "M0 0h500v800h-500Z", "36.71.02": "M500 0h500v800h-500Z"},
    outline="M0 0h1000v800h-1000Z",
    labels={
        **dict(zip(KELURAHAN, ((250.0, 600.0), (250.0, 200.0), (750.0, 600.0), (750.0, 200.0)), strict=True)),
        "36.71.01": (250.0, 400.0),
        "36.71.02": (750.0, 400.0),
    },
)


def view(city: City = CITY, asset: MapAsset = TINY_MAP, **fields: Any) -> View:
    """A public view of the tiny city, in Indonesian, unless ``fields`` say otherwise."""
    given = {"now": NOW, "lang": "id", "scope": PUBLIC, "params": {}, **fields}
    return View(city=city, tree=AreaTree.of(city), map=asset, catalog=catalog(), **given)


@cache
def _fonts() -> Fonts:
    with TemporaryDirectory() as folder:
        return load_fonts(Path(folder))


def html(page: Page, shown: Snapshot, seen: View, folder: Path) -> Path:
    """A page as a file that a browser opens by itself, its styles and fonts beside it."""
    fonts = _fonts()
    for name, raw in fonts.files.items():
        (folder / name).write_bytes(raw)
    (folder / "fonts.css").write_text(fonts.css(""), encoding="utf-8")
    sheets = "".join(f'<link rel="stylesheet" href="{name}">' for name in ("fonts.css", "base.css", f"{page.theme}.css"))
    if page.theme == "light":
        sheets += '<link rel="stylesheet" href="night.css" media="screen and (prefers-color-scheme: dark)">'
        (folder / "night.css").write_bytes(whole(ASSETS / "night.css"))
    for name in ("base.css", f"{page.theme}.css"):
        (folder / name).write_bytes(whole(ASSETS / name))
    body = layout(page, document(page, shown, seen), seen)
    path = folder / "index.html"
    head = f'<!doctype html><html lang="id" data-theme="{page.theme}"><meta charset="utf-8">'
    head += '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    path.write_text(f"{head}<title>{page.path}</title>{sheets}<body>{body}", encoding="utf-8")
    return path


def real_city(data: Path) -> tuple[City, MapAsset]:
    """The pack of Kota Tangerang with its schematic map."""
    city = load("36.71")
    return city, load_boundaries(city, data).asset


def worst_day(city: City) -> Snapshot:
    """The longest names, the largest numbers, reasons instead of values, and data three days old."""
    tree = AreaTree.of(city)
    longest = max(tree.kelurahan, key=lambda area: len(area.name))
    owners = sorted(city.opds, key=lambda opd: -len(opd.short))
    values = dict.fromkeys(city.wall.tiles, 1234567.0) | {"selesai_tepat_waktu": 91.43, "sumber_segar": 100.0}
    shown = [
        replace(
            reading(kpi, value=value, target=1_000_000.0 if value > 100 else 95.0, n=1_234_567),
            change=-98_765.4 if value > 100 else -12.3,
            band=(Band.ACT, Band.WATCH, Band.NORMAL)[place % 3],
            freshness=STALE if place % 3 == 0 else reading(kpi).freshness,
        )
        for place, (kpi, value) in enumerate(values.items())
    ]
    shown[3] = reading(shown[3].kpi, why_none=LONG_REASON)
    shown += [
        reading(city.wall.map, area.code, value=None if place % 9 == 0 else float(place * place))
        for place, area in enumerate(tree.kelurahan)
    ]
    long = [reading(kpi.id, value=987_654.32, n=1_234_567, freshness=STALE) for kpi in longest_titles()]
    shown += long
    shown += [_share(owner.slug, 99.95 - place * 3, n=123_456) for place, owner in enumerate(owners)]
    shown += _bought(city) + _stormy(city)
    cases = [
        Attention(
            id=f"kasus-{place}",
            band=Band.ACT if place < 4 else Band.WATCH,
            title="128 aduan pengangkutan sampah dan kebersihan lingkungan lewat tenggat",
            place=f"Kel. {longest.name}, Kec. {tree.name(longest.parent or '')}",
            area=longest.code,
            owner=owners[0].slug if place else None,
            since=NOW - timedelta(days=99),
            n=128,
            detail="tenggat terdekat berikutnya Rabu, 25 November 2026 pukul 16.00 WIB",
        )
        for place in range(12)
    ]
    return Snapshot(
        version=1_234_567,
        city=city.code,
        built_at=NOW,
        notice="Data contoh: riwayat 90 hari yang dibangkitkan untuk latihan, bukan keadaan kota yang sebenarnya hari ini.",
        readings=(*shown, *worst_services.readings(city)),
        trends=(*(_trend(r) for r in (*shown[: len(values)], *long)), *worst_services.trends(city)),
        outages=worst_services.outages(city),
        arrivals=Arrivals(
            minutes=15, channels={f"Kanal pengaduan {k} dengan nama panjang": (k * 12_345,) * 58 for k in range(1, 8)}
        ),
        attention=tuple(cases),
        courses=tuple(
            Course(
                kpi=kpi, months=tuple(f"2026-{m:02}-01" for m in range(1, 12)), values=tuple(m * 1.234e11 for m in range(1, 12))
            )
            for kpi in ("pagu_diumumkan", "nilai_kontrak")
        ),
        observations=_storm(longest.code),
        events=tuple(
            Event(
                at=NOW - timedelta(minutes=k),
                source="laksa",
                text="Panggilan darurat 112: pohon tumbang menutup jalan " * 2,
                area=longest.code,
            )
            for k in range(6)
        ),
        dots=tuple(Dot(lat=-6.17 - k / 2000, lon=106.64 + k / 2000, at=NOW - timedelta(minutes=k)) for k in range(50)),
        sources=tuple(bad_source(k) for k in range(4)),
        alarms=tuple(_alarm(k, f"Kel. {longest.name}, {longest.name}") for k in range(3)),
        state=CityState(level=4, word=WORDS[4], reasons=tuple({"id": words, "en": words} for words in REASONS)),
    )


def _bought(city: City) -> list[Reading]:
    """Procurement with large sums, long reasons, and stages that do not add up."""
    counts = {
        "paket_diumumkan": 123_456.0,
        **dict.fromkeys(("paket_rencana", "paket_pemilihan", "paket_kontrak", "paket_selesai"), 28_765.0),
    }
    worth = {
        "pagu_diumumkan": 9.99e12,
        "pagu_rencana": 1e9,
        "pagu_pemilihan": 2.22e12,
        "pagu_kontrak": 3.33e12,
        "pagu_selesai": 4.44e12,
    }
    tiles = {"nilai_kontrak": 9.87e12, "realisasi_pengadaan": 98.76, "epurchasing_nilai": 888e9, "epurchasing_selesai": 99.9}
    flags = {"skor_risiko_pengadaan": 4.56, "paket_risiko_tinggi": 87.6, "kontrak_dekat_hps": 98.7, "kontrak_desember": 99.9}
    found = [
        replace(reading(kpi, value=value, n=1_234_567, freshness=STALE if place % 2 else reading(kpi).freshness), band=Band.ACT)
        for place, (kpi, value) in enumerate((counts | worth | tiles | flags | {"porsi_pdn": 98.7}).items())
    ]
    found += [reading(kpi, why_none=LONG_REASON) for kpi in ("paket_dipecah", "peserta_tunggal", "deviasi_kas", "porsi_umk")]
    found.append(reading("serapan_anggaran", value=12.3, target=95.0))
    found += [reading("pagu_diumumkan", area.code, value=9.8e9 * place) for place, area in enumerate(AreaTree.of(city).kelurahan)]
    for place, opd in enumerate(city.opds):
        found.append(reading("serapan_anggaran", value=100.0 - place, opd=opd.slug, target=95.0, band=Band.WATCH))
        found.append(reading("deviasi_kas", value=123.4, opd=opd.slug))
    return found


def _stormy(city: City) -> list[Reading]:
    """Rain everywhere, warnings, and what the lists of the situation go with."""
    values = {
        "hujan_kini": 123.4,
        "hujan_24j": 234.5,
        "peringatan_cuaca": 104.0,
        "laporan_banjir_24j": 1234.0,
        "tinggi_banjir_24j": 234.0,
    }
    values |= {"panggilan_112_6j": 1234.0, "ispu_tertinggi": 345.0, "gempa_dirasakan_30h": 12.0, "kamera_segar": 99.9}
    found = [reading(kpi, value=value, band=Band.ACT) for kpi, value in values.items()]
    found.append(reading("tiba_112_24j", value=None, why_none=LONG_REASON))
    tree = AreaTree.of(city)
    found += [reading("hujan_24j", area.code, value=place / 3) for place, area in enumerate(tree.kelurahan)]
    found += [reading("hujan_kini", area.code, value=9.0) for area in tree.kelurahan]
    for area in tree.kecamatan:
        found += [reading("peringatan_tertinggi", area.code, value=4.0), reading("peringatan_cuaca", area.code, value=104.0)]
    return found


def _storm(area: str) -> tuple[Observation, ...]:
    """Full lists with the longest names."""
    name = "Stasiun Pemantau Kualitas Udara Kawasan Pusat Pemerintahan"
    signs: dict[Sign, dict[str, float]] = {
        Sign.RAIN: {"mm": 234.5, "kelurahan": 104},
        Sign.FLOOD: {"laporan": 123, "tinggi": 234},
        Sign.GAUGE: {"siaga": 1, "muka_air": 1234},
        Sign.AIR: {"ispu": 245, "pm25": 250.4},
        Sign.CALLS: {"panggilan": 123, "tiba": 123},
        Sign.QUAKE: {"magnitudo": 7.6, "jarak": 1234, "dirasakan": 12},
    }
    begun = NOW.replace(hour=6, minute=0)
    return tuple(
        Observation(
            sign=sign, at=begun + timedelta(hours=3 * k) if sign is Sign.RAIN else NOW, area=area, subject=name, values=values
        )
        for sign, values in signs.items()
        for k in range(8)
    )


def cameras(city: City) -> tuple[Still, ...]:
    """Eight cameras with long names, one of them frozen, and three without a picture."""
    title = "Simpang Jalan Jenderal Sudirman dan Jalan Daan Mogot"
    codes = [area.code for area in AreaTree.of(city).kelurahan]
    facts = [
        Camera(source="kamera", name=f"kamera-{k}", title=title, area=codes[k], budget=timedelta(minutes=1)) for k in range(11)
    ]
    ages = [timedelta(hours=9) if k == 1 else timedelta(seconds=5) if k < 8 else None for k in range(11)]
    return tuple(Still(camera=camera, at=None if age is None else NOW - age) for camera, age in zip(facts, ages, strict=True))


REASONS = ("3 alarm kritis", "32 % aduan terbuka lewat tenggat", "45 % sumber segar", "banjir alarm")


def _alarm(k: int, place: str) -> Alarm:
    taken = {"acknowledged_by": "Dinas Pekerjaan Umum dan Penataan Ruang", "acknowledged_at": NOW} if k else {}
    facts = {"place": place, "owner": "diskominfo", "value": 12_345.0, "limit": 1_000.0, "unit": "aduan"}
    return alarm(f"selesai_tepat_waktu_opd:{k}", NOW, minutes=9e4, facts=facts, **taken)


def longest_titles() -> list[Kpi]:
    """The five figures whose titles are longest."""
    return sorted((kpi for kpi in catalog().values() if kpi.beside is None), key=lambda kpi: -len(kpi.title["id"]))[:5]


def _share(opd: str, value: float, n: int) -> Reading:
    kept = max(value, 0.0)
    proof = Evidence(sources=("laksa",), numerator=kept, denominator=100.0, low=max(kept - 4, 0), high=min(kept + 3, 100))
    return reading("selesai_tepat_waktu", value=kept, opd=opd, target=95.0, n=n, evidence=proof, band=Band.ACT)


def _trend(shown: Reading) -> Trend:
    days = tuple((NOW.date() - timedelta(days=29 - d)).isoformat() for d in range(30))
    size = (shown.value or 841.0) / 841
    values = tuple(None if d == 4 else float(d * d) * size for d in range(30))
    return Trend(kpi=shown.kpi, area=shown.area, days=days, values=values)


def bad_source(k: int) -> SourceState:
    return source(
        f"sumber_{k}",
        title=f"Layanan Aspirasi Kotak Saran Anda dan Pengaduan Terpadu {k}",
        age=timedelta(days=k),
        outcome=Outcome.DRIFT,
        message='kolom "tanggal_pengaduan_diterima" tidak ada pada 40 dari 40 baris',
        failures=k,
        tested_on_real=k % 2 == 0,
    )


def drill(query: Query) -> Drill:
    """A drill of the tiny city: forty categories, two OPDs, one channel without anything overdue."""
    days = tuple((NOW.date() - timedelta(days=89 - d)).isoformat() for d in range(90))

    def part(key: str, n: int) -> Slice:
        return Slice(key=key, label=key.upper(), received=n, closed=n // 2, open=n // 3, overdue=n // 30)

    return Drill(
        query=query,
        at=NOW,
        readings=tuple(r for r in snapshot().readings if r.area == query.area and r.opd is None),
        days=days,
        received=tuple(range(90)),
        closed=tuple(range(90, 0, -1)),
        by_category=tuple(part(f"kategori {k}", 400 - k) for k in range(40)),
        by_opd=(part("dlh", 90), part("dpupr", 3)),
        by_channel=(part("sms", 9),),
    )


def changes(question: Question) -> Answer:
    """A change of three groups with the longest names, one against the others."""
    kpi = catalog()[question.kpi]
    windows = kpi.window.at(NOW - timedelta(days=1), CITY.zone), kpi.window.at(NOW, CITY.zone)
    name = "Pengangkutan sampah, drainase, dan kebersihan lingkungan · Kec. Karang Tengah"
    parts = tuple(
        Part(by=(f"kategori {k}", "36.71.01"), label=name, mix=0.0, rate=total, n=(4000, 4100))
        for k, total in enumerate((54_321.0, -32_109.0, 21_098.0, 4.0))
    )
    facts = {"kpi": kpi.id, "area": CITY.code, "opd": None, "dimensions": question.by, "windows": windows, "why_none": None}
    change = Change(**facts, before=1.0, now=43_315.0, change=43_314.0, n=(9000, 9100), parts=parts)
    return Answer(change=change, unusual=(), at=NOW)
