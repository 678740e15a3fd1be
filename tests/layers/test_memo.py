"""What is remembered of a frame goes with it, and a figure that is not made anew equals one that is."""

from __future__ import annotations

import gc
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import memo
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.edges import Stillness, _known, edges, recalled
from layers.evaluate import figures
from layers.forms import Count, Mean
from layers.frames import Frames, schema
from layers.memo import kept
from layers.model import UNPLACED, Complaint, Kind, Measurement, Package, Record, Service, Stage, Status
from layers.prepared import prepared
from layers.readings import Room, readings
from layers.snapshot import Reading
from layers.windows import When, Window
from tests.layers.made import DAY, HOUR, NOW, ZONE, complaint, give, new_store

AREAS = ("36.71.01.1001", "36.71.05.1004", UNPLACED)
HOURS = st.integers(-24 * 70, 24 * 5)
MINUTES = st.integers(-24 * 60 * 70, 24 * 60 * 70)


def test_what_was_made_of_a_frame_is_made_once_and_goes_with_it() -> None:
    frame, calls = pl.DataFrame({"a": [1]}), []

    def make() -> list[int]:
        calls.append(1)
        return [len(calls)]

    first, city = kept(frame, "x", make), object()
    assert kept(frame, "x", make) is first
    assert kept(frame, "y", make) == [2]
    assert kept(frame, "x", make, key=1) == [3]
    assert kept(frame, "x", make, key=1, of=city) == [4]
    assert kept(frame, "x", make, key=1, of=city) == [4]
    held = id(frame)
    assert held in memo._slots
    del frame
    gc.collect()
    assert held not in memo._slots


def test_nearly_every_kpi_depends_on_its_window_by_edges_alone() -> None:
    """One that does not (what a month's number decides) is made anew each time: right, but slow."""
    others = [kpi.id for kpi in catalog().values() if kpi.kind and edges(kpi.form, kpi.window, ZONE) is None]
    assert len(others) * 20 <= len(catalog()), others


AGES = Mean(where=lambda when: when.by_end("received"), value=pl.col("n"))
BY_AGE = Count(where=lambda when: (when.ends - pl.col("received")).dt.total_days() > 3)
BY_WEEKDAY = Count(where=lambda when: pl.lit(value=when.end.weekday() < 5))
BY_TIME = Count(where=lambda when: pl.col("received") < pl.lit(when.end))


@pytest.mark.parametrize("form", [BY_AGE, BY_WEEKDAY, BY_TIME])
def test_a_figure_that_uses_its_window_in_another_way_is_never_taken_as_unchanged(form: Count) -> None:
    frame = pl.DataFrame({"received": [NOW - 90 * DAY]}, schema={"received": pl.Datetime("us", "UTC")})
    windows = [Window.NOW.at(NOW + later, ZONE) for later in (timedelta(0), HOUR)]
    assert edges(form, Window.NOW, ZONE) is None
    assert not Stillness(frame).unmoved(form, *windows)


def test_a_time_on_the_edge_counts_as_crossed() -> None:
    frame = pl.DataFrame({"received": [NOW], "n": [1]}, schema_overrides={"received": pl.Datetime("us", "UTC")})

    def unmoved(some: datetime, other: datetime) -> bool:
        return Stillness(frame).unmoved(AGES, Window.NOW.at(some, ZONE), Window.NOW.at(other, ZONE))

    assert unmoved(NOW - 2 * HOUR, NOW - HOUR)
    assert not unmoved(NOW - HOUR, NOW)
    assert not unmoved(NOW, NOW + HOUR)
    assert unmoved(NOW, NOW)
    assert not unmoved(NOW + HOUR, NOW - HOUR)


def test_another_year_is_another_figure() -> None:
    frame = pl.DataFrame({"received": [NOW - 900 * DAY], "n": [1]}, schema_overrides={"received": pl.Datetime("us", "UTC")})
    some, other = (Window.NOW.at(at, ZONE) for at in (NOW, NOW + 60 * DAY))
    assert not Stillness(frame).unmoved(AGES, some, other)


# --- the whole room ----------------------------------------------------------------------------


def at(hours: int | None) -> datetime | None:
    return None if hours is None else NOW + hours * HOUR


maybe = st.none() | HOURS


