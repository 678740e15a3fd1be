"""The page of KPIs is the catalogue's."""

from __future__ import annotations

from layers.catalog import catalog
from layers.kpidocs import PAGE, page


def test_the_page_is_made_of_the_catalogue() -> None:
    assert PAGE.read_text("utf-8") == page(catalog().values())
