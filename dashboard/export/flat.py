"""A drawing of a page made to stand alone: every position a plain number, every look an attribute, no style sheet.

On a page a chart fills its box by percentages and is coloured by the page's styles. Here the same markup is laid into a box of
a given size, so that any program that reads SVG draws it alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from dashboard.export.sheet import UNSEEN

INK, SOFT, FAINT, RULE, TRACK, FILL, PAPER = "#131f2e", "#45556a", "#5b6b7f", "#e6ebf1", "#e8edf3", "#7b8fa8", "#ffffff"
ACCENT, AMBER, RED = "#0b6e73", "#c67c09", "#c4302b"
BLUES = {"q0": "#eef3f8", "q1": "#c6d9ea", "q2": "#97bad7", "q3": "#5b91bb", "q4": "#22608f", "qn": "#ffffff"}
"""The five classes of the map; ``qn`` has no value."""
FONT = "'Source Sans Pro', 'Source Sans 3', Arial, sans-serif"
SIZE = 13.0
"""Height of the words of a drawing."""

Look = Mapping[str, str]


def _stroke(colour: str, width: float = 1, dash: str | None = None) -> Look:
    return {"fill": "none", "stroke": colour, "stroke-width": f"{width:g}"} | ({"stroke-dasharray": dash} if dash else {})


LOOKS: tuple[tuple[frozenset[str], Look], ...] = tuple(
    (frozenset(names.split()), look)
    for names, look in (
        ("line", {"stroke": FAINT, "stroke-width": "1"}),
        ("text", {"fill": FAINT}),
        ("path", {"fill": FILL}),
        ("rect", {"fill": FILL}),
        ("circle", {"fill": FILL}),
        ("line .grid", {"stroke": RULE}),
        ("text .y", {"text-anchor": "end"}),
        ("text .x", {"text-anchor": "middle"}),
        (".target-line", _stroke(FAINT, 1, "5 4")),
        ("path .line", _stroke(SOFT, 2)),
        ("path .line .a", _stroke(ACCENT, 2)),
        ("path .line .b", _stroke(FAINT, 2, "6 4")),
        ("path .line .c", _stroke(AMBER, 2, "2 3")),
        (".end .a", {"fill": ACCENT}),
        (".end .b", {"fill": FAINT}),
        (".end .c", {"fill": AMBER}),
        (".direct", {"fill": INK, "font-weight": "600"}),
        (".direct .a", {"fill": ACCENT}),
        (".direct .b", {"fill": SOFT}),
        (".limit", _stroke(FAINT, 1.2)),
        (".limit .l1", _stroke(FAINT, 1.2, "4 3")),
        (".limit .l2", _stroke(FAINT, 1.2, "4 3")),
        (".centre", {"stroke": FAINT}),
        (".point .b1", {"fill": PAPER, "stroke": INK, "stroke-width": "2"}),
        (".point .b2", {"fill": INK}),
        (".track", {"fill": TRACK}),
        (".fill .watch", {"fill": AMBER}),
        (".fill .act", {"fill": RED}),
        (".whisker", {"stroke": INK, "stroke-width": "1.7"}),
        (".whisker .halo", {"stroke": PAPER, "stroke-width": "4.5"}),
        (".tick", {"stroke": INK, "stroke-width": "2"}),
        (".strip .ground", {"stroke": TRACK}),
        (".strip .city", _stroke(FAINT, 1, "2 2")),
        (".strip .whisker", {"stroke": FILL, "stroke-width": "3", "stroke-linecap": "round"}),
        (".strip .whisker .worse", {"stroke": AMBER}),
        (".strip .dot", {"fill": INK}),
        (".strip .shrunk", {"fill": PAPER, "stroke": SOFT, "stroke-width": "1.5"}),
        (".thread", {"stroke": FAINT}),
        ("rect .bad", {"fill": AMBER}),
        ("rect .good", {"fill": ACCENT}),
        (".range .fill", {"fill": BLUES["q2"]}),
        (".dot-value", {"fill": AMBER, "stroke": PAPER, "stroke-width": "2"}),
        (".lorenz .gap", {"fill": TRACK}),
        (".lorenz .even", _stroke(FAINT, 1, "4 3")),
        (".lorenz .curve", _stroke(ACCENT, 2)),
        *((f".{name}", {"fill": colour}) for name, colour in BLUES.items()),
    )
)
"""What is so named (element and classes, those of its ancestors too) looks so; what stands later wins."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A box: where it begins, what one of its units is on the paper, and how many units it is wide and high."""

    x: float
    y: float
    sx: float
    sy: float
    wide: float
    high: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.x + x * self.sx, self.y + y * self.sy


def flat(drawing: Any, frame: Frame, classes: frozenset[str] = frozenset()) -> str:
    """An ``svg`` element (of :mod:`selectolax`) in a frame; ``classes`` are those of what it lies in."""
    return "".join(_children(drawing, _inside(drawing, frame), classes | _classes(drawing)))


def _children(node: Any, frame: Frame, classes: frozenset[str]) -> Iterator[str]:
    for child in node.iter():
        yield from _element(child, frame, classes)


