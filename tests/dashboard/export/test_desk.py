"""What people take away: every part of every page in every format, for whom, with which words; never a person's data."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import httpx
import openpyxl
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from dashboard.export import press, turns
from dashboard.export.desk import MEDIA
from dashboard.page import find_page, pages
from layers.briefs import Shelf
from layers.model import Role, Scope
from layers.peopleschema import audit
from layers.privacy import find, seen
from tests.dashboard import briefs
from tests.dashboard.alarmed import log_of
from tests.dashboard.server import Live, serving
from tests.dashboard.trusted import Trusted, trusted
from tests.layers.made import NOW

ADDRESSES = {
    "/kelurahan/{code}": "/kelurahan/36.71?days=90",
    "/baris": "/baris?kpi=selesai_tepat_waktu&area=36.71",
    "/perubahan": "/perubahan?kpi=aduan_masuk_30h&days=90",
    "/peringkat": "/peringkat?kpi=selesai_tepat_waktu&level=opd",
    "/opd/{opd}": "/opd/dlh?days=90",
    "/kecamatan/{code}": "/kecamatan/36.71.01",
    "/ringkasan/{opd}": "/ringkasan/dlh",
    "/analisis": "/analisis?kpi=aduan_masuk_30h&by=category&bentuk=batang",
}
"""Where a page needs to be asked for something."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    return trusted(tmp_path_factory.mktemp("ekspor"))


@pytest.fixture(scope="module")
def live(shown: Trusted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    brief = replace(briefs.brief(), opd="dlh")
    room = replace(
        shown.room,
        shelf=lambda *_asked: Shelf(brief=brief, days=(brief.day,)),
        orders=lambda _scope: briefs.orders(),
        alarm_log=lambda _alarms: log_of(NOW),
    )
    with serving(tmp_path_factory.mktemp("ekspor-web"), shown.snapshot, room=room) as running:
        yield running


@pytest.fixture(scope="module")
def analyst(live: Live) -> Iterator[httpx.Client]:
    with closing(live.signed_in(Role.ANALYST)) as client:
        yield client


@pytest.fixture(scope="module")
def admin(live: Live) -> Iterator[httpx.Client]:
    """Whom every page opens to."""
    with closing(live.signed_in(Role.ADMIN)) as client:
        yield client


def taken(client: httpx.Client, form: str, page: str, part: str | None = None, **more: str) -> httpx.Response:
    return client.get(f"/ekspor/{form}", params={"halaman": page, **({"bagian": part} if part else {}), **more})


def texts(form: str, body: bytes) -> str:
    """Everything in a file that somebody could read."""
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(body))
        return " | ".join(str(cell.value) for page in book for row in page for cell in row if cell.value is not None)
    if form == "parquet":
        read = pq.read_table(io.BytesIO(body))
        return f"{read.schema.metadata} " + json.dumps(read.to_pylist(), default=str)
    plain = body.decode("utf-8-sig")
    return re.sub(r'"coordinates":[\d.,\[\]-]+| (?:d|x\d?|y\d?|cx|cy|width|height|viewBox|transform)=\\?"[^"\\]*\\?"', "", plain)


def offers() -> list[tuple[str, str]]:
    """Every part of every page; pages that give the same are asked once."""
    different = {id(page.sheets): page for page in reversed(pages())}
    return [(page.path, part) for page in different.values() for part in page.sheets]


def forms_of(html: str, part: str) -> set[str]:
    """The formats that a page's menu of a part offers, and the description; of what has no menu here none."""
    if part == "figures":
        return set(MEDIA)
    links = ((form, parse_qs(unescape(asked))) for form, asked in re.findall(r'href="/ekspor/(\w+)\?([^"]+)"', html))
    found = {form for form, asked in links if asked.get("bagian") == [part]}
    return found | {"json"} if found else found


