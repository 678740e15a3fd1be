"""Every chart and table of the desk can be taken away: a page that grows one without its sheet fails here."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from dashboard import text
from dashboard.export.sheet import Cell, Column, NothingError, Row, Sheet, Type
from dashboard.page import Page, document, layout, pages
from dashboard.pages import awards, closing, ranking
from dashboard.room import Room
from layers.briefs import Shelf
from layers.model import Role, Scope
from layers.screens import Screen
from layers.snapshot import Observation, Sign, Snapshot
from layers.suspicion import NO_PROOF
from tests.dashboard import briefs
from tests.dashboard.alarmed import STATE, alarms, log_of
from tests.dashboard.furnished import furnished
from tests.dashboard.pages.test_closing import CASE, FOUND
from tests.dashboard.pages.test_ranking import ranked, seen
from tests.dashboard.snapshots import snapshot
from tests.dashboard.views import view
from tests.layers.made import NOW

ADMIN = Scope(user="ana", role=Role.ADMIN)
DRAWN = "table, svg.plot, svg.lorenz, svg.strip, svg.bar, svg.day-plot, svg.points, svg.spark, svg.shapes"
"""What a table or a chart is made of; marks and keys of a legend have classes of their own."""
WITHOUT = {
    ".kpis": "cards: their figures are the sheet `figures`, which comes with the whole page",
    "#screens": "how the machines of the wall run, for who looks after them: no figure of the city",
    '[aria-label="Aturan kondisi kota"]': "the rule by which the city's state is said: words of the pack, no figures",
    "#dictionary": "which fields records have: what figures mean is the catalogue's sheet",
}
"""Selectors of what has no sheet of its own, and why; one that nothing needs any more fails too."""
ASKED: dict[str, tuple[dict[str, str], ...]] = {
    "/analisis": tuple(
        {"kpi": "aduan_masuk_30h", "by": by, "bentuk": shape} | ({"per": "channel"} if shape in ("pivot", "kecil") else {})
        for shape, by in (
            ("batang", "category"),
            ("garis", "week"),
            ("peta", "kecamatan"),
            ("pivot", "category"),
            ("kecil", "week"),
        )
    ),
    "/baris": ({"kpi": "aduan_masuk_30h"},),
    "/kecamatan/{code}": ({"code": "36.71.01"},),
    "/kelurahan/{code}": ({"code": "36.71.01.1001"}, {"code": "36.71"}),
    "/opd/{opd}": ({"opd": "dlh"}, {"opd": "dlh", "kpi": "aduan_terbuka"}),
    "/peringkat": ({}, {"kpi": "aduan_terbuka", "level": "kelurahan"}, {"kpi": "laju_aduan", "level": "kelurahan"}),
    "/perubahan": ({}, {"kpi": "aduan_masuk_30h"}),
    "/ringkasan/{opd}": ({"opd": "dlh"},),
}
"""What pages are asked for, where not nothing."""


@pytest.fixture(scope="module")
def room() -> Room:
    """A city that has something for every part of the desk."""
    brief = replace(briefs.digest(), queues=briefs.brief().queues)
    return replace(
        furnished().room,
        shelf=lambda *_asked: Shelf(brief=brief, days=(brief.day,)),
        orders=lambda _scope: briefs.orders(),
        alarm_log=lambda _alarms: log_of(NOW),
        screens=lambda: [Screen(name="lobi", created=NOW, panel=None, heard=None, report=None)],
    )


@pytest.fixture(scope="module")
def shown() -> Snapshot:
    flood = Observation(sign=Sign.FLOOD, at=NOW, area="36.71.01.1001", subject="Jalan Veteran", values={"tinggi": 40.0})
    return replace(furnished().snapshot, alarms=alarms(NOW), state=STATE, observations=(flood,))


@pytest.fixture(scope="module")
def drawn(room: Room, shown: Snapshot) -> dict[str, list[LexborHTMLParser]]:
    """Every desk page as an admin sees it."""
    return {page.path: [draw(page, room, shown, asked) for asked in ASKED.get(page.path, ({},))] for page in desk()}


def desk() -> list[Page]:
    return [page for page in pages() if page.theme == "light"]


def draw(page: Page, room: Room, shown: Snapshot, asked: dict[str, str]) -> LexborHTMLParser:
    asks = replace(room.view(ADMIN, "id", asked), now=NOW)
    return LexborHTMLParser(layout(page, document(page, shown, asks), asks))


def bare(page: Page, html: LexborHTMLParser, used: set[str]) -> list[str]:
    """The charts and tables without a menu, each by what it is and the element with an id that it stands in."""
    excepted = {selector: {node.mem_id for node in html.css(selector)} for selector in WITHOUT}
    return [found for node in html.css(DRAWN) if (found := _bare(page, node, excepted, used))]


def _bare(page: Page, node: LexborNode, excepted: dict[str, set[int]], used: set[str]) -> str | None:
    at: LexborNode | None = node
    where = None
    while at is not None and at.tag not in ("main", "body"):
        name = at.attributes.get("id")
        where = where or name
        mapped = "map-panel" in (at.attributes.get("class") or "") and at.css_first('[id^="unduh-"]') is not None
        if mapped or (name in page.sheets and at.css_first(f'[id="unduh-{name}"]') is not None):
            return None
        for selector, nodes in excepted.items():
            if at.mem_id in nodes:
                used.add(selector)
                return None
        at = at.parent
    return f"{node.tag}.{node.attributes.get('class')} in #{where}"


def test_every_chart_and_table_of_the_desk_can_be_taken_away(drawn: dict[str, list[LexborHTMLParser]]) -> None:
    used: set[str] = set()
    found = {page.path: sorted({each for html in drawn[page.path] for each in bare(page, html, used)}) for page in desk()}
    assert {path: each for path, each in found.items() if each} == {}, "a sheet for these, or a reason in WITHOUT"
    assert set(WITHOUT) - used == set(), "nothing needs these exceptions"


def test_the_check_itself_finds_what_has_no_sheet(drawn: dict[str, list[LexborHTMLParser]]) -> None:
    for page in (page for page in desk() if page.path in ("/pengadaan", "/opd", "/opd/{opd}")):
        assert any(bare(replace(page, sheets={}), html, set()) for html in drawn[page.path]), page.path


def test_every_sheet_is_offered_somewhere(drawn: dict[str, list[LexborHTMLParser]]) -> None:
    """A key that no element has comes with the whole page alone: only the figures of the cards do."""
    for one in desk():
        alike = [page.path for page in desk() if page.sheets is one.sheets]
        offered = {node.attributes["id"] for path in alike for html in drawn[path] for node in html.css('[id^="unduh-"]')}
        assert {f"unduh-{key}" for key in one.sheets} - offered <= {"unduh-figures"}, one.path


def test_every_sheet_says_what_its_columns_are_in_both_languages(
    room: Room, shown: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cell is of its column's type, moments know their zone, and there are English words for all."""
    said: set[str] = set()
    real = text.say

    def listening(lang: text.Lang, words: str, **values: object) -> str:
        said.add(words)
        return real(lang, words, **values)

    monkeypatch.setattr(text, "say", listening)
    made: set[str] = set()
    for page in desk():
        for asked in ASKED.get(page.path, ({},)):
            asks = replace(room.view(ADMIN, "en", asked), now=NOW)
            for key, export in page.sheets.items():
                with contextlib.suppress(NothingError):
                    sheet = export.sheet(shown, asks)
                    rows = list(sheet.rows)
                    assert sheet.count in (None, len(rows)), (page.path, key)
                    assert not [row for row in rows if not fits(row, sheet)][:1], (page.path, key, [c.key for c in sheet.columns])
                    made |= {key} if rows else set()
    assert {key for page in desk() for key in page.sheets} - made <= RARE, "nothing fills these here"
    assert {words for words in said if words and not words.startswith("belum cukup data")} <= set(text._english())


