"""A brief, a digest and orders of the tiny city for the tests of their pages: long names, old data, hostile words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from layers.brieftypes import Ahead, Brief, Doubt, Figure, Queue, Standing, Thing, Told
from layers.catalog import words
from layers.model import Role
from layers.orders import About, Order, OrderState
from layers.snapshot import Band, State
from tests.dashboard.snapshots import NOW

DAY = timedelta(days=1)
MADE = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
"""Friday 07.00 WIB."""
HOSTILE = "Angkut sampah di TPS <b>Neglasari</b> & lapor lewat ruang kendali sebelum apel sore, dengan foto sebelum dan sesudah"
CAUSE = {
    "id": "Penyumbang terbesar: Pengangkutan sampah di Kec. Karawaci (+9); Jalan dan drainase di Kec. Cibodas (+4).",
    "en": "Largest contributions: Waste collection in Kec. Karawaci (+9); Roads and drainage in Kec. Cibodas (+4).",
}


def order(number: int = 1, **fields: Any) -> Order:
    """An order to DLH of yesterday, due tomorrow."""
    facts: dict[str, Any] = {
        "id": number,
        "given": NOW - DAY,
        "giver": "sekda",
        "giver_role": Role.LEADER,
        "opd": "dlh",
        "text": HOSTILE,
        "about": About(kpi="aduan_lewat_tenggat", area="36.71.01"),
        "due": NOW + DAY,
        "state": OrderState.GIVEN,
    }
    return Order(**(facts | fields))


def orders() -> tuple[Order, ...]:
    """One of each state, and one that is late."""
    answer: dict[str, Any] = {"answer": "Dua truk dikirim pukul 13.00", "answered_by": "kadis", "answered": NOW - DAY / 2}
    return (
        order(5, due=NOW - DAY, about=About()),
        order(1),
        order(2, state=OrderState.ANSWERED, opd="dpupr", **answer),
        order(3, state=OrderState.DONE, ended=NOW, ended_by="sekda", **answer),
        order(4, state=OrderState.CANCELLED, ended=NOW, ended_by="sekda"),
    )


def figure(kpi: str = "aduan_lewat_tenggat", **fields: Any) -> Figure:
    facts: dict[str, Any] = {
        "kpi": kpi,
        "area": "36.71",
        "opd": None,
        "title": {"id": "Aduan lewat tenggat", "en": "Overdue complaints"},
        "unit": "aduan",
        "decimals": 0,
        "better": "down",
        "value": 1287.0,
        "n": 1287,
        "change": 19.0,
        "against": {"id": "sejak awal Kamis 19 November", "en": "since the start of Thursday 19 November"},
        "target": 40.0,
        "band": Band.ACT,
        "observed": MADE,
        "state": State.LIVE,
    }
    return Figure(**(facts | fields))


SHARE: dict[str, Any] = {"unit": "persen", "decimals": 2, "better": "up", "band": Band.NORMAL, "target": 95.0}


NAMES = ("DLH", "DPUPR", "Disperkimtan", "Dishub", "Satpol PP", "Dinkes", "Disdik", "Kec. Karawaci", "Kec. Cipondoh", "Bapenda")


def thing(kpi: str, said: str, strength: float, *, cause: bool = False, **fields: Any) -> Thing:
    plain: dict[str, Any] = {"title": {"id": said, "en": said}, "target": None, "band": Band.NORMAL}
    return Thing(figure=figure(kpi, **(plain | fields)), strength=strength, cause=CAUSE if cause else None)


def things() -> tuple[Thing, ...]:
    old = {"state": State.STALE, "observed": MADE - 2 * DAY}
    return (
        Thing(figure=figure(), strength=4.0, cause=CAUSE),
        thing("selesai_tepat_waktu", "Selesai tepat waktu", 3.0, cause=True, value=96.31, change=2.4, **SHARE),
        thing("lama_penyelesaian", "Lama penyelesaian aduan, median", 2.0, unit="jam", value=61.5, decimals=1, change=-3.5),
        thing("aduan_terbuka", "Aduan terbuka", 1.8, cause=True, value=5402.0, change=31.0, **old),
        thing("nilai_paket", "Nilai paket diumumkan", 1.2, unit="rupiah", better="neutral", value=1.42e12, change=8.1e9),
    )


def queue(k: int, name: str) -> Queue:
    late = max(0, 120 - 13 * k)
    return Queue(
        opd=("dlh", "dpupr")[k] if k < 2 else None,
        name=name,
        open=300 - k,
        overdue=late,
        longest=MADE - (12 - k) * DAY if late else None,
        today=9 - k // 2,
        soon=31 - k,
        week=31 - k,
    )


def brief(**fields: Any) -> Brief:
    """The city's brief of a Friday."""
    facts: dict[str, Any] = {
        "day": date(2026, 11, 20),
        "city": "36.71",
        "title": "Kota Contoh",
        "opd": None,
        "due": MADE,
        "made": MADE + timedelta(seconds=20),
        "version": 1_795_132_800_000,
        "built": MADE + timedelta(seconds=5),
        "notice": "SIMULASI: data contoh yang dibangkitkan, bukan data kota yang sebenarnya",
        "weekly": False,
        "standing": Standing(level=3, name=words("Waspada", "Caution"), reasons=(words("5 alarm tinggi", "5 high alarms"),)),
        "things": things(),
        "figures": (),
        "queues": tuple(queue(k, name) for k, name in enumerate((*NAMES, "BPBD", "Dinsos"))),
        "ahead": (Ahead(opd="dlh", name="DLH", n=7, first=MADE + DAY / 8, until=MADE + DAY / 3, hours=8),),
        "orders": tuple(told(o) for o in orders()[:3]),
        "since": MADE - DAY - timedelta(hours=7),
        "doubts": (
            Doubt(what="LPSE Kota Contoh, paket pengadaan", owner="Bagian PBJ", observed=MADE - 2 * DAY),
            Doubt(what="Monografi kelurahan", owner="Bagian Pemerintahan"),
            Doubt(what="Aduan terbuka", owner="Diskominfo", why=words("TIDAK COCOK, selisih 17", "DOES NOT AGREE by 17")),
        ),
    }
    return Brief(**(facts | fields))


def told(order: Order) -> Told:
    shared = {name: getattr(order, name) for name in ("id", "given", "opd", "text", "due", "state", "answer", "answered")}
    standing = {"id": "sisa 2 jam 30 menit kerja", "en": "2 h 30 min working left"}
    about = {"kpi": order.about.kpi, "area": order.about.area}
    return Told(role=order.giver_role, name=order.opd.upper(), standing=standing, **shared, **about)


def digest(**fields: Any) -> Brief:
    """The week of DLH."""
    figures = (figure(opd="dlh"), replace(things()[1].figure, opd="dlh"))
    own: dict[str, Any] = {
        "opd": "dlh",
        "title": "Dinas Lingkungan Hidup",
        "weekly": True,
        "standing": None,
        "figures": figures,
        "things": (Thing(figure=figures[0], cause=CAUSE),),
        "queues": brief().queues[:1],
    }
    return brief(**(own | fields))
