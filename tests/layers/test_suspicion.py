"""Suspicious closings: what each pattern names and what it leaves alone, who may see the cases, and what real data reveals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import comb
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import holding
from layers.areas import AreaTree
from layers.city import City
from layers.frames import Frames, View
from layers.model import Complaint, Kind, Role, Scope, Status
from layers.suspicion import MOST_CASES, Suspicion, gathered, suspects, suspicions, tail
from layers.suspicionrules import SuspicionRules
from tests.layers.made import ANALYST, DAY, HOUR, NOW, PUBLIC, complaint, give, opened

RULES = SuspicionRules()
MINUTE = timedelta(minutes=1)


def done(name: str, closed: datetime, **fields: Any) -> Complaint:
    usual = {"received": closed - 5 * DAY, "closed": closed, "status": Status.DONE, "due": closed + 5 * DAY}
    return complaint(name, **(usual | fields))


@pytest.fixture
def frames(tmp_path: Path, city: City) -> Iterator[Any]:
    with opened(f"sqlite:///{tmp_path}/s.sqlite") as store:
        held = Frames(tmp_path / "frames", city, AreaTree.of(city))

        def given_(records: Sequence[Complaint]) -> Frames:
            give(store, records)
            held.refresh(store)
            return held

        yield given_


def found(frames: Frames, scope: Scope = ANALYST) -> dict[str, Suspicion]:
    return {one.id.partition(":")[0]: one for one in suspicions(scope, frames, RULES, NOW)}


def test_a_bulk_has_its_window_and_two_bulks_are_two(frames: Any) -> None:
    """Ten within ten minutes, then an hour's pause and ten more; nine over twenty minutes are none, nor are other OPDs'."""
    first, later = NOW - 5 * DAY, NOW - 5 * DAY + HOUR
    records = [done(f"a{k}", first + k * MINUTE, due=first + 2 * HOUR) for k in range(10)]
    records += [done(f"b{k}", later + k * MINUTE, due=later + 2 * HOUR) for k in range(10)]
    records += [done(f"c{k}", first + 2 * k * MINUTE, due=first + 2 * HOUR, opd="dpupr") for k in range(9)]
    records += [done(f"d{k}", first + k * MINUTE, due=first + 2 * HOUR, opd=None) for k in range(10)]
    bulks = [one for one in suspicions(ANALYST, frames(records), RULES, NOW) if one.pattern == "massal"]
    assert sorted((one.opd, one.n, one.since, one.until) for one in bulks) == [
        ("dlh", 10, first, first + 9 * MINUTE),
        ("dlh", 10, later, later + 9 * MINUTE),
    ]


def test_one_photo_at_one_place_is_several_reports_of_one_thing(frames: Any) -> None:
    """Two reports fifty metres apart may share their photo; two in different streets may not, nor two without a point."""
    at = NOW - 3 * DAY
    records = [done(f"near{k}", at, photo="0123456789abcdef", lat=-6.2 + k * 0.0004, lon=106.6) for k in range(2)]
    records += [done(f"far{k}", at, photo="fedcba9876543210", lat=-6.2 + k * 0.004, lon=106.6) for k in range(2)]
    records += [done(f"blind{k}", at, photo="00ff00ff00ff00ff", opd=("dlh", "dpupr")[k]) for k in range(2)]
    photos = {one.cases[0].source_id[:-1]: one for one in suspicions(ANALYST, frames(records), RULES, NOW)}
    assert {name: (one.n, one.opd) for name, one in photos.items()} == {"far": (2, "dlh"), "blind": (2, None)}
    assert photos["far"].detail == "foto bukti yang sama pada 2 aduan dalam 90 hari"


def test_few_closings_blame_nobody(frames: Any) -> None:
    """Nineteen closings, all in the last minute: too few to speak of. With one more the pattern speaks."""
    at = NOW - 3 * DAY
    nineteen = [done(f"a{k}", at + k * HOUR, due=at + k * HOUR + MINUTE) for k in range(19)]
    assert found(frames(nineteen)) == {}
    one = found(frames([done("z", at, due=at + 5 * DAY)]))["menjelang_tenggat"]
    assert (one.n, one.opd) == (19, "dlh")
    assert one.detail.startswith("19 dari 20 penutupan terjadi dalam 60 menit terakhir")


def test_a_case_reopened_soon_is_named_while_it_is_open_again(frames: Any) -> None:
    """Its source takes the closing away when it opens the case again; the version before still tells of it."""
    at = NOW - 9 * DAY
    shut = done("a", at, known_at=at)
    again = complaint("a", known_at=at + DAY, received=shut.received, reopened=at + DAY, status=Status.IN_PROCESS)
    one = found(frames([shut, again]))["segera_dibuka_lagi"]
    assert (one.n, one.since, one.cases[0].closed) == (1, at, at)


def test_cases_are_only_for_those_who_may_see_them(frames: Any) -> None:
    at = NOW - 3 * DAY
    places = ("36.71.01.1001", "36.71.02.1003")
    held = frames([done(f"a{k}", at, photo="00ff00ff00ff00ff", opd=("dlh", "dpupr")[k], area=places[k]) for k in range(2)])
    with pytest.raises(PermissionError):
        suspicions(PUBLIC, held, RULES, NOW)
    own = Scope(user="x", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    camat = Scope(user="x", role=Role.LEADER, areas=frozenset({"36.71.02"}))
    assert [case.source_id for case in found(held, own)["foto_sama"].cases] == ["a0"]
    assert [case.source_id for case in found(held, camat)["foto_sama"].cases] == ["a1"]
    assert found(held, Scope(user="x", role=Role.ANALYST, opds=frozenset())) == {}
    assert found(held)["foto_sama"].n == 2
    bidang = Scope(user="b", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"Sampah"}))
    assert [case.source_id for case in found(held, bidang)["foto_sama"].cases] == ["a0"]
    assert found(held, replace(bidang, categories=frozenset({"Jalan"}))) == {}


def test_cases_are_of_who_held_them_as_the_figures_are(frames: Any) -> None:
    """Passed on after its closing a case is still that of the OPD that closed it, in the list as in the count."""
    at = NOW - 3 * DAY
    closed = [done(f"a{k}", at, photo="00ff00ff00ff00ff", opd="dlh", known_at=at) for k in range(2)]
    moved = [done(f"a{k}", at, photo="00ff00ff00ff00ff", opd="dpupr", known_at=at + HOUR) for k in range(2)]
    held = frames([*closed, *moved])
    heads = {opd: Scope(user=opd, role=Role.OPD_HEAD, opds=frozenset({opd})) for opd in ("dlh", "dpupr")}
    assert found(held, heads["dlh"])["foto_sama"].n == 2
    assert found(held, heads["dpupr"]) == {}


def test_lists_are_bounded_and_counts_are_whole(frames: Any) -> None:
    at = NOW - 3 * DAY
    one = found(frames([done(f"a{k}", at + k * MINUTE, photo="00ff00ff00ff00ff") for k in range(MOST_CASES + 7)]))["foto_sama"]
    assert (one.n, len(one.cases)) == (MOST_CASES + 7, MOST_CASES)
    assert one.cases[0].source_id == f"a{MOST_CASES + 6}", "the newest are listed"


def test_without_records_there_is_nothing_to_say(tmp_path: Path, city: City) -> None:
    assert suspicions(ANALYST, Frames(tmp_path / "none", city, AreaTree.of(city)), RULES, NOW) == ()


@given(st.integers(1, 60), st.data())
def test_the_tail_is_the_binomials(n: int, data: st.DataObject) -> None:
    k, p = data.draw(st.integers(0, n)), data.draw(st.floats(0.001, 0.999))
    exact = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    assert tail(n, k, p) == pytest.approx(exact, rel=1e-6, abs=1e-12)


# --- the real file of Boston, 2015 ---------------------------------------------------------------

OPDS = {"PWDx": "dpupr", "BTDT": "dishub", "PARK": "dlh", "ISD": "disperkimtan"}


def boston(shared: Path) -> pl.DataFrame:
    """The file as complaints, with its own on-time flag beside."""
    rows = pl.read_csv(shared / "samples" / "311" / "boston_311_2015.csv.gz", infer_schema=False)

    def time(name: str) -> pl.Expr:
        local = pl.col(name).str.to_datetime("%m/%d/%Y %I:%M:%S %p", time_unit="us", strict=False)
        return local.dt.replace_time_zone("America/New_York", ambiguous="earliest", non_existent="null").dt.convert_time_zone(
            "UTC"
        )

    frame = rows.select(
        source=pl.lit("boston").cast(pl.Categorical),
        source_id="CASE_ENQUIRY_ID",
        area=pl.lit("tanpa-lokasi").cast(pl.Categorical),
        kecamatan=pl.lit(None).cast(pl.Categorical),
        opd=pl.col("Department").replace_strict(OPDS, default=None).cast(pl.Categorical),
        category=pl.col("TYPE").cast(pl.Categorical),
        received=time("OPEN_DT"),
        closed=time("CLOSED_DT"),
        due=time("TARGET_DT"),
        reopened=pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        status=pl.when(pl.col("CASE_STATUS") == "Closed").then(pl.lit("selesai")).otherwise(pl.lit("diproses")),
        lat=pl.col("LATITUDE").cast(pl.Float64),
        lon=pl.col("LONGITUDE").cast(pl.Float64),
        photo=pl.lit(None, dtype=pl.String),
        flag="OnTime_Status",
    )
    return frame.filter(pl.col("closed").is_null() | (pl.col("closed") >= pl.col("received"))).with_columns(**holding.plain())


def test_what_the_patterns_reveal_in_a_real_city(shared: Path) -> None:
    """Inspections (ISD) close in the last hour far more often than chance; traffic signals are closed by the dozen at a time."""
    view = View(version=1, seq=1, _files={Kind.COMPLAINT: {"2015": boston(shared)}})
    named = {month: gathered(suspects(view, RULES, datetime(2015, month, 1, tzinfo=UTC))) for month in range(3, 13)}
    last = [(month, one) for month, ones in named.items() for one in ones if one.pattern == "menjelang_tenggat"]
    assert [(month, one.opd) for month, one in last if one.opd != "disperkimtan"] == [(6, "dishub")]
    assert [month for month, one in last if one.opd == "disperkimtan"] == [3, 5, 6, 7, 11]
    assert last[0][1].detail == "10 dari 307 penutupan terjadi dalam 60 menit terakhir; bila merata sekitar 1,9"
    bulks = [one for ones in named.values() for one in ones if one.pattern == "massal"]
    most = max(bulks, key=lambda one: one.n)
    assert (len(bulks), most.n, most.opd, {case.category for case in most.cases}) == (
        18,
        25,
        "dishub",
        {"Traffic Signal Inspection"},
    )
    assert most.until - most.since < timedelta(minutes=23)


def test_a_sources_own_on_time_flag_is_not_taken_for_a_measurement(shared: Path) -> None:
    """Of the 90,437 that Boston itself calls on time a third is still open, or never had a deadline."""
    flagged = boston(shared).filter(pl.col("flag") == "ONTIME")
    is_open, closed = pl.col("closed").is_null(), pl.col("closed").is_not_null()
    counts = flagged.select(n=pl.len(), open=is_open.sum(), without=(closed & pl.col("due").is_null()).sum())
    assert counts.row(0) == (90_437, 8_428, 21_984)
