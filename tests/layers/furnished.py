"""A city in which one kelurahan has something of everything: services, packages, funds, people, links, sites, rain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from layers.areas import AreaTree
from layers.city import City, SourceConfig, load
from layers.frames import Frames
from layers.model import UNPLACED, Measurement, Package, PlacedBy, Record, Service, Stage, Status
from layers.room import Room
from layers.store import Store
from tests.layers.made import DAY, HOUR, NOW, complaint, give, new_store

HERE, NEXT, FAR = "36.71.01.1001", "36.71.01.1002", "36.71.05.1004"
TITLES = {"laksa": "LAKSA", "loket": "Loket kelurahan", "spse": "LPSE", "ukur": "Ukuran"}
SITE = "sukarasa.contoh.go.id"
WORKS = (
    # title, method, stage, place, pagu, HPS, value, bidders (million rupiah)
    ("Pemeliharaan jalan lingkungan", "tender", Stage.CONTRACT, HERE, 900, 800, 799, 1),
    ("Pengadaan kontainer sampah", "e-purchasing", Stage.DONE, HERE, 120, None, 118, None),
    ("Pemasangan lampu jalan", "Pengadaan Langsung", Stage.PLANNED, NEXT, 190, None, None, None),
    ("Rehabilitasi trotoar", "tender", Stage.SELECTION, FAR, 500, 480, None, None),
    ("Perjalanan dinas", "swakelola", Stage.CANCELLED, UNPLACED, 70, None, None, None),
    ("Normalisasi saluran", "tender", Stage.CONTRACT, UNPLACED, 700, 650, 600, 4),
)
MILLION = 1_000_000


def records() -> list[Record]:
    """What came in, by rule: the same each time."""
    found: list[Record] = []
    for i in range(160):
        received = NOW - timedelta(hours=9 * i + 1)
        found.append(
            complaint(
                f"L-{i}",
                area=(HERE, NEXT, FAR, UNPLACED)[i % 4],
                opd=("dlh", "dpupr")[i % 2],
                category=("Sampah", "Jalan rusak", "Perjalanan")[i % 3],
                received=received,
                due=received + 5 * DAY,
                responded=received + HOUR,
                closed=received + 2 * DAY if i % 3 == 0 and i > 8 else None,
                status=Status.DONE if i % 3 == 0 and i > 8 else Status.IN_PROCESS,
            )
        )
    return found + services() + packages() + measurements()


def services() -> list[Record]:
    """Three services at the counter of the place; of a sensitive one only two people were served."""
    named = (
        ("KTP-el", 40, 38, "disdukcapil"),
        ("Surat pindah", 4, 4, "disdukcapil"),
        ("Rekomendasi disabilitas", 1, 1, "disdukcapil"),
    )
    return [
        Service(
            source="loket", source_id=f"{name}-{area}-{k}", seen_at=NOW, area=area, placed_by=PlacedBy.CODE, opd=opd,
            day=NOW - (k + 1) * DAY, service=name, served=served, on_time=good, queued=served + 1, waiting_minutes=10.0 + k,
        )
        for name, served, good, opd in named
        for area in (HERE, NEXT)
        for k in range(2)
    ]  # fmt: skip


def packages() -> list[Record]:
    found: list[Record] = []
    for k, (title, method, stage, area, pagu, hps, value, bidders) in enumerate(WORKS):
        signed = NOW - 30 * DAY if value else None
        found.append(
            Package(
                source="spse", source_id=f"P-{k}", seen_at=NOW, area=area, placed_by=PlacedBy.CODE, opd=("dpupr", "dlh")[k % 2],
                announced=NOW - (100 - k) * DAY, year=2026, title=title, method=method, stage=stage, plan_id=f"R{k}",
                pagu=Decimal(pagu * MILLION), hps=hps and Decimal(hps * MILLION), value=value and Decimal(value * MILLION),
                provider="PT Karya Mandiri" if value else None, selected=signed and signed - DAY, contracted=signed,
                bidders=bidders,
            )
        )  # fmt: skip
    return found


def measurements() -> list[Record]:
    def one(name: str, value: float, unit: str, area: str = HERE, at: Any = NOW - HOUR, **fields: Any) -> Measurement:
        subject = fields.pop("subject", area)
        return Measurement(
            source="ukur", source_id=f"{name}/{area}/{subject}/{at}", seen_at=NOW, area=area, placed_by=PlacedBy.CODE, name=name,
            subject=subject, value=value, unit=unit, measured=at, **fields,
        )  # fmt: skip

    people = [
        one(f"penduduk.{name}", n, "orang", area, NOW - 100 * DAY)
        for area, whole in ((HERE, 12000), (NEXT, 8000))
        for name, n in (("jumlah", whole), ("laki_laki", whole / 2), ("perempuan", whole / 2), ("keluarga", whole / 4))
    ]
    funds = [
        one(f"transfer.dana_kelurahan.{name}", 200 * MILLION, "rupiah", at=NOW - 20 * DAY) for name in ("alokasi", "diterima")
    ]
    forms = [
        one("monografi.kelengkapan", 0.9, "bagian", at=NOW - 100 * DAY),
        one("monografi.luas_ha", 153.5, "ha", at=NOW - 100 * DAY),
        one("monografi.agama_hindu", 2, "orang", at=NOW - 100 * DAY),
    ]
    links = [one("jaringan.terhubung", up, "ya/tidak", area, subject=area) for area, up in ((HERE, 1.0), (NEXT, 0.0))] + [
        one("jaringan.latensi", 8.0, "milidetik", subject=HERE)
    ]
    sites = [
        one("situs.terjangkau", up, "ya/tidak", HERE if name == SITE else UNPLACED, subject=name, opd=opd)
        for name, up, opd in ((SITE, 1.0, "diskominfo"), ("mati.go.id", 0.0, "dlh"), ("judi.go.id", 1.0, "dishub"))
    ]
    updated = [
        one("situs.pembaruan_hari", days, "hari", HERE if name == SITE else UNPLACED, subject=name, opd=opd)
        for name, days, opd in ((SITE, 3.0, "diskominfo"), ("mati.go.id", 1.0, "dlh"), ("judi.go.id", 0.0, "dishub"))
    ]
    hacked = [one("situs.diretas", 1.0, "ya/tidak", UNPLACED, subject="judi.go.id", opd="dishub")]
    posts = [
        one("medsos.kiriman", n, "kiriman", UNPLACED, NOW - k * DAY, subject=f"akun {opd}", opd=opd)
        for opd, n in (("diskominfo", 6.0), ("dishub", 2.0), ("dinkes", 0.2))
        for k in range(1, 16)
    ]
    rain = [one("cuaca.hujan", mm, "mm", at=NOW + k * 3 * HOUR) for k, mm in enumerate((0.0, 12.5, 33.0))]
    return [*people, *funds, *forms, *links, *sites, *updated, *hacked, *posts, *rain]


def city() -> City:
    """Kota Tangerang with the sources of these records."""
    sources = tuple(
        SourceConfig(name=name, title=title, connector="tabular", owner="Diskominfo", interval=HOUR, budget=DAY)
        for name, title in TITLES.items()
    )
    return load("36.71").model_copy(update={"sources": sources})


def filled(folder: Path, here: City, found: Sequence[Record] | None = None) -> tuple[Store, Frames]:
    """A store with the records, and their frames."""
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    for name in TITLES:
        give(store, [record for record in (records() if found is None else found) if record.source == name], source=name)
    frames = Frames(folder / "frames", here, AreaTree.of(here))
    frames.refresh(store)
    return store, frames


def figures(folder: Path) -> Room:
    """The rows at noon of 22 November 2026."""
    here = city()
    store, frames = filled(folder, here)
    facts = list(store.source_states())
    store.close()
    return Room(frames.view(), AreaTree.of(here), here, facts, NOW)
