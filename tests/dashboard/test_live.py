"""A page in a real browser: complete before any of Dash's scripts, changed in place, honest when the server is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from layers import clock
from layers.drill import Drill, Query
from layers.model import Scope
from layers.snapshot import Evidence, Freshness
from tests.dashboard.server import Live, room, serving
from tests.dashboard.snapshots import KELURAHAN, reading, snapshot

SHOWN = {"timeout": 10_000}
VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"


class Watched:
    """A browser page and everything that went wrong in it."""

    def __init__(self, page: Page, live: Live) -> None:
        self.page = page
        self.live = live
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.add_init_script(VIOLATIONS)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def open(self, path: str = "/dinding") -> Page:
        """A page; of the wall its first scene, which stays."""
        self.page.goto(self.live.url + path + ("?adegan=kota&diam" if path == "/dinding" else ""))
        return self.page

    def ready(self) -> None:
        """Until Dash has started."""
        self.page.wait_for_selector("body[data-ready]", state="attached", **SHOWN)

    def foreign(self) -> list[str]:
        return [url for url in self.asked if urlsplit(url).scheme != "data" and not url.startswith(self.live.url)]


def now_snapshot(version: int, **fields: Any) -> Any:
    return snapshot(version, now=clock.now(), **fields)


def cut(_scope: Scope, query: Query) -> Drill:
    """A drill that answers with what it was asked."""
    value = float(query.days) + (1000 if query.category == "Sampah" else 0)
    fresh = Freshness(observed_at=clock.now(), fetched_at=clock.now(), budget=timedelta(minutes=10))
    return Drill(
        query=query,
        at=clock.now(),
        readings=tuple(
            reading(kpi, query.area or "36.71", value=value, freshness=fresh, evidence=Evidence(sources=("laksa",)))
            for kpi in (
                "aduan_terbuka",
                "aduan_lewat_tenggat",
                "selesai_tepat_waktu",
                "respons_pertama",
                "lama_penyelesaian",
                "aduan_masuk_30h",
            )
        ),
        days=("2026-11-21", "2026-11-22"),
        received=(3, 4),
        closed=(2, 2),
        by_category=(),
        by_opd=(),
        by_channel=(),
    )


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with serving(tmp_path, now_snapshot(1), room=room(tmp_path, drill=cut)) as running:
        yield running


@pytest.fixture
def watched(browser: Browser, live: Live) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    yield Watched(context.new_page(), live)
    context.close()


def tile(page: Page, kpi: str = "aduan_terbuka") -> Any:
    return page.locator(f"#tile-{kpi}")


def test_the_first_paint_needs_none_of_dashs_scripts(watched: Watched) -> None:
    """With Dash's scripts held back for good, every figure and the whole map stand on the screen."""
    watched.page.route("**/_dash-component-suites/**", lambda route: route.abort())
    page = watched.open()
    expect(tile(page)).to_have_attribute("data-value", "1234")
    expect(page.locator("svg [data-area]")).to_have_count(len(KELURAHAN))
    order = page.evaluate("performance.getEntriesByType('resource').filter(e => e.name.includes('_dash')).map(e => e.startTime)")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert all(start > paint for start in order)


@pytest.mark.parametrize("path", ["/dinding", f"/kelurahan/{KELURAHAN[0]}", "/sumber"])
def test_nothing_foreign_and_nothing_forbidden(watched: Watched, path: str) -> None:
    watched.open(path)
    watched.ready()
    watched.page.wait_for_timeout(300)
    assert watched.foreign() == []
    assert watched.wrong == []


def test_a_change_arrives_in_place(watched: Watched) -> None:
    page = watched.open()
    page.evaluate("window.untouched = [document.querySelector('svg.shapes'), document.getElementById('tile-paket_diumumkan')]")
    area = page.locator(f'svg [data-area="{KELURAHAN[1]}"]').first
    before = area.get_attribute("data-value")
    live = watched.live
    changed = now_snapshot(2, values={"aduan_terbuka": 4321, "aduan_lewat_tenggat": 870})
    live.publish(changed)
    expect(tile(page)).to_have_attribute("data-value", "4321", **SHOWN)
    expect(area).not_to_have_attribute("data-value", before or "", **SHOWN)
    assert page.evaluate("window.untouched[0].isConnected"), "the map was recoloured, not drawn again"
    assert page.evaluate("document.body.dataset.version") == "2"
    assert watched.wrong == []


