"""What became of complaints by SMS, out of what the gateway sent: on real SQLite and PostgreSQL; MySQL's question as compiled."""

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
from connectors.source import BadRow, Context, Excluded, FormChanged, Kept
from connectors.sources import _gammu_reading
from connectors.sources._gammu_replies import COLUMNS, line, spellings
from connectors.sources._gammu_tables import GATEWAY, INBOX, SENT, received, sent
from connectors.sources.gammu import SAMPLE, Gammu, pages, parse
from layers.city import City
from layers.model import Complaint, Status

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
SITI, BUDI = "+628120000001", "+628120000002"
WORDS = {
    "belum selesai": "diproses",
    "dibuka kembali": "diproses",
    "diteruskan": "diproses",
    "bukan kewenangan": "bukan_kewenangan",
    "duplikat": "duplikat",
    "selesai": "selesai",
}


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


class Desk:
    """A gateway's database, what goes in and out of it, and what a room makes of it run by run."""

    def __init__(self, url: str, city: City, data: Path) -> None:
        self.url, self.city, self.data = url, city, data
        self.engine = sa.create_engine(url)
        GATEWAY.drop_all(self.engine)
        GATEWAY.create_all(self.engine)
        self.config = self.configured()
        self.cursor: Any = None
        self.known: dict[str, Complaint] = {}
        self.rules: list[str] = []
        self.queued = 0

    def configured(self, **settings: Any) -> Gammu:
        return Gammu.model_validate(
            {"url": self.url, "zone": "UTC", "thanks": ["terima kasih", "pak"], "replies": WORDS} | settings
        )

    def write(self, sender: str, words: str, minute: float, udh: str = "") -> None:
        with self.engine.begin() as connection:
            connection.execute(INBOX.insert(), [received(after(minute), sender, words, udh)])

    def send(self, to: str, words: str, minute: float, *, part: int = 1, **more: Any) -> int:
        """Send a part; the first of a message takes the next number of the queue."""
        self.queued += part == 1
        with self.engine.begin() as connection:
            connection.execute(SENT.insert(), [sent(after(minute), self.queued, to, words, part) | more])
        return self.queued

    def context(self) -> Context:
        return Context(source="uji", city=self.city, now=after(600), data=self.data)

    def read(self, cursor: Any = ...) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in pages(Http(frozenset()), self.config, self.cursor if cursor is ... else cursor, self.context()):
            rows += [dict(row) for row in page.rows]
            self.cursor = json.loads(json.dumps(page.cursor))
        return rows

    def take(self, rows: list[dict[str, Any]]) -> None:
        """Hold what each row says, as the store does: the version that is known last holds."""
        for row in rows:
            read = parse(row, self.config, self.context())
            if isinstance(read, Excluded):
                self.rules.append(read.rule)
                continue
            record = read.record
            assert isinstance(record, Complaint)
            assert record.known_at is not None
            held = self.known.get(record.source_id)
            if held is None or held.known_at is None or record.known_at > held.known_at:
                self.known[record.source_id] = record
            elif record.known_at == held.known_at:
                assert record == held

    def run(self) -> int:
        rows = self.read()
        self.take(rows)
        return len(rows)

    def of(self, words: str) -> Complaint:
        return next(record for record in self.known.values() if record.text and record.text.startswith(words))

    def state(self, words: str) -> tuple[str, Any, Any]:
        """Status, and minutes until answered and closed."""
        found = self.of(words)
        minutes = [None if at is None else (at - NOW).total_seconds() / 60 for at in (found.responded, found.closed)]
        return found.status.value, minutes[0], minutes[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, city: City, tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/smsd.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = Desk(url, city, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def lite(city: City, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(f"sqlite:///{tmp_path}/smsd.sqlite", city, tmp_path)
    yield made
    made.engine.dispose()


def test_replies_of_later_runs_make_new_versions(desk: Desk) -> None:
    desk.write(SITI, "sampah menumpuk", 0)
    assert desk.run() == 1
    assert desk.state("sampah") == ("menunggu", None, None)
    desk.send(SITI, "Laporan sudah kami baca", 5)
    assert desk.run() == 1
    assert desk.state("sampah") == ("menunggu", 5, None)
    desk.send(SITI, "Diteruskan ke DLH", 10)
    desk.run()
    assert desk.state("sampah") == ("diproses", 5, None)
    desk.send(SITI, "Sudah selesai diangkut", 90)
    desk.run()
    assert desk.state("sampah") == ("selesai", 5, 90)
    assert desk.run() == 0
    assert desk.of("sampah").reporter == SITI


def test_all_at_once_is_as_one_by_one(desk: Desk) -> None:
    desk.write(SITI, "sampah menumpuk", 0)
    desk.send(SITI, "Diteruskan ke DLH", 10)
    desk.send(SITI, "selesai", 90)
    assert desk.run() == 3
    assert desk.state("sampah") == ("selesai", 10, 90)


def test_a_reply_belongs_to_the_message_it_names_else_to_the_latest_before_it(desk: Desk) -> None:
    desk.write(SITI, "satu", 0)
    desk.write(SITI, "dua", 10)
    desk.write(BUDI, "tiga", 11)
    desk.send(SITI, "Aduan #1 selesai", 20)
    desk.send(SITI, "Diteruskan ke DLH", 21)
    desk.send(BUDI, "Aduan #1 duplikat", 22)  # not his: what he is told is about his own
    desk.write(SITI, "empat", 30)
    desk.run()
    assert [desk.state(words) for words in ("satu", "dua", "tiga", "empat")] == [
        ("selesai", 20, 20),
        ("diproses", 21, None),
        ("duplikat", 22, 22),
        ("menunggu", None, None),
    ]


def test_a_declared_pattern_names_messages(desk: Desk) -> None:
    desk.config = desk.configured(number=r"AD-(\d+)")
    desk.write(SITI, "satu", 0)
    desk.write(SITI, "dua", 1)
    desk.send(SITI, "AD-1 #2 selesai", 9)
    desk.run()
    assert (desk.state("satu")[0], desk.state("dua")[0]) == ("selesai", "menunggu")


def test_a_number_may_be_written_in_any_way(desk: Desk) -> None:
    for n, to in enumerate(("08120000001", "628120000001", "+628120000001", "0812-0000-001")):
        desk.write(SITI, f"aduan{n}", 10 * n)
        desk.send(to, "selesai", 10 * n + 5)
    desk.run()
    assert [desk.state(f"aduan{n}") for n in range(4)] == [("selesai", 10 * n + 5, 10 * n + 5) for n in range(4)]


def test_a_reply_in_parts_is_one_also_when_they_come_in_two_runs(desk: Desk) -> None:
    desk.write(SITI, "sampah", 0)
    desk.send(SITI, "Yth. pelapor, sampah sudah kami angkut dan aduan ini ", 7)
    desk.run()
    assert desk.state("sampah") == ("menunggu", 7, None)
    desk.send(SITI, "selesai", 7, part=2)  # within the same second
    desk.run()
    assert desk.state("sampah") == ("selesai", 7, 7)


def test_a_message_that_comes_whole_after_its_reply_stays_answered(desk: Desk) -> None:
    desk.write(SITI, "Lampu mati ", 0, "050003C80201")
    desk.send(SITI, "Diteruskan ke Dishub", 0)  # at once
    desk.run()
    desk.write(SITI, "sudah seminggu", 0, "050003C80202")
    desk.run()
    assert desk.state("Lampu mati") == ("diproses", 0, None)
    desk.send(SITI, "selesai", 60)
    desk.run()
    assert desk.of("Lampu mati sudah seminggu").status is Status.DONE


def test_what_was_not_sent_answers_nobody_until_it_is(desk: Desk) -> None:
    desk.write(SITI, "sampah", 0)
    desk.send(SITI, "selesai", 5, Status="SendingError")
    number = desk.send(SITI, "Diteruskan", 6, Status="DeliveryFailed")
    desk.run()
    assert desk.state("sampah") == ("menunggu", None, None)
    assert desk.rules == ["balasan_tidak_terkirim"] * 2
    with desk.engine.begin() as connection:
        told = {"Status": "DeliveryOK", "UpdatedInDB": after(8).replace(tzinfo=None)}
        connection.execute(sa.update(SENT).where(number == SENT.c.ID).values(told))
    desk.run()
    assert desk.state("sampah") == ("diproses", 6, None)


def test_a_part_that_is_written_late_or_under_a_lower_number_is_still_read(desk: Desk) -> None:
    desk.write(SITI, "satu", 0)
    desk.write(BUDI, "dua", 0)
    desk.send(SITI, "selesai", 9, ID=70)
    desk.run()
    desk.send(BUDI, "selesai", 4, ID=60)
    assert desk.run() == 1
    assert desk.state("dua") == ("selesai", 4, 4)


def test_what_answers_no_complaint_is_excluded_by_its_rule(desk: Desk) -> None:
    desk.config = desk.configured(automatic=["kami terima"])
    desk.send(SITI, "Rapat jam 2", -5)  # before he ever wrote
    desk.write(SITI, "sampah", 0)
    desk.send(SITI, "Aduan #1 kami terima, akan selesai dalam 5 hari", 0)
    desk.send(BUDI, "selesai", 3)
    desk.run()
    assert desk.rules == ["balasan_tanpa_aduan", "balasan_otomatis", "balasan_tanpa_aduan"]
    assert desk.state("sampah") == ("menunggu", None, None)


def test_thanks_are_no_complaint_and_take_no_reply(desk: Desk) -> None:
    desk.write(SITI, "sampah", 0)
    desk.write(SITI, "Terima kasih, Pak!", 10)
    desk.write(SITI, "Terima kasih, lampu juga mati pak", 10)
    desk.write(BUDI, "got mampet", 11)
    desk.write(BUDI, "TERIMA KASIH", 12)
    desk.send(BUDI, "selesai", 20)
    desk.run()
    assert desk.rules == ["ucapan", "ucapan"]
    assert {record.text for record in desk.known.values()} == {"sampah", "Terima kasih, lampu juga mati pak", "got mampet"}
    assert desk.state("got mampet") == ("selesai", 20, 20)


def test_the_declared_order_of_the_words_decides_and_a_closed_complaint_may_open_again(desk: Desk) -> None:
    desk.write(SITI, "sampah", 0)
    desk.send(SITI, "Mohon maaf, belum selesai", 5)
    desk.run()
    assert desk.state("sampah") == ("diproses", 5, None)
    for minute, words in (
        (10, "selesai"),
        (12, "selesai, terima kasih"),
        (20, "dibuka kembali"),
        (40, "duplikat"),
        (50, "selesai"),
    ):
        desk.send(SITI, words, minute)
    desk.run()
    assert desk.state("sampah") == ("selesai", 5, 40)
    assert desk.of("sampah").reopened == after(20)


def test_without_declared_replies_nothing_is_asked_of_what_was_sent(desk: Desk) -> None:
    desk.config = desk.configured(replies=None)
    desk.write(SITI, "sampah", 0)
    SENT.drop(desk.engine)
    desk.run()
    assert desk.state("sampah") == ("menunggu", None, None)
    desk.config = desk.configured(replies={})
    with pytest.raises(FormChanged):
        desk.run()


def test_an_empty_table_of_words_says_only_when_it_was_answered(lite: Desk) -> None:
    lite.config = lite.configured(replies={})
    lite.write(SITI, "sampah", 0)
    lite.send(SITI, "selesai", 5)
    lite.run()
    assert lite.state("sampah") == ("menunggu", 5, None)


def test_nothing_of_a_citizen_stays_in_the_cursor(desk: Desk) -> None:
    desk.write(SITI, "sampah di rumah Siti", 0)
    desk.send("08120000001", "Bu Siti, sudah selesai", 5)
    desk.send("08129999999", "Rapat", 6)
    rows = desk.read()
    said = json.dumps(desk.cursor)
    assert not any(trace in said for trace in ("8120000001", "8129999999", "Siti", "sampah"))
    assert "8129999999" not in json.dumps(rows)  # one to whom the city wrote, who complained of nothing
    assert "Rapat" not in json.dumps(rows)


def test_whatever_page_a_run_ends_at_the_end_is_the_same(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS", 7)
    monkeypatch.setattr(_gammu_reading, "LINES", 2)
    monkeypatch.setattr(_gammu_reading, "REMEMBERED", 5)
    for n in range(30):
        lite.write(f"+62812{n % 6:07}", f"aduan {n}.", 7 * n)
        if n % 4:
            lite.send(f"0812{n % 6:07}", "Aduan diteruskan", 7 * n + 3)
        if n % 3 == 0:
            lite.send(f"0812{n % 6:07}", f"Aduan #{n + 1} ", 7 * n + 4)
            lite.send(f"0812{n % 6:07}", "selesai", 7 * n + 4, part=2)
    lite.run()
    whole = lite.known
    assert {record.status for record in whole.values()} == {Status.WAITING, Status.IN_PROCESS, Status.DONE}
    context = lite.context()
    cut = list(pages(Http(frozenset()), lite.config, None, context))
    assert len(cut) > 10
    for upto in range(1, len(cut)):
        lite.known = {}
        lite.take([dict(row) for page in cut[:upto] for row in page.rows])
        lite.take(lite.read(json.loads(json.dumps(cut[upto - 1].cursor))))
        assert lite.known == whole
    assert len(json.dumps(lite.cursor)) < 1_000


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"status": "beres"}, "status"),
        ({"aturan": "entah"}, "aturan"),
        ({"urutan": "banyak"}, "urutan"),
        ({"diketahui": "kemarin"}, "diketahui"),
        ({"ditutup": ""}, "ditutup"),
    ],
)
def test_a_row_that_cannot_be_so_is_said_to_be_bad(city: City, tmp_path: Path, wrong: dict[str, Any], field: str) -> None:
    context = Context(source="uji", city=city, now=NOW, data=tmp_path)
    assert isinstance(parse(SAMPLE.rows[1], Gammu.model_validate(SAMPLE.config), context), Kept)
    with pytest.raises(BadRow) as bad:
        parse({**SAMPLE.rows[1], **wrong}, Gammu.model_validate(SAMPLE.config), context)
    assert bad.value.field == field


