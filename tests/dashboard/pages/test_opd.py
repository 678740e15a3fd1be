"""The desk of an OPD in a real browser: its head finds why it fell, narrows, hands over, disputes, notes; and nobody else may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from dashboard.opdcut import Choice
from dashboard.page import document
from dashboard.pages.opd import PAGE
from dashboard.parts.breakdown import breakdown
from dashboard.parts.crossfilter import bars
from dashboard.reach import Reach
from layers import clock
from layers.clock import SetClock
from layers.crossing import Counts
from layers.drill import Query, Slice
from layers.model import Role, Scope
from layers.orders import About, Orders, OrderState
from layers.smallcells import sensitive
from tests.dashboard.deskroom import CAUSES, Made, made_room
from tests.dashboard.pages.test_axe import faults
from tests.dashboard.server import Live, serving
from tests.layers.made import DAY, NOW

SIZES = {"desk": (1440, 900), "telephone": (390, 844)}
HEAD = {"opds": {"dlh"}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    found = made_room(tmp_path_factory.mktemp("desk"))
    yield found
    found.store.close()


@pytest.fixture(scope="module")
def live(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("live"), made.snapshot, room=made.room) as running:
        made.attach(running.people)
        yield running


@pytest.fixture(autouse=True)
def _at_its_moment() -> None:
    clock.set_clock(SetClock(start=NOW, since=0, speed=0))


class Visit:
    """A signed-in browser page that remembers what went wrong and whom it asked."""

    def __init__(self, browser: Browser, live: Live, size: tuple[int, int], scheme: Any, **limits: Any) -> None:
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
        )
        with closing(live.signed_in(Role.OPD_HEAD, **limits)) as person:
            name, value = next(iter(person.cookies.items()))
        self.context.add_cookies([{"name": name, "value": value, "url": live.url}])
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).netloc))

    def click(self, selector: str) -> dict[str, str]:
        """Click a filter and wait until the page stands; what its address asks then."""
        self.page.click(selector)
        self.page.wait_for_selector("body:not([aria-busy])")
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}


@pytest.mark.parametrize("size", SIZES)
def test_a_head_finds_the_three_causes_of_a_fall(browser: Browser, live: Live, made: Made, size: str) -> None:
    visit = Visit(browser, live, SIZES[size], {"desk": "light", "telephone": "dark"}[size], **HEAD)
    page, tree = visit.page, made.room.tree
    page.goto(f"{live.url}/opd/dlh")
    card = page.locator("#tile-selesai_tepat_waktu")
    assert card.get_attribute("data-band") == "act"
    assert "▼" in card.inner_text()
    assert page.inner_text("#why h2") == "Mengapa turun?"
    causes = [row.inner_text() for row in page.locator("#why li.bad .name").all()[:3]]
    assert set(causes) == {f"{category}, Kec. {tree.name(code)}" for category, code in CAUSES}
    assert faults(page, colours=size == "telephone") == []
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]

    first = page.locator("#why li.bad .name").first
    words = first.inner_text()
    asked = visit.click("#why li.bad .name >> nth=0")  # a cause narrows the whole page
    assert f"{asked['category']}, Kec. {tree.name(asked['area'])}" == words
    assert page.locator(".chips").inner_text().count("×") == 2
    query = Query(opd="dlh", category=asked["category"], area=asked["area"])
    drilled = made.room.drill(Scope(user="", role=Role.LEADER), query) if made.room.drill else None
    expected = next(r.value for r in drilled.readings if r.kpi == "aduan_terbuka") if drilled else None
    assert float(page.locator("#tile-aduan_terbuka").get_attribute("data-value") or -1) == expected
    assert page.locator("#map-overlay .selected").count() == 1
    rows = page.locator("#queue tbody .what").all_inner_texts()
    assert rows
    assert all(asked["category"] in row for row in rows)

    assert visit.click("#cross-channel li:nth-child(1) a")["channel"]
    day = visit.click("#cross-days svg a:nth-child(20)")
    assert day["since"] == day["until"]
    assert "channel" not in visit.click("#cross-channel li a[aria-current]")  # a second click widens again
    page.reload()  # the address is the whole state
    assert page.locator("#cross-days a.here").count() == 1
    assert visit.click(".chips .reset") == {}
    page.context.close()
    assert (visit.wrong, visit.hosts) == ([], {urlsplit(live.url).netloc})


def test_a_head_hands_over_disputes_and_notes(browser: Browser, live: Live, made: Made) -> None:
    visit = Visit(browser, live, SIZES["desk"], "light", **HEAD)
    page = visit.page
    page.goto(f"{live.url}/opd/dlh")
    order = visit.click("#queue thead a:text('Nomor')")
    assert order == {"urut": "source_id"}
    assert visit.click("#queue a[rel=next]") == {"urut": "source_id", "halaman": "2"}
    numbers = page.locator("#queue tbody th code").all_inner_texts()
    assert numbers == sorted(numbers)
    page.check(f"#queue [data-case='{numbers[0]}'] input")
    page.check(f"#queue [data-case='{numbers[1]}'] input")
    page.fill("[name=bidang]", "Persampahan")
    page.click("text=Serahkan ke bidang")
    assert page.url.endswith("?urut=source_id&halaman=2")
    assert page.locator("#queue .handed").all_inner_texts() == ["Bidang Persampahan"] * 2
    page.check(f"#queue [data-case='{numbers[2]}'] input")
    page.fill("[name=alasan]", "Pohon milik provinsi")
    page.click("text=Bukan kewenangan kami")
    assert "Pohon milik provinsi" in page.locator(f"#queue [data-case='{numbers[2]}']").inner_text()
    page.fill("[name=hari]", "2026-11-10")
    page.fill("[name=isi]", "9 truk rusak")
    page.click(".note-form button")
    assert page.locator(".note-mark").count() == 1
    assert "10 Nov · 9 truk rusak" in page.locator(".note-key").inner_text()
    page.goto(f"{live.url}/opd/dlh?cari={numbers[2]}")
    assert page.locator("#queue tbody th code").all_inner_texts() == [numbers[2]]
    page.goto(f"{live.url}/opd/dlh?bidang=Persampahan")
    assert sorted(page.locator("#queue tbody th code").all_inner_texts()) == numbers[:2]
    page.wait_for_selector("body[data-ready]")
    page.click("#tile-aduan_terbuka .evidence-open")
    page.wait_for_selector("#kartu .evidence")
    assert "1 rekaman diperselisihkan" in page.inner_text("#kartu")
    assert float(page.locator("#kartu .evidence").get_attribute("data-value") or -1) > 15
    page.context.close()
    assert visit.wrong == []


def test_the_card_of_a_narrowed_figure_is_of_that_cut(browser: Browser, live: Live) -> None:
    visit = Visit(browser, live, SIZES["desk"], "light", **HEAD)
    page = visit.page
    page.goto(f"{live.url}/opd/dlh?category=Pohon+tumbang&days=90&status=diproses")
    page.wait_for_selector("body[data-ready]")
    for kpi in ("aduan_terbuka", "aduan_lewat_tenggat"):
        shown = page.locator(f"#tile-{kpi}").get_attribute("data-value")
        page.click(f"#tile-{kpi} .evidence-open")
        page.wait_for_selector(f"#kartu .evidence[data-kpi={kpi}]")
        assert page.locator("#kartu .evidence").get_attribute("data-value") == shown
        page.keyboard.press("Escape")
    page.context.close()


def test_an_order_comes_back_with_its_number(made: Made, live: Live) -> None:
    leader, head = Scope(user="sekda", role=Role.LEADER), Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    orders = Orders(live.people)
    asked = About(kpi="selesai_tepat_waktu")
    order = orders.give(leader, made.city, "dlh", "Tambah armada", NOW, about=asked)
    room = replace(made.room, orders=orders.seen)

    def card() -> str:
        return document(PAGE, made.snapshot, room.view(head, "id", {"opd": "dlh"})).parts["tile-selesai_tepat_waktu"]

    assert "Tambah armada" in card()
    assert "belum dijawab" in card()
    orders.answer(head, order.id, "Tiga truk disewa", NOW)
    orders.end(leader, order.id, OrderState.DONE, NOW)
    assert "Tambah armada — Tiga truk disewa" in card()  # done, but the number is out of target again
    calm = replace(made.snapshot, readings=tuple(replace(r, band=type(r.band).NORMAL) for r in made.snapshot.readings))
    assert "Tambah armada" not in document(PAGE, calm, room.view(head, "id", {"opd": "dlh"})).parts["tile-selesai_tepat_waktu"]


def test_who_sees_no_rows_sees_counts(live: Live) -> None:
    with live.client() as public:
        answer = public.get("/opd/dlh")
        assert answer.status_code == 200
        assert "Daftar kasus terbuka bagi akun" in answer.text
        for private in ("data-case", "belum ditangani", 'id="kasus"', 'id="catatan"', "9 truk rusak"):
            assert private not in answer.text


def test_free_text_is_for_the_head_alone(live: Live) -> None:
    with closing(live.signed_in(Role.OPD_HEAD, **HEAD)) as head, closing(live.signed_in(Role.ANALYST)) as analyst:
        assert "belum ditangani" in head.get("/opd/dlh").text
        page = analyst.get("/opd/dlh").text
    assert "data-case" in page
    assert "belum ditangani" not in page
    assert 'form="tindakan"' not in page


@pytest.mark.parametrize(
    ("role", "limits", "path", "form", "status"),
    [
        (Role.OPD_HEAD, {"opds": {"dpupr"}}, "serahkan", {"bidang": "X", "kasus": "laksa/L-000001"}, 404),
        (Role.OPD_HEAD, {"opds": {"dpupr"}}, "catat", {"hari": "2026-11-20", "isi": "x"}, 404),
        (Role.ANALYST, {}, "serahkan", {"bidang": "X", "kasus": "laksa/L-000001"}, 404),
        (Role.LEADER, {}, "sengketa", {"alasan": "x", "kasus": "laksa/L-000001"}, 404),
        (Role.OPD_HEAD, HEAD, "serahkan", {"bidang": "X", "kasus": "laksa/tidak-ada"}, 404),
        (Role.OPD_HEAD, HEAD, "serahkan", {"bidang": "X", "kasus": "tanpa-garis"}, 400),
        (Role.OPD_HEAD, HEAD, "serahkan", {"bidang": "X"}, 422),
        (Role.OPD_HEAD, HEAD, "catat", {"hari": "kemarin", "isi": "x"}, 422),
        (Role.OPD_HEAD, HEAD, "catat", {"hari": "2026-11-20", "isi": "x", "kpi": "lain"}, 400),
        (Role.OPD_HEAD, HEAD, "tarik", {"catatan": "x"}, 404),
        (Role.OPD_HEAD, HEAD, "putuskan", {"sengketa": "999", "putusan": "ditarik"}, 404),
        (Role.OPD_HEAD, HEAD, "putuskan", {"sengketa": "1", "putusan": "mungkin"}, 400),
    ],
)
def test_a_form_does_what_its_sender_may(
    live: Live, role: Role, limits: Any, path: str, form: dict[str, str], status: int
) -> None:
    with closing(live.signed_in(role, **limits)) as person:
        answer = person.post(f"/opd/dlh/{path}", data=form)
    assert answer.status_code == status, answer.text[:300]


def test_a_way_back_leads_nowhere_else(live: Live) -> None:
    form = {"hari": "2026-11-20", "isi": "Uji coba", "kembali": "https://example.com/opd/dlh"}
    with closing(live.signed_in(Role.OPD_HEAD, **HEAD)) as head:
        answer = head.post("/opd/dlh/catat", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/opd/dlh")
        wrong = head.post("/opd/dlh/catat", data=form | {"hari": "2027-01-01"})
        assert "Uji coba" in wrong.text
        assert head.get("/opd/dpupr").status_code == 404
        assert head.get("/live/doc", params={"page": "/opd/dpupr"}).status_code == 404
        for wrong_address in ("?status=besok", "?halaman=0", "?days=8", "?urut=text"):
            assert head.get(f"/opd/dlh{wrong_address}").status_code == 400


def test_without_scripts_every_filter_is_a_link(live: Live) -> None:
    with live.client() as public:
        page = public.get("/opd/dlh?category=Pohon+tumbang&area=36.71.05").text
        addresses = {"/opd/dlh?area=99.99", "/live/doc?page=/opd/dlh%3Farea%3D99.99", "/opd/dlh?area=99.99&pada=2026-11-20T08:00"}
        answers = {address: public.get(address).status_code for address in addresses}
    assert 'href="/opd/dlh?category=Pohon+tumbang&amp;channel=112&amp;area=36.71.05"' in page
    assert set(answers.values()) == {404}, answers


def test_days_or_a_status_chosen_are_compared_with_nothing_and_say_so(made: Made, live: Live) -> None:
    assert live.people, "its notes are read there"
    leader = Scope(user="sekda", role=Role.LEADER)
    for more in ({"status": "diproses"}, {"since": "2026-11-10", "until": "2026-11-12"}):
        parts = document(PAGE, made.snapshot, made.room.view(leader, "id", {"opd": "dlh", "kpi": "aduan_terbuka", **more})).parts
        assert 'class="plot"' not in parts["course"]
        assert "tidak dapat dibandingkan pada saringan ini" in parts["course"]
        assert parts["beside"].count("tidak dapat dibandingkan pada saringan ini") == 2
        assert "spark" not in parts["tile-aduan_terbuka"]


def test_whose_division_a_case_has_is_unknown_while_the_accounts_are_away(made: Made) -> None:
    room = replace(made.room, reach=Reach(book=lambda _scope, _opd, _at: None), orders=lambda _scope: None)
    view = room.view(Scope(user="sekda", role=Role.LEADER), "id", {"opd": "dlh", "bidang": "Persampahan"})
    queue = document(PAGE, made.snapshot, view).parts["queue"]
    assert "tidak dapat dibaca sekarang" in queue
    assert "Tidak ada kasus terbuka" not in queue


def test_what_stands_now_is_compared_with_a_moment_that_is_named(made: Made, live: Live) -> None:
    view = made.room.view(Scope(user="sekda", role=Role.LEADER), "id", {"opd": "dlh", "kpi": "aduan_terbuka", "days": "7"})
    parts = document(PAGE, made.snapshot, view).parts
    assert live.people
    assert "keadaan kini dibanding 24 jam lalu" in parts["opd-head"]
    assert f"kini dibanding {(NOW - 7 * DAY).day} November 2026" in parts["why"]


def test_small_counts_of_a_sensitive_category_in_a_kelurahan_are_veiled_for_who_sees_no_rows(made: Made) -> None:
    kelurahan = made.room.tree.kelurahan[0].code
    counts = {name: Counts(overdue=n, received=n) for name, n in (("Narkoba", 2), ("Sampah", 7), ("Jalan rusak", 41))}
    slices = [Slice(key=n, label=n, received=c.received, closed=0, open=0, overdue=c.overdue) for n, c in counts.items()]
    origin = made.snapshot.readings[0], made.room.catalog[made.snapshot.readings[0].kpi]
    for role, area, veiled in ((Role.PUBLIC, kelurahan, 2), (Role.PUBLIC, "36.71.05", 0), (Role.ANALYST, kelurahan, 0)):
        view = made.room.view(Scope(user="x", role=role), "id", {"opd": "dlh", "area": area})
        choice = Choice.of(view.params, made.city.zone)
        drawn = str(bars("category", "Kategori", counts, choice, view))
        assert (drawn.count("disamarkan"), 'data-value="2"' in drawn, 'data-value="41"' in drawn) == (veiled, not veiled, True)
    assert str(breakdown("x", slices, origin, view, element="x", guarded=sensitive)).count("disamarkan") == 4
    assert "disamarkan" not in str(breakdown("x", slices, origin, view, element="x"))
