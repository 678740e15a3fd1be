"""Each connector's document shows declarations that load as they stand."""

from __future__ import annotations

import pytest

from connectors import registry
from tests.connectors.sources.real import DOCS, declared

OTHERS = {"README", "inbox"}
"""The table of all connectors, and the drop folder that several of them read."""


@pytest.mark.parametrize("name", sorted(registry.sources()))
def test_a_connector_s_document_shows_declarations_that_load(name: str) -> None:
    assert {source.connector for source in declared(name)} == {name}


def test_every_document_is_of_a_connector() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} - OTHERS == set(registry.sources())
