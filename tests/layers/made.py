"""Records, batches and stores made for the tests of the ground floor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from layers.model import (
    Complaint,
    Kind,
    Measurement,
    Outcome,
    Package,
    PlacedBy,
    Record,
    Role,
    Run,
    Scope,
    Service,
    Stage,
    Status,
)
from layers.store import Batch, BatchResult, Reject, Store

SECRET = "q7Jm2vXw9LkT4sRz8bNc1yHd6gPf3aUe5oWi0tZx"
ZONE = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANALYST = Scope(user="analis", role=Role.ANALYST)
OPERATOR = Scope(user="operator", role=Role.OPERATOR)
PUBLIC = Scope(user="publik", role=Role.PUBLIC)


def complaint(source_id: str = "A-1", **fields: Any) -> Complaint:
    facts: dict[str, Any] = {
        "source": "laksa",
        "seen_at": NOW,
        "area": "36.71.01.1001",
        "placed_by": PlacedBy.CODE,
        "opd": "dlh",
        "received": NOW - DAY,
        "status": Status.WAITING,
        "category": "Sampah",
        "channel": "aplikasi",
    }
    return Complaint(source_id=source_id, **(facts | fields))


def one_of_each() -> list[Record]:
    """A record of every kind with every field filled."""
    common: dict[str, Any] = {"source": "laksa", "seen_at": NOW, "known_at": NOW - HOUR, "area": "36.71.02.1003", "opd": "dpupr"}
    times = dict.fromkeys(("verified", "responded", "closed", "validated", "confirmed", "reopened", "due"), NOW - HOUR)
    return [
        complaint(
            "c",
            known_at=NOW - HOUR,
            classification="berkadar pengawasan",
            due_rule="5 hk",
            lat=-6.17,
            lon=106.63,
            text="Sampah menumpuk, hubungi [telepon]",
            reporter="a" * 24,
            mentions=f"{'b' * 24} {'c' * 24}",
            **times,
        ),
        Service(
            source_id="s",
            day=NOW - DAY,
            service="KTP",
            served=7,
            on_time=6,
            queued=9,
            waiting_minutes=12.5,
            online=False,
            reporter="d" * 24,
            **common,
        ),
        Package(
            source_id="p",
            announced=NOW - 40 * DAY,
            year=2026,
            title="Jalan",
            method="tender",
            stage=Stage.CONTRACT,
            plan_id="R1",
            pagu=Decimal("1200000000.50"),
            hps=Decimal("1100000000.01"),
            value=Decimal(10**15),
            pdn=Decimal(0),
            umk=Decimal("0.99"),
            provider="PT Satu",
            selected=NOW - 3 * DAY,
            contracted=NOW - 2 * DAY,
            handed_over=NOW - DAY,
            **common,
        ),
        Measurement(source_id="m", name="suhu", subject="Karawaci", value=31.25, unit="C", measured=NOW - HOUR, **common),
    ]


def new_store(url: str) -> Store:
    store = Store(url, ZONE, SECRET)
    store.open()
    return store


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = new_store(url)
    try:
        yield store
    finally:
        store.close()


def give(store: Store, records: Sequence[Record] = (), **parts: Any) -> tuple[BatchResult, Run]:
    """One run with one batch."""
    source = parts.pop("source", records[0].source if records else "laksa")
    now = parts.pop("now", NOW)
    run = store.begin_run(source, now)
    result = put(store, run, records, source=source, now=now, **parts)
    return result, store.end_run(run, Outcome.OK, None, now)


def put(
    store: Store,
    run: int,
    records: Sequence[Record] = (),
    *,
    source: str = "laksa",
    excluded: Mapping[str, int] | None = None,
    rejects: Sequence[Reject] = (),
    cursor: Mapping[str, Any] | None = None,
    now: datetime = NOW,
    gone: Sequence[tuple[Kind, str]] = (),
) -> BatchResult:
    return store.upsert_batch(
        Batch(
            source=source,
            run_id=run,
            records=records,
            excluded=excluded or {},
            rejects=rejects,
            cursor=cursor,
            now=now,
            gone=gone,
        )
    )
