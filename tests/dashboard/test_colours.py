"""Colours measured: contrast by WCAG 2, and what stays apart for people who see colours otherwise.

Colour blindness is simulated by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency" (2009), at full severity, on linear RGB. Distances are Euclidean in CIELAB (D65):
2.3 is just seen side by side; what must be told apart across a room is asked for several times that.
"""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "assets"
Vector = tuple[float, float, float]

SIGHT: dict[str, tuple[Vector, Vector, Vector]] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
SHEETS = {"wall": ("dark",), "desk": ("light/colours",), "desk-dark": ("light/colours", "night")}
GROUNDS = ("ground", "panel", "amber-wash", "red-wash")
CLASSES = ("q0", "q1", "q2", "q3", "q4")
BANDS = ("fill", "amber", "red")


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme by their names, in the form ``#rrggbb``; ``desk-dark`` is the desk where darkness is preferred."""
    sheets = [(ASSETS / f"{name}.css").read_text(encoding="utf-8") for name in SHEETS[theme]]
    roots = [re.findall(r"^:root \{$(.*?)^\}$", sheet, re.DOTALL | re.MULTILINE)[0] for sheet in sheets]
    found = [pair for root in roots for pair in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", root)]
    return {name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:]) for name, value in found}


def linear(colour: str) -> Vector:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return red, green, blue


def times(matrix: tuple[Vector, ...], vector: Vector) -> Vector:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def contrast(one: str, other: str) -> float:
    """Of WCAG 2: 1 to 21."""
    light, dark = sorted((times(TO_XYZ, linear(c))[1] + 0.05 for c in (one, other)), reverse=True)
    return light / dark


def lab(colour: str, sight: str) -> Vector:
    seen = times(SIGHT[sight], linear(colour))
    clipped = tuple(min(max(c, 0.0), 1.0) for c in seen)
    xyz = times(TO_XYZ, clipped)  # type: ignore[arg-type]
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (a / b for a, b in zip(xyz, WHITE, strict=True)))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(one: str, other: str, sight: str) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one, sight), lab(other, sight), strict=True)) ** 0.5


def test_the_measures_are_the_known_ones() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21, abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert apart("#ff0000", "#00a000", "usual") > 3 * apart("#ff0000", "#00a000", "deuteranopia"), "red and green come close"
    assert lab("#ffffff", "tritanopia") == pytest.approx((100, 0, 0), abs=0.1)


@pytest.mark.parametrize("theme", SHEETS)
def test_text_and_signs_stand_out(theme: str) -> None:
    colour = tokens(theme)
    grounds = [name for name in GROUNDS if name in colour]
    assert {"ground", "panel"} <= {*grounds}
    words = ["ink", "ink-2", "ink-3", "red-ink", "accent"]
    weak = [
        (w, g, round(contrast(colour[w], colour[g]), 2)) for w in words for g in grounds if contrast(colour[w], colour[g]) < 4.5
    ]
    weak += [("stale-ink", "faded", 0)] if contrast(colour["stale-ink"], colour["faded"]) < 4.5 else []
    weak += [("tip-ink", "tip", 0)] if contrast(colour["tip-ink"], colour["tip"]) < 4.5 else []
    signs = ["amber", "red", "line", "fill"]
    weak += [
        (s, g, round(contrast(colour[s], colour[g]), 2)) for s in signs for g in grounds if contrast(colour[s], colour[g]) < 3
    ]
    assert weak == []


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", SHEETS)
def test_the_maps_classes_and_the_bands_stay_apart(theme: str, sight: str) -> None:
    colour = tokens(theme)
    classes = [colour[name] for name in CLASSES]
    assert min(apart(a, b, sight) for a, b in combinations(classes, 2)) >= 10
    light = [lab(c, sight)[0] for c in classes]
    steps = [b - a for a, b in pairwise(light)]
    assert all(step > 0 for step in steps) or all(step < 0 for step in steps), "more is always lighter, or always darker"
    assert min(apart(colour[a], colour[b], sight) for a, b in combinations(BANDS, 2)) >= 15
