"""What the screen tells of a sensitive category in a kelurahan to who sees no rows: words, and nothing to work it out from."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from dashboard.access import Refused
from dashboard.cut import Cut
from dashboard.drawn import role_class
from dashboard.opdcut import Choice, cut_readings
from dashboard.page import Document, View, document
from dashboard.pages import changes, kelurahan, opd
from layers.changes import Question
from layers.contributions import Change, Part
from layers.courses import course
from layers.crossing import crossed
from layers.drill import Query
from layers.fewparts import without_few
from layers.model import Role, Scope
from layers.smallcells import HIDDEN, LEAST, sensitive, sensitive_opd
from tests.dashboard.furnished import Furnished, room_of
from tests.layers.furnished import HERE, NEXT
from tests.layers.made import DAY, HOUR, NOW, PUBLIC, complaint

ANALYST = Scope(user="ana", role=Role.ANALYST)
OFFICE = "dp3ap2kb"
FEW = "Narkoba"
MANY = "Sampah"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """Three cases of a sensitive category in one kelurahan, nine in the next, forty of another in each; two of an OPD."""
    found = [
        complaint(f"{OFFICE}-{i}", area=HERE, opd=OFFICE, category="Lain-lain", received=NOW - (i + 1) * HOUR, due=NOW + DAY)
        for i in range(2)
    ]
    for area, n in ((HERE, 3), (NEXT, 9)):
        for category, many in ((FEW, n), (MANY, 40)):
            found += [
                complaint(
                    f"{area}-{category}-{i}",
                    area=area,
                    category=category,
                    received=NOW - (7 * i + 1) * HOUR,
                    due=NOW + DAY,
                )
                for i in range(many)
            ]
    return room_of(tmp_path_factory.mktemp("sedikit"), found)


def seen(city: Furnished, scope: Scope, params: dict[str, str]) -> View:
    return replace(city.room.view(role_class(scope), "id", params), now=NOW)


def place(city: Furnished, scope: Scope, **params: str) -> Document:
    return document(kelurahan.PAGE, city.snapshot, seen(city, scope, {"code": HERE, **params}))


def desk(city: Furnished, scope: Scope, **params: str) -> Document:
    return document(opd.PAGE, city.snapshot, seen(city, scope, {"opd": "dlh", **params}))


def numbers(html: str) -> list[str]:
    """The numbers that a part shows or carries, but for days of its filters and addresses."""
    shown = re.findall(r'data-value="([^"]+)"', html)
    return shown + re.findall(r"(?<![\w.])\d+(?= aduan)", re.sub(r"<[^>]+>", " ", html))


def test_the_cards_and_charts_of_a_kelurahan_are_words_to_who_sees_no_rows(city: Furnished) -> None:
    told, all_ = place(city, PUBLIC, category=FEW).parts, place(city, ANALYST, category=FEW).parts
    cards = [name for name in told if name.startswith("tile-")]
    assert len(cards) == 6
    for name in (*cards, "trend", "by-category", "by-opd", "by-channel"):
        assert HIDDEN in told[name], name
        assert numbers(told[name]) == [], name
        assert HIDDEN not in all_[name], name
    assert "3" in numbers(all_["tile-aduan_terbuka"])
    other = place(city, PUBLIC, category=MANY).parts
    assert "40" in numbers(other["tile-aduan_terbuka"])
    assert HIDDEN not in "".join(other.values())


def test_neither_does_its_evidence_card(city: Furnished) -> None:
    asked: dict[str, Any] = {"page": f"/kelurahan/{HERE}", "kpi": "aduan_terbuka", "cut": {"category": FEW}, "n": 1}
    cut = Cut.read(asked, city.city)
    found = {scope.role: cut.reading(scope, city.room, city.snapshot) for scope in (PUBLIC, ANALYST)}
    hidden, told = found[PUBLIC.role], found[Role.ANALYST]
    assert hidden is not None
    assert told is not None
    assert (hidden.value, hidden.why_none, hidden.n, hidden.evidence.numerator, hidden.change) == (None, HIDDEN, 0, None, None)
    assert told.value == 3


def test_nor_the_desk_of_an_opd_nor_its_map(city: Furnished) -> None:
    told, all_ = desk(city, PUBLIC, category=FEW, area=HERE), desk(city, ANALYST, category=FEW, area=HERE)
    for name, html in told.parts.items():
        if name.startswith(("tile-", "cross-")) or name in ("course", "why", "beside", "queue"):
            assert HIDDEN in html, name
            assert numbers(html) == [], name
    assert {paint[1] for paint in told.areas.values()} == {None}
    assert all_.areas[HERE][1] == 0, "none of the three is overdue, and that is told"
    wide = {scope.role: desk(city, scope, category=FEW, measure="received").areas for scope in (PUBLIC, ANALYST)}
    assert (wide[Role.ANALYST][HERE][1], wide[Role.ANALYST][NEXT][1]) == (3, 9)
    assert (wide[PUBLIC.role][HERE][1], wide[PUBLIC.role][NEXT][1]) == (None, None), "the one follows from the other"


def test_the_functions_themselves_refuse(city: Furnished) -> None:
    assert city.room.figures is not None
    rows, query = city.room.figures(), Query(opd="dlh", area=HERE, category=FEW)
    for ask in (lambda: crossed(PUBLIC, rows, query), lambda: course(PUBLIC, rows, city.room.catalog["aduan_terbuka"], query)):
        with pytest.raises(PermissionError):
            ask()
    assert crossed(ANALYST, rows, query).whole.open == 3


def test_an_opd_that_stands_for_such_a_category_tells_no_more(city: Furnished) -> None:
    """By its page, the page of a kelurahan narrowed to it, their parts, evidence and files."""
    assert [opd.slug for opd in city.city.opds if sensitive_opd(city.city, opd.slug)] == [OFFICE]
    whole, all_ = place(city, PUBLIC).parts["by-opd"], place(city, ANALYST).parts["by-opd"]
    assert re.findall(r"disamarkan", whole), "the office, and the one beside it"
    assert not re.findall(r"disamarkan", all_)
    told = place(city, PUBLIC, opd=OFFICE).parts
    for name in ("tile-aduan_terbuka", "trend", "by-category", "by-opd", "by-channel"):
        assert HIDDEN in told[name], name
        assert numbers(told[name]) == [], name
    assert "2" in numbers(place(city, ANALYST, opd=OFFICE).parts["tile-aduan_terbuka"])
    cut = Cut.read({"page": f"/kelurahan/{HERE}", "kpi": "aduan_terbuka", "cut": {"opd": OFFICE}, "n": 1}, city.city)
    hidden = cut.reading(PUBLIC, city.room, city.snapshot)
    assert hidden is not None
    assert (hidden.value, hidden.n, hidden.evidence.numerator) == (None, 0, None)
    desked = document(opd.PAGE, city.snapshot, seen(city, PUBLIC, {"opd": OFFICE, "area": HERE})).parts
    assert HIDDEN in desked["course"]
    painted = document(opd.PAGE, city.snapshot, seen(city, PUBLIC, {"opd": OFFICE, "measure": "received"})).areas
    assert painted[HERE][1] is None
    for sheet, params in (
        (kelurahan.PAGE.sheets["figures"], {"code": HERE, "opd": OFFICE}),
        (opd.PAGE.sheets["figures"], {"opd": OFFICE, "area": HERE}),
    ):
        with pytest.raises(Refused):
            sheet.sheet(city.snapshot, seen(city, ANALYST, params))
    mapped = opd.PAGE.sheets["map-legend"].sheet(city.snapshot, seen(city, ANALYST, {"opd": OFFICE, "measure": "received"}))
    assert mapped.hidden
    parts = kelurahan.PAGE.sheets["by-opd"].sheet(city.snapshot, seen(city, ANALYST, {"code": HERE}))
    assert parts.hidden
    asks = {"kpi": "aduan_terbuka", "area": HERE, "opd": OFFICE, "by": "category", "days": "7"}
    found = {scope.role: seen(city, scope, {}).changes for scope in (PUBLIC, ANALYST)}
    question = Question(kpi="aduan_terbuka", area=HERE, opd=OFFICE, by=("category",), days=7)
    answers = {role: ask(question).change for role, ask in found.items() if ask}
    assert (answers[PUBLIC.role].now, answers[PUBLIC.role].parts, answers[PUBLIC.role].why_none) == (None, (), HIDDEN)
    assert answers[Role.ANALYST].now == 2
    assert HIDDEN in "".join(document(changes.PAGE, city.snapshot, seen(city, PUBLIC, asks)).parts.values())


def test_a_token_whose_limits_choose_for_it_tells_no_more(city: Furnished) -> None:
    """Without a word in the address: its categories, its OPDs or its one kelurahan are the choice."""
    limits: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"categories": frozenset({FEW})}, {}),
        ({"opds": frozenset({OFFICE})}, {}),
        ({"areas": frozenset({HERE})}, {"category": FEW}),
    ]
    assert city.room.drill is not None
    assert city.room.changes is not None
    for own, chosen in limits:
        area = None if "areas" in own else HERE
        scope = replace(PUBLIC, user="token:papan", **own)
        found = city.room.drill(scope, Query(area=area, **chosen))
        assert found.hidden == HIDDEN, own
        assert {r.value for r in found.readings} == {None}
        if not chosen:
            change = city.room.changes(scope, Question(kpi="aduan_terbuka", area=area, days=7)).change
            assert (change.now, change.parts) == (None, ()), own
        if "opds" not in own:
            with pytest.raises(PermissionError):
                crossed(scope, city.room.figures(), Query(opd="dlh", area=area, **chosen))  # type: ignore[misc]


def test_what_one_asker_was_told_of_the_cards_is_not_told_to_the_next(city: Furnished) -> None:
    """Both have no limits, and one of them sees rows: the answer is remembered for each by itself."""
    choice = Choice.of({"opd": "dlh", "category": FEW, "area": HERE}, city.city.zone)
    assert city.room.figures is not None
    rows = city.room.figures()
    assert cut_readings(ANALYST, city.room.catalog, rows, choice)["aduan_terbuka"].value == 3
    assert cut_readings(PUBLIC, city.room.catalog, rows, choice)["aduan_terbuka"].value is None
    assert cut_readings(ANALYST, city.room.catalog, rows, choice)["aduan_terbuka"].value == 3


def test_a_map_is_taken_away_without_what_could_name_a_person(city: Furnished) -> None:
    """By whoever asks: on paper it goes on to others."""
    asks = seen(city, ANALYST, {"opd": "dlh", "category": FEW})
    sheet = opd.PAGE.sheets["map-legend"].sheet(city.snapshot, asks)
    assert {row[0]: row[4] for row in sheet.rows if row[0] in (HERE, NEXT)} == {HERE: None, NEXT: None}
    assert sheet.hidden
    with pytest.raises(Refused):
        opd.PAGE.sheets["cross-days"].sheet(city.snapshot, seen(city, ANALYST, {"opd": "dlh", "category": FEW, "area": HERE}))


def test_a_change_tells_few_cases_with_all_others(city: Furnished) -> None:
    params = {"kpi": "aduan_terbuka", "area": HERE, "by": "category", "days": "7"}
    told, all_ = (document(changes.PAGE, city.snapshot, seen(city, scope, params)).parts for scope in (PUBLIC, ANALYST))
    assert FEW in all_["change-sums"]
    assert FEW not in told["change-sums"] + told["change-steps"]
    sheet = changes.PAGE.sheets["change-sums"].sheet(city.snapshot, seen(city, ANALYST, params))
    assert FEW not in {row[0] for row in sheet.rows}
    assert sheet.hidden


def test_parts_that_are_joined_keep_the_sums(city: Furnished) -> None:
    """And where one alone would be hidden, another joins it."""
    change = Change(
        kpi="aduan_terbuka", area=HERE, opd=None, dimensions=("category",), windows=(None, None),  # type: ignore[arg-type]
        before=10, now=16, change=6, why_none=None,
        parts=tuple(Part(by=(name,), label=name, mix=0, rate=rate, n=n) for name, rate, n in PARTS),
    )  # fmt: skip
    told = without_few(change, city.city, city.room.tree)
    assert [part.by for part in told.parts] == [("Sampah",), ()]
    assert told.parts[-1].n == (7, 11)
    assert sum(part.total for part in told.parts) == sum(part.total for part in change.parts)
    assert not [p for p in told.parts if p.by and sensitive(p.by[0] or "") and any(0 < n < LEAST for n in p.n)]


PARTS = (("Sampah", 1.0, (20, 21)), ("Narkoba", 3.0, (1, 4)), ("Jalan rusak", 1.0, (6, 7)))
