"""An SMS gateway's database as Gammu SMSD keeps it, on real SQLite and PostgreSQL; MySQL's questions as they are compiled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.dialects import mysql

from connectors.declared import tables
from connectors.http import Http
from connectors.source import AskForAccess, BadRow, Context, Excluded, FormChanged, Kept, Place, Refused, TryLater
from connectors.sources._gammu import COLUMNS, OVERLAP, Part, part
from connectors.sources._gammu_tables import GATEWAY, INBOX, USSD
from connectors.sources.gammu import SAMPLE, Gammu, pages, parse
from layers.city import City
from layers.model import Complaint, Status
from tests.connectors.contract import contract_for

TestGammu = contract_for("gammu")

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
FIRST, SECOND = "050003C80201", "050003C80202"


class Gateway:
    """A gateway's database that parts arrive in, and the connector that reads it from its last cursor on."""

    def __init__(self, url: str, city: City, data: Path, **settings: Any) -> None:
        self.engine = sa.create_engine(url)
        self.config = Gammu.model_validate({"url": url, "zone": "UTC", **settings})
        self.city, self.data = city, data
        self.cursor: Any = None
        GATEWAY.drop_all(self.engine)
        GATEWAY.create_all(self.engine)

    def receive(self, words: str, *, sender: str = "+628120000001", header: str = "", at: datetime = NOW, **more: Any) -> None:
        local = at.replace(tzinfo=None)
        row = {"UpdatedInDB": local, "ReceivingDateTime": local, "Text": "", "SenderNumber": sender, "UDH": header}
        with self.engine.begin() as connection:
            connection.execute(INBOX.insert(), [row | {"TextDecoded": words, "RecipientID": "modem1"} | more])

    def read(self, now: datetime = NOW + timedelta(minutes=1), cursor: Any = ...) -> list[dict[str, Any]]:
        ctx = Context(source="uji", city=self.city, now=now, data=self.data)
        found: list[dict[str, Any]] = []
        for page in pages(Http(frozenset()), self.config, self.cursor if cursor is ... else cursor, ctx):
            found += [dict(row) for row in page.rows]
            self.cursor = json.loads(json.dumps(page.cursor))
        return found

    def texts(self, now: datetime = NOW + timedelta(minutes=1)) -> list[str]:
        return [row["isi"] for row in self.read(now)]

    def processed(self) -> list[tuple[int, str]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.select(INBOX.c.ID, INBOX.c.Processed).order_by(INBOX.c.ID))]


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, city: City, tmp_path: Path) -> Iterator[Gateway]:
    url = f"sqlite:///{tmp_path}/smsd.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = Gateway(url, city, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=NOW, data=tmp_path)


# --- the database ---------------------------------------------------------------------------------


def test_messages_are_read_once_and_nothing_is_written(gateway: Gateway) -> None:
    gateway.receive("satu")
    gateway.receive("dua", sender="+628120000002")
    before = gateway.processed()
    assert gateway.texts() == ["satu", "dua"]
    assert gateway.texts() == []
    gateway.receive("tiga")
    assert gateway.texts() == ["tiga"]
    assert gateway.processed() == [*before, (3, "false")]


def test_a_long_message_is_put_together_whatever_the_order_of_its_parts(gateway: Gateway) -> None:
    gateway.receive("sudah seminggu", header=SECOND)
    gateway.receive("lain", sender="+628120000002", header=SECOND)
    gateway.receive("Lampu mati ", header=FIRST)
    assert [(row["isi"], row.get("bagian")) for row in gateway.read()] == [("Lampu mati sudah seminggu", None)]


def test_a_reference_of_sixteen_bits_is_another_than_one_of_eight(gateway: Gateway) -> None:
    gateway.receive("a", header="06080400C80201")
    gateway.receive("b", header=SECOND)
    assert gateway.texts() == []
    gateway.receive("c", header="06080400C80202")
    assert gateway.texts() == ["ac"]


