"""What a room holds beside complaints, so that every KPI has rows to go through: services, packages and measurements."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from bench import world
from layers.areas import AreaTree
from layers.catalog import ANY, catalog
from layers.city import City
from layers.frames import Frames
from layers.model import Measurement, Outcome, Package, PlacedBy, Record, Service, Stage
from layers.settings import from_environment
from layers.store import BATCH_ROWS, Batch, Store

SOURCE = "lr1_lain"
SEED = 20260630
DAYS = 10
"""Each measure has so many daily values in each kelurahan."""

STAGES = {"rencana": Stage.PLANNED, "proses": Stage.SELECTION, "kontrak": Stage.CONTRACT, "selesai": Stage.DONE}
DAY = timedelta(days=1)


def fill(tables: Path, env: dict[str, str]) -> None:
    """Put the workload's other tables into the room of ``env``, and values of every measure that some KPI reads."""
    settings = from_environment(env)
    now = datetime.fromisoformat(world.AS_OF)
    store = Store(settings.database_url, settings.city.zone, settings.secret)
    store.open()
    rows = [*_services(tables, now), *_packages(tables, now), *_measurements(settings.city, now)]
    run = store.begin_run(SOURCE, now)
    for at in range(0, len(rows), BATCH_ROWS):
        records = rows[at : at + BATCH_ROWS]
        store.upsert_batch(Batch(source=SOURCE, run_id=run, records=records, excluded={}, rejects=[], cursor=None, now=now))
    store.end_run(run, Outcome.OK, None, now)
    Frames(settings.data / "frames", settings.city, AreaTree.of(settings.city)).refresh(store)
    store.close()


def _services(tables: Path, now: datetime) -> Iterator[Record]:
    chance = random.Random(SEED)
    for number, row in enumerate(pl.read_parquet(tables / "services.parquet").iter_rows(named=True)):
        yield Service(
            source=SOURCE, source_id=f"layanan-{number}", seen_at=now, area=row["kelurahan_code"], placed_by=PlacedBy.CODE,
            opd=f"opd-{number % 30 + 1:02}", day=row["day"].replace(tzinfo=now.tzinfo), service=row["service"],
            served=row["transactions"], on_time=min(row["on_time"], row["transactions"]), queued=row["transactions"] + number % 3,
            waiting_minutes=chance.expovariate(1 / 20), online=number % 4 == 0,
        )  # fmt: skip


def _packages(tables: Path, now: datetime) -> Iterator[Record]:
    for number, row in enumerate(pl.read_parquet(tables / "procurement.parquet").iter_rows(named=True)):
        stage, signed = STAGES[row["stage"]], row["signed_at"].replace(tzinfo=now.tzinfo)
        bought = stage in (Stage.CONTRACT, Stage.DONE)
        contract = Decimal(round(row["contract"])) if bought else None
        yield Package(
            source=SOURCE, source_id=f"paket-{row['id']}", seen_at=now, opd=f"opd-{row['opd'][4:6]}", title=row["title"],
            method=row["method"], stage=stage, announced=signed - 40 * DAY, year=signed.year, plan_id=f"R{row['id']}",
            pagu=Decimal(round(row["pagu"])), hps=Decimal(round(row["pagu"] * 0.97)), value=contract, pdn=contract,
            umk=contract and contract / 2, provider=f"PT {number % 400}", selected=signed - 5 * DAY if bought else None,
            contracted=signed if bought else None,
        )  # fmt: skip


def _measurements(city: City, now: datetime) -> Iterator[Record]:
    chance = random.Random(SEED)
    areas = [area.code for area in city.areas if area.code.count(".") == 3]
    names = sorted({name for kpi in catalog().values() for name in kpi.names if not name.endswith(ANY)})
    for name in names:
        for place, area in enumerate(areas):
            for back in range(DAYS):
                yield Measurement(
                    source=SOURCE, source_id=f"{name}-{area}-{back}", seen_at=now, area=area, placed_by=PlacedBy.CODE,
                    opd=f"opd-{place % 30 + 1:02}", name=name, subject=f"titik {place % 4}", value=float(chance.randrange(1, 5)),
                    unit="-", measured=now - back * DAY - timedelta(minutes=place),
                )  # fmt: skip
