"""A budget year's procurement: packages that are planned, announced, selected, contracted and handed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from connectors.simulator.world.days import DAY, epoch_day, office
from connectors.simulator.world.facts import Tender
from connectors.simulator.world.frame import Frame

METHODS: tuple[tuple[str, float, float, float, int], ...] = (
    # method, share, usual pagu (rupiah), days of selection, usual number of bidders
    ("E-Purchasing", 0.36, 90e6, 9, 1),
    ("Pengadaan Langsung", 0.34, 85e6, 14, 1),
    ("Tender", 0.10, 2.4e9, 38, 6),
    ("Seleksi", 0.03, 450e6, 42, 4),
    ("Penunjukan Langsung", 0.03, 180e6, 16, 1),
    ("Swakelola", 0.14, 140e6, 0, 0),
)
WORKS = (
    (
        "dpupr",
        (
            "Pemeliharaan jalan lingkungan",
            "Normalisasi saluran",
            "Pembangunan drainase",
            "Perbaikan trotoar",
            "Rehabilitasi jembatan",
        ),
    ),
    ("disperkimtan", ("Perbaikan rumah tidak layak huni", "Pembangunan MCK komunal", "Penataan taman lingkungan")),
    ("disdik", ("Rehabilitasi ruang kelas SDN", "Pengadaan mebel sekolah", "Pengadaan buku perpustakaan")),
    ("dinkes", ("Pengadaan obat puskesmas", "Pemeliharaan alat kesehatan", "Rehabilitasi puskesmas")),
    ("dlh", ("Pengadaan truk sampah", "Pengadaan kontainer sampah", "Pemeliharaan taman kota", "Jasa kebersihan jalan")),
    ("dishub", ("Pemasangan lampu jalan umum", "Pengadaan rambu lalu lintas", "Pemeliharaan APILL")),
    ("diskominfo", ("Sewa jaringan internet", "Pemeliharaan pusat data", "Pengadaan lisensi perangkat lunak")),
    ("setda", ("Belanja alat tulis kantor", "Belanja makanan dan minuman rapat", "Jasa konsultansi perencanaan")),
    ("bpbd", ("Pengadaan perahu karet", "Pengadaan logistik bencana")),
    ("dinsos", ("Pengadaan paket sembako", "Jasa pelatihan keterampilan")),
)
_LOCAL = frozenset({"dpupr", "disperkimtan", "disdik", "dishub"})
_FIRMS = ("Karya", "Mandiri", "Sejahtera", "Bangun", "Cipta", "Mitra", "Utama", "Abadi", "Jaya", "Persada", "Nusa", "Sentosa")
PACKAGES = 1_400

_Draw = tuple[int, int, int, int, int, int, float, float, float, int]
"""Method; planned, announced, selected, contracted, handed over; pagu; shares of the estimate and of the price; a seed."""


def tenders(frame: Frame, year: int, holders: Mapping[str, str]) -> tuple[Tender, ...]:
    """The packages of a year in the order of their announcement; ``holders`` gives an OPD of the pack for each slug."""
    rng = frame.rng("tenders", year)
    method = rng.choice(len(METHODS), PACKAGES, p=[share for _, share, *_ in METHODS])
    start = epoch_day(date(year, 1, 2)) * DAY
    planned = start - (rng.uniform(5, 45, PACKAGES) * DAY).astype(np.int64)
    announced = np.sort(start + (rng.beta(1.6, 2.4, PACKAGES) * 330 * DAY).astype(np.int64))
    late = rng.random(PACKAGES) < 0.12
    planned = np.where(late, announced - (rng.uniform(1, 20, PACKAGES) * DAY).astype(np.int64), planned)
    spread = rng.random((3, PACKAGES))
    announced = office(announced, spread[0])
    selection = np.array([days for *_, days, _ in METHODS])[method]
    selected = office(announced + (selection * rng.lognormal(0, 0.35, PACKAGES) * DAY).astype(np.int64), spread[1])
    contracted = office(selected + (rng.uniform(3, 14, PACKAGES) * DAY).astype(np.int64), spread[2])
    lasts = np.minimum(rng.lognormal(4.0, 0.5, PACKAGES), 300)
    handed = office(contracted + (lasts * DAY).astype(np.int64), spread[0])
    pagu = np.round(np.array([usual for _, _, usual, *_ in METHODS])[method] * rng.lognormal(0, 0.9, PACKAGES), -3)
    draws = zip(
        *(column.tolist() for column in (method, planned, announced, selected, contracted, handed, pagu)),
        rng.uniform(0.94, 0.999, PACKAGES).tolist(),
        rng.uniform(0.8, 0.995, PACKAGES).tolist(),
        rng.integers(0, 2**62, PACKAGES).tolist(),
        strict=True,
    )
    return tuple(_tender(frame, year, number, holders, draw) for number, draw in enumerate(draws))


def _tender(frame: Frame, year: int, number: int, holders: Mapping[str, str], draw: _Draw) -> Tender:
    """One package: its work, place, sums and fate out of one large number, its stages from the columns."""
    which, planned, announced, selected, contracted, handed, pagu, estimate, price, seed = draw
    name, _, _, days, usual = METHODS[which]
    slug, works = WORKS[seed % len(WORKS)]
    work = works[seed // 16 % len(works)]
    place = frame.kelurahan[seed // 64 % len(frame.kelurahan)] if slug in _LOCAL and seed // 8 % 4 else None
    bidders = max(usual + seed // 1024 % (2 * usual + 1) - usual, 1) if usual > 1 else usual
    lone = usual > 1 and seed // 4096 % 9 == 0
    fails = days > 0 and seed // 32768 % 40 == 0
    hps = int(pagu * estimate) // 1000 * 1000 if days else None
    value = int((hps or pagu) * (0.995 if lone else price))
    firm = f"{'PT' if pagu > 4e8 else 'CV'} {_FIRMS[seed // 7 % 12]} {_FIRMS[seed // 97 % 12]}"
    moment = frame.moment
    return Tender(
        code=f"{year % 100}{62_000_000 + number * 37 + year % 7:08d}",
        year=year,
        opd=holders[slug],
        title=f"{work} {f'Kelurahan {place.name}' if place else f'Tahap {1 + seed // 131072 % 4}'}",
        method=name,
        pagu=int(pagu),
        hps=hps,
        value=None if fails else value,
        provider=None if fails or not days else firm,
        bidders=1 if lone else bidders,
        kelurahan=place,
        planned=moment(planned),
        announced=moment(announced),
        selected=None if fails or not days else moment(selected),
        contracted=None if fails else moment(contracted),
        handed_over=None if fails else moment(handed),
        cancelled=moment(selected) + timedelta(hours=1) if fails else None,
    )
