"""The connectors that there are: modules of ``connectors.sources`` that declare a SOURCE, and the profiles over them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from connectors import sources as rooms
from connectors.declared import profiles
from connectors.source import Sample, Source
from layers.city import City, SourceConfig


@cache
def sources() -> Mapping[str, Source[Any]]:
    """Every connector by its name, which is its module's or its profile's; raises ``ValueError`` where they differ."""
    found: dict[str, Source[Any]] = {}
    for module in pkgutil.iter_modules(rooms.__path__):
        source = getattr(importlib.import_module(f"{rooms.__name__}.{module.name}"), "SOURCE", None)
        if source is None:
            continue
        if source.name != module.name:
            raise ValueError(f"connectors/sources/{module.name}.py: SOURCE.name is {source.name!r}")
        found[source.name] = source
    for name, path in profiles.paths().items():
        if name in found:
            raise ValueError(f"{path.name}: a connector of that name is a module already")
        profile = profiles.load(path)
        found[name] = profiles.source(name, profile, found[profile.base])
    return MappingProxyType(found)


def sample(name: str) -> Sample:
    """The sample of a connector."""
    path = profiles.paths().get(name)
    if path is not None:
        return profiles.sample(profiles.load(path), sources()[name])
    found: Sample = importlib.import_module(f"{rooms.__name__}.{name}").SAMPLE
    return found


def vouched(city: City) -> City:
    """The city with what its sources' connectors say of themselves: tested on the real system, unless a source says otherwise."""
    return city.model_copy(update={"sources": tuple(map(_vouched, city.sources))})


def _vouched(configured: SourceConfig) -> SourceConfig:
    source = sources().get(configured.connector)
    if source is None or "tested_on_real" in configured.model_fields_set:
        return configured
    return configured.model_copy(update={"tested_on_real": source.tested_on_real})
