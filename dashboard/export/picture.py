"""A chart of a page as a picture of its own: the chart's own drawing, its title, and one line that says where it is from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from dashboard import text
from dashboard.export.flat import BLUES, FAINT, INK, PAPER, RULE, SIZE, SOFT, Frame, flat, words
from dashboard.export.provenance import line
from dashboard.export.sheet import Provenance
from dashboard.page import AreaPaint
from dashboard.parts.download import pictured
from dashboard.parts.scale import em
from layers.mapasset import MapAsset

WIDE, MARGIN = 960.0, 32.0
PLOT = (64.0, 132.0, 34.0)
"""Room of a plot's labels at the left, at the right, and below."""
HIGH = 360.0
NAMES, NUMBERS, ROW = 250.0, 86.0, 26.0
SMALL = 11.5


@dataclass(slots=True)
class Paper:
    """What has been drawn, and how far down it goes."""

    done: list[str]
    y: float

    def say(self, said: str, size: float, *, gap: float = 1.35, **look: str) -> None:
        """Words below what there is, on as many lines as they need."""
        for part in wrapped(said, size, WIDE - 2 * MARGIN):
            self.y += size * gap
            self.done.append(words(part, MARGIN, self.y, size, **look))


def picture(html: str, about: Provenance) -> str | None:
    """A part of a page as SVG, or ``None`` where it draws nothing."""
    part = LexborHTMLParser(html).body
    if part is None or not pictured(html):
        return None
    aside = part.css_first("figcaption .aside, header .aside")
    paper = _begun(about, " ".join(aside.text().split()) if aside else None)
    plot = part.css_first("svg.plot") or part.css_first("svg.lorenz")
    if plot is not None:
        _plot(plot, paper)
    else:
        _rows(part, paper)
    return _ended(paper, about)


def _begun(about: Provenance, aside: str | None) -> Paper:
    paper = Paper([], MARGIN - 6)
    paper.say(about.title, 21, fill=INK, font_weight="600")
    if aside:
        paper.say(aside, SIZE, fill=FAINT)
    paper.y += 18
    return paper


def _ended(paper: Paper, about: Provenance) -> str:
    """The picture with its provenance under it."""
    paper.y += 18
    paper.done.append(f'<path d="M{MARGIN:g} {paper.y:.1f}H{WIDE - MARGIN:g}" stroke="{RULE}" stroke-width="1"/>')
    paper.y += 4
    paper.say(line(about), SMALL, fill=SOFT)
    high = paper.y + MARGIN * 0.75
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE:g}" height="{high:.0f}" viewBox="0 0 {WIDE:g} {high:.0f}">'
        f"<title>{escape(about.title)}</title>"
        f'<rect width="{WIDE:g}" height="{high:.0f}" fill="{PAPER}"/>{"".join(paper.done)}</svg>'
    )


def _plot(plot: Any, paper: Paper) -> None:
    left, right, below = PLOT
    square = (plot.attributes.get("class") or "") == "lorenz"
    wide = HIGH if square else WIDE - 2 * MARGIN - left - right
    paper.done.append(flat(plot, Frame(MARGIN + left, paper.y + 8, 1, 1, wide, HIGH)))
    paper.y += 8 + HIGH + below


def _rows(part: Any, paper: Paper) -> None:
    """Rows of a name, a bar and figures, as a list or a table has them."""
    heads = [_said(cell) for cell in part.css("thead th")]
    rows = [row for row in part.css("li, tbody tr") if row.css_first("svg.bar, svg.strip") or row.css_first(".why")]
    cells = [(_name(row), row.css_first("svg.bar") or row.css_first("svg.strip"), _figures(row), row) for row in rows]
    columns = max((len(figures) for _, _, figures, _ in cells), default=0)
    room = WIDE - 2 * MARGIN - NAMES - NUMBERS * columns - 16
    at = [WIDE - MARGIN - NUMBERS * (columns - 1 - k) for k in range(columns)]
    if heads and len(heads) == columns + 1:
        paper.y += SIZE
        for x, head in zip(at, heads[1:], strict=True):
            paper.done.append(words(head, x, paper.y, SIZE, fill=FAINT, text_anchor="end"))
        paper.y += 8
    for name, bar, figures, row in cells:
        middle = paper.y + ROW / 2
        classes = frozenset((row.attributes.get("class") or "").split()) | {row.attributes.get("data-band") or ""}
        label = _cut(name, NAMES - 12)
        paper.done.append(words(label, MARGIN, middle + SIZE * 0.33, SIZE, fill=INK))
        if bar is not None:
            paper.done.append(flat(bar, Frame(MARGIN + NAMES, middle - 7, 1, 1, room, 14), classes))
        for x, figure in zip(at[columns - len(figures) :], figures, strict=True):
            paper.done.append(words(figure, x, middle + SIZE * 0.33, SIZE, fill=INK, text_anchor="end"))
        paper.y += ROW


