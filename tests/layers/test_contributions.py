"""A change is the sum of its parts, for every form and any rows; each part is what a hand would work out."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.areas import AreaTree
from layers.catalog import Count, Form, Kpi, Mean, Quantile, Rate, Ratio, Share, Total, Weighted, When, Window, catalog
from layers.city import City, load
from layers.contributions import NO_HISTORY, NOT_WATCHED, Change, contributions
from layers.evaluate import NO_PEOPLE
from layers.frames import View, schema
from layers.model import UNPLACED, Kind
from layers.readings import Room, readings
from tests.layers.made import DAY, HOUR, NOW

CITY = load("36.71")
TREE = AreaTree.of(CITY)
PLACES = (("36.71.01.1001", "36.71.01"), ("36.71.01.1002", "36.71.01"), ("36.71.05.1004", "36.71.05"), (UNPLACED, None))
FEW = "periode pembanding: belum cukup data: n = 0, perlu 20"
BEFORE, AFTER = NOW - 45 * DAY, NOW - 15 * DAY


def frame(kind: Kind, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows with the columns of a kind's frame."""
    columns = schema(kind)
    whole = [{name: row.get(name) for name in columns} for row in rows]
    return pl.DataFrame(whole, schema={n: pl.String if t == pl.Categorical else t for n, t in columns.items()}).cast(columns)


def room(rows: dict[Kind, pl.DataFrame], city: City = CITY) -> Room:
    files = {kind: {"2026-11": found} for kind, found in rows.items()}
    return Room(View(1, 1, files), TREE, city, (), NOW)


def received(when: When) -> pl.Expr:
    return when.holds("received")


def score() -> pl.Expr:
    return pl.col("lat")


MONTH = replace(catalog()["aduan_masuk_30h"], n_min=0)
FORMS: dict[str, Form] = {
    "count": Count(where=received),
    "distinct": Count(where=received, distinct="channel"),
    "share": Share(where=received, part=pl.col("status") == "selesai"),
    "share of sums": Share(where=received, part=pl.col("lon"), whole=pl.col("lat").floor()),
    "share of different": Share(where=received, part=pl.col("status") == "selesai", distinct="channel"),
    "ratio": Ratio(where=received, part=pl.col("lon"), whole=pl.col("lat"), per=100),
    "apart": Ratio(where=received, part=pl.col("lon"), whole=pl.col("lat"), apart=True),
    "median": Quantile(where=received, value=score()),
    "p90": Quantile(where=received, value=score(), q=0.9),
    "highest": Quantile(where=received, value=score(), q=1),
    "total": Total(where=received, value=score(), per=100),
    "mean": Mean(where=received, value=score()),
    "weighted": Weighted(where=received, value=score(), by="channel", weights={"aplikasi": 0.7, "112": 0.3}, scale=25),
    "rate": Rate(where=received),
    "rate of sums": Rate(where=received, value=score()),
}


def one(at: datetime, place: int = 0, **fields: Any) -> dict[str, Any]:
    area, kecamatan = PLACES[place]
    usual = {"category": "Sampah", "channel": "aplikasi", "status": "diproses", "opd": "dlh", "lat": 1.0, "lon": 1.0}
    return {"source": "laksa", "received": at, "area": area, "kecamatan": kecamatan, **usual, **fields}


rows_ = st.lists(
    st.builds(
        one,
        st.sampled_from((BEFORE, AFTER)),
        st.integers(0, 3),
        category=st.sampled_from(("Sampah", "Banjir", "PKL")),
        channel=st.sampled_from(("aplikasi", "112", "sms", None)),
        status=st.sampled_from(("selesai", "diproses")),
        opd=st.sampled_from(("dlh", "dpupr", None)),
        lat=st.one_of(st.none(), st.integers(0, 9).map(float), st.integers(0, 50_000).map(lambda n: n / 100)),
        lon=st.one_of(st.none(), st.integers(0, 50_000).map(lambda n: n / 100)),
    ),
    max_size=60,
)


def world(rows: list[dict[str, Any]]) -> Room:
    """A room that has watched for long and knows its residents."""
    old = one(NOW - 400 * DAY)
    known = CITY.model_copy(update={"population": 2000, "population_year": 2025})
    return room({Kind.COMPLAINT: frame(Kind.COMPLAINT, [old, *rows])}, known)


def split(rows: list[dict[str, Any]] | Room, form: Form, **asked: Any) -> Change:
    return contributions(replace(MONTH, form=form), rows if isinstance(rows, Room) else world(rows), **asked)


