"""A believable city, deterministic by seed: what happened on a day, and how a case stands at a moment.

The whole life of a case is drawn when it arrives; whoever asks at a moment sees only what had
happened by then. So history and the live present come from one model and never contradict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp

import numpy as np

from layers.city import AreaFacts, City

SEED = 3671

CATEGORIES: tuple[tuple[str, str, int, float], ...] = (
    # category, the OPD that answers for it, days to solve, share of arrivals
    ("Sampah", "dlh", 5, 16),
    ("Jalan rusak", "dpupr", 14, 13),
    ("Drainase dan genangan", "dpupr", 14, 9),
    ("Lampu jalan", "dishub", 5, 9),
    ("Parkir liar", "dishub", 5, 7),
    ("Kemacetan dan lalu lintas", "dishub", 5, 5),
    ("Pedagang kaki lima", "satpol-pp", 5, 6),
    ("Ketertiban umum", "satpol-pp", 5, 5),
    ("Administrasi kependudukan", "disdukcapil", 5, 8),
    ("Bantuan sosial", "dinsos", 14, 6),
    ("Pelayanan kesehatan", "dinkes", 5, 4),
    ("Pendidikan", "disdik", 14, 4),
    ("Pohon tumbang", "disbudpar", 5, 3),
    ("Perumahan dan permukiman", "disperkimtan", 14, 3),
    ("Perizinan", "dpmptsp", 5, 2),
)
CHANNELS = (("LAKSA", 0.46), ("SP4N-LAPOR!", 0.22), ("112", 0.18), ("SMS", 0.08), ("Loket", 0.06))
SERVICES = ("Surat pengantar", "Legalisasi dokumen", "Rekomendasi bantuan")
METHODS = (("E-Purchasing", 0.38), ("Pengadaan Langsung", 0.36), ("Tender", 0.10), ("Swakelola", 0.16))
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 8, 11, 12, 12, 11, 9, 9, 10, 10, 9, 8, 7, 7, 6, 5, 4, 3], float)
_SLOW = {"dlh": 1.65, "dpupr": 1.2, "disperkimtan": 1.3, "disdukcapil": 0.5, "dinkes": 0.6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One complaint with everything that will happen to it."""

    number: str
    received: datetime
    category: str
    opd: str
    channel: str
    kelurahan: AreaFacts
    lat: float
    lon: float
    due: datetime
    verified: datetime
    responded: datetime
    closed: datetime | None
    verdict: str
    validated: datetime | None

    def moments(self) -> Iterator[datetime]:
        yield from (m for m in (self.received, self.verified, self.responded, self.closed, self.validated) if m)

    def status(self, now: datetime) -> str:
        """The status as the complaint system would print it at ``now``."""
        if self.closed and self.closed <= now:
            return self.verdict
        return "Diproses" if self.verified <= now else "Menunggu"