def _element(node: Any, frame: Frame, above: frozenset[str]) -> Iterator[str]:
    classes = above | _classes(node)
    match node.tag:
        case "svg":
            yield from _children(node, _inside(node, frame), classes)
        case "g" | "a":
            yield from _children(node, frame, classes)
        case "line" | "rect" | "circle" | "path" | "text":
            yield _shape(node, frame, classes)


def _inside(node: Any, frame: Frame) -> Frame:
    """The frame that an ``svg`` element opens in another."""
    x, y = _length(node, "x", frame.wide, 0), _length(node, "y", frame.high, 0)
    wide, high = _length(node, "width", frame.wide, frame.wide), _length(node, "height", frame.high, frame.high)
    left, top = frame.at(x, y)
    box = _given(node, "viewBox")
    if not box:
        return Frame(left, top, frame.sx, frame.sy, wide, high)
    x0, y0, units_x, units_y = (float(part) for part in box.replace(",", " ").split())
    sx, sy = wide * frame.sx / units_x, high * frame.sy / units_y
    if _given(node, "preserveAspectRatio") != "none":
        least = min(sx, sy)
        left, top = left + (sx - least) * units_x / 2, top + (sy - least) * units_y / 2
        sx = sy = least
    return Frame(left - x0 * sx, top - y0 * sy, sx, sy, units_x, units_y)


def _shape(node: Any, frame: Frame, classes: frozenset[str]) -> str:
    names = classes | {node.tag}
    look: dict[str, str] = {}
    for wanted, some in LOOKS:
        if all(name.removeprefix(".") in names for name in wanted):
            look |= some
    numbers: dict[str, float] = {}
    if node.tag == "line":
        numbers["x1"], numbers["y1"] = frame.at(_length(node, "x1", frame.wide, 0), _length(node, "y1", frame.high, 0))
        numbers["x2"], numbers["y2"] = frame.at(_length(node, "x2", frame.wide, 0), _length(node, "y2", frame.high, 0))
    elif node.tag == "rect":
        numbers["x"], numbers["y"] = frame.at(_length(node, "x", frame.wide, 0), _length(node, "y", frame.high, 0))
        numbers["width"] = max(_length(node, "width", frame.wide, 0) * frame.sx, 0)
        numbers["height"] = max(_length(node, "height", frame.high, 0) * frame.sy, 0)
    elif node.tag == "circle":
        numbers["cx"], numbers["cy"] = frame.at(_length(node, "cx", frame.wide, 0), _length(node, "cy", frame.high, 0))
        numbers["r"] = _length(node, "r", frame.wide, 0) * min(frame.sx, frame.sy)
    elif node.tag == "text":
        x, y = frame.at(_length(node, "x", frame.wide, 0), _length(node, "y", frame.high, 0))
        x, y = x + _length(node, "dx", 0, 0), y + _length(node, "dy", 0, 0)
        anchor = _given(node, "text-anchor")
        return words(" ".join(node.text().split()), x, y, **look | ({"text-anchor": anchor} if anchor else {}))
    else:
        return f'<path d="{_path(_given(node, "d") or "", frame)}"{_said(look)}/>'
    plain = "".join(f' {name}="{value:.2f}"' for name, value in numbers.items())
    return f"<{node.tag}{plain}{_said(look)}/>"


def words(text: str, x: float, y: float, size: float = SIZE, **look: str) -> str:
    """Text at a place; ``text_anchor`` and the like may be written with either dash."""
    named = {name.replace("_", "-"): value for name, value in look.items()}
    said = escape(UNSEEN.sub("", text))
    return f'<text x="{x:.2f}" y="{y:.2f}" font-family="{FONT}" font-size="{size:g}"{_said(named)}>{said}</text>'


def _said(look: Look) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in look.items())


def _classes(node: Any) -> frozenset[str]:
    band = node.attributes.get("data-band")
    return frozenset((node.attributes.get("class") or "").split()) | ({band} if band else frozenset())


def _given(node: Any, name: str) -> str | None:
    """An attribute, however the reader of the markup writes its letters."""
    value: str | None = node.attributes.get(name) or node.attributes.get(name.lower())
    return value


def _length(node: Any, name: str, whole: float, otherwise: float) -> float:
    """A length in the frame's units: a percentage of ``whole``, a number, or a number of ems."""
    given = _given(node, name)
    if not given:
        return otherwise
    if given.endswith("%"):
        return float(given[:-1]) / 100 * whole
    if given.endswith("em"):
        return float(given.removesuffix("em").removesuffix("r")) * SIZE
    return float(given.removesuffix("px"))


_STEP = re.compile(r"([MmLlHhVvCcSsQqTtZz])([^A-Za-z]*)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def _path(d: str, frame: Frame) -> str:
    """Path data on the paper."""
    out = []
    for step, rest in _STEP.findall(d):
        values = [float(number) for number in _NUMBER.findall(rest)]
        relative = step.islower()
        x0, y0 = (0.0, 0.0) if relative else (frame.x, frame.y)
        if step in "HhVv":
            moved = [x0 + v * frame.sx if step in "Hh" else y0 + v * frame.sy for v in values]
        else:
            moved = [x0 + v * frame.sx if k % 2 == 0 else y0 + v * frame.sy for k, v in enumerate(values)]
        out.append(step + " ".join(f"{v:.2f}" for v in moved))
    return "".join(out)
