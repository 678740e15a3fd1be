"""Identities hold on every history that the room itself counts, and a planted defect is found and marked where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City, SourceConfig, load
from layers.explain import attention
from layers.frames import View, schema
from layers.happenings import arrivals
from layers.kpis.statements import DONE, RECEIVED
from layers.model import UNPLACED, Kind, Measurement, Package, Record, Stage, Status
from layers.readings import Room, readings
from layers.reconcile import IDENTITIES, MOST, listed, marked, mismatches
from layers.snapshot import Arrivals, Band, Mismatch, Reading
from layers.stated import by_statement, plain
from tests.layers.histories import room, view
from tests.layers.kpis.worked import room as worked
from tests.layers.made import DAY, HOUR, NOW, complaint

CITY = load("36.71")
COUNTED = {name: kpi for name, kpi in catalog().items() if kpi.additive}
SUMS = {"jumlah_status", "jumlah_wilayah", "jumlah_kanal"}


def published(here: Room) -> tuple[list[Reading], Arrivals]:
    shown = list(readings(COUNTED.values(), here))
    return shown, arrivals(here.recent(Kind.COMPLAINT), here.sources, here.city, here.now)


def failing(here: Room, shown: Sequence[Reading], today: Arrivals) -> list[Mismatch]:
    return [m for m in mismatches(here, COUNTED, shown, today) if m.identity in SUMS]


@settings(max_examples=6, phases=[Phase.generate])
@given(st.integers(0, 10**6))
def test_the_room_s_own_figures_always_agree(seed: int) -> None:
    here = room(CITY, view(seed))
    assert failing(here, *published(here)) == []


@cache
def counted(seed: int) -> tuple[Room, tuple[Reading, ...], Arrivals]:
    here = room(CITY, view(seed))
    shown, today = published(here)
    return here, tuple(shown), today


@settings(max_examples=25, phases=[Phase.generate])
@given(st.integers(0, 2), st.integers(0, 10**9), st.sampled_from((-1.0, 1.0, 7.0)))
def test_a_planted_defect_is_found_where_it_is(seed: int, place: int, by: float) -> None:
    here, shown, today = counted(seed)
    checked = [k for k, r in enumerate(shown) if r.value is not None and len(COUNTED[r.kpi].cuts) > 1]
    spoilt, wrong = list(shown), shown[checked[place % len(checked)]]
    by *= 1_000 if COUNTED[wrong.kpi].unit == "rupiah" else 1  # a billion packages' sen are not told apart to the rupiah
    spoilt[shown.index(wrong)] = replace(wrong, value=(wrong.value or 0) + by)
    found = failing(here, spoilt, today)
    assert any(wrong.kpi in m.kpis for m in found)
    assert [m.difference for m in found] == pytest.approx([abs(by)] * len(found))
    marks = [r.mismatch for r in marked(spoilt, found, here) if r.mismatch is not None]
    assert marks
    assert all(mark / abs(by) == pytest.approx(round(mark / abs(by))) for mark in marks)


def test_a_status_that_nobody_knows_is_missing_from_the_sum() -> None:
    seen = view(3)
    rows = seen.frame(Kind.COMPLAINT).with_row_index("i")
    odd = pl.when(pl.col("i") == rows.filter(pl.col("received") > NOW - 20 * DAY)["i"][0]).then(pl.lit("hilang"))
    files = {kind: {"2026-11": seen.frame(kind)} for kind in Kind}
    files[Kind.COMPLAINT] = {
        "2026-11": rows.with_columns(status=odd.otherwise(pl.col("status").cast(pl.String)).cast(pl.Categorical)).drop("i")
    }
    here = room(CITY, View(1, 1, files))
    shown, today = published(here)
    found = [m for m in failing(here, shown, today) if m.identity == "jumlah_status"]
    assert (CITY.code, None) in {(m.area, m.opd) for m in found}
    assert len(found) >= 3, "the city, and each cut that holds the complaint"
    assert found[0].title["id"].endswith("selisih 1")
    received = next(r for r in marked(shown, found, here) if (r.kpi, r.area, r.opd) == ("aduan_masuk_tahun_ini", "36.71", None))
    assert received.mismatch == 1


def test_a_channel_that_was_lost_is_missed() -> None:
    here = room(CITY, view(3))
    shown, today = published(here)
    assert sum(map(sum, today.channels.values())) > 0
    left = dict(list(today.channels.items())[1:])
    found = failing(here, shown, replace(today, channels=left))
    assert [(m.identity, m.kpis) for m in found] == [("jumlah_kanal", ("aduan_masuk_hari_ini",))]


# --- what sources state ----------------------------------------------------------------------


def sources(city: City) -> City:
    both = (("dukcapil", "Disdukcapil"), ("bps", "BPS"), ("laksa", "LAKSA"), ("sirup", "SiRUP"), ("spse", "SPSE"))
    made = tuple(
        SourceConfig(name=name, title=title, connector="tabular", owner=f"Pemilik {title}", interval=HOUR, budget=DAY)
        for name, title in both
    )
    return city.model_copy(update={"sources": made})


def told(tmp_path: Path, *records: Record) -> tuple[Room, list[Mismatch]]:
    here = worked(tmp_path, sources(CITY), list(records))
    return here, list(mismatches(here, catalog(), [], Arrivals(minutes=30, channels={})))


def measured(name: str, value: float, **fields: object) -> Measurement:
    given = {"source": "dukcapil", "subject": "DKB", "unit": "orang", "area": "36.71.01.1001", "measured": NOW - 9 * DAY}
    facts = given | fields
    return Measurement(source_id=f"{name}/{facts['measured']}/{facts['subject']}", name=name, value=value, seen_at=NOW, **facts)  # type: ignore[arg-type]


def test_two_sources_of_one_measure_on_one_day(tmp_path: Path) -> None:
    here, found = told(
        tmp_path,
        measured("penduduk.jumlah", 18_205),
        measured("penduduk.jumlah", 18_190, source="bps", subject="Proyeksi"),
        measured("penduduk.keluarga", 5_000),
        measured("penduduk.keluarga", 5_000, source="bps"),
        measured("penduduk.jumlah", 17_000, source="bps", measured=NOW - 400 * DAY),
        measured("jaringan.latensi", 9),
        measured("jaringan.latensi", 90, source="bps"),
    )
    assert [(m.identity, m.difference, m.kpis, m.sources, m.owner) for m in found] == [
        ("dua_sumber", 15, ("penduduk",), ("bps", "dukcapil"), "Pemilik Disdukcapil, Pemilik BPS")
    ]
    assert "18.205 menurut Disdukcapil, 18.190 menurut BPS, selisih 15" in found[0].title["id"]
    shown = marked(tuple(readings([catalog()["penduduk"]], here)), found, here)
    assert {r.area for r in shown if r.mismatch} == {"36.71", "36.71.01", "36.71.01.1001"}


def package(source: str, plan: str, pagu: int, **fields: object) -> Package:
    facts: dict[str, object] = {"source_id": f"{source}-{plan}", "stage": Stage.SELECTION, "opd": "dlh", "area": UNPLACED}
    usual = {"seen_at": NOW, "announced": NOW - 60 * DAY, "year": 2026, "title": "Paket", "method": "tender"}
    return Package(source=source, plan_id=plan, pagu=Decimal(pagu), **(usual | facts | fields))  # type: ignore[arg-type]


def test_one_rup_code_with_two_budgets(tmp_path: Path) -> None:
    _, found = told(
        tmp_path,
        package("sirup", "61", 100_000_000),
        package("spse", "61", 97_500_000),
        package("sirup", "62", 5_000_000),
        package("spse", "62", 5_000_000),
        package("sirup", "63", 9_000_000),
        package("spse", "63", 3_000_000, source_id="a"),
        package("spse", "63", 6_000_000, source_id="b"),
        package("sirup", "64", 9_000_000),
        package("spse", "64", 1, stage=Stage.CANCELLED),
    )
    assert [(m.subject, m.difference, m.opd, m.kpis) for m in found] == [("61", 2_500_000, "dlh", ("pagu_diumumkan",))]
    assert found[0].title["id"] == "RUP 61: pagu Rp100.000.000 menurut SiRUP, Rp97.500.000 menurut SPSE, selisih Rp2.500.000"


def test_what_a_source_says_of_itself_is_held_against_what_came_in(tmp_path: Path) -> None:
    rows = [complaint(str(k), received=NOW - DAY * k) for k in range(10)]
    said = partial_statement("LAKSA", masuk=12)
    here, found = told(tmp_path, *rows, *said)
    assert [(m.identity, m.left, m.right, m.kpis) for m in found] == [("total_sumber", 12, 10, ("aduan_masuk_tahun_ini",))]
    assert found[0].title["id"] == "LAKSA menyatakan 12 aduan masuk, yang kami terima 10, selisih 2"
    shown = marked(tuple(readings([catalog()["aduan_masuk_tahun_ini"]], here)), found, here)
    assert {(r.area, r.opd) for r in shown if r.mismatch} == {("36.71", None)}


def partial_statement(subject: str, **parts: float) -> list[Measurement]:
    return [
        measured(f"pernyataan.{part}", value, subject=subject, source="pers", area=UNPLACED, unit="aduan", measured=NOW)
        for part, value in parts.items()
    ]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"masuk": 100, "selesai": 90, "diproses": 5, "menunggu": 5, "persen": 90}, []),
        ({"masuk": 100, "selesai": 90, "diproses": 5, "menunggu": 4}, ["bagian berjumlah 99, tertulis 100, selisih 1"]),
        ({"masuk": 100, "selesai": 90}, []),  # the rest is not said
        ({"masuk": 100, "selesai": 90, "ditolak": 20}, ["bagian berjumlah 110, tertulis 100, selisih 10"]),
        ({"masuk": 3, "selesai": 2, "persen": 66.7}, []),
        ({"masuk": 3, "selesai": 2, "persen": 67}, []),
        ({"masuk": 3, "selesai": 2, "persen": 66}, ["66 % tertulis, dari bagiannya 66,67 %"]),
        ({"masuk": 0, "selesai": 0, "diproses": 0, "menunggu": 0, "persen": 0}, []),
    ],
)
def test_statements(tmp_path: Path, parts: dict[str, float], said: list[str]) -> None:
    found = told(tmp_path, *partial_statement("Rilis", **parts))[1]
    unsound = [m for m in found if "berjumlah" in m.title["id"]]
    assert [m.title["id"].replace("dari bagiannya ", "") for m in found if m.unit == "aduan"] == [
        s for s in said if "jumlah" in s
    ]
    assert len(found) == len(said)
    assert not unsound or unsound[0].kpis == ("pernyataan_masuk",)
    assert {RECEIVED, DONE} == {"pernyataan.masuk", "pernyataan.selesai"}


@settings(max_examples=20)
@given(st.lists(st.integers(0, 500), min_size=6, max_size=6), st.integers(0, 2))
def test_a_statement_made_of_its_parts_is_never_flagged(counts: list[int], decimals: int) -> None:
    parts = dict(zip((s.value for s in Status), map(float, counts), strict=True)) | {"masuk": float(sum(counts))}
    if parts["masuk"]:
        parts["persen"] = round(100 * parts["selesai"] / parts["masuk"], decimals)
    files = {Kind.MEASUREMENT: {"2026-11": _frame(partial_statement("Rilis", **parts))}}
    assert list(by_statement(room(CITY, View(1, 1, files)), catalog())) == []


def _frame(said: Sequence[Measurement]) -> pl.DataFrame:
    names = schema(Kind.MEASUREMENT)
    rows = [{name: getattr(m, name, None) for name in names} for m in said]
    return pl.DataFrame(rows, schema=names)


# --- what is made of them --------------------------------------------------------------------


def test_many_cases_travel_as_the_largest_and_one_line(tmp_path: Path) -> None:
    pairs = [(package("sirup", str(k), 10_000_000 + k * 1_000), package("spse", str(k), 10_000_000)) for k in range(1, 41)]
    here, found = told(tmp_path, *(p for pair in pairs for p in pair))
    kept = listed(found)
    assert len(found) == 40
    assert len(kept) == MOST + 1
    assert kept[0].difference == 40_000
    assert kept[-1].n == 15
    assert sum(m.difference for m in kept) == sum(m.difference for m in found)
    shown = marked(tuple(readings([catalog()["pagu_diumumkan"]], here)), found, here)
    assert {r.mismatch for r in shown if (r.area, r.opd) in (("36.71", None), ("36.71", "dlh"))} == {820_000}
    asked = attention(here.recent(Kind.COMPLAINT), (), (), AreaTree.of(CITY), CITY, NOW, found)
    assert [(a.title, a.owner, a.band, a.n, a.since) for a in asked] == [
        ("40 paket RUP berbeda pagu antarsistem", "Pemilik SiRUP, Pemilik SPSE", Band.WATCH, 40, NOW - 60 * DAY)
    ]


def test_every_identity_has_words_and_a_name_of_its_own() -> None:
    assert len({identity.id for identity in IDENTITIES}) == len(IDENTITIES)
    assert all(set(identity.title) == {"id", "en"} for identity in IDENTITIES)


@pytest.mark.parametrize(
    ("value", "id_", "en"), [(4026, "4.026", "4,026"), (95.5, "95,5", "95.5"), (95.888, "95,89", "95.89"), (0, "0", "0")]
)
def test_numbers(value: float, id_: str, en: str) -> None:
    assert (plain(value), plain(value, "en")) == (id_, en)


def test_a_statement_of_long_ago_is_no_longer_asked_about(tmp_path: Path) -> None:
    old = [replace(m, measured=NOW - timedelta(days=367)) for m in partial_statement("Lama", masuk=10, selesai=20)]
    assert told(tmp_path, *old)[1] == []
