"""Keeps what may not lie open: Fernet encryption and keyed digests, with keys derived from the room's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Self

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NAME_BYTES, NAME_LETTERS = 15, 24
"""Of a keyed name: no two persons share one by chance, and Base32 needs no filling."""


class Vault:
    """One key for each use, derived by HKDF-SHA256; nothing of them appears in the ``repr``."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(_derive(secret, "quarantine")))
        self._files = Fernet(base64.urlsafe_b64encode(_derive(secret, "files")))
        self._tickets = Fernet(base64.urlsafe_b64encode(_derive(secret, "tickets")))
        self._digest_key = _derive(secret, "digest")
        self._name_key = _derive(secret, "person")

    @classmethod
    @cache
    def passing(cls) -> Self:
        """The vault of a process that keeps nothing: nobody else ever knows its secret."""
        return cls(secrets.token_urlsafe(KEY_BYTES))

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, row: Mapping[str, Any]) -> bytes:
        """A row as the source wrote it, encrypted; what JSON does not know is kept as its text."""
        return self._fernet.encrypt(_json(row))

    def unseal(self, sealed: bytes) -> dict[str, Any]:
        """The row again; raises ``cryptography.fernet.InvalidToken`` under another secret or when it was altered."""
        row: dict[str, Any] = json.loads(self._fernet.decrypt(sealed))
        return row

    def seal_bytes(self, content: bytes) -> bytes:
        """A file as a person laid it down, encrypted; about three times its size is needed in memory."""
        return self._files.encrypt(content)

    def unseal_bytes(self, sealed: bytes) -> bytes:
        """The file again; raises like :meth:`unseal`."""
        return self._files.decrypt(sealed)

    def ticket(self, use: str, facts: Mapping[str, Any], now: datetime) -> str:
        """Facts that a browser carries from one step to the next and can neither read nor change."""
        return self._tickets.encrypt_at_time(_json({**facts, "use": use}), int(now.timestamp())).decode("ascii")

    def redeem(self, use: str, ticket: str, now: datetime, *, within: timedelta) -> dict[str, Any] | None:
        """The facts again; ``None`` for a ticket of another use or room, one that was altered, or is too old."""
        try:
            plain = self._tickets.decrypt_at_time(ticket.encode(), int(within.total_seconds()), int(now.timestamp()))
        except InvalidToken:
            return None
        facts: dict[str, Any] = json.loads(plain)
        return facts if facts.pop("use") == use else None

    def digest(self, row: Mapping[str, Any]) -> bytes:
        """Recognises a row again; keyed, so that nobody can try identifiers against it."""
        return self.mac(_json(row))

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 under a key of its own."""
        return hmac.new(self._digest_key, message, hashlib.sha256).digest()

    def name(self, use: str, text: str) -> str:
        """A keyed name for what may not be kept: the same for the same text and use, and it leads back to neither.

        Small letters and digits (Base32, :data:`NAME_LETTERS`), which no search takes for a telephone number or a NIK.
        """
        keyed = hmac.digest(self._name_key, f"{use}\0{text}".encode("utf-8", "surrogatepass"), "sha256")
        return base64.b32encode(keyed[:NAME_BYTES]).decode("ascii").lower()


def _derive(secret: str, use: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=f"liveroom {use}".encode()).derive(secret.encode())


def _json(row: Mapping[str, Any]) -> bytes:
    """ASCII JSON, so that text which is no valid Unicode survives; the order of keys does not matter."""
    return json.dumps({str(key): value for key, value in row.items()}, sort_keys=True, default=str).encode("ascii")
