"""Whose case it was: the worked story by hand, any history against a plain reading of it, and the frames of the store."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import holding
from layers.areas import AreaTree
from layers.city import City
from layers.frames import Frames
from layers.model import Complaint, Kind, Status
from tests.layers.made import DAY, HOUR, NOW, complaint, give, opened

TIME = pl.Datetime("us", "UTC")
SCHEMA = dict.fromkeys(holding.VERSIONS, TIME) | dict.fromkeys(("source", "source_id", "opd", "category"), pl.String)


def told(*versions: Mapping[str, Any]) -> pl.DataFrame:
    usual = {"source": "laksa", "source_id": "1", "category": "Sampah", "received": NOW}
    return pl.DataFrame([{**dict.fromkeys(SCHEMA), **usual, **v} for v in versions], schema=SCHEMA)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


STORY = told(
    {"known_from": at(0), "due": at(48)},
    {"known_from": at(1), "opd": "dlh", "due": at(48)},
    {"known_from": at(10), "opd": "dpupr", "due": at(48)},
    {"known_from": at(20), "due": at(48)},
    {"known_from": at(40), "opd": "dpupr", "category": "Jalan", "due": at(96)},
    {"known_from": at(97), "opd": "dishub", "category": "Jalan", "due": at(96)},
    {"known_from": at(98), "opd": "dishub", "category": "Jalan", "due": at(96), "closed": at(98)},
    {"known_from": at(99), "opd": "dishub", "category": "Jalan", "due": at(96), "reopened": at(99)},
)


def test_the_story_of_a_case_that_was_passed_on() -> None:
    (row,) = holding.held(STORY.sample(fraction=1, shuffle=True, seed=7)).rows(named=True)
    assert row == {
        "source": "laksa",
        "source_id": "1",
        "holder": "dpupr",  # at the deadline, an hour before it came to dishub
        "held_from": at(10),
        "transfers": 2,
        "first_due": at(48),
        "due_moved": at(40),
        "closed_before": at(98),
    }


@pytest.mark.parametrize(
    ("closed", "due", "holder"),
    [
        (at(5), at(48), "dlh"),  # closed before it moved
        (at(-5), None, "dlh"),  # before it was known at all
        (at(15), at(10), "dpupr"),  # at the very moment of the deadline
        (None, at(500), "dishub"),  # the deadline lies ahead
        (None, None, "dishub"),
    ],
)
def test_it_counts_for_who_held_it_at_its_deadline_or_closing(closed: datetime | None, due: datetime | None, holder: str) -> None:
    moves = [("dlh", 0), ("dpupr", 10), ("dishub", 20)]
    versions = told(*({"known_from": at(h), "opd": opd, "due": due, "closed": closed} for opd, h in moves))
    assert holding.held(versions)["holder"].to_list() == [holder]


hours = st.integers(-3, 30)
histories = st.lists(
    st.fixed_dictionaries(
        {
            "opd": st.sampled_from(("dlh", "dpupr", "dishub", None)),
            "category": st.sampled_from(("Sampah", "Jalan")),
            "due": st.none() | hours.map(at),
            "closed": st.none() | hours.map(at),
            "reopened": st.none() | hours.map(at),
        }
    ),
    min_size=1,
    max_size=7,
)


def by_hand(versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The same answer as an auditor would find it with the versions before him."""
    newest = versions[-1]
    ends = [moment for moment in (newest["due"], newest["closed"]) if moment is not None]
    opds = [v for v in versions if v["opd"]]
    before = [v for v in opds if not ends or v["known_from"] <= min(ends)]
    changes = [b for a, b in itertools.pairwise(opds) if a["opd"] != b["opd"]]
    dues = [v["due"] for v in versions if v["due"]]
    moved = [v["known_from"] for v in versions if v["due"] and v["due"] > dues[0] and v["category"] != versions[0]["category"]]
    closings = [v["closed"] for v in versions if v["closed"] and newest["reopened"] and v["closed"] <= newest["reopened"]]
    holder = (before or opds[:1] or [None])[-1]
    since = [v["known_from"] for v in changes if not ends or v["known_from"] <= min(ends)]
    return {
        "holder": holder and holder["opd"],
        "held_from": since[-1] if since else None,
        "transfers": len(changes),
        "first_due": dues[0] if dues else None,
        "due_moved": min(moved, default=None),
        "closed_before": max(closings, default=None),
    }


@given(st.lists(histories, min_size=1, max_size=4))
def test_any_history_equals_a_plain_reading_of_it(cases: list[list[dict[str, Any]]]) -> None:
    known = [[{**v, "known_from": at(2 * k)} for k, v in enumerate(case)] for case in cases]
    rows = [{**v, "source_id": str(number)} for number, case in enumerate(known) for v in case]
    found = {row["source_id"]: row for row in holding.held(told(*rows)).rows(named=True)}
    for number, case in enumerate(known):
        assert {name: found[str(number)][name] for name in holding.COLUMNS} == by_hand(case)


@given(histories)
def test_one_version_needs_no_looking_up(case: list[dict[str, Any]]) -> None:
    alone = told({**case[0], "known_from": at(0)})
    plain = alone.with_columns(**holding.plain()).select(*holding.COLUMNS)
    assert plain.rows() == holding.held(alone).select(*holding.COLUMNS).rows()


# --- the frames ----------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def version(hours: float, opd: str | None, **fields: Any) -> Complaint:
    return complaint("A", known_at=NOW - 20 * DAY + hours * HOUR, opd=opd, received=NOW - 20 * DAY, **fields)


DUE = NOW - 20 * DAY + 30 * HOUR


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_frames_tell_it_whatever_order_the_versions_came_in(tmp_path: Path, url: str, city: City, order: Sequence[int]) -> None:
    """An earlier version that comes late changes no current row, and yet whose case it was."""
    done = {"status": Status.DONE, "closed": NOW - 20 * DAY + 60 * HOUR}
    versions = [version(0, "dlh", due=DUE), version(20, "dpupr", due=DUE), version(60, "dishub", due=DUE, **done)]
    with opened(url) as store:
        frames = Frames(tmp_path / "frames", city, AreaTree.of(city))
        for k in order:
            give(store, [versions[k], complaint(f"other{k}")])
            frames.refresh(store)
        rows = {row["source_id"]: row for row in frames.frame(Kind.COMPLAINT).to_dicts()}
        assert len(rows) == 4
        assert (rows["A"]["holder"], rows["A"]["opd"], rows["A"]["transfers"]) == ("dpupr", "dishub", 2)
        assert (rows["A"]["held_from"], rows["A"]["first_due"]) == (versions[1].known_at, DUE)
        assert (rows["other0"]["holder"], rows["other0"]["transfers"]) == ("dlh", 0)
        again = Frames(tmp_path / "again", city, AreaTree.of(city))
        again.refresh(store)
        assert {row["source_id"]: row for row in again.frame(Kind.COMPLAINT).to_dicts()} == rows
