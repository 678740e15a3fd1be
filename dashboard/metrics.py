"""What Prometheus reads: the age and version of what is shown, streams, requests, and how the sources stand.

Each worker counts for itself; ``worker`` in every line tells them apart.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dashboard.feed import Hub
from layers import clock
from layers.model import Scope
from layers.snapshot import SourceState


class Metrics:
    """This worker's numbers."""

    def __init__(self, hub: Hub) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(Standing(hub))
        self._requests = Counter(
            "liveroom_requests", "Answers by route and status.", ("worker", "route", "status"), registry=self._registry
        )
        self._worker = str(os.getpid())

    def count(self, route: str, status: int) -> None:
        self._requests.labels(self._worker, route, str(status)).inc()

    def text(self, _scope: Scope) -> bytes:
        """Everything in Prometheus's text form."""
        return generate_latest(self._registry)


class Standing(Collector):
    """What is read from the hub at the moment of asking."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        worker = [str(os.getpid())]
        snapshot, now = self._hub.snapshot, clock.now()
        yield _gauge("connections", "Open event streams.", [(worker, self._hub.connections)], ["worker"])
        yield _gauge("cache_up", "Whether the cache answers.", [(worker, not self._hub.cache_down)], ["worker"])
        if snapshot is None:
            return
        yield _gauge("snapshot_version", "Version of what is shown.", [(worker, snapshot.version)], ["worker"])
        age = (now - snapshot.built_at).total_seconds()
        yield _gauge("snapshot_age_seconds", "Time since it was built.", [(worker, age)], ["worker"])
        by = ["worker", "source"]

        def rows(value: str) -> list[tuple[list[str], float]]:
            return [([*worker, s.source], getattr(s, value)) for s in snapshot.sources]

        ages = [([*worker, s.source], (now - at).total_seconds()) for s in snapshot.sources if (at := s.freshness.observed_at)]
        yield _gauge("source_age_seconds", "Age of a source's data.", ages, by)
        yield _gauge("source_up", "Whether its last run was good.", [([*worker, s.source], _up(s)) for s in snapshot.sources], by)
        yield _gauge("source_failures", "Runs in a row that failed.", rows("failures"), by)
        yield _gauge("source_records", "Records kept.", rows("records"), by)
        yield _gauge("source_quarantined", "Rows in quarantine.", rows("quarantine_open"), by)


def _up(state: SourceState) -> bool:
    return state.outcome is not None and state.outcome.good


def _gauge(name: str, words: str, samples: list[tuple[list[str], float]], labels: list[str]) -> Metric:
    family = GaugeMetricFamily(f"liveroom_{name}", words, labels=labels)
    for values, number in samples:
        family.add_metric(values, float(number))
    return family