@st.composite
def records(draw: st.DrawFn, number: int) -> Record:
    own: dict[str, Any] = {
        "source_id": str(number),
        "area": draw(st.sampled_from(AREAS)),
        "opd": draw(st.sampled_from(("dlh", None))),
    }
    kind = draw(st.sampled_from((Complaint, Complaint, Complaint, Service, Package, Measurement)))
    moment = NOW + draw(HOURS) * HOUR
    if kind is Complaint:
        times = {name: at(draw(maybe)) for name in ("responded", "closed", "due", "verified", "reopened")}
        channel = draw(st.sampled_from(("112", "aplikasi")))
        return complaint(**own, received=moment, status=draw(st.sampled_from(Status)), channel=channel, **times)
    own |= {"source": "laksa", "seen_at": NOW}
    if kind is Service:
        return Service(
            **own, day=moment, service=draw(st.sampled_from(("KTP", "KK"))), served=draw(st.integers(0, 9)), online=True
        )
    if kind is Package:
        bought = at(draw(maybe))
        return Package(
            **own,
            announced=moment,
            year=NOW.year,
            title="Jalan",
            method="Tender",
            stage=draw(st.sampled_from(Stage)),
            contracted=bought,
        )
    name = draw(st.sampled_from(("penduduk.jumlah", "banjir.laporan", "cuaca.hujan")))
    return Measurement(**own, name=name, subject="a", value=float(draw(st.integers(0, 99))), unit="-", measured=moment)


steps = st.lists(st.tuples(MINUTES, st.lists(st.integers(0, 40), max_size=3)), min_size=2, max_size=3)


COMPLAINTS = [kpi for kpi in catalog().values() if kpi.kind is Kind.COMPLAINT and kpi.pattern is None]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(HOURS, maybe, maybe, maybe, st.sampled_from(Status)), max_size=20),
    st.lists(MINUTES, min_size=2, max_size=4),
)
def test_cells_that_are_recalled_equal_cells_made_anew(
    city: City, rows: list[tuple[int, int | None, int | None, int | None, Status]], moments: list[int]
) -> None:
    """Forth and back in time over the same rows, also exactly on the hour that a row bears."""
    given = [
        {"received": at(received), "responded": at(responded), "closed": at(closed), "due": at(due), "status": status.value}
        | {"area": AREAS[i % 3], "channel": "112", "category": "Sampah", "source": "laksa", "source_id": str(i)}
        for i, (received, responded, closed, due, status) in enumerate(rows)
    ]
    frame = prepared(Kind.COMPLAINT, pl.DataFrame(given, schema=schema(Kind.COMPLAINT)), city, NOW)
    for minutes in moments:
        now = NOW + timedelta(minutes=minutes // 60 * 60 if minutes % 2 else minutes)
        asks = [(kpi.form, kpi.window.at(now, ZONE)) for kpi in COMPLAINTS]
        names = [kpi.id for kpi in COMPLAINTS]
        assert recalled(frame, names, asks, (None, "area")) == figures(frame, asks, (None, "area"))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), steps)
def test_a_room_that_remembers_says_what_a_new_one_says(
    tmp_path_factory: pytest.TempPathFactory, city: City, data: st.DataObject, moments: list[tuple[int, list[int]]]
) -> None:
    """Forth and back in time, with and without changes between."""
    folder, tree = tmp_path_factory.mktemp("room"), AreaTree.of(city)
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    frames = Frames(folder / "frames", city, tree)
    give(store, [data.draw(records(number)) for number in range(30)])
    for minutes, changed in moments:
        if changed:
            give(store, [data.draw(records(number)) for number in dict.fromkeys(changed)])
        frames.refresh(store)
        now = NOW + timedelta(minutes=minutes)

        def shown(frames: Frames, now: datetime = now) -> dict[tuple[str, str, str | None], Reading]:
            found = readings(catalog().values(), Room(frames.view(), tree, city, store.source_states(), now))
            return {(r.kpi, r.area, r.opd): r for r in found}

        assert shown(frames) == shown(Frames(folder / "frames", city, tree))
    store.close()


def test_what_another_thread_asks_meanwhile_is_not_taken_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"received": [NOW, NOW + DAY], "n": [1, 2]}, schema_overrides={"received": pl.Datetime("us", "UTC")})
    early, late = (Window.NOW.at(at, ZONE) for at in (NOW + HOUR, NOW + DAY + HOUR))

    def ask(when: When) -> float | None:
        return recalled(frame, ["ages"], [(AGES, when)], (None,))[0][None][""].value

    def overtaken(*asked: Any) -> list[Any]:
        monkeypatch.setattr("layers.edges.figures", figures)
        cells = figures(*asked)
        ask(late)
        return cells

    ask(late)
    monkeypatch.setattr("layers.edges.figures", overtaken)
    assert ask(early) == 1
    assert ask(late) == 1.5


def test_of_many_packs_only_the_last_forms_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.edges.MOST_FORMS", 3)
    for _ in range(9):
        edges(Count(where=lambda when: when.by_end("received")), Window.NOW, ZONE)
    assert len(_known) == 3