def adds_up(found: Change) -> None:
    assert found.change is not None
    assert found.before is not None
    assert found.now is not None
    size = max(1.0, abs(found.before), abs(found.now), *(abs(part.mix) + abs(part.rate) for part in found.parts))
    assert sum(part.mix + part.rate for part in found.parts) == pytest.approx(found.change, abs=1e-9 * size, rel=0)


@settings(max_examples=20)
@given(rows_, st.sampled_from((("category", "area", "opd"), ("kecamatan",), ("opd", "channel"))), st.randoms())
def test_the_parts_of_every_form_add_up_whatever_the_order_of_the_rows(
    rows: list[dict[str, Any]], by: tuple[str, ...], chance: random.Random
) -> None:
    made, shuffled = world(rows), world(chance.sample(rows, len(rows)))
    for form in FORMS.values():
        found = split(made, form, by=by)
        if found.why_none is None:
            adds_up(found)
            few = split(made, form, by=by, most=3).parts
            assert len(few) <= 4
            assert sum(p.total for p in few) == pytest.approx(sum(p.total for p in found.parts), abs=1e-9, rel=1e-9)
            assert few[:3] == found.parts[:3]
    for form in chance.sample(list(FORMS.values()), 3):
        found, other = split(made, form, by=by), split(shuffled, form, by=by)
        assert (found.why_none, len(found.parts)) == (other.why_none, len(other.parts))
        mixed = {part.by: (part.mix, part.rate) for part in other.parts}
        for part in found.parts:
            assert mixed[part.by] == pytest.approx((part.mix, part.rate), abs=1e-9, rel=1e-7)


@settings(max_examples=10)
@given(rows_)
def test_the_same_rows_in_both_windows_change_nothing(rows: list[dict[str, Any]]) -> None:
    both = [{**row, "received": at} for row in rows for at in (BEFORE, AFTER)]
    made = world(both)
    for form in FORMS.values():
        found = split(made, form)
        assert found.why_none is not None or found.change == pytest.approx(0, abs=1e-9)
        assert all(part.total == pytest.approx(0, abs=1e-9) for part in found.parts)


@settings(max_examples=15)
@given(rows_)
def test_a_finer_split_adds_up_to_the_coarser(rows: list[dict[str, Any]]) -> None:
    """Mix and rate depend on the groups, but what a group gives altogether does not."""
    made = world(rows)
    for name in ("share", "mean", "ratio", "count", "weighted"):
        fine, coarse = split(made, FORMS[name], by=("opd", "category")), split(made, FORMS[name], by=("opd",))
        sums: dict[str | None, float] = {}
        for part in fine.parts:
            sums[part.by[0]] = sums.get(part.by[0], 0) + part.total
        for part in coarse.parts:
            assert sums.pop(part.by[0]) == pytest.approx(part.total, abs=1e-7)
        assert all(left == pytest.approx(0, abs=1e-7) for left in sums.values())


# --- worked by hand ----------------------------------------------------------------------------


def cases(at: datetime, opd: str, done: int, of: int) -> list[dict[str, Any]]:
    return [one(at, opd=opd, status="selesai" if i < done else "diproses") for i in range(of)]


def parts(found: Change) -> dict[str | None, tuple[float, float]]:
    return {part.by[0]: (part.mix, part.rate) for part in found.parts}


def test_a_share_by_hand() -> None:
    """DLH 45 of 50 and DPUPR 25 of 50 were done (70 %); then 18 of 30 and 28 of 70 (46 %)."""
    rows = [*cases(BEFORE, "dlh", 45, 50), *cases(BEFORE, "dpupr", 25, 50)]
    rows += [*cases(AFTER, "dlh", 18, 30), *cases(AFTER, "dpupr", 28, 70)]
    found = split(rows, FORMS["share"], by=("opd",))
    assert (found.before, found.now, found.n) == (70, 46, (100, 100))
    # DLH: share 0.5 -> 0.3, rate 90 -> 60; mix (75 - 58) x -0.2 = -3.4, rate 0.4 x -30 = -12
    # DPUPR: share 0.5 -> 0.7, rate 50 -> 40; mix (45 - 58) x 0.2 = -2.6, rate 0.6 x -10 = -6
    assert parts(found)["dlh"] == pytest.approx((-3.4, -12))
    assert parts(found)["dpupr"] == pytest.approx((-2.6, -6))
    assert [part.label for part in found.parts] == ["DLH", "DPUPR"]
    assert found.parts[0].n == (50, 30)


