"""The documents stay true: their commands exist, their links lead somewhere, their declarations are valid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from connectors import registry
from connectors.declared import profiles
from connectors.simulator.faults import KINDS
from connectors.simulator.upstreams import upstreams
from layers.city import SourceConfig
from layers.model import Kind
from liveroom import app
from tests.conftest import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", re.sub(r"(?m)^   (?=\S|$)", "", page.read_text("utf-8")), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def command(words: list[str]) -> bool:
    """Whether the words begin with a whole command of the command line; what follows it are its arguments."""
    found: Any = typer.main.get_command(app)
    while known := getattr(found, "commands", None):
        if not words or words[0] not in known:
            return False
        found, words = known[words[0]], words[1:]
    return True


def test_what_a_command_is() -> None:
    assert command(["up", "--demo"])
    assert command(["demo", "fault", "laksa", "mati"])
    assert not command(["demo", "laksa"])
    assert not command(["demo"])
    assert not command(["entah"])


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_exist(page: Path) -> None:
    for line in "\n".join(blocks(page, "sh")).splitlines():
        if match := re.search(r"(?:^|bin/)liveroom ([^#\n]+)", line):
            assert command(match[1].split()), line
        if match := re.match(r"(?:\w+=\S+ )*make (\w+)", line):
            assert re.search(rf"(?m)^{match[1]}:", (ROOT / "Makefile").read_text()), line
    prose = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for quoted in re.findall(r"`([^`]+)`", prose):
        words = quoted.replace(".venv/bin/", "").split()
        if words[0] == "liveroom" and len(words) > 1:
            assert command(words[1:]), quoted


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_source_declarations_are_valid(page: Path) -> None:
    for block in blocks(page, "toml"):
        declared = tomllib.loads(re.sub(r"\$\{\w+\}", "http://127.0.0.1:1", block))
        if "connector" not in declared:
            continue
        source = SourceConfig(**({"name": "contoh"} | declared))
        connector = registry.sources()[source.connector]
        config = connector.config.model_validate(source.config)
        assert config.objection(source.title) is None


def rows(page: str) -> list[list[str]]:
    """The cells of a page's table rows, headings and rules apart."""
    lines = (ROOT / "docs" / page).read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|") and "---" not in line]


def test_every_connector_has_its_page_and_its_row() -> None:
    table = {row[1].strip("`"): row for row in rows("sources/README.md") if row[1].startswith("`")}
    assert table.keys() == registry.sources().keys()
    for name, source in registry.sources().items():
        assert (ROOT / "docs" / "sources" / f"{name}.md").exists()
        path = profiles.paths().get(name)
        made = f"profile over `{profiles.load(path).base}`" if path else "own code"
        kinds = "any" if source.kinds == set(Kind) else {kind.value for kind in source.kinds}
        _, _, how, kind, tested, link = table[name]
        assert (how, link) == (made, f"[{name}]({name}.md)")
        assert kind == kinds or set(kind.split(", ")) == kinds
        assert tested.startswith("not yet") is not source.tested_on_real, name


def test_the_page_of_a_connector_that_was_not_tested_says_so() -> None:
    for name, source in registry.sources().items():
        page = (ROOT / "docs" / "sources" / f"{name}.md").read_text("utf-8").lower()
        assert source.tested_on_real or "belum diuji pada sistem asli" in page, name


@pytest.mark.parametrize("room", ["connectors", "dashboard", "layers"])
def test_the_architecture_names_every_module_and_no_other(room: str) -> None:
    named = set()
    for cell, *_ in rows("architecture.md"):
        folder, _, first = cell.partition("`,")[0].strip("`").partition("/")
        others = re.findall(r"`([^`]+)`", cell)[1:]
        named |= {name.rstrip("/") for name in [first, *others] if folder == room}
    there = {path.name for path in (ROOT / room).iterdir() if path.name[0] not in "_."}
    assert named == there


def test_the_demo_page_names_every_simulated_system_and_fault() -> None:
    words = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "demo.md").read_text("utf-8")))
    assert words >= upstreams().keys() | KINDS.keys()


def test_every_page_is_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#:]+\.md)", page.read_text("utf-8"))
        ahead += [(page.parent / link).resolve() for link in links]
    assert reached == set(PAGES)


def test_the_readme_names_every_page_that_a_visitor_can_open() -> None:
    from dashboard.page import pages

    readme = (ROOT / "README.md").read_text("utf-8")
    for page in pages():
        assert page.path.split("{")[0].rstrip("/") in readme
