"""Tokens of programs: a spreadsheet that refreshes itself, another team's page. Each has rights of its own and may be taken back.

A token is shown once and kept hashed. It reads; nothing can be changed with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from layers import peopleschema as schema
from layers.model import Role, Scope
from layers.people import TOKEN_BYTES, People, token_hash
from layers.rights import LIMIT_WORDS, person_role

PREFIX = "lr_"
"""How a token begins, so that one that was left in a file is found."""
NOTED = timedelta(days=1)
"""Use is noted this often at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token; ``until`` is ``None`` for one that does not run out, ``used`` for one never used."""

    scope: Scope
    name: str
    created: datetime
    until: datetime | None
    used: datetime | None


class Tokens:
    """The tokens in the accounts' database."""

    def __init__(self, people: People) -> None:
        self._people = people

    def add(
        self,
        name: str,
        role: Role | str,
        now: datetime,
        *,
        opds: Collection[str] | None = None,
        areas: Collection[str] | None = None,
        categories: Collection[str] | None = None,
        until: datetime | None = None,
    ) -> str:
        """A new token, shown this once; its rights as those of an account.

        Raises ``ValueError`` for a name that is taken, a role that no program has, or limits that the role needs.
        """
        name = " ".join(name.split()).casefold()
        try:
            role = Role(role)
        except ValueError:
            raise ValueError(f"peran tidak dikenal: {role}") from None
        if role is Role.SCREEN:
            raise ValueError("layar punya tokennya sendiri: liveroom screen add")
        if role is not Role.PUBLIC:
            person_role(role, {"opds": opds, "areas": areas, "categories": categories})
        if not name or len(name) > 100:
            raise ValueError("nama token harus 1 sampai 100 huruf")
        token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        limits = {"opds": _listed(opds), "areas": _listed(areas), "categories": _listed(categories)}
        facts = {"name": name, "token": token_hash(token), "role": role.value, "created": now, "until": until, **limits}
        with self._people.write(alone=True) as connection:
            if connection.execute(select(schema.token.c.name).where(schema.token.c.name == name)).first():
                raise ValueError(f"token {name} sudah ada")
            connection.execute(schema.token.insert().values(facts))
            self._people.note(connection, "-", "token dibuat", {"token": name, "peran": role.value, **limits}, now)
        return token

    def scope(self, token: str, now: datetime) -> Scope | None:
        """The rights of a token; ``None`` for one that was never given, is taken back or has run out."""
        c, mine = schema.token.c, schema.token.c.token == token_hash(token)
        with self._people.read() as connection:
            row = connection.execute(select(schema.token).where(mine)).first()
        if row is None or (row.until is not None and row.until <= now):
            return None
        if row.used is None or now - row.used >= NOTED:
            with self._people.write() as connection:
                connection.execute(update(schema.token).where(c.name == row.name).values(used=now))
        return _token(row).scope

    def all(self) -> list[Token]:
        """Every token, by name."""
        with self._people.read() as connection:
            return [_token(row) for row in connection.execute(select(schema.token).order_by(schema.token.c.name))]

    def revoke(self, name: str, now: datetime) -> None:
        """Take a token back; ``ValueError`` where there is none of this name."""
        name = " ".join(name.split()).casefold()
        with self._people.write(alone=True) as connection:
            if connection.execute(delete(schema.token).where(schema.token.c.name == name)).rowcount != 1:
                raise ValueError(f"tidak ada token {name}")
            self._people.note(connection, "-", "token dicabut", {"token": name}, now)


def listing(tokens: Collection[Token]) -> str:
    """What ``liveroom token list`` prints; never a token."""
    if not tokens:
        return "Belum ada token: liveroom token add NAMA --role analyst"
    return "\n".join(_line(token) for token in tokens)


def _line(token: Token) -> str:
    limits = [value for limit in token.scope.limits for value in limit or ()]
    until = f"sampai {token.until:%Y-%m-%d}" if token.until else "tanpa batas waktu"
    used = f"dipakai {token.used:%Y-%m-%d}" if token.used else "belum dipakai"
    return f"{token.name}: {token.scope.role.value}{' ' + ', '.join(sorted(limits)) if limits else ''}, {until}, {used}"


def _listed(values: Collection[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)


def _token(row: Any) -> Token:
    limits = {name: None if (value := getattr(row, name)) is None else frozenset(value) for name in LIMIT_WORDS}
    scope = Scope(user=f"token:{row.name}", role=Role(row.role), **limits)
    return Token(scope=scope, name=row.name, created=row.created, until=row.until, used=row.used)
