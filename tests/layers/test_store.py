"""The store keeps versions in any order, batches whole, and gives rows only to those who may see them; on both databases."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

from layers.clock import SetClock, set_clock
from layers.model import UNPLACED, Complaint, Kind, Outcome, Record, Role, Scope, Stage, Status
from layers.schema import RECORD_TABLES
from layers.store import BATCH_ROWS, Reject, RunClosedError, Store
from layers.versions import FIELDS
from tests.layers.made import ANALYST, DAY, HOUR, NOW, OPERATOR, PUBLIC, complaint, give, new_store, one_of_each, put


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = new_store(url)
    yield store
    store.close()


def chain(store: Store, source: str) -> list[dict[str, Any]]:
    """Every version of a source as the tables hold it, without what depends on the moment of delivery."""
    table = RECORD_TABLES[Kind.COMPLAINT]
    names = [name for name in (*FIELDS[Kind.COMPLAINT], "known_from", "known_to", "month") if name != "seen_at"]
    query = select(*(table.c[name] for name in names)).where(table.c.source == source)
    with store.read() as connection:
        return [dict(row) for row in connection.execute(query.order_by(table.c.source_id, table.c.known_from)).mappings()]


# --- counts ----------------------------------------------------------------------------------


def test_rows_cursor_counts_and_quarantine_are_kept_together(store: Store) -> None:
    reject = Reject(source_id="X", field="closed", reason="ditutup sebelum diterima", original={"id": "X"})
    result, run = give(store, [complaint("1"), complaint("2")], excluded={"uji": 3}, rejects=[reject], cursor={"page": 2})
    assert (result.kept, result.unchanged, result.excluded, result.quarantined) == (2, 0, {"uji": 3}, 1)
    assert (run.seen, run.kept, run.excluded, run.quarantined) == (6, 2, {"uji": 3}, 1)
    assert store.cursor("laksa") == {"page": 2}
    (facts,) = store.source_states()
    assert (facts.source, facts.records, facts.seen, facts.kept, facts.quarantine_open) == ("laksa", 2, 6, 2, 1)
    assert facts.outcome is Outcome.OK
    assert facts.fetched_at == NOW
    assert facts.newest == NOW - DAY
    assert facts.last == run


def test_the_same_rows_twice_change_nothing(store: Store) -> None:
    records = one_of_each()
    give(store, records)
    head, before = store.head(), chain(store, "laksa")
    result, _ = give(store, [replace(record, seen_at=NOW + DAY) for record in records], now=NOW + DAY)
    assert (result.kept, result.unchanged, result.excluded) == (0, 4, {})
    assert (store.head(), chain(store, "laksa")) == (head, before)


def test_totals_are_sums_over_all_runs_and_rules(store: Store) -> None:
    give(store, [complaint("1")], excluded={"a": 1})
    give(store, [complaint("1")], excluded={"a": 2, "b": 1}, now=NOW + HOUR)
    (facts,) = store.source_states()
    assert (facts.seen, facts.kept, facts.unchanged, facts.excluded) == (6, 1, 1, {"a": 3, "b": 1})
    assert facts.last is not None
    assert facts.last.excluded == {"a": 2, "b": 1}


def test_a_batch_that_fails_leaves_nothing(store: Store) -> None:
    run = store.begin_run("laksa", NOW)
    put(store, run, [complaint("1")], cursor={"page": 1})
    naive = complaint("2", received=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test
    reject = Reject(source_id="9", field="x", reason="y", original={"a": 1})
    with pytest.raises(TypeError):
        put(store, run, [complaint("3"), naive], rejects=[reject], cursor={"page": 2})
    assert store.cursor("laksa") == {"page": 1}
    assert store.quarantine_reasons("laksa") == []
    assert [record.source_id for record in store.rows(ANALYST, Kind.COMPLAINT)] == ["1"]
    assert store.end_run(run, Outcome.OK, None, NOW).seen == 1


def test_a_batch_is_bounded_and_of_one_source(store: Store) -> None:
    run = store.begin_run("laksa", NOW)
    with pytest.raises(ValueError, match="paling banyak"):
        put(store, run, [complaint(str(n)) for n in range(BATCH_ROWS + 1)])
    with pytest.raises(ValueError, match="sumber lain"):
        put(store, run, [complaint("1", source="lain")])


def test_a_run_left_open_is_closed_as_interrupted_and_its_process_can_write_no_more(store: Store) -> None:
    dead = store.begin_run("laksa", NOW)
    put(store, dead, [complaint("1")], cursor={"page": 1})
    alive = store.begin_run("laksa", NOW + HOUR)
    (facts,) = store.source_states()
    assert facts.last is not None
    assert (facts.last.outcome, facts.last.message, facts.last.kept) == (Outcome.TRANSIENT, "terputus", 1)
    with pytest.raises(RunClosedError):
        put(store, dead, [complaint("2")], cursor={"page": 9})
    with pytest.raises(RunClosedError):
        store.end_run(dead, Outcome.OK, None, NOW)
    assert store.cursor("laksa") == {"page": 1}
    assert store.end_run(alive, Outcome.NOTHING_NEW, None, NOW + HOUR).outcome is Outcome.NOTHING_NEW


def test_failures_count_until_a_good_run(store: Store) -> None:
    set_clock(SetClock(start=NOW, since=time.time(), speed=1))
    assert store.breaker("laksa").failures == 0
    assert [store.record_failure("laksa", NOW, NOW + HOUR) for _ in range(2)] == [1, 2]
    assert store.breaker("laksa").retry_at == NOW + HOUR
    run = store.begin_run("laksa", NOW)
    store.end_run(run, Outcome.TRANSIENT, "habis waktu", NOW)
    assert store.failures("laksa") == 2
    give(store, [complaint("1")])
    assert (store.failures("laksa"), store.breaker("laksa").retry_at) == (0, None)


def test_a_clock_that_ran_ahead_silences_a_source_for_an_hour_at_most(store: Store) -> None:
    def at(moment: datetime) -> None:
        set_clock(SetClock(start=moment, since=time.time(), speed=1))

    ahead = NOW + 3 * DAY
    store.record_failure("laksa", ahead, ahead + 9 * HOUR)
    at(NOW)
    first = store.breaker("laksa").retry_at
    assert first is not None
    assert NOW + HOUR <= first < NOW + HOUR + timedelta(minutes=1)
    at(NOW + HOUR / 2)
    assert store.breaker("laksa").retry_at == store.source_states()[0].retry_at == first  # and not an hour from now again
    store.record_failure("laksa", NOW, NOW + HOUR / 2)
    assert store.breaker("laksa").retry_at == NOW + HOUR / 2


def test_the_books_of_quiet_runs_go_after_a_day_and_the_newest_and_the_sums_stay(store: Store) -> None:
    give(store, [complaint("1")])
    for hours in (1, 2, 30):
        run = store.begin_run("laksa", NOW + HOUR * hours)
        store.end_run(run, Outcome.NOTHING_NEW, None, NOW + HOUR * hours)
    before = store.source_states()
    assert store.purge_runs(NOW + HOUR * 24) == 0
    assert store.purge_runs(NOW + HOUR * 25) == 1
    assert store.purge_runs(NOW + HOUR * 26) == 1
    assert store.purge_runs(NOW + DAY * 89) == 0, "the run that kept rows stays its 90 days"
    assert store.purge_runs(NOW + DAY * 400) == 1
    assert store.source_states() == before


def test_what_lies_ahead_says_nothing_of_the_age_of_the_data(store: Store) -> None:
    give(store, [complaint("1", received=NOW + 9 * DAY), complaint("2", received=NOW - 3 * DAY, known_at=NOW - 2 * DAY)])
    assert store.source_states()[0].newest == NOW - 2 * DAY
    give(store, [complaint("3", received=NOW - 5 * DAY)])
    assert store.source_states()[0].newest == NOW - 2 * DAY


# --- versions --------------------------------------------------------------------------------


def test_every_field_of_every_kind_comes_back_as_it_was(store: Store) -> None:
    records = one_of_each()
    give(store, records)
    for record in records:
        assert store.rows(OPERATOR, record.kind) == [record]
        assert store.record(OPERATOR, "laksa", record.source_id) == record


def test_without_a_time_of_the_source_a_change_begins_when_it_is_seen(store: Store) -> None:
    seen = [NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]
    states = [Status.WAITING, Status.IN_PROCESS, Status.IN_PROCESS, Status.WAITING]
    kept = [give(store, [complaint("1", seen_at=at, status=s)], now=at)[0].kept for at, s in zip(seen, states, strict=True)]
    assert kept == [1, 1, 0, 1]
    assert [(v.seen_at, v.status) for v in store.history(ANALYST, "laksa", "1") if isinstance(v, Complaint)] == [
        (seen[0], states[0]), (seen[1], states[1]), (seen[3], states[3]),
    ]  # fmt: skip
    assert store.source_states()[0].records == 1


def test_when_our_clock_went_back_what_is_seen_last_is_what_holds(store: Store) -> None:
    seen = [NOW, NOW - HOUR, NOW - HOUR / 2, NOW - HOUR / 3]
    states = [Status.WAITING, Status.DONE, Status.DONE, Status.WAITING]
    kept = [give(store, [complaint("1", seen_at=at, status=s)], now=at)[0].kept for at, s in zip(seen, states, strict=True)]
    assert kept == [1, 1, 0, 1]
    tick = timedelta(microseconds=1)
    assert [(row["known_from"], row["known_to"], row["status"]) for row in chain(store, "laksa")] == [
        (NOW, NOW + tick, "menunggu"), (NOW + tick, NOW + 2 * tick, "selesai"), (NOW + 2 * tick, None, "menunggu"),
    ]  # fmt: skip
    later, _ = give(store, [complaint("1", seen_at=NOW + HOUR, status=Status.DONE)], now=NOW + HOUR)
    assert later.kept == 1
    assert chain(store, "laksa")[-1]["known_from"] == NOW + HOUR


def test_a_version_that_arrives_late_takes_its_place_and_the_newest_stays(store: Store) -> None:
    give(store, [complaint("1", known_at=NOW - HOUR, status=Status.DONE)])
    head = store.head()
    give(store, [complaint("1", known_at=NOW - 3 * HOUR), complaint("1", known_at=NOW - 2 * HOUR, status=Status.IN_PROCESS)])
    assert [(row["known_from"], row["known_to"]) for row in chain(store, "laksa")] == [
        (NOW - 3 * HOUR, NOW - 2 * HOUR), (NOW - 2 * HOUR, NOW - HOUR), (NOW - HOUR, None),
    ]  # fmt: skip
    current = store.record(ANALYST, "laksa", "1")
    assert isinstance(current, Complaint)
    assert current.status is Status.DONE
    assert ids(store, since=head) == []


@pytest.mark.parametrize("known", [NOW - HOUR, None])
def test_twins_leave_the_same_one_whatever_the_order_and_are_counted(store: Store, known: datetime | None) -> None:
    left = set()
    for source, order in (("a", (0, 1)), ("b", (1, 0))):
        twins = [complaint("1", source=source, known_at=known, category=name) for name in ("Jalan", "Sampah")]
        together, _ = give(store, [twins[n] for n in order])
        assert (together.kept, together.excluded) == (1, {"kembar": 1})
        apart = [put_alone(store, replace(twins[n], source=source + "2")) for n in order]
        assert sum(part.kept + part.excluded.get("kembar", 0) for part in apart) == 2
        for name in (source, source + "2"):
            (row,) = chain(store, name)
            left.add((row["category"], row["known_to"]))
        again, _ = give(store, twins)
        assert (again.kept, again.unchanged, again.excluded) == (0, 1, {"kembar": 1})
    assert len(left) == 1


def put_alone(store: Store, record: Record) -> Any:
    return give(store, [record])[0]


versions = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from(["Jalan", "Sampah", "Banjir"]), st.integers(0, 40)),
    min_size=1,
    max_size=9,
)
names = (f"h{n}" for n in itertools.count())


@given(rows=versions, data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_split_into_batches_gives_the_same_store(store: Store, rows: list[Any], data: st.DataObject) -> None:
    """The law of versions: what is known does not depend on how it came."""

    def deliver(source: str, order: list[Any], cuts: list[int]) -> list[dict[str, Any]]:
        fate = 0
        for start, end in itertools.pairwise([0, *sorted(cuts), len(order)]):
            part = [
                complaint(i, source=source, known_at=NOW - k * HOUR, category=c, received=NOW - d * DAY)
                for i, k, c, d in order[start:end]
            ]
            result, run = give(store, part, source=source)
            fate += result.kept + result.unchanged + sum(result.excluded.values())
            assert run.seen == len(part)
        assert fate == len(order)
        return [row | {"source": ""} for row in chain(store, source)]

    shuffled = data.draw(st.permutations(rows))
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=4))
    first, second = next(names), next(names)
    one = deliver(first, rows, [])
    assert one == deliver(second, shuffled, cuts)
    for _, group in itertools.groupby(one, key=lambda row: row["source_id"]):
        starts = list(group)
        assert [row["known_to"] for row in starts] == [row["known_from"] for row in starts[1:]] + [None]
    facts = {state.source: state.records for state in store.source_states()}
    assert facts[first] == facts[second] == len({row[0] for row in rows})
    for source in (first, second):  # the frames see exactly the newest of each
        newest = {row["source_id"]: (row["category"], row["month"]) for row in one if row["known_to"] is None}
        seen = [row for chunk in store.changes(Kind.COMPLAINT, 0) for row in chunk.to_pylist() if row["source"] == source]
        assert {row["source_id"]: (row["category"], row["month"]) for row in seen} == newest
        assert len(seen) == len(newest)


@pytest.mark.parametrize("known", [NOW - HOUR, None])
def test_what_is_gone_ends_now_and_is_back_when_it_is_kept_again(store: Store, known: datetime | None) -> None:
    def end(hours: int) -> None:
        result, run = give(store, excluded={"tidak aktif": 1}, gone=[(Kind.COMPLAINT, "1")], now=NOW + hours * HOUR)
        assert (result.kept, result.excluded, run.seen) == (0, {"tidak aktif": 1}, 1)

    def now() -> list[str]:
        return [record.source_id for record in store.rows(ANALYST, Kind.COMPLAINT)]

    give(store, [complaint("1", known_at=known), complaint("2")])
    give(store, [complaint("1", source="lain")])
    before = store.head()
    end(1)
    assert (now(), store.record(ANALYST, "laksa", "1")) == (["1", "2"], None)
    assert store.record(ANALYST, "lain", "1") is not None
    assert chain(store, "laksa")[0]["known_to"] == NOW + HOUR
    assert store.gone(Kind.COMPLAINT, before) == [("laksa", "1", "2026-11")]
    assert (store.gone(Kind.COMPLAINT, store.head()), store.gone(Kind.PACKAGE, 0)) == ([], [])
    head = store.head()
    end(2)
    assert store.head() == head  # gone already
    again, _ = give(store, [complaint("1", known_at=known, seen_at=NOW + 3 * HOUR)], now=NOW + 3 * HOUR)
    assert (again.kept, again.unchanged) == (0, 1)
    assert (ids(store, since=head), store.gone(Kind.COMPLAINT, 0)) == (["1"], [])
    assert store.record(ANALYST, "laksa", "1") is not None
    end(4)
    later = complaint("1", known_at=known and NOW + 5 * HOUR, seen_at=NOW + 5 * HOUR, status=Status.DONE, received=NOW - 60 * DAY)
    give(store, [later], now=NOW + 5 * HOUR)
    assert [(row["known_from"], row["known_to"]) for row in chain(store, "laksa") if row["source_id"] == "1"] == [
        (known or NOW, NOW + 4 * HOUR), (NOW + 5 * HOUR, None),
    ]  # fmt: skip
    (back,) = [row for chunk in store.changes(Kind.COMPLAINT, head) for row in chunk.to_pylist() if row["source_id"] == "1"]
    assert (back["month"], back["moved_from"]) == ("2026-09", "2026-11")
    assert {facts.source: facts.records for facts in store.source_states()} == {"laksa": 2, "lain": 1}


def test_an_older_version_that_arrives_late_brings_back_what_is_gone(store: Store) -> None:
    give(store, [complaint("1", known_at=NOW - HOUR, status=Status.DONE)])
    give(store, gone=[(Kind.COMPLAINT, "1")], now=NOW + HOUR)
    head = store.head()
    give(store, [complaint("1", known_at=NOW - 3 * HOUR)], now=NOW + 2 * HOUR)
    current = store.record(ANALYST, "laksa", "1")
    assert isinstance(current, Complaint)
    assert current.status is Status.DONE
    assert ids(store, since=head) == ["1"]


def test_what_is_kept_in_the_same_batch_is_not_gone(store: Store) -> None:
    give(store, [complaint("1"), complaint("2")])
    give(store, [complaint("1")], gone=[(Kind.COMPLAINT, "1"), (Kind.PACKAGE, "2"), (Kind.COMPLAINT, "9")])
    assert [record.source_id for record in store.rows(ANALYST, Kind.COMPLAINT)] == ["2", "1"]
    assert store.gone(Kind.COMPLAINT, 0) == []


def test_money_finer_than_a_sen_is_refused(store: Store) -> None:
    package = one_of_each()[2]
    with pytest.raises(ValueError, match="sen"):
        give(store, [replace(package, pagu=Decimal("0.001"))])  # type: ignore[call-arg]


# --- columns for the frames --------------------------------------------------------------------


def ids(store: Store, since: int = 0, limit: int | None = None) -> list[str]:
    return [name for chunk in store.changes(Kind.COMPLAINT, since, limit) for name in chunk.column("source_id").to_pylist()]


def test_changes_come_once_in_order_and_go_on_from_the_head(store: Store) -> None:
    give(store, [complaint(str(n)) for n in range(5)])
    head = store.head()
    assert ids(store) == list("01234")
    assert ids(store, limit=2) == ["0", "1"]
    assert ids(store, since=head) == []
    give(store, [complaint("3", seen_at=NOW + HOUR, status=Status.DONE), complaint("1")], now=NOW + HOUR)
    assert ids(store, since=head) == ["3"]
    assert ids(store) == list("01243")


def test_chunks_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.shelves.CHUNK_ROWS", 3)
    give(store, [complaint(str(n)) for n in range(8)])
    assert [chunk.num_rows for chunk in store.changes(Kind.COMPLAINT, 0)] == [3, 3, 2]
    assert store.month(Kind.COMPLAINT, "2026-11").num_rows == 8


def test_what_changes_while_it_is_read_comes_at_the_next_reading(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.shelves.CHUNK_ROWS", 2)
    give(store, [complaint(str(n)) for n in range(4)])
    head = store.head()
    chunks = store.changes(Kind.COMPLAINT, 0)
    assert next(chunks).column("source_id").to_pylist() == ["0", "1"]
    changed = [complaint(name, seen_at=NOW + HOUR, status=Status.DONE) for name in "03"]
    give(store, changed, now=NOW + HOUR)
    assert [name for chunk in chunks for name in chunk.column("source_id").to_pylist()] == ["2"]
    assert ids(store, since=head) == ["0", "3"]


def test_a_record_that_moves_names_every_other_month_that_it_was_in(store: Store) -> None:
    months = [datetime.fromisoformat(f"2026-{m}-15T00:00:00+00:00") for m in ("07", "08", "07", "09")]
    told = []
    for n, month in enumerate(months):
        give(store, [complaint("1", received=month, seen_at=NOW + n * HOUR)], now=NOW + n * HOUR)
        (row,) = [row for chunk in store.changes(Kind.COMPLAINT, 0) for row in chunk.to_pylist()]
        told.append((row["month"], row["moved_from"]))
    assert told == [("2026-07", None), ("2026-08", "2026-07"), ("2026-07", "2026-08"), ("2026-09", "2026-07,2026-08")]


def test_a_month_is_local_and_typed(store: Store) -> None:
    give(store, [complaint("late", received=datetime.fromisoformat("2026-10-31T17:00:00+00:00")), *one_of_each()])
    table = store.month(Kind.COMPLAINT, "2026-11")
    assert set(table.column("source_id").to_pylist()) == {"late", "c"}
    assert table.schema.field("received").type == pa.timestamp("us", tz="UTC")
    assert store.month(Kind.COMPLAINT, "2026-10").num_rows == 0
    (package,) = store.month(Kind.PACKAGE, "2026-10").to_pylist()
    assert (package["pagu"], package["stage"], package["handed_over"]) == (120000000050, "kontrak", NOW - DAY)


def test_who_follows_the_head_misses_nothing_while_others_write(store: Store) -> None:
    """Change numbers rise in the order of commits, so a reader that goes on from the head never skips a row."""
    done = threading.Event()
    seen: set[tuple[str, str]] = set()

    def write(source: str) -> None:
        run = store.begin_run(source, NOW)
        for part in range(12):
            put(store, run, [complaint(f"{part}.{n}", source=source) for n in range(40)], source=source)

    def follow() -> None:
        since = 0
        while True:
            last = done.is_set()
            head = store.head()
            for chunk in store.changes(Kind.COMPLAINT, since):
                seen.update(zip(chunk.column("source").to_pylist(), chunk.column("source_id").to_pylist(), strict=True))
            since = head
            if last:
                return

    reader = threading.Thread(target=follow)
    writers = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(3)]
    for thread in (reader, *writers):
        thread.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert len(seen) == 3 * 12 * 40


# --- rows and rights ---------------------------------------------------------------------------


@pytest.fixture
def city(store: Store) -> Store:
    give(store, [
        complaint("a", area="36.71.01.1001", opd="dlh", due=NOW + 2 * DAY, received=NOW - 3 * DAY),
        complaint("b", area="36.71.01.1002", opd="dpupr", due=NOW + DAY, received=NOW - 2 * DAY, status=Status.IN_PROCESS),
        complaint("c", area="36.71.02.1001", opd="dlh", received=NOW - DAY, status=Status.DONE),
        complaint("d", area=UNPLACED, opd=None, received=NOW),
        complaint("e", area="36.71.010.1001", opd="dlh", due=NOW, received=NOW - 4 * DAY),
    ])  # fmt: skip
    return store


def found(store: Store, scope: Scope = ANALYST, **ask: Any) -> str:
    return "".join(record.source_id for record in store.rows(scope, Kind.COMPLAINT, **ask))


def test_rows_are_ordered_cut_and_paged(city: Store) -> None:
    assert found(city) == "dcbae"
    assert found(city, order="oldest") == "eabcd"
    assert found(city, order="due", open_only=True) == "ebad"
    assert found(city, limit=2, offset=1) == "cb"
    assert found(city, area="36.71.01.1001") == "a"
    assert found(city, area="36.71.01") == "ba"
    assert found(city, area="36.71") == "dcbae"
    assert found(city, area=UNPLACED) == "d"
    assert found(city, opd="dlh", area="36.71.02") == "c"
    with pytest.raises(ValueError, match="urutan"):
        found(city, order="source_id; drop table complaint")
    with pytest.raises(ValueError, match="terbuka"):
        city.rows(ANALYST, Kind.SERVICE, open_only=True)


def test_open_packages_are_those_neither_done_nor_cancelled(store: Store) -> None:
    package = one_of_each()[2]
    give(store, [replace(package, source_id=stage.value, stage=stage) for stage in Stage])  # type: ignore[call-arg]
    rows = store.rows(ANALYST, Kind.PACKAGE, open_only=True)
    assert {row.source_id for row in rows} == {"rencana", "pemilihan", "kontrak"}


def test_a_scope_sees_its_own_rows_only_whatever_it_asks(city: Store) -> None:
    head = Scope(user="k", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    camat = Scope(user="c", role=Role.LEADER, areas=frozenset({"36.71.01"}))
    both = Scope(user="b", role=Role.OPD_HEAD, opds=frozenset({"dlh"}), areas=frozenset({"36.71.01"}))
    none = Scope(user="n", role=Role.ANALYST, areas=frozenset())
    bare = Scope(user="n", role=Role.OPD_HEAD, opds=frozenset())
    assert [found(city, scope) for scope in (head, camat, both, none, bare)] == ["cae", "ba", "a", "", ""]
    bidang = {name: replace(head, role=Role.BIDANG, categories=frozenset({name})) for name in ("Sampah", "Jalan")}
    assert [found(city, scope) for scope in bidang.values()] == ["cae", ""]
    assert [p.source_id for p in city.rows(bidang["Jalan"], Kind.PACKAGE)] == [p.source_id for p in city.rows(head, Kind.PACKAGE)]
    assert found(city, head, opd="dpupr") == ""
    assert found(city, camat, area="36.71.02") == ""
    assert city.record(head, "laksa", "b") is None
    assert city.history(camat, "laksa", "c") == []
    assert [v.source_id for v in city.history(head, "laksa", "a")] == ["a"]


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.SCREEN])
def test_who_sees_aggregates_only_gets_no_row_by_any_way(city: Store, role: Role) -> None:
    scope = replace(PUBLIC, role=role)
    for ask in (
        lambda: city.rows(scope, Kind.COMPLAINT),
        lambda: city.record(scope, "laksa", "a"),
        lambda: city.history(scope, "laksa", "a"),
        lambda: city.quarantine(scope),
        lambda: city.quarantine_originals(scope, "laksa"),
    ):
        with pytest.raises(PermissionError):
            ask()


@pytest.mark.parametrize(
    "scope",
    [
        Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"})),
        Scope(user="seksi", role=Role.OPD_HEAD, opds=frozenset({"dlh"}), areas=frozenset({"36.71.01.1001"})),
    ],
)
def test_a_few_records_are_not_looked_for_among_all_of_an_opd_or_place(store: Store, scope: Scope) -> None:
    give(store, [complaint(str(n), text=f"kata {n}") for n in range(20)])
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    assert store.texts(scope, [("laksa", "3"), ("laksa", "4")]) == {("laksa", "3"): "kata 3", ("laksa", "4"): "kata 4"}
    assert store.record(scope, "laksa", "3") is not None
    event.remove(Engine, "before_cursor_execute", note)
    if store.sqlite:
        asked = [each for each in asked if each[0].startswith("SELECT")]
        with store.read() as connection:
            plans = [str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all()) for sql, given in asked]
        assert len(plans) > len(RECORD_TABLES)
        assert not [plan for plan in plans if re.search(r"SCAN|\((opd|area)=\?\)", plan)]


def test_a_case_that_changed_hands_shows_each_opd_its_own_part(store: Store) -> None:
    give(store, [complaint("1", opd="dlh")])
    give(store, [complaint("1", opd="dpupr", seen_at=NOW + HOUR)], now=NOW + HOUR)
    former = Scope(user="k", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    assert store.record(former, "laksa", "1") is None
    assert [version.opd for version in store.history(former, "laksa", "1")] == ["dlh"]


# --- leases ------------------------------------------------------------------------------------


def test_a_lease_is_one_owners_until_it_ends_or_is_given_back(store: Store) -> None:
    ttl = timedelta(seconds=60)
    assert store.lease("laksa", "a", ttl, NOW)
    assert not store.lease("laksa", "b", ttl, NOW + ttl / 2)
    assert store.lease("lain", "b", ttl, NOW)
    assert store.renew("laksa", "a", ttl, NOW + ttl / 2)
    assert not store.lease("laksa", "b", ttl, NOW + ttl)
    assert not store.renew("laksa", "b", ttl, NOW)
    assert store.lease("laksa", "b", ttl, NOW + 1.5 * ttl)
    assert not store.renew("laksa", "a", ttl, NOW + 1.5 * ttl)
    store.release("laksa", "a")
    assert not store.lease("laksa", "a", ttl, NOW + 1.5 * ttl)
    store.release("laksa", "b")
    assert store.lease("laksa", "a", ttl, NOW)


def test_the_secret_and_the_password_in_the_url_are_in_no_repr() -> None:
    store = Store("postgresql+psycopg://u:s3kr1t-sandi@localhost/x", NOW.tzinfo, "rahasia-yang-panjang" * 3)  # type: ignore[arg-type]
    assert repr(store) == "Store(postgresql)"
    assert "rahasia" not in f"{store!r}{store.vault!r}{vars(store)!r}"
    assert "s3kr1t" not in f"{vars(store)!r}"
