"""What was made of a frame, remembered for as long as somebody holds that very frame.

A frame never changes, so what depends on nothing else need not be made twice. Months that nobody touched are the
same objects in every version of the frames (:class:`layers.frames.View`): only what changed is worked through again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from weakref import finalize

import polars as pl

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Made:
    of: object
    key: Any
    what: Any


_slots: dict[int, dict[Hashable, _Made]] = {}


def kept(frame: pl.DataFrame, name: Hashable, make: Callable[[], T], *, key: Any = None, of: object = None) -> T:
    """What ``make`` gave for this frame under ``name``; made anew when ``key`` is another, or ``of`` another object.

    One answer is held for each name. It must not be the frame itself, which would then be held for ever.
    """
    slots = _slots.get(id(frame))
    if slots is None:
        slots = _slots[id(frame)] = {}
        finalize(frame, _slots.pop, id(frame), None).atexit = False
    found = slots.get(name)
    if found is None or found.of is not of or found.key != key:
        found = slots[name] = _Made(of, key, make())
    return cast("T", found.what)