def test_parts_of_another_number_of_parts_or_modem_do_not_belong(gateway: Gateway) -> None:
    gateway.receive("a", header="050003C80301")
    gateway.receive("b", header=SECOND)
    gateway.receive("c", header=FIRST, RecipientID="modem2")
    assert gateway.texts() == []


def test_missing_parts_are_waited_for_and_then_said_to_be_missing(gateway: Gateway) -> None:
    gateway.receive("Lampu mati ", header=FIRST)
    gateway.receive("lain")
    assert gateway.texts() == ["lain"]
    waited = gateway.read(NOW + timedelta(minutes=10))
    assert [(row["isi"], row["bagian"], row["jumlah_bagian"]) for row in waited] == [("Lampu mati ", 1, 2)]
    assert gateway.texts(NOW + timedelta(minutes=11)) == []


def test_a_part_that_comes_late_completes_the_same_message(gateway: Gateway) -> None:
    gateway.receive("Lampu mati ", header=FIRST)
    number = gateway.read(NOW + timedelta(minutes=10))[0]["nomor"]
    for n in range(OVERLAP + 5):
        gateway.receive(f"{n}", at=NOW + timedelta(minutes=11))
    gateway.receive("sudah seminggu", header=SECOND, at=NOW + timedelta(minutes=12))
    whole = [row for row in gateway.read(NOW + timedelta(minutes=13)) if row["nomor"] == number]
    assert [(row["isi"], row.get("bagian")) for row in whole] == [("Lampu mati sudah seminggu", None)]


def test_a_reference_that_is_used_again_later_is_another_message(gateway: Gateway) -> None:
    later = NOW + timedelta(hours=3)
    gateway.receive("Pertama ", header=FIRST)
    gateway.receive("kedua ", header=FIRST, at=later)
    gateway.receive("lengkap", header=SECOND, at=later)
    assert sorted(gateway.texts(later + timedelta(minutes=20))) == ["Pertama ", "kedua lengkap"]


def test_within_the_window_another_text_of_the_same_part_begins_another_message(gateway: Gateway) -> None:
    for words in ("a", "c"):
        gateway.receive(words, header=FIRST)
        gateway.receive(words, header=SECOND)
    assert gateway.texts() == ["aa", "cc"]


def test_a_part_that_came_twice_is_counted_as_a_twin(gateway: Gateway, ctx: Context) -> None:
    for words, header in (("a", FIRST), ("a", FIRST), ("b", SECOND), ("b", SECOND)):
        gateway.receive(words, header=header)
    rows = gateway.read()
    assert sorted(row["isi"] for row in rows if not row.get("kembar")) == ["ab"]
    assert [parse(row, gateway.config, ctx) for row in rows if row.get("kembar")] == [Excluded(rule="bagian_kembar")] * 2


def test_an_id_that_appears_late_is_still_read(gateway: Gateway) -> None:
    """Two SMSD on one database: the later ID may be committed first."""
    gateway.receive("kedua", ID=5)
    assert gateway.texts() == ["kedua"]
    gateway.receive("pertama", ID=4)
    assert gateway.texts() == ["pertama"]


def test_a_gateway_that_was_set_up_anew_is_read_from_its_beginning(gateway: Gateway) -> None:
    for n in range(30):
        gateway.receive(f"lama {n}")
    old = {row["nomor"] for row in gateway.read()}
    with gateway.engine.begin() as connection:
        connection.execute(INBOX.delete())
    gateway.receive("baru", at=NOW + timedelta(hours=1), ID=1)
    fresh = gateway.read(NOW + timedelta(hours=1))
    assert [row["isi"] for row in fresh] == ["baru"]
    assert old.isdisjoint(row["nomor"] for row in fresh)
    assert gateway.read(NOW + timedelta(hours=1)) == []


def test_an_emptied_gateway_gives_nothing(gateway: Gateway) -> None:
    assert gateway.read() == []
    gateway.receive("a")
    gateway.read()
    with gateway.engine.begin() as connection:
        connection.execute(INBOX.delete())
    assert gateway.read() == []


