"""Hostile upstreams against three connectors: each badness has its outcome, the store stays right, the next good run is whole.

The docs' table (``docs/hostile.md``) names every row of these tables.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import brotli
import pytest
from sqlalchemy import select

from connectors import http as http_module
from connectors.http import Http
from connectors.run import run_once
from layers import clock
from layers.city import City, SourceConfig
from layers.model import Kind, Outcome, Run
from layers.schema import RECORD_TABLES
from layers.settings import Settings, from_environment
from layers.store import Store
from tests.conftest import ROOT, SECRET
from tests.connectors import server
from tests.connectors.contract import fill, places
from tests.connectors.server import Mood, Reply, Upstream

WIB = ZoneInfo("Asia/Jakarta")
ROWS = 25
"""Rows of a good answer: enough for a whole page that fails alike to be seen as another form."""

SMALL = 64 << 10
"""The byte cap in these tests; a good answer is a tenth of it."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A connector with its own words for the same rows. ``head`` stands before the list, ``tail`` after it."""

    connector: str
    config: Mapping[str, Any]
    path: str
    names: Mapping[str, str]
    waiting: str
    head: str = ""
    tail: str = ""

    def rows(self, number: int) -> Rows:
        """``number`` good rows in the dialect's own words."""
        return [
            self.say(
                id=n,
                received=f"2026-11-02T07:{n:02}:00+07:00",
                status=self.waiting,
                category="Jalan rusak",
                lat=-6.17,
                lon=106.64,
            )
            for n in range(1, number + 1)
        ]

    def say(self, **facts: Any) -> dict[str, Any]:
        return {self.names[name]: value for name, value in facts.items()}

    def body(self, rows: Any) -> bytes:
        return f"{self.head}{json.dumps(rows)}{self.tail}".encode()


_MAP = {
    "kind": "complaint",
    "id": "nomor",
    "fields": {
        "received": {"column": "masuk"},
        "status": {"column": "status", "values": {"menunggu": "menunggu"}},
        "category": {"column": "kategori"},
        "channel": {"constant": "LAKSA"},
    },
    "place": {"lat": "lat", "lon": "lon"},
}
_OURS = {"id": "nomor", "received": "masuk", "status": "status", "category": "kategori", "lat": "lat", "lon": "lon"}
_OPEN311 = {
    "id": "service_request_id",
    "received": "requested_datetime",
    "status": "status",
    "category": "service_name",
    "lat": "lat",
    "lon": "long",
}
DIALECTS = {
    "tabular": Dialect(
        connector="tabular", config=_MAP | {"url": "{base}/rows.json"}, path="/rows.json", names=_OURS, waiting="menunggu"
    ),
    "open311": Dialect(
        connector="open311",
        config={"base": "{base}", "format": "json", "since": "2026-11-01T00:00:00+07:00", "window_days": 90},
        path="/requests.json",
        names=_OPEN311,
        waiting="open",
    ),
    "rest": Dialect(
        connector="rest",
        config=_MAP | {"url": "{base}/api", "rows": "data"},
        path="/api",
        names=_OURS,
        waiting="menunggu",
        head='{"data": ',
        tail="}",
    ),
}


