"""Worked tables: rows as a civil servant writes them, taken through the real store and frames to a figure.

It is Sunday 22 November 2026, 12.00 WIB. ``kali`` repeats a row; an empty cell is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.clock import parse_time
from layers.frames import Frames
from layers.model import Complaint, Measurement, Package, Record, Service, Stage, Status
from layers.readings import Room, readings
from layers.snapshot import Reading
from tests.layers.made import NOW, ZONE, give, opened

WORDS = {
    "diterima": "received",
    "dijawab": "responded",
    "selesai": "closed",
    "tenggat": "due",
    "dibuka lagi": "reopened",
    "kelurahan": "area",
    "diumumkan": "announced",
    "berkontrak": "contracted",
    "tahun": "year",
    "metode": "method",
    "tahap": "stage",
    "nilai": "value",
    "hari": "day",
    "dilayani": "served",
    "tepat waktu": "on_time",
    "sumber": "source",
    "kode RUP": "plan_id",
    "diverifikasi": "verified",
    "divalidasi": "validated",
    "dikonfirmasi": "confirmed",
    "kanal": "channel",
    "ditetapkan": "selected",
    "judul": "title",
    "layanan": "service",
    "antre": "queued",
    "menunggu": "waiting_minutes",
    "daring": "online",
    "ukuran": "name",
    "hal": "subject",
    "diukur": "measured",
    "jenis": "bought",
    "penyedia": "provider",
    "penawar": "bidders",
}
TIMES = {
    *("received", "responded", "closed", "due", "reopened", "verified", "validated", "confirmed"),
    *("announced", "selected", "contracted", "day", "measured"),
}
WHOLE = {"year", "served", "on_time", "queued", "waiting_minutes", "bidders"}
STATES = {"status": Status, "stage": Stage}
MONEY = {"pagu", "value", "hps", "pdn", "umk"}
ANNOUNCED = parse_time("10 Jan 2025 09.00", ZONE)
USUAL: dict[type[Record], dict[str, Any]] = {
    Complaint: {"category": "Sampah", "channel": "aplikasi", "status": Status.WAITING},
    Package: {"title": "Paket", "method": "tender", "stage": Stage.PLANNED, "year": 2026, "announced": ANNOUNCED},
    Service: {"service": "KTP"},
    Measurement: {"subject": "kota", "unit": "satuan", "measured": NOW},
}


def table(kind: type[Record], text: str) -> list[Record]:
    """The records of a table whose first line names the columns; a column that no field bears is a remark."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines() if line.strip()]
    records: list[Record] = []
    for cells in lines[1:]:
        row = {WORDS.get(name, name): cell for name, cell in zip(lines[0], cells, strict=True) if cell}
        facts = {name: _value(kind, name, cell) for name, cell in row.items() if name in kind.__dataclass_fields__}
        for _ in range(int(row.get("kali", "1"))):
            own = {"source": "contoh", "source_id": str(len(records)), "seen_at": NOW, "area": "36.71.01.1001", "opd": "dlh"}
            records.append(kind(**(own | USUAL[kind] | facts)))
    return records


def _value(kind: type[Record], name: str, cell: str) -> Any:
    if kind is Measurement and name == "value":
        return float(cell.replace(".", "").replace(",", "."))
    if name == "online":
        return cell == "ya"
    if name in STATES:
        return STATES[name](cell)
    if name in TIMES:
        return parse_time(cell, ZONE)
    return int(cell) if name in WHOLE else Decimal(cell.replace(".", "")) if name in MONEY else cell


def room(folder: Path, city: City, records: Sequence[Record]) -> Room:
    """The room at noon after these records have come in."""
    with opened(f"sqlite:///{folder}/worked.sqlite") as store:
        for source in dict.fromkeys(record.source for record in records):
            give(store, [record for record in records if record.source == source], source=source)
        tree = AreaTree.of(city)
        frames = Frames(folder / "frames", city, tree)
        frames.refresh(store)
        return Room(frames.view(), tree, city, store.source_states(), NOW)


def figures(folder: Path, city: City, kpi: str, records: Sequence[Record]) -> dict[tuple[str, str | None], Reading]:
    """The KPI's readings by area and OPD."""
    return {(r.area, r.opd): r for r in readings([catalog()[kpi]], room(folder, city, records))}


def figure(folder: Path, city: City, kpi: str, records: Sequence[Record]) -> Reading:
    """The KPI's reading for the city."""
    return figures(folder, city, kpi, records)[city.code, None]
