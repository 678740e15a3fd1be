"""The kelurahan counters of a day: who came for what, when he was called and when he was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from connectors.simulator.world import people
from connectors.simulator.world.days import DAY, epoch_day
from connectors.simulator.world.facts import Ticket
from connectors.simulator.world.frame import Frame

SERVICES: tuple[tuple[str, int, float], ...] = (
    # service, its published standard in minutes, share of visits
    ("Surat pengantar", 15, 0.5),
    ("Legalisasi dokumen", 10, 0.3),
    ("Rekomendasi bantuan", 30, 0.2),
)
_OPEN, _CLOSED = 8 * 3600, 15 * 3600
_DESKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """A day's visits as columns, by kelurahan and then by time. Times are seconds by the clock face; -1: never."""

    day: date
    place: NDArray[np.int16]
    service: NDArray[np.int8]
    taken: NDArray[np.int64]
    called: NDArray[np.int64]
    done: NDArray[np.int64]
    seed: NDArray[np.uint64]
    starts: NDArray[np.int64]
    """Where each kelurahan's visits begin; one more for the end."""


def visits(frame: Frame, day: date) -> Visits:
    """Draw a working day at every counter: two desks each, served in order; a few go away before they are called."""
    rng = frame.rng("counters", day.toordinal())
    places = len(frame.kelurahan)
    mean = np.clip(frame.weights * places, 0.4, 2.5) * np.clip(frame.per_day * 5 / places, 3, 14)
    monday = 1.3 if day.weekday() == 0 else 1.0
    counts = rng.poisson(mean * monday)
    total = int(counts.sum())
    place = np.repeat(np.arange(places), counts)
    shares = np.array([share for *_, share in SERVICES])
    service = rng.choice(len(SERVICES), total, p=shares)
    taken = (_OPEN + rng.beta(1.3, 2.2, total) * (_CLOSED - _OPEN)).astype(np.int64)
    order = np.lexsort((taken, place))
    taken, service = taken[order], service[order]
    standard = np.array([minutes for _, minutes, _ in SERVICES])[service]
    needs = (standard * 60 * rng.lognormal(-0.75, 0.45, total) * np.where(place % 11 == 3, 1.6, 1.0)).astype(np.int64)
    leaves = rng.random(total) < 0.02
    starts = np.concatenate([[0], np.cumsum(counts)])
    called, done = _serve(taken.tolist(), needs.tolist(), leaves.tolist(), starts.tolist())
    midnight = epoch_day(day) * DAY
    return Visits(
        day=day,
        place=place.astype(np.int16),
        service=service.astype(np.int8),
        taken=midnight + taken,
        called=np.where(leaves, -1, midnight + called),
        done=np.where(leaves, -1, midnight + done),
        seed=rng.integers(0, 2**63, total, dtype=np.uint64),
        starts=starts,
    )


def _serve(
    taken: list[int], needs: list[int], leaves: list[bool], starts: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who is called when: the desk that is free first takes the next."""
    called, done = [0] * len(taken), [0] * len(taken)
    for first, end in pairwise(starts):
        desks = [0] * _DESKS
        for at in range(first, end):
            if leaves[at]:
                continue
            free = min(desks)
            called[at] = max(taken[at] + 45, free)
            done[at] = called[at] + needs[at]
            desks[desks.index(free)] = done[at]
    return np.array(called, np.int64), np.array(done, np.int64)


def ticket(frame: Frame, day: Visits, at: int) -> Ticket:
    """One visit of a day."""
    place, service = int(day.place[at]), int(day.service[at])
    area, seed = frame.kelurahan[place], int(day.seed[at])
    name, standard, _ = SERVICES[service]
    order = at - int(day.starts[place]) + 1
    return Ticket(
        number=f"{area.code.replace('.', '')}-{day.day:%y%m%d}-{'ABC'[service]}{order:03d}",
        kelurahan=area,
        service=name,
        taken=frame.moment(int(day.taken[at])),
        called=None if day.called[at] < 0 else frame.moment(int(day.called[at])),
        done=None if day.done[at] < 0 else frame.moment(int(day.done[at])),
        standard_minutes=standard,
        citizen=people.citizen(place * 1000 + seed % 1000, area.code.rpartition(".")[0]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recap:
    """What one counter did for one service in one day, as the front office sums it up in the evening."""

    day: date
    code: str
    service: str
    queued: int
    served: int
    on_time: int
    waiting_minutes: float | None


def recaps(frame: Frame, day: Visits) -> list[Recap]:
    """A day's sums by counter and service; a service that nobody asked for has none."""
    kinds = len(SERVICES)
    cell = day.place.astype(np.int64) * kinds + day.service
    size = len(frame.kelurahan) * kinds
    went = day.called < 0
    standard = np.array([minutes for _, minutes, _ in SERVICES])[day.service] * 60
    queued = np.bincount(cell, minlength=size)
    served = np.bincount(cell[~went], minlength=size)
    good = np.bincount(cell[~went & (day.done - day.called <= standard)], minlength=size)
    waited = np.bincount(cell[~went], (day.called - day.taken)[~went] / 60, size)
    return [
        Recap(
            day=day.day,
            code=frame.kelurahan[at // kinds].code,
            service=SERVICES[at % kinds][0],
            queued=int(queued[at]),
            served=int(served[at]),
            on_time=int(good[at]),
            waiting_minutes=round(float(waited[at] / served[at]), 1) if served[at] else None,
        )
        for at in np.flatnonzero(queued).tolist()
    ]