@pytest.mark.parametrize(
    "wrong", [{"number": r"#\d+"}, {"number": "("}, {"replies": {"selesai": "beres"}}, {"replies": {"": "selesai"}}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Gammu.model_validate({"url": "sqlite:///x"} | wrong)


def test_what_is_asked_of_mysql() -> None:
    database = tables.Database(
        url="mysql+pymysql://u:p@h/smsd",  # type: ignore[arg-type]
        table="sentitems",
        cursor="UpdatedInDB",
        lag=_gammu_reading.LAG,
    )
    query = tables._query(database, COLUMNS, ["waktu", "2026-11-22T03:00:00"], ("DestinationNumber", ["0812", "62812"]))
    compiled = query.compile(dialect=mysql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    where = str(compiled).replace("\n", "").partition("FROM ")[2]
    assert where == (
        "sentitems WHERE sentitems.`DestinationNumber` IN ('0812', '62812') "
        "AND (sentitems.`UpdatedInDB` >= '2026-11-22 02:50:00' OR sentitems.`UpdatedInDB` IS NULL) "
        "ORDER BY sentitems.`UpdatedInDB`"
    )


@given(st.from_regex(r"8[0-9]{8,11}", fullmatch=True))
def test_every_spelling_of_a_line_is_that_line(subscriber: str) -> None:
    line_of = line(f"+62{subscriber}")
    assert {line(spelling) for spelling in spellings(line_of)} == {line_of} == {f"0{subscriber}"}
    assert {f"0{subscriber}", f"62{subscriber}", f"+62{subscriber}"} == set(spellings(line_of))


@pytest.mark.parametrize("other", ["3636", "TELKOMSEL", "+6591234567", "*888#", "112", ""])
def test_what_is_no_indonesian_number_is_left_as_it_is(other: str) -> None:
    assert spellings(line(other)) == (other,)
