"""What people wrote and did about one OPD, read together: notes, disputed cases, cases given to divisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from layers.disputes import Dispute, Disputes
from layers.handovers import Handover, Handovers
from layers.model import Scope
from layers.notes import Note, Notes
from layers.people import People
from layers.queue import Key, held
from layers.room import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All of it as far as the asker may see it; the disputes are those of every OPD."""

    notes: tuple[Note, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    handed: Mapping[Key, Handover] = field(default_factory=dict)

    def disputed(self, opd: str) -> dict[Key, Dispute]:
        """The open disputes of an OPD by their cases."""
        return {dispute.key: dispute for dispute in self.disputes if dispute.opd == opd}

    def within(self, scope: Scope, room: Room | None, opd: str) -> Book:
        """The same of one OPD with the cases alone that the asker may see; none where there are no rows to tell by.

        A limit to some OPDs leaves nothing out here: the cases are all of this one.
        """
        disputed = self.disputed(opd)
        if scope.may_see_rows and scope.areas is None and scope.categories is None:
            return replace(self, disputes=tuple(disputed.values()))
        keys = {*disputed, *self.handed}
        seen = held(scope, room, opd, keys) if room is not None and keys and scope.may_see_rows else frozenset()
        disputes = tuple(dispute for key, dispute in disputed.items() if key in seen)
        return replace(self, disputes=disputes, handed={key: one for key, one in self.handed.items() if key in seen})


def read_book(scope: Scope, people: People, opd: str | None, *, at: datetime | None = None) -> Book:
    """What stands (or stood ``at`` a moment); without an OPD the disputes alone."""
    disputes = Disputes(people).open(scope, at=at)
    if opd is None:
        return Book(disputes=disputes)
    return Book(notes=Notes(people).seen(scope, opd, at=at), disputes=disputes, handed=Handovers(people).held(scope, opd, at=at))
