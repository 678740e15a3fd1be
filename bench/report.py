"""One line of the report, and the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Line:
    """A measured figure; ``goal`` and ``met`` where a goal was declared."""

    what: str
    figure: str
    how: str
    goal: str | None = None
    met: bool | None = None


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest measured value that at least ``share`` of all do not exceed."""
    return sorted(values)[ceil(share * len(values)) - 1]


def table(lines: Iterable[Line]) -> str:
    """The report as a Markdown table."""
    head = "| what | figure | goal | met | how |\n|---|---|---|---|---|"
    mark = {True: "yes", False: "**no**", None: ""}
    return "\n".join([head, *(f"| {x.what} | {x.figure} | {x.goal or ''} | {mark[x.met]} | {x.how} |" for x in lines)])
