"""Thousands of identifiers in all their spellings go in through real connectors; no byte that is kept or said holds one."""

from __future__ import annotations

import csv
import io
import itertools
import json
import logging
import random
import re
import sqlite3
import threading
import time
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import sqlalchemy as sa
import uvicorn

from connectors import runner
from connectors.publishing import Publisher
from connectors.sources._gammu_tables import INBOX
from dashboard.app import create
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.cache import Cache
from layers.city import SourceConfig
from layers.erasure import erase_and_say, find_and_say
from layers.model import Kind, Role, Run, Scope
from layers.people import People
from layers.privacy import identify
from layers.settings import Settings, from_environment
from layers.store import Store
from tests.conftest import SECRET
from tests.connectors.server import Upstream

PEOPLE = 1_200
NOW = datetime.now(UTC)
SPACE = "\u200b"
OPERATOR = Scope(user="uji", role=Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen whose every identifier occurs nowhere else."""

    nik: str
    mobile: str
    fixed: str
    email: str
    name: str

    @classmethod
    def number(cls, n: int) -> Person:
        return cls(
            nik=f"3671{n % 13 + 1:02d}{n % 31 + 1:02d}{n % 12 + 1:02d}{n % 100:02d}{n + 1:04d}",
            mobile=f"81{n % 9 + 1}{70_000_000 + n * 7919 % 29_999_999:08d}",
            fixed=f"{5_000_000 + n * 104_729 % 4_999_999:07d}9",
            email=f"warga.{n:04d}xq@surat{n % 7}.contoh.id",
            name=f"Zulqarnaen{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)} Wibisono",
        )

    @property
    def secrets(self) -> set[str]:
        """What must be nowhere, in one spelling: digits without signs, small letters."""
        return {self.nik, self.mobile, "21" + self.fixed, self.email, self.name.lower()}


def groups(digits: str, sizes: Sequence[int], sign: str) -> str:
    edges = [0, *itertools.accumulate(sizes)]
    return sign.join(part for a, b in itertools.pairwise([*edges, len(digits)]) if (part := digits[a:b]))


NIK: tuple[Callable[[str], str], ...] = (
    str,
    lambda n: groups(n, (4, 4, 4), " "),
    lambda n: groups(n, (4, 4, 4), "-"),
    lambda n: groups(n, (2, 2, 2, 6), "."),
    lambda n: groups(n, (6, 6), "- "),
    SPACE.join,
    lambda n: n[:6] + "\u2060" + n[6:],
    lambda n: groups(n, (6, 6), "\u2013"),
    lambda n: "".join(chr(ord("０") + int(c)) for c in n),
    lambda n: groups(n, (4, 4, 4), "\u00a0"),
)
MOBILE: tuple[Callable[[str], str], ...] = (
    lambda m: "0" + m,
    lambda m: "+62" + m,
    lambda m: "62" + m,
    lambda m: f"+62 {groups(m, (3, 4), ' ')}",
    lambda m: "0" + groups(m, (3, 4), "-"),
    lambda m: "0" + groups(m, (3, 4), "."),
    lambda m: f"(0{m[:3]}) {m[3:]}",
    lambda m: f"+62 (0){groups(m, (3, 4), ' ')}",
    lambda m: f"0062 {groups(m, (3, 4), ' ')}",
    lambda m: SPACE.join("0" + m),
    lambda m: "0" + groups(m, (3, 4), "\u2011"),
    lambda m: "\u202a+62" + m + "\u202c",
)
FIXED: tuple[Callable[[str], str], ...] = (
    lambda f: f"(021) {f}",
    lambda f: f"021-{f[:4]}-{f[4:]}",
    lambda f: f"021 {f[:4]} {f[4:]}",
    lambda f: f"+62 21 {f}",
    lambda f: f"telp. 021{f}",
)
EMAIL: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda e: f"<{e}>",
    lambda e: f"mailto:{e}",
    lambda e: e.replace("@", f"{SPACE}@"),
)


class Pen:
    """Writes people's identifiers as people do, each time in another way."""

    def __init__(self) -> None:
        self.random = random.Random(3671)
        self._turns = {forms: itertools.cycle(forms) for forms in (NIK, MOBILE, FIXED, EMAIL)}

    def nik(self, who: Person) -> str:
        return next(self._turns[NIK])(who.nik)

    def mobile(self, who: Person) -> str:
        return next(self._turns[MOBILE])(who.mobile)

    def email(self, who: Person) -> str:
        return next(self._turns[EMAIL])(who.email)

    def any(self, who: Person) -> str:
        turn = next(self._turns[FIXED])(who.fixed)
        return self.random.choice([self.nik(who), self.mobile(who), self.email(who), turn])

    def prose(self, who: Person) -> str:
        words = (
            "Lampu jalan mati",
            "Sampah menumpuk di RT 03/08",
            "Banjir 40 cm sejak pukul 07.30",
            "Jalan rusak, sudah lapor 2x",
        )
        parts = [self.random.choice(words), "hubungi", self.any(who), ",", self.any(who), ". NIK", self.nik(who), "terima kasih"]
        return " ".join(parts) + " " * self.random.randrange(3) + "." * self.random.choice((0, 3, 1_930))


PERSONS = tuple(Person.number(n) for n in range(PEOPLE))


def day(n: int) -> str:
    return (NOW - timedelta(days=n % 300, hours=n % 24 + 1)).strftime("%Y-%m-%d %H:%M:%S")


# --- the sources ------------------------------------------------------------------------------------

COMPLAINTS = """
kind = "complaint"
id = "No"
path = "aduan.csv"
[fields]
received = {column = "Tanggal"}
category = {column = "Kategori"}
channel = {column = "Kanal"}
classification = {column = "Jenis"}
text = {column = "Isi"}
reporter = {column = ["NIK", "HP", "Surel", "Nama"]}
status = {column = "Status", values = {Menunggu = "menunggu", Selesai = "selesai"}}
"""
PACKAGES = """
kind = "package"
id = "Kode"
path = "paket.csv"
[fields]
announced = {column = "Tanggal"}
year = {column = "Tahun"}
title = {column = "Nama Paket"}
method = {column = "Metode"}
provider = {column = "Penyedia"}
stage = {constant = "rencana"}
"""
MEASURED = """
kind = "measurement"
id = "Kode"
path = "ukur.csv"
[fields]
name = {constant = "uji.jumlah"}
subject = {column = "Subjek"}
value = {column = "Nilai"}
unit = {constant = "orang"}
measured = {column = "Tanggal"}
"""


def write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def complaints(pen: Pen) -> Iterator[dict[str, str]]:
    for n, who in enumerate(PERSONS):
        key = (f"A-{n}", pen.nik(who), pen.mobile(who), f"LPR/{who.email}/{n}", f"A-{n}")[n % 5]
        row = {"No": key, "Tanggal": day(n), "Kategori": "Sampah", "Kanal": "LAKSA", "Jenis": "biasa", "Status": "Menunggu"}
        row |= {"Isi": pen.prose(who), "NIK": "", "HP": "", "Surel": "", "Nama": who.name, "Alamat": f"Jl. Mawar, {pen.any(who)}"}
        row |= ({"NIK": pen.nik(who)}, {"HP": pen.mobile(who)}, {"Surel": pen.email(who)}, {})[n % 4]
        if n % 6 == 0:  # broken, and the reason quotes the cell
            row |= ({"Status": f"Menunggu {pen.any(who)}"}, {"Tanggal": pen.nik(who)}, {"Status": "x" * 45 + " " + pen.nik(who)})[
                n // 6 % 3
            ]
        if n % 7 == 0:
            row |= {"Kategori": f"Sampah {pen.any(who)}", "Kanal": f"WA {pen.mobile(who)}", "Jenis": f"lapor {pen.any(who)}"}
        yield row


def reports(pen: Pen) -> list[dict[str, Any]]:
    """Open311 with more than it needs in it."""
    found = []
    for n, who in enumerate(PERSONS[: PEOPLE // 3]):
        when = (NOW - timedelta(hours=n % 600 + 1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        found.append({
            "service_request_id": FIXED[n // 3 % 3](who.fixed) if n % 3 == 0 else f"SR{n}",
            "status": "open" if n % 5 else f"open {pen.any(who)}",
            "status_notes": pen.prose(who),
            "service_name": "Lampu" if n % 4 else f"Lampu {pen.any(who)}",
            "service_code": "1",
            "description": pen.prose(who),
            "agency_responsible": f"Dinas, {pen.mobile(who)}",
            "requested_datetime": when,
            "updated_datetime": when,
            "email": who.email,
            "phone": pen.mobile(who),
            "first_name": who.name,
            "address": f"Jl. Melati {pen.any(who)}",
        })  # fmt: skip
    return found


LAKSA_EMPTY = (
    *("diverifikasi_pada", "ditindaklanjuti_pada", "selesai_pada", "divalidasi_pada", "dibuka_kembali_pada"),
    *("tenggat", "kanal", "opd"),
)


def laksa(pen: Pen) -> list[dict[str, Any]]:
    """A complaint application's nested answer."""
    found = []
    for n, who in enumerate(PERSONS[: PEOPLE // 3]):
        when = (NOW - timedelta(hours=n % 600 + 1)).isoformat()
        found.append({
            "nomor": f"L-{n}" if n % 3 else pen.nik(who),
            "kategori": "Jalan" if n % 4 else f"Jalan {pen.any(who)}",
            "isi": pen.prose(who),
            "status": "Menunggu" if n % 5 else f"Menunggu {pen.any(who)}",
            **dict.fromkeys(LAKSA_EMPTY, ""),
            "lokasi": {"lat": None, "lon": None, "kelurahan": "", "kecamatan": ""},
            "dibuat_pada": when,
            "diubah_pada": when,
            "pelapor": {"nama": who.name, "nik": pen.nik(who) if n % 2 else None, "telepon": int("62" + who.mobile)},
        })  # fmt: skip
    return found


def gateway(path: Path, pen: Pen) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    INBOX.metadata.create_all(engine)
    rows = []
    for n, who in enumerate(PERSONS[: PEOPLE // 3]):
        at = (NOW - timedelta(hours=n % 600 + 1)).replace(tzinfo=None)
        row = {"UpdatedInDB": at, "ReceivingDateTime": at, "Text": "", "SenderNumber": f"+62{who.mobile}", "UDH": ""}
        rows.append(row | {"TextDecoded": f"ADUAN#SAMPAH#{pen.prose(who)[:900]}", "RecipientID": "modem1"})
    with engine.begin() as connection:
        connection.execute(INBOX.insert(), rows)
    engine.dispose()


@dataclass(frozen=True, slots=True)
class World:
    """A room with everything in it."""

    settings: Settings
    store: Store
    runs: tuple[Run, ...]
    redis_url: str
    pull: Callable[[], tuple[Run, ...]]


@pytest.fixture(scope="module")
def logged() -> Iterator[io.StringIO]:
    """Everything that anybody logs, down to DEBUG."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="module")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from layers.cache import serve_embedded

    served = serve_embedded(tmp_path_factory.mktemp("cache"))
    yield served.url
    served.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, logged: io.StringIO, cache_server: str) -> Iterator[World]:
    """All sources pulled twice over their real protocols, then published."""
    data = tmp_path_factory.mktemp("pribadi")
    (data / "demo").mkdir()
    outside = tmp_path_factory.mktemp("hulu")  # the upstreams' own files are not ours to keep clean
    settings = from_environment({"LIVEROOM_DATA": str(data), "LIVEROOM_SECRET": SECRET})
    pen = Pen()
    write(outside / "aduan.csv", list(complaints(pen)))
    write(outside / "paket.csv", [
        {"Kode": f"P{n}" if n % 9 else who.nik, "Tanggal": day(n), "Tahun": "2026" if n % 6 else pen.nik(who),
         "Nama Paket": f"Jasa {pen.any(who)}", "Metode": f"Tender {pen.any(who)}", "Penyedia": f"CV Satu {pen.mobile(who)}"}
        for n, who in enumerate(PERSONS)
    ])  # fmt: skip
    write(outside / "ukur.csv", [
        {"Kode": f"U{n}", "Tanggal": day(n), "Subjek": f"loket {pen.any(who)}", "Nilai": "3" if n % 6 else pen.nik(who)}
        for n, who in enumerate(PERSONS)
    ])  # fmt: skip
    gateway(outside / "smsd.sqlite", pen)
    nested = laksa(pen)
    beyond = json.dumps({"data": [], "meta": {"total": len(nested)}})
    answers = {"/requests.json": json.dumps(reports(pen)), "/laksa": beyond} | {
        f"/laksa?page={page}": json.dumps({"data": nested[start : start + 100], "meta": {"total": len(nested)}})
        for page, start in enumerate(range(0, len(nested), 100), 1)
    }
    with Upstream({path: ("application/json", body.encode()) for path, body in answers.items()}) as upstream:
        declared: dict[str, tuple[str, dict[str, Any]]] = {
            **{name: ("tabular", tomllib.loads(text) | {"folder": outside}) for name, text in
               {"aduan": COMPLAINTS, "paket": PACKAGES, "ukur": MEASURED}.items()},
            "open311": ("open311", {"base": upstream.url, "window_days": 90}),
            "laksa": ("laksa", {"url": f"{upstream.url}/laksa"}),
            "sms": ("gammu", {"url": f"sqlite:///{outside}/smsd.sqlite", "folder": outside}),
        }  # fmt: skip
        sources = tuple(
            SourceConfig(
                name=name,
                connector=connector,
                title=name,
                owner="uji",
                interval=timedelta(minutes=5),
                budget=timedelta(days=2),
                config=config,
            )
            for name, (connector, config) in declared.items()
        )
        object.__setattr__(settings, "city", settings.city.model_copy(update={"sources": sources}))
        store = Store.of(settings)
        tree = AreaTree.of(settings.city)
        places = Places(tree, load_boundaries(settings.city, data))
        cache = Cache(cache_server, settings.city.code)
        publisher = Publisher(settings, store, tree, cache)

        def pull() -> tuple[Run, ...]:
            done = tuple(run for source in sources if (run := runner.run_once(source, store, places, settings.city, settings)))
            publisher.once()
            return done

        yield World(settings=settings, store=store, runs=pull(), redis_url=cache_server, pull=pull)
        cache.close()
        store.close()


# --- the search -------------------------------------------------------------------------------------

_SIGNS = re.compile(r"[\s.\-/()+\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2064\u2212\ufeff]+")
_SIZES = sorted({len(person.nik) for person in PERSONS} | {len(PERSONS[0].mobile), len(PERSONS[0].fixed) + 2})
_DIGITS = frozenset(secret for person in PERSONS for secret in person.secrets if secret.isdigit())
_WORDS = frozenset(secret for person in PERSONS for secret in person.secrets if not secret.isdigit())
_WORD = re.compile(r"warga\.\d{4}xq@surat\d\.contoh\.id|zulqarnaen[a-z]+ wibisono")


def seeded(content: bytes | str) -> set[str]:
    """The seeded identifiers in a text or in bytes, whatever their spelling there."""
    text = content if isinstance(content, str) else content.decode("utf-8", "ignore")
    if "\\u" in text:  # JSON that is written in ASCII
        text += re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)
    text = unicodedata.normalize("NFKC", text)
    bare = _SIGNS.sub("", text)
    runs = re.findall(r"\d{7,}", bare)
    found = {run[at : at + size] for run in runs for size in _SIZES for at in range(len(run) - size + 1)} & _DIGITS
    visible = re.sub(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]", "", text)
    return found | ({match.lower() for match in _WORD.findall(visible.lower())} & _WORDS)


def kept(world: World) -> Iterator[tuple[str, bytes | str]]:
    """Everything that the room keeps on disk and in its cache: files as they are, databases table by table too."""
    files = [path for path in world.settings.data.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in files:
        yield str(path.relative_to(world.settings.data)), path.read_bytes()
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as connection:
                for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    yield f"{path.name}: {table}", "\n".join(map(repr, connection.execute(f'SELECT * FROM "{table}"').fetchall()))  # noqa: S608
    with redis.Redis.from_url(world.redis_url) as client:
        for key in client.scan_iter("*"):
            yield f"cache {key!r}", client.dump(key) or b""
            if client.type(key) == b"string":
                yield f"cache {key!r}", client.get(key) or b""


def test_the_search_finds_what_it_is_made_for() -> None:
    pen = Pen()
    for who in PERSONS[:60]:
        for written in (pen.nik(who), pen.mobile(who), pen.email(who), pen.any(who), who.name, f"loket {pen.any(who)} sore"):
            assert seeded(f"x {written} y") & who.secrets, written
            assert seeded(json.dumps({"a": written})) & who.secrets, written
    assert seeded("12345678901234567890 0812-0000-0000 siti@contoh.id") == set()
    assert len(_DIGITS | _WORDS) == 5 * PEOPLE


def test_the_rows_were_taken_and_the_broken_ones_are_in_quarantine(world: World) -> None:
    by_source = {run.source: run for run in world.runs}
    assert set(by_source) == {"aduan", "paket", "ukur", "open311", "laksa", "sms"}
    assert all(run.outcome.good for run in world.runs), [(run.source, run.message) for run in world.runs]
    assert by_source["aduan"].kept == PEOPLE - by_source["aduan"].quarantined
    assert min(run.kept for run in world.runs) >= PEOPLE // 5
    assert all(run.quarantined >= PEOPLE // 20 for run in world.runs if run.source != "sms")
    rows = world.store.rows(OPERATOR, Kind.COMPLAINT, limit=10_000)
    assert sum(row.reporter is not None for row in rows) > PEOPLE  # type: ignore[attr-defined]
    assert sum("[nik]" in (row.text or "") for row in rows) > PEOPLE  # type: ignore[attr-defined]
    assert max(len(row.text or "") for row in rows) == 2_000  # type: ignore[attr-defined]


def test_nothing_that_is_kept_names_anybody(world: World) -> None:
    looked = {}
    for where, content in kept(world):
        assert seeded(content) == set(), where
        looked[where] = len(content)
    for part in (
        "liveroom.sqlite",
        "liveroom.sqlite-wal",
        "frames/snapshot.json",
        "frames/manifest.json",
        "liveroom.sqlite: quarantine",
    ):
        assert looked[part] > 1_000 or part.endswith("manifest.json"), part
    assert sum(where.endswith(".arrow") for where in looked) > 10
    assert sum(where.startswith("cache") for where in looked) >= 2


def test_one_planted_identifier_is_found_wherever_it_lies(world: World) -> None:
    who = PERSONS[7]
    plant = world.settings.data / "run" / "tertinggal.tmp"
    plant.parent.mkdir(exist_ok=True)
    plant.write_text(f"sisa {MOBILE[4](who.mobile)}")
    with redis.Redis.from_url(world.redis_url) as client:
        client.set("tertinggal", NIK[5](who.nik))
    found = {where: hit for where, content in kept(world) if (hit := seeded(content))}
    plant.unlink()
    with redis.Redis.from_url(world.redis_url) as client:
        client.delete("tertinggal")
    assert found["run/tertinggal.tmp"] == {who.mobile}
    assert found["cache b'tertinggal'"] == {who.nik}
    assert len(found) == 2


@contextmanager
def served(app: Any) -> Iterator[httpx.Client]:
    """The room's web server on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended while starting"
            time.sleep(0.02)
        with httpx.Client(base_url=f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)


def test_nothing_that_is_said_names_anybody(world: World, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages, events, API, metrics, and what operators see of the quarantine; then the log of all this."""
    for name, value in {
        "LIVEROOM_DATA": str(world.settings.data),
        "LIVEROOM_SECRET": SECRET,
        "REDIS_URL": world.redis_url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("dashboard.app.from_environment", lambda: world.settings)
    said: dict[str, str] = {}
    with served(create()) as client:
        paths = [
            "/dinding",
            "/sumber",
            "/kelurahan/36.71.01.1001",
            "/live/doc?page=/dinding",
            "/live/doc?page=/sumber",
            "/metrics",
            "/readyz",
        ]
        paths += [f"/api/v1/{what}" for what in ("readings", "kpis", "areas", "sources")]
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            said[path] = answer.text
    for source in ("aduan", "paket", "ukur", "open311", "laksa", "sms"):
        shown = [(row.source_id, row.field, row.reason, row.masked) for row in world.store.quarantine(OPERATOR, source, 10_000)]
        said[f"karantina {source}"] = repr(shown) + repr(world.store.quarantine_reasons(source))
    said["catatan run"] = repr(world.store.source_states())
    said["log"] = logged.getvalue()
    assert "event=ambil" in said["log"]
    for where, text in said.items():
        assert text, where
        assert seeded(text) == set(), where


def test_pulled_again_everybody_is_known_and_nothing_is_new(world: World) -> None:
    before = {facts.source: facts.records for facts in world.store.source_states()}
    for run in world.pull():
        assert run.kept == 0, run
    assert {facts.source: facts.records for facts in world.store.source_states()} == before


def test_an_erased_person_leaves_no_byte_and_does_not_come_back(world: World) -> None:
    """Keyed names of the person are searched for in the file of the database itself, after everything was pulled again."""
    who = PERSONS[9]
    name = world.store.vault.name("telepon", "62" + who.mobile)
    file = world.settings.data / "liveroom.sqlite"

    def held() -> int:
        return sum(path.read_bytes().count(name.encode()) for path in (file, file.with_name(file.name + "-wal")) if path.exists())

    assert held() > 0
    cases = len(world.store.rows(OPERATOR, Kind.COMPLAINT, limit=10_000))
    target = identify(MOBILE[6](who.mobile))
    assert target is not None
    said = [find_and_say(world.settings, target), erase_and_say(world.settings, target)]
    assert "2 rekaman" in said[1] or "3 rekaman" in said[1], said[1]
    assert all(seeded(text) == set() for text in said)
    assert held() == 0
    world.pull()
    assert len(world.store.rows(OPERATOR, Kind.COMPLAINT, limit=10_000)) == cases
    assert held() == 0
    people = People.of(world.settings)
    assert people.audit_broken_at() is None
    people.close()
    for where, content in kept(world):
        assert seeded(content) == set(), where
