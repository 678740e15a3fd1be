"""Nobody is given another's answer: what a room remembers for one asker and question is what a new room says to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dashboard.opdcut import CARDS, Choice, cut_readings
from layers.alike import beside
from layers.analysis.ask import Ask
from layers.analysis.engine import analyse
from layers.areas import AreaTree
from layers.buying import Wanted, packages
from layers.catalog import Kpi
from layers.changes import Question, explain
from layers.city import City
from layers.citykpis import catalog_of
from layers.courses import course, sparks, year_ago
from layers.crossing import crossed
from layers.drill import Query, drill
from layers.frames import View
from layers.model import NotYoursError, Role, Scope
from layers.placed import counters
from layers.queue import every, queue
from layers.reasons import reasons
from layers.room import Room, of_minute
from layers.runs import SourceFacts
from tests.layers.furnished import HERE, NEXT, city, filled, records
from tests.layers.made import DAY, HOUR, NOW, PUBLIC, complaint

FEW, OFFICE = "Narkoba", "dp3ap2kb"
OF = {"opds": frozenset({"dlh"}), "areas": frozenset({HERE}), "categories": frozenset({FEW})}
SCOPES = (
    PUBLIC,
    Scope(user="ana", role=Role.ANALYST),
    Scope(user="layar:lobi", role=Role.SCREEN),
    Scope(user="kadis", role=Role.OPD_HEAD, opds=OF["opds"]),
    Scope(user="tanpa", role=Role.OPD_HEAD),
    replace(PUBLIC, user="token:dlh", opds=OF["opds"]),
    Scope(user="lurah", role=Role.LURAH, areas=OF["areas"]),
    replace(PUBLIC, user="token:sini", areas=OF["areas"]),
    Scope(user="bidang", role=Role.BIDANG, opds=OF["opds"], categories=OF["categories"]),
    replace(PUBLIC, user="token:sempit", categories=OF["categories"]),
    Scope(user="op", role=Role.OPERATOR, categories=frozenset({"Sampah", FEW})),
)
"""Of each sort of limits one who sees rows and one who does not."""


@dataclass(frozen=True)
class Seen:
    """The rows as they stand, and a room of them that has been asked before or not."""

    rows: View
    city: City
    tree: AreaTree
    facts: Sequence[SourceFacts]
    catalog: dict[str, Kpi]

    def view(self) -> View:
        return self.rows

    @property
    def room(self) -> Room:
        return of_minute(self, self.tree, self.city, self.facts, NOW)

    @property
    def whence(self) -> tuple[Any, ...]:
        return self, self.catalog, self.tree, self.city

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A sensitive category in two kelurahan and an OPD that stands for one, among much else."""
    found = records()
    for k, (area, opd, category) in enumerate([(HERE, "dlh", FEW)] * 3 + [(NEXT, "dlh", FEW)] * 7 + [(HERE, OFFICE, "Lain")] * 2):
        found.append(complaint(f"F-{k}", area=area, opd=opd, category=category, received=NOW - (9 * k + 2) * HOUR, due=NOW + DAY))
    here = city()
    store, frames = filled(tmp_path_factory.mktemp("jawaban"), here, found)
    facts = list(store.source_states())
    store.close()
    return Seen(frames.view(), here, AreaTree.of(here), facts, dict(catalog_of(here)))


def _cards(scope: Scope, seen: Seen, query: Query) -> object:
    asked = {"area": query.area, "category": query.category, "status": query.status, "days": "7" if query.days == 7 else None}
    choice = Choice(opd=query.opd or "dlh", asked={k: v for k, v in asked.items() if v}, zone=seen.city.zone)
    return cut_readings(scope, seen.catalog, seen.room, choice)


def _every(scope: Scope, seen: Seen, query: Query) -> object:
    count, cases = every(scope, seen.room, query)
    return count, list(cases)


def _analysed(scope: Scope, seen: Seen, query: Query) -> object:
    where = {"opd": query.opd, "area": query.area, "category": query.category}
    ask = Ask.read({"kpi": OPEN, "by": "area", "per": "category"} | {k: v for k, v in where.items() if v})
    return replace(analyse(scope, *seen.whence, ask, seen.facts, NOW), seconds=0)


def _explained(scope: Scope, seen: Seen, query: Query) -> object:
    by = ("category", "opd") if query.area else ("category", "kecamatan")
    return explain(scope, *seen.whence, Question(kpi=OPEN, area=query.area, opd=query.opd, by=by, days=7), seen.facts, NOW)


OPEN = "aduan_terbuka"
ASKS: dict[str, Callable[[Scope, Seen, Query], object]] = {
    "cards": _cards,
    "crossed": lambda scope, seen, query: crossed(scope, seen.room, query),
    "course": lambda scope, seen, query: course(scope, seen.room, seen.catalog[OPEN], query),
    "sparks": lambda scope, seen, query: sparks(scope, seen.room, [seen.catalog[name] for name in CARDS], query),
    "year ago": lambda scope, seen, query: year_ago(scope, seen.room, seen.catalog["selesai_tepat_waktu"], query),
    "reasons": lambda scope, seen, query: reasons(scope, seen.room, seen.catalog[OPEN], query),
    "drill": lambda scope, seen, query: drill(scope, *seen.whence, query, seen.facts, NOW),
    "changes": _explained,
    "analysis": _analysed,
    "queue": lambda scope, seen, query: queue(scope, seen.room, query),
    "every case": _every,
    "packages": lambda scope, seen, query: packages(scope, seen.room, Wanted(opd=query.opd, area=query.area)),
    "alike": lambda scope, seen, query: beside(scope, seen.room, seen.city.alike, query.area),
    "counters": lambda scope, seen, query: counters(scope, seen.room, query.area or HERE),
}
QUERIES = st.builds(
    Query,
    area=st.sampled_from((None, HERE, "36.71.01")),
    opd=st.sampled_from(("dlh", OFFICE)),
    category=st.sampled_from((None, FEW, "Sampah")),
    days=st.sampled_from((30, 7)),
    status=st.sampled_from((None, None, "menunggu")),
)


new: dict[object, object] = {}
"""What a new room said, by what was asked by whom."""


def said(ask: Callable[[Scope, Seen, Query], object], scope: Scope, seen: Seen, query: Query) -> object:
    """The answer, or what kind of refusal."""
    try:
        return ask(scope, seen, query)
    except (PermissionError, NotYoursError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("of", ASKS)
@settings(max_examples=1, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(query=Query(opd="dlh", area=HERE, category=FEW), scopes=list(SCOPES))
@example(query=Query(opd="dlh", area=HERE), scopes=[*reversed(SCOPES)])
@given(query=QUERIES, scopes=st.permutations(SCOPES))
def test_each_asker_is_told_what_a_new_room_would_tell_them(warm: Seen, of: str, query: Query, scopes: list[Scope]) -> None:
    used = replace(warm)
    for scope in scopes:
        asked = of, scope, query
        if asked not in new:
            new[asked] = said(ASKS[of], scope, replace(warm), query)
        assert said(ASKS[of], scope, used, query) == new[asked], scope
