"""What a form offers to choose from, where several pages offer the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import label, optgroup, option, select

from dashboard import text
from layers.model import Area, Level

if TYPE_CHECKING:
    from dashboard.page import View


def choice(name: str, words: str, offered: htpy.Node, view: View, *, chosen: bool) -> htpy.Element:
    """One field of a form, marked where something is ``chosen``."""
    return label(class_="on" if chosen else None)[text.say(view.lang, words), select(name=name)[offered]]


def options(known: Mapping[str, str], chosen: str | None) -> list[htpy.Element]:
    """The values with their words, in their order."""
    return [option(value=key, selected=key == (chosen or ""))[words] for key, words in known.items()]


def area_options(chosen: str, view: View) -> list[htpy.Element]:
    """The city, its kecamatan, and what lies in the one chosen; ``chosen`` is a code, empty for the city."""
    tree = view.tree
    found = [
        option(value="", selected=not chosen)[view.city.name],
        _group(text.say(view.lang, "Kecamatan"), tree.kecamatan, chosen),
    ]
    area = tree.areas.get(chosen)
    parent = area and (area.code if area.level is Level.KECAMATAN else area.parent)
    if area is not None and parent not in (None, tree.city.code):
        found.append(_group(f"{tree.unit.capitalize()}, {tree.name(parent or '')}", tree.children(parent or ""), chosen))
    found.append(option(value=tree.unplaced.code, selected=chosen == tree.unplaced.code)[text.say(view.lang, "Tanpa lokasi")])
    return found


def _group(name: str, areas: Iterable[Area], chosen: str) -> htpy.Element:
    return optgroup(label=name)[[option(value=area.code, selected=area.code == chosen)[area.name] for area in areas]]
