"""Words, numbers and times as people read them."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard import text

WIB = ZoneInfo("Asia/Jakarta")
MOMENT = datetime(2026, 11, 22, 7, 32, 5, tzinfo=UTC)
N = text.NBSP


@pytest.mark.parametrize(
    ("value", "decimals", "id_", "en"),
    [
        (1234.5, 1, "1.234,5", "1,234.5"),
        (0, 0, "0", "0"),
        (-0.04, 1, "0,0", "0.0"),
        (-12.5, 1, "−12,5", "−12.5"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (95.78, 2, "95,78", "95.78"),
    ],
)
def test_numbers(value: float, decimals: int, id_: str, en: str) -> None:
    assert text.number(value, decimals) == id_
    assert text.number(value, decimals, "en") == en


@pytest.mark.parametrize(
    ("value", "id_", "en"),
    [
        (1.42e12, ("Rp1,42", "T"), ("Rp1.42", "tn")),
        (1.2e9, ("Rp1,20", "M"), ("Rp1.20", "bn")),
        (12.34e6, ("Rp12,3", "jt"), ("Rp12.3", "m")),
        (345.6e6, ("Rp346", "jt"), ("Rp346", "m")),
        (999, ("Rp999", ""), ("Rp999", "")),
        (0, ("Rp0", ""), ("Rp0", "")),
    ],
)
def test_money(value: float, id_: tuple[str, str], en: tuple[str, str]) -> None:
    assert text.figure(value, "rupiah") == id_
    assert text.figure(value, "rupiah", lang="en") == en


@given(st.floats(min_value=0, max_value=9e14))
@example(999.6e6)
@example(99.97e9)
@example(9.996e3)
@example(999.7)
def test_money_never_grows_beyond_three_digits_and_a_sign(value: float) -> None:
    """Rounding must carry into the next size: ``Rp999,99 jt`` is never written ``Rp1.000 jt``."""
    figure, _ = text.figure(value, "rupiah")
    assert len(figure.removeprefix("Rp").replace(",", "").replace(".", "")) <= 3


def test_units() -> None:
    assert text.quantity(95.78, "persen", 2) == f"95,78{N}%"
    assert text.quantity(1234, "aduan") == f"1.234{N}aduan"
    assert text.quantity(1234, "aduan", lang="en") == f"1,234{N}complaints"
    assert text.signed(3) == "+3"
    assert text.signed(-3.21, 1) == "−3,2"
    assert text.signed(0.01, 1) == "0,0"


@pytest.mark.parametrize(
    ("seconds", "id_", "en"),
    [
        (0, "0 dtk", "0 s"),
        (-5, "0 dtk", "0 s"),
        (59.9, "59 dtk", "59 s"),
        (60, "1 mnt", "1 min"),
        (7200, "2 jam", "2 h"),
        (3 * 86400, "3 hari", "3 d"),
    ],
)
def test_ages(seconds: float, id_: str, en: str) -> None:
    assert text.age(seconds) == id_.replace(" ", N)
    assert text.age(seconds, "en") == en.replace(" ", N)


def test_times() -> None:
    assert text.clock(MOMENT, WIB) == "14.32"
    assert text.clock(MOMENT, WIB, "en") == "14:32"
    assert text.clock(MOMENT, WIB, seconds=True, mark=True) == f"14.32.05{N}WIB"
    assert text.clock(MOMENT, ZoneInfo("Asia/Makassar"), mark=True) == f"15.32{N}WITA"
    assert text.day(MOMENT, WIB) == "22 November 2026"
    assert text.day(MOMENT, WIB, weekday=True) == "Minggu, 22 November 2026"
    assert text.day(MOMENT, WIB, "en", weekday=True) == "Sunday, 22 November 2026"
    assert text.moment(MOMENT, WIB) == "22 Nov 2026 14.32"


def test_a_local_day_is_the_citys_day() -> None:
    assert text.day(datetime(2026, 11, 22, 18, tzinfo=UTC), WIB) == "23 November 2026"


def test_words() -> None:
    assert text.say("id", "Nomor rujukan: {id}", id="x") == "Nomor rujukan: x"
    assert text.say("en", "Nomor rujukan: {id}", id="x") == "Reference: x"


def said() -> list[tuple[str, str]]:
    """Every phrase that ``say`` is given literally in the dashboard, with its file."""
    found = []
    for path in sorted(Path(text.__file__).parent.parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node, "func", None)
            if isinstance(node, ast.Call) and getattr(name, "attr", getattr(name, "id", "")) == "say" and len(node.args) > 1:
                words = node.args[1]
                if isinstance(words, ast.Constant) and isinstance(words.value, str):
                    found.append((path.name, words.value))
    return found


def test_every_phrase_is_translated_with_the_same_values() -> None:
    phrases = said()
    assert len(phrases) > 20
    untranslated = sorted({(file, words) for file, words in phrases if words not in text._english()})
    assert not untranslated
    for _, words in phrases:
        fields = {part.partition("}")[0] for part in words.split("{")[1:]}
        assert fields == {part.partition("}")[0] for part in text._english()[words].split("{")[1:]}, words
