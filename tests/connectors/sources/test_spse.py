"""SPSE: real tables and announcement pages of SPSE 4.5, behind a server with its token, its cookie and its pages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.source import BadRow, Context, Excluded, FormChanged, Kept
from connectors.sources._spse import LISTINGS, announcement, first_stage
from connectors.sources.spse import SAMPLE, Spse, parse
from layers.city import City
from layers.model import Kind, Outcome, Package, Stage
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import served

TestSpse = contract_for("spse")

LPSE = "/lpse"
CONFIG = {"base": "{base}" + LPSE, "years": [2026], "pause": 0}


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "samples" / "spse"


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=datetime(2026, 11, 22, tzinfo=UTC), data=tmp_path)


class Lpse:
    """An LPSE: its tables are asked for with a fresh token and the cookie of the page that gave it."""

    def __init__(self, tables: dict[str, list[list[Any]]], pages: dict[str, bytes], *, honest: bool = True) -> None:
        self.tables = tables
        self.pages = pages
        self.honest = honest
        self.tokens = 0
        self.uses = 0
        self.expire_after = 10**6

    def __call__(self, asked: Asked) -> Reply | None:
        path = asked.path.removeprefix(LPSE + "/")
        if any(path == listing.page for listing in LISTINGS.values()) and "id" not in asked.params:
            self.tokens, self.uses = self.tokens + 1, 0
            page = f"<html><script>d.authenticityToken = 'token{self.tokens}';</script></html>"
            cookie = f"SPSE_SESSION={self.tokens}; Path=/"
            return Reply(content_type="text/html", body=page.encode(), headers={"Set-Cookie": cookie})
        for name, listing in LISTINGS.items():
            if path == listing.table:
                return self.table(asked, self.tables.get(name, []))
        code = asked.params.get("id") or next((part for part in path.split("/") if part.isdigit()), "")
        body = self.pages.get(f"{code}/jadwal" if path.endswith("jadwal") else code)
        return Reply(content_type="text/html", body=body) if body is not None else None

    def table(self, asked: Asked, rows: list[list[Any]]) -> Reply:
        self.uses += 1
        cookie = f"SPSE_SESSION={self.tokens}"
        if asked.params["authenticityToken"] != f"token{self.tokens}" or asked.headers.get("Cookie") != cookie:
            return Reply(status=403)
        if self.uses > self.expire_after:
            return Reply(content_type="text/html", body=b"<!DOCTYPE html><html>sesi habis</html>")
        assert asked.method == "POST"
        assert asked.headers["X-Requested-With"] == "XMLHttpRequest"
        start, length = (int(asked.params[name]) if self.honest else 0 for name in ("start", "length"))
        data = rows[start : start + length] if self.honest else rows
        body = {"draw": asked.params["draw"], "recordsTotal": 2147483647, "recordsFiltered": 2147483647, "data": data}
        return Reply(body=json.dumps(body).encode())


@pytest.fixture
def lpse(folder: Path) -> Lpse:
    """The real tables, each package with a real announcement page of its kind."""
    files = {"nonspk": "dt_nonspk.json", "swakelola": "dt_swakelola.json", "darurat": "dt_darurat_list.json"}
    tables = {name: json.loads((folder / file).read_bytes())["data"] for name, file in files.items()}
    pages = {row[0]: (folder / "nonspk_pengumuman.html").read_bytes() for name in ("nonspk", "darurat") for row in tables[name]}
    pages |= {row[0]: (folder / "swakelola_pengumuman.html").read_bytes() for row in tables["swakelola"]}
    return Lpse(tables, pages)


def row(kind: str, code: int, **changes: Any) -> list[Any]:
    """A row of a tender or non-tender list, as wide as SPSE makes them."""
    listing = LISTINGS[kind]
    given = {"kode": str(code), "nama": f"Paket {code}", "instansi": "Kota Tangerang", "tahap": "Evaluasi Penawaran"}
    given |= {"hps": "19,9 Jt", "metode": "Tender", "nilai_kontrak": "Nilai Kontrak belum dibuat"} | changes
    cells = [given.get(name, "") for name in listing.columns.split()]
    return cells + [None] * (listing.width - len(cells))


# --- real payloads ------------------------------------------------------------------------------


def test_every_real_row_is_accounted_for(city: City, settings: Settings, lpse: Lpse) -> None:
    expected = {name: len(rows) for name, rows in lpse.tables.items()}
    assert expected == {"nonspk": 25, "swakelola": 25, "darurat": 3}
    with served("spse", CONFIG, city, settings, answer=lpse) as real:
        run = real.pull()
        assert (run.outcome, run.seen, run.kept, run.quarantined, dict(run.excluded)) == (Outcome.OK, 53, 53, 0, {}), run.message
        found = [record for record in real.records(Kind.PACKAGE) if isinstance(record, Package)]
        assert Counter(p.source_id.partition("-")[0] for p in found) == expected
        assert Counter(p.stage for p in found) == {Stage.CONTRACT: 40, Stage.DONE: 13}
        assert {p.method for p in found} == {"pengadaan langsung", "swakelola", "darurat"}
        asked, head = len(real.upstream.asked), real.store.head()
        again = real.pull()
        assert (again.outcome, again.seen, real.store.head()) == (Outcome.NOTHING_NEW, 0, head)
        assert len(real.upstream.asked) - asked == 10  # five lists: a page and a table each, and no package again


def test_a_real_package_field_by_field(city: City, settings: Settings, lpse: Lpse) -> None:
    with served("spse", CONFIG, city, settings, answer=lpse) as real:
        real.pull()
        package = real.record("nonspk-10942236000")
        assert package.title.startswith("Pengadaan Jasa Lainnya Pengadaan Biaya Paket Data")
        assert package.announced == datetime(2026, 6, 9, 17, tzinfo=UTC)  # 10 Juni 2026, WIB
        assert (package.pagu, package.plan_id, package.year) == (Decimal("3800000.00"), "62075727", 2026)
        assert (package.known_at, package.value, package.hps) == (None, None, None)
        own = real.record("swakelola-10336514000")
        assert (own.pagu, own.plan_id) == (Decimal("176320000.00"), "43000958")  # the list prints 176,3 Jt


def test_pages_as_spse_prints_them(folder: Path) -> None:
    page = announcement((folder / "swakelola_pengumuman.html").read_text("utf-8"))
    assert page == {
        "tanggal_pembuatan": "9 Juni 2026",
        "satuan_kerja": "SEKRETARIAT KEMENTERIANSEKRETARIAT UTAMA KEMENTERIAN EKONOMI KREATIFBADANEKONOMI KREATIF",
        "kode_rup": "43000958",
        "nilai_pagu_paket": "Rp. 176.320.000,00",
    }
    assert first_stage((folder / "jadwal.html").read_text("utf-8")) == "15 Januari 2025 08:00"
    assert first_stage("<table></table>") is None
    with pytest.raises(FormChanged):
        announcement((folder / "jadwal.html").read_text("utf-8"))


def test_spse_s_own_error_page_is_transient_wherever_it_stands(folder: Path, city: City, settings: Settings, lpse: Lpse) -> None:
    lpse.pages[lpse.tables["nonspk"][3][0]] = (folder / "error_page.html").read_bytes()
    with served("spse", CONFIG, city, settings, answer=lpse) as real:
        run = real.pull(lists=["nonspk"])
        assert (run.outcome, run.seen) == (Outcome.TRANSIENT, 0)
        assert "ERR500TEST" in (run.message or "")
    page = ("text/html", (folder / "error_page.html").read_bytes())
    with served("spse", CONFIG, city, settings, {f"{LPSE}/lelang": page}) as real:
        assert real.pull().outcome is Outcome.TRANSIENT


def test_a_package_without_its_page_is_quarantined_and_asked_for_again(
    folder: Path, city: City, settings: Settings, lpse: Lpse
) -> None:
    """SPSE says "not found" with 200 on one page and 404 on another: neither hides the rest."""
    first, second = (lpse.tables["nonspk"][i][0] for i in (0, 1))
    good = lpse.pages.pop(first)
    lpse.pages[second] = (folder / "not_found_page.html").read_bytes()
    with served("spse", CONFIG, city, settings, answer=lpse) as real:
        run = real.pull(lists=["nonspk"])
        assert (run.outcome, run.kept, run.quarantined) == (Outcome.OK, 23, 2)
        assert [(field, n) for field, _, n in real.reasons()] == [("halaman", 1)] * 2
        lpse.pages |= {first: good, second: good}
        assert real.pull(lists=["nonspk"]).kept == 2


# --- paging and session -------------------------------------------------------------------------


def many(lpse: Lpse, n: int) -> Lpse:
    page = next(iter(lpse.pages.values()))
    model = lpse.tables["nonspk"][0]
    lpse.tables = {"nonspk": [[str(1000 + i), *model[1:]] for i in range(n)]}
    lpse.pages = {str(1000 + i): page for i in range(n)}
    return lpse


@pytest.mark.parametrize("n", [0, 1, 19, 20, 21, 40])
def test_the_table_ends_with_a_short_or_an_empty_page(city: City, settings: Settings, lpse: Lpse, n: int) -> None:
    with served("spse", CONFIG, city, settings, answer=many(lpse, n)) as real:
        assert real.pull(lists=["nonspk"], length=20).kept == n
        tables = [asked for asked in real.upstream.asked if asked.path.endswith("nonspk") and asked.method == "POST"]
        assert len(tables) == n // 20 + 1


def test_a_table_that_ignores_start_does_not_go_on_for_ever(city: City, settings: Settings, lpse: Lpse) -> None:
    server = many(lpse, 20)
    server.honest = False
    with served("spse", CONFIG, city, settings, answer=server) as real:
        assert real.pull(lists=["nonspk"], length=20).kept == 20


def test_a_token_that_ran_out_is_asked_for_anew(city: City, settings: Settings, lpse: Lpse) -> None:
    server = many(lpse, 50)
    server.expire_after = 1
    with served("spse", CONFIG, city, settings, answer=server) as real:
        assert real.pull(lists=["nonspk"], length=20).kept == 50
        assert server.tokens == 3


def test_a_token_that_is_never_honoured_ends_the_run(city: City, settings: Settings, lpse: Lpse) -> None:
    lpse.expire_after = 0
    with served("spse", CONFIG, city, settings, answer=lpse) as real:
        assert real.pull(lists=["nonspk"]).outcome is Outcome.DRIFT
        assert lpse.tokens == 1


def test_pages_wait_their_turn_and_all_arrive(city: City, settings: Settings, lpse: Lpse) -> None:
    with served("spse", CONFIG, city, settings, answer=many(lpse, 30)) as real:
        kept = []
        for waiting in (18, 6, 0):
            run = real.pull(lists=["nonspk"], length=20, pages_per_run=12)
            kept.append(run.kept)
            assert dict(run.excluded) == ({"menunggu_halaman_pengumuman": waiting} if waiting else {})
        assert kept == [12, 12, 6]


def test_a_changed_row_is_read_again_with_its_page(city: City, settings: Settings, lpse: Lpse) -> None:
    with served("spse", CONFIG, city, settings, answer=many(lpse, 5)) as real:
        real.pull(lists=["nonspk"])
        lpse.tables["nonspk"][2][8] = "Paket Selesai"
        run = real.pull(lists=["nonspk"])
        assert (run.seen, run.kept, real.record("nonspk-1002").stage) == (1, 1, Stage.DONE)


def test_another_table_is_drift_and_a_single_odd_row_is_not(city: City, settings: Settings, lpse: Lpse) -> None:
    server = many(lpse, 4)
    server.tables["nonspk"][1] = ["1001", "Paket"]
    with served("spse", CONFIG, city, settings, answer=server) as real:
        run = real.pull(lists=["nonspk"])
        assert (run.outcome, run.kept, run.quarantined) == (Outcome.OK, 3, 1)
        assert real.reasons()[0][0] == "kolom"
        server.tables["nonspk"] = [[*line, "baru"] for line in many(lpse, 4).tables["nonspk"]]
        drift = real.pull(lists=["nonspk"])
        assert (drift.outcome, "10 kolom, bukan 9" in (drift.message or "")) == (Outcome.DRIFT, True)


def test_other_institutions_are_excluded_without_opening_their_pages(city: City, settings: Settings, lpse: Lpse) -> None:
    with served("spse", CONFIG, city, settings, answer=lpse) as real:
        run = real.pull(lists=["darurat"], institution="Kab. Bandung")
        assert dict(run.excluded) == {"instansi_lain": 3}
        assert not [asked for asked in real.upstream.asked if "pengumuman" in asked.path]


# --- tender and non-tender (columns by public description, no real payload at hand) ---------------


def test_a_tender_is_announced_when_its_first_stage_starts(folder: Path, city: City, settings: Settings) -> None:
    page = (folder / "nonspk_pengumuman.html").read_bytes().replace(b"Nilai Pagu Paket", b"Nilai HPS Paket")
    rows = [
        row("tender", 1),
        row("tender", 2, tahap="Tender Sudah Selesai", nilai_kontrak="Rp. 3.500.000,00"),
        row("tender", 3, tahap="Tender Batal", nama="Paket <span class='badge'>Tender Ulang</span>"),
        row("tender", 4),
    ]
    pages = {str(i): page for i in range(1, 5)} | {f"{i}/jadwal": (folder / "jadwal.html").read_bytes() for i in range(1, 4)}
    pages["4/jadwal"] = b"<html><body><table></table></body></html>"
    with served("spse", CONFIG, city, settings, answer=Lpse({"tender": rows}, pages)) as real:
        assert real.pull(lists=["tender"]).kept == 4
        found = [real.record(f"tender-{i}") for i in range(1, 5)]
        assert [p.stage for p in found] == [Stage.SELECTION, Stage.CONTRACT, Stage.CANCELLED, Stage.SELECTION]
        assert {p.announced for p in found[:3]} == {datetime(2025, 1, 15, 1, tzinfo=UTC)}
        assert found[3].announced == datetime(2026, 6, 9, 17, tzinfo=UTC)  # no stage: the day the package was made
        assert (found[0].hps, found[0].pagu, found[1].value) == (Decimal(3_800_000), None, Decimal(3_500_000))
        assert found[2].title == "Paket Tender Ulang"


# --- rows ---------------------------------------------------------------------------------------


def read(ctx: Context, **changes: Any) -> Kept | Excluded:
    return parse({**SAMPLE.rows[0], **changes}, Spse(base="http://x"), ctx)


def test_without_a_page_the_printed_sum_is_what_is_known(ctx: Context) -> None:
    kept = read(ctx, nilai_pagu_paket=None)
    assert isinstance(kept, Kept)
    assert isinstance(kept.record, Package)
    assert kept.record.pagu == Decimal(3_800_000)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status": "Paket Entah"}, "status"),
        ({"nilai_pagu_paket": "tiga juta"}, "nilai_pagu_paket"),
        ({"tanggal_pembuatan": None}, "tanggal_pembuatan"),
        ({"tanggal_pembuatan": "32 Juni 2026"}, "tanggal_pembuatan"),
        ({"tahun": "26"}, "tahun"),
        ({"nama": ""}, "nama"),
        ({"kode": ""}, "kode"),
        ({"metode": None}, "metode"),
    ],
)
def test_a_row_that_cannot_be_believed_says_which_field(ctx: Context, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRow) as bad:
        read(ctx, **changes)
    assert bad.value.field == field


def test_asking_is_unhurried(city: City, settings: Settings, lpse: Lpse, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    pause: Callable[[float], None] = slept.append
    monkeypatch.setattr("connectors.sources._spse.time.sleep", pause)
    with served("spse", CONFIG, city, settings, answer=many(lpse, 3)) as real:
        real.pull(lists=["nonspk"], pause=timedelta(seconds=2).total_seconds())
    assert slept == [2.0] * 3
