"""``docs/kpis.md`` out of the catalogue: ``python -m layers.kpidocs`` writes the page, a test compares it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from pathlib import Path

from layers.catalog import Kpi, Rule, catalog

PAGE = Path(__file__).parents[1] / "docs" / "kpis.md"

BETTER: Mapping[str, str] = {"up": "higher is better", "down": "lower is better", "neutral": "neither is better"}
CUT: Mapping[str | None, str] = {None: "city", "kecamatan": "kecamatan", "area": "kelurahan", "opd": "OPD"}

HEAD = """# KPIs

Every figure of the room, made from the declarations in `layers/kpis/`; `python -m layers.kpidocs` writes this page anew.
Each has a worked table as its test (`tests/layers/kpis/`). Concept, definition, classification, unit and periodicity are the
metadata of Satu Data Indonesia (Perpres 39/2019). A figure that no source feeds, or whose n is too small, has no value but a
reason. "Cuts" are those that are published at once; complaint KPIs are computed for any other combination when someone asks.

A city switches figures off, sets targets and adds its own in its pack: [a city's own KPIs](own-kpis.md). The catalogue of one
city, with present values, targets and sources, is its page `/metrik`.

At the cut of OPDs a complaint counts for the OPD that has it now; where a KPI judges how it was handled, for the one that held it
at its deadline or closing, whichever is first ([closings](closing.md)).
"""


def page(kpis: Iterable[Kpi]) -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *(line for part in _sections(kpis) for line in part)])


def _sections(kpis: Iterable[Kpi]) -> Iterator[list[str]]:
    by_concept = sorted(kpis, key=lambda kpi: kpi.concept)
    for concept, some in groupby(by_concept, key=lambda kpi: kpi.concept):
        yield [f"## {concept}", ""]
        for kpi in some:
            yield _entry(kpi)


def _entry(kpi: Kpi) -> list[str]:
    facts = [
        f"id `{kpi.id}`",
        kpi.unit,
        BETTER[kpi.better],
        kpi.periodicity,
        f"owner {kpi.owner}",
        f"rule {_rule(kpi.rule)}",
        f"classification {kpi.classification}",
        f"cuts {', '.join(CUT[cut] for cut in (kpi.cuts if kpi.kind else (None,)))}",
    ]
    facts += ["OPD: the one that held the case at its deadline or closing"] if kpi.by_opd == "holder" else []
    facts += [f"n at least {kpi.n_min}"] if kpi.n_min else []
    facts += [f"reads {', '.join(f'`{name}`' for name in kpi.names)}"] if kpi.names else []
    facts += [f"needs {kpi.needs.what}"] if kpi.needs else []
    facts += [f"never without `{kpi.beside}`"] if kpi.beside else []
    facts += [] if kpi.history else ["no change or trend"]
    return [
        f"### {kpi.title['id']} / {kpi.title['en']}",
        "",
        kpi.definition,
        "",
        f"- Rumus: {kpi.formula['id']}.",
        f"- Formula: {kpi.formula['en']}.",
        f"- {'; '.join(facts)}.",
        "",
    ]


def _rule(rule: Rule) -> str:
    article = "" if rule.article == "-" else f", {rule.article}"
    until = f" to {_day(rule.valid_to)}" if rule.valid_to else ""
    return f"{rule.name}{article} (from {_day(rule.valid_from)}{until})"


def _day(day: date) -> str:
    return day.isoformat()


if __name__ == "__main__":
    PAGE.write_text(page(catalog().values()), encoding="utf-8")
