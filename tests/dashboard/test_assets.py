"""The style sheets: a brace that is not closed hides all that follows from every other screen."""

import re
from pathlib import Path

import pytest

from dashboard.bodies import whole

ASSETS = Path(__file__).parents[2] / "assets"
SHEETS, TOPICS = sorted(ASSETS.glob("*.css")), sorted(ASSETS.glob("*/*.css"))


@pytest.mark.parametrize("sheet", SHEETS + TOPICS, ids=lambda path: path.stem)
def test_every_block_is_closed_before_the_next_section(sheet: Path) -> None:
    rules = re.sub(r'/\*.*?\*/|"[^"]*"', "", sheet.read_text("utf-8"), flags=re.DOTALL)
    depth = deepest = 0
    for brace in re.findall(r"[{}]", rules):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
        deepest = max(deepest, depth)
    assert depth == 0
    assert deepest <= 3, "deeper than a nested rule in a media query: a block above is not closed"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_no_rule_stands_twice(sheet: Path) -> None:
    rules = [line for line in whole(sheet).decode().splitlines() if re.match(r"[^\s@/}].*\{.*\}$", line)]
    assert [line for line in dict.fromkeys(rules) if rules.count(line) > 1] == []


def test_a_sheet_is_served_with_every_topic_beside_it() -> None:
    served = b"".join(map(whole, SHEETS))
    assert b"@import" not in served
    assert [topic.name for topic in TOPICS if topic.read_bytes() not in served] == []
