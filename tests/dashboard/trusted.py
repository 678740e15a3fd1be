"""A room over a real store whose figures do not all agree: packages that two systems tell apart, two press releases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from dashboard.questions import Questions
from dashboard.room import Room
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.city import City, SourceConfig, load
from layers.citykpis import catalog_of
from layers.frames import Frames
from layers.model import UNPLACED, Measurement, Package, Record, Stage, Status
from layers.ownkpis import OwnKpi
from layers.publish import build
from layers.rows import Rooms
from layers.snapshot import Snapshot
from tests.layers.made import DAY, HOUR, NOW, complaint, give, new_store

AREAS = ("36.71.01.1001", "36.71.01.1002", "36.71.05.1004", UNPLACED)
OPDS = ("dlh", "dpupr", None)
TITLES = {"laksa": "LAKSA", "sirup": "SiRUP", "spse": "LPSE (SPSE 4.5)", "pers": "Siaran pers dan dasbor"}
RELEASES = {
    "Siaran pers capaian LAKSA": (14012, 13421, 20, 571, 95.89),
    "Siaran pers triwulan III": (3986, 3824, 27, 175, 95.5),
}
WORDS = {"id": "Aduan sampah selesai", "en": "Waste complaints done"}
OWN = {
    "id": "sampah_selesai",
    "title": WORDS,
    "formula": {
        "id": "aduan sampah yang selesai / aduan sampah yang masuk, 30 hari",
        "en": "waste complaints done / received, 30 days",
    },
    "definition": "Bagian aduan sampah yang sudah selesai.",
    "owner": "Dinas Lingkungan Hidup",
    "unit": "persen",
    "kind": "complaint",
    "form": "share",
    "time": "received",
    "filter": {"category": ["Sampah"]},
    "part": {"status": ["selesai"]},
    "better": "up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """The room, what it published, and where its frames are."""

    room: Room
    snapshot: Snapshot
    city: City


def records() -> list[Record]:
    """What came in, by rule: the same each time."""
    found: list[Record] = []
    for i in range(180):
        received, done = NOW - timedelta(hours=11 * i + 1), i % 3 == 0
        found.append(
            complaint(
                f"L-2611-{i:05}",
                area=AREAS[i % 4],
                opd=OPDS[i % 3],
                category=("Sampah", "Banjir")[i % 2],
                channel=("aplikasi", "112")[i // 2 % 2],
                received=received,
                due=received + 5 * DAY,
                responded=received + timedelta(hours=i % 7),
                closed=received + timedelta(hours=i % 90) if done else None,
                status=Status.DONE if done else Status.IN_PROCESS,
                text="NIK 3671010101010001 tidak boleh tampak",
            )
        )
    for code, pagu in (("61234501", (250_000_000, 235_000_000)), ("61234502", (80_000_000, 80_000_000))):
        for source, value in zip(("sirup", "spse"), pagu, strict=True):
            found.append(
                Package(
                    source=source, source_id=f"{source}-{code}", seen_at=NOW, opd="dpupr", announced=NOW - 60 * DAY, year=2026,
                    title="Pemeliharaan saluran", method="tender", stage=Stage.SELECTION, plan_id=code, pagu=Decimal(value),
                )
            )  # fmt: skip
    for k, (subject, numbers) in enumerate(RELEASES.items()):
        for name, number in zip(("masuk", "selesai", "diproses", "menunggu", "persen"), numbers, strict=True):
            found.append(
                Measurement(
                    source="pers", source_id=f"{subject}/{name}", seen_at=NOW, name=f"pernyataan.{name}", subject=subject,
                    value=number, unit="persen" if name == "persen" else "aduan", measured=NOW - (90 - 60 * k) * DAY,
                )
            )  # fmt: skip
    return found


def trusted(folder: Path) -> Trusted:
    """The room at noon of 22 November 2026; one KPI is the city's own."""
    sources = tuple(
        SourceConfig(name=name, title=title, connector="tabular", owner="Diskominfo", interval=HOUR, budget=DAY)
        for name, title in TITLES.items()
    )
    city = load("36.71").model_copy(update={"sources": sources, "kpis": (OwnKpi.model_validate(OWN),)})
    city = city.model_copy(update={"wall": city.wall.model_copy(update={"tiles": (*city.wall.tiles[:7], "sampah_selesai")})})
    tree, kpis = AreaTree.of(city), catalog_of(city)
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    for name in TITLES:
        give(store, [record for record in records() if record.source == name], source=name)
    frames = Frames(folder / "frames", city, tree)
    frames.refresh(store)
    snapshot = build(frames, kpis, tree, city, store, NOW, 1, "Data contoh")
    facts = list(store.source_states())
    store.close()
    rooms = Rooms(frames, tree, city, lambda: facts)

    questions = Questions(
        city=city, tree=tree, catalog=kpis, frames=frames, facts=lambda: facts, now=lambda: NOW, figures=partial(rooms.at, NOW)
    )
    room = Room(**questions.answered(), map=load_boundaries(city, folder).asset)
    return Trusted(room=room, snapshot=snapshot, city=city)