def test_a_changed_number_settles_and_an_unchanged_one_does_not(watched: Watched) -> None:
    page = watched.open()
    page.evaluate(
        """window.settled = []; new MutationObserver(all => all.forEach(m => [m.target, ...m.addedNodes].forEach(e =>
        e.classList?.contains('changed') && settled.push(e.id || e.dataset.area))))
        .observe(document.body, {subtree: true, childList: true, attributes: true, attributeFilter: ['class']})"""
    )
    watched.live.publish(now_snapshot(2, values={"aduan_terbuka": 4321}))
    expect(tile(page)).to_have_attribute("data-value", "4321", **SHOWN)
    page.wait_for_timeout(500)
    assert set(page.evaluate("window.settled")) == {"tile-aduan_terbuka"}
    expect(tile(page)).not_to_have_class(re.compile("changed"))


def test_the_focus_survives_an_update(watched: Watched) -> None:
    page = watched.open()
    tile(page).locator("button").first.focus()
    watched.live.publish(now_snapshot(2, values={"aduan_terbuka": 4321}))
    expect(tile(page)).to_have_attribute("data-value", "4321", **SHOWN)
    assert page.evaluate("document.activeElement.closest('[data-kpi]').id") == "tile-aduan_terbuka"


def test_a_server_that_is_gone_is_said_and_comes_back(watched: Watched) -> None:
    page = watched.page
    page.clock.install()
    watched.open()
    expect(page.locator("#terputus")).to_be_hidden()
    watched.live.stop()
    page.clock.fast_forward(7_000)
    expect(page.locator("#terputus")).to_be_visible(timeout=15_000)
    assert re.search(r"Terputus sejak \d\d\.\d\d", page.locator("#terputus").inner_text())
    watched.live.publish(now_snapshot(2, values={"aduan_terbuka": 777}))
    watched.live.start()
    page.clock.fast_forward(10_000)
    expect(tile(page)).to_have_attribute("data-value", "777", timeout=20_000)
    expect(page.locator("#terputus")).to_be_hidden()


def test_a_503_does_not_end_the_stream(watched: Watched) -> None:
    """An EventSource alone would never try again."""
    refused = []

    def refuse(route: Route) -> None:
        if len(refused) < 3:
            refused.append(route)
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    watched.page.route("**/live?**", refuse)
    page = watched.open()
    watched.live.publish(now_snapshot(2, values={"aduan_terbuka": 555}))
    expect(tile(page)).to_have_attribute("data-value", "555", timeout=20_000)
    assert len(refused) == 3


def test_without_streams_whole_documents_are_fetched(watched: Watched) -> None:
    page = watched.page
    page.clock.install()
    page.route("**/live?**", lambda route: route.abort())
    watched.open()
    watched.live.publish(now_snapshot(2, values={"aduan_terbuka": 333}))
    for _ in range(3):  # two tries, and the patience that a stream is given
        page.clock.fast_forward(5_000)
    expect(tile(page)).to_have_attribute("data-value", "333", timeout=25_000)
    expect(page.locator("#terputus")).to_be_hidden(timeout=10_000)


def test_an_answer_that_the_stream_has_overtaken_takes_nothing_back(watched: Watched) -> None:
    """A leap of the clock asks for the whole; when that comes late, the page shows something newer already, and keeps it."""
    held: list[tuple[Route, Any]] = []
    watched.page.route("**/live/doc?**", lambda route: held.append((route, route.fetch())))
    page = watched.open()
    page.wait_for_function("() => performance.now() > 2000 && !document.documentElement.matches('.unsure')", **SHOWN)
    page.evaluate("(real => { Date.now = () => real() + 36e5 })(Date.now.bind(Date))")
    while not held:
        page.wait_for_timeout(50)
    watched.live.publish(now_snapshot(2, values={"aduan_terbuka": 222}))
    expect(tile(page)).to_have_attribute("data-value", "222", **SHOWN)
    route, old = held.pop(0)
    with page.expect_response("**/live/doc?**") as answered:
        route.fulfill(response=old)
    assert answered.value.finished() is None
    page.wait_for_timeout(300)
    assert tile(page).get_attribute("data-value") == "222"


