"""Every source of the demo is pulled over its own protocol from the served simulator, and again at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import registry
from connectors.runner import run_once
from connectors.simulator.upstream import TEMPLATES
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.city import REPORTING, SourceConfig
from layers.model import Outcome, Run
from layers.store import Store
from tests.connectors.simulator.demo import Demo, served, stand

MEASURED = {"demo_wan_kecamatan"}
"""Sources that measure how long their own questions really take: what they find is never twice the same."""

SOURCES = sorted(path.stem for path in TEMPLATES.glob("demo_*.toml"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with served(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def hands(demo: Demo) -> Iterator[tuple[Store, Places]]:
    city = demo.settings.city
    store = Store.of(demo.settings)
    yield store, Places(AreaTree.of(city), load_boundaries(city, demo.settings.data))
    store.close()


def pull(demo: Demo, hands: tuple[Store, Places], configured: SourceConfig) -> Run:
    stand()
    run = run_once(configured, *hands, demo.settings.city, demo.settings)
    assert run is not None
    assert run.seen == run.kept + run.unchanged + sum(run.excluded.values()) + run.quarantined
    return run


def test_every_template_is_a_source_of_the_demo(demo: Demo) -> None:
    assert [source.name for source in demo.settings.city.sources] == [*SOURCES, REPORTING.name]
    for source in demo.settings.city.sources[:-1]:
        assert source.connector in registry.sources()
        assert "simulasi" not in source.title.lower()


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_pulled_whole_and_then_has_nothing_new(demo: Demo, hands: tuple[Store, Places], name: str) -> None:
    configured = next(source for source in demo.settings.city.sources if source.name == name)
    first = pull(demo, hands, configured)
    assert first.outcome is Outcome.OK, first.message
    assert first.kept > 0
    assert first.quarantined < max(first.kept / 20, 1)
    again = pull(demo, hands, configured)
    assert again.outcome.good, again.message
    assert again.kept == 0 or name in MEASURED


def test_secrets_and_folders_are_filled_in(demo: Demo) -> None:
    folder = demo.settings.data / "demo"
    for template in (folder / "sources").glob("*.toml"):
        assert "${LIVEROOM" not in template.read_text("utf-8")
    assert (folder / "token").stat().st_mode & 0o077 == 0
    assert Path(folder / "sources").stat().st_mode & 0o077 == 0
