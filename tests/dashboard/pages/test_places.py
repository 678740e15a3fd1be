"""The page of a place: every topic with its reason where there is no data, its own address, its cards, and its sheet of A4."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from dashboard import text
from dashboard.cut import Cut
from dashboard.dispatch import evidence_card
from dashboard.feed import Hub
from dashboard.page import Page, View, document
from dashboard.pages import awards, kecamatan, kelurahan, procurement
from layers import clock
from layers.clock import SetClock
from layers.model import LIMITS, Role, Scope
from layers.snapshot import Observation, Sign
from tests.dashboard.furnished import Furnished, furnished
from tests.dashboard.pages.test_axe import faults
from tests.dashboard.pages.test_desk import OVERFLOWS
from tests.dashboard.server import Live, serving
from tests.layers.furnished import FAR, HERE, NEXT, SITE
from tests.layers.made import NOW, PUBLIC

LURAH = Scope(user="lurah", role=Role.LURAH, areas=frozenset({HERE}))
TOPICS = ("layanan", "pengadaan", "dana", "monografi", "jaringan", "cuaca")
ADDRESSES = (f"/kelurahan/{HERE}", "/kecamatan/36.71.01", "/kelurahan/36.71", "/pengadaan", "/penghargaan")


@pytest.fixture(scope="module")
def room() -> Furnished:
    return furnished()


@pytest.fixture(scope="module")
def live(room: Furnished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("live"), room.snapshot, room=room.room) as running:
        yield running


@pytest.fixture
def at_its_moment() -> None:
    clock.set_clock(SetClock(start=NOW, since=0, speed=0))


def seen(room: Furnished, params: dict[str, str], scope: Scope = PUBLIC, lang: text.Lang = "id") -> View:
    return replace(room.room.view(scope, lang, params), now=NOW)


def parts(room: Furnished, page: Page, params: dict[str, str], **options: Any) -> dict[str, str]:
    drawn = document(page, options.pop("snapshot", room.snapshot), seen(room, params, **options)).parts
    return {key: html.replace("\u00a0", " ") for key, html in drawn.items()}


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- what a place tells -----------------------------------------------------------------------


def test_a_kelurahan_tells_of_everything_there_is(room: Furnished) -> None:
    found = parts(room, kelurahan.PAGE, {"code": HERE})
    said = {name: plain(found[f"topik-{name}"]) for name in TOPICS}
    for name, words in {
        "layanan": ("90 layanan", "7,5 per 1.000 penduduk", "KTP-el 80", "Rekomendasi disabilitas disamarkan"),
        "pengadaan": ("2 paket", "Rp85,0 rb per penduduk", "Pemeliharaan jalan lingkungan", "Rp900 jt"),
        "dana": ("Dana kelurahan", "Rp200 jt", "16.667 rupiah per penduduk"),
        "monografi": ("12.000 orang", "90,0 %", "Luas 153,5 ha"),
        "jaringan": ("100 %", "Kel. Sukarasa, Tangerang", "8 milidetik", SITE, "terhubung"),
        "cuaca": ("33,0 mm", "12.00", "12,5 mm"),
    }.items():
        for word in words:
            assert word in said[name], (name, word, said[name])
    assert f'href="/pengadaan?wilayah={HERE}"' in found["topik-pengadaan"]
    assert "agama" not in said["monografi"]


def test_a_flood_is_told_on_every_page_above_it(room: Furnished) -> None:
    flood = replace(room.snapshot, observations=(Observation(sign=Sign.FLOOD, at=NOW, area=HERE, subject="Jalan Melati"),))
    for page, code, told in (
        (kelurahan.PAGE, HERE, True),
        (kecamatan.PAGE, HERE[:8], True),
        (kelurahan.PAGE, "36.71", True),
        (kelurahan.PAGE, FAR, False),
    ):
        assert ("Jalan Melati" in parts(room, page, {"code": code}, snapshot=flood)["topik-cuaca"]) is told, code


def test_each_topic_without_data_says_why(room: Furnished) -> None:
    found = parts(room, kelurahan.PAGE, {"code": FAR})
    assert "belum ada data dalam kurun ini" in plain(found["topik-monografi"]) or "0 orang" in plain(found["topik-monografi"])
    empty = replace(room.snapshot, readings=())
    bare = replace(room.room, figures=None, drill=None)
    view = replace(bare.view(PUBLIC, "id", {"code": HERE}), now=NOW)
    for name in TOPICS:
        assert 'class="empty"' in document(kelurahan.PAGE, empty, view).parts[f"topik-{name}"], name


def test_a_kecamatan_has_an_address_of_its_own_and_the_old_one_leads_there(live: Live, at_its_moment: None) -> None:
    with closing(live.client()) as client:
        moved = client.get("/kelurahan/36.71.01?days=7")
        assert (moved.status_code, moved.headers["location"]) == (307, "/kecamatan/36.71.01?days=7")
        assert client.get(f"/kecamatan/{HERE}").headers["location"] == f"/kelurahan/{HERE}"
        assert client.get("/kecamatan/36.71.01").status_code == 200
        assert client.get("/kecamatan/36.71.99").status_code == 404
        assert 'href="/kecamatan/36.71.01"' in client.get(f"/kelurahan/{HERE}").text


def test_places_are_compared_side_by_side_and_per_head_where_people_were_counted(room: Furnished) -> None:
    table = parts(room, kelurahan.PAGE, {"code": HERE})["beside"]
    assert f'data-kpi="penduduk" data-scope="{NEXT}" data-value="8000"' in table
    assert "Penduduk" in plain(table)
    row = re.search(r'<tr class="here">.*?</tr>', table, re.DOTALL)
    assert row is not None
    assert "12.000" in row[0]


def test_an_island_without_neighbours_is_compared_with_its_kecamatan(room: Furnished) -> None:
    tree = replace(room.room.tree, _neighbours={})
    island = replace(room.room, tree=tree)
    view = replace(island.view(PUBLIC, "id", {"code": HERE}), now=NOW)
    table = document(kelurahan.PAGE, room.snapshot, view).parts["beside"]
    assert "lain di kecamatan ini" in table
    assert f'href="/kelurahan/{NEXT}"' in table


@pytest.mark.parametrize("page", [kelurahan.PAGE, procurement.PAGE, awards.PAGE], ids=lambda page: page.path)
def test_every_role_is_answered_within_its_limits(room: Furnished, page: Page) -> None:
    limits = {"opds": frozenset({"dpupr"}), "areas": frozenset({NEXT}), "categories": frozenset({"Sampah"})}
    for role in Role:
        scope = Scope(user="x", role=role, **{name: limits[name] for name in LIMITS.get(role, ())})
        found = "".join(parts(room, page, {"code": HERE} if "{code}" in page.path else {}, scope=scope).values())
        assert ("Pengadaan kontainer sampah" in found) == (page is not awards.PAGE and not LIMITS.get(role)), role


@pytest.mark.parametrize("scope", [PUBLIC, LURAH], ids=["publik", "lurah"])
def test_every_figure_of_the_page_opens_the_card_that_shows_it(room: Furnished, scope: Scope) -> None:
    pressed = re.compile(r'data-kpi="(\w+)" data-scope="([^"]+)"(?: data-opd="(\w*)")? data-value="([^"]*)"')
    hub = Hub(room.room, Path("none"))
    hub.put(room.snapshot)
    shown = parts(room, kelurahan.PAGE, {"code": HERE}, scope=scope)
    found = [match for name in (*(f"topik-{t}" for t in TOPICS), "beside") for match in pressed.findall(shown[name])]
    assert len(found) > 30
    for kpi, area, _, value in found:
        asked = {"page": f"/kelurahan/{HERE}", "kpi": kpi, "area": area, "n": 1}
        card = evidence_card(scope, hub, Cut.read(asked, room.city))
        assert f'data-value="{value}"' in card, (kpi, area)


def test_a_limited_scope_reads_that_the_place_is_told_whole(room: Furnished) -> None:
    head = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    found = parts(room, kelurahan.PAGE, {"code": HERE}, scope=head)
    assert "semua OPD" in found["topik-layanan"]
    assert "KTP-el" not in found["topik-layanan"], "another OPD's counters, one by one, are not theirs"
    assert "Pemeliharaan jalan lingkungan" not in found["topik-pengadaan"]
    assert "Pengadaan kontainer sampah" in found["topik-pengadaan"]


# --- procurement --------------------------------------------------------------------------------


def test_procurement_narrows_by_its_address_and_its_cards_follow(room: Furnished) -> None:
    params = {"wilayah": HERE, "tanda": "hps"}
    found = parts(room, procurement.PAGE, params)
    assert "1 paket" in plain(found["tile-paket_diumumkan"])
    assert "Rp900 jt" in plain(found["tile-pagu_diumumkan"]).replace("Rp900 jt", "Rp900 jt")
    assert "Pengadaan kontainer sampah" not in found["packages"]
    assert '<option value="hps" selected>' in found["buying-form"]
    hub = Hub(room.room, Path("none"))
    hub.put(room.snapshot)
    cut = {"page": f"/pengadaan?wilayah={HERE}&tanda=hps", "kpi": "paket_diumumkan", "area": HERE, "n": 1}
    assert 'data-value="1"' in evidence_card(PUBLIC, hub, Cut.read(cut, room.city))
    whole = {"page": "/pengadaan", "kpi": "paket_diumumkan", "n": 1}
    assert 'data-value="5"' in evidence_card(PUBLIC, hub, Cut.read(whole, room.city))


def test_no_sign_is_shown_without_the_sentence_and_no_package_as_a_cause(room: Furnished) -> None:
    found = parts(room, procurement.PAGE, {})
    for name in ("risks", "packages"):
        assert "Tanda risiko bukan bukti pelanggaran" in found[name]
    assert "bukan sebab" in found["alike"]
    assert "penawar tunggal" in found["packages"]
    none = parts(room, procurement.PAGE, {"tahap": "rencana"})["packages"]
    assert "⚑" not in none


def test_the_packages_sort_page_and_say_when_there_are_none(room: Furnished) -> None:
    table = parts(room, procurement.PAGE, {"urut": "announced"})["packages"]
    assert 'aria-sort="ascending"' in table
    assert "urut=-announced" in table
    assert table.index("Pemeliharaan jalan") < table.index("Normalisasi saluran")
    assert "Tidak ada paket pada saringan ini" in parts(room, procurement.PAGE, {"cari": "zzz"})["packages"]
    assert "melewati paket terakhir" in parts(room, procurement.PAGE, {"halaman": "9"})["packages"]
    assert "tidak ada di kota ini" in parts(room, procurement.PAGE, {"wilayah": "36.99"})["buying-head"]


def test_an_address_that_the_page_does_not_take_is_refused(live: Live, at_its_moment: None) -> None:
    with closing(live.client()) as client:
        for query, status in (
            ("urut=nik", 400),
            ("tanda=x", 400),
            ("opd=entah", 404),
            ("cari=%5B%28.", 200),
            ("wilayah=36.99", 200),
        ):
            assert client.get(f"/pengadaan?{query}").status_code == status, query


def test_a_lurah_sees_the_packages_of_the_kelurahan_alone(room: Furnished) -> None:
    found = parts(room, procurement.PAGE, {}, scope=LURAH)
    assert "Rehabilitasi trotoar" not in "".join(found.values())
    assert "Hanya paket dalam lingkup Anda" in found["packages"]
    assert "2 paket" in plain(found["tile-paket_diumumkan"])


# --- praise -------------------------------------------------------------------------------------


def test_praise_has_its_period_formula_rule_and_numbers(room: Furnished) -> None:
    found = parts(room, awards.PAGE, {})
    posts = plain(found["award-medsos"])
    for words in (
        "90 kiriman dari 1 akun",
        "72 sampai 111",
        "n = 90",
        "Periode 23 Oktober 2026",
        "Garwood",
        "2 dibandingkan, 1 belum",
    ):
        assert words in posts, words
    assert "mati.go.id" not in found["award-situs"]
    assert SITE in found["award-situs"]
    alone = parts(room, awards.PAGE, {"daftar": "situs"})
    assert [key for key in alone if key.startswith("award-")] == ["award-head", "award-situs", "award-foot"]


def test_nobody_is_praised_on_too_little(room: Furnished) -> None:
    for name in ("award-membaik-selesai_tepat_waktu", "award-tercepat"):
        assert 'class="empty"' in parts(room, awards.PAGE, {})[name], name


# --- words, and the browser ---------------------------------------------------------------------


def test_all_is_said_in_english_too(room: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()
    real = text.say

    def listening(lang: text.Lang, words: str, **values: object) -> str:
        said.add(words)
        return real(lang, words, **values)

    monkeypatch.setattr(text, "say", listening)
    head = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    for page, params in (
        *((kelurahan.PAGE, {"code": code}) for code in (HERE, FAR, "36.71")),
        (kecamatan.PAGE, {"code": "36.71.01"}),
        *(
            (procurement.PAGE, params)
            for params in ({}, {"cari": "zzz"}, {"halaman": "9"}, {"wilayah": "36.99"}, {"tahap": "batal"})
        ),
        *((awards.PAGE, params) for params in ({}, {"daftar": "tercepat"})),
    ):
        for scope in (PUBLIC, head):
            view = seen(room, params, scope=scope, lang="en")
            page.layout(page.parts(room.snapshot, view), view, page.areas(room.snapshot, view) if page.areas else {})
    assert said - {""} <= set(text._english())


def test_a_lurah_prints_the_page_on_two_sheets_of_a4(browser: Browser, live: Live, at_its_moment: None) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        for path, most in ((f"/kelurahan/{HERE}", 2), ("/kecamatan/36.71.01", 2), ("/penghargaan?daftar=medsos", 1)):
            page.goto(live.url + path)
            assert page.locator("button.print").first.is_visible()
            sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
            assert len(sheets) <= most, path
            assert {(round(sheet.mediabox.width), round(sheet.mediabox.height)) for sheet in sheets} == {(595, 842)}
            printed = re.sub(r"\s+", " ", " ".join(sheet.extract_text() for sheet in sheets)).replace("\u00a0", " ")
            assert f"http://ruang.contoh.go.id{path}" in printed
            assert "Potret versi 1" in printed
            for words in ("Rumus", "data s.d. 22 Nov 2026", "Data contoh"):
                assert words in printed, (path, words)
            assert "Semua kategori" not in printed, "controls stay on the screen"
            if path == f"/kelurahan/{HERE}":
                for word in ("Kelurahan Sukarasa", "12.000 orang", "Pemeliharaan jalan lingkungan", "KTP-el", "terhubung"):
                    assert word in printed, word
        page.goto(live.url + f"/kelurahan/{HERE}")
        page.emulate_media(media="print")
        assert page.locator("#print-foot .qr").is_visible()
    finally:
        page.close()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_pages_fit_are_usable_by_all_and_ask_nobody_else(
    browser: Browser, live: Live, at_its_moment: None, width: int, height: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith((live.url, "data:")) else wrong.append(asked.url))
    try:
        for path in ADDRESSES:
            answer = page.goto(live.url + path)
            assert answer is not None
            assert answer.status == 200
            page.evaluate("document.fonts.ready")
            wrong += [f"{path}: {fault}" for fault in page.evaluate(OVERFLOWS)]
            if width > 1000 and path == "/pengadaan":  # the others: test_axe
                wrong += [f"{path}: {fault}" for fault in faults(page)]
        assert wrong == []
        if width > 1000:  # a figure opens its card by keyboard, and the filters keep the address
            page.goto(f"{live.url}/pengadaan")
            page.locator("select[name=tanda]").select_option("hps")
            page.wait_for_url("**tanda=hps**")
            assert page.locator("#packages tbody tr").count() == 1
            page.locator("#risks button.val").first.press("Enter")
            page.locator("#kartu .evidence").wait_for()
    finally:
        page.close()
