"""The page of analysis: every form of an answer says the engine's numbers, what cannot be asked is said, and links stay."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from dashboard import text
from dashboard.access import Refused
from dashboard.page import Document, document, layout
from dashboard.pages.analysis import PAGE, asked
from dashboard.room import Room
from layers.analysis.ask import FORMS, Ask
from layers.analysis.desk import Analyst
from layers.analysis.found import Found
from layers.model import Role, Scope
from layers.snapshot import Snapshot
from tests.dashboard.analysed import analysed, analyst
from tests.dashboard.server import serving
from tests.layers.made import ANALYST, NOW


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Room, Snapshot]:
    return analysed(tmp_path_factory.mktemp("analysed"))


def drawn(made: tuple[Room, Snapshot], scope: Scope = ANALYST, lang: text.Lang = "id", **params: str) -> Document:
    room, snapshot = made
    return document(PAGE, snapshot, replace(room.view(scope, lang, params), now=NOW))


def words(element: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", element)).replace(text.NBSP, " ").strip()


def test_the_longest_period_is_answered(made: tuple[Room, Snapshot]) -> None:
    assert "14 November 2016" in words(drawn(made, kurun="3660h").parts["answer-head"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_form_is_drawn_and_says_the_figure_of_all_rows(made: tuple[Room, Snapshot], form: str, lang: text.Lang) -> None:
    params = {"kurun": "90h", "by": "month" if form == "garis" else "area", "bentuk": form, "banding": "lalu"}
    if form in ("kecil", "pivot", "panas"):
        params |= {"per": "channel"}
    found = drawn(made, lang=lang, **params)
    total = analyst(ANALYST).find(Ask.read(params)).total
    assert total.value
    assert words(found.parts["answer-head"]).split()[-2:] == [
        str(int(total.value)),
        "aduan" if lang == "id" else "complaints",
    ] or (f" {int(total.value)} " in words(found.parts["answer-head"]))
    assert bool(found.areas) == (form == "peta")
    room, _ = made
    assert "Jan" not in layout(PAGE, found, replace(room.view(ANALYST, lang, params), now=NOW))[:50]


def test_the_table_has_the_figures_of_the_answer(made: tuple[Room, Snapshot]) -> None:
    params = {"by": "opd", "kpi": "selesai_tepat_waktu", "kurun": "90h", "urut": "-n"}
    rows = re.findall(r"<tr>.*?</tr>", drawn(made, **params).parts["answer-table"])[1:-1]
    found = analyst(ANALYST).find(Ask.read(params))
    assert [int(words(row).split()[-3]) for row in rows] == sorted((now.n for _, now, _ in found.lines()), reverse=True)


def test_a_value_leads_to_itself_and_a_month_to_its_days(made: tuple[Room, Snapshot]) -> None:
    assert "/analisis?kpi=aduan_masuk_30h&amp;by=area&amp;area=36.71.01" in drawn(made, by="kecamatan").parts["answer"]
    days = "/analisis?kpi=aduan_masuk_30h&amp;by=day&amp;kurun=2026-10-01..2026-10-31"
    assert days in drawn(made, by="month", kurun="90h").parts["answer-table"]


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"kpi": "penduduk", "by": "month"}, "saat lampau"),
        ({"by": "method"}, "tidak dapat diurai"),
        ({"by": "day", "per": "area", "kurun": "2026"}, "Terlalu banyak sel"),
        ({"kurun": "besok"}, "tulis misalnya 30h"),
        ({"kpi": "tidak_ada"}, "tidak dikenal"),
        ({"dari": "2026-11-02", "sampai": "2026-11-01"}, "tidak dikenal"),
    ],
)
def test_what_cannot_be_asked_is_said_with_what_to_do(made: tuple[Room, Snapshot], params: dict[str, str], why: str) -> None:
    found = drawn(made, **params)
    said = words(found.parts["answer-head"])
    assert why in said
    assert "Ubah pilihan di atas" in said
    assert "<select" in found.parts["filters"]


def test_what_is_outside_the_scope_is_not_there(made: tuple[Room, Snapshot]) -> None:
    camat = Scope(user="camat", role=Role.ANALYST, areas=frozenset({"36.71.01"}))
    with pytest.raises(Refused) as refused:
        drawn(made, camat, area="36.71.05.1004")
    assert refused.value.status_code == 404


def test_two_days_make_a_period(made: tuple[Room, Snapshot]) -> None:
    room, _ = made
    view = room.view(ANALYST, "id", {"dari": "2026-10-01", "sampai": "2026-10-15", "by": "day"})
    assert asked(view).query() == "kpi=aduan_masuk_30h&by=day&kurun=2026-10-01..2026-10-15"


def test_the_sheet_of_an_answer_says_what_the_page_says(made: tuple[Room, Snapshot]) -> None:
    room, snapshot = made
    params = {"kpi": "selesai_tepat_waktu", "by": "month", "per": "opd", "kurun": "2026", "area": "36.71.01", "status": "selesai"}
    sheet = PAGE.sheets["answer-table"].sheet(snapshot, replace(room.view(ANALYST, "id", params), now=NOW))
    found = analyst(ANALYST).find(Ask.read(params))
    at = [column.key for column in sheet.columns].index("value")
    assert [row[at] for row in sheet.rows] == [now.value for _, now, _ in found.lines()]
    assert sheet.columns[0].type == "tanggal"
    assert sheet.columns[at].type == "persen"
    assert dict(sheet.about.filters) == {"Wilayah": "Tangerang", "Status": "selesai"}
    assert "kurun=2026" in sheet.about.address
    assert "per=opd" in sheet.about.address


def test_cards_of_long_questions_hold_up_no_other_page(
    made: tuple[Room, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd asks for evidence cards whose figures take long: another page is drawn all the same."""
    go = threading.Event()

    def slowly(*_: object) -> Found:
        go.wait(20)
        raise ValueError("lama")

    monkeypatch.setattr(Analyst, "find", slowly)
    value = {"page": "/analisis?kpi=aduan_masuk_30h", "kpi": "aduan_masuk_30h", "lang": "id", "cut": {}, "n": 1}
    ask = {
        "output": "kartu-html.data",
        "outputs": {"id": "kartu-html", "property": "data"},
        "inputs": [{"id": "tanya", "property": "data", "value": value}],
        "changedPropIds": ["tanya.data"],
    }

    async def crowd(url: str) -> tuple[int, list[int]]:
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            cards = [asyncio.ensure_future(client.post("/_dash-update-component", json=ask)) for _ in range(40)]
            await asyncio.sleep(0.5)
            try:
                page = await asyncio.wait_for(client.get("/sumber"), 8)
            finally:
                go.set()
            return page.status_code, [answer.status_code for answer in await asyncio.gather(*cards)]

    with serving(tmp_path, made[1], room=made[0]) as live:
        page, cards = asyncio.run(crowd(live.url))
    assert page == 200
    assert set(cards) == {200, 503}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LURAH])
def test_who_takes_no_rows_away_takes_no_small_cells_away_either(made: tuple[Room, Snapshot], role: Role) -> None:
    room, snapshot = made
    params = {"kpi": "rekam_aduan", "by": "status", "per": "area", "kurun": "90h"}
    limits = {"areas": frozenset({"36.71"}), "opds": None, "categories": None}
    view = replace(room.view(replace(ANALYST, role=role, **limits), "id", params), now=NOW)  # type: ignore[arg-type]
    whole = replace(room.view(ANALYST, "id", params), now=NOW)
    assert not view.scope.may_export_rows
    sheet, full = (PAGE.sheets["answer"].sheet(snapshot, v) for v in (view, whole))
    at = [column.key for column in sheet.columns].index("n")
    assert sheet.hidden
    assert not full.hidden
    assert {row[at] for row in full.rows} & {1, 2, 3, 4}
    assert not {row[at] for row in sheet.rows} & {1, 2, 3, 4}
