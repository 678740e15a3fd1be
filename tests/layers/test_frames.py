"""Frames are the store's current records, whatever happened on the way: patched, moved, killed, damaged, read while written."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import frames as frames_module
from layers.areas import AreaTree
from layers.city import City
from layers.frames import GRACE, Frames, schema
from layers.holding import COLUMNS
from layers.model import UNPLACED, Kind, Record, Status
from layers.store import Store
from tests.layers.made import DAY, HOUR, NOW, complaint, give, new_store, one_of_each

OCTOBER, NOVEMBER = datetime.fromisoformat("2026-10-05T05:00:00+00:00"), NOW - DAY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(f"sqlite:///{tmp_path}/s.sqlite")
    yield store
    store.close()


@pytest.fixture
def frames(tmp_path: Path, city: City) -> Frames:
    return Frames(tmp_path / "frames", city, AreaTree.of(city))


def held(frames: Frames, kind: Kind = Kind.COMPLAINT) -> dict[str, dict[str, Any]]:
    rows = frames.frame(kind).to_dicts()
    assert len({row["source_id"] for row in rows}) == len(rows)
    return {row["source_id"]: row for row in rows}


def files(frames: Frames) -> set[str]:
    return {path.name for path in frames.directory.glob("*.arrow")}


def test_before_anything_was_written_frames_are_empty(frames: Frames) -> None:
    assert (frames.version, frames.frame(Kind.COMPLAINT).height) == (0, 0)
    assert dict(frames.frame(Kind.PACKAGE).schema) == dict(pl.DataFrame(schema=schema(Kind.PACKAGE)).schema)


def test_every_kind_comes_through_with_its_fields(frames: Frames, store: Store) -> None:
    records = one_of_each()
    give(store, records)
    assert frames.refresh(store)
    for record in records:
        (row,) = held(frames, record.kind).values()
        for name in set(row) - {"kecamatan", "month"} - set(COLUMNS):
            value = getattr(record, name)
            assert row[name] == (
                int(value * 100) if name in {"pagu", "hps", "value", "pdn", "umk"} and record.kind is Kind.PACKAGE else value
            )
        assert row["kecamatan"] == row["area"][:8]


def test_a_second_refresh_without_change_does_nothing(frames: Frames, store: Store) -> None:
    give(store, one_of_each())
    assert frames.refresh(store)
    version, names = frames.version, files(frames)
    assert not frames.refresh(store)
    assert (frames.version, files(frames)) == (version, names)


def test_only_the_month_that_changed_is_written_and_opened_again(frames: Frames, store: Store) -> None:
    give(store, [complaint("a", received=OCTOBER), complaint("b", received=NOVEMBER)])
    frames.refresh(store)
    frames.view()
    october = next(name for name in files(frames) if "2026-10" in name)
    opened = frames._open[october]
    give(store, [complaint("b", received=NOVEMBER, status=Status.DONE, seen_at=NOW + HOUR)])
    assert frames.refresh(store)
    assert held(frames)["b"]["status"] == "selesai"
    assert frames._open[october] is opened


def test_a_record_that_moves_leaves_the_months_it_was_in(frames: Frames, store: Store) -> None:
    """Twice between two refreshes: the frames saw only the first month."""
    give(store, [complaint("a", received=OCTOBER)])
    frames.refresh(store)
    give(store, [complaint("a", received=NOVEMBER, seen_at=NOW + HOUR)])
    give(store, [complaint("a", received=NOVEMBER, seen_at=NOW + 2 * HOUR, status=Status.DONE)])
    frames.refresh(store)
    assert {(row["month"], row["status"]) for row in held(frames).values()} == {("2026-11", "selesai")}
    manifest = json.loads((frames.directory / "manifest.json").read_text())
    assert set(manifest["kinds"]["complaint"]["months"]) == {"2026-11"}


def test_the_month_is_local(frames: Frames, store: Store) -> None:
    give(store, [complaint("a", received=datetime.fromisoformat("2026-10-31T17:00:00+00:00"))])
    frames.refresh(store)
    assert held(frames)["a"]["month"] == "2026-11"  # midnight in Tangerang


def test_a_place_outside_the_city_counts_as_unplaced(frames: Frames, store: Store) -> None:
    places = {"in": "36.71.01.1001", "kecamatan": "36.71.05", "out": "31.71.01.1001", "none": UNPLACED}
    give(store, [complaint(name, area=code) for name, code in places.items()])
    frames.refresh(store)
    assert {name: (row["area"], row["kecamatan"]) for name, row in held(frames).items()} == {
        "in": ("36.71.01.1001", "36.71.01"),
        "kecamatan": (UNPLACED, "36.71.05"),
        "out": (UNPLACED, None),
        "none": (UNPLACED, None),
    }


def test_a_reader_of_another_process_sees_each_new_version(frames: Frames, store: Store, city: City) -> None:
    reader = Frames(frames.directory, city, AreaTree.of(city))
    assert reader.version == 0
    versions = []
    for i in range(3):
        give(store, [complaint(str(i))])
        frames.refresh(store)
        versions.append(reader.version)
        assert set(held(reader)) == {str(j) for j in range(i + 1)}
    assert versions == sorted(set(versions))


def test_one_view_stays_as_it_was(frames: Frames, store: Store) -> None:
    give(store, [complaint("a")])
    frames.refresh(store)
    view = frames.view()
    give(store, [complaint("b")])
    frames.refresh(store)
    assert (view.frame(Kind.COMPLAINT).height, frames.frame(Kind.COMPLAINT).height) == (1, 2)


def test_old_files_go_after_their_grace(frames: Frames, store: Store) -> None:
    give(store, [complaint("a")])
    frames.refresh(store)
    (old,) = files(frames)
    give(store, [complaint("b")])
    frames.refresh(store)
    assert old in files(frames)
    past = time.time() - GRACE.total_seconds() - 1
    os.utime(frames.directory / old, (past, past))
    give(store, [complaint("c")])
    frames.refresh(store)
    assert old not in files(frames)
    assert set(held(frames)) == {"a", "b", "c"}


def test_frames_of_another_store_are_dropped(frames: Frames, store: Store, tmp_path: Path) -> None:
    give(store, [complaint("a"), complaint("b")])
    frames.refresh(store)
    other = new_store(f"sqlite:///{tmp_path}/other.sqlite")
    try:
        give(other, [complaint("z")])
        assert frames.refresh(other)
    finally:
        other.close()
    assert set(held(frames)) == {"z"}


def test_another_store_with_as_many_changes_or_more_is_another_store(frames: Frames, store: Store, tmp_path: Path) -> None:
    give(store, [complaint("a"), complaint("b")])
    frames.refresh(store)
    for number, names in enumerate((["y", "z"], ["w", "x", "y", "z"])):
        other = new_store(f"sqlite:///{tmp_path}/other{number}.sqlite")
        try:
            give(other, [complaint(name) for name in names])
            assert frames.refresh(other)
            assert not frames.refresh(other)
        finally:
            other.close()
        assert set(held(frames)) == set(names)


def test_a_refresh_of_many_flushes_is_seen_only_when_it_is_whole(
    frames: Frames, store: Store, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every manifest on the way, a reader that was there before and one that comes anew."""
    monkeypatch.setattr(frames_module, "FLUSH_ROWS", 1)
    monkeypatch.setattr("layers.shelves.CHUNK_ROWS", 2)
    reader = Frames(frames.directory, city, AreaTree.of(city))
    seen: list[tuple[int, int]] = []
    commit = Frames._commit

    def watched(self: Frames, manifest: dict[str, Any]) -> None:
        commit(self, manifest)
        anew = Frames(frames.directory, city, AreaTree.of(city))
        seen.append((reader.frame(Kind.COMPLAINT).height, anew.frame(Kind.COMPLAINT).height))

    monkeypatch.setattr(Frames, "_commit", watched)
    give(store, [complaint(str(n)) for n in range(6)])
    frames.refresh(store)
    assert (len(seen), set(seen[:-1]), seen[-1]) == (4, {(0, 0)}, (6, 6))
    seen.clear()
    give(store, [complaint(str(n)) for n in range(6, 12)])
    frames.refresh(store)
    assert (len(seen), set(seen[:-1]), seen[-1]) == (4, {(6, 0)}, (12, 12))


