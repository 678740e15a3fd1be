"""Why a figure changed, as a ranked list: the groups that gave most of it, with what each gave, and the rest in one line."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import htpy
from htpy import a, h2, header, li, line, ol, p, rect, section, span, svg

from dashboard import text
from dashboard.parts.scale import pc
from layers.contributions import Change, Part, named
from layers.sentences import difference
from layers.windows import Window

if TYPE_CHECKING:
    from dashboard.opdcut import Choice
    from dashboard.page import View
    from layers.catalog import Kpi

ELEMENT = "why"


def why(change: Change | None, kpi: Kpi, choice: Choice, view: View) -> htpy.Element:
    """Parts that made it worse are marked by word and colour; each leads to the page narrowed to it."""
    lang = view.lang
    title = _title(change, view)
    aside = text.say(lang, "{n} hari ini dan sebelumnya", n=choice.days)
    if kpi.window is Window.NOW:
        began = text.day(view.now - timedelta(days=choice.days), view.city.zone, lang)
        aside = text.say(lang, "kini dibanding {day}", day=began)
    head = header[h2[title], span(".aside")[aside]]
    if change is None or change.change is None or not change.parts:
        reason = change.why_none if change else None
        words = reason or text.say(lang, "Tidak ada yang dapat diuraikan untuk pilihan ini.")
        return section(".panel.why-changed", id=ELEMENT)[head, p(".empty")[text.say(lang, words)]]
    most = max(abs(part.total) for part in change.parts) or 1
    said = difference(change.change, kpi, lang, sign=True)
    return section(".panel.why-changed", id=ELEMENT)[
        head,
        p(".lead")[kpi.title[lang], " ", htpy.strong[said]],
        ol[[_part(part, change, most, kpi, choice, view) for part in change.parts]],
        p(".provenance")[
            text.say(lang, "Uraian tepat menurut kategori dan wilayah; jumlahnya sama dengan perubahan. Bukan sebab-akibat."),
            " ",
            a(href=f"/perubahan?kpi={kpi.id}&opd={choice.opd}&days={choice.days}")[text.say(lang, "Uraian lengkap")],
        ],
    ]


def _title(change: Change | None, view: View) -> str:
    moved = change.change if change else None
    return text.say(view.lang, "Mengapa berubah?" if not moved else "Mengapa naik?" if moved > 0 else "Mengapa turun?")


def _part(part: Part, change: Change, most: float, kpi: Kpi, choice: Choice, view: View) -> htpy.Element:
    bad = kpi.better != "neutral" and part.total and (part.total > 0) != (kpi.better == "up")
    half = abs(part.total) / most * 50
    x = 50 - half if part.total < 0 else 50
    words = _words(part, change, view)
    values = dict(zip(change.dimensions, part.by, strict=True)) if part.by else {}
    given = {"category": values.get("category"), "area": values.get("area") or values.get("kecamatan")}
    narrow = {name: value for name, value in given.items() if value}
    return li(class_="bad" if bad else None, data_value=f"{part.total:.6g}")[
        a(".name", href=choice.address(**narrow), data_turn=True)[words] if narrow else span(".name")[words],
        svg(".bar", aria_hidden="true")[
            rect(x=pc(x), width=pc(max(half, 0.6)), height="100%"), line(x1="50%", x2="50%", y1="0", y2="100%")
        ],
        span(".val")[
            difference(part.total, kpi, view.lang, sign=True),
            span(".unseen")[text.say(view.lang, "memperburuk")] if bad else None,
        ],
    ]


def _words(part: Part, change: Change, view: View) -> str:
    if not part.by:
        return text.say(view.lang, "Semua yang lain")
    said = [named(name, value, view.tree, view.city) for name, value in zip(change.dimensions, part.by, strict=True)]
    return ", ".join(word for word in said if word) or text.say(view.lang, "tidak disebut")
