"""What asks for an action: by priority, each with its place, its owner and since when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import div, h2, header, li, ol, p, section, span, strong

from dashboard import text
from dashboard.parts.marks import band_mark, by_state
from layers.snapshot import Attention, Band, Freshness, State

if TYPE_CHECKING:
    from dashboard.page import View

CALM = {
    State.LIVE: "Tidak ada yang menunggu tindakan.",
    State.LATE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.STALE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.NEVER: "Belum ada data. Daftar ini terisi setelah sumber pertama diambil.",
}
SHOWN = 8
"""At most so many are drawn; the style shows as many whole ones as there is room for."""


def attention(items: Sequence[Attention], data: Freshness, view: View, *, element: str = "attention") -> htpy.Element:
    """The list, the most urgent first. ``data`` is what it is made from: silence is only calm while that is live."""
    act = sum(item.band is Band.ACT for item in items)
    return section(".attention", id=element, aria_label=text.say(view.lang, "Perlu perhatian"))[
        header[
            h2[text.say(view.lang, "Perlu perhatian")],
            span(".aside")[text.say(view.lang, "{n} hal, {act} mendesak", n=len(items), act=act) if items else None],
        ],
        ol[[_item(item, view) for item in items[:SHOWN]]] if items else by_state(data, view, CALM),
    ]


def _item(item: Attention, view: View) -> htpy.Element:
    owner = view.city.opd(item.owner) if item.owner else None
    who = owner.short if owner else item.owner or text.say(view.lang, "belum ada pemilik")
    since = item.since.isoformat(timespec="seconds")
    return li(".case", {"data-band": item.band.value, "data-case": item.id})[
        band_mark(item.band, view),
        div(".what")[strong[item.title], p[item.place], p(".detail")[item.detail] if item.detail else None],
        div(".who")[
            strong[who],
            htpy.time({"data-observed": since}, datetime=since)[text.age((view.now - item.since).total_seconds(), view.lang)],
        ],
    ]
