"""One person's data goes from every version and stays away, whatever comes again in whatever order; the cases stay."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from layers import frames, schema
from layers.model import PRIVATE, Complaint, Kind, Outcome, Role, Scope, Status
from layers.privacy import Identity
from layers.schema import RECORD_TABLES
from layers.shelves import arrow_schema
from layers.store import Reject, Store
from layers.tombstones import TAKEN
from layers.versions import candidate
from tests.layers.made import ANALYST, HOUR, NOW, OPERATOR, complaint, give, new_store, one_of_each, opened, put

SITI, BUDI = Identity("nik", "3671014511900001"), Identity("telepon", "6281234567890")
COMPLAINTS = RECORD_TABLES[Kind.COMPLAINT]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with opened(url) as made:
        yield made


def of(store: Store, who: Identity | None) -> str | None:
    return None if who is None else store.vault.name(*who)


def told(store: Store, source_id: str, who: Identity | None, **fields: Any) -> Complaint:
    facts = {"text": "Jalan di depan rumah saya rusak", "lat": -6.17, "lon": 106.63, "reporter": of(store, who)}
    return complaint(source_id, **(facts | fields))


def versions(store: Store, source: str = "laksa") -> list[Any]:
    with store.read() as connection:
        query = select(COMPLAINTS).where(COMPLAINTS.c.source == source).order_by(COMPLAINTS.c.source_id, COMPLAINTS.c.known_from)
        return list(connection.execute(query))


def private(row: Any) -> set[Any]:
    return {getattr(row, name) for name in TAKEN[Kind.COMPLAINT]} - {None}


def test_every_version_of_a_person_s_records_is_bare_and_only_theirs(store: Store) -> None:
    give(store, [told(store, "1", SITI, known_at=NOW - 3 * HOUR), told(store, "1", None, known_at=NOW - 2 * HOUR, text="lagi")])
    give(store, [told(store, "1", BUDI, known_at=NOW - HOUR), told(store, "2", BUDI), told(store, "3", None)])
    give(store, [told(store, "4", BUDI, mentions=f"{'x' * 24} {of(store, SITI)}"), *one_of_each()[1:]])
    give(store, [told(store, f"samar-{of(store, SITI)}-{'y' * 24}", None)])
    before = store.head()
    found = store.find_person(OPERATOR, SITI)
    assert found == store.erase_person(OPERATOR, SITI)
    assert (found.records, found.versions, found.quarantined) == (3, 5, 0)
    rows = versions(store)
    bare = [row for row in rows if not private(row)]
    assert {row.source_id[:5] for row in bare} == {"1", "4", "samar"}
    assert len(bare) == 5
    assert {row.source_id for row in rows if private(row)} == {"2", "3"}
    assert {row.source_id[:5] for row in rows if row.seq > before} == {"1", "4", "samar"}  # what is known now goes to the frames
    assert store.find_person(OPERATOR, SITI).records == 1  # the identifier itself, which leads back to nobody
    assert store.scour()


def test_a_service_forgets_who_was_served(store: Store) -> None:
    service = dataclasses.replace(one_of_each()[1], reporter=of(store, SITI))  # type: ignore[call-arg]
    give(store, [service])
    assert store.erase_person(OPERATOR, SITI).versions == 1
    assert store.rows(OPERATOR, Kind.SERVICE)[0].reporter is None  # type: ignore[attr-defined]
    result, _ = give(store, [service], now=NOW + HOUR)
    assert (result.kept, result.unchanged) == (0, 1)


def test_what_is_pulled_again_is_unchanged_and_stays_bare(store: Store) -> None:
    again = [told(store, "1", SITI, known_at=NOW - HOUR), told(store, "2", SITI), told(store, "3", BUDI)]
    give(store, again)
    before = store.source_states()[0]
    store.erase_person(OPERATOR, SITI)
    result, _ = give(store, again, now=NOW + HOUR)
    assert (result.kept, result.unchanged) == (0, 3)
    after = store.source_states()[0]
    assert (after.records, after.kept) == (before.records, before.kept)
    assert [bool(private(row)) for row in versions(store)] == [False, False, True]


def test_a_person_who_was_never_here_is_kept_out_from_now_on(store: Store) -> None:
    give(store, [told(store, "1", None, known_at=NOW - HOUR)])
    assert store.erase_person(OPERATOR, SITI).records == 0
    earlier = told(store, "1", SITI, known_at=NOW - 2 * HOUR)
    give(store, [earlier, told(store, "2", SITI), told(store, "3", BUDI)], now=NOW + HOUR)
    assert [(row.source_id, bool(private(row))) for row in versions(store)] == [
        ("1", False),
        ("1", False),
        ("2", False),
        ("3", True),
    ]


def test_the_quarantine_lets_go_of_a_person_and_takes_nothing_of_it_again(store: Store) -> None:
    spelt = ["NIK 3671-0145-1190-0001", 3671014511900001, {"pelapor": ["3671 0145 1190 0001"]}]
    rejects = [Reject(source_id=None, field="status", reason="kosong", original={"isi": value}) for value in spelt]
    other = Reject(source_id="9", field="status", reason="kosong", original={"isi": "3671014511900002"})
    mine = Reject(source_id="1", field="status", reason="kosong", original={"isi": "tanpa nomor"})
    give(store, [told(store, "1", SITI)])
    give(store, rejects=[*rejects, other, mine])
    assert store.find_person(OPERATOR, SITI).quarantined == 3
    assert store.erase_person(OPERATOR, SITI).quarantined == 4
    assert [row.source_id for row in store.quarantine(OPERATOR)] == ["9"]
    _, run = give(store, rejects=[*rejects, other, mine], now=NOW + HOUR)
    assert run.quarantined == 5
    kept = [row for row in store.quarantine(OPERATOR) if row.source_id != "9"]
    assert [row.masked for row in kept] == [{}, {}, {}, {}]
    assert [row["isi"] for _, row in store.quarantine_originals(OPERATOR, "laksa")] == ["3671014511900002"]


def test_rows_under_another_secret_are_counted_not_passed_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/s.sqlite"
    with opened(url) as store:
        give(store, rejects=[Reject(source_id=None, field="x", reason="y", original={"nik": SITI.value})])
    other = Store(url, store._zone, "Zt0xWio5eUa3fPg6dHy1cNb8zRs4TkL9wXv2mJ7q")
    found = other.find_person(OPERATOR, SITI)
    assert (found.quarantined, found.unreadable) == (0, 1)
    other.close()


def test_only_an_operator_searches_and_erases(store: Store) -> None:
    for role in set(Role) - {Role.OPERATOR, Role.ADMIN}:
        for act in (store.find_person, store.erase_person):
            with pytest.raises(PermissionError):
                act(Scope(user="x", role=role, opds=frozenset({"dlh"})), SITI)


def test_private_fields_are_for_few(store: Store) -> None:
    give(store, [told(store, "1", SITI, mentions=of(store, BUDI))])
    seen = {
        role: store.rows(Scope(user="x", role=role, opds=frozenset({"dlh"})), Kind.COMPLAINT)[0]
        for role in (Role.LEADER, Role.ANALYST, Role.OPD_HEAD, Role.OPERATOR, Role.ADMIN)
    }
    assert {role for role, record in seen.items() if record.text} == {Role.OPD_HEAD, Role.OPERATOR, Role.ADMIN}  # type: ignore[attr-defined]
    assert {role for role, record in seen.items() if record.reporter} == {Role.OPERATOR, Role.ADMIN}  # type: ignore[attr-defined]
    assert {role for role, record in seen.items() if record.mentions} == {Role.OPERATOR, Role.ADMIN}  # type: ignore[attr-defined]
    assert store.record(ANALYST, "laksa", "1").text is None  # type: ignore[union-attr]
    assert [record.text for record in store.history(ANALYST, "laksa", "1")] == [None]  # type: ignore[attr-defined]
    with pytest.raises(PermissionError):
        store.rows(Scope(user="k", role=Role.OPD_HEAD), Kind.COMPLAINT)


def test_a_record_without_private_fields_has_the_digest_that_it_always_had() -> None:
    plain = candidate(complaint("1"))
    assert plain.digest.hex() == "d3de1b27053059f09e65db1f1ebddab5"
    assert candidate(complaint("1", text="x")).digest != plain.digest != candidate(complaint("1", reporter="x")).digest


# --- histories -----------------------------------------------------------------------------------

NOBODY, OTHER, THEM = None, "other", "them"
ROWS = st.lists(
    st.builds(
        dict,
        id=st.sampled_from("abc"),
        hour=st.none() | st.integers(0, 5),
        who=st.sampled_from([NOBODY, OTHER, THEM]),
        named=st.sampled_from([NOBODY, OTHER, THEM]),
        status=st.sampled_from([Status.WAITING, Status.DONE]),
        text=st.sampled_from(["Lampu mati", "Jalan rusak", None]),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda row: (row["id"], row["hour"] if row["hour"] is not None else object()),
)
SOURCES = (f"s{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = new_store(f"sqlite:///{tmp_path_factory.mktemp('riwayat')}/s.sqlite")
    yield made
    made.close()


def record(store: Store, source: str, row: dict[str, Any], people: dict[Any, Identity], at: Any) -> Complaint:
    names = {key: of(store, who) for key, who in people.items()} | {NOBODY: None}
    return complaint(
        row["id"],
        source=source,
        seen_at=at,
        known_at=None if row["hour"] is None else NOW + row["hour"] * HOUR,
        status=row["status"],
        text=row["text"],
        reporter=names[row["who"]],
        mentions=names[row["named"]],
        lat=-6.17,
        lon=106.63,
    )


def feed(store: Store, source: str, rows: Sequence[dict[str, Any]], people: dict[Any, Identity], start: int) -> None:
    """Each row as a run of its own, a day apart."""
    for number, row in enumerate(rows, start):
        now = NOW + timedelta(days=1 + number)
        run = store.begin_run(source, now)
        give_one = [record(store, source, row, people, now)]
        put(store, run, give_one, source=source, now=now)
        store.end_run(run, Outcome.OK, None, now)


def counted(store: Store, source: str) -> list[tuple[Any, ...]]:
    """What figures are made of: the current cases without what an erasure takes."""
    names = ("source_id", "status", "area", "placed_by", "opd", "received", "category", "channel", "month")
    return sorted(tuple(getattr(row, name) for name in names) for row in versions(store, source) if row.known_to is None)


@given(rows=ROWS, data=st.data())
@given_settings(max_examples=60)
def test_after_an_erasure_the_person_is_nowhere_and_the_cases_are_as_they_were(one: Store, rows: Any, data: Any) -> None:
    number = next(PERSONS)
    people = {THEM: Identity("nik", f"{number:016d}"), OTHER: Identity("telepon", f"62{number}")}
    erased, whole = next(SOURCES), next(SOURCES)
    again = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    feed(one, whole, [*rows, *again], {THEM: Identity("nama", f"a{number}"), OTHER: Identity("nama", f"b{number}")}, 0)
    feed(one, erased, rows[:cut], people, 0)
    one.erase_person(OPERATOR, people[THEM])
    feed(one, erased, [*rows[cut:], *again], people, cut)
    theirs = {row["id"] for row in rows if THEM in (row["who"], row["named"])}
    name = of(one, people[THEM])
    for version in versions(one, erased):
        assert name not in (version.reporter or "") + (version.mentions or "")
        assert not private(version) or version.source_id not in theirs
        assert version.source_id in theirs or version.lat is not None
    assert counted(one, erased) == counted(one, whole)
    with one.read() as connection:
        heads = connection.execute(
            select(func.count()).select_from(COMPLAINTS).where(COMPLAINTS.c.source == erased, COMPLAINTS.c.known_to.is_(None))
        )
        assert heads.scalar_one() == len({row["id"] for row in rows})
    held = len(versions(one, erased))
    dated = [row for row in rows if row["hour"] is not None]
    feed(one, erased, dated, people, 50)
    assert len(versions(one, erased)) == held  # pulled once more, nothing is new


PERSONS = itertools.count(10**9)


def test_tombstones_hold_nothing_but_keyed_digests(store: Store) -> None:
    give(store, [told(store, "A-77", SITI)])
    store.erase_person(OPERATOR, SITI)
    with store.read() as connection:
        stones = [bytes(stone) for stone in connection.execute(select(schema.erased.c.digest)).scalars()]
    assert [len(stone) for stone in stones] == [32, 32]
    assert all(text not in b"".join(stones) for text in (b"A-77", SITI.value.encode(), str(of(store, SITI)).encode()))


@pytest.mark.parametrize("kind", Kind)
def test_private_fields_never_leave_the_store_in_columns(kind: Kind) -> None:
    assert PRIVATE.isdisjoint(frames.schema(kind))
    assert PRIVATE.isdisjoint(arrow_schema(kind).names)
