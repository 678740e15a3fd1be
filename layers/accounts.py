"""What people and admins do with accounts: sessions ended, passwords changed, delays lifted, identities from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from layers import peopleschema as schema
from layers.database import Database
from layers.model import Role, Scope
from layers.people import ABSOLUTE, IDLE, People, scope_of, token_hash
from layers.rights import check_name, check_password, named, person_role


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One open session. ``id`` names it and opens nothing; ``device`` is the browser in words, ``None`` where it said nothing."""

    id: str
    name: str
    device: str | None
    started: datetime
    used: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account as an admin sees it. ``failures`` are wrong passwords in a row, ``until`` is when the next try is heard."""

    scope: Scope
    created: datetime
    second_factor: bool
    elsewhere: bool
    failures: int
    until: datetime | None
    sessions: Sequence[Session]


class NoSuchAccountError(ValueError):
    """There is no account, session or right of this kind for the asker: nobody learns which."""


class Accounts:
    """The accounts of the people database; each change is one transaction with its line in the audit."""

    def __init__(self, people: People) -> None:
        self._people = people

    # --- sessions ----------------------------------------------------------------------------

    def sessions(self, scope: Scope, now: datetime) -> tuple[Session, ...]:
        """The open sessions that the asker may see, the last used first: one's own, for an admin everybody's."""
        session = schema.session.c
        query = select(schema.session).where(session.used > now - IDLE, session.started > now - ABSOLUTE)
        if scope.role is not Role.ADMIN:
            query = query.where(session.name == named(scope.user))
        with self._people.read() as connection:
            rows = connection.execute(query.order_by(session.used.desc())).all()
        return tuple(
            Session(id=row.token.hex(), name=row.name, device=row.device, started=row.started, used=row.used) for row in rows
        )

    def end(self, scope: Scope, number: str, now: datetime) -> None:
        """End one session, one's own or as an admin anybody's; :class:`NoSuchAccountError` for any other."""
        try:
            token = bytes.fromhex(number)
        except ValueError:
            raise NoSuchAccountError from None
        self._end(scope, schema.session.c.token == token, "sesi diakhiri", now, least=1)

    def end_others(self, scope: Scope, token: str, now: datetime) -> int:
        """End one's own sessions but that of ``token``; how many they were."""
        return self._end(scope, self._others(scope.user, token), "sesi lain diakhiri", now)

    def end_all(self, scope: Scope, name: str, now: datetime) -> int:
        """End every session of an account, as an admin; how many they were."""
        _admin(scope)
        return self._end(scope, schema.session.c.name == named(name), "sesi akun diakhiri", now)

    def _others(self, name: str, token: str) -> ColumnElement[bool]:
        session = schema.session.c
        return (session.name == named(name)) & (session.token != token_hash(token))

    def _end(self, scope: Scope, which: ColumnElement[bool], what: str, now: datetime, least: int = 0) -> int:
        session = schema.session
        if scope.role is not Role.ADMIN:
            which &= session.c.name == named(scope.user)
        with self._people.write(alone=True) as connection:
            names = connection.execute(delete(session).where(which).returning(session.c.name)).scalars().all()
            if len(names) < least:
                raise NoSuchAccountError
            if names:
                self._people.note(connection, scope.user, what, {"akun": sorted(set(names)), "sesi": len(names)}, now)
        return len(names)

    # --- one's own ---------------------------------------------------------------------------

    def has_password(self, name: str) -> bool:
        """Whether the account signs in here; one from elsewhere has no password here."""
        with self._people.read() as connection:
            held = connection.execute(select(schema.account.c.hash).where(schema.account.c.name == named(name))).scalar()
        return bool(held)

    def change_password(self, scope: Scope, old: str, new: str, token: str, now: datetime) -> bool:
        """Change one's own password, which ends one's other sessions; false where the old one is wrong or must wait.

        Raises ``ValueError`` for a weak one.
        """
        name = named(scope.user)
        check_password(name, new)
        if self._people.verify(name, old, now) is None:
            return False
        hashed = self._people.hashed(new)
        with self._people.write(alone=True) as connection:
            connection.execute(update(schema.account).where(schema.account.c.name == name).values(hash=hashed))
            connection.execute(delete(schema.session).where(self._others(name, token)))
            self._people.note(connection, name, "kata sandi diganti", {}, now)
        return True

    # --- admins ------------------------------------------------------------------------------

    def all(self, scope: Scope, now: datetime) -> tuple[Account, ...]:
        """Every account by name, for admins; :class:`NoSuchAccountError` for everybody else."""
        _admin(scope)
        sessions = self.sessions(scope, now)
        with self._people.read() as connection:
            rows = connection.execute(select(schema.account).order_by(schema.account.c.name)).all()
            keys = [self._people.try_key(row.name) for row in rows]
            tries = {row.name: row for row in connection.execute(select(schema.attempt).where(schema.attempt.c.name.in_(keys)))}
        found = []
        for row in rows:
            tried = tries.get(self._people.try_key(row.name))
            account = Account(
                scope=scope_of(row),
                created=row.created,
                second_factor=row.totp is not None,
                elsewhere=row.issuer is not None,
                failures=tried.failures if tried else 0,
                until=tried.until if tried and tried.until > now else None,
                sessions=[session for session in sessions if session.name == row.name],
            )
            found.append(account)
        return tuple(found)

    def unlock(self, scope: Scope, name: str, now: datetime) -> None:
        """Let somebody try again at once, as an admin."""
        _admin(scope)
        name = named(name)
        keys = [self._people.try_key(name, use) for use in ("name", "kode")]
        with self._people.write(alone=True) as connection:
            connection.execute(delete(schema.attempt).where(schema.attempt.c.name.in_(keys)))
            self._people.note(connection, scope.user, "penundaan dihapus", {"akun": name}, now)

    def reset_password(self, scope: Scope, name: str, password: str, now: datetime) -> None:
        """Set somebody's password as an admin, which ends their sessions. Raises ``ValueError`` for a weak one."""
        _admin(scope)
        name = named(name)
        check_password(name, password)
        hashed, account = self._people.hashed(password), schema.account
        with self._people.write(alone=True) as connection:
            here = update(account).where(account.c.name == name, account.c.issuer.is_(None))
            if connection.execute(here.values(hash=hashed)).rowcount != 1:
                raise NoSuchAccountError(f"tidak ada akun {name} dengan kata sandi")
            connection.execute(delete(schema.session).where(schema.session.c.name == name))
            self._people.note(connection, scope.user, "kata sandi diatur ulang", {"akun": name}, now)

    def remove(self, scope: Scope, name: str, now: datetime) -> None:
        """Remove an account with its sessions, codes and saved views, as an admin."""
        _admin(scope)
        name = named(name)
        with self._people.write(alone=True) as connection:
            if connection.execute(delete(schema.account).where(schema.account.c.name == name)).rowcount != 1:
                raise NoSuchAccountError(f"tidak ada akun {name}")
            for table in (schema.session, schema.recovery):
                connection.execute(delete(table).where(table.c.name == name))
            connection.execute(delete(schema.saved_view).where(schema.saved_view.c.owner == name))
            self._people.note(connection, scope.user, "akun dihapus", {"akun": name}, now)

    # --- from elsewhere ----------------------------------------------------------------------

    def known_as(
        self,
        issuer: str,
        subject: str,
        name: str,
        role: Role | str,
        limits: Mapping[str, Collection[str] | None],
        now: datetime,
    ) -> Scope:
        """The account of somebody whom a provider vouches for, with the rights that their groups give them today.

        Made at the first login; ``ValueError`` where its name belongs to somebody else already.
        """
        role, account = person_role(role, limits), schema.account
        rights = {"role": role.value} | {limit: None if of is None else sorted(of) for limit, of in limits.items()}
        mine = (account.c.issuer == issuer) & (account.c.subject == subject)
        with self._people.write(alone=True) as connection:
            row: Any = connection.execute(update(account).where(mine).values(rights).returning(*account.c)).first()
            if row is None:
                name = named(name)
                check_name(name)
                facts = rights | {"name": name, "hash": "", "created": now, "issuer": issuer, "subject": subject}
                new = self._people.insert(account).values(facts).on_conflict_do_nothing()
                row = connection.execute(new.returning(*account.c)).first()
                if row is None:
                    raise ValueError(f"nama {name} sudah dipakai akun lain")
                self._people.note(connection, name, "akun dari penyedia", {"peran": role.value}, now)
        return scope_of(row)


def rights(people: Database, name: str) -> Scope | None:
    """What an account may now, for what the room does in its name; ``None`` where there is no such account any more."""
    with people.read() as connection:
        row = connection.execute(select(schema.account).where(schema.account.c.name == named(name))).first()
    return None if row is None else scope_of(row)


def listing(accounts: Iterable[Account]) -> str:
    """The accounts as lines of a terminal, parted by tabs: name, role, limits, second factor, open sessions, delay."""
    lines = []
    for account in accounts:
        scope = account.scope
        limits = [code for limit in scope.limits if limit is not None for code in sorted(limit)]
        factor = "kode kedua" if account.second_factor else "tanpa kode kedua"
        delayed = f"ditunda sampai {account.until:%Y-%m-%d %H:%M} UTC" if account.until else ""
        words = (scope.user, scope.role.value, ",".join(limits) or "semua", factor, f"{len(account.sessions)} sesi", delayed)
        lines.append("\t".join(words).rstrip())
    return "\n".join(lines) or "Belum ada akun; buat dengan: liveroom user add"


def _admin(scope: Scope) -> None:
    if scope.role is not Role.ADMIN:
        raise NoSuchAccountError
