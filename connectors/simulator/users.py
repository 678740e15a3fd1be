"""The demo's users, one for each role: made at its first start, with passwords that no other demo has."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from connectors.simulator.world.complaints import CATEGORIES, DRAINAGE
from connectors.simulator.world.frame import opd_of
from layers.city import City
from layers.demousers import demo_file
from layers.model import Role
from layers.people import People
from layers.settings import Settings

PASSWORD_BYTES = 12


def make_users(settings: Settings, people: Callable[[Settings], People] = People.of) -> None:
    """Make them once for a data folder; nothing outside a demo on loopback."""
    path = demo_file(settings)
    if not settings.public_by_default or path.exists():
        return
    held, made = people(settings), []
    for name, role, limits, about in _wanted(settings.city):
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        try:
            held.add_user(name, password, role, **limits)
        except ValueError:  # the name is taken: nothing of somebody's own is shown to others
            continue
        made.append({"name": name, "password": password, "role": role.value, "about": about})
    held.close()
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(made, file, ensure_ascii=False)
    part.replace(path)


def _wanted(city: City) -> Iterator[tuple[str, Role, dict[str, Any], str]]:
    """Name, role and limits: the OPD that roads and drains come to, one of its categories, and a kecamatan with its kelurahan."""
    yield "demo-pimpinan", Role.LEADER, {}, city.name
    category, opd = CATEGORIES[DRAINAGE][0], opd_of(city, CATEGORIES[DRAINAGE][1])
    yield "demo-kepala-opd", Role.OPD_HEAD, {"opds": [opd.slug]}, opd.short
    yield "demo-bidang", Role.BIDANG, {"opds": [opd.slug], "categories": [category]}, f"{opd.short} · {category}"
    names = {area.code: area.name for area in city.areas}
    if place := next((code for code in names if code.rpartition(".")[0] in names), None):
        above = place.rpartition(".")[0]
        yield "demo-camat", Role.CAMAT, {"areas": [above]}, names[above]
        yield "demo-lurah", Role.LURAH, {"areas": [place]}, names[place]
    for name, role in (("demo-analis", Role.ANALYST), ("demo-operator", Role.OPERATOR), ("demo-admin", Role.ADMIN)):
        yield name, role, {}, city.name
