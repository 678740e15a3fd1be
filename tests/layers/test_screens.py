"""Screens in the people's database, on both databases: declared, heard of, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from layers.people import People
from layers.screens import SILENT, Panel, Report, Screens
from tests.layers.made import NOW, SECRET

REPORT = Report(
    scene="kota", version=1, since_version=3, heap=None, nodes=10, errors=0, width=1, height=1, release=None, started=60
)


@pytest.fixture(params=["sqlite", "postgresql"])
def people(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[People]:
    url = f"sqlite:///{tmp_path}/p.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    people = People(url, SECRET)
    people.open()
    yield people
    people.close()


def test_a_screen_from_its_declaration_to_its_end(people: People) -> None:
    screens, panel = Screens(people), Panel(inches=55, metres=6.5)
    token = people.add_screen("Lobby Utama", NOW, panel=asdict(panel))
    plain = people.add_screen("aula", NOW)
    found = screens.of(token)
    assert found
    assert (found.name, found.slug, found.panel, found.heard, found.report) == ("lobby utama", "lobby-utama", panel, None, None)
    assert found.silent(NOW)
    for minute in range(3):
        screens.heard("lobby utama", REPORT, NOW + timedelta(minutes=minute))
    last = screens.of(token)
    assert last
    assert (last.report, last.heard) == (REPORT, NOW + timedelta(minutes=2))
    assert not last.silent(NOW + timedelta(minutes=2) + SILENT)
    assert last.silent(NOW + timedelta(minutes=2, seconds=1) + SILENT)
    assert [s.name for s in screens.all()] == ["aula", "lobby utama"]
    people.revoke_screen("lobby utama")
    screens.heard("lobby utama", REPORT, NOW)
    assert screens.of(token) is None
    other = screens.of(plain)
    assert other
    assert (other.panel, other.heard) == (None, None)


def test_an_address_says_the_shape_only_where_it_is_unusual() -> None:
    assert Panel(inches=55, metres=6, width=3840, height=2160).asks == {"inci": "55", "jarak": "6"}
    assert Panel.read(*Panel(inches=165, metres=6.5, width=5760, height=2160).asks.values()) == Panel(
        inches=165, metres=6.5, width=5760, height=2160
    )
    assert Panel.read(None, "6") is None
