"""A day's complaints: their whole lives drawn at once as columns, from which single cases are made when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from connectors.simulator.world import people
from connectors.simulator.world.days import DAY, Seconds, deadline, epoch_day, office, working
from connectors.simulator.world.facts import DONE, DUPLICATE, NOT_OURS, REJECTED, Case
from connectors.simulator.world.frame import Frame

CATEGORIES: tuple[tuple[str, str, int, float, float], ...] = (
    # category, the OPD that answers for it, working days to solve, share of arrivals: at desks, at the emergency call
    ("Sampah", "dlh", 5, 16, 0),
    ("Jalan rusak", "dpupr", 14, 13, 0),
    ("Drainase dan genangan", "dpupr", 14, 9, 6),
    ("Lampu jalan", "dishub", 5, 9, 0),
    ("Parkir liar", "dishub", 5, 7, 0),
    ("Kemacetan dan lalu lintas", "dishub", 5, 5, 4),
    ("Pedagang kaki lima", "satpol-pp", 5, 6, 0),
    ("Ketertiban umum", "satpol-pp", 5, 5, 12),
    ("Administrasi kependudukan", "disdukcapil", 5, 8, 0),
    ("Bantuan sosial", "dinsos", 14, 6, 0),
    ("Pelayanan kesehatan", "dinkes", 5, 4, 0),
    ("Pendidikan", "disdik", 14, 4, 0),
    ("Pohon tumbang", "disbudpar", 5, 3, 9),
    ("Perumahan dan permukiman", "disperkimtan", 14, 3, 0),
    ("Perizinan", "dpmptsp", 5, 2, 0),
    ("Kebakaran", "bpbd", 1, 0, 18),
    ("Kecelakaan lalu lintas", "dishub", 1, 0, 14),
    ("Gawat darurat medis", "dinkes", 1, 0, 26),
    ("Evakuasi hewan", "bpbd", 1, 0, 11),
)
DRAINAGE = 2
SYSTEMS: tuple[tuple[str, str, str, float], ...] = (
    # system, what its case numbers begin with, channel, share of arrivals
    ("laksa", "LKS-", "LAKSA", 0.46),
    ("lapor", "", "SP4N-LAPOR!", 0.20),
    ("call112", "112-", "112", 0.12),
    ("sms", "SMS-", "SMS", 0.07),
    ("social", "MED-", "Media sosial", 0.07),
    ("open311", "311-", "Aplikasi peta", 0.08),
)
EMERGENCY = 2
NEVER = np.iinfo(np.int64).max
"""A moment that does not come."""

LIFE = 200
"""Days after its arrival within which everything happens to a case."""

VERDICTS = (DONE, NOT_OURS, DUPLICATE, REJECTED)
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 8, 11, 12, 12, 11, 9, 9, 10, 10, 9, 8, 7, 7, 6, 5, 4, 3], float)
_DAYS = np.array([days for _, _, days, *_ in CATEGORIES])
_FAKED, _REOPENED, _TRANSFERRED, _FORGOTTEN = 0.55, 0.03, 0.06, 0.0008
"""Shares: of the faker's late cases, of the solved, of all, of all."""

_BOOKS = 165
"""Days after which a desk that goes through its books has found every case that it forgot."""

