"""Small words of reports in Bahasa Indonesia: numbers, and lists that stay short."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN = 10


def some(items: Iterable[str]) -> str:
    """The first of a list, and how many more there are."""
    listed = list(items)
    more = f", dan {len(listed) - SHOWN} lagi" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + more


def number(value: float, decimals: int = 0) -> str:
    """``1234.5`` as ``1.234,5``."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
