"""Frames to an immutable Snapshot, and the Snapshot to the cache: every standard cut of every KPI at one version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import polars as pl

from layers.areas import AreaTree
from layers.catalog import Kpi, Share, Window
from layers.city import City, Target
from layers.evaluate import TREND_DAYS, WHOLE, Cell, cells, empty, first, missing, recent, since, stated, trend, trend_days
from layers.explain import USUAL_DAYS, attention, wilson
from layers.frames import Frames, View
from layers.freshness import Facts, as_frame, states, worst
from layers.happenings import arrivals, dots, events
from layers.model import UNPLACED, Band, Evidence, Freshness, Kind, Reading, Snapshot, SourceState, Trend
from layers.wire import decode, encode

__all__ = ["build", "decode", "encode", "publish", "read_snapshot"]

SNAPSHOT = "snapshot.json"
ROOM_BUDGET = timedelta(minutes=1)
"""Figures about the sources are made by the room itself, with each snapshot."""

CUTS: tuple[str | None, ...] = (None, "kecamatan", "area", "opd")


class Knows(Protocol):
    """What a snapshot needs of the store."""

    def source_states(self) -> Iterable[Facts]:
        """What is known of every source that ever ran."""


class Board(Protocol):
    """What publishing needs of the cache."""

    def publish_snapshot(self, version: int, body: bytes) -> object:
        """Keep the body, flip the pointer if the version rises, and tell whoever listens."""


class Origin:
    """Where the figures of one KPI come from: its frame, its sources, their age and what of them does not count."""

    def __init__(self, kpi: Kpi, frame: pl.DataFrame, sources: tuple[SourceState, ...], city: City, now: datetime) -> None:
        self.why_none = missing(frame, kpi.needs)
        if kpi.kind is None:
            names = {state.source for state in sources if state.connector}
            self.freshness = Freshness(observed_at=now, fetched_at=now, budget=ROOM_BUDGET)
            self.excluded: dict[str, int] = {}
            self.quarantined = 0
        else:
            fed = frame.lazy() if kpi.needs is None else frame.lazy().filter(kpi.needs.rows)
            names = set(fed.select(pl.col("source").unique().cast(pl.String)).collect()["source"])
            feeding = [state for state in sources if state.source in names]
            self.freshness = worst((state.freshness for state in feeding), now)
            self.excluded = {}
            for state in feeding:
                for rule, n in state.excluded.items():
                    self.excluded[rule] = self.excluded.get(rule, 0) + n
            self.quarantined = sum(state.quarantine_open for state in feeding)
        self.sources = tuple(sorted(names))