def test_every_part_in_every_format_and_never_a_persons_data(
    admin: httpx.Client, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Typst sets is read before it sets it."""
    told: list[str] = []
    monkeypatch.setattr(press, "_press", lambda _name, _form, inputs: told.append(" ".join(inputs.values())) or b"set")
    given: dict[str, set[str]] = {}
    html = {path: admin.get(ADDRESSES.get(path, path)).text for path, _ in offers()}
    for path, part in offers():
        for form in forms_of(html[path], part):
            answer = taken(admin, form, ADDRESSES.get(path, path), part)
            assert answer.status_code == 200 or part == "figures", (path, part, form, answer.text)
            if answer.status_code == 404:
                continue
            given.setdefault(f"{path} {part}", set()).add(form)
            assert answer.headers["content-type"] == MEDIA[form]
            said = texts(form, " ".join(told).encode() if form in ("pdf", "png") else answer.content)
            told.clear()
            assert said, (path, part, form)
            assert [said[f.start - 30 : f.end + 30] for f in find(seen(said))] == [], (path, part, form)
            assert "tidak boleh tampak" not in said
            if form not in ("svg", "png"):
                assert "Data contoh" in said, "the notice goes wherever the figures go"
            assert f"{live.url}{path.partition('{')[0]}" in said.replace("\\/", "/"), "and so does the way back"
    every = {"csv", "xlsx", "parquet", "pdf", "json"}
    assert all(forms >= every for forms in given.values()), given
    drawn = every | {"svg", "png"}
    for part in ("trend", "by-category", "by-opd", "by-channel"):
        assert given[f"/kecamatan/{{code}} {part}"] == drawn
    assert given["/kecamatan/{code} map-legend"] == given["/kecamatan/{code} compare"] == drawn | {"geojson"}
    assert given["/opd/{opd} cross-category"] == given["/analisis answer"] == drawn
    assert len(given) > len(offers()) * 2 / 3, "the rest have no row here: tests of what is offered"


def test_the_page_offers_what_there_is_and_works_without_scripts(admin: httpx.Client) -> None:
    """Every link of a menu leads to its file, for each page with something to take away."""
    for path, page in {page.path: page for page in pages() if page.sheets}.items():
        html = admin.get(ADDRESSES.get(path, path)).text
        links = [unescape(link) for link in re.findall(r'href="(/ekspor/[^"]+)"', html)]
        assert {parse_qs(link)["bagian"][0] for link in links if "bagian=" in link} >= {
            part for part in page.sheets if f'id="{part}"' in html
        }, path
        assert ('class="download-page"' in html) is bool(page.whole), path
        for link in links:
            if "/csv?" in link or "/geojson?" in link:
                assert admin.get(link).status_code == 200, link


def test_a_number_is_the_same_on_the_screen_in_the_workbook_and_in_the_table(analyst: httpx.Client) -> None:
    page = "/peringkat?kpi=selesai_tepat_waktu&level=opd"
    html = analyst.get(page).text
    shown = re.findall(r'data-opd="(\w+)" data-value="([\d.]+)"', html)
    assert shown
    book = openpyxl.load_workbook(io.BytesIO(taken(analyst, "xlsx", page, "standings").content)).worksheets[0]
    numbers = {row[0]: row[2] for row in book.iter_rows(min_row=2, values_only=True)}
    table = {row["kode"]: row for row in csv.DictReader(io.StringIO(taken(analyst, "csv", page, "standings", bersih="1").text))}
    for opd, value in shown:
        assert numbers[opd] == pytest.approx(float(value), abs=1e-9)
        assert float(table[opd]["nilai"]) == numbers[opd]


def test_the_rows_behind_a_figure_are_all_of_them_in_their_order(analyst: httpx.Client) -> None:
    page = "/baris?kpi=aduan_terbuka&area=36.71&urut=received"
    said = re.search(r"dari ([\d.]+)</span>", analyst.get(page).text)
    assert said
    answer = taken(analyst, "csv", page, "baris", bersih="1")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == int(said[1].replace(".", ""))
    assert [row["received"] for row in rows] == sorted(row["received"] for row in rows)
    assert "text" not in rows[0]
    described = analyst.get(re.search("<(.*?)>", answer.headers["link"])[1]).json()  # type: ignore[index]
    assert [c["name"] for c in described["tableSchema"]["columns"]] == list(rows[0])


def test_whose_figures_it_says(live: Live) -> None:
    """An OPD's head takes away what the page shows to them: their own cases."""
    page = "/kelurahan/36.71?days=90"
    with closing(live.signed_in(Role.OPD_HEAD, opds=["dlh"])) as head, closing(live.signed_in(Role.ANALYST)) as all_:
        mine, whole = (
            {row["kode"] for row in csv.DictReader(io.StringIO(taken(c, "csv", page, "by-opd", bersih="1").text))}
            for c in (head, all_)
        )
        rows = list(csv.DictReader(io.StringIO(taken(head, "csv", "/baris?kpi=aduan_masuk_30h", "baris", bersih="1").text)))
        assert "# Lingkup: dlh" in taken(head, "csv", page, "by-opd").text
    assert mine <= {"dlh"} < whole
    assert {row["opd"] for row in rows} == {"dlh"}


@pytest.mark.parametrize(
    ("page", "part", "form", "status"),
    [
        ("/baris?kpi=aduan_terbuka", "baris", "csv", 404),
        ("/kelurahan/36.71", "baris", "csv", 404),
        ("/kelurahan/36.71", "trend", "exe", 404),
        ("/kelurahan/36.71", None, "csv", 404),
        ("/kelurahan/99.99", "trend", "csv", 404),
        ("/kelurahan/36.71?days=0", "trend", "csv", 400),
        ("/kelurahan/36.71.01.1001?category=Narkoba", "trend", "csv", 404),
        ("/kelurahan/36.71.01.1001?category=Narkoba", None, "xlsx", 404),
        ("/opd/dlh?area=36.71.01.1001&category=Narkoba", "figures", "csv", 404),
        ("https://lain.id/", "trend", "csv", 404),
        ("/dinding", None, "pdf", 404),
        ("", None, "pdf", 404),
    ],
)
def test_what_is_not_there_or_not_theirs_is_absent_and_logged(
    live: Live, page: str, part: str | None, form: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "dashboard.export.desk"), live.client() as public:
        assert taken(public, form, page, part).status_code == status
    assert [record for record in caplog.records if "refused" in record.message] or status == 400


def test_each_export_stands_in_the_audit(live: Live, analyst: httpx.Client) -> None:
    assert taken(analyst, "csv", "/metrik?cari=aduan&lain=Budi+Santoso", "metrik-head").is_success
    with live.people.read() as connection:
        last = connection.execute(select(audit).order_by(audit.c.seq.desc()).limit(1)).one()
    assert last.what == "ekspor"
    assert last.who.startswith("analyst-")
    assert json.loads(last.detail) == {"bagian": "metrik-head", "format": "csv", "halaman": "/metrik?cari=aduan"}


def test_a_page_as_a_report_and_as_a_workbook(analyst: httpx.Client) -> None:
    report = taken(analyst, "pdf", "/kelurahan/36.71.01")
    assert report.content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type ?/Page\b", report.content)) >= 2
    assert int(report.headers["content-length"]) == len(report.content)
    book = openpyxl.load_workbook(io.BytesIO(taken(analyst, "xlsx", "/kelurahan/36.71.01").content))
    assert book.sheetnames[-1] == "Sumber dan rumus"
    html = analyst.get("/kecamatan/36.71.01").text
    there = [part for part in find_page("/kecamatan/36.71.01")[0].whole if part == "figures" or f'id="unduh-{part}"' in html]  # type: ignore[index]
    assert len(book.sheetnames) == 1 + len(there)


def test_a_picture_stands_alone(analyst: httpx.Client) -> None:
    """No style sheet, no percentage, nothing to load; its title and where it is from are in it."""
    for part in ("trend", "by-opd", "map-legend"):
        svg = taken(analyst, "svg", "/kelurahan/36.71", part).text
        assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        assert not re.search(r'%"|class=|<style|href=|url\(|em"', svg)
        assert "potret 1" in svg
    png = taken(analyst, "png", "/kelurahan/36.71", "trend").content
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20]) == 1920


