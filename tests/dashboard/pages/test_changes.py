"""The page of changes: a figure's parts add up on the screen, any choice is an address, and a limited scope sees its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from starlette.exceptions import HTTPException

from dashboard import text
from dashboard.cut import page_for
from dashboard.page import View, document, layout
from dashboard.pages import changes as page
from dashboard.parts.changes import why_changed
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.changes import Answer, Question
from layers.contributions import Change, Part
from layers.model import Role, Scope
from layers.unusual import Unusual
from tests.dashboard.pages.test_desk import CONTRAST, OVERFLOWS
from tests.dashboard.server import room, serving
from tests.dashboard.snapshots import CITY, NOW, PUBLIC, reading, snapshot
from tests.dashboard.views import html, view

TREE = AreaTree.of(CITY)
PARTS = (
    Part(by=("Sampah dan kebersihan lingkungan", "36.71.01", "dlh"), label="", mix=-0.21, rate=-1.7, n=(210, 190)),
    Part(by=("Jalan rusak", None, None), label="", mix=-0.5, rate=-0.1, n=(9, 14)),
    Part(by=("Banjir", "36.71.02", "dpupr"), label="", mix=0.1, rate=0.9, n=(60, 50)),
    Part(by=(), label="Lainnya (40 kelompok)", mix=-0.3, rate=-1.39, n=(1600, 1600)),
)
ODD = Unusual(
    kpi="aduan_masuk_hari_ini", area="36.71.01.1001", opd=None, category=None, value=41, n=41, low=0, high=7, expected=2.4,
    stretch="hour", since=NOW, until=NOW, weekday=6, weeks=8, chance=1e-6,
)  # fmt: skip


def answer(question: Question, **fields: Any) -> Answer:
    """An answer about what was asked."""
    if question.area not in (None, *TREE.areas):
        raise ValueError(question.area)
    now = catalog()[question.kpi].window.at(NOW, CITY.zone)
    share = catalog()[question.kpi].unit == "persen"
    parts = PARTS if share else tuple(replace(part, mix=0.0, rate=round(10 * part.total)) for part in PARTS)
    places = {"category": 0, "channel": 0, "kecamatan": 1, "area": 1, "opd": 2}
    parts = tuple(replace(part, by=tuple(part.by[places[name]] for name in question.by) if part.by else ()) for part in parts)
    moved = sum(part.total for part in parts)
    given = {"before": 84.6, "now": 84.6 + moved, "change": moved, "why_none": None, "parts": parts, "n": (1879, 1854)}
    change = Change(
        kpi=question.kpi, area=question.area or CITY.code, opd=question.opd, dimensions=question.by, windows=(now.before(), now),
        **(given | fields),
    )  # fmt: skip
    return Answer(
        change=change,
        unusual=(ODD, replace(ODD, kpi="selesai_tepat_waktu", area=None, opd="dlh", value=20, low=60, high=95)),
        at=NOW,
    )


def at(changes: Callable[[Question], Answer] | None = answer, **params: str) -> View:
    return view(params={"kpi": "selesai_tepat_waktu", **params}, changes=changes)


def views() -> Iterator[View]:
    """Every state of the page worth drawing."""
    for lang in ("id", "en"):
        for params in (
            {},
            {"kpi": "aduan_masuk_30h", "by": "area"},
            {"area": "36.71.01.1001", "opd": "dlh", "days": "7", "since": "2026-11-01"},
        ):
            yield replace(at(**params), lang=lang)
        yield replace(
            at(lambda q: answer(q, before=None, now=None, change=None, why_none="belum ada sumber", parts=())), lang=lang
        )
        yield replace(at(lambda q: replace(answer(q), unusual=())), lang=lang)
        yield replace(at(None), lang=lang)
        yield replace(at(kpi="antrean_median", area="99"), lang=lang)


def words(element: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", element)).replace(text.NBSP, " ")


def test_the_figures_add_up_on_the_screen() -> None:
    drawn = document(page.PAGE, snapshot(), at()).parts
    rows = re.findall(r"<tr>.*?</tr>", drawn["change-sums"])
    figures = [
        [float(c.replace("−", "-").replace(",", ".")) for c in re.findall(r"[+−]?\d+,\d\d", words(row))] for row in rows[1:]
    ]
    *body, foot = figures
    assert foot == pytest.approx([sum(column) for column in zip(*body, strict=True)], abs=0.005)
    assert foot[2] == pytest.approx(foot[0] + foot[1]) == pytest.approx(-3.2)
    assert "turun 3,2 poin menjadi 81,4 % (memburuk)" in words(drawn["change"])
    steps = words(drawn["change-steps"])
    assert "Sebelumnya 84,6 %" in steps
    assert "Sekarang 81,4 %" in steps


def test_a_step_begins_where_the_one_before_ended() -> None:
    bars = re.findall(
        r'<rect class="\w+" x="([\d.]+)%" width="([\d.]+)%"', document(page.PAGE, snapshot(), at()).parts["change-steps"]
    )
    ends = re.findall(r'class="(?:tick|thread)" x1="([\d.]+)%"', document(page.PAGE, snapshot(), at()).parts["change-steps"])
    level = float(ends[0])
    for (x, width), end in zip(bars, ends[1:], strict=False):
        assert {round(float(x), 1), round(float(x) + float(width), 1)} == {round(level, 1), round(float(end), 1)}
        level = float(end)


def test_a_group_leads_to_its_rows_figures() -> None:
    steps = document(page.PAGE, snapshot(), at()).parts["change-steps"]
    assert 'href="/kecamatan/36.71.01?category=Sampah+dan+kebersihan+lingkungan&amp;opd=dlh"' in steps
    assert 'href="/kelurahan/tanpa-lokasi?category=Jalan+rusak"' in steps


def test_what_is_asked_is_what_the_address_says() -> None:
    asked: list[Question] = []

    def listening(question: Question) -> Answer:
        asked.append(question)
        return answer(question)

    choices: tuple[dict[str, str], ...] = (
        {},
        {"area": "36.71.01", "by": "area", "opd": "dlh", "days": "90"},
        {"since": "2026-11-01", "until": "2026-11-10", "since0": "2026-10-01", "until0": "2026-10-10", "by": "channel"},
        {"since": "2026-11-01", "kpi": "layanan_30h", "by": "channel"},
    )
    for params in choices:
        document(page.PAGE, snapshot(), at(listening, **params))
    november, october = (date(2026, 11, 1), date(2026, 11, 10)), (date(2026, 10, 1), date(2026, 10, 10))
    assert asked == [
        Question(kpi="selesai_tepat_waktu", by=("category", "kecamatan", "opd")),
        Question(kpi="selesai_tepat_waktu", area="36.71.01", opd="dlh", by=("area",), days=90),
        Question(kpi="selesai_tepat_waktu", by=("channel",), now=november, before=october),
        Question(kpi="layanan_30h", by=("category",)),
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"since": "2026-11-10", "until": "2026-11-01"},
        {"since": "2026-13-10", "until": "2026-11-01"},
        {"since": "2024-11-10", "until": "2026-11-01"},
    ],
)
def test_a_period_that_cannot_be_is_said(params: dict[str, str]) -> None:
    drawn = document(page.PAGE, snapshot(), at(**params)).parts
    assert "tidak dapat dipakai" in words(drawn["change"])
    assert "84,6" not in "".join(drawn.values())


def test_an_address_is_checked(tmp_path: Path) -> None:
    here = room(tmp_path)
    assert page_for(PUBLIC, "/perubahan?kpi=aduan_terbuka&by=opd&since=", here)[1] == {"kpi": "aduan_terbuka", "by": "opd"}
    for query in ("kpi=<script>", "by=warna", "since=kemarin", "area=../x"):
        with pytest.raises(HTTPException) as refused:
            page_for(PUBLIC, f"/perubahan?{query}", here)
        assert refused.value.status_code == 400


def test_the_evidence_card_leads_here_where_the_page_has_that_cut() -> None:
    link = str(why_changed(reading("selesai_tepat_waktu", "36.71.01", value=3.0, change=1.0), view(params={"days": "7"})))
    assert 'href="/perubahan?kpi=selesai_tepat_waktu&amp;area=36.71.01&amp;days=7"' in link
    assert why_changed(reading("selesai_tepat_waktu", value=3.0, change=1.0), view(params={"category": "Sampah"})) is None
    assert why_changed(reading("selesai_tepat_waktu", value=3.0), view()) is None


def test_a_limited_scope_is_asked_for_with_its_limits(tmp_path: Path) -> None:
    seen: list[Scope] = []

    def listening(scope: Scope, question: Question) -> Answer:
        seen.append(scope)
        return answer(question)

    with serving(tmp_path, room=room(tmp_path, changes=listening)) as live:
        head = live.signed_in(Role.OPD_HEAD, opds=frozenset({"dlh"}))
        found = head.get("/perubahan?kpi=selesai_tepat_waktu&opd=dlh")
        head.close()
        assert found.status_code == 200
        assert "−3,2" in found.text
        assert "DPUPR</option>" not in found.text, "no choice of an OPD that is not theirs"
        assert [(s.role, s.opds) for s in seen] == [(Role.OPD_HEAD, frozenset({"dlh"}))]
        with live.client() as public:
            assert public.get("/perubahan?kpi=%3Cscript%3E").status_code == 400
        assert seen[0].user == Role.OPD_HEAD.value, "what is drawn is shared, so nobody is named"


def test_choosing_asks_anew(browser: Browser, tmp_path: Path) -> None:
    asked: list[Question] = []

    def listening(_scope: Scope, question: Question) -> Answer:
        asked.append(question)
        return answer(question)

    with serving(tmp_path, room=room(tmp_path, changes=listening)) as live:
        tab = browser.new_page()
        try:
            tab.goto(f"{live.url}/perubahan")
            tab.select_option("select[name=kpi]", "aduan_masuk_30h")
            tab.wait_for_url("**kpi=aduan_masuk_30h**")
            tab.select_option("select[name=by]", "area")
            tab.wait_for_url("**by=area**")
            assert tab.locator("select[name=kpi]").input_value() == "aduan_masuk_30h"
        finally:
            tab.close()
    assert (asked[-1].kpi, asked[-1].by) == ("aduan_masuk_30h", ("kecamatan",))


def test_everything_said_has_an_english_word(monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()
    real = text.say
    monkeypatch.setattr(text, "say", lambda lang, words, **values: (said.add(words), real(lang, words, **values))[1])
    for seen in views():
        layout(page.PAGE, document(page.PAGE, snapshot(), seen), seen)
    assert len(said) > 40
    assert said - {""} <= set(text._english())


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_page_fits_its_screen_and_can_be_read(browser: Browser, tmp_path: Path, width: int, scheme: Any) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    try:
        for seen in (at(), at(since="2026-11-01")):
            tab.goto(html(page.PAGE, snapshot(), seen, tmp_path).as_uri())
            tab.evaluate("document.fonts.ready")
            assert tab.evaluate(OVERFLOWS) == []
            assert tab.evaluate(CONTRAST) == []
    finally:
        tab.close()
