"""The demo's ready users, one for each role, with passwords of that demo alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from layers.model import Role
from layers.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUser:
    """A user of the demo; ``about`` says in words what it is limited to."""

    name: str
    password: str = field(repr=False)
    role: Role
    about: str


def demo_file(settings: Settings) -> Path:
    """Where they are kept, in the demo's own folder."""
    return settings.data / "demo" / "akun.json"


def demo_users(settings: Settings) -> tuple[DemoUser, ...]:
    """Those that were made; none outside a demo on loopback, whatever lies in the folder."""
    path = demo_file(settings)
    if not settings.public_by_default or not path.exists():
        return ()
    return tuple(DemoUser(**{**user, "role": Role(user["role"])}) for user in json.loads(path.read_text("utf-8")))