class Bench:
    """A dialect's server and a store for all its cases: each case is a source of its own there."""

    def __init__(self, dialect: Dialect, upstream: Upstream, store: Store, settings: Settings, city: City) -> None:
        self.dialect, self.upstream, self.store, self.settings, self.city = dialect, upstream, store, settings, city
        self.reply: Callable[[], Reply] = lambda: Reply(body=dialect.body(dialect.rows(ROWS)))
        upstream.answer = lambda _: self.reply()
        self.name = ""
        self._numbers = count()

    def fresh(self) -> None:
        """Begin a case: another source, a server in good spirits that gives all rows but the last."""
        self.name = f"uji_{next(self._numbers)}"
        self.upstream.mood = None
        self.upstream.asked.clear()
        self.give(self.dialect.rows(ROWS - 1))

    def give(self, rows: Any, **reply: Any) -> None:
        body = self.dialect.body(rows)
        self.reply = lambda: Reply(body=body, **reply)

    def pull(self, deadline: float = 20, config: Mapping[str, Any] | None = None) -> Run:
        configured = SourceConfig.model_validate(
            {
                "name": self.name,
                "connector": self.dialect.connector,
                "title": "Uji",
                "owner": "diskominfo",
                "interval": "5m",
                "budget": "1h",
                "deadline": timedelta(seconds=deadline),
                "config": fill(config or self.dialect.config, self.upstream.url),
            }
        )
        run = run_once(configured, self.store, places(), self.city, self.settings)
        assert run is not None
        assert run.seen == run.kept + run.unchanged + sum(run.excluded.values()) + run.quarantined
        return run

    def kept(self) -> dict[str, Any]:
        """Of each current record of the source by its number: when it was received, what it is and where."""
        table = RECORD_TABLES[Kind.COMPLAINT].c
        query = select(table.source_id, table.received, table.status, table.category, table.lat, table.known_from)
        with self.store.read() as connection:
            rows = connection.execute(query.where(table.source == self.name, table.known_to.is_(None))).all()
        return {row.source_id: row for row in rows}

    def good_again(self) -> None:
        """The next good run is whole."""
        self.upstream.mood = None
        self.give(self.dialect.rows(ROWS))
        run = self.pull()
        assert run.outcome.good, run.message
        assert set(self.kept()) == {str(n) for n in range(1, ROWS + 1)}


@pytest.fixture(scope="module", params=DIALECTS)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, city: City) -> Iterator[Bench]:
    settings = from_environment({"LIVEROOM_DATA": str(tmp_path_factory.mktemp("data")), "LIVEROOM_SECRET": SECRET})
    store = Store.of(settings)
    with Upstream() as upstream:
        yield Bench(DIALECTS[request.param], upstream, store, settings, city)
    store.close()


