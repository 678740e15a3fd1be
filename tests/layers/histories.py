"""Random histories for the laws of figures: every kind of record, placed or not, with an owner or without, in every state."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.frames import View, schema
from layers.model import UNPLACED, Kind, Stage, Status
from layers.readings import Room
from tests.layers.made import NOW

AREAS = ("36.71.01.1001", "36.71.01.1002", "36.71.05.1004", "36.71.13.1003")
OPDS = ("dlh", "dpupr", "dinas-lama", None)
NAMES = tuple(sorted({name for kpi in catalog().values() for name in kpi.names if not name.endswith(".*")}))


def view(seed: int, sizes: Mapping[Kind, int] | None = None) -> View:
    """Frames of a random history: the same for the same seed."""
    rng = random.Random(seed)
    made = {Kind.COMPLAINT: _complaint, Kind.SERVICE: _service, Kind.PACKAGE: _package, Kind.MEASUREMENT: _measurement}
    sizes = sizes or dict.fromkeys(Kind, 120) | {Kind.MEASUREMENT: 400}
    files = {}
    for kind, row in made.items():
        rows = [_common(rng, kind, i) | row(rng) for i in range(sizes.get(kind, 0))]
        files[kind] = {"2026-11": pl.DataFrame([dict.fromkeys(schema(kind)) | r for r in rows], schema=schema(kind))}
    return View(1, 1, files)


def room(city: City, seen: View) -> Room:
    """The room over these frames, without any run on record."""
    return Room(seen, AreaTree.of(city), city, [], NOW)


def _ago(rng: random.Random, days: float = 80) -> Any:
    return NOW - timedelta(minutes=rng.randrange(int(days * 1440)))


def _maybe(rng: random.Random, value: Any, chance: float = 0.6) -> Any:
    return value if rng.random() < chance else None


def _common(rng: random.Random, kind: Kind, i: int) -> dict[str, Any]:
    area = rng.choice((*AREAS, UNPLACED))
    beyond = area == UNPLACED and rng.random() < 0.4  # the kecamatan is known, the kelurahan is not
    kecamatan = "36.71.02" if beyond else None if area == UNPLACED else area.rpartition(".")[0]
    return {
        "source": rng.choice(("satu", "dua")),
        "source_id": f"{kind.value}-{i}",
        "area": area,
        "kecamatan": kecamatan,
        "opd": rng.choice(OPDS),
        "placed_by": "kode",
        "month": "2026-11",
    }


def _complaint(rng: random.Random) -> dict[str, Any]:
    received = _ago(rng) if rng.random() < 0.8 else _ago(rng, 0.2)
    later = {
        name: _maybe(rng, received + timedelta(minutes=rng.randrange(30 * 1440)))
        for name in ("verified", "responded", "validated", "confirmed", "reopened", "due")
    }
    status = rng.choice(list(Status))
    closed = min(received + timedelta(minutes=rng.randrange(20 * 1440)), NOW) if status is Status.DONE else None
    return {
        "received": received,
        "status": status.value,
        "category": rng.choice(("Sampah", "Banjir")),
        "channel": rng.choice(("aplikasi", "112", "SMS")),
        "closed": closed,
        **later,
    }


def _service(rng: random.Random) -> dict[str, Any]:
    served = rng.randrange(20)
    return {
        "day": _ago(rng),
        "service": rng.choice(("KTP", "KK", "Akta")),
        "served": served,
        "on_time": _maybe(rng, rng.randrange(served + 1)),
        "queued": _maybe(rng, served + 3),
        "waiting_minutes": _maybe(rng, float(rng.randrange(90))),
        "online": _maybe(rng, rng.random() < 0.5),
    }


def _package(rng: random.Random) -> dict[str, Any]:
    announced = _ago(rng, 400)
    return {
        "announced": announced,
        "year": rng.choice((2025, 2026)),
        "title": "Paket " + "x" * rng.randrange(40),
        "method": rng.choice(("tender", "e-purchasing", "swakelola", "pengadaan langsung")),
        "stage": rng.choice(list(Stage)).value,
        **{name: _maybe(rng, rng.randrange(10**12)) for name in ("pagu", "hps", "value", "pdn", "umk")},
        **{name: _maybe(rng, announced + timedelta(days=rng.randrange(90))) for name in ("selected", "contracted")},
    }


def _measurement(rng: random.Random) -> dict[str, Any]:
    return {
        "name": rng.choice(NAMES),
        "subject": rng.choice(("a", "b", "c")),
        "value": float(rng.randrange(100)),
        "unit": "satuan",
        "measured": _ago(rng, 3) if rng.random() < 0.5 else _ago(rng),
    }
