"""What pages ask of the frames of one time, by the pack of that time: each question with the asker's Scope first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from layers.analysis.desk import Analyst
from layers.areas import AreaTree
from layers.catalog import Kpi
from layers.changes import Answer, Question, explain
from layers.city import City
from layers.drill import Drill, Query, drill
from layers.frames import Views
from layers.model import Scope
from layers.room import Room as Figures
from layers.rows import Rows, rows
from layers.rowstream import Every, every
from layers.runs import SourceFacts
from layers.suspicion import Suspicion, suspicions


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is answered from, now or at a moment gone by: ``facts`` and ``now`` are asked anew by each question.

    ``figures`` are those of the snapshot that is shown, so that rows are the ones that it counted.
    """

    city: City
    tree: AreaTree
    catalog: Mapping[str, Kpi]
    frames: Views
    facts: Callable[[], Iterable[SourceFacts]]
    now: Callable[[], datetime]
    figures: Callable[[], Figures]

    def drill(self, scope: Scope, query: Query) -> Drill:
        """The figures of a cut."""
        return drill(scope, self.frames, self.catalog, self.tree, self.city, query, self.facts(), self.now())

    def changes(self, scope: Scope, question: Question) -> Answer:
        """Why a figure changed."""
        return explain(scope, self.frames, self.catalog, self.tree, self.city, question, self.facts(), self.now())

    def rows(self, scope: Scope, kpi: str, query: Query, page: int, order: str) -> Rows:
        """A page of the rows behind a figure."""
        return rows(scope, self.figures(), self.catalog[kpi], query, page=page, order=order)

    def every(self, scope: Scope, kpi: str, query: Query, order: str) -> Every:
        """All rows behind a figure."""
        return every(scope, self.figures(), self.catalog[kpi], query, order)

    def analyst(self, scope: Scope) -> Analyst:
        """Any figure by any dimension."""
        return Analyst(
            scope=scope,
            frames=self.frames,
            catalog=self.catalog,
            tree=self.tree,
            city=self.city,
            facts=self.facts,
            now=self.now(),
        )

    def suspicions(self, scope: Scope) -> Sequence[Suspicion]:
        """Closings that ask to be looked at."""
        return suspicions(scope, self.frames, self.city.suspicion, self.now())

    def answered(self) -> dict[str, Any]:
        """The fields of a :class:`dashboard.room.Room` that are answered here."""
        names = ("city", "tree", "catalog", "drill", "changes", "rows", "every", "figures", "analyst", "suspicions")
        return {name: getattr(self, name) for name in names}
