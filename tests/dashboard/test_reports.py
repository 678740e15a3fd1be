"""Scheduled reports through the real store, accounts and a mail server: once, with whose rights, and what the files say."""

from __future__ import annotations

import asyncio
import email
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import openpyxl
import pytest
from argon2 import PasswordHasher
from pypdf import PdfReader
from sqlalchemy import select

from connectors import notify
from connectors.notify import Notifier, deliver
from connectors.publishing import Publisher, publish_quietly
from dashboard import reports, text
from dashboard.export import press
from dashboard.feed import Hub
from dashboard.past import Machine
from dashboard.reports import NotTheirs, Reporter, put_now, reporting
from dashboard.wiring import opened
from layers import clock, schema
from layers.accounts import Accounts
from layers.areas import AreaTree
from layers.auditlog import read_audit
from layers.cache import Cache
from layers.clock import SetClock
from layers.model import Complaint, Role, Scope
from layers.people import People
from layers.publish import read_snapshot
from layers.reportbook import ReportBook, Turn, listing
from layers.reportplan import Reports
from layers.settings import Settings, from_environment
from layers.store import Store
from tests.connectors.test_notify import Mail
from tests.layers.made import DAY, HOUR, SECRET, complaint, give

SEVEN = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
"""Tuesday 07.00 WIB."""
ADMIN = Scope(user="admin", role=Role.ADMIN)
PASSWORD = "kuda-benar-baterai-staples"
FILE = """
[addresses]
"kadis dlh" = "${SURAT}&to=kadis@kota.id"
analis = "${SURAT}&to=analis@kota.id"

[[reports]]
name = "pekan-dlh"
page = "/opd/dlh?days=30"
to = ["kadis dlh"]
days = ["selasa"]
at = "07.00"

[[reports]]
name = "pandangan"
page = "/analisis?kpi=aduan_masuk_30h&by=opd"
to = ["analis"]
dates = [24]
at = "07.00"
lang = "en"
"""


@dataclass
class Desk:
    """A room that published its figures at seven, with its accounts and a mail server."""

    settings: Settings
    store: Store
    people: People
    hub: Hub
    mail: Mail

    def reporter(self) -> Reporter:
        return Reporter(self.settings, self.hub, Machine(self.hub), self.people)

    def look(self, moment: datetime, reporter: Reporter | None = None) -> None:
        at(moment)
        looking = reporter or self.reporter()
        asyncio.run(looking.look())
        looking.close()

    def send(self) -> list[EmailMessage]:
        """What reaches people now."""
        before = len(self.mail.messages)
        Notifier.of(self.settings, self.store).once()
        return [email.message_from_string(raw, policy=default) for raw in self.mail.messages[before:]]  # type: ignore[misc]

    def audit(self) -> list[tuple[str, str | None]]:
        """What the audit says of reports, oldest first, with the reason."""
        found = read_audit(ADMIN, self.people).lines
        return [(line.what, line.detail.get("sebab")) for line in reversed(found) if line.what.startswith("laporan")]


def at(moment: datetime) -> None:
    clock.set_clock(SetClock(start=moment, since=0, speed=0))


@dataclass(frozen=True)
class Published:
    """What stays the same for all tests: the data folder with the figures of seven, the hub that shows them, the mail server."""

    settings: Settings
    store: Store
    hub: Hub
    mail: Mail


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("laporan") / "data"
    folder.mkdir()
    (folder / "reports.toml").write_text(FILE)
    with Mail() as mail:
        host, port = mail.server_address[:2]
        surat = f"mailto://{host!s}:{port}/?from=ruang@kota.id&mode=insecure"
        settings = from_environment({"LIVEROOM_DATA": str(folder), "LIVEROOM_SECRET": SECRET, "SURAT": surat})
        store = Store.of(settings)
        at(SEVEN)
        give(store, [case(n) for n in range(1, 18)], now=SEVEN - DAY)
        publish_quietly(Publisher(settings, store, AreaTree.of(settings.city), Cache("unix:///nowhere/s", settings.city.code)))
        hub, people = opened(settings)
        snapshot = read_snapshot(folder / "frames")
        assert snapshot is not None
        hub.put(snapshot)
        clock.set_clock(None)
        yield Published(settings, store, hub, mail)
        people.close()
        store.close()


