"""The sources page: each source with its last outcome, its age, and where every row it delivered went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import h1, header, p, section

from dashboard import text
from dashboard.export.makers import heads, listed
from dashboard.export.sheet import Sheet, Type
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.marks import sources_line, sources_words
from dashboard.parts.screens import screens
from dashboard.parts.source import outcome_words, source_card
from layers.snapshot import Snapshot, SourceState, State

if TYPE_CHECKING:
    from dashboard.page import View

CARD = "source-"


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The heading and one card for each source, those that need someone first."""
    cards = {f"{CARD}{s.source}": source_card(s, view, view.quarantine(s.source)) for s in _ordered(snapshot, view)}
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "sources-head": _head(snapshot, view),
        **cards,
        **({"screens": screens(view.screens(), view)} if view.scope.may_operate and view.past is None else {}),
    }


def _ordered(snapshot: Snapshot, view: View) -> list[SourceState]:
    return sorted(snapshot.sources, key=lambda s: _urgency(s, view))


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


def _sheet(snapshot: Snapshot, view: View) -> Sheet:
    """Each source with its last outcome, its age, and where its rows went."""
    columns = heads(
        view,
        ("sumber", "Kode"),
        ("judul", "Sumber"),
        ("penghubung", "Penghubung"),
        ("hasil", "Hasil"),
        ("gagal", "Gagal berturut-turut", Type.WHOLE),
        ("data_per", "Data per", Type.MOMENT),
        ("diambil", "Terakhir diambil", Type.MOMENT),
        ("batas_menit", "Batas umur data (menit)", Type.WHOLE),
        *((key, words, Type.WHOLE) for key, words in FATES.items()),
        ("tersimpan", "Catatan tersimpan", Type.WHOLE),
        ("menunggu", "Karantina menunggu", Type.WHOLE),
    )
    rows = [
        (s.source, s.title, s.connector, outcome_words(s.outcome, view), s.failures, s.freshness.observed_at,
         s.freshness.fetched_at, int(s.freshness.budget.total_seconds() // 60), s.seen, s.kept, s.unchanged,
         sum(s.excluded.values()), s.quarantined, s.records, s.quarantine_open)
        for s in _ordered(snapshot, view)
    ]  # fmt: skip
    return listed(snapshot, view, PAGE, text.say(view.lang, "Sumber data"), columns, rows, name="sumber")


FATES = {
    "dilihat": "Dilihat",
    "disimpan": "Disimpan",
    "tetap": "Tidak berubah",
    "dikecualikan": "Dikecualikan",
    "karantina": "Dikarantina",
}
"""What became of the rows of the last run."""

PAGE = Page(
    path="/sumber",
    title={"id": "Sumber data", "en": "Data sources"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    sheets={"sources-head": Export(sheet=_sheet)},
)
