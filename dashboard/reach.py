"""What the desk of an OPD reaches beside the figures: what people wrote and did there, and what citizens wrote."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from layers.opdbook import Book

if TYPE_CHECKING:
    from layers.model import Scope
    from layers.queue import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A ``book`` is what stands, or stood at a moment; ``None``: the accounts are away. ``texts`` are what citizens wrote."""

    book: Callable[[Scope, str | None, datetime | None], Book | None] = lambda _scope, _opd, _at: Book()
    texts: Callable[[Scope, Collection[Key]], Mapping[Key, str] | None] = lambda _scope, _cases: {}