def case(n: int) -> Complaint:
    """One of 11 overdue complaints of one OPD and 6 of another."""
    received, opd = SEVEN - 3 * DAY - n * HOUR, "dlh" if n < 12 else "dpupr"
    return complaint(f"c{n}", opd=opd, received=received, due=SEVEN - n * HOUR, seen_at=SEVEN - DAY)


@pytest.fixture
def desk(published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(notify, "AT_ONCE", 1)
    settings = replace(published.settings, people_url=f"sqlite:///{tmp_path}/p.sqlite")
    with published.store.write() as connection:
        for table in (schema.report, schema.notice):
            connection.execute(table.delete())
    published.mail.messages.clear()
    published.mail.dead = False
    people = People(settings.people_url, SECRET, PasswordHasher(1, 8, 1))
    people.open()
    people.add_user("Kadis DLH", PASSWORD, Role.OPD_HEAD, opds=["dlh"])
    people.add_user("analis", PASSWORD, Role.ANALYST)
    yield Desk(settings, published.store, people, published.hub, published.mail)
    people.close()


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody reads the files, they are not set in type."""
    monkeypatch.setattr(press, "_press", lambda *_: b"%PDF-")


def turns(store: Store) -> list[tuple[str, str | None, bool]]:
    """Kept turns but the first marks: report, why it is not sent, whether its files are still held."""
    table = schema.report.c
    query = select(table.report, table.why, table.pdf.is_not(None)).where(table.key.like("laporan:%")).order_by(table.report)
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def attached(message: EmailMessage) -> tuple[str, openpyxl.Workbook]:
    """What the PDF says, and the workbook."""
    files = {part.get_filename("").rpartition(".")[2]: part for part in message.iter_attachments()}
    assert files["pdf"].get_content_type() == "application/pdf"
    assert "spreadsheetml" in files["xlsx"].get_content_type()
    pdf = files["pdf"].get_payload(decode=True)
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF-")
    said = " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    book = files["xlsx"].get_payload(decode=True)
    assert isinstance(book, bytes)
    return said, openpyxl.load_workbook(io.BytesIO(book))


def test_a_report_comes_once_at_its_time_with_the_figures_of_the_page_in_both_files(desk: Desk) -> None:
    desk.look(SEVEN - HOUR)
    assert desk.send() == []
    for _ in range(2):  # and a worker that was started again
        desk.look(SEVEN + HOUR / 60)
    assert turns(desk.store) == [("pandangan", None, True), ("pekan-dlh", None, True)]
    found = {str(message["to"]): message for message in desk.send()}
    assert desk.send() == []
    assert found.keys() == {"kadis@kota.id", "analis@kota.id"}
    desk.look(SEVEN + HOUR)
    assert turns(desk.store) == [("pandangan", None, False), ("pekan-dlh", None, False)]
    assert sorted(desk.audit()) == [("laporan disusun", None)] * 2 + [("laporan terkirim", None)] * 2

    message = found["kadis@kota.id"]
    assert "Dinas Lingkungan Hidup" in message["subject"]
    page = message.get_body(("html",))
    assert page is not None
    assert "/opd/dlh?days=30" in page.get_content()
    said, book = attached(message)
    figures = book.worksheets[0]
    heads = [cell.value for cell in figures[1]]
    rows = [dict(zip(heads, row, strict=True)) for row in figures.iter_rows(min_row=2, values_only=True)]
    values = {row["Kode"]: row["Nilai"] for row in rows}
    assert values["aduan_terbuka"] == values["aduan_lewat_tenggat"] == 11, "those of this OPD alone"
    for row in rows:
        if row["Nilai"] is not None:
            assert text.number(float(row["Nilai"]), 2) in said, row
    assert "Sumber dan rumus" in said
    assert "Dinas Lingkungan Hidup" in said
    about = " ".join(str(cell.value) for row in book["Sumber dan rumus"] for cell in row)
    assert "/opd/dlh?days=30" in about
    assert "Potret" in about

    said, book = attached(found["analis@kota.id"])
    cells = {row[0]: row[1] for row in book.worksheets[0].iter_rows(min_row=2, max_col=2, values_only=True)}
    assert sorted(value for value in cells.values() if isinstance(value, int | float) and value) == [6, 11], cells
    assert "Scheduled report pandangan" in found["analis@kota.id"].get_body(("html",)).get_content()  # type: ignore[union-attr]
    told = listing(desk.settings.reports, ReportBook(desk.store), {"analis"}, clock.now(), desk.settings.city.zone).splitlines()
    assert told[0] == "pekan-dlh: /opd/dlh?days=30, selasa 07.00; berikutnya 01-12-2026 07.00"
    assert told[1].startswith("  kadis dlh: terakhir 24-11-2026 07.")
    assert told[3].endswith("tidak akan dikirim: akun tidak ada atau sudah ditutup")
    assert told[2].endswith("tanggal 24 07.00; berikutnya 24-12-2026 07.00")


@pytest.mark.usefixtures("unset")
def test_figures_of_before_wait_for_those_of_the_day_and_a_room_that_was_off_sends_the_newest_once(desk: Desk) -> None:
    desk.look(SEVEN - 8 * DAY)
    desk.look(SEVEN + 8 * DAY)  # 1 December 07.00 has passed, and the figures are of 24 November
    assert turns(desk.store) == [("pandangan", None, True)], "of 24 November, and missed then"
    assert len(desk.send()) == 1


@pytest.mark.usefixtures("unset")
@pytest.mark.parametrize("when", ["before", "between"])
def test_a_closed_account_is_sent_nothing(desk: Desk, when: str, caplog: pytest.LogCaptureFixture) -> None:
    desk.look(SEVEN - HOUR)
    if when == "between":
        desk.look(SEVEN)
    Accounts(desk.people).remove(ADMIN, "kadis dlh", SEVEN)
    with caplog.at_level(logging.WARNING):
        desk.look(SEVEN)
        assert [str(message["to"]) for message in desk.send()] == ["analis@kota.id"]
        desk.look(SEVEN + HOUR)
    assert ("pekan-dlh", "akun tidak ada atau sudah ditutup", False) in turns(desk.store)
    assert ("laporan tidak terkirim", "akun tidak ada atau sudah ditutup") in desk.audit()
    assert "pekan-dlh" in caplog.text
    assert "kadis" not in caplog.text, "the log names nobody"


@pytest.mark.usefixtures("unset")
def test_rights_that_were_lost_are_not_used_any_more(desk: Desk) -> None:
    desk.look(SEVEN - HOUR)
    accounts = Accounts(desk.people)
    accounts.remove(ADMIN, "kadis dlh", SEVEN)
    desk.people.add_user("kadis dlh", PASSWORD, Role.OPD_HEAD, opds=["dpupr"])
    desk.look(SEVEN)
    accounts.remove(ADMIN, "analis", SEVEN)
    desk.people.add_user("analis", PASSWORD, Role.ANALYST, opds=["dlh"])  # drawn with more than it has now
    assert desk.send() == []
    desk.look(SEVEN + HOUR)
    assert turns(desk.store) == [
        ("pandangan", "hak akun berubah sejak laporan disusun", False),
        ("pekan-dlh", "halaman tidak ada atau di luar hak akun ini", False),
    ]
    assert [what for what, why in desk.audit() if why] == ["laporan tidak terkirim"] * 2


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("/entah", "halaman tidak ada atau di luar hak akun ini"),
        ("/pengguna", "halaman tidak ada atau di luar hak akun ini"),
        ("/opd/dlh?opd=dpupr", None),
        ("/kelurahan/36.71?opd=dpupr", "halaman tidak ada atau di luar hak akun ini"),
        ("/kelurahan/36.71?days=nol", "alamat halaman tidak dapat dibaca: /kelurahan/36.71?days=nol"),
        ("/ringkasan/dlh", "halaman tidak memuat apa pun untuk akun ini"),
        ("/dinding", "halaman ini tidak memberi laporan"),
    ],
)
@pytest.mark.usefixtures("unset")
def test_a_page_that_gives_the_account_nothing_is_said(desk: Desk, page: str, why: str | None) -> None:
    wanted = desk.settings.reports.report("pekan-dlh").model_copy(update={"page": page})
    reporter, turn = desk.reporter(), Turn(report=wanted, account="kadis dlh", due=SEVEN, plan="")
    at(SEVEN)
    if why:
        with pytest.raises(NotTheirs, match=re.escape(why)):
            asyncio.run(reporter.make(turn))
    else:
        assert asyncio.run(reporter.make(turn))
    reporter.close()


@pytest.mark.usefixtures("unset")
def test_a_dead_mail_server_and_a_crash_lose_nothing_and_send_nothing_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.look(SEVEN - HOUR)
    with monkeypatch.context() as patch:
        patch.setattr(ReportBook, "keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.look(SEVEN)
    assert turns(desk.store) == []
    desk.look(SEVEN + HOUR / 20)
    desk.mail.dead = True
    assert desk.send() == []
    waits = ReportBook(desk.store).standing()["pekan-dlh", "kadis dlh"]
    assert waits.open == "menunggu, 1 kali dicoba"
    desk.mail.dead = False
    at(SEVEN + HOUR)
    assert len(desk.send()) == 2
    assert desk.send() == []


@pytest.mark.usefixtures("unset")
def test_by_hand_it_goes_now_to_whom_it_is_named_for(desk: Desk) -> None:
    with pytest.raises(ValueError, match="belum ada alamat"):
        put_now(desk.settings, "pekan-dlh", ["lurah"], "konsol")
    at(SEVEN)
    Accounts(desk.people).remove(ADMIN, "kadis dlh", SEVEN)
    put = put_now(desk.settings, "pekan-dlh", ["kadis dlh", "analis"], "konsol")
    desk.mail.dead = True
    gone = "kadis dlh: tidak dikirim: akun tidak ada atau sudah ditutup"
    assert deliver(desk.settings, put) == (f"{gone}\nanalis: belum terkirim; ruang yang berjalan mencobanya lagi", False)
    desk.mail.dead = False
    at(SEVEN + HOUR)
    assert deliver(desk.settings, put) == (f"{gone}\nanalis: terkirim", False)
    assert len(desk.mail.messages) == 1
    assert [what for what, _ in desk.audit()] == ["laporan disusun"]
    desk.look(SEVEN - HOUR)
    desk.look(SEVEN)  # what was sent by hand takes nobody's turn
    assert [report for report, *_ in turns(desk.store)] == ["pandangan", "pekan-dlh", "pekan-dlh"]


@pytest.mark.usefixtures("unset")
def test_the_server_looks_by_itself_and_names_a_page_that_is_none(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.look(SEVEN - HOUR)
    reports = desk.settings.reports
    odd = reports.reports[0].model_copy(update={"name": "salah", "page": "/entah"})
    desk.settings = replace(desk.settings, reports=reports.model_copy(update={"reports": (*reports.reports, odd)}))
    at(SEVEN)

    async def served() -> None:
        async with reporting(desk.settings, desk.hub, Machine(desk.hub), desk.people):
            for _ in range(400):
                if len(turns(desk.store)) == 2:
                    return
                await asyncio.sleep(0.05)

    asyncio.run(served())
    assert "nama=salah keadaan='halaman tidak ada" in caplog.text
    assert len(turns(desk.store)) == 2


@pytest.mark.usefixtures("unset")
def test_what_no_mail_can_carry_is_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "LARGEST", 1000)
    desk.look(SEVEN - HOUR)
    desk.look(SEVEN)
    assert [held for _, _, held in turns(desk.store)] == [False, False]
    assert desk.send() == []
    assert {what for what, why in desk.audit() if why and "terlalu besar" in why} == {"laporan tidak terkirim"}


@pytest.mark.usefixtures("unset")
def test_a_room_without_reports_holds_no_files_of_those_it_had(desk: Desk) -> None:
    """The file was taken away while two mails waited: the restart that reads it lets go of them."""
    desk.look(SEVEN - HOUR)
    desk.look(SEVEN)
    assert [held for _, _, held in turns(desk.store)] == [True, True]
    none = replace(desk.settings, reports=Reports())

    async def started() -> None:
        async with reporting(none, desk.hub, Machine(desk.hub), desk.people), asyncio.timeout(10):
            while any(held for _, _, held in turns(desk.store)):  # noqa: ASYNC110 - it is told by the store alone
                await asyncio.sleep(0.02)

    asyncio.run(started())
    assert [held for _, _, held in turns(desk.store)] == [False, False]
    assert desk.send() == []
