"""What stays the same in the simulated city: its places and their weights, who answers for what, its chance."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connectors.simulator.world import fate
from connectors.simulator.world.bounded import Bounded
from connectors.simulator.world.weather import Weather
from layers.city import AreaFacts, City, Opd

PER_PERSON = 250 / 1_957_349
"""Complaints a day for each inhabitant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The unchanging parts of one simulated city. ``holder[i]`` is the slug that answers for category ``i``;
    ``faker`` the one that closes late cases on paper, ``slow`` the one with bad months in a spell."""

    seed: int
    city: City
    zone: ZoneInfo
    kelurahan: tuple[AreaFacts, ...]
    weights: NDArray[np.float64]
    per_day: float
    holder: NDArray[np.str_]
    slow: Bounded[int, str]
    faker: str
    weather: Weather

    def rng(self, *key: str | int) -> np.random.Generator:
        return generator(self.seed, self.city.code, *key)

    def moment(self, seconds: int) -> datetime:
        """An aware moment of the seconds by the city's clock face."""
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=self.zone)

    def face(self, moment: datetime) -> int:
        """The whole seconds by the city's clock face of an aware moment."""
        return int(moment.astimezone(self.zone).replace(tzinfo=UTC, microsecond=0).timestamp())

    def pace(self, opd: str, day: date) -> float:
        return fate.pace(self.slow, opd, day)


def generator(seed: int, *key: str | int) -> np.random.Generator:
    """Chance that is the same for the same key."""
    return np.random.default_rng([seed, *(zlib.crc32(part.encode()) if isinstance(part, str) else abs(part) for part in key)])


def frame_of(city: City, seed: int, categories: tuple[str, ...]) -> Frame:
    """The frame of a city pack; ``categories`` are the slugs that answer, one for each category.

    Raises ``ValueError`` for a pack without kelurahan or without OPDs.
    """
    places = tuple(area for area in city.areas if area.code.count(".") == 3)
    if not places or not city.opds:
        raise ValueError(f"{city.name}: simulasi perlu sedikitnya satu kelurahan dan satu OPD")
    chance = partial(generator, seed, city.code)
    rng = chance("weights")
    weights = np.array([(area.km2 or 1.0) ** 0.4 for area in places]) * rng.lognormal(0, 0.5, len(places))
    holder = np.array([opd_of(city, slug).slug for slug in categories])
    busiest = tuple(dict.fromkeys(str(slug) for slug in holder[:8]))
    faker = busiest[int(chance("faker").integers(len(busiest)))]
    people = city.population or 9_000 * len(places)
    return Frame(
        seed=seed,
        city=city,
        zone=city.zone,
        kelurahan=places,
        weights=weights / weights.sum(),
        per_day=float(np.clip(people * PER_PERSON, 20, 900)),
        holder=holder,
        slow=Bounded(lambda spell: fate.slow_one(chance, busiest, spell), 64),
        faker=faker,
        weather=Weather(_places(places, chance("places")), chance),
    )


def opd_of(city: City, slug: str) -> Opd:
    """The OPD of a slug; a pack without it gives another of its own, always the same one."""
    return city.opd(slug) or city.opds[zlib.crc32(slug.encode()) % len(city.opds)]


def _places(areas: tuple[AreaFacts, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Kilometres east and north of the middle; an area without a point lies somewhere among the others, always the same."""
    known = np.array([(a.label_lon, a.label_lat) for a in areas if a.label_lon is not None and a.label_lat is not None])
    if not len(known):
        return rng.uniform(-8, 8, (len(areas), 2))
    middle = known.mean(axis=0)
    scale = np.array([111.2 * np.cos(np.radians(middle[1])), 110.6])
    low, high = (known.min(axis=0) - middle) * scale, (known.max(axis=0) - middle) * scale
    invented = rng.uniform(low, high, (len(areas), 2))
    for at, area in enumerate(areas):
        if area.label_lon is not None and area.label_lat is not None:
            invented[at] = (np.array([area.label_lon, area.label_lat]) - middle) * scale
    return invented
