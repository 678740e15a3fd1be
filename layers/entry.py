"""How people come in: which roles need a second factor, and the provider of OpenID Connect; ``DATA/access.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from layers.city import City
from layers.model import Role
from layers.rights import LIMIT_WORDS, person_role

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Group(_Facts):
    """The rights that members of one group of the provider have here."""

    group: str = Field(min_length=1)
    role: Role
    opds: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None

    @property
    def limits(self) -> Mapping[str, Collection[str] | None]:
        return {name: getattr(self, name) for name in LIMIT_WORDS}

    @model_validator(mode="after")
    def _possible(self) -> Group:
        person_role(self.role, self.limits)
        return self


class Provider(_Facts):
    """A provider of OpenID Connect. The first of ``groups`` that somebody is in says what they may here; nobody else comes in."""

    label: str = Field(min_length=1, max_length=60)
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    groups: tuple[Group, ...] = Field(min_length=1)

    @field_validator("issuer")
    @classmethod
    def _secure(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("issuer harus https")
        return issuer

    def group(self, held: Collection[str]) -> Group | None:
        """What somebody in these groups may, ``None`` where none of them is known here."""
        return next((group for group in self.groups if group.group in held), None)


class Entry(_Facts):
    """The file's content; without the file nothing is required and nobody else vouches for people."""

    second_factor: frozenset[Role] = frozenset()
    oidc: Provider | None = None


class EntryError(ValueError):
    """The file cannot be used; the message says why."""


def read_entry(path: Path, city: City, env: Mapping[str, str]) -> Entry:
    """The file's content, checked against the city; its secret may be ``${NAME}``, filled from the environment."""
    if not path.exists():
        return Entry()
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        secret = facts.get("oidc", {}).get("client_secret")
        if isinstance(secret, str) and secret.startswith("${") and secret.endswith("}"):
            facts["oidc"]["client_secret"] = env[secret[2:-1]]
        entry = Entry.model_validate(facts)
        for group in entry.oidc.groups if entry.oidc else ():
            city.check(group.opds or (), group.areas or ())
    except KeyError as error:
        raise EntryError(f"{path}: variabel {error} belum diisi") from None
    except ValueError as error:
        raise EntryError(f"{path}: {error}") from None
    return entry