def test_only_rates_move_and_only_weights_move() -> None:
    same = cases(BEFORE, "dlh", 40, 50) + cases(BEFORE, "dpupr", 25, 50)
    worse = split(same + cases(AFTER, "dlh", 30, 50) + cases(AFTER, "dpupr", 25, 50), FORMS["share"], by=("opd",))
    assert parts(worse) == {"dlh": (pytest.approx(0, abs=1e-12), pytest.approx(-10))}
    moved = split(same + cases(AFTER, "dlh", 16, 20) + cases(AFTER, "dpupr", 40, 80), FORMS["share"], by=("opd",))
    assert all(rate == pytest.approx(0, abs=1e-12) for _, rate in parts(moved).values())
    assert sum(mix for mix, _ in parts(moved).values()) == pytest.approx(moved.change)


def test_a_group_that_is_new_gives_mix_only() -> None:
    rows = cases(BEFORE, "dlh", 40, 50) + cases(AFTER, "dlh", 40, 50) + cases(AFTER, "dishub", 0, 50)
    found = split(rows, FORMS["share"], by=("opd",))
    assert parts(found)["dishub"][1] == 0
    assert parts(found)["dishub"][0] < 0
    adds_up(found)


def test_money_without_a_plan_is_all_rate() -> None:
    """Spending on a line that has no budget has no rate of its own; it is not lost."""
    rows = [one(BEFORE, lat=100.0, lon=50.0), one(AFTER, lat=100.0, lon=50.0), one(AFTER, opd="dpupr", lat=0.0, lon=10.0)]
    found = split(rows, FORMS["ratio"], by=("opd",))
    assert (found.before, found.now) == (50, 60)
    assert parts(found) == {"dpupr": (0, pytest.approx(10))}


def test_counts_and_sums_have_no_mix() -> None:
    rows = [one(BEFORE), one(AFTER), one(AFTER), one(AFTER, 2, category="Banjir")]
    found = split(rows, FORMS["count"], by=("category", "kecamatan"))
    assert {part.label: (part.mix, part.rate) for part in found.parts} == {
        "Banjir · Kec. Cipondoh": (0, 1),
        "Sampah · Kec. Tangerang": (0, 1),
    }
    per_head = split(rows, FORMS["rate"], by=("category",))
    assert parts(per_head) == {"Banjir": (0, pytest.approx(0.5)), "Sampah": (0, pytest.approx(0.5))}


def test_a_value_in_two_groups_counts_half_in_each() -> None:
    rows = [one(BEFORE), one(AFTER), one(AFTER, channel="sms", opd="dlh"), one(AFTER, channel="sms", opd="dpupr")]
    found = split(rows, FORMS["distinct"], by=("opd",))
    assert found.change == 1
    assert parts(found) == {"dlh": (0, 0.5), "dpupr": (0, 0.5)}


def test_a_median_moves_by_the_group_that_moved() -> None:
    before = [one(BEFORE, opd=opd, lat=float(h)) for opd in ("dlh", "dpupr") for h in range(20)]
    after = [one(AFTER, opd="dlh", lat=float(h + 8)) for h in range(20)] + [
        one(AFTER, opd="dpupr", lat=float(h)) for h in range(20)
    ]
    found = split(before + after, FORMS["median"], by=("opd",))
    assert found.change is not None
    assert found.change > 0
    assert parts(found) == {"dlh": (0, pytest.approx(found.change))}


def test_a_part_of_the_city_and_two_periods_of_ones_choice() -> None:
    rows = [one(BEFORE), one(AFTER, 0), one(AFTER, 1), one(AFTER, 2, opd="dpupr"), one(NOW - 3 * DAY)]
    assert split(rows, FORMS["count"], area="36.71.01").change == 2
    assert split(rows, FORMS["count"], area="36.71.01.1001").change == 1
    assert split(rows, FORMS["count"], opd="dpupr").change == 1
    with pytest.raises(ValueError, match=r"99\.99"):
        split(rows, FORMS["count"], area="99.99")
    with pytest.raises(ValueError, match="warna"):
        split(rows, FORMS["count"], by=("warna",))
    week = Window.DAYS30.at(NOW, CITY.zone, 7)
    assert split(rows, FORMS["count"], windows=(week.before(), week)).change == 1


@pytest.mark.parametrize(
    ("kpi", "rows", "why"),
    [
        (MONTH, [one(NOW - DAY)], NOT_WATCHED),
        (replace(MONTH, history=False), [one(NOW - 400 * DAY), one(AFTER)], NO_HISTORY),
        (catalog()["sumber_segar"], [one(NOW - DAY)], "belum ada sumber"),
        (replace(MONTH, form=FORMS["share"], n_min=20), [one(NOW - 400 * DAY), one(AFTER)], FEW),
        (replace(MONTH, form=FORMS["rate"]), [one(NOW - 400 * DAY), one(AFTER)], f"periode pembanding: {NO_PEOPLE}"),
    ],
)  # fmt: skip
def test_without_a_comparison_it_says_why(kpi: Kpi, rows: list[dict[str, Any]], why: str) -> None:
    city = CITY.model_copy(update={"population": None})
    found = contributions(kpi, room({Kind.COMPLAINT: frame(Kind.COMPLAINT, rows)}, city))
    assert (found.change, found.why_none, found.parts) == (None, why, ())


