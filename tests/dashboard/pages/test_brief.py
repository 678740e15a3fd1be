"""The pages of briefs and orders: what they say to whom, how they fit a phone, a desk and one sheet of paper, and their forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from dashboard import text
from dashboard.cut import page_for
from dashboard.page import Page, View, document, layout
from dashboard.pages import brief as brief_page
from dashboard.pages import digest as digest_page
from dashboard.pages import orders as order_page
from layers.briefs import Shelf, may_read
from layers.model import Role, Scope
from layers.orders import About, Orders, OrderState
from layers.people import People
from tests.dashboard import briefs
from tests.dashboard.pages.test_desk import CONTRAST, OVERFLOWS
from tests.dashboard.server import PASSWORD, SECRET, Live, room, serving
from tests.dashboard.snapshots import snapshot
from tests.dashboard.test_access import ASK
from tests.dashboard.views import html, view

LEADER = Scope(user="leader", role=Role.LEADER)
DLH = Scope(user="opd", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
BOTH = Scope(user="leader", role=Role.LEADER, opds=frozenset({"dlh", "dpupr"}))
ANALYST = Scope(user="analyst", role=Role.ANALYST)


def shelf(opd: str | None, day: date | None) -> Shelf:
    made = briefs.digest() if opd else briefs.brief()
    days = (made.day, made.day - timedelta(days=1))
    return Shelf(brief=made if day in (None, made.day) else None, days=days)


def seen(scope: Scope = LEADER, **fields: Any) -> View:
    return view(**({"scope": scope, "shelf": shelf, "orders": briefs.orders} | fields))


def drawn(page: Page, view_: View) -> str:
    return layout(page, document(page, snapshot(), view_), view_)


def pages() -> Iterator[tuple[Page, View]]:
    """Every page in every state worth drawing."""
    asked = {"kpi": "aduan_lewat_tenggat", "area": "36.71.01", "opd": "dlh"}
    late = replace(briefs.brief(), made=briefs.MADE + timedelta(hours=3), weekly=True, things=(), queues=(), orders=(), doubts=())
    quiet = replace(briefs.digest(), figures=(), things=(), standing=None)
    for lang in ("id", "en"):
        yield brief_page.PAGE, seen(lang=lang)
        yield brief_page.PAGE, seen(lang=lang, scope=BOTH)
        yield brief_page.PAGE, seen(lang=lang, scope=Scope(user="c", role=Role.LEADER, areas=frozenset({"36.71.01"})))
        for made in (None, late):
            yield brief_page.PAGE, seen(lang=lang, shelf=lambda _opd, _day, made=made: Shelf(brief=made, days=()))
            yield brief_page.PAGE, seen(lang=lang, shelf=lambda _opd, _day: None)
        for opd in (None, quiet):
            yield digest_page.PAGE, seen(lang=lang, params={"opd": "dlh"}, shelf=lambda _o, _d, b=opd: Shelf(brief=b, days=()))
        yield digest_page.PAGE, seen(lang=lang, scope=DLH, params={"opd": "dlh"})
        yield order_page.PAGE, seen(lang=lang, params=asked)
        yield order_page.PAGE, seen(lang=lang, scope=DLH)
        for orders in ((), None):
            yield order_page.PAGE, seen(lang=lang, orders=lambda orders=orders: orders)


def test_everything_said_has_an_english_word(monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()
    real = text.say

    def listening(lang: text.Lang, words: str, **values: object) -> str:
        said.add(words)
        return real(lang, words, **values)

    monkeypatch.setattr(text, "say", listening)
    for page, view_ in pages():
        drawn(page, view_)
    assert len(said) > 80
    assert said - {""} - set(text._english()) == set()


def test_the_brief_leads_from_each_line_to_its_number_and_to_an_order() -> None:
    found = drawn(brief_page.PAGE, seen())
    for said in (
        "Ringkasan pagi Kota Contoh",
        "615 aduan lewat tenggat, 78 jatuh tempo hari ini, 2 arahan belum dijawab.",
        "3 · Waspada",
        "naik 19 aduan sejak awal Kamis 19 November",
        "naik 2,40 poin",
        "data belum mutakhir, per Rabu 18 November 07.00",
        "dan 2 OPD lain dengan 0 lewat tenggat",
        "TIDAK COCOK, selisih 17",
        "SIMULASI",
    ):
        assert said in text_of(found), said
    assert '<a href="/kelurahan/36.71">Aduan lewat tenggat</a>' in found
    assert 'data-kpi="aduan_lewat_tenggat" data-scope="36.71"' in found
    assert 'href="/arahan?kpi=aduan_lewat_tenggat&amp;area=36.71"' in found
    assert 'href="/arahan?kpi=aduan_lewat_tenggat&amp;opd=dlh"' in found
    assert "&lt;b&gt;Neglasari" in found
    assert "/arahan?" not in drawn(brief_page.PAGE, seen(ANALYST))


def text_of(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", markup)).replace(text.NBSP, " ")


def test_who_leads_some_opds_finds_their_digests_and_not_the_citys() -> None:
    asked: list[str | None] = []

    def noting(opd: str | None, day: date | None) -> Shelf:
        asked.append(opd)
        return shelf(opd, day)

    both = drawn(brief_page.PAGE, seen(BOTH, shelf=noting))
    assert 'href="/ringkasan/dlh"' in both
    assert 'href="/ringkasan/dpupr"' in both
    assert asked == []
    assert "Ringkasan pekan Dinas Lingkungan Hidup" in drawn(brief_page.PAGE, seen(DLH, shelf=noting))
    assert asked == ["dlh"]


def test_a_former_day_is_asked_for_by_its_address(tmp_path: Path) -> None:
    _, params = page_for(LEADER, "/ringkasan?tanggal=2026-11-20", room(tmp_path))
    assert "Ringkasan pagi Kota Contoh" in drawn(brief_page.PAGE, seen(params=params))
    for day in ("2026-11-19", "2026-02-31"):
        found = drawn(brief_page.PAGE, seen(params={"tanggal": day}))
        assert ("Belum ada ringkasan." in found) is (day == "2026-11-19")


def test_an_order_shows_its_time_left_and_what_the_asker_may_do() -> None:
    leader = drawn(order_page.PAGE, seen(params={"kpi": "aduan_lewat_tenggat", "area": "36.71.01", "opd": "dlh"}))
    assert "lewat tenggat Sabtu 14.32" in leader
    assert "3 terbuka, 1 lewat tenggat" in text_of(leader)
    assert 'name="kpi" value="aduan_lewat_tenggat"' in leader
    assert '<option value="dlh" selected>' in leader
    assert leader.count('action="/arahan/batal"') == 3
    assert leader.count('action="/arahan/selesai"') == 1
    assert "/arahan/jawab" not in leader
    head = drawn(order_page.PAGE, seen(DLH))
    assert head.count('action="/arahan/jawab"') == 2
    assert "/arahan/batal" not in head
    assert "/arahan/beri" not in head
    operator = drawn(order_page.PAGE, seen(Scope(user="operator", role=Role.OPERATOR)))
    assert 'action="/arahan' not in operator


# --- in a browser --------------------------------------------------------------------------------

CASES = {
    "brief": (brief_page.PAGE, {}),
    "digest": (digest_page.PAGE, {"scope": DLH, "params": {"opd": "dlh"}}),
    "orders": (order_page.PAGE, {"params": {"kpi": "aduan_lewat_tenggat", "area": "36.71.01"}}),
    "answers": (order_page.PAGE, {"scope": DLH}),
}


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("name", list(CASES))
def test_the_pages_fit_their_screen(browser: Browser, tmp_path: Path, name: str, width: int, height: int) -> None:
    page_, fields = CASES[name]
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        page.goto(html(page_, snapshot(), seen(**fields), tmp_path).as_uri())
        page.evaluate("document.fonts.ready")
        page.evaluate("document.querySelectorAll('details').forEach(line => line.open = true)")
        assert page.evaluate(OVERFLOWS) == []
        small = "[...document.querySelectorAll('main a, main button, main summary')].filter(e => e.getClientRects().length"
        small += " && e.matches('.give, .button, .origin') && e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"
        assert page.evaluate(small) == []
    finally:
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", list(CASES))
def test_words_stand_out_from_their_ground(browser: Browser, tmp_path: Path, name: str, scheme: Any) -> None:
    page_, fields = CASES[name]
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    try:
        page.goto(html(page_, snapshot(), seen(**fields), tmp_path).as_uri())
        assert page.evaluate(CONTRAST) == []
    finally:
        page.close()


@pytest.mark.parametrize("name", ["brief", "digest"])
def test_a_brief_is_one_sheet_of_paper(browser: Browser, tmp_path: Path, name: str) -> None:
    page_, fields = CASES[name]
    page = browser.new_page(color_scheme="light")
    try:
        page.goto(html(page_, snapshot(), seen(**fields), tmp_path).as_uri())
        page.evaluate("document.fonts.ready")
        paper = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
        page.emulate_media(media="print")
        assert page.locator(".give:visible, .origin:visible, form:visible, .side:visible").count() == 0
    finally:
        page.close()


# --- over the wire -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("arahan")
    people = People(f"sqlite:///{folder / 'people.sqlite'}", SECRET)

    def read(scope: Scope, opd: str | None, day: date | None, _until: datetime | None) -> Shelf:
        return shelf(opd, day) if may_read(scope, opd) else Shelf(brief=None, days=())

    here = room(folder, orders=Orders(people).seen, shelf=read)
    with serving(folder, demo=False, room=here) as running:
        yield running
    people.close()


def test_an_order_goes_from_the_leader_to_the_opd_and_back(live: Live) -> None:
    leader, head = live.signed_in(Role.LEADER), live.signed_in(Role.OPD_HEAD, opds={"dlh"})
    asked = {"opd": "dlh", "isi": "Hubungi warga di 081234567890", "kpi": "aduan_lewat_tenggat", "area": "36.71.01"}
    given = leader.post("/arahan/beri", data=asked)
    assert (given.status_code, given.headers["location"]) == (303, "/arahan")
    page = head.get("/arahan").text
    assert "Hubungi warga di [telepon]" in page
    number = re.findall(r'name="arahan" value="(\d+)"', page)[0]
    assert head.post("/arahan/jawab", data={"arahan": number, "jawaban": "Sudah diangkut"}).status_code == 303
    assert "Sudah diangkut" in leader.get("/arahan").text
    again = head.post("/arahan/jawab", data={"arahan": number, "jawaban": "Lagi"})
    assert again.status_code == 422
    assert leader.post("/arahan/selesai", data={"arahan": number}).status_code == 303
    (order,) = Orders(live.people).seen(LEADER)
    assert (order.state, order.about) == (OrderState.DONE, About(kpi="aduan_lewat_tenggat", area="36.71.01"))
    for client in (leader, head):
        client.close()


def test_what_cannot_be_ordered_comes_back_with_its_words_and_the_reason(live: Live) -> None:
    with closing(live.signed_in(Role.LEADER)) as leader:
        before = len(Orders(live.people).seen(LEADER))
        for sent, said in (
            ({"opd": "dlh", "isi": "<i>Isi</i> yang panjang", "sampai": "2026-01-03"}, "bukan hari kerja"),
            ({"opd": "dlh", "isi": "<i>Isi</i> yang panjang", "sampai": "kapan"}, "tanggal tidak dapat dibaca"),
            ({"opd": "entah", "isi": "<i>Isi</i> yang panjang"}, "pilih OPD"),
        ):
            answer = leader.post("/arahan/beri", data=sent)
            assert answer.status_code == 422
            assert said in answer.text
            assert "&lt;i&gt;Isi&lt;/i&gt; yang panjang" in answer.text
        assert leader.post("/arahan/beri", data={"opd": "dlh", "isi": "x", "kpi": "entah"}).status_code == 400
        assert len(Orders(live.people).seen(LEADER)) == before


def test_who_may_not_is_told_that_nothing_is_there(live: Live) -> None:
    given = live.signed_in(Role.LEADER)
    given.post("/arahan/beri", data={"opd": "dlh", "isi": "Rahasia pimpinan"})
    number = str(Orders(live.people).seen(LEADER)[0].id)
    other = live.signed_in(Role.OPD_HEAD, opds={"dpupr"})
    operator, analyst = live.signed_in(Role.OPERATOR), live.signed_in(Role.ANALYST)
    assert "Rahasia pimpinan" in operator.get("/arahan").text
    assert "Rahasia pimpinan" not in other.get("/arahan").text
    for path, client, data in (
        ("/arahan/jawab", other, {"arahan": number, "jawaban": "x"}),
        ("/arahan/jawab", given, {"arahan": number, "jawaban": "x"}),
        ("/arahan/batal", operator, {"arahan": number}),
        ("/arahan/batal", given, {"arahan": "abc"}),
        ("/arahan/beri", operator, {"opd": "dlh", "isi": "x"}),
    ):
        assert client.post(path, data=data).status_code == 404, path
    assert analyst.get("/arahan").status_code == 404
    assert other.get("/ringkasan/dlh").status_code == 404
    assert other.get("/ringkasan/entah").status_code == 404
    assert "Ringkasan pekan Dinas" in other.get("/ringkasan/dpupr").text
    assert analyst.get("/ringkasan?tanggal=kemarin").status_code == 400
    assert "/arahan" not in re.findall(r'href="([^"]+)"', analyst.get("/ringkasan").text.split("<main")[0])
    foreign = given.post("/arahan/batal", data={"arahan": number}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    with live.client() as nobody:
        assert nobody.get("/arahan", headers={"accept": "text/html"}).status_code == 303
        assert nobody.post("/arahan/beri", data={"opd": "dlh", "isi": "x"}).status_code == 401
    for client in (given, other, operator, analyst):
        client.close()


def test_a_page_that_was_written_on_is_never_an_old_one(live: Live) -> None:
    with closing(live.signed_in(Role.LEADER)) as leader:
        for number in range(3):
            leader.post("/arahan/beri", data={"opd": "dpupr", "isi": f"Arahan ke {number}"})
            assert f"Arahan ke {number}" in leader.get("/arahan").text


def test_the_evidence_card_leads_a_leader_to_an_order(live: Live) -> None:
    asked = {**ASK, "inputs": [{**ASK["inputs"][0], "value": {**ASK["inputs"][0]["value"], "page": "/ringkasan"}}]}
    for role, there in ((Role.LEADER, True), (Role.OPERATOR, False)):
        with closing(live.signed_in(role)) as client:
            answer: httpx.Response = client.post("/_dash-update-component", json=asked)
            assert answer.status_code == 200
            assert ("arahan?kpi=aduan_terbuka" in answer.text) is there


def test_an_order_is_given_and_answered_without_scripts(live: Live, browser: Browser) -> None:
    live.people.add_user("wali", PASSWORD, Role.LEADER)
    live.people.add_user("kepala", PASSWORD, Role.OPD_HEAD, opds={"dpupr"})
    for name, act in (("wali", "give"), ("kepala", "answer")):
        context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(f"{live.url}/masuk?lanjut=/arahan")
        page.fill("[name=nama]", name)
        page.fill("[name=sandi]", PASSWORD)
        page.click("form[action='/masuk'] button[type=submit]")
        if act == "give":
            page.select_option("[name=opd]", "dpupr")
            page.fill("[name=isi]", "Tambal lubang di Jalan Contoh")
            page.click("text=Kirim arahan")
        else:
            card = page.locator("article", has_text="Tambal lubang").first
            card.locator("summary").click()
            card.locator("[name=jawaban]").fill("Ditambal pagi ini")
            card.locator("text=Kirim jawaban").click()
        assert page.url == f"{live.url}/arahan"
        assert page.locator("article", has_text="Tambal lubang").count() == 1
        context.close()
    assert "Ditambal pagi ini" in [order.answer for order in Orders(live.people).seen(LEADER)]