@pytest.fixture
def bench(room: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("connectors.run.PAUSE", 0.001)
    monkeypatch.setitem(Http.__init__.__kwdefaults__, "max_bytes", SMALL)
    monkeypatch.setattr(http_module, "MAX_FILE_BYTES", SMALL)
    room.fresh()
    return room


# --- answers that are no answer -----------------------------------------------------------------


def packed(coding: str, pack: Callable[[bytes], bytes]) -> Mood:
    """The good answer, packed."""

    def mood(handler: Any, reply: Reply) -> None:
        headers = {"Content-Encoding": coding}
        server.well(handler, Reply(body=pack(reply.body), headers=headers))

    return mood


def bomb(coding: str, pack: Callable[[bytes], bytes]) -> Mood:
    """A small answer that unpacks to a hundred times the cap."""
    body = pack(b"[" + b" " * (100 * SMALL) + b"]")
    assert len(body) < SMALL
    return server.always(Reply(body=body, headers={"Content-Encoding": coding}))


def endless(handler: Any, reply: Reply) -> None:
    """No length, and no end."""
    handler.wfile.write(Reply(headers={"Content-Length": ""}).head())
    while not handler.owner.stopping.is_set():
        handler.wfile.write(b" " * 4096)


def promised(size: int) -> Mood:
    """Says that it will send so many bytes, and begins to."""

    def mood(handler: Any, reply: Reply) -> None:
        handler.wfile.write(Reply(headers={"Content-Length": str(size)}).head())
        for _ in range(size // 4096):
            handler.wfile.write(b" " * 4096)

    return mood


def raw(body: bytes, **reply: Any) -> Mood:
    return server.always(Reply(body=body, **reply))


def numbers(handler: Any, reply: Reply) -> None:
    """A list of numbers where the rows were."""
    server.well(handler, Reply(body=re.sub(rb"\[.*\]", b"[1, 2, 3]", reply.body)))


ZSTD = bytes.fromhex("28b52ffd") + b"\x00" * 40

Expected = tuple[Outcome, str]

BAD_DAYS: dict[str, tuple[Mood, Expected]] = {
    "500": (server.status(500), (Outcome.TRANSIENT, "HTTP 500")),
    "502": (server.status(502), (Outcome.TRANSIENT, "HTTP 502.*dicoba 3 kali")),
    "503": (server.status(503), (Outcome.TRANSIENT, "HTTP 503.*dicoba 3 kali")),
    "504": (server.status(504), (Outcome.TRANSIENT, "HTTP 504.*dicoba 3 kali")),
    "401": (server.status(401), (Outcome.AUTH, "menolak akses")),
    "403": (server.status(403), (Outcome.AUTH, "menolak akses")),
    "404": (server.status(404), (Outcome.DRIFT, "tidak mengenal permintaan")),
    "halaman masuk dengan 200": (server.html_login, (Outcome.AUTH, "halaman masuk")),
    "halaman galat dengan 200": (server.html_page, (Outcome.DRIFT, "halaman HTML")),
    "terpotong": (server.truncated, (Outcome.TRANSIENT, "dicoba 3 kali")),
    "terpotong, panjangnya cocok": (server.cut_short, (Outcome.TRANSIENT, "terpotong")),
    "sambungan diputus": (server.reset, (Outcome.TRANSIENT, "dicoba 3 kali")),
    "raksasa, panjang dinyatakan": (promised(100 * SMALL), (Outcome.DRIFT, "lebih dari")),
    "raksasa, panjang tidak dinyatakan": (endless, (Outcome.DRIFT, "lebih dari")),
    "bom gzip": (bomb("gzip", gzip.compress), (Outcome.DRIFT, "lebih dari")),
    "bom deflate": (bomb("deflate", zlib.compress), (Outcome.DRIFT, "lebih dari")),
    "bom brotli": (bomb("br", brotli.compress), (Outcome.DRIFT, "memampatkan dengan 'br' tanpa diminta")),
    "bom zstd": (raw(ZSTD, headers={"Content-Encoding": "zstd"}), (Outcome.DRIFT, "memampatkan dengan 'zstd' tanpa diminta")),
    "gzip berlapis": (
        packed("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
        (Outcome.DRIFT, "memampatkan dengan 'gzip, gzip'"),
    ),
    "gzip rusak": (packed("gzip", lambda body: body), (Outcome.DRIFT, "termampat rusak")),
    "gzip terpotong": (packed("gzip", lambda body: gzip.compress(body)[:-9]), (Outcome.TRANSIENT, "dicoba 3 kali")),
    "alihan tanpa akhir": (lambda h, r: server.redirect(h.path)(h, r), (Outcome.DRIFT, "mengalihkan tanpa akhir")),
    "alihan ke tuan rumah lain": (server.redirect("http://localhost:9/x"), (Outcome.REFUSED, "alamat lain")),
    "alihan ke berkas": (server.redirect("file:///etc/passwd"), (Outcome.REFUSED, "bukan alamat http")),
    "kosong": (raw(b""), (Outcome.TRANSIENT, "kosong|terpotong")),
    "bukan JSON": (raw(b"nomor;masuk\n1;2"), (Outcome.DRIFT, "JSON")),
    "susunan sangat dalam": (raw(b"[" * 30_000 + b"]" * 30_000), (Outcome.DRIFT, "dalam|recursion|bukan")),
    "isi daftar bukan objek": (numbers, (Outcome.DRIFT, "bukan objek|bukan daftar|tidak ada daftar")),
    "pesan galat dengan 200": (
        raw(b'{"error": "basis data mati"}'),
        (Outcome.DRIFT, "kolom hilang|bukan daftar|tidak ada daftar"),
    ),
    "latin-1 yang mengaku UTF-8": (
        lambda h, r: server.well(
            h, Reply(body=r.body.replace(b"Jalan", b"Jal\xe9n"), content_type="application/json; charset=utf-8")
        ),
        (Outcome.DRIFT, "pengodean aksara"),
    ),
}


@pytest.mark.parametrize("name", BAD_DAYS)
def test_an_answer_that_is_none(bench: Bench, name: str) -> None:
    mood, (outcome, said) = BAD_DAYS[name]
    assert bench.pull().kept == ROWS - 1
    before = bench.kept()
    bench.upstream.mood = mood
    run = bench.pull()
    assert run.outcome is outcome, run.message
    assert re.search(said, run.message or ""), run.message
    assert run.seen == 0
    assert bench.kept() == before
    bench.good_again()


@pytest.mark.parametrize(
    "mood", [server.drip(0.03), server.drip(0.03, head=True), server.silent(20)], ids=["bytes", "header bytes", "silence"]
)
def test_a_slow_answer_ends_by_the_deadline(bench: Bench, mood: Mood) -> None:
    """A byte now and then (``satu bita tiap detik``) or none (``diam``): the wall clock of the run ends it."""
    bench.pull()
    before = bench.kept()
    bench.upstream.mood = mood
    started = time.monotonic()
    run = bench.pull(deadline=0.5)
    assert time.monotonic() - started < 5
    assert run.outcome is Outcome.TRANSIENT
    assert "belum selesai setelah 0.5 detik" in (run.message or "")
    assert bench.kept() == before
    bench.good_again()


def _date(**ahead: float) -> Callable[[], str]:
    return lambda: format_datetime(datetime.now(UTC) + timedelta(**ahead), usegmt=True)


WAITS: dict[str, tuple[Callable[[], str] | str | None, tuple[float, float] | None]] = {
    # the header, and the seconds that the source is left alone: between the two, or (None) as after any first failure
    "detik": ("120", (119, 121)),
    "detik pecahan": ("1.5", (0.5, 2.5)),
    "tanggal di depan": (_date(seconds=300), (295, 302)),
    "tanggal yang lewat": (_date(days=-1), (0, 2)),
    "negatif": ("-30", (0, 2)),
    "nol": ("0", (0, 2)),
    "raksasa": ("999999999", (3599, 3601)),
    "tak hingga": ("inf", (3599, 3601)),
    "bukan bilangan": ("nan", None),
    "sampah": ("besok pagi", None),
    "tanggal yang tidak ada": ("Sun, 99 Foo 2026 99:00:00 GMT", None),
    "tanpa Retry-After": (None, None),
}


@pytest.mark.parametrize("name", WAITS)
def test_429_with_every_form_of_retry_after(bench: Bench, name: str) -> None:
    header, seconds = WAITS[name]
    said = header() if callable(header) else header
    bench.pull()
    bench.upstream.mood = server.status(429, **({} if said is None else {"retry_after": said}))
    run = bench.pull()
    assert (run.outcome, run.seen) == (Outcome.RATE_LIMITED, 0)
    assert "meminta jeda" in (run.message or "")
    retry_at = bench.store.breaker(bench.name).retry_at
    if seconds is None:
        assert retry_at is None
    else:
        assert retry_at is not None
        assert seconds[0] <= (retry_at - run.finished).total_seconds() <= seconds[1]
    bench.good_again()
    assert bench.store.breaker(bench.name).retry_at is None


# --- rows that are not what they were -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """What stands in one row's fields, and its fate: kept, or quarantined for a reason; by connector where they differ."""

    facts: Mapping[str, Any]
    reason: str | None = None
    differs: Mapping[str, str | None] = field(default_factory=dict)


def _stamp(moment: datetime, mark: str) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + mark


SPOILT: dict[str, Callable[[], Spoilt]] = {
    "bilangan sebagai teks": lambda: Spoilt(facts={"id": "1", "lat": "-6.17", "lon": "106.64"}),
    "teks menjadi bilangan": lambda: Spoilt(facts={"category": 7}),
    "kode menjadi bilangan": lambda: Spoilt(facts={"status": 7}, reason="tidak ada di tabel|tidak dikenal"),
    "objek menjadi daftar": lambda: Spoilt(facts={"category": ["Jalan"]}, reason="bukan teks|kosong"),
    "teks menjadi objek": lambda: Spoilt(facts={"category": {"nama": "Jalan"}}, reason="bukan teks|kosong"),
    "null di isian wajib": lambda: Spoilt(facts={"received": None}, reason="kosong"),
    "tanpa nomor": lambda: Spoilt(facts={"id": None}, reason="kosong"),
    "waktu sebagai bilangan": lambda: Spoilt(facts={"received": 1_793_577_600}, reason="waktu"),
    "jam sumber maju sehari": lambda: Spoilt(
        facts={"received": _stamp(clock.now() + timedelta(days=1), "+00:00")}, reason="waktu di masa depan"
    ),
    "jam sumber maju dua menit": lambda: Spoilt(facts={"received": _stamp(clock.now() + timedelta(minutes=2), "+00:00")}),
    "waktu WIB yang mengaku UTC": lambda: Spoilt(
        facts={"received": _stamp(clock.now().astimezone(WIB), "Z")}, reason="waktu di masa depan"
    ),
    "tahun nol": lambda: Spoilt(facts={"received": "0001-01-01T00:00:00Z"}, reason="tahun tidak masuk akal|waktu"),
    "NaN": lambda: Spoilt(facts={"lat": float("nan")}, differs={"open311": "koordinat bukan bilangan"}),
    "Infinity": lambda: Spoilt(facts={"lat": float("inf")}, reason="bilangan|di luar bumi"),
    "bilangan raksasa": lambda: Spoilt(facts={"lat": 10**300}, reason="tidak masuk akal"),
    "setengah aksara": lambda: Spoilt(facts={"category": "Jalan \ud83d"}, reason="aksara rusak"),
    "aksara nol": lambda: Spoilt(facts={"category": "Jalan\x00"}, reason="aksara nol"),
    "teks raksasa": lambda: Spoilt(facts={"category": "x" * 3000}, reason="teks terlalu panjang"),
    "mojibake": lambda: Spoilt(facts={"category": "Jalan rusak â€“ berlubang"}),
}


@pytest.mark.parametrize("name", SPOILT)
def test_one_spoilt_row_is_one_row(bench: Bench, name: str) -> None:
    """It is quarantined with its reason, or believed for what it says; the others are kept, and mended it is kept too."""
    spoilt = SPOILT[name]()
    reason = spoilt.differs.get(bench.dialect.connector, spoilt.reason)
    rows = bench.dialect.rows(ROWS - 1)
    rows[0] |= bench.dialect.say(**spoilt.facts)
    bench.give(rows)
    run = bench.pull()
    assert run.outcome is Outcome.OK, run.message
    assert (run.kept, run.quarantined) == ((ROWS - 1, 0) if reason is None else (ROWS - 2, 1))
    said = [found for _, found, _ in bench.store.quarantine_reasons(bench.name)]
    assert all(re.search(reason or "nothing", found) for found in said), said
    bench.good_again()


def test_times_without_a_zone_are_the_city_s(bench: Bench) -> None:
    """``waktu tanpa zona``: 07.01 is 07.01 WIB."""
    rows = bench.dialect.rows(1)
    rows[0] |= bench.dialect.say(received="2026-11-02T07:01:00")
    bench.give(rows)
    bench.pull()
    assert bench.kept()["1"].received.astimezone(WIB).strftime("%d %H.%M") == "02 07.01"
    bench.good_again()


def test_a_z_that_means_wib_is_declared_by_its_form(bench: Bench) -> None:
    """``Z yang berarti WIB``: where a column's formats write the Z as a letter, the time is local; else it is believed."""
    fields = _MAP["fields"] | {"received": {"column": "masuk", "formats": ["%Y-%m-%dT%H:%M:%SZ"]}}  # type: ignore[operator]
    rows = bench.dialect.rows(1)
    rows[0] |= bench.dialect.say(received="2026-11-02T07:01:00Z")
    bench.give(rows)
    declared = bench.dialect.connector != "open311"
    bench.pull(config={**bench.dialect.config, "fields": fields} if declared else None)
    said = bench.kept()["1"].received.astimezone(WIB).strftime("%d %H.%M")
    assert said == ("02 07.01" if declared else "02 14.01")


def test_renamed_fields_are_another_form_and_not_many_bad_rows(bench: Bench) -> None:
    """``isian berganti nama``: nothing is taken, nothing is quarantined."""
    bench.pull()
    before = bench.kept()
    for name in ("id", "received"):
        new = {**bench.dialect.names, name: "nama_baru"}
        rows = bench.dialect.rows(ROWS)
        bench.give([{new[key]: row[bench.dialect.names[key]] for key in new} for row in rows])
        run = bench.pull()
        assert (run.outcome, run.seen) == (Outcome.DRIFT, 0), run.message
        assert bench.dialect.names[name] in (run.message or "") or name in (run.message or "")
    assert bench.kept() == before
    bench.good_again()


def test_of_a_field_given_twice_the_last_holds(bench: Bench) -> None:
    """``kunci ganda``: as JSON readers do."""
    name = bench.dialect.names["category"]
    body = bench.dialect.body(bench.dialect.rows(1)).replace(b"}", b', "%s": "Banjir"}' % name.encode(), 1)
    bench.reply = lambda: Reply(body=body)
    bench.pull()
    assert bench.kept()["1"].category == "Banjir"
    bench.good_again()


FORMS: dict[str, tuple[Callable[[bytes], Reply], Mapping[str, str]]] = {
    # how the good answer is written, and what a connector says that does not read it so (none: it is read)
    "UTF-8 dengan BOM": (lambda body: Reply(body=b"\xef\xbb\xbf" + body), {}),
    "UTF-16": (lambda body: Reply(body=body.decode().encode("utf-16")), {"tabular": "pengodean aksara"}),
    "latin-1 yang dinyatakan": (
        lambda body: Reply(
            body=body.decode().replace("Jalan", "Jalén").encode("latin-1"), content_type="application/json; charset=iso-8859-1"
        ),
        {"tabular": "pengodean aksara"},
    ),
    "jenis isi salah": (lambda body: Reply(body=body, content_type="text/html"), {}),
    "tanpa jenis isi": (lambda body: Reply(body=body, headers={"Content-Type": ""}), {}),
    "gzip yang wajar": (lambda body: Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"}), {}),
    "panjang tidak dinyatakan": (lambda body: Reply(body=body, headers={"Content-Length": ""}), {}),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_rows_in_another_dress(bench: Bench, name: str) -> None:
    write, refused = FORMS[name]
    body = bench.dialect.body(bench.dialect.rows(ROWS - 1))
    bench.reply = lambda: write(body)
    run = bench.pull()
    if said := refused.get(bench.dialect.connector):
        assert (run.outcome, run.seen) == (Outcome.DRIFT, 0)
        assert re.search(said, run.message or "")
    else:
        assert (run.outcome, run.kept) == (Outcome.OK, ROWS - 1), run.message
    bench.good_again()


PAGED: Mapping[str, Mapping[str, Any]] = {
    "open311": {"page_size": ROWS - 1},
    "rest": {"paging": {"kind": "page", "size": ROWS - 1}},
}


def test_a_server_that_repeats_its_page_is_left(bench: Bench) -> None:
    """``halaman berulang``: the rows are kept once, and few requests are made."""
    run = bench.pull(config={**bench.dialect.config, **PAGED.get(bench.dialect.connector, {})})
    assert (run.kept, run.quarantined) == (ROWS - 1, 0)
    assert run.outcome in (Outcome.OK, Outcome.DRIFT)
    assert len(bench.upstream.asked) <= 3
    bench.good_again()


def test_the_page_in_the_docs_names_every_row() -> None:
    page = (ROOT / "docs" / "hostile.md").read_text("utf-8")
    own = re.findall(r"``([^`]+)``", "".join(str(test.__doc__) for name, test in globals().items() if name.startswith("test_")))
    for name in (*BAD_DAYS, *WAITS, *SPOILT, *FORMS, *own):
        assert f"| {name} |" in page, name
