"""Questions that somebody kept, with a name: their own, and those that others share with their role or with everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Row, delete, func, or_, select, update

from layers import peopleschema as schema
from layers.analysis.ask import Ask
from layers.model import ROWS, MendError, NotYoursError, Role, Scope
from layers.people import People
from layers.privacy import prose

LONGEST = 80
"""Characters of a name."""
MOST = 100
"""Views that one person keeps."""
SHOWN = 300

OWN, EVERYBODY = "saya", "semua"
AUDIENCES = (OWN, EVERYBODY, *(role.value for role in Role if role in ROWS))
"""For whom a view is: its owner, everybody who may keep views, or a role."""

_PINNED = {"pada": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d"), "menurut": re.compile("kini")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """One view: its name, its question as an address has it, whose it is and for whom. ``mine``: the asker may change it."""

    id: int
    owner: str
    title: str
    query: str
    audience: str
    changed: datetime
    mine: bool


def may_keep(scope: Scope) -> bool:
    """Whether the asker is a person with an account, and may keep and see views."""
    return scope.role in ROWS


def canonical(query: str) -> str:
    """The one way to write the question of an address, with the moment it is pinned to; ``MendError`` for no question."""
    given = dict(parse_qsl(query))
    pinned = {name: given[name] for name, form in _PINNED.items() if name in given and form.fullmatch(given[name])}
    try:
        return urlencode({**Ask.read(given).given(), **(pinned if "pada" in pinned else {})})
    except ValueError as error:
        raise MendError(str(error)) from None


class SavedViews:
    """The views in the people database; each change is one transaction with its line in the audit."""

    def __init__(self, people: People) -> None:
        self._people = people

    def seen(self, scope: Scope) -> tuple[SavedView, ...]:
        """The asker's own views and those shared with them, by name."""
        if not may_keep(scope):
            return ()
        table = schema.saved_view
        theirs = or_(table.c.owner == scope.user, table.c.audience.in_([EVERYBODY, scope.role.value]))
        query = (
            select(table).where(theirs).order_by(table.c.owner != scope.user, func.lower(table.c.title), table.c.id).limit(SHOWN)
        )
        with self._people.read() as connection:
            return tuple(_view(row, scope) for row in connection.execute(query))

    def save(self, scope: Scope, title: str, query: str, audience: str, now: datetime) -> SavedView:
        """Keep a question; raises :class:`NotYoursError` without the right, :class:`MendError` for what cannot be kept."""
        if not may_keep(scope):
            raise NotYoursError
        facts = {"owner": scope.user, "query": canonical(query), "changed": now} | _named(title, audience)
        table = schema.saved_view
        with self._people.write(alone=True) as connection:
            held = connection.execute(select(func.count()).where(table.c.owner == scope.user)).scalar_one()
            if held >= MOST:
                raise MendError(f"paling banyak {MOST} tampilan; hapus yang tidak dipakai lagi")
            row = connection.execute(table.insert().values(facts).returning(*table.c)).one()
            self._people.note(connection, scope.user, "tampilan disimpan", {"id": row.id} | _said(facts), now)
        return _view(row, scope)

    def change(self, scope: Scope, number: int, title: str, audience: str, now: datetime) -> SavedView:
        """Give one's own view another name or another audience."""
        facts, table = _named(title, audience) | {"changed": now}, schema.saved_view
        mine = (table.c.id == number) & (table.c.owner == scope.user)
        with self._people.write(alone=True) as connection:
            row = connection.execute(update(table).where(mine).values(facts).returning(*table.c)).first()
            if row is None:
                raise NotYoursError
            self._people.note(connection, scope.user, "tampilan diubah", {"id": number} | _said(facts), now)
        return _view(row, scope)

    def drop(self, scope: Scope, number: int, now: datetime) -> None:
        """Forget one's own view; an admin may forget any that is shared."""
        table = schema.saved_view
        may = table.c.owner == scope.user
        if scope.role is Role.ADMIN:
            may |= table.c.audience != OWN
        with self._people.write(alone=True) as connection:
            if connection.execute(delete(table).where((table.c.id == number) & may)).rowcount != 1:
                raise NotYoursError
            self._people.note(connection, scope.user, "tampilan dihapus", {"id": number}, now)


def _named(title: str, audience: str) -> dict[str, Any]:
    words, _ = prose(title, LONGEST + 1)
    if words is None:
        raise MendError("beri nama dahulu")
    if len(words) > LONGEST:
        raise MendError(f"nama terlalu panjang; paling banyak {LONGEST} huruf")
    if audience not in AUDIENCES:
        raise MendError("pilih untuk siapa tampilan ini")
    return {"title": words, "audience": audience}


def _said(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"nama": facts["title"], "untuk": facts["audience"]}


def _view(row: Row[Any], scope: Scope) -> SavedView:
    facts = {name: getattr(row, name) for name in ("id", "owner", "title", "query", "audience", "changed")}
    return SavedView(**facts, mine=row.owner == scope.user)
