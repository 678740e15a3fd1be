"""What makes a number defensible: its card, the rows behind it, the catalogue, and the figures that do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from starlette.exceptions import HTTPException

from dashboard import text
from dashboard.cut import Cut, page_for
from dashboard.dispatch import evidence_card
from dashboard.feed import Hub
from dashboard.page import Page, View, document, layout
from dashboard.pages import catalogue, kelurahan, reconciliation, wall
from dashboard.pages import rows as rows_page
from dashboard.parts.bars import bars
from dashboard.parts.tile import tile
from layers.catalog import catalog
from layers.model import Role, Scope
from tests.dashboard.pages.test_desk import CONTRAST, OVERFLOWS
from tests.dashboard.server import PASSWORD, Live, serving
from tests.dashboard.snapshots import reading
from tests.dashboard.trusted import Trusted, trusted
from tests.dashboard.views import html, view
from tests.layers.made import ANALYST, NOW, PUBLIC

SOON = NOW + timedelta(minutes=2)
PAGES: dict[str, tuple[Page, dict[str, str]]] = {
    "checks": (reconciliation.PAGE, {}),
    "catalogue": (catalogue.PAGE, {}),
    "search": (catalogue.PAGE, {"cari": "tepat waktu"}),
    "nothing": (catalogue.PAGE, {"cari": "zzz"}),
    "rows": (rows_page.PAGE, {"kpi": "selesai_tepat_waktu_ketat", "urut": "-due"}),
    "many": (rows_page.PAGE, {"kpi": "aduan_masuk_tahun_ini", "halaman": "2"}),
    "money": (rows_page.PAGE, {"kpi": "pagu_diumumkan", "area": "36.71"}),
    "none": (rows_page.PAGE, {"kpi": "layanan_30h"}),
    "unknown": (rows_page.PAGE, {"kpi": "tidak_ada"}),
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    return trusted(tmp_path_factory.mktemp("trusted"))


def seen(room: Trusted, params: dict[str, str] | None = None, scope: Scope = ANALYST, lang: text.Lang = "id") -> View:
    return replace(room.room.view(scope, lang, params or {}), now=SOON)


def drawn(room: Trusted, name: str, **options: Any) -> str:
    page, params = PAGES[name]
    shown = seen(room, params, **options)
    return layout(page, document(page, room.snapshot, shown), shown)


def card(room: Trusted, kpi: str, scope: Scope = ANALYST, **asked: Any) -> str:
    hub = Hub(room.room, Path("none"))
    hub.put(room.snapshot)
    return evidence_card(scope, hub, Cut.read({"page": "/dinding", "kpi": kpi, "n": 1, **asked}, room.city))


# --- the mark ---------------------------------------------------------------------------------


def test_a_figure_that_does_not_agree_says_so_with_a_sign_and_words_wherever_it_is_shown() -> None:
    kpi, shown = catalog()["aduan_terbuka"], view()
    wrong = reading("aduan_terbuka", value=1234.0, mismatch=40.0, change=3.0)
    for element in (tile(wrong, kpi, shown), bars("x", [("DLH", wrong)], kpi, shown)):
        assert 'class="unequal"' in str(element)
        assert "TIDAK COCOK, selisih 40" in str(element)
    fine = reading("aduan_terbuka", value=1234.0)
    for element in (tile(fine, kpi, shown), bars("x", [("DLH", fine)], kpi, shown)):
        assert "unequal" not in str(element)


def test_a_difference_between_shares_is_in_points() -> None:
    kpi, shown = catalog()["selesai_tepat_waktu"], view()
    assert "selisih 0,44\u00a0poin" in str(tile(reading(kpi.id, value=95.94, mismatch=0.4365), kpi, shown))


def test_a_drilled_card_carries_the_mark_of_the_published_figure(room: Trusted) -> None:
    marked = tuple(
        replace(r, mismatch=7.0) if (r.kpi, r.area, r.opd) == ("aduan_terbuka", "36.71", None) else r
        for r in room.snapshot.readings
    )
    snapshot = replace(room.snapshot, readings=marked)
    whole = document(kelurahan.PAGE, snapshot, seen(room, {"code": "36.71"})).parts["tile-aduan_terbuka"]
    part = document(kelurahan.PAGE, snapshot, seen(room, {"code": "36.71", "category": "Sampah"})).parts["tile-aduan_terbuka"]
    assert "TIDAK COCOK, selisih 7" in whole
    assert "TIDAK COCOK" not in part


# --- the checks -------------------------------------------------------------------------------


def test_the_checks_say_exactly_what_is_wrong_and_whose_it_is(room: Trusted) -> None:
    page = drawn(room, "checks").replace("\u00a0", " ")
    for words in (
        "bagian berjumlah 4.026, tertulis 3.986, selisih 40; 95,5 % tertulis, 95,94 % atau 94,98 %",
        "95,89 % tertulis, dari bagiannya 95,78 %",
        "RUP 61234501: pagu Rp250.000.000 menurut SiRUP, Rp235.000.000 menurut LPSE (SPSE 4.5), selisih Rp15.000.000",
        "2 dari 7 pemeriksaan menemukan angka yang tidak cocok",
        "Perlu diselesaikan oleh",
        'href="/metrik#pagu_diumumkan"',
    ):
        assert words in page, words
    assert page.count('data-holds="true"') == 5
    sound = replace(room.snapshot, mismatches=())
    assert "Semua 7 pemeriksaan cocok" in document(reconciliation.PAGE, sound, seen(room)).parts["cocok-head"]


# --- the card ---------------------------------------------------------------------------------


def test_the_card_tells_everything_that_the_figure_rests_on(room: Trusted) -> None:
    shown = card(room, "selesai_tepat_waktu")
    for words in (
        "24 ÷ 24 = 100,0\u00a0%",
        "86,2 sampai 100,0",
        "Tanpa lokasi",
        "95\u00a0%, tindakan pada 85\u00a0%",
        "berlaku sejak 1 Januari 2025",
        "PermenPANRB 62/2018, pedoman SP4N",
        "data s.d. 22 Nov 2026 12.00",
        "diambil 22 Nov 2026 12.00",
        "Pengaduan masyarakat",
        "Pelayanan publik: pengelolaan pengaduan",
        "terus-menerus, 30 hari bergulir",
        'href="/metrik#selesai_tepat_waktu"',
        'href="/baris?kpi=selesai_tepat_waktu&amp;area=36.71"',
        "Potret versi 1",
    ):
        assert words in shown, words


def test_the_card_names_the_figure_that_it_must_be_shown_beside(room: Trusted) -> None:
    with_one = next(kpi for kpi in room.room.catalog.values() if kpi.beside and room.snapshot.reading(kpi.id))
    shown = card(room, with_one.id)
    assert with_one.beside
    assert f'href="/metrik#{with_one.beside}"' in shown
    assert "Dibaca bersama" in shown


def test_the_card_says_what_does_not_agree(room: Trusted) -> None:
    shown = card(room, "pagu_diumumkan")
    assert "TIDAK COCOK, selisih Rp15,0\u00a0jt" in shown
    assert "RUP 61234501" in shown
    at_opd = card(room, "pagu_diumumkan", opd="dpupr")
    assert "RUP 61234501" in at_opd
    assert "TIDAK COCOK" not in card(room, "pagu_diumumkan", opd="dlh")


def test_only_who_may_see_rows_is_led_to_them(room: Trusted) -> None:
    assert "/baris" not in card(room, "aduan_terbuka", PUBLIC)
    assert "/baris" in card(room, "aduan_terbuka", opd="dlh")


def test_a_drilled_card_leads_to_the_rows_of_its_own_cut(room: Trusted) -> None:
    cut = {"category": "Sampah", "days": "7"}
    shown = card(room, "respons_pertama", page="/kecamatan/36.71.01", cut=cut)
    assert 'href="/baris?kpi=respons_pertama&amp;area=36.71.01&amp;category=Sampah&amp;days=7"' in shown


# --- the rows ---------------------------------------------------------------------------------


def test_numerator_and_denominator_are_told_apart_by_a_word(room: Trusted) -> None:
    page = drawn(room, "rows")
    assert page.count("● pembilang") == page.count('data-part="1"') > 0
    assert page.count("○ penyebut saja") == page.count('data-part="0"') > 0
    assert 'aria-sort="descending"' in page
    proof = room.snapshot.reading("selesai_tepat_waktu_ketat")
    assert proof is not None
    assert f"pembilang {proof.evidence.numerator:.0f}, penyebut {proof.evidence.denominator:.0f}" in page


def test_the_pages_of_rows(room: Trusted) -> None:
    page = drawn(room, "many")
    assert "baris 51 sampai 100 dari 180" in page
    assert 'rel="prev" href="/baris?kpi=aduan_masuk_tahun_ini&amp;halaman=1"' in page
    assert "halaman 2 dari 4" in page


def test_nothing_private_is_on_the_page(room: Trusted) -> None:
    for name in PAGES:
        page = drawn(room, name)
        assert "3671010101010001" not in page
        assert "NIK" not in page


def test_the_head_of_an_opd_sees_the_rows_of_the_opd_and_that_there_are_more(room: Trusted) -> None:
    head = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    page = drawn(room, "many", scope=head)
    assert "Hanya baris dalam lingkup Anda" in page
    assert "60 baris" in page
    assert "DPUPR" not in page


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.SCREEN])
def test_rows_are_absent_for_whoever_sees_aggregates_only(room: Trusted, role: Role) -> None:
    with pytest.raises(HTTPException) as refused:
        page_for(Scope(user="x", role=role), "/baris?kpi=aduan_terbuka", room.room)
    assert refused.value.status_code == 404


@pytest.mark.parametrize("query", ["halaman=0", "halaman=-1", "urut=text;", "kpi=../x", "area=%00"])
def test_what_nothing_can_be_is_refused(room: Trusted, query: str) -> None:
    with pytest.raises(HTTPException) as refused:
        page_for(ANALYST, f"/baris?{query}", room.room)
    assert refused.value.status_code == 400


# --- the catalogue ----------------------------------------------------------------------------


def test_the_catalogue_holds_every_figure_of_the_city_by_domain(room: Trusted) -> None:
    page = drawn(room, "catalogue")
    for kpi in room.room.catalog.values():
        assert f'id="{kpi.id}"' in page
    domains = re.findall(r'<section class="domain" id="[^"]+"><h2>([^<]+)', page)
    assert domains == sorted({kpi.concept for kpi in room.room.catalog.values()})


def test_the_search_finds_by_every_word_and_says_when_there_is_nothing(room: Trusted) -> None:
    page = drawn(room, "search")
    assert 'id="selesai_tepat_waktu"' in page
    assert 'id="paket_diumumkan"' not in page
    assert 'value="tepat waktu"' in page
    assert "Tidak ada yang cocok" in drawn(room, "nothing")
    hostile = document(catalogue.PAGE, room.snapshot, seen(room, {"cari": '"><script>alert(1)</script>'}))
    assert "<script>" not in hostile.parts["metrik-head"]


def test_a_kpi_of_the_pack_goes_all_the_way(room: Trusted) -> None:
    name = "sampah_selesai"
    found = room.snapshot.reading(name)
    assert found is not None
    assert (found.n, found.evidence.numerator) == (33, 11)
    entry = document(catalogue.PAGE, room.snapshot, seen(room)).parts[f"metrik-{name}"]
    assert "33,3\u00a0%" in entry
    assert "aduan sampah yang selesai / aduan sampah yang masuk" in entry
    assert "Ketetapan kota" in entry
    on_wall = document(wall.PAGE, room.snapshot, seen(room)).parts[f"tile-{name}"]
    assert 'data-value="33.333333"' in on_wall
    assert "11 ÷ 33" in card(room, name)
    rows_ = seen(room, {"kpi": name})
    body = document(rows_page.PAGE, room.snapshot, rows_).parts
    assert "33 baris · pembilang 11, penyebut 33" in body["baris-head"]
    assert body["baris"].count("● pembilang") == 11


# --- in a browser -----------------------------------------------------------------------------


def test_everything_said_has_an_english_word(room: Trusted, monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()
    real = text.say

    def listening(lang: text.Lang, words: str, **values: object) -> str:
        said.add(words)
        return real(lang, words, **values)

    monkeypatch.setattr(text, "say", listening)
    for name in PAGES:
        drawn(room, name, lang="en")
    for kpi in ("pagu_diumumkan", "selesai_tepat_waktu", "pernyataan_penyelesaian"):
        card(room, kpi, lang="en")
    assert len(said) > 80
    assert said - {""} - set(text._english()) == set()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("name", ["checks", "search", "rows", "money"])
def test_the_pages_fit_their_screen(browser: Browser, tmp_path: Path, room: Trusted, name: str, width: int, height: int) -> None:
    page, params = PAGES[name]
    tab = browser.new_page(viewport={"width": width, "height": height})
    try:
        tab.goto(html(page, room.snapshot, seen(room, params), tmp_path).as_uri())
        tab.evaluate("document.fonts.ready")
        tab.evaluate("document.querySelectorAll('details').forEach(line => line.open = true)")
        assert tab.evaluate(OVERFLOWS) == []
    finally:
        tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["checks", "search", "rows"])
def test_text_stands_out_from_its_ground(browser: Browser, tmp_path: Path, room: Trusted, name: str, scheme: Any) -> None:
    page, params = PAGES[name]
    tab = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    try:
        tab.goto(html(page, room.snapshot, seen(room, params), tmp_path).as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(line => line.open = true)")
        assert tab.evaluate(CONTRAST) == []
    finally:
        tab.close()


@pytest.fixture(scope="module")
def live(room: Trusted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("live"), room.snapshot, room=room.room) as running:
        running.people.add_user("ana", PASSWORD, Role.ANALYST)
        yield running


def signed_in(browser: Browser, live: Live) -> Tab:
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    tab.goto(f"{live.url}/masuk")
    tab.fill("#nama", "ana")
    tab.fill("#sandi", PASSWORD)
    tab.click("button[type=submit]")
    return tab


def test_from_the_catalogue_to_the_card_to_the_rows(browser: Browser, live: Live) -> None:
    tab = signed_in(browser, live)
    try:
        tab.goto(f"{live.url}/metrik#selesai_tepat_waktu")
        assert tab.locator("#metrik-selesai_tepat_waktu").get_attribute("open") is not None, "a deep link opens its entry"
        tab.wait_for_selector("body[data-ready]", timeout=60_000)
        tab.locator("button[data-kpi=selesai_tepat_waktu]").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_selector("#kartu .evidence")
        assert tab.evaluate("document.activeElement.closest('#kartu') !== null")
        tab.keyboard.press("Escape")
        assert not tab.locator("#kartu").evaluate("card => card.open")
        assert tab.evaluate("document.activeElement.dataset.kpi") == "selesai_tepat_waktu", "focus goes back to where it was"
        tab.keyboard.press("Enter")
        tab.click("#kartu .rows-link")
        tab.wait_for_url("**/baris?kpi=selesai_tepat_waktu&area=36.71")
        assert tab.locator("table.rows tbody tr").count() == 24
        tab.click("thead a:text('Tenggat')")
        tab.wait_for_url("**urut=-due")
        assert tab.locator("th[aria-sort=descending]").inner_text().startswith("Tenggat")
    finally:
        tab.close()


def test_a_printed_card_is_the_card_alone(browser: Browser, live: Live) -> None:
    tab = signed_in(browser, live)
    try:
        tab.goto(f"{live.url}/metrik?cari=pagu_diumumkan")
        tab.wait_for_selector("body[data-ready]", timeout=60_000)
        tab.click("button[data-kpi=pagu_diumumkan]")
        tab.wait_for_selector("#kartu .evidence")
        tab.emulate_media(media="print")
        assert not tab.locator(".desk").is_visible()
        assert tab.locator(".evidence dl").first.is_visible()
        assert not tab.locator(".evidence .print").is_visible()
    finally:
        tab.close()


def test_the_search_works_without_scripts(browser: Browser, live: Live) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    try:
        tab.goto(f"{live.url}/metrik")
        tab.fill("#cari", "UMK")
        tab.click("form.search button")
        assert "cari=UMK" in tab.url
        assert tab.locator("details.metric").count() > 0
        assert tab.locator("#metrik-aduan_terbuka").count() == 0
    finally:
        context.close()


def test_the_server_gives_rows_to_those_who_may_and_is_silent_to_others(live: Live) -> None:
    with live.client() as nobody:
        assert nobody.get("/baris?kpi=aduan_terbuka").status_code == 404
        assert nobody.get("/metrik").status_code == nobody.get("/kecocokan").status_code == 200
    head = live.signed_in(Role.OPD_HEAD, opds=["dlh"])
    answer = head.get("/baris?kpi=aduan_masuk_tahun_ini")
    head.close()
    assert answer.status_code == 200
    assert "Hanya baris dalam lingkup Anda" in answer.text
