"""Real payloads pulled over real HTTP into a real store, and what became of every row."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors import registry, runner
from connectors.declared.samples import fill
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.city import City, SourceConfig
from layers.model import Kind, Record, Role, Run, Scope
from layers.settings import Settings
from layers.store import Store
from tests.connectors.server import Asked, Reply, Upstream

DOCS = Path(__file__).parents[3] / "docs" / "sources"
OPERATOR = Scope(user="uji", role=Role.OPERATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """A served source, and the store that it is pulled into."""

    connector: str
    config: Mapping[str, Any]
    city: City
    settings: Settings
    store: Store
    places: Places
    upstream: Upstream

    def pull(self, **changes: Any) -> Run:
        """One run of the source, its configuration changed by ``changes``."""
        configured = SourceConfig(
            name="uji",
            connector=self.connector,
            title="Uji",
            owner="Diskominfo",
            interval=timedelta(minutes=5),
            budget=timedelta(hours=1),
            config=fill({**self.config, **changes}, self.upstream.url),
        )
        run = runner.run_once(configured, self.store, self.places, self.city, self.settings)
        assert run is not None
        return run

    def records(self, kind: Kind) -> list[Record]:
        return self.store.rows(OPERATOR, kind, limit=10_000)

    def record(self, source_id: str) -> Any:
        return self.store.record(OPERATOR, "uji", source_id)

    def reasons(self) -> list[tuple[str, str, int]]:
        return self.store.quarantine_reasons("uji")


@contextmanager
def served(
    connector: str,
    config: Mapping[str, Any],
    city: City,
    settings: Settings,
    responses: Mapping[str, tuple[str, bytes]] | None = None,
    *,
    answer: Callable[[Asked], Reply | None] | None = None,
) -> Iterator[Real]:
    """A source's payloads behind a real server; ``{base}`` in its configuration is the server's address."""
    store = Store(settings.database_url, city.zone, settings.secret)
    store.open()
    places = Places(AreaTree.of(city), load_boundaries(city, settings.data))
    with Upstream(responses, answer=answer) as upstream:
        yield Real(
            connector=connector, config=config, city=city, settings=settings, store=store, places=places, upstream=upstream
        )
    store.close()


def declared(name: str) -> list[SourceConfig]:
    """The source declarations (TOML) that a connector's document shows, each valid for its connector."""
    found = []
    for block in re.findall(r"```toml\n(.*?)```", (DOCS / f"{name}.md").read_text("utf-8"), re.DOTALL):
        source = SourceConfig(**({"name": "contoh"} | tomllib.loads(re.sub(r"\$\{\w+\}", "rahasia", block))))
        registry.sources()[source.connector].config.model_validate(source.config)
        found.append(source)
    return found