_SLOWEST = {"dlh": 1.25, "dpupr": 1.0, "disperkimtan": 1.05, "disdukcapil": 0.6, "dinkes": 0.7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The cases of a day as columns; ``times`` holds what happens to each, :data:`NEVER` for what does not."""

    day: date
    system: NDArray[np.int8]
    kind: NDArray[np.int8]
    place: NDArray[np.int16]
    first: NDArray[np.int8]
    verdict: NDArray[np.int8]
    seed: NDArray[np.uint64]
    point: NDArray[np.float32]
    due: Seconds
    times: NDArray[np.int64]


RECEIVED, VERIFIED, MOVED, RESPONDED, FIRST_CLOSED, REOPENED, CLOSED, VALIDATED = range(8)
"""The columns of :attr:`Draft.times`."""

_PERHAPS = (MOVED, FIRST_CLOSED, REOPENED, CLOSED, VALIDATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrivals:
    """What comes in on a day, by time: when, where, what, through which system."""

    received: Seconds
    place: NDArray[np.int16]
    kind: NDArray[np.int8]
    system: NDArray[np.int8]


class _Luck:
    """The chance in each case's life: normal draws for how long things take, even draws for what befalls it."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.verify, self.respond, self.solve = rng.normal(size=(3, count))
        self.fate, self.forgotten, self.checked, self.wait, self.reopened, self.moved, self.fake = rng.random((7, count))
        self.spread = rng.random((4, count))


def draft(frame: Frame, day: date) -> Draft:
    """Draw a local day's cases: what arrives, where, and all that will become of it."""
    rng = frame.rng("complaints", day.toordinal())
    arrivals = _arrivals(frame, day, rng)
    kind, count = arrivals.kind, len(arrivals.received)
    luck = _Luck(rng, count)
    verdict = np.digitize(luck.fate, [0.91, 0.95, 0.98]).astype(np.int8)
    wrong = (kind + 1 + (luck.fake * 14).astype(int)) % len(CATEGORIES)  # whose desk it would come to by mistake
    mistaken = (luck.moved < _TRANSFERRED) & (arrivals.system != EMERGENCY) & (frame.holder[wrong] != frame.holder[kind])
    due = deadline(arrivals.received, _DAYS[kind])
    times = _handled(frame, day, arrivals, luck, mistaken)
    times[:, CLOSED] = np.where(verdict > 0, times[:, RESPONDED], times[:, CLOSED])
    _end(times, due, luck, frame.holder[kind] == frame.faker, verdict == 0)
    _hurry(times, due, luck, arrivals.system == EMERGENCY)
    return Draft(
        day=day,
        system=arrivals.system,
        kind=kind,
        place=arrivals.place,
        first=np.where(mistaken, wrong, kind).astype(np.int8),
        verdict=verdict,
        seed=rng.integers(0, 2**63, count, dtype=np.uint64),
        point=rng.normal(size=(count, 2)).astype(np.float32),
        due=due,
        times=times,
    )


def _handled(frame: Frame, day: date, arrivals: _Arrivals, luck: _Luck, mistaken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Each case verified, passed on where it came to the wrong desk, answered, and (as ``CLOSED``) really solved."""
    kind, spread = arrivals.kind, luck.spread
    times = np.full((len(kind), 8), NEVER)
    times[:, RECEIVED] = arrivals.received
    times[:, VERIFIED] = verified = office(arrivals.received + _hours(0.2 + 0.9 * luck.verify), spread[0])
    moved = office(verified + _hours(1.5 + luck.respond), spread[1])
    times[:, MOVED] = np.where(mistaken, moved, NEVER)
    times[:, RESPONDED] = responded = office(np.where(mistaken, moved, verified) + _hours(0.6 + luck.respond), spread[1])
    length = _DAYS[kind] * 0.46 * _slowness(frame, day, kind, arrivals.place) * np.exp(0.5 * luck.solve)
    times[:, CLOSED] = office(responded + np.minimum(length * DAY, 120 * DAY).astype(np.int64), spread[2])
    return times


def _end(times: NDArray[np.int64], due: Seconds, luck: _Luck, faker: NDArray[np.bool_], done: NDArray[np.bool_]) -> None:
    """How cases are closed: some only on paper minutes before the deadline, some opened again, a few forgotten for months."""
    solved, spread = times[:, CLOSED].copy(), luck.spread
    in_bulk = due - 60 * (2 + (spread[3] * 9).astype(np.int64))
    faked = faker & done & (luck.fake < _FAKED) & (solved > due) & (in_bulk > times[:, RESPONDED])
    again = done & (luck.reopened < np.where(faked, 0.5, _REOPENED))
    closed = np.where(faked, in_bulk, solved)
    reopened = office(closed + ((0.5 + 9 * luck.wait) * DAY).astype(np.int64), spread[0])
    later = office(np.maximum(reopened + ((1 + 12 * spread[1]) * DAY).astype(np.int64), np.where(faked, solved, 0)), spread[2])
    times[:, FIRST_CLOSED] = np.where(again, closed, NEVER)
    times[:, REOPENED] = np.where(again, reopened, NEVER)
    closed = np.where(again, later, closed)
    lost = (luck.forgotten < _FORGOTTEN) & ~again
    found = office(times[:, RECEIVED] + ((_BOOKS - 75 * luck.wait) * DAY).astype(np.int64), spread[2])
    times[:, CLOSED] = np.where(lost, np.maximum(closed, found), closed)
    checked = done & ~lost & (luck.checked < 0.6)
    times[:, VALIDATED] = np.where(checked, closed + ((2 + 58 * luck.wait) * 3600).astype(np.int64), NEVER)


def _hurry(times: NDArray[np.int64], due: Seconds, luck: _Luck, urgent: NDArray[np.bool_]) -> None:
    """An emergency is answered at once, by day and night: taken in seconds, on the scene in minutes, over in hours."""
    received = times[:, RECEIVED]
    verified = received + 4 + (luck.spread[0] * 20).astype(np.int64)
    responded = verified + 120 + _hours(-2.1 + 0.5 * luck.respond)
    for column, moments in ((VERIFIED, verified), (RESPONDED, responded), (CLOSED, responded + _hours(0.5 + 0.7 * luck.solve))):
        times[urgent, column] = moments[urgent]
    for column in (MOVED, FIRST_CLOSED, REOPENED, VALIDATED):
        times[urgent, column] = NEVER
    due[urgent] = received[urgent] + DAY


def _arrivals(frame: Frame, day: date, rng: np.random.Generator) -> _Arrivals:
    """When, where, what and through which system: the usual ones, and those that stand in the water an hour after it came."""
    usual = 1.0 if working(day) else 0.6
    rain = 1.0 + min(float(frame.weather.rain(day).sum(axis=1).mean()) / 60, 0.5)
    count = int(rng.poisson(frame.per_day * usual * rain * rng.lognormal(0, 0.1)))
    seconds = rng.choice(24, count, p=_HOURS / _HOURS.sum()) * 3600 + rng.integers(0, 3600, count)
    place = rng.choice(len(frame.kelurahan), count, p=frame.weights)
    system = rng.choice(len(SYSTEMS), count, p=[share for *_, share in SYSTEMS])
    desk, call = (np.cumsum([category[column] for category in CATEGORIES]) for column in (3, 4))
    draw = rng.random(count)
    kind = np.where(
        system == EMERGENCY, np.searchsorted(call, draw * call[-1], "right"), np.searchsorted(desk, draw * desk[-1], "right")
    )
    water = frame.weather.water(day)
    wet, hour = np.nonzero(water)
    more = np.minimum(rng.poisson(water[wet, hour] * 0.05), 6)
    extra = int(more.sum())
    seconds = np.concatenate([seconds, np.repeat(hour, more) * 3600 + rng.integers(0, 3600, extra)])
    place = np.concatenate([place, np.repeat(wet, more)])
    kind = np.concatenate([kind, np.full(extra, DRAINAGE)])
    system = np.concatenate([system, rng.choice(len(SYSTEMS), extra, p=[share for *_, share in SYSTEMS])])
    order = np.argsort(seconds, kind="stable")
    return _Arrivals(
        received=epoch_day(day) * DAY + seconds[order],
        place=place[order].astype(np.int16),
        kind=kind[order].astype(np.int8),
        system=system[order].astype(np.int8),
    )


def _hours(exponent: NDArray[np.float64]) -> Seconds:
    return (np.exp(np.minimum(exponent, 5)) * 3600).astype(np.int64)


def _slowness(frame: Frame, day: date, kind: NDArray[np.int8], place: NDArray[np.int16]) -> NDArray[np.float64]:
    """Each OPD's own pace, its pace in these months, and some kelurahan that are served less well."""
    normal = [_SLOWEST.get(category[1], 0.8) for category in CATEGORIES]
    slow = np.array([usual * frame.pace(str(opd), day) for usual, opd in zip(normal, frame.holder, strict=True)])
    return slow[kind] * np.where(place % 9 == 0, 1.3, 1.0)


def case(frame: Frame, day: Draft, at: int) -> Case:
    """One case of a draft."""
    area = frame.kelurahan[day.place[at]]
    system, prefix, channel, _ = SYSTEMS[day.system[at]]
    seed = int(day.seed[at])
    row = day.times[at].tolist()
    received, verified, responded = (frame.moment(row[column]) for column in (RECEIVED, VERIFIED, RESPONDED))
    times = {column: frame.moment(row[column]) for column in _PERHAPS if row[column] != NEVER}
    moved = times.get(MOVED)
    kind = int(day.kind[at])
    category, holder = CATEGORIES[kind][0], str(frame.holder[kind])
    who = people.citizen(int(day.place[at]) * 1000 + int((seed % 1000) ** 2 / 1000), area.code.rpartition(".")[0])
    typo = people.misspelt(area.name, seed >> 8)
    reach = ((area.km2 or 1.0) ** 0.5) / 111 / 4
    known = area.label_lat is not None and area.label_lon is not None
    north, east = day.point[at].tolist()
    return Case(
        number=f"{prefix}{day.day:%y%m%d}{at:04d}",
        system=system,
        received=received,
        category=category,
        opd=str(frame.holder[day.first[at]]),
        channel=channel,
        kelurahan=area,
        lat=round((area.label_lat or 0) + reach * north, 5) if known else None,
        lon=round((area.label_lon or 0) + reach * east, 5) if known else None,
        text=people.complaint(category, typo, who, seed >> 16),
        citizen=who,
        due=frame.moment(int(day.due[at])),
        verified=verified,
        responded=responded,
        closed=times.get(CLOSED),
        verdict=VERDICTS[day.verdict[at]],
        validated=times.get(VALIDATED),
        reopened=times.get(REOPENED),
        transfers=((moved, holder),) if moved is not None else (),
        typo=typo,
        first_closed=times.get(FIRST_CLOSED),
    )