def test_only_so_many_at_a_time(live: Live, shown: Trusted, analyst: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who would have to wait too long is asked to come back, and a turn is given back however an export ends."""
    monkeypatch.setattr(turns, "WAITING", -turns.RUNNING)
    busy = taken(analyst, "csv", "/metrik", "metrik-head")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")
    monkeypatch.undo()
    for _ in range(turns.RUNNING + turns.WAITING + 1):
        with analyst.stream("GET", "/ekspor/csv", params={"halaman": "/baris?kpi=aduan_terbuka", "bagian": "baris"}) as answer:
            assert answer.status_code == 200


def test_who_takes_nothing_gives_the_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []

    async def receive() -> dict[str, str]:
        await asyncio.sleep(9)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(9)

    monkeypatch.setattr(turns, "SLOWEST", 0.05)
    for version in ("2.3", "2.4"):
        sent = turns.Sent(iter([b"x"]), {}, "text/csv", lambda: ended.append(True))
        asyncio.run(sent({"type": "http", "asgi": {"spec_version": version}}, receive, send))  # type: ignore[arg-type]
    assert ended == [True, True]


def test_who_takes_their_files_slowly_keeps_nobody_else_waiting(live: Live, analyst: httpx.Client) -> None:
    """One account has begun as many downloads as it could and takes no more of them: another has its file at once."""
    head = Scope(user="kepala", role=Role.ANALYST)

    async def two() -> None:
        here = turns.Turns()
        first = await here.take(head)
        second = asyncio.ensure_future(here.take(head))
        (await asyncio.wait_for(here.take(Scope(user="lain", role=Role.ANALYST)), 1))()
        assert not second.done()
        first()
        (await second)()
        assert here._here == 0

    asyncio.run(two())


def test_nobody_waits_for_a_turn_for_ever(live: Live, analyst: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.0)
    monkeypatch.setattr(asyncio.Semaphore, "acquire", lambda _turn: asyncio.sleep(9))
    busy = taken(analyst, "csv", "/metrik", "metrik-head")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")


def test_rows_asked_for_without_the_right_stand_in_the_audit(live: Live) -> None:
    with closing(live.signed_in(Role.OPERATOR)) as operator:
        assert taken(operator, "csv", "/baris?kpi=aduan_terbuka", "baris").status_code == 404
        assert taken(operator, "csv", "/kelurahan/36.71.01.1001?category=Narkoba", "trend").status_code == 404
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with live.people.read() as connection:
            lines = connection.execute(select(audit).where(audit.c.what == "ditolak")).all()
        if lines:
            break
        time.sleep(0.05)
    assert {line.who.partition("-")[0] for line in lines} == {"operator"}


def test_a_course_that_cannot_be_drawn_says_why(analyst: httpx.Client) -> None:
    for form in ("csv", "xlsx", "json", "pdf"):
        answer = taken(analyst, form, "/opd/dlh?status=diproses", "course")
        assert answer.status_code == 200, (form, answer.text)
        assert form in ("csv", "pdf") or "tidak dapat dibandingkan pada saringan ini" in texts(form, answer.content)
