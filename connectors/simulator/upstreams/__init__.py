"""The simulated systems: each module here declares one UPSTREAM, found and mounted by its name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

from starlette.routing import BaseRoute

from connectors.simulator.world import World

Now = Callable[[], datetime]
"""The moment by the simulation's clock, aware, in the city's zone. A frozen system's stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """One simulated system.

    ``routes(world, now, token)`` are mounted at ``/<name>``. ``fill(world, folder, now)`` lays down, once, the
    history as the system's own export or database. ``step(world, folder, since, until)`` is called about each second
    and writes what a system of files or of a database writes in ``(since, until]``; after a stop the stretch may be
    long, and the first ``since`` is the ``now`` of ``fill``. ``folder`` is ``DATA/demo/<name>`` and exists.
    """

    name: str
    routes: Callable[[World, Now, str], Sequence[BaseRoute]] | None = None
    fill: Callable[[World, Path, datetime], None] | None = None
    step: Callable[[World, Path, datetime, datetime], None] | None = None


@cache
def upstreams() -> Mapping[str, Upstream]:
    """Every simulated system by its name, which is its module's; raises ``ValueError`` where they differ."""
    found: dict[str, Upstream] = {}
    for module in pkgutil.iter_modules(__path__):
        upstream = getattr(importlib.import_module(f"{__name__}.{module.name}"), "UPSTREAM", None)
        if upstream is None:
            continue
        if upstream.name != module.name:
            raise ValueError(f"simulator/upstreams/{module.name}.py: UPSTREAM.name is {upstream.name!r}")
        found[upstream.name] = upstream
    return MappingProxyType(found)
