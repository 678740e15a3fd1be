"""The documents stay true: their commands exist, their links lead somewhere, their declarations are valid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors import registry
from layers.city import SourceConfig
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


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_exist(page: Path) -> None:
    for line in "\n".join(blocks(page, "sh")).splitlines():
        if match := re.search(r"(?:^|/|\s)liveroom ((?:[a-z]+ ?)+)", line):
            words = match[1].split()
            for depth in range(min(len(words), 2), 0, -1):
                result = CliRunner().invoke(app, [*words[:depth], "--help"])
                if result.exit_code == 0:
                    break
            assert result.exit_code == 0, line
        if match := re.match(r"make (\w+)", line):
            assert re.search(rf"(?m)^{match[1]}:", (ROOT / "Makefile").read_text()), line


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


def test_every_connector_has_its_page() -> None:
    for name in registry.sources():
        assert (ROOT / "docs" / "sources" / f"{name}.md").exists()


def test_the_readme_names_every_page_that_a_visitor_can_open() -> None:
    from dashboard.page import pages

    readme = (ROOT / "README.md").read_text("utf-8")
    for page in pages():
        assert page.path.split("{")[0].rstrip("/") in readme