def test_a_whole_document_that_is_older_or_broken_off_is_asked_for_again(watched: Watched) -> None:
    """Without a stream: one answer is of a server that is a moment behind, one breaks off; neither is what the page holds."""
    page, asked = watched.page, 0
    watched.live.publish(now_snapshot(3, values={"aduan_terbuka": 1234}))

    def answer(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked > 2:
            return route.continue_()
        real = route.fetch()
        body = real.text().replace('"version":4', '"version":2').replace('data-value=\\"333\\"', 'data-value=\\"999\\"')
        return route.fulfill(response=real, body=body if asked == 1 else body[:2000])

    page.clock.install()
    page.route("**/live?**", lambda route: route.abort())
    page.route("**/live/doc?**", answer)
    watched.open()
    expect(page.locator("body")).to_have_attribute("data-version", "3")
    page.evaluate(
        """window.seen = new Set(); const note = () => seen.add(document.getElementById('tile-aduan_terbuka').dataset.value);
        new MutationObserver(note).observe(document.body, {subtree: true, childList: true})"""
    )
    watched.live.publish(now_snapshot(4, values={"aduan_terbuka": 333}))
    for _ in range(30):
        page.clock.fast_forward(6_000)
        if asked > 2:
            break
        page.wait_for_timeout(100)
    expect(tile(page)).to_have_attribute("data-value", "333", **SHOWN)
    assert "999" not in page.evaluate("[...window.seen]")


def test_a_wall_that_nobody_feeds_cannot_look_live(watched: Watched) -> None:
    """The state of a tile follows the clock, with no word from the server."""
    page = watched.page
    page.clock.install()
    watched.open()
    expect(tile(page)).to_have_attribute("data-state", "live")
    page.context.set_offline(True)
    page.clock.fast_forward("15:00")
    expect(tile(page)).to_have_attribute("data-state", "late", **SHOWN)
    page.clock.fast_forward("20:00")
    expect(tile(page)).to_have_attribute("data-state", "stale", **SHOWN)
    assert tile(page).locator("time[data-observed]").first.inner_text().replace("\xa0", " ") == "35 mnt"
    expect(page.locator("#terputus")).to_be_visible()


def test_a_browser_with_a_wrong_clock_shows_the_right_age(browser: Browser, live: Live) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=clock.now() + timedelta(hours=5))
    page.goto(live.url + "/dinding?adegan=kota&diam")
    expect(tile(page)).to_have_attribute("data-state", "live", **SHOWN)
    age = tile(page).locator("time[data-observed]").first
    expect(age).to_have_text(re.compile(r"^(\d+.dtk|[1-3].mnt)$"), **SHOWN)
    context.close()


def test_the_evidence_card(watched: Watched) -> None:
    page = watched.open()
    watched.ready()
    opener = tile(page, "selesai_tepat_waktu").locator("button").first
    opener.focus()
    page.keyboard.press("Enter")
    card = page.locator("#kartu")
    expect(card.locator("#evidence-title")).to_have_text("Selesai tepat waktu", **SHOWN)
    expect(card).to_contain_text("73 ÷ 80")
    assert card.evaluate("card => card.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert opener.evaluate("e => e === document.activeElement")
    tile(page, "aduan_terbuka").click()
    expect(card.locator("#evidence-title")).to_have_text("Aduan terbuka", **SHOWN)
    card.locator("[data-close]").click()
    expect(card).to_be_hidden()
    assert watched.wrong == []


def test_a_card_asked_for_before_dash_has_started_comes_when_it_has(watched: Watched) -> None:
    held: list[Route] = []
    watched.page.route("**/dash_renderer*", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks the function
    page = watched.open()
    tile(page).click()
    expect(page.locator("#kartu")).to_contain_text("Memuat")
    page.wait_for_timeout(500)
    watched.page.wait_for_function("performance.getEntriesByType('resource').some(e => e.name.includes('react'))")
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.locator("#evidence-title")).to_have_text("Aduan terbuka", **SHOWN)


def test_a_card_that_does_not_come_says_so(watched: Watched) -> None:
    page = watched.page
    page.clock.install()
    page.route("**/_dash-update-component", lambda route: route.abort())
    watched.open()
    watched.ready()
    tile(page).click()
    expect(page.locator("#kartu")).to_contain_text("Memuat")
    page.clock.fast_forward(8_000)
    expect(page.locator("#kartu")).to_contain_text("tidak dapat dimuat", timeout=12_000)


def test_an_area_leads_to_its_page(watched: Watched) -> None:
    page = watched.open()
    page.locator(f'a:has([data-area="{KELURAHAN[2]}"])').first.press("Enter")
    page.wait_for_url(f"**/kelurahan/{KELURAHAN[2]}")


def test_a_filter_narrows_the_page_in_place_and_stands_in_the_address(watched: Watched) -> None:
    page = watched.open(f"/kelurahan/{KELURAHAN[0]}")
    watched.ready()
    expect(tile(page, "aduan_lewat_tenggat")).to_be_visible()
    page.evaluate("window.here = true")
    page.locator("form[data-cut] select[name=days]").select_option("7")
    expect(tile(page, "aduan_lewat_tenggat")).to_have_attribute("data-value", "7", **SHOWN)
    assert page.url.endswith("?days=7")
    assert page.evaluate("window.here"), "the page was not loaded again"
    watched.live.publish(now_snapshot(2))
    expect(page.locator("body")).to_have_attribute("data-version", "2", **SHOWN)
    expect(tile(page, "aduan_lewat_tenggat")).to_have_attribute("data-value", "7")
    page.reload()
    expect(tile(page, "aduan_lewat_tenggat")).to_have_attribute("data-value", "7")
    assert watched.wrong == []


def asks(route: Route, output: str) -> bool:
    return f'"output":"{output}.data"' in (route.request.post_data or "")


def test_a_cut_that_the_stream_has_overtaken_takes_nothing_back(watched: Watched) -> None:
    """Filters are cleared; before the whole comes, the stream brings a version that this answer does not know yet."""
    held: list[tuple[Route, Any]] = []
    page = watched.open(f"/kelurahan/{KELURAHAN[0]}?days=7")
    watched.ready()

    def hold(route: Route) -> None:
        if asks(route, "potongan") and not held:
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/_dash-update-component", hold)
    page.locator("form[data-cut] select[name=days]").select_option("")
    while not held:
        page.wait_for_timeout(50)
    watched.live.publish(now_snapshot(2, notice="Versi dua"))
    expect(page.locator("#notice")).to_have_text("Versi dua", **SHOWN)
    route, old = held[0]
    route.fulfill(response=old)
    expect(tile(page, "aduan_lewat_tenggat")).to_have_attribute("data-value", "30", **SHOWN)
    page.wait_for_timeout(100)
    expect(page.locator("#notice")).to_have_text("Versi dua")
    expect(page.locator("body")).to_have_attribute("data-version", "2")
    assert watched.wrong == []


def test_a_cut_that_does_not_come_is_asked_for_again_and_takes_no_card_away(watched: Watched) -> None:
    """What stands below the filters is what they say, and a card that is awaited comes though its page was narrowed anew."""
    page = watched.page
    page.clock.install()
    watched.open(f"/kelurahan/{KELURAHAN[0]}?days=7")
    watched.ready()
    cards: list[tuple[Route, Any]] = []
    cuts: list[Route] = []

    def hold(route: Route) -> None:
        if asks(route, "kartu-html"):
            cards.append((route, route.fetch()))
        elif not cuts:
            cuts.append(route)
            route.abort()
        else:
            route.continue_()

    page.route("**/_dash-update-component", hold)
    tile(page, "aduan_lewat_tenggat").click()
    while not cards:
        page.wait_for_timeout(50)
    watched.live.publish(now_snapshot(2, notice="Versi dua"))
    while not cuts:
        page.wait_for_timeout(50)
    route, card = cards[0]
    route.fulfill(response=card)
    expect(page.locator("#evidence-title")).to_have_text("Aduan lewat tenggat", **SHOWN)
    page.clock.fast_forward(8_000)
    expect(page.locator("#notice")).to_have_text("Versi dua", **SHOWN)


def test_words_from_outside_are_shown_and_never_run(watched: Watched) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}\"'"
    page = watched.open()
    page.on("dialog", lambda _dialog: watched.wrong.append("dialog"))
    watched.live.publish(now_snapshot(2, notice=evil, values={"aduan_terbuka": 1}))
    expect(page.locator("#notice")).to_have_text(evil, **SHOWN)
    page.reload()
    expect(page.locator("#notice")).to_have_text(evil)
    page.wait_for_timeout(200)
    assert watched.wrong == []
    assert page.locator("img").count() == 0


