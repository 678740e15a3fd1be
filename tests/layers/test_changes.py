"""A question is answered over the rows that the asker may count, between any two periods, and remembered for a minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from layers import changes
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.changes import Answer, Question, explain
from layers.city import City
from layers.contributions import Part
from layers.fewparts import without_few
from layers.frames import Frames
from layers.model import Complaint, Role, Scope, Status
from layers.store import Store
from tests.layers.made import DAY, HOUR, NOW, PUBLIC, complaint, give, new_store

DLH = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
CAMAT = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.05"}))


def made(i: int) -> Complaint:
    """Complaints over 220 days, the later the more, by rule."""
    received = NOW - timedelta(minutes=i * i // 2 + 60)
    done = i % 3 != 0
    return complaint(
        str(i),
        area=("36.71.01.1001", "36.71.05.1004")[i % 2],
        opd=("dlh", "dpupr")[i // 2 % 2],
        category=("Sampah", "Banjir")[i // 4 % 2],
        received=received,
        due=received + 2 * DAY,
        closed=received + timedelta(hours=i % 90) if done and i > 15 else None,
        status=Status.DONE if done and i > 15 else Status.IN_PROCESS,
    )


ALL = [made(i) for i in range(800)]


class Desk:
    """A store, its frames and someone who asks."""

    def __init__(self, folder: Path, city: City) -> None:
        self.city, self.tree = city, AreaTree.of(city)
        self.store: Store = new_store(f"sqlite:///{folder}/s.sqlite")
        self.frames = Frames(folder / "frames", city, self.tree)
        give(self.store, ALL)
        self.frames.refresh(self.store)

    def ask(
        self, scope: Scope = PUBLIC, kpi: str = "aduan_masuk_30h", later: timedelta = timedelta(0), **asked: object
    ) -> Answer:
        question = Question(kpi=kpi, **asked)  # type: ignore[arg-type]
        facts = self.store.source_states()
        return explain(scope, self.frames, catalog(), self.tree, self.city, question, facts, NOW + later)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, city: City) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"), city)
    yield desk
    desk.store.close()


def between(first: date, last: date, rows: list[Complaint] = ALL) -> int:
    return sum(first <= (r.received + 7 * HOUR).date() <= last for r in rows)


def test_parts_that_could_name_a_person_are_told_together(desk: Desk) -> None:
    """A few cases of a sensitive category in one kelurahan: neither they nor what is left over can be worked out."""
    whole = desk.ask(by=("category", "area")).change
    here, there = "36.71.01.1001", "36.71.01"
    parts = tuple(
        Part(by=by, label="", mix=0.0, rate=float(now - then), n=(then, now))
        for by, then, now in (
            (("Sampah", here), 40, 30),
            (("Narkoba", here), 9, 2),
            (("Banjir", here), 6, 8),
            (("Narkoba", there), 1, 2),
            (("Sampah", None), 1, 2),
        )
    )
    told = without_few(replace(whole, parts=parts), desk.city, desk.tree).parts
    assert [part.n for part in told] == [(40, 30), (6, 8), (1, 2), (10, 4)], "with the smallest of the others"
    assert sum(part.total for part in told) == sum(part.total for part in parts)
    rest = replace(parts[0], by=(), n=(700, 600))
    assert [part.n for part in without_few(replace(whole, parts=(*parts, rest)), desk.city, desk.tree).parts][-1] == (709, 602)
    assert without_few(replace(whole, parts=parts[:1]), desk.city, desk.tree).parts == parts[:1]
    alone = replace(whole, dimensions=("category",), area=here, parts=(replace(parts[1], by=("Narkoba",)), *parts[:0]))
    assert [part.by for part in without_few(alone, desk.city, desk.tree).parts] == [()]
    assert without_few(replace(alone, area="36.71"), desk.city, desk.tree).parts == alone.parts


def test_two_periods_of_ones_choice_equal_counting_by_hand(desk: Desk) -> None:
    march, june = (date(2026, 6, 1), date(2026, 6, 17)), (date(2026, 9, 3), date(2026, 9, 9))
    found = desk.ask(now=june, before=march).change
    assert (found.before, found.now) == (between(*march), between(*june))
    assert sum(part.total for part in found.parts) == pytest.approx(found.change)
    week = desk.ask(now=june).change
    assert week.before == between(date(2026, 8, 27), date(2026, 9, 2))


@pytest.mark.parametrize("days", [7, 30, 80])
def test_a_length_is_compared_with_the_same_length_before(desk: Desk, days: int) -> None:
    found = desk.ask(days=days).change
    start, back = NOW - days * DAY, NOW - 2 * days * DAY
    assert found.now == sum(start <= r.received <= NOW for r in ALL)
    assert found.before == sum(back <= r.received <= start for r in ALL)


def test_a_moment_is_compared_with_the_moment_so_many_days_ago(desk: Desk) -> None:
    def open_at(at: object) -> int:
        return sum(r.received <= at and not (r.closed and r.closed <= at) for r in ALL)  # type: ignore[operator]

    found = desk.ask(kpi="aduan_terbuka", days=90).change
    assert (found.before, found.now) == (open_at(NOW - 90 * DAY), open_at(NOW))


def test_a_limited_scope_is_answered_from_its_own_rows_alone(desk: Desk) -> None:
    mine = [r for r in ALL if r.opd == "dlh" and NOW - 30 * DAY <= r.received <= NOW]
    found = desk.ask(DLH).change
    assert found.now == len(mine)
    assert {part.by[2] for part in found.parts} == {"dlh"}
    assert desk.ask(DLH, opd="dpupr").change.now == 0
    camat = desk.ask(CAMAT, by=("kecamatan",)).change
    assert {part.by[0] for part in camat.parts} == {"36.71.05"}
    assert desk.ask(CAMAT, area="36.71.01").change.now == 0
    bidang = desk.ask(
        Scope(user="b", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"Sampah"})), by=("category",)
    ).change
    assert {part.by[0] for part in bidang.parts} == {"Sampah"}
    assert bidang.now == sum(r.category == "Sampah" for r in mine)
    assert desk.ask(Scope(user="x", role=Role.ANALYST, opds=frozenset())).change.now == 0


def test_what_is_unusual_is_of_the_scope_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    heights: list[int] = []
    real = changes.unusual
    monkeypatch.setattr(changes, "unusual", lambda frame, *rest: heights.append(frame.height) or real(frame, *rest))
    for scope in (PUBLIC, DLH, CAMAT, PUBLIC):
        desk.ask(scope, later=5 * HOUR)
    assert len(heights) == 3, "once for each scope"
    assert heights[1] < heights[0]
    assert heights[2] < heights[0]


def test_an_answer_is_remembered_for_its_minute_and_its_scope(desk: Desk) -> None:
    first = desk.ask(later=2 * HOUR)
    assert desk.ask(later=2 * HOUR + timedelta(seconds=30)) is first
    assert desk.ask(DLH, later=2 * HOUR) is not first
    assert desk.ask(later=2 * HOUR, by=("opd",)) is not first
    assert desk.ask(later=2 * HOUR + timedelta(minutes=1)) is not first


def test_a_period_that_cannot_be(desk: Desk) -> None:
    with pytest.raises(ValueError, match="periode"):
        desk.ask(now=(date(2026, 9, 2), date(2026, 9, 1)))
    with pytest.raises(ValueError, match="periode"):
        desk.ask(now=(date(2025, 9, 2), date(2026, 11, 1)))
    with pytest.raises(ValueError, match="days"):
        desk.ask(days=0)
    with pytest.raises(ValueError, match=r"99\.99"):
        desk.ask(area="99.99")
    with pytest.raises(KeyError):
        desk.ask(kpi="tidak_ada")
