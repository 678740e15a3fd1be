"""The second factor of an account: time-based codes (TOTP, RFC 6238), each good once, and codes for a lost telephone."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import Connection, delete, func, select, update

from layers import peopleschema as schema
from layers.people import People
from layers.rights import named

ISSUER = "Live Room"
"""How authenticator apps call the room."""
DRIFT = 1
"""Steps of 30 s that a telephone's clock may be off."""
RECOVERY_CODES, RECOVERY_BYTES = 10, 10
USE = "kode"
"""Under this the wrong codes of a name are counted, apart from its wrong passwords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A secret that is not in force yet, and the address that a telephone reads it from."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


class Factors:
    """Second factors in the people database; secrets are encrypted, recovery codes kept as keyed digests."""

    def __init__(self, people: People) -> None:
        self._people = people

    def has(self, name: str) -> bool:
        """Whether an account asks for a code."""
        account = schema.account.c
        with self._people.read() as connection:
            held = connection.execute(select(account.totp.is_not(None)).where(account.name == named(name))).scalar()
        return bool(held)

    def offer(self, name: str, secret: str | None = None) -> Offer:
        """A new secret to enrol with, or a given one again."""
        secret = secret or pyotp.random_base32()
        return Offer(secret=secret, address=pyotp.TOTP(secret).provisioning_uri(name=named(name), issuer_name=ISSUER))

    def enrol(self, name: str, secret: str, code: str, now: datetime) -> tuple[str, ...] | None:
        """Put a secret in force that the person's telephone has proved to know; its recovery codes, shown this once.

        ``None`` for a wrong code. Raises ``ValueError`` where the account has a second factor already.
        """
        name, step = named(name), _step(secret, code, now)
        if step is None:
            return None
        account = schema.account
        facts = {"totp": self._people.vault.seal({"totp": secret}), "totp_step": step}
        with self._people.write(alone=True) as connection:
            new = update(account).where(account.c.name == name, account.c.totp.is_(None)).values(facts)
            if connection.execute(new).rowcount != 1:
                raise ValueError("kode kedua sudah terpasang")
            codes = self._fresh(connection, name)
            self._people.note(connection, name, "kode kedua dipasang", {}, now)
        return codes

    def passes(self, name: str, code: str, now: datetime) -> str | None:
        """How a code proves its person (``"kode"`` or ``"kode cadangan"``), or ``None``; no code does so twice.

        Wrong ones delay the next try as wrong passwords do.
        """
        name, code = named(name), "".join(code.split()).replace("-", "").upper()
        if not self._people.may_try(name, now, USE):
            return None
        how = "kode" if self._timely(name, code, now) else "kode cadangan" if self._recovers(name, code) else None
        if how:
            with self._people.write() as connection:
                connection.execute(delete(schema.attempt).where(schema.attempt.c.name == self._people.try_key(name, USE)))
        return how

    def _timely(self, name: str, code: str, now: datetime) -> bool:
        account = schema.account
        with self._people.read() as connection:
            sealed = connection.execute(select(account.c.totp).where(account.c.name == name)).scalar()
        step = _step(self._people.vault.unseal(sealed)["totp"], code, now) if sealed else None
        if step is None:
            return False
        newer = (account.c.name == name, (account.c.totp_step < step) | account.c.totp_step.is_(None))
        with self._people.write() as connection:
            return connection.execute(update(account).where(*newer).values(totp_step=step)).rowcount == 1

    def _recovers(self, name: str, code: str) -> bool:
        recovery = schema.recovery
        with self._people.write() as connection:
            used = delete(recovery).where(recovery.c.name == name, recovery.c.code == self._kept(name, code))
            return connection.execute(used).rowcount == 1

    def left(self, name: str) -> int:
        """How many recovery codes an account still has."""
        recovery = schema.recovery
        with self._people.read() as connection:
            query = select(func.count()).select_from(recovery).where(recovery.c.name == named(name))
            return connection.execute(query).scalar_one()

    def renew(self, name: str, now: datetime) -> tuple[str, ...]:
        """New recovery codes; the former ones are void."""
        name = named(name)
        with self._people.write(alone=True) as connection:
            codes = self._fresh(connection, name)
            self._people.note(connection, name, "kode cadangan dibuat ulang", {}, now)
        return codes

    def remove(self, name: str, who: str, now: datetime) -> None:
        """Take the second factor away: by the person, or by an admin for a telephone that is gone."""
        name, account = named(name), schema.account
        with self._people.write(alone=True) as connection:
            connection.execute(update(account).where(account.c.name == name).values(totp=None, totp_step=None))
            connection.execute(delete(schema.recovery).where(schema.recovery.c.name == name))
            self._people.note(connection, who, "kode kedua dilepas", {"akun": name}, now)

    def _fresh(self, connection: Connection, name: str) -> tuple[str, ...]:
        codes = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode("ascii") for _ in range(RECOVERY_CODES)]
        connection.execute(delete(schema.recovery).where(schema.recovery.c.name == name))
        rows = [{"name": name, "code": self._kept(name, code)} for code in codes]
        connection.execute(schema.recovery.insert(), rows)
        return tuple("-".join(code[i : i + 4] for i in range(0, len(code), 4)) for code in codes)

    def _kept(self, name: str, code: str) -> bytes:
        return self._people.mac(f"recovery:{name}:{code}".encode("utf-8", "replace"))


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code is of, ``None`` for a wrong one."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now.timestamp(), valid_window=DRIFT)
    except OTPVerificationError:
        return None
