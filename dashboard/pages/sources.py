"""The sources page: each source with its last outcome, its age, and where every row it delivered went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import h1, header, p, section

from dashboard import text
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.marks import sources_line, sources_words
from dashboard.parts.screens import screens
from dashboard.parts.source import source_card
from layers.snapshot import Snapshot, SourceState, State

if TYPE_CHECKING:
    from dashboard.page import View

CARD = "source-"


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The heading and one card for each source, those that need someone first."""
    cards = {
        f"{CARD}{s.source}": source_card(s, view, view.quarantine(s.source))
        for s in sorted(snapshot.sources, key=lambda s: _urgency(s, view))
    }
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "sources-head": _head(snapshot, view),
        **cards,
        **({"screens": screens(view.screens(), view)} if view.scope.may_operate and view.past is None else {}),
    }


def _urgency(source: SourceState, view: View) -> tuple[bool, bool, str]:
    """Failing sources first, then late ones, each by title."""
    good = source.outcome is not None and source.outcome.good
    return good, source.freshness.state(view.now) is State.LIVE, source.title


def _head(snapshot: Snapshot, view: View) -> htpy.Element:
    advice = None
    if not snapshot.sources:
        advice = p(".empty")[
            text.say(view.lang, "Tambahkan satu berkas TOML untuk tiap sumber di folder sources, lalu jalankan liveroom doctor.")
        ]
    return header(".page-head", id="sources-head")[
        h1[text.say(view.lang, "Sumber data")],
        p(".aside", sources_line(snapshot.sources))[sources_words(snapshot.sources, view)],
        p(".lead")[
            text.say(view.lang, "Setiap baris yang dilihat punya nasib: disimpan, tidak berubah, dikecualikan, atau dikarantina.")
        ],
        advice,
    ]


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The cards in one column beside the navigation."""
    return desk(
        view,
        "/sumber",
        found["sources-state"],
        found["notice"],
        found["sources-head"],
        section(".cards")[[part for key, part in found.items() if key.startswith(CARD)]],
        found.get("screens"),
    )


PAGE = Page(
    path="/sumber",
    title={"id": "Sumber data", "en": "Data sources"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
)
