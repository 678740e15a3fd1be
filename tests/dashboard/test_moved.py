"""The scene of what changed since yesterday, and the QR code beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import segno
from playwright.sync_api import Browser

from dashboard import text
from dashboard.page import Page, document, layout
from dashboard.pages import wall
from dashboard.parts.qr import QUIET, qr
from layers.changes import Answer, Question
from layers.model import Role, Scope
from layers.snapshot import Snapshot, Trend
from tests.dashboard.pages.test_brief import text_of
from tests.dashboard.snapshots import reading, snapshot
from tests.dashboard.views import changes, html, view

ROOM = "https://ruangkendali.tangerangkota.go.id"


def city(**values: tuple[float, float, float]) -> Snapshot:
    """A snapshot with a calm month of each figure, and its values at the end of the day before yesterday, yesterday and now."""
    base = snapshot()
    days = base.trends[0].days
    trends = tuple(
        Trend(kpi=kpi, area="36.71", days=days, values=(*(v[0] + d % 2 for d in range(27)), *v)) for kpi, v in values.items()
    )
    readings = tuple(reading(kpi, value=v[-1], n=500) for kpi, v in values.items())
    return replace(base, readings=readings, trends=trends)


DAY = {
    "aduan_terbuka": (1200.0, 1210.0, 1234.0),
    "aduan_lewat_tenggat": (68.0, 70.0, 87.0),
    "aduan_masuk_hari_ini": (40.0, 65.0, 12.0),
    "lama_penyelesaian": (30.0, 29.0, 26.5),
    "selesai_tepat_waktu": (93.0, 92.0, 91.25),
    "respons_pertama": (6.0, 6.2, 6.5),
}


def drawn(shown: Snapshot, **fields: Any) -> str:
    seen = view(params={"adegan": "perubahan"}, **fields)
    return document(wall.PAGE, shown, seen).parts["moved"]


def test_five_sentences_with_before_and_now_and_good_news_among_them() -> None:
    found = drawn(city(**DAY), changes=changes)
    words = text_of(found)
    assert found.count("<article") == 5
    assert "Aduan lewat tenggat naik 19 menjadi 87 aduan, sejak awal Sabtu 21 November." in words
    assert "dari 68 aduan" in words
    assert "memburuk" in words
    assert "membaik" in words
    assert "turun 3,5 menjadi 26,5 jam" in words
    assert 'data-kpi="aduan_lewat_tenggat" data-scope="36.71" data-value="87"' in found


def test_a_figure_of_a_day_is_told_of_yesterday_by_its_name() -> None:
    found = text_of(drawn(city(aduan_masuk_hari_ini=DAY["aduan_masuk_hari_ini"]), changes=changes))
    assert "Aduan masuk naik 25 menjadi 65 aduan, kemarin, dibanding sehari sebelumnya." in found
    assert "hari ini" not in found


def test_what_gave_most_is_asked_as_the_brief_asks_it_and_only_by_who_may_see_the_whole_city() -> None:
    asked: list[Question] = []

    def noting(question: Question) -> Answer:
        asked.append(question)
        return changes(question)

    one = city(aduan_terbuka=DAY["aduan_terbuka"])
    assert "+54.321" in drawn(one, changes=noting)
    assert asked == [Question(kpi="aduan_terbuka", by=("category", "kecamatan"), daily=True)]
    limited = Scope(user="x", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    assert "Uraian tersedia" in drawn(one, changes=noting, scope=limited)
    assert len(asked) == 1


def test_what_cannot_be_split_says_why() -> None:
    def unknown(question: Question) -> Answer:
        answer = changes(question)
        return replace(answer, change=replace(answer.change, parts=(), why_none="catatan sumber tidak menyimpannya"))

    assert "catatan sumber tidak menyimpannya" in drawn(city(aduan_terbuka=DAY["aduan_terbuka"]), changes=unknown)


def test_a_day_without_change_and_a_room_without_data_are_told_apart() -> None:
    assert "Tidak ada angka yang berubah" in drawn(city(aduan_terbuka=(5.0, 5.0, 5.0)))
    assert "Belum ada data untuk dibandingkan" in drawn(replace(snapshot(), readings=(), trends=()))


def test_everything_said_has_an_english_word(monkeypatch: Any) -> None:
    said: set[str] = set()
    real = text.say

    def listening(lang: text.Lang, words: str, **values: object) -> str:
        said.add(words)
        return real(lang, words, **values)

    monkeypatch.setattr(text, "say", listening)
    for shown in (city(**DAY), replace(snapshot(), trends=())):
        for ask in (changes, None):
            drawn(shown, lang="en", changes=ask, address=ROOM, code=lambda _screen, _now: "123456")
    assert said - {""} - set(text._english()) == set()


def page_of(page: Page, **fields: Any) -> str:
    seen = view(params={"adegan": "aduan"}, **fields)
    return layout(page, document(page, snapshot(), seen), seen)


def test_the_qr_code_leads_to_the_scene_and_is_there_only_where_the_room_knows_its_address() -> None:
    assert f"{ROOM}/dinding?adegan=aduan&amp;diam" in page_of(wall.PAGE, address=ROOM)
    assert "qr" not in page_of(wall.PAGE)


def test_the_qr_code_has_every_module_of_its_address_within_a_quiet_zone() -> None:
    code = segno.make_qr(ROOM, error="l", boost_error=True)
    found = str(qr(ROOM, view()))
    width = len(code.matrix) + 2 * QUIET
    assert f'viewBox="0 0 {width} {width}"' in found
    dark = set()
    for bar in found.split(' d="')[1].split('"', maxsplit=1)[0].split("M")[1:]:
        x, rest = bar.split(" ", 1)
        y, long, *_ = rest.replace("h", " ").replace("v", " ").split()
        dark |= {(int(x) + k, int(y)) for k in range(int(long))}
    assert dark == {(x + QUIET, y + QUIET) for y, row in enumerate(code.matrix) for x, bit in enumerate(row) if bit}


def test_a_module_is_four_pixels_at_1080p(browser: Browser, tmp_path: Path) -> None:
    path = html(wall.PAGE, snapshot(), view(params={"adegan": "perubahan"}, address=ROOM), tmp_path)
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    try:
        page.goto(path.as_uri())
        box = page.evaluate(
            "(() => { const r = document.querySelector('.qr svg').getBoundingClientRect();"
            "return [r.width / document.querySelector('.qr svg').viewBox.baseVal.width, r.right, r.bottom] })()"
        )
        assert box[0] >= 4
        assert box[1] <= 1920
        assert box[2] <= 1080
        assert page.evaluate("document.documentElement.scrollHeight") == 1080
    finally:
        page.close()