@pytest.mark.parametrize("harm", ["file lost", "file cut", "manifest cut", "manifest binary", "manifest list", "other form"])
def test_what_cannot_be_trusted_is_built_again(frames: Frames, store: Store, city: City, harm: str) -> None:
    give(store, [complaint("a"), complaint("b")])
    frames.refresh(store)
    version = frames.version
    (name,) = files(frames)
    manifest = frames.directory / "manifest.json"
    if harm == "file lost":
        (frames.directory / name).unlink()
    elif harm == "file cut":
        (frames.directory / name).write_bytes((frames.directory / name).read_bytes()[:-20])
    elif harm == "manifest cut":
        manifest.write_text(manifest.read_text()[:-30])
    elif harm == "manifest binary":
        manifest.write_bytes(b"\xff\xfe\x00")
    elif harm == "manifest list":
        manifest.write_text("[1]")
    else:
        manifest.write_text(manifest.read_text().replace('"form": "', '"form": "x'))
    again = Frames(frames.directory, city, AreaTree.of(city))
    assert again.refresh(store)
    assert set(held(again)) == {"a", "b"}
    assert harm.startswith("manifest") or again.version > version


def test_killed_between_two_months_the_next_refresh_goes_on(
    frames: Frames, store: Store, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames_module, "FLUSH_ROWS", 1)
    give(store, [complaint(str(i), received=OCTOBER + i * DAY) for i in range(40)])
    frames.refresh(store)
    give(store, [complaint(str(i), received=OCTOBER + i * DAY, status=Status.DONE, seen_at=NOW + HOUR) for i in range(40)])
    written = Frames._write

    def killed(self: Frames, kind: Kind, month: str, rows: pl.DataFrame) -> str:
        if month == "2026-11":
            raise KeyboardInterrupt
        return written(self, kind, month, rows)

    monkeypatch.setattr(Frames, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        frames.refresh(store)
    assert {row["status"] for row in held(frames).values()} == {"menunggu"}  # the last whole version
    monkeypatch.setattr(Frames, "_write", written)
    again = Frames(frames.directory, city, AreaTree.of(city))
    again.refresh(store)
    assert [row["status"] for row in held(again).values()] == ["selesai"] * 40


Step = tuple[int, int, Status]
steps = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(Status)), min_size=1, max_size=6),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_patched_frames_equal_frames_built_at_once(
    tmp_path_factory: pytest.TempPathFactory, city: City, batches: list[list[Step]]
) -> None:
    folder = tmp_path_factory.mktemp("law")
    store, tree = new_store(f"sqlite:///{folder}/s.sqlite"), AreaTree.of(city)
    try:
        patched = Frames(folder / "patched", city, tree)
        at = NOW
        for batch in batches:
            at += HOUR
            records: dict[str, Record] = {}
            for key, month, status in batch:
                received = OCTOBER - month * 31 * DAY
                records[str(key)] = replace(complaint(str(key), received=received), status=status, seen_at=at)
            give(store, list(records.values()), now=at)
            patched.refresh(store)
        at_once = Frames(folder / "once", city, tree)
        at_once.refresh(store)
        assert held(patched) == held(at_once)
    finally:
        store.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["gone", "kept", "kept"]), st.integers(0, 2), st.booleans(), st.booleans()),
        max_size=12,
    ),
    st.booleans(),
    st.sampled_from([1, 50_000]),
)
def test_the_frames_hold_what_was_kept_last_and_not_what_is_gone(
    tmp_path_factory: pytest.TempPathFactory,
    city: City,
    acts: list[tuple[int, str, int, bool, bool]],
    timed: bool,
    flush: int,
) -> None:
    """Excluded, kept and excluded again in any order, in any month, with or without a refresh between."""
    folder = tmp_path_factory.mktemp("gone")
    store, tree = new_store(f"sqlite:///{folder}/s.sqlite"), AreaTree.of(city)
    expected: dict[str, str] = {}
    last: dict[str, Record] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames_module, "FLUSH_ROWS", flush)
        try:
            patched = Frames(folder / "patched", city, tree)
            at = NOW
            for key, act, month, same, refresh in acts:
                at += HOUR
                name = str(key)
                if act == "gone":
                    give(store, excluded={"tidak aktif": 1}, gone=[(Kind.COMPLAINT, name)], now=at)
                    expected.pop(name, None)
                else:
                    new = complaint(
                        name, received=OCTOBER - month * 31 * DAY, seen_at=at, known_at=at if timed else None, category=str(at)
                    )
                    row = replace(last[name], seen_at=at) if same and name in last else new
                    last[name] = row
                    give(store, [row], now=at)
                    expected[name] = str(row.category)  # type: ignore[attr-defined]
                if refresh:
                    patched.refresh(store)
                    assert {name: row["category"] for name, row in held(patched).items()} == expected
            patched.refresh(store)
            at_once = Frames(folder / "once", city, tree)
            at_once.refresh(store)
            assert held(patched) == held(at_once)
            assert {name: row["category"] for name, row in held(patched).items()} == expected
        finally:
            store.close()
