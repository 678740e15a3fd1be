"""The turns of reports on both databases: a new plan begins with its next turn, each is kept once, what became of it is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import select

from layers import outbox, schema
from layers.alarmrules import NotifyTarget
from layers.auditlog import read_audit
from layers.model import Role, Scope
from layers.people import People
from layers.reportbook import KEPT, UNWANTED, Parcel, ReportBook, Standing, Turn, rights_words
from layers.reportplan import Recipient, Report, Reports
from layers.store import Store
from tests.layers.made import DAY, HOUR, NOW, SECRET, ZONE

TO = Recipient(account="kadis", url=SecretStr("json://127.0.0.1:9/"))
REPORT = Report.model_validate({"name": "pekan", "page": "/opd/dlh", "to": ["kadis"], "days": ["senin"], "at": "07.00"})
TARGET = NotifyTarget(name="sekda", url=SecretStr("json://127.0.0.1:9/"))
REPORTS = Reports(reports=(REPORT,), recipients={"kadis": TO})
MONDAY = REPORT.next(NOW, ZONE)
HEAD = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
PARCEL = Parcel(
    title="Judul", body="isi", html="<p>isi</p>", name="laporan", pdf=b"%PDF", xlsx=b"PK", rights=rights_words(HEAD)
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = Store(url, ZONE, SECRET)
    store.open()
    yield store
    store.close()


def due(store: Store, now: datetime, reports: Reports = REPORTS) -> list[tuple[str, datetime]]:
    return [(turn.account, turn.due) for turn in ReportBook(store).due(reports, now, ZONE)]


def test_a_new_or_changed_plan_begins_with_its_next_turn_and_of_missed_ones_only_the_newest_comes(store: Store) -> None:
    assert due(store, NOW) == []
    assert due(store, MONDAY - HOUR) == []
    assert due(store, MONDAY) == [("kadis", MONDAY)]
    assert due(store, MONDAY + 15 * DAY) == [("kadis", MONDAY + 14 * DAY)]
    later = REPORT.model_copy(update={"days": ("minggu",)})
    changed = Reports(reports=(later,), recipients=REPORTS.recipients)
    assert due(store, MONDAY + 15 * DAY, changed) == []
    assert due(store, MONDAY + 20 * DAY, changed) == [("kadis", MONDAY + 20 * DAY)]
    assert due(store, MONDAY + 21 * DAY) == [], "back to the first plan: from its next turn on"


def test_of_many_processes_one_keeps_a_turn_and_what_became_of_it_is_told_once(store: Store, tmp_path: Path) -> None:
    due(store, NOW)
    turn = Turn(report=REPORT, account="kadis", due=MONDAY, plan=REPORT.plan)
    together = Barrier(4)

    def keep(_: int) -> bool:
        together.wait(10)
        return ReportBook(store).keep(turn, PARCEL, TO, MONDAY, ZONE)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(keep, range(4))) == [False, False, False, True]
    assert due(store, MONDAY + HOUR) == []
    book, people = ReportBook(store), People(f"sqlite:///{tmp_path}/p.sqlite", SECRET, PasswordHasher(1, 8, 1))
    people.open()
    assert book.files(turn.key) == ("kadis", rights_words(HEAD), {"laporan.pdf": b"%PDF", "laporan.xlsx": b"PK"})
    assert book.standing() == {("pekan", "kadis"): Standing(open="menunggu, 0 kali dicoba")}
    message = outbox.claim(store, TO.name, MONDAY)
    assert message is not None
    outbox.sent(store, message, MONDAY + HOUR)
    for _ in range(2):
        book.settle(people, MONDAY + HOUR)
    assert book.files(turn.key) is None
    assert book.outcome(turn.key) == (True, None)
    assert book.standing() == {("pekan", "kadis"): Standing(sent=MONDAY + HOUR)}
    following = Turn(report=REPORT, account="kadis", due=MONDAY + 7 * DAY, plan=REPORT.plan)
    book.keep(following, PARCEL, TO, MONDAY + 7 * DAY, ZONE)
    claimed = outbox.claim(store, TO.name, MONDAY + 7 * DAY)
    assert claimed is not None
    outbox.put_off(store, claimed, MONDAY + 7 * DAY)
    assert outbox.claim(store, TO.name, MONDAY + 9 * DAY) is None, "given up"
    book.settle(people, MONDAY + 9 * DAY)
    assert book.standing()["pekan", "kadis"] == Standing(sent=MONDAY + HOUR, open=f"tidak dikirim: {outbox.UNSENT}")
    lines = read_audit(Scope(user="a", role=Role.ADMIN), people).lines
    assert [line.what for line in reversed(lines)] == ["laporan terkirim", "laporan tidak terkirim"]
    with store.read() as connection:
        assert connection.execute(select(schema.report.c.key).where(schema.report.c.xlsx.is_not(None))).all() == []
    people.close()


def test_what_waits_for_who_is_not_in_the_plan_any_more_is_never_sent_and_its_files_go(store: Store, tmp_path: Path) -> None:
    """Taken out of the report, out of the file, or given another address; what was asked for by hand waits on."""
    elsewhere = Recipient(account="kadis", url=SecretStr("json://127.0.0.1:9/"), told=TARGET)
    other = Recipient(account="lain", url=SecretStr("json://127.0.0.1:9/"))
    plans = (
        (Reports(reports=(REPORT.model_copy(update={"to": ("lain",)}),), recipients={"kadis": TO, "lain": other}), REPORT.plan),
        (Reports(), ""),
        (Reports(reports=(REPORT,), recipients={"kadis": elsewhere}), REPORT.plan),
    )
    book, people = ReportBook(store), People(f"sqlite:///{tmp_path}/p.sqlite", SECRET, PasswordHasher(1, 8, 1))
    people.open()
    for week, (reports, plan) in enumerate(plans):
        turn = Turn(report=REPORT, account="kadis", due=MONDAY + week * 7 * DAY, plan=plan)
        by_hand = Turn(report=REPORT, account="kadis", due=MONDAY + week * 7 * DAY + HOUR, plan="")
        book.keep(turn, PARCEL, TO, turn.due, ZONE)
        book.keep(by_hand, PARCEL, TO, turn.due, ZONE)
        book.withdraw(reports)
        book.settle(people, turn.due)
        assert book.files(turn.key) is None
        assert book.outcome(turn.key) == (False, UNWANTED)
        assert (book.files(by_hand.key) is not None) == (week == 0)
    people.close()


def test_turns_of_long_ago_are_forgotten_and_the_newest_of_a_plan_is_not(store: Store, tmp_path: Path) -> None:
    book, people = ReportBook(store), People(f"sqlite:///{tmp_path}/p.sqlite", SECRET, PasswordHasher(1, 8, 1))
    people.open()
    for week in range(20):
        book.refuse(
            Turn(report=REPORT, account="kadis", due=MONDAY + 7 * week * DAY, plan=REPORT.plan), "x", MONDAY + 7 * week * DAY
        )
    now = MONDAY + 7 * 19 * DAY
    book.settle(people, now)
    with store.read() as connection:
        made = connection.execute(select(schema.report.c.made).order_by(schema.report.c.made)).scalars().all()
    assert made[0] >= now - KEPT
    assert len(made) == 18
    assert due(store, now + HOUR) == []
    assert due(store, now + 7 * DAY) == [("kadis", now + 7 * DAY)]
    people.close()
