"""The audit, read: who signed in and out, was refused, took figures away, acted on alarms and orders; for admins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from layers import peopleschema as schema
from layers.model import Role, Scope
from layers.people import People
from layers.rights import named

PAGE = 50
"""Lines of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: ``who`` is an account's name, a screen, or ``-`` where nobody was known; ``detail`` names no person."""

    seq: int
    at: datetime
    who: str
    what: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A page of lines, newest first; ``total`` of all that match, ``kinds`` all that there are to choose from."""

    lines: tuple[Line, ...]
    total: int
    page: int
    kinds: tuple[str, ...]

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


def read_audit(
    scope: Scope, people: People, *, who: str | None = None, what: str | None = None, page: int = 1, most: int = PAGE
) -> Lines:
    """Lines by account and kind; raises ``PermissionError`` for everybody but admins."""
    if scope.role is not Role.ADMIN:
        raise PermissionError("catatan audit hanya untuk admin")
    audit = schema.audit.c
    wanted = [column == value for column, value in ((audit.who, named(who) if who else None), (audit.what, what)) if value]
    query = select(audit.seq, audit.at, audit.who, audit.what, audit.detail).where(*wanted).order_by(audit.seq.desc())
    with people.read() as connection:
        total = connection.execute(select(func.count()).select_from(schema.audit).where(*wanted)).scalar_one()
        rows = connection.execute(query.limit(most).offset((page - 1) * most)).all()
        kinds = connection.execute(select(audit.what).distinct().order_by(audit.what)).scalars().all()
    lines = (Line(seq=r.seq, at=r.at, who=r.who, what=r.what, detail=json.loads(r.detail)) for r in rows)
    return Lines(lines=tuple(lines), total=total, page=page, kinds=tuple(kinds))


def plain(line: Line) -> str:
    """A line for a terminal, parted by tabs: number, time, account, event, detail."""
    told = json.dumps(line.detail, ensure_ascii=False, sort_keys=True)
    return f"{line.seq}\t{line.at:%Y-%m-%dT%H:%M:%SZ}\t{line.who}\t{line.what}\t{told}"