def test_whatever_page_a_run_ends_at_no_message_is_lost_or_cut(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(f"sqlite:///{tmp_path}/b.sqlite", city, tmp_path)
    for n in range(40):
        at = NOW + timedelta(minutes=7 * n)
        gateway.receive(f"{n}a", header=f"050003{n:02X}0201", at=at)
        gateway.receive(f"{n}", at=at)
        if n % 5:
            gateway.receive(f"{n}b", header=f"050003{n:02X}0202", at=at + timedelta(minutes=4))
    end = NOW + timedelta(days=1)
    whole = {row["nomor"]: row["isi"] for row in gateway.read(end)}
    assert len(whole) == 80
    monkeypatch.setattr(tables, "ROWS", 7)
    context = Context(source="uji", city=city, now=end, data=tmp_path)
    cursors = [page.cursor for page in pages(Http(frozenset()), gateway.config, None, context)]
    given: dict[str, str] = {}
    for page, cursor in zip(pages(Http(frozenset()), gateway.config, None, context), cursors, strict=True):
        given |= {row["nomor"]: row["isi"] for row in page.rows}
        rest = {row["nomor"]: row["isi"] for row in gateway.read(end, json.loads(json.dumps(cursor)))}
        assert given | rest == whole


def test_what_is_asked_of_mysql() -> None:
    """The same question as the other databases are really asked, in MySQL's spelling."""
    database = tables.Database(url="mysql+pymysql://u:p@h/smsd", table="inbox", cursor="ID")  # type: ignore[arg-type]
    compiled = str(tables._query(database, COLUMNS, ["bulat", "7"]).compile(dialect=mysql.dialect()))  # type: ignore[no-untyped-call]
    assert compiled.startswith(
        "SELECT inbox.`ID`, inbox.`ReceivingDateTime`, inbox.`SenderNumber`, inbox.`RecipientID`, inbox.`UDH`,"
    )
    assert "WHERE inbox.`ID` >= %s OR inbox.`ID` IS NULL ORDER BY inbox.`ID`" in compiled.replace("\n", "")
    assert sa.create_engine("mysql+pymysql://u:p@h/smsd").dialect.driver == "pymysql"


def test_troubles_say_what_to_do(city: City, tmp_path: Path, postgres_url: str) -> None:
    ctx = Context(source="uji", city=city, now=NOW, data=tmp_path)

    def ask(url: str) -> None:
        list(pages(Http(frozenset()), Gammu.model_validate({"url": url}), None, ctx))

    for url, error in (
        ("sqlite:///belum/ada.sqlite", TryLater),
        ("sqlite:////etc/passwd", Refused),
        ("bukan alamat", Refused),
        ("tiada://x/y", Refused),
        (postgres_url, FormChanged),
        (postgres_url.replace("liveroom@", "entah@"), (AskForAccess, TryLater)),
        ("mysql+pymysql://u:p@127.0.0.1:9/smsd?connect_timeout=1", TryLater),
    ):
        with pytest.raises(error):  # type: ignore[call-overload]
            ask(url)


# --- messages -------------------------------------------------------------------------------------

ROW = SAMPLE.rows[0]


def told(words: str, ctx: Context, **settings: Any) -> tuple[Complaint, Place]:
    keywords = {"sampah": "Sampah", "lampu merah": "Lalu lintas", "lampu": "Lampu jalan"}
    config = Gammu.model_validate({"url": "sqlite:///x", "keywords": keywords} | settings)
    kept = parse(ROW | {"isi": words}, config, ctx)
    assert isinstance(kept, Kept)
    assert isinstance(kept.record, Complaint)
    return kept.record, kept.place


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("ADUAN#SAMPAH#Cipondoh#lampu mati", "Sampah"),
        ("aduan * Lampu * jl mawar", "Lampu jalan"),
        ("ADUAN#ENTAH#ada sampah", "Sampah"),
        ("Lampu merah rusak", "Lalu lintas"),
        ("lampunya mati", "Lampu jalan"),
        ("perempatan berlampu", "Lainnya"),
        ("halo", "Lainnya"),
    ],
)
def test_a_keyword_gives_the_category(ctx: Context, words: str, category: str) -> None:
    record, _ = told(words, ctx)
    assert (record.category, record.channel, record.status, record.closed) == (category, "SMS", Status.WAITING, None)
    assert (record.text, record.reporter) == (words, "+628120000001")


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("ADUAN#SAMPAH#Sukasari#menumpuk", Place(kelurahan="Sukasari")),
        ("got mampet, daerah Gandasari", Place(kelurahan="Gandasari")),
        ("di kel. Sukasari kec. Tangerang", Place(kelurahan="Sukasari", kecamatan="Tangerang")),
        ("macet di jalan menuju Sukasari terus", Place()),
    ],
)
def test_a_place_is_taken_where_it_is_said_clearly(ctx: Context, words: str, place: Place) -> None:
    assert told(words, ctx)[1] == place


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kelas": USSD}, "ussd"),
        ({"hp_pengirim": "TELKOMSEL"}, "pengirim_dikecualikan"),
        ({"hp_pengirim": "3636"}, "pengirim_dikecualikan"),
        ({"hp_pengirim": "+628110000000"}, "pengirim_dikecualikan"),
        ({"penerima": "modem9"}, "penerima_lain"),
        ({"isi": "  "}, "tanpa_teks"),
    ],
)
def test_what_is_no_complaint_is_excluded_by_its_rule(ctx: Context, changes: dict[str, Any], rule: str) -> None:
    excluded = [r"[^+\d].*", r"\d{1,6}", r"\+628110000000"]
    config = Gammu.model_validate({"url": "sqlite:///x", "recipients": ["modem1"], "excluded": excluded})
    assert parse(ROW | changes, config, ctx) == Excluded(rule=rule)


