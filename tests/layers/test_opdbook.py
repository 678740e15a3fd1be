"""Notes, disputes and handovers: who may make them, what stays of each, and how they stood at a moment; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from layers import peopleschema as schema
from layers.disputes import Disputes, Verdict
from layers.handovers import Handovers
from layers.model import MendError, NotYoursError, Role, Scope
from layers.notes import LONGEST, Notes, about
from layers.opdbook import Book, read_book
from layers.people import People
from tests.layers.made import DAY, HOUR, SECRET

NOW = datetime(2026, 11, 19, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 19)
DLH = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
PUPR = Scope(user="lain", role=Role.OPD_HEAD, opds=frozenset({"dpupr"}))
LEADER = Scope(user="sekda", role=Role.LEADER)
ANALYST = Scope(user="analis", role=Role.ANALYST)
CAMAT = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.03"}))
PUBLIC = Scope(user="publik", role=Role.PUBLIC)
CASES = frozenset({("laksa", "A-1"), ("laksa", "A-2")})


@pytest.fixture(params=["sqlite", "postgresql"])
def people(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[People]:
    url = f"sqlite:///{tmp_path}/p.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    people = People(url, SECRET)
    people.open()
    yield people
    people.close()


def audited(people: People) -> list[str]:
    with people.read() as connection:
        return [row.what for row in connection.execute(select(schema.audit).order_by(schema.audit.c.seq))]


def test_a_note_stays_with_its_day_until_it_is_withdrawn(people: People) -> None:
    notes = Notes(people)
    note = notes.write(DLH, "dlh", date(2026, 10, 18), " 9 truk\nrusak, hubungi 0812 3456 7890", NOW, today=TODAY)
    other = notes.write(LEADER, "dlh", TODAY, "Hujan", NOW + HOUR, today=TODAY, kpi="aduan_terbuka")
    assert (note.text.startswith("9 truk rusak"), "3456" in note.text, note.who) == (True, False, "kadis")
    book = read_book(DLH, people, "dlh")
    assert [n.id for n in about(book.notes, "selesai_tepat_waktu", ["2026-10-01", "2026-11-19"])] == [note.id]
    assert [n.id for n in about(book.notes, "aduan_terbuka", ["2026-10-19", "2026-11-19"])] == [other.id]
    assert about(book.notes, "aduan_terbuka", []) == ()
    notes.withdraw(DLH, note.id, NOW + DAY)
    assert [n.id for n in notes.seen(ANALYST, "dlh")] == [other.id]
    assert [n.id for n in notes.seen(ANALYST, "dlh", at=NOW + 2 * HOUR)] == [note.id, other.id]
    assert notes.seen(ANALYST, "dlh", at=NOW - HOUR) == ()
    assert audited(people) == ["catatan ditulis", "catatan ditulis", "catatan ditarik"]
    assert people.audit_broken_at() is None


def test_the_limit_is_of_what_stood_then(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    notes, held = Notes(people), Disputes(people)
    monkeypatch.setattr("layers.notes.MOST", 1)
    monkeypatch.setattr("layers.disputes.MOST", 1)
    early = notes.write(DLH, "dlh", TODAY, "Hujan", NOW, today=TODAY)
    held.raise_(DLH, "dlh", [("laksa", "A-1")], "milik provinsi", NOW)
    notes.write(DLH, "dlh", TODAY, "Kemudian", NOW + DAY, today=TODAY)
    held.raise_(DLH, "dlh", [("laksa", "A-2")], "milik provinsi", NOW + DAY)
    assert [n.id for n in notes.seen(DLH, "dlh", at=NOW + HOUR)] == [early.id]
    assert [d.source_id for d in held.open(DLH, at=NOW + HOUR)] == ["A-1"]


def test_who_may_not_write_learns_nothing(people: People) -> None:
    notes = Notes(people)
    note = notes.write(DLH, "dlh", TODAY, "Hujan", NOW, today=TODAY)
    for scope in (PUPR, CAMAT, PUBLIC):
        with pytest.raises(NotYoursError):
            notes.write(scope, "dlh", TODAY, "x", NOW, today=TODAY)
        with pytest.raises(NotYoursError):
            notes.withdraw(scope, note.id, NOW)
        assert notes.seen(scope, "dlh") == ()
    with pytest.raises(NotYoursError):
        notes.withdraw(DLH, 999, NOW)
    for text, day in (("", TODAY), ("x" * (LONGEST + 1), TODAY), ("besok", date(2026, 11, 20))):
        with pytest.raises(MendError):
            notes.write(DLH, "dlh", day, text, NOW, today=TODAY)


def test_a_dispute_is_open_once_and_until_it_is_settled(people: People) -> None:
    disputes = Disputes(people)
    assert disputes.raise_(DLH, "dlh", CASES, "milik provinsi", NOW) == 2
    assert disputes.raise_(DLH, "dlh", CASES, "sekali lagi", NOW + HOUR) == 0
    first, second = disputes.open(LEADER)
    assert {first.key, second.key} == CASES
    assert [d.reason for d in disputes.open(PUBLIC)] == ["", ""]  # that there are some is known, what was said is not
    for scope in (DLH, PUPR, CAMAT, ANALYST):
        with pytest.raises(NotYoursError):
            disputes.settle(scope, first.id, Verdict.AGREED, NOW + DAY)
    disputes.settle(LEADER, first.id, Verdict.REFUSED, NOW + DAY)
    disputes.settle(DLH, second.id, Verdict.TAKEN_BACK, NOW + 2 * DAY)
    with pytest.raises(NotYoursError):
        disputes.settle(LEADER, first.id, Verdict.AGREED, NOW + DAY)
    assert disputes.open(DLH) == ()
    assert len(disputes.open(DLH, at=NOW + HOUR)) == 2
    assert len(disputes.open(DLH, at=NOW + DAY + HOUR)) == 1
    assert disputes.raise_(DLH, "dlh", [first.key], "lagi", NOW + 3 * DAY) == 1
    assert audited(people).count("sengketa atribusi selesai") == 2
    for cases, reason, error in (([], "x", MendError), (CASES, " ", MendError)):
        with pytest.raises(error):
            disputes.raise_(DLH, "dlh", cases, reason, NOW)
    with pytest.raises(NotYoursError):
        disputes.raise_(LEADER, "dlh", CASES, "x", NOW)


def test_a_case_is_with_one_division_at_a_time(people: People) -> None:
    handovers = Handovers(people)
    handovers.hand(DLH, "dlh", CASES, "Persampahan", NOW)
    handovers.hand(DLH, "dlh", [("laksa", "A-2")], "Pertamanan", NOW + DAY)
    held = handovers.held(DLH, "dlh")
    assert {key[1]: one.division for key, one in held.items()} == {"A-1": "Persampahan", "A-2": "Pertamanan"}
    assert {one.division for one in handovers.held(DLH, "dlh", at=NOW + HOUR).values()} == {"Persampahan"}
    handovers.hand(DLH, "dlh", CASES, "", NOW + 2 * DAY)
    assert handovers.held(DLH, "dlh") == {}
    assert (handovers.held(PUPR, "dlh", at=NOW), handovers.held(PUBLIC, "dlh", at=NOW)) == ({}, {})
    for scope in (LEADER, PUPR, CAMAT):
        with pytest.raises(NotYoursError):
            handovers.hand(scope, "dlh", CASES, "Persampahan", NOW)
    with pytest.raises(MendError):
        handovers.hand(DLH, "dlh", [], "Persampahan", NOW)
    assert isinstance(read_book(DLH, people, None), Book)
