"""What an account may be given: a name, a password, a role with the limits that it needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from layers.model import LIMITS, Role, Scope

LIMIT_WORDS = {"opds": "OPD", "areas": "wilayah", "categories": "kategori"}
PASSWORD_LENGTH = range(10, 257)

ROOMS_OWN = frozenset({"-", "publik", "metrics", "ruang kendali", "operator di mesin ini"})
"""Who acts in the room and has no account; a screen or a program has a colon in its name."""


def named(name: str) -> str:
    """A name as it is kept: how it was typed does not matter."""
    return " ".join(name.split()).casefold()


def check_name(name: str) -> None:
    """Raises ``ValueError`` for a name that is empty or very long, or passes for one of the room's own."""
    if not name or len(name) > 100:
        raise ValueError("nama akun harus 1 sampai 100 huruf")
    if name in ROOMS_OWN or ":" in name or not name.isprintable():
        raise ValueError("nama akun tidak boleh memuat titik dua atau tanda tak terlihat, dan bukan nama ruang ini sendiri")


def person_role(role: Role | str, limits: Mapping[str, Collection[str] | None]) -> Role:
    """The role of a person's account; raises ``ValueError`` for one that is no person's or lacks what limits it."""
    try:
        role = Role(role)
    except ValueError:
        raise ValueError(f"peran tidak dikenal: {role}") from None
    if role in (Role.PUBLIC, Role.SCREEN):
        raise ValueError(f"peran {role.value} bukan untuk akun orang")
    if missing := [LIMIT_WORDS[name] for name in LIMITS.get(role, ()) if not limits[name]]:
        raise ValueError(f"peran {role.value} memerlukan sedikitnya satu {' dan satu '.join(missing)}")
    return role


def inside(scope: Scope, *, opd: str | None = None, area: str | None = None, category: str | None = None) -> bool:
    """Whether what is asked for lies within a scope's limits; an area holds those below it."""
    mine = opd is None or scope.opds is None or opd in scope.opds
    here = area is None or scope.areas is None or any(area == own or area.startswith(f"{own}.") for own in scope.areas)
    return mine and here and (category is None or scope.categories is None or category in scope.categories)


def check_password(name: str, password: str) -> None:
    """Raises ``ValueError`` for a password that is too short, too long or the name itself."""
    if len(password) not in PASSWORD_LENGTH or password.casefold() == name:
        raise ValueError(f"kata sandi perlu sedikitnya {PASSWORD_LENGTH.start} huruf dan tidak sama dengan nama akun")