RARE = {"award-tercepat", "award-membaik-layanan_tepat_waktu", "award-membaik-selesai_tepat_waktu"}
RARE |= {"praise", "equity", "findings", "unusual"}
"""What has no row in the furnished city."""


def test_praise_evenness_and_findings_are_what_the_page_says() -> None:
    """Names in their order, Lorenz's curve from nothing to all with its Gini, each case that the page lists."""
    praise, best = (list(page.sheets[key].sheet(ranked(), seen()).rows) for page, key in ((ranking.PAGE, "praise"), AWARD))
    assert [row[2] for row in praise] == ["a", "b"]
    assert [(row[1], row[2], row[3]) for row in best] == [("b", 30.0, "poin")]
    even = ranking.PAGE.sheets["equity"].sheet(ranked(), seen(kpi="aduan_lewat_tenggat", level="kelurahan"))
    curve = list(even.rows)
    assert (curve[0], curve[-1], len(curve)) == ((0.0, 0.0), (100.0, 100.0), 5)
    assert "Gini (0 merata, 1 timpang): 0,381" in even.about.notes
    told = closing.PAGE.sheets["findings"].sheet(snapshot(), view(scope=ADMIN, suspicions=lambda: FOUND))
    assert [row[1] for row in told.rows] == [CASE.source_id] * 12
    assert NO_PROOF in told.about.notes
    assert any(note.startswith("228 lagi") for note in told.about.notes)


AWARD = (awards.PAGE, "award-membaik-selesai_tepat_waktu")


def fits(row: Row, sheet: Sheet) -> bool:
    return len(row) == len(sheet.columns) and all(map(of_type, row, sheet.columns))


def of_type(cell: Cell, column: Column) -> bool:
    match column.type:
        case _ if cell is None:
            return True
        case Type.MOMENT:
            return isinstance(cell, datetime) and cell.tzinfo is not None
        case Type.DAY:
            return isinstance(cell, date) and not isinstance(cell, datetime)
        case Type.WHOLE:
            return not isinstance(cell, bool) and isinstance(cell, int | float) and float(cell).is_integer()
        case Type.TEXT | Type.AREA:
            return isinstance(cell, str)
        case _:
            return not isinstance(cell, bool) and isinstance(cell, int | float)
