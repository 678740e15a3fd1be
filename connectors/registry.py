"""The connectors that there are: every module of ``connectors.sources`` that declares a SOURCE."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from connectors import sources as rooms
from connectors.source import Sample, Source


@cache
def sources() -> Mapping[str, Source[Any]]:
    """Every connector by its name, which is its module's; raises ``ValueError`` where they differ."""
    found: dict[str, Source[Any]] = {}
    for module in pkgutil.iter_modules(rooms.__path__):
        source = getattr(importlib.import_module(f"{rooms.__name__}.{module.name}"), "SOURCE", None)
        if source is None:
            continue
        if source.name != module.name:
            raise ValueError(f"connectors/sources/{module.name}.py: SOURCE.name is {source.name!r}")
        found[source.name] = source
    return MappingProxyType(found)


def sample(name: str) -> Sample:
    """The sample of a connector."""
    found: Sample = importlib.import_module(f"{rooms.__name__}.{name}").SAMPLE
    return found
