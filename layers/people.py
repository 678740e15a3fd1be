"""Who may enter: accounts, sessions, screens and the audit, in a database of their own so that a login never waits for intake."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from layers import clock
from layers import peopleschema as schema
from layers.database import Database
from layers.model import Role, Scope
from layers.privacy import mask
from layers.rights import LIMIT_WORDS, PASSWORD_LENGTH, check_name, check_password, named, person_role
from layers.settings import Settings
from layers.sqltypes import micros
from layers.vault import Vault

IDLE = timedelta(minutes=30)
"""A session ends when it was not used for this long."""
ABSOLUTE = timedelta(hours=12)
"""A session ends this long after its start, used or not."""
TOUCH = timedelta(minutes=1)
"""Use is noted this often at most, so that a request seldom writes."""
FREE_FAILURES = 5
"""Wrong passwords in a row before the delays begin."""
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=2), timedelta(minutes=15)
"""The delay doubles with each further failure from the first to the longest."""
FORGET = timedelta(days=1)
"""Failures are forgotten after this long without another."""
TOKEN_BYTES = 32


class People(Database):
    """Accounts and what proves them. Passwords by Argon2id; tokens are kept hashed only."""

    branch = "people"

    def __init__(self, url: str, secret: str, hasher: PasswordHasher | None = None) -> None:
        super().__init__(url)
        self.vault = Vault(secret)
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The people of a room, opened."""
        people = cls(settings.people_url, settings.secret)
        people.open()
        return people

    # --- accounts ----------------------------------------------------------------------------

    def add_user(
        self,
        name: str,
        password: str,
        role: Role | str,
        *,
        opds: Collection[str] | None = None,
        areas: Collection[str] | None = None,
        categories: Collection[str] | None = None,
        now: datetime | None = None,
    ) -> None:
        """Create an account; ``opds``, ``areas`` and ``categories`` limit whose rows it sees, ``None`` is all.

        Raises ``ValueError`` for a name that is taken, a weak password, a role that is no person's or lacks what limits it.
        """
        name, given = named(name), {"opds": opds, "areas": areas, "categories": categories}
        role = person_role(role, given)
        check_name(name)
        check_password(name, password)
        facts: dict[str, Any] = {"name": name, "hash": self.hashed(password), "role": role.value, "created": now or clock.now()}
        facts |= {limit: _listed(values) for limit, values in given.items()}
        with self.write() as connection:
            new = self.insert(schema.account).values(facts).on_conflict_do_nothing()
            if connection.execute(new.returning(schema.account.c.name)).first() is None:
                raise ValueError(f"akun {name} sudah ada")

    def verify(self, name: str, password: str, now: datetime | None = None) -> Scope | None:
        """The account's rights if the password is right, else ``None``.

        One hash is computed whether or not the account exists. After :data:`FREE_FAILURES` wrong tries in
        a row for one name each further try has to wait; until then even the right password is refused.
        """
        now = now or clock.now()
        name = named(name)
        if not self.may_try(name, now):
            return None
        with self.read() as connection:
            row = connection.execute(select(schema.account).where(schema.account.c.name == name)).first()
        right = self._matches(row.hash if row and row.hash else self._nobody, password[: PASSWORD_LENGTH.stop])
        if row is None or not right:
            return None
        with self.write() as connection:
            connection.execute(delete(schema.attempt).where(schema.attempt.c.name == self.try_key(name)))
            if self._hasher.check_needs_rehash(row.hash):
                newer = self._hasher.hash(password)
                connection.execute(update(schema.account).where(schema.account.c.name == name).values(hash=newer))
        return scope_of(row)

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def may_try(self, name: str, now: datetime, use: str = "name") -> bool:
        """Count a try as failed before it is looked at, so that many at once are no way around; false while it must wait."""
        attempt, key = schema.attempt, self.try_key(name, use)
        with self.write() as connection:
            connection.execute(delete(attempt).where(attempt.c.last <= now - FORGET))
            first = self.insert(attempt).values(name=key, failures=1, last=now, until=now)
            again = {"failures": attempt.c.failures + 1, "last": now}
            count = first.on_conflict_do_update(index_elements=["name"], set_=again, where=attempt.c.until <= now)
            failures = connection.execute(count.returning(attempt.c.failures)).scalar()
            if failures is None:
                return False
            if failures >= FREE_FAILURES:
                delay = min(FIRST_DELAY * 2 ** min(failures - FREE_FAILURES, 20), LONGEST_DELAY)
                connection.execute(update(attempt).where(attempt.c.name == key).values(until=now + delay))
            return True

    def try_key(self, name: str, use: str = "name") -> bytes:
        """Under what the failures of a name are counted: those of its password (``name``) or of another ``use``."""
        return self.vault.mac(f"{use}:{name}".encode("utf-8", "replace"))

    def insert(self, table: Any) -> Any:
        """An insert that knows of conflicts, in the words of this database."""
        return sqlite.insert(table) if self.sqlite else postgresql.insert(table)

    # --- sessions ----------------------------------------------------------------------------

    def start_session(self, user: str, now: datetime, device: str | None = None) -> str:
        """A token for a person who has just proved who they are; what has run out is swept away.

        ``device`` says in words which browser it is, for the person's own list.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session = schema.session
        with self.write() as connection:
            connection.execute(delete(session).where((session.c.used <= now - IDLE) | (session.c.started <= now - ABSOLUTE)))
            connection.execute(
                session.insert().values(token=token_hash(token), name=named(user), started=now, used=now, device=device)
            )
        return token

    def session(self, token: str, now: datetime, *, active: bool = True) -> Scope | None:
        """The rights that the session's account has now, or ``None`` once it has run out.

        ``active=False`` asks without keeping the session alive: an open stream is not a person.
        """
        session, account = schema.session, schema.account
        query = select(session.c.started, session.c.used, account).join(account, account.c.name == session.c.name)
        with self.read() as connection:
            row = connection.execute(query.where(session.c.token == token_hash(token))).first()
        if row is None or now - row.used >= IDLE or now - row.started >= ABSOLUTE:
            return None
        if active and now - row.used >= TOUCH:
            with self.write() as connection:
                connection.execute(update(session).where(session.c.token == token_hash(token)).values(used=now))
        return scope_of(row)

    def end_session(self, token: str) -> None:
        """Forget a session; an unknown token is no error."""
        with self.write() as connection:
            connection.execute(delete(schema.session).where(schema.session.c.token == token_hash(token)))

    # --- screens -----------------------------------------------------------------------------

    def add_screen(self, name: str, now: datetime | None = None, *, panel: Mapping[str, float] | None = None) -> str:
        """A token for a wall's address, shown this once; ``panel`` are the fields of a :class:`layers.screens.Panel`.

        Raises ``ValueError`` for a name that is taken.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        facts = {"name": named(name), "token": token_hash(token), "created": now or clock.now(), "panel": panel}
        if not facts["name"]:
            raise ValueError("layar perlu nama")
        with self.write() as connection:
            new = self.insert(schema.screen).values(facts).on_conflict_do_nothing()
            if connection.execute(new.returning(schema.screen.c.name)).first() is None:
                raise ValueError(f"layar {name} sudah ada")
        return token

    def screen(self, token: str, now: datetime | None = None) -> Scope | None:  # noqa: ARG002 - the form of session()
        """What a screen may show: aggregates; ``None`` for a token that was never given or is revoked."""
        with self.read() as connection:
            name = connection.execute(select(schema.screen.c.name).where(schema.screen.c.token == token_hash(token))).scalar()
        return None if name is None else Scope(user=f"layar:{name}", role=Role.SCREEN)

    def revoke_screen(self, name: str) -> None:
        """End a screen's token; ``ValueError`` where there is no such screen."""
        with self.write() as connection:
            if connection.execute(delete(schema.screen).where(schema.screen.c.name == named(name))).rowcount != 1:
                raise ValueError(f"tidak ada layar {name}")

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        return self._hasher.hash(password)

    def mac(self, message: bytes) -> bytes:
        """A keyed digest that only this room can make, for what is proved without being kept."""
        return self.vault.mac(message)

    # --- audit -------------------------------------------------------------------------------

    def audit(self, who: str, what: str, detail: Mapping[str, Any], now: datetime) -> None:
        """Append one line; identifiers in it are masked. Each line's keyed digest covers the one before."""
        with self.write(alone=True) as connection:
            self.note(connection, who, what, detail, now)

    def note(self, connection: Connection, who: str, what: str, detail: Mapping[str, Any], now: datetime) -> None:
        """:meth:`audit` in the transaction of what it tells of, which must be alone with the database."""
        text = mask(json.dumps(detail, sort_keys=True, ensure_ascii=False, default=str))
        table = schema.audit
        last = connection.execute(select(table.c.seq, table.c.digest).order_by(table.c.seq.desc()).limit(1)).first()
        seq, before = (last.seq + 1, bytes(last.digest)) if last else (1, b"")
        line = {"seq": seq, "at": now, "who": who, "what": what, "detail": text}
        connection.execute(table.insert().values(line | {"digest": self._link(before, line)}))

    def audit_broken_at(self, last: int | None = None) -> int | None:
        """The first line (of the ``last`` ones) that was altered, or after which one is missing; ``None`` for a whole chain.

        Lines cut off at the end leave no trace in the chain itself.
        """
        audit = schema.audit.c
        before, expected = b"", 1
        with self.read() as connection:
            newest = connection.execute(select(func.max(audit.seq))).scalar() or 0
            if last is not None and newest > last:
                before = bytes(connection.execute(select(audit.digest).where(audit.seq == newest - last)).scalar() or b"")
                expected = newest - last + 1
            for row in connection.execute(select(schema.audit).where(audit.seq >= expected).order_by(audit.seq)):
                line = {name: getattr(row, name) for name in ("seq", "at", "who", "what", "detail")}
                if row.seq != expected or bytes(row.digest) != self._link(before, line):
                    return expected
                before, expected = bytes(row.digest), expected + 1
        return None

    def _link(self, before: bytes, line: Mapping[str, Any]) -> bytes:
        told = json.dumps([line["seq"], micros(line["at"]), line["who"], line["what"], line["detail"]])
        return self.vault.mac(b"audit:" + before + told.encode("ascii"))


def _listed(values: Collection[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def scope_of(row: Any) -> Scope:
    """The rights that a row of the table of accounts gives."""
    limits = {name: None if (value := getattr(row, name)) is None else frozenset(value) for name in LIMIT_WORDS}
    return Scope(user=row.name, role=Role(row.role), **limits)