@dataclass(frozen=True, slots=True, kw_only=True)
class City90:
    """The model of one city: its places, their weights and its OPDs."""

    city: City
    kelurahan: Sequence[AreaFacts]
    weights: np.ndarray
    per_day: float

    @classmethod
    def of(cls, city: City) -> City90:
        kelurahan = [a for a in city.areas if a.code.count(".") == 3 and a.label_lat is not None]
        rng = np.random.default_rng([SEED, 1])
        weights = np.array([(a.km2 or 1.0) ** 0.4 for a in kelurahan]) * rng.lognormal(0, 0.5, len(kelurahan))
        return cls(city=city, kelurahan=kelurahan, weights=weights / weights.sum(), per_day=3.5 * len(kelurahan))

    def opd(self, slug: str) -> str:
        """The short name of an OPD; a pack without that OPD gets another of its own, always the same."""
        known = self.city.opd(slug) or self.city.opds[sum(map(ord, slug)) % len(self.city.opds)]
        return known.short

    def cases(self, day: date) -> list[Case]:
        """All complaints that arrive on a local ``day``, oldest first."""
        rng = np.random.default_rng([SEED, day.toordinal()])
        weekend = day.weekday() >= 5
        rain = 1.4 if day.month in (11, 12, 1, 2) else 1.0
        count = int(rng.poisson(self.per_day * (0.6 if weekend else 1.0) * rain * rng.lognormal(0, 0.1)))
        midnight = datetime.combine(day, datetime.min.time(), self.city.zone)
        seconds = np.sort(rng.choice(24, count, p=_HOURS / _HOURS.sum()) * 3600 + rng.integers(0, 3600, count))
        shares = np.array([c[3] for c in CATEGORIES])
        kinds = rng.choice(len(CATEGORIES), count, p=shares / shares.sum())
        places = rng.choice(len(self.kelurahan), count, p=self.weights)
        channels = rng.choice(len(CHANNELS), count, p=[c[1] for c in CHANNELS])
        # all chance of a day at once: drawn one by one it takes half of a start
        chance = np.column_stack([rng.normal(size=(count, 5)), rng.random((count, 4))]).tolist()
        return [
            self._case(f"A-{day:%y%m%d}-{i:04d}", midnight + timedelta(seconds=int(seconds[i])), *draw)
            for i, draw in enumerate(zip(kinds.tolist(), places.tolist(), channels.tolist(), chance, strict=True))
        ]

    def _case(self, number: str, received: datetime, kind: int, place: int, channel: int, chance: list[float]) -> Case:
        to_verify, to_respond, to_solve, north, east, fate, forgotten, checked, wait = chance
        category, slug, days, _ = CATEGORIES[kind]
        area = self.kelurahan[place]
        spread = ((area.km2 or 1.0) ** 0.5) / 111 / 4
        verified = _office(received + timedelta(hours=exp(0.2 + 0.9 * to_verify)))
        responded = _office(verified + timedelta(hours=exp(0.6 + to_respond)))
        slow = _SLOW.get(slug, 0.8) * (1.3 if place % 9 == 0 else 1.0)
        solved = _office(responded + timedelta(days=days * 0.3 * slow * exp(0.48 * to_solve)))
        verdict = "Selesai" if fate > 0.09 else ("Bukan kewenangan" if fate > 0.05 else "Duplikat" if fate > 0.02 else "Ditolak")
        closed = None if forgotten < 0.0008 else (solved if verdict == "Selesai" else responded)
        validated = closed + timedelta(hours=2 + 58 * wait) if closed and verdict == "Selesai" and checked < 0.6 else None
        return Case(
            number=number,
            received=received,
            category=category,
            opd=self.opd(slug),
            channel=CHANNELS[channel][0],
            kelurahan=area,
            lat=round((area.label_lat or 0) + spread * north, 5),
            lon=round((area.label_lon or 0) + spread * east, 5),
            due=received + timedelta(days=days),
            verified=verified,
            responded=responded,
            closed=closed,
            verdict=verdict,
            validated=validated,
        )

    def service_days(self, now: datetime, days: int) -> Iterator[dict[str, object]]:
        """What each kelurahan counter served on each working day; today only as far as the hour has come."""
        for back in range(days):
            day = now.date() - timedelta(days=back)
            if day.weekday() >= 5:
                continue
            done = min(max((now.hour + now.minute / 60 - 8) / 7.5, 0), 1) if back == 0 else 1.0
            for place, area in enumerate(self.kelurahan):
                rng = np.random.default_rng([SEED, 2, day.toordinal(), place])
                for service in SERVICES:
                    served = int(rng.poisson(9) * done)
                    late = int(rng.binomial(served, 0.06))
                    yield {
                        "tanggal": day.isoformat(),
                        "kelurahan": area.code,
                        "layanan": service,
                        "dilayani": served,
                        "tepat_waktu": served - late,
                        "menunggu_menit": round(float(rng.lognormal(2.3, 0.4)), 1),
                    }

    def packages(self, now: datetime) -> Iterator[dict[str, object]]:
        """The year's procurement packages that were announced by ``now``, each at the stage it has reached."""
        rng = np.random.default_rng([SEED, 3, now.year])
        start = datetime(now.year, 1, 2, 9, tzinfo=now.tzinfo)
        for number in range(1400):
            announced = start + timedelta(days=float(rng.uniform(0, 330)))
            pagu = float(np.round(rng.lognormal(18.9, 1.3), -3))
            method = METHODS[int(rng.choice(len(METHODS), p=[m[1] for m in METHODS]))][0]
            selected = announced + timedelta(days=float(rng.lognormal(2.9, 0.5)))
            done = selected + timedelta(days=float(rng.lognormal(4.0, 0.5)))
            share = float(rng.uniform(0.8, 0.995))
            opd = self.city.opds[int(rng.integers(0, len(self.city.opds)))].short
            if announced <= now:
                signed = selected if selected <= now else None
                yield {
                    "kode": f"P{now.year % 100}{number:05d}",
                    "tahun": now.year,
                    "satker": opd,
                    "nama": f"Paket {method} {number:05d}",
                    "metode": method,
                    "tahap": "selesai" if done <= now else "kontrak" if signed else "pemilihan",
                    "pagu": f"{pagu:.2f}",
                    "nilai": f"{pagu * share:.2f}" if signed else "",
                    "diumumkan": announced,
                    "kontrak": signed,
                }


def _office(moment: datetime) -> datetime:
    """Offices act between 07.30 and 16.00 on working days: later acts wait for the next morning."""
    if moment.hour >= 16:
        moment = (moment + timedelta(days=1)).replace(hour=7, minute=30 + moment.minute // 2)
    elif moment.hour < 7:
        moment = moment.replace(hour=7, minute=30 + moment.minute // 2)
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    return moment