def _name(row: Any) -> str:
    named = row.css_first(".name, th, .what strong")
    return _said(named) if named is not None else ""


def _figures(row: Any) -> list[str]:
    found = [_said(cell) for cell in row.css("td.num")] or [_said(cell) for cell in row.css(".val, .n, .said strong")]
    why = row.css_first(".why")
    return [_cut(_said(why), NUMBERS * 3)] if why is not None and not any(found) else found


def _said(node: Any) -> str:
    return " ".join(node.text().split())


def _cut(said: str, room: float) -> str:
    """As much of a name as has room."""
    if em(said) * SIZE <= room:
        return said
    while said and em(said + "…") * SIZE > room:
        said = said[:-1]
    return said.rstrip() + "…"


def wrapped(said: str, size: float, room: float) -> list[str]:
    """Words on lines no longer than the room."""
    lines, now = [], ""
    for word in said.split():
        longer = f"{now} {word}".strip()
        if now and em(longer) * size * 0.92 > room:
            lines.append(now)
            now = word
        else:
            now = longer
    return [*lines, now] if now else lines


def mapped(asset: MapAsset, paints: Mapping[str, AreaPaint], names: Mapping[str, str], about: Provenance) -> str:
    """The page's map as SVG: the shapes in their classes, what the classes are, the names of the kecamatan."""
    paper = _begun(about, text.say(about.lang, "batas skematis") if asset.schematic else None)
    scale = min((WIDE - 2 * MARGIN - 180) / asset.width, 620 / asset.height)
    top = paper.y

    def group(paths: Iterable[tuple[str, str]], look: str) -> None:
        paper.done.append(f'<g transform="translate({MARGIN:g} {top:.1f}) scale({scale:.4f})"{look}>')
        paper.done.extend(f'<path d="{d}"{own}/>' for d, own in paths)
        paper.done.append("</g>")

    colours = {code: BLUES[paints[code].cls] if code in paints else BLUES["qn"] for code in asset.paths}
    group(((d, f' fill="{colours[code]}"') for code, d in asset.paths.items()), ' stroke="#b9c6d4" stroke-width="1"')
    group(((d, "") for d in asset.kecamatan.values()), ' fill="none" stroke="#7b90a7" stroke-width="1.7"')
    group([(asset.outline, "")], ' fill="none" stroke="#4e6178" stroke-width="2.2"')
    for code in asset.kecamatan:
        if code in asset.labels and code in names:
            x, y = asset.labels[code]
            look = {"fill": INK, "text_anchor": "middle", "font_weight": "600", "stroke": PAPER, "paint_order": "stroke"}
            look |= {"stroke_width": "3"}
            paper.done.append(words(names[code], MARGIN + x * scale, top + y * scale, 12, **look))
    _legend(paper, paints, top, about)
    paper.y = top + asset.height * scale
    return _ended(paper, about)


def _legend(paper: Paper, paints: Mapping[str, AreaPaint], top: float, about: Provenance) -> None:
    by: dict[str, list[float]] = {}
    for paint in paints.values():
        by.setdefault(paint.cls, []).append(paint.value if paint.value is not None else 0)
    y = top + 12
    for name in (name for name in BLUES if name in by):
        said = text.say(about.lang, "tanpa data") if name == "qn" else _between(by[name], about)
        x = WIDE - MARGIN - 160
        box = f'width="16" height="12" fill="{BLUES[name]}" stroke="#7b90a7"/>'
        paper.done.append(f'<rect x="{x:g}" y="{y - 10:.1f}" {box}{words(said, x + 24, y, SIZE, fill=SOFT)}')
        y += 22


def _between(values: Sequence[float], about: Provenance) -> str:
    low, high = (text.number(v, 0 if v.is_integer() else 1, about.lang) for v in (min(values), max(values)))
    return low if low == high else f"{low} – {high}"
