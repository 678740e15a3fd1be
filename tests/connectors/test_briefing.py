"""The brief at its hour: made once, of today's figures, late if the room was off, and sent as a page to real mail."""

from __future__ import annotations

import email
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default

import orjson
import pytest
from sqlalchemy import select

from connectors import notify
from connectors.briefing import Briefing, send, show
from connectors.notify import Notifier
from connectors.publishing import Publisher, publish_quietly
from layers import clock, schema
from layers.alarmrules import NotifyTarget
from layers.areas import AreaTree
from layers.briefs import Briefs
from layers.cache import Cache
from layers.clock import SetClock
from layers.model import Role, Scope
from layers.orders import Orders
from layers.people import People
from layers.publish import read_snapshot
from layers.settings import Settings
from layers.store import Store
from tests.connectors.server import Reply, Upstream
from tests.connectors.test_notify import Mail
from tests.layers.made import DAY, HOUR, complaint, give

SEVEN = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
"""Tuesday 07.00 WIB; the Monday before has the digests."""
LEADER = Scope(user="sekda", role=Role.LEADER)
TARGETS = (
    {"name": "semua", "url": "json://127.0.0.1:9/"},
    {"name": "pimpinan", "url": "json://127.0.0.1:9/", "owners": ["leader"], "quiet": "22.00-08.00"},
    {"name": "dlh", "url": "json://127.0.0.1:9/", "owners": ["dlh"]},
)


@pytest.fixture
def place(settings: Settings) -> Settings:
    targets = tuple(NotifyTarget.model_validate(target) for target in TARGETS)
    return replace(settings, city=settings.city.model_copy(update={"notify": targets}), demo=False)


@pytest.fixture
def store(place: Settings) -> Iterator[Store]:
    store = Store.of(place)
    rows = [complaint(f"c{n}", received=SEVEN - 3 * DAY, due=SEVEN - n * HOUR, seen_at=SEVEN - 2 * DAY) for n in range(1, 6)]
    give(store, rows, now=SEVEN - 2 * DAY)
    yield store
    store.close()


def at(moment: datetime) -> None:
    clock.set_clock(SetClock(start=moment, since=0, speed=0))


def publish(place: Settings, store: Store) -> None:
    publish_quietly(Publisher(place, store, AreaTree.of(place.city), Cache("unix:///nowhere/s", place.city.code)))


def made(store: Store) -> list[tuple[str, str, int, datetime]]:
    table = schema.brief.c
    with store.read() as connection:
        found = connection.execute(select(table.day, table.subject, table.version, table.made).order_by(table.day, table.subject))
        return [tuple(row) for row in found]


def letters(store: Store) -> list[tuple[str, str]]:
    table = schema.notice.c
    query = select(table.target, table.key).where(table.alarm == "ringkasan").order_by(table.key, table.target)
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_a_brief_is_made_once_at_its_hour_of_figures_of_that_morning(place: Settings, store: Store) -> None:
    at(SEVEN - HOUR)
    publish(place, store)
    first, second = Briefing(place, store), Briefing(place, store)
    for briefing in (first, second):
        briefing.look()
    at(SEVEN + HOUR / 60)
    first.look()
    assert made(store) == []  # the figures are of before seven
    publish(place, store)
    version = read_snapshot(place.data / "frames").version  # type: ignore[union-attr]
    second.look()
    first.look()
    assert made(store) == [("2026-11-24", "36.71", version, SEVEN + HOUR / 60)]
    shelf = Briefs(store).read(LEADER, "36.71")
    assert shelf.brief is not None
    assert sum(queue.overdue for queue in shelf.brief.queues) == 5
    assert letters(store) == [(name, "ringkasan:36.71@2026-11-24") for name in ("pimpinan", "semua")]
    give(store, [complaint("baru", received=SEVEN, due=SEVEN + HOUR, seen_at=SEVEN + HOUR)], now=SEVEN + HOUR)
    at(SEVEN + 5 * HOUR)
    publish(place, store)
    Briefing(place, store).look()
    assert len(made(store)) == 1
    assert Briefs(store).read(LEADER, "36.71") == shelf


