"""A connector process whose source delivers one row at a time, and notes when each was committed (for ``bench.live``)."""

from __future__ import annotations

import random
import time
from dataclasses import replace

from connectors.runner import Runner
from layers import clock
from layers.cache import serve_embedded
from layers.clock import start_of_day
from layers.model import Complaint, Kind, PlacedBy, Status
from layers.settings import from_environment
from layers.store import Batch

SOURCE = "lr1_langsung"


def main() -> None:
    settings = from_environment()
    cache = serve_embedded(settings.data)
    log = settings.data / "committed.csv"
    log.unlink(missing_ok=True)
    runner = Runner(settings, ())
    runner.publisher.start()
    codes = [a.code for a in settings.city.areas if a.code.count(".") == 3]
    go = settings.data / "go"
    go.unlink(missing_ok=True)
    while not go.exists():
        time.sleep(0.1)
    now = clock.now()
    today = start_of_day(now, settings.city.zone)
    row = Complaint(
        source=SOURCE,
        source_id="",
        seen_at=now,
        received=now,
        status=Status.WAITING,
        category="Sampah",
        channel="Aplikasi",
        opd=settings.city.opds[0].slug,
        placed_by=PlacedBy.CODE,
    )
    before = sum(r["received"] >= today for r in runner.store.month(Kind.COMPLAINT, "2026-06").select(["received"]).to_pylist())
    with log.open("a") as file:
        for number in range(1, int(go.read_text()) + 1):
            time.sleep(random.uniform(0.7, 1.3))  # a random phase against every timer
            run = runner.store.begin_run(SOURCE, now)
            record = replace(row, source_id=f"{time.time_ns()}", area=random.choice(codes))
            batch = Batch(source=SOURCE, run_id=run, records=[record], excluded={}, rejects=[], cursor=None, now=now)
            runner.store.upsert_batch(batch)
            committed = time.time() * 1000
            runner.publisher.changed()
            file.write(f"{before + number},{committed}\n")
            file.flush()
    time.sleep(10)
    runner.close()
    cache.stop()


if __name__ == "__main__":
    main()