def test_times_are_utc_on_sqlite_and_the_city_s_elsewhere_unless_declared(ctx: Context) -> None:
    received = {
        url: told("x", ctx, url=url, **more)[0].received
        for url, more in (("sqlite:///x", {}), ("mysql+pymysql://h/x", {}), ("postgresql://h/x", {"zone": "Asia/Jayapura"}))
    }
    assert [moment.hour for moment in received.values()] == [1, 18, 16]
    with pytest.raises(BadRow, match="diterima"):
        parse(ROW | {"diterima": "0000-00-00 00:00:00"}, Gammu.model_validate({"url": "sqlite:///x"}), ctx)


def test_a_message_that_lacks_parts_says_so(ctx: Context) -> None:
    kept = parse(ROW | {"isi": "lampu", "bagian": 1, "jumlah_bagian": 3}, Gammu.model_validate({"url": "sqlite:///x"}), ctx)
    assert isinstance(kept, Kept)
    assert isinstance(kept.record, Complaint)
    assert kept.record.text == "lampu [1 dari 3 bagian diterima]"


def test_settings_that_cannot_work_are_refused() -> None:
    for wrong in ({"excluded": ["("]}, {"wait": "3h"}, {"window": "1s"}):
        with pytest.raises(ValidationError):
            Gammu.model_validate({"url": "sqlite:///x"} | wrong)


# --- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("050003C80201", Part(bits=8, reference=0xC8, total=2, number=1)),
        ("06080412340302", Part(bits=16, reference=0x1234, total=3, number=2)),
        ("0B0504158200000003C80202", Part(bits=8, reference=0xC8, total=2, number=2)),  # after a port
        *((junk, None) for junk in ("", None, "zz", "05", "050003C80200", "050003C80203", "050003C80101", "0003", "FF")),
    ],
)
def test_what_a_header_says(header: object, found: Part | None) -> None:
    assert part(header) == found


@given(st.binary(max_size=40))
def test_no_header_is_too_strange(header: bytes) -> None:
    found = part(header.hex())
    assert found is None or (found.total > 1 and 1 <= found.number <= found.total)