# --- every KPI that there is -------------------------------------------------------------------


def random_city(seed: int) -> dict[Kind, pl.DataFrame]:
    """Two years of every kind of record, by chance."""
    chance = random.Random(seed)

    def base(i: int) -> dict[str, Any]:
        area, kecamatan = chance.choice(PLACES)
        return {"source": "s", "source_id": str(i), "area": area, "kecamatan": kecamatan, "opd": chance.choice(("dlh", "dpupr"))}

    def ago(most: int) -> datetime:
        return NOW - chance.random() * timedelta(days=most)

    complaints, services, packages = [], [], []
    for i in range(900):
        at = ago(90) if i % 3 else ago(700)
        closed = min(at + chance.random() * timedelta(days=20), NOW - HOUR) if chance.random() < 0.7 else None
        complaints.append(base(i) | {
            "received": at, "verified": at + HOUR, "responded": at + chance.random() * timedelta(days=4), "closed": closed,
            "validated": closed, "confirmed": None, "reopened": closed and chance.choice((None, closed + HOUR)),
            "due": at + timedelta(days=9), "status": "selesai" if closed else "diproses",
            "category": chance.choice(("Sampah", "Banjir", "PKL")), "channel": chance.choice(("aplikasi", "112")),
        })  # fmt: skip
        served = chance.randrange(1, 60)
        services.append(base(i) | {
            "day": at, "service": chance.choice(("KTP", "KK", "Akta")), "served": served, "on_time": chance.randrange(served + 1),
            "queued": served + chance.randrange(9), "waiting_minutes": 60 * chance.random(), "online": chance.random() < 0.4,
        })  # fmt: skip
    for i in range(300):
        at = ago(700)
        pagu = chance.randrange(10**9, 10**11)
        packages.append(base(i) | {
            "announced": at, "year": at.year, "title": f"Paket {i}", "method": chance.choice(("tender", "e-purchasing")),
            "stage": "kontrak", "pagu": pagu, "value": pagu // 2, "pdn": pagu // 3, "umk": pagu // 9, "hps": pagu,
            "selected": at + DAY, "contracted": at + 20 * DAY, "provider": "PT",
        })  # fmt: skip
    kinds = (Kind.COMPLAINT, complaints), (Kind.SERVICE, services), (Kind.PACKAGE, packages)
    return {kind: frame(kind, rows) for kind, rows in kinds}


@pytest.fixture(scope="module")
def living() -> Room:
    return room(random_city(7), CITY.model_copy(update={"population": 9000, "population_year": 2025}))


def test_every_published_change_is_split(living: Room) -> None:
    kpis = [kpi for kpi in catalog().values() if kpi.kind in (Kind.COMPLAINT, Kind.SERVICE, Kind.PACKAGE)]
    compared = 0
    for reading in readings(kpis, living):
        if reading.change is None or reading.area not in (CITY.code, "36.71.01"):
            continue
        area = None if reading.area == CITY.code else reading.area
        found = contributions(catalog()[reading.kpi], living, ("category", "kecamatan", "opd"), area, reading.opd)
        assert found.why_none is None, reading.kpi
        assert (found.now, found.change) == pytest.approx((reading.value, reading.change), abs=1e-9)
        adds_up(found)
        compared += reading.area == CITY.code and reading.opd is None
    assert compared > 35


def test_the_moments_of_a_state_are_compared_as_they_were(living: Room) -> None:
    """Open complaints now against those of 40 days ago: each told by its own times."""
    kpi = catalog()["aduan_terbuka"]
    windows = tuple(kpi.window.at(at, CITY.zone) for at in (NOW - 40 * DAY, NOW))
    found = contributions(kpi, living, windows=(windows[0], windows[1]))
    rows = living.whole[Kind.COMPLAINT]
    then = rows.filter(
        (pl.col("received") <= NOW - 40 * DAY) & (pl.col("closed").is_null() | (pl.col("closed") > NOW - 40 * DAY))
    )
    assert found.before == then.height
    assert found.windows[0].end == (NOW - 40 * DAY).astimezone(UTC)
    adds_up(found)