def test_a_room_that_was_off_makes_it_when_it_is_up_and_says_so(place: Settings, store: Store) -> None:
    at(SEVEN + 3 * HOUR)
    publish(place, store)
    Briefing(place, store).look()
    assert [row[3] for row in made(store)] == [SEVEN + 3 * HOUR]
    assert "Seharusnya Selasa 24 November 07.00" in show(place, None)


def test_the_first_brief_of_a_week_brings_the_digests(place: Settings, store: Store) -> None:
    at(SEVEN - DAY)
    publish(place, store)
    with closing(People.of(place)) as people:
        Orders(people).give(LEADER, place.city, "dlh", "Angkut sampah di TPS", SEVEN - 4 * DAY)
    Briefing(place, store).look()
    assert {subject for _, subject, *_ in made(store)} == {"36.71", *(opd.slug for opd in place.city.opds)}
    assert ("dlh", "ringkasan:dlh@2026-11-23") in letters(store)
    assert {key for name, key in letters(store) if name == "semua"} == {"ringkasan:36.71@2026-11-23"}
    digest = show(place, "dlh")
    assert "Ringkasan pekan Dinas Lingkungan Hidup" in digest
    assert "Angkut sampah di TPS" in digest
    assert "Angkut sampah di TPS" not in show(place, "bpbd")
    with pytest.raises(ValueError, match="tidak ada"):
        show(place, "entah")


def test_there_is_none_on_a_day_off(place: Settings, store: Store) -> None:
    at(SEVEN + 4 * DAY)  # Saturday
    publish(place, store)
    Briefing(place, store).look()
    assert made(store) == []
    assert "Ringkasan pagi Kota Tangerang, Sabtu 28 November 2026" in show(place, None)  # of this moment
    assert made(store) == []


def test_a_database_that_is_away_is_said_once_and_tried_again(
    place: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    at(SEVEN + HOUR)
    publish(place, store)
    away = replace(place, people_url="postgresql+psycopg://x@127.0.0.1:1/x")
    briefing = Briefing(away, store)
    with caplog.at_level(logging.WARNING, "connectors.briefing"):
        for _ in range(3):
            briefing.look()
    said = [record.getMessage() for record in caplog.records if record.name == "connectors.briefing"]
    assert said == ["event=ringkasan galat=OperationalError"]
    assert made(store) == []
    Briefing(place, store).look()
    assert len(made(store)) == 1


def test_nothing_to_tell_of_is_said_plainly(place: Settings, store: Store) -> None:
    with pytest.raises(ValueError, match="belum ada angka"):
        show(place, None)


def test_mail_brings_the_page_and_other_services_the_text(place: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "AT_ONCE", 1)
    at(SEVEN + HOUR)
    publish(place, store)
    with Mail() as mail, Upstream(answer=lambda _asked: Reply()) as gateway:
        urls = {"surat": mail.url, "gerbang": gateway.url.replace("http://", "json://")}
        targets = tuple(NotifyTarget.model_validate({"name": name, "url": url}) for name, url in urls.items())
        told = replace(place, city=place.city.model_copy(update={"notify": targets}))
        Briefing(told, store).look()
        Notifier(targets, store).once()
        said, good = send(told, None)
    assert (good, sorted(said.splitlines())) == (True, ["gerbang: terkirim", "surat: terkirim"])
    assert len(mail.messages) == 2
    message = email.message_from_string(mail.messages[0], policy=default)
    assert message["subject"] == "[Jam ruang kendali disetel] Ringkasan pagi Kota Tangerang, Selasa 24 November 2026"
    page = message.get_body(("html",))
    assert page is not None
    assert "5 aduan lewat tenggat" in page.get_content()
    assert "/ringkasan?tanggal=2026-11-24" in page.get_content()
    told_ = orjson.loads(gateway.asked[0].body)
    assert "5 aduan lewat tenggat" in told_["message"]
    assert "<html" not in told_["message"]


def test_without_a_target_sending_says_where_to_name_one(place: Settings, store: Store) -> None:
    at(SEVEN + HOUR)
    publish(place, store)
    quiet = replace(place, city=place.city.model_copy(update={"notify": ()}))
    said, good = send(quiet, None)
    assert not good
    assert "[[notify]]" in said