def short(version: int, seconds: float, **fields: Any) -> Any:
    """A snapshot whose sources and readings are fresh for so many seconds more."""
    new = now_snapshot(version, **fields)
    age = Freshness(observed_at=clock.now(), fetched_at=clock.now(), budget=timedelta(seconds=seconds))
    return replace(
        new,
        readings=tuple(replace(r, freshness=age) for r in new.readings),
        sources=tuple(replace(s, freshness=age) for s in new.sources),
    )


@pytest.mark.parametrize("server", ["there", "gone"])
@pytest.mark.parametrize("path", ["/dinding", "/sumber"])
def test_words_about_the_sources_age_without_a_new_version(watched: Watched, path: str, server: str) -> None:
    """The connector has died: nothing new comes, and no sentence may go on saying that all is well."""
    page = watched.page
    page.clock.install()
    watched.live.publish(short(2, 20, attention=()))
    watched.open(path)
    line, head = page.locator(".sources-state"), page.locator("#sources-head .aside")
    expect(line).to_have_text("2 dari 2 sumber segar", **SHOWN)
    expect(line).to_have_attribute("data-state", "live")
    if server == "gone":
        watched.live.stop()
    page.clock.fast_forward(21_000)
    late = re.compile(r"^0 dari 2 sumber segar · LAKSA: data terlambat \d+.dtk$")
    expect(line).to_have_text(late, timeout=21_000)
    expect(line).to_have_attribute("data-state", "late")
    if path == "/sumber":
        expect(head).to_have_text(late)
    else:
        calm = page.locator("#attention")
        expect(calm).not_to_contain_text("menunggu tindakan", use_inner_text=True)
        expect(calm).to_contain_text("datanya belum mutakhir", use_inner_text=True)
    assert watched.wrong == [] or server == "gone"
