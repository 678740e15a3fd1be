"""The runner: commits page by page, one process at a time, breaker, loop guard, replay, publication; every row accounted for."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from connectors import lease, registry
from connectors.http import Http
from connectors.job import ALL_BROKEN, AT_ONCE
from connectors.publishing import notice
from connectors.runner import BREAK_AFTER, Runner, pull, replay, run_once
from connectors.source import (
    AskForAccess,
    BadRow,
    Config,
    Context,
    Cursor,
    Excluded,
    FormChanged,
    Kept,
    Page,
    Row,
    SlowDown,
    Source,
    TryLater,
)
from layers import clock
from layers.cache import Cache
from layers.city import City, SourceConfig
from layers.clock import SetClock
from layers.model import Complaint, Kind, Outcome, Role, Run, Scope, Status
from layers.publish import decode, read_snapshot
from layers.settings import Settings
from layers.store import BATCH_ROWS, Store
from tests.connectors.contract import places
from tests.connectors.server import Asked, Reply, Upstream

OPERATOR = Scope(user="uji", role=Role.OPERATOR)
RECEIVED = datetime(2026, 11, 2, tzinfo=UTC)


class Script(Config):
    """What the scripted connector may be told."""

    address: str | None = None
    forgiving: bool = False


def parse(row: Row, config: Script, ctx: Context) -> Kept | Excluded:
    if row.get("fate") == "exclude":
        return Excluded(rule="uji_coba")
    if row.get("fate") == "bad" and not config.forgiving:
        raise BadRow("status", row.get("reason", "tidak dikenal"))
    record = Complaint(
        source=ctx.source,
        source_id=str(row["id"]),
        seen_at=ctx.now,
        received=RECEIVED,
        status=Status.WAITING,
        category="Jalan",
        channel="LAKSA",
    )
    return Kept(record=record)


Pages = Callable[[Http, Script, Cursor | None, Context], Iterator[Page]]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Pages], None]:
    """Register a connector ``uji`` whose pages are a function of the test's own."""

    def use(pages: Pages) -> None:
        source = Source(
            name="uji",
            title={"id": "Uji", "en": "Test"},
            kinds=frozenset([Kind.COMPLAINT]),
            config=Script,
            pages=pages,
            parse=parse,
            key=lambda row: str(row["id"]),
        )
        monkeypatch.setattr(registry, "sources", lambda: MappingProxyType({"uji": source}))

    return use


@pytest.fixture
def store(settings: Settings, city: City) -> Iterator[Store]:
    store = Store(settings.database_url, city.zone, settings.secret)
    store.open()
    yield store
    store.close()


def configured(**changes: Any) -> SourceConfig:
    base = {"name": "uji_jalan", "connector": "uji", "title": "Uji", "owner": "diskominfo", "interval": "5m", "budget": "1h"}
    return SourceConfig.model_validate(base | changes)


@pytest.fixture
def run(store: Store, settings: Settings, city: City) -> Callable[..., Run]:
    def go(**changes: Any) -> Run:
        done = run_once(configured(**changes), store, places(), city, settings)
        assert done is not None
        return done

    return go


def rows(first: int, count: int, **more: Any) -> list[Row]:
    return [{"id": number} | more for number in range(first, first + count)]


def fates(done: Run) -> tuple[int, int, int, int, int]:
    return done.seen, done.kept, done.unchanged, sum(done.excluded.values()), done.quarantined


# --- pages and cursors ---


def test_what_came_before_a_failure_stays_and_the_next_run_goes_on(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store
) -> None:
    asked: list[Cursor | None] = []

    def pages(_http: Http, _config: Script, cursor: Cursor | None, _ctx: Context) -> Iterator[Page]:
        asked.append(cursor)
        start = cursor["next"] if cursor else 0
        for number in range(start, 5):
            if number == 3 and len(asked) == 1:
                raise TryLater("sumber jatuh")
            yield Page(rows=rows(number * 10, 10), cursor={"next": number + 1})

    scripted(pages)
    first = run()
    assert (first.outcome, first.message, fates(first)) == (Outcome.TRANSIENT, "sumber jatuh", (30, 30, 0, 0, 0))
    assert store.cursor("uji_jalan") == {"next": 3}
    second = run()
    assert (second.outcome, fates(second)) == (Outcome.OK, (20, 20, 0, 0, 0))
    assert asked == [None, {"next": 3}]
    assert (run().outcome, asked[-1]) == (Outcome.NOTHING_NEW, {"next": 5})


def test_a_large_page_is_committed_in_batches_and_its_cursor_with_the_last(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(lambda *_: iter([Page(rows=rows(0, 2 * BATCH_ROWS + 7), cursor={"at": 1})]))
    batches: list[tuple[int, Any]] = []
    keep = store.upsert_batch
    monkeypatch.setattr(store, "upsert_batch", lambda batch: batches.append((len(batch.records), batch.cursor)) or keep(batch))
    assert run().kept == 2 * BATCH_ROWS + 7
    assert batches == [(BATCH_ROWS, None), (BATCH_ROWS, None), (7, {"at": 1})]


def test_every_row_is_accounted_for(scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store) -> None:
    page = [*rows(0, 5), *rows(5, 3, fate="exclude"), *rows(8, 2, fate="bad"), *rows(0, 5)]
    scripted(lambda *_: iter([Page(rows=page)]))
    done = run()
    assert (done.outcome, fates(done)) == (Outcome.OK, (15, 5, 5, 3, 2))
    assert store.quarantine_reasons("uji_jalan") == [("status", "tidak dikenal", 2)]


ERRORS = [
    (TryLater("x"), Outcome.TRANSIENT),
    (SlowDown("x"), Outcome.RATE_LIMITED),
    (AskForAccess("x"), Outcome.AUTH),
    (FormChanged("x"), Outcome.DRIFT),
    (KeyError("kolom_lama"), Outcome.DRIFT),
    (TypeError("x"), Outcome.DRIFT),
]


@pytest.mark.parametrize(("error", "outcome"), ERRORS, ids=[type(error).__name__ for error, _ in ERRORS])
def test_each_error_has_its_outcome(
    error: Exception, outcome: Outcome, scripted: Callable[[Pages], None], run: Callable[..., Run]
) -> None:
    def pages(*_: Any) -> Iterator[Page]:
        yield Page(rows=rows(0, 1))
        raise error

    scripted(pages)
    done = run()
    assert (done.outcome, done.kept) == (outcome, 1)
    assert done.message


def test_a_renamed_field_is_drift_and_not_a_page_of_bad_rows(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store
) -> None:
    scripted(lambda *_: iter([Page(rows=[{"nomor": n} for n in range(ALL_BROKEN)], cursor={"at": 1})]))
    done = run()
    assert (done.outcome, fates(done)) == (Outcome.DRIFT, (0, 0, 0, 0, 0))
    assert "baris: tidak terbaca (KeyError)" in (done.message or "")
    assert store.cursor("uji_jalan") is None
    scripted(lambda *_: iter([Page(rows=[{"nomor": n} for n in range(ALL_BROKEN - 1)], cursor={"at": 1})]))
    assert fates(run()) == (ALL_BROKEN - 1, 0, 0, 0, ALL_BROKEN - 1)


@pytest.mark.parametrize("period", [1, 3])
def test_a_source_that_goes_in_circles_is_left_after_a_bounded_number_of_requests(
    period: int, scripted: Callable[[Pages], None], run: Callable[..., Run]
) -> None:
    def pages(http: Http, config: Script, _cursor: Cursor | None, _ctx: Context) -> Iterator[Page]:
        for number in range(1_000):
            http.get(f"{config.address}/data")
            yield Page(rows=rows(number % period * 10, 10), cursor={"page": number})

    scripted(pages)
    with Upstream({"/data": ("application/json", b"[]")}) as upstream:
        done = run(config={"address": upstream.url})
        assert len(upstream.asked) == period + 1
    assert (done.outcome, done.kept) == (Outcome.DRIFT, period * 10)
    assert "mengulang halaman" in (done.message or "")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"connector": "tidak_ada"}, "konektor 'tidak_ada' tidak ada"),
        ({"config": {"salah": 1}}, "konfigurasi sumber salah: salah"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_reason(
    changes: dict[str, Any], message: str, scripted: Callable[[Pages], None], run: Callable[..., Run]
) -> None:
    scripted(lambda *_: iter(()))
    done = run(**changes)
    assert done.outcome is Outcome.REFUSED
    assert message in (done.message or "")


UNFORESEEN = [
    (
        PermissionError(13, "rahasia", "/data/warga.csv"),
        Outcome.TRANSIENT,
        "tidak ada izin membaca atau menulis berkas (PermissionError)",
    ),
    (TimeoutError("rahasia"), Outcome.TRANSIENT, "berkas atau sambungan tidak dapat dibaca (TimeoutError)"),
    (RecursionError("rahasia"), Outcome.DRIFT, "susunan data terlalu dalam (RecursionError)"),
    (RuntimeError("rahasia 0812-3456-7890"), Outcome.DRIFT, "galat yang tidak diduga (RuntimeError)"),
]


@pytest.mark.parametrize(("error", "outcome", "message"), UNFORESEEN, ids=[type(error).__name__ for error, *_ in UNFORESEEN])
def test_an_error_that_nobody_foresaw_ends_the_run_too(
    error: Exception,
    outcome: Outcome,
    message: str,
    scripted: Callable[[Pages], None],
    run: Callable[..., Run],
    store: Store,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def pages(*_: Any) -> Iterator[Page]:
        yield Page(rows=rows(0, 1))
        raise error

    scripted(pages)
    for failures in (1, 2):
        done = run()
        assert (done.outcome, done.message) == (outcome, message)
        assert store.failures("uji_jalan") == failures
    (traced,) = [record.getMessage() for record in caplog.records if "Traceback" in record.getMessage()]
    assert type(error).__name__ in traced
    assert "3456" not in traced


def test_errors_of_the_store_are_raised(scripted: Callable[[Pages], None], run: Callable[..., Run]) -> None:
    def pages(*_: Any) -> Iterator[Page]:
        raise SQLAlchemyError("away")
        yield  # a generator

    scripted(pages)
    with pytest.raises(SQLAlchemyError):
        run()


def test_half_characters_stop_neither_a_source_nor_its_messages(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store
) -> None:
    scripted(lambda *_: iter([Page(rows=[{"id": "a\ud83d"}, {"id": 1}])]))
    assert fates(run()) == (2, 1, 0, 0, 1)
    assert store.quarantine_reasons("uji_jalan") == [("source_id", "aksara rusak", 1)]
    scripted(failing(TryLater("jatuh \ud83d\x00")))
    assert run().message == "jatuh ?\ufffd"


def test_messages_of_drift_quote_no_row(
    scripted: Callable[[Pages], None], run: Callable[..., Run], caplog: pytest.LogCaptureFixture
) -> None:
    page = Page(rows=rows(0, ALL_BROKEN, fate="bad", reason="tidak dikenal: 'Budi 0812-3456-7890' (12345678)"))
    scripted(lambda *_: iter([page]))
    assert run().message == f"semua {ALL_BROKEN} baris satu halaman ditolak: status: tidak dikenal: … (…)"
    scripted(failing(ValueError("Budi 0812-3456-7890")))
    assert run().message == "jawaban tidak berbentuk seperti yang disepakati (ValueError)"
    said = [record.getMessage() for record in caplog.records if "event=bentuk" in record.getMessage()]
    assert ["Budi [telepon]" in line for line in said] == [True, True]


@pytest.mark.parametrize("fate", ["exclude", "bad"])
def test_a_run_that_only_left_rows_out_is_not_quiet(
    fate: str, scripted: Callable[[Pages], None], run: Callable[..., Run], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="connectors.run")
    scripted(lambda *_: iter([Page(rows=rows(0, 3))]))
    run()
    assert run().outcome is Outcome.NOTHING_NEW
    scripted(lambda *_: iter([Page(rows=[*rows(0, 3), *rows(3, 1, fate=fate)])]))
    assert run().outcome is Outcome.OK
    assert sum("event=ambil" in record.getMessage() for record in caplog.records) == 2


def test_what_a_killed_run_left_behind_is_removed(
    scripted: Callable[[Pages], None], run: Callable[..., Run], settings: Settings
) -> None:
    mine, other = (settings.data / "run" / "tmp" / name for name in ("uji_jalan", "lain"))
    for folder in (mine, other):
        (folder / "tmpx").mkdir(parents=True)
        (folder / "tmpx" / "rows").write_bytes(b"x")
    scripted(lambda *_: iter(()))
    run()
    assert (mine.exists(), other.exists()) == (False, True)


# --- one at a time ---


def test_two_runs_of_a_source_never_overlap(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store, settings: Settings, city: City
) -> None:
    inside, go = threading.Event(), threading.Event()

    def pages(*_: Any) -> Iterator[Page]:
        inside.set()
        assert go.wait(10)
        yield Page(rows=rows(0, 1))

    scripted(pages)
    first = threading.Thread(target=run)
    first.start()
    assert inside.wait(10)
    assert run_once(configured(), store, places(), city, settings) is None
    elsewhere = dataclasses.replace(settings, data=settings.data / "lain")  # another machine: no common file lock
    assert run_once(configured(), store, places(), city, elsewhere) is None
    go.set()
    first.join()
    assert run_once(configured(), store, places(), city, elsewhere) is not None


def test_a_long_run_keeps_its_lease_and_a_lost_one_commits_no_more(store: Store, settings: Settings) -> None:
    ttl = timedelta(seconds=0.6)
    with lease.held("uji_jalan", store, settings.data, ttl) as mine:
        assert mine is not None
        time.sleep(1.5)
        assert not store.lease("uji_jalan", "lain", ttl, clock.now())
        mine.check()
        store.release("uji_jalan", f"{lease.socket.gethostname()}:{settings.data.resolve()}")
        assert store.lease("uji_jalan", "lain", timedelta(minutes=1), clock.now())
        assert mine.lost.wait(5)
        with pytest.raises(lease.LeaseLostError):
            mine.check()
    assert not store.lease("uji_jalan", "ketiga", ttl, clock.now())  # the other's lease was not given back by us


# --- the breaker ---


def failing(error: Exception) -> Pages:
    def pages(*_: Any) -> Iterator[Page]:
        raise error
        yield  # a generator

    return pages


def test_after_three_failures_a_source_is_asked_less_and_less_often_and_said_so_once(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    scripted(failing(TryLater("sumber jatuh")))
    pauses = []
    for _ in range(BREAK_AFTER + 8):
        done = run()
        retry_at = store.breaker("uji_jalan").retry_at
        pauses.append(retry_at and (retry_at - done.finished).total_seconds())
    assert pauses[: BREAK_AFTER - 1] == [None] * (BREAK_AFTER - 1)
    minutes = [round(pause / 60) for pause in pauses[BREAK_AFTER - 1 :] if pause]
    assert 9 <= minutes[0] <= 11
    assert 18 <= minutes[1] <= 22
    assert all(54 <= pause <= 66 for pause in minutes[3:])
    scripted(lambda *_: iter([Page(rows=rows(0, 1))]))
    run()
    assert store.breaker("uji_jalan") == type(store.breaker("lain"))()
    run()
    said = [record.getMessage() for record in caplog.records if "event=sakelar" in record.getMessage()]
    assert [line.split("keadaan=")[1].split()[0] for line in said] == ["terbuka", "pulih"]


def test_over_a_day_a_dead_source_is_asked_ever_less_often_and_again_by_its_interval_once_it_lives(
    room: Settings, scripted: Callable[[Pages], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A turn each five minutes by a set clock: down from midnight to noon, then well."""
    midnight = datetime(2026, 11, 2, tzinfo=UTC)
    asked: list[datetime] = []

    def pages(*_: Any) -> Iterator[Page]:
        asked.append(clock.now())
        if clock.now() < midnight + timedelta(hours=12):
            raise TryLater("sumber jatuh")
        yield Page(rows=rows(0, 1))

    scripted(pages)
    process = Runner(dataclasses.replace(room, redis_url=f"unix://{tmp_path}/tidak-ada"))
    try:
        for turn in range(24 * 12):
            clock.set_clock(SetClock(start=midnight + turn * timedelta(minutes=5), since=0.0, speed=0.0))
            process.turn(room.city.sources[0])
    finally:
        process.close()
    gaps = [round((after - before).total_seconds() / 60) for before, after in pairwise(asked)]
    down = gaps[: [moment >= midnight + timedelta(hours=12) for moment in asked].index(True)]
    assert down[:2] == [5, 5]
    assert all(before <= after + 10 for before, after in pairwise(down))  # the pauses carry jitter
    assert 55 <= max(down) <= 70
    assert len(down) <= 20
    assert set(gaps[len(down) :]) == {5}
    said = [record.getMessage() for record in caplog.records if "event=sakelar" in record.getMessage()]
    assert [line.split("keadaan=")[1].split()[0] for line in said] == ["terbuka", "pulih"]


class Killed(BaseException):
    """As the system ends a process: nothing of the run is closed."""


def test_rows_that_kill_the_process_do_not_do_so_for_ever(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    scripted(failing(Killed()))  # type: ignore[arg-type]
    for _ in range(BREAK_AFTER):
        with pytest.raises(Killed):
            run()
        assert store.breaker("uji_jalan").retry_at is None
    with pytest.raises(Killed):
        run()
    retry_at = store.breaker("uji_jalan").retry_at
    assert retry_at is not None
    assert retry_at > clock.now()
    (said,) = [record.getMessage() for record in caplog.records if "event=sakelar" in record.getMessage()]
    assert "keadaan=terbuka outcome=transient message='terputus'" in said


def test_a_closed_door_and_a_named_time_count_at_once(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store
) -> None:
    scripted(failing(SlowDown("jeda", 120.0)))
    done = run()
    assert store.breaker("uji_jalan").retry_at == done.finished + timedelta(seconds=120)
    scripted(failing(AskForAccess("masuk dahulu")))
    assert run(name="uji_pintu").outcome is Outcome.AUTH
    assert store.breaker("uji_pintu").retry_at is not None


# --- quarantine and logs ---


def test_replay_brings_mended_rows_and_leaves_the_others(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store, settings: Settings, city: City
) -> None:
    page = [*rows(0, 2), *rows(2, 3, fate="bad"), {"fate": "bad"}]
    scripted(lambda *_: iter([Page(rows=page)]))
    assert run().quarantined == 4
    mended = configured(config={"forgiving": True})
    for role in (Role.PUBLIC, Role.ANALYST):
        with pytest.raises(PermissionError):
            replay(mended, store, places(), city, settings, Scope(user="x", role=role))
    done = replay(mended, store, places(), city, settings, OPERATOR)
    assert done is not None
    assert (done.outcome, fates(done)) == (Outcome.OK, (4, 3, 0, 0, 1))
    assert store.quarantine_reasons("uji_jalan") == [("baris", "tidak terbaca (KeyError)", 1)]
    again = replay(mended, store, places(), city, settings, OPERATOR)
    assert again is not None
    assert (again.outcome, fates(again)) == (Outcome.OK, (1, 0, 0, 0, 1))


def test_replay_of_many_rows_that_fail_alike_is_no_drift(
    scripted: Callable[[Pages], None], run: Callable[..., Run], store: Store, settings: Settings, city: City
) -> None:
    scripted(lambda *_: iter([Page(rows=[*rows(0, 25, fate="bad"), *rows(25, 1)])]))
    assert run().quarantined == 25
    done = replay(configured(), store, places(), city, settings, OPERATOR)
    assert done is not None
    assert (done.outcome, fates(done)) == (Outcome.OK, (25, 0, 0, 0, 25))


def test_a_replay_ends_its_run_whatever_happens(
    scripted: Callable[[Pages], None],
    run: Callable[..., Run],
    store: Store,
    settings: Settings,
    city: City,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted(lambda *_: iter([Page(rows=rows(0, 2, fate="bad"))]))
    run()

    def fail(error: Exception) -> Callable[..., Any]:
        def upsert(_: Any) -> Any:
            raise error

        return upsert

    monkeypatch.setattr(store, "upsert_batch", fail(RuntimeError("baris pelapor")))
    done = replay(configured(), store, places(), city, settings, OPERATOR)
    assert done is not None
    assert (done.outcome, done.message) == (Outcome.DRIFT, "galat yang tidak diduga (RuntimeError)")
    monkeypatch.setattr(store, "upsert_batch", fail(SQLAlchemyError("away")))
    with pytest.raises(SQLAlchemyError):
        replay(configured(), store, places(), city, settings, OPERATOR)
    (facts,) = store.source_states()
    assert facts.message == "penyimpanan tidak terjangkau"


def test_a_run_is_one_line_without_personal_data(
    scripted: Callable[[Pages], None], run: Callable[..., Run], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="connectors.run")
    scripted(failing(TryLater("pelapor 0812-3456-7890\nNIK 3671012345678901")))
    done = run()
    assert done.message == "pelapor [telepon]\nNIK [nik]"
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("event=ambil source=uji_jalan outcome=transient seen=0 kept=0")
    assert "\n" not in line
    assert "3671" not in line


# --- the process ---


@pytest.fixture
def room(settings: Settings, city: City, scripted: Callable[[Pages], None]) -> Settings:
    """Settings with one scripted source that has two complaints."""
    scripted(lambda *_: iter([Page(rows=rows(0, 2))]))
    return dataclasses.replace(settings, city=city.model_copy(update={"sources": (configured(),)}))


def eventually(holds: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def test_the_process_pulls_publishes_and_ends(room: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.publishing.TICK_SECONDS", 0.3)
    process = Runner(dataclasses.replace(room, redis_url=redis_url))
    thread = threading.Thread(target=process.run_forever)
    thread.start()
    cache = Cache(redis_url, room.city.code)
    try:
        version, body = eventually(lambda: (found := cache.snapshot()) and "uji_jalan" in found[1].decode() and found)
        first = decode(body)
        assert (first.version, first.city, first.notice) == (version, "36.71", notice(room))
        later = eventually(lambda: (v := cache.version()) and v > version and v)  # time alone makes a new version
        assert later > version
    finally:
        process.stop()
        thread.join(20)
        cache.close()
    assert not thread.is_alive()
    assert process.store.source_states()[0].kept == 2


def test_sources_that_hang_to_their_deadline_take_nobody_s_turn(settings: Settings, city: City, tmp_path: Path) -> None:
    """Six that answer with silence and one that is well, which goes on at its own pace."""
    fields: dict[str, Any] = {name: {"constant": "menunggu"} for name in ("category", "channel", "status")}
    table = {"kind": "complaint", "id": "id", "fields": fields | {"received": {"column": "masuk"}}}

    def answer(asked: Asked) -> Reply | None:
        if "diam" in asked.path:
            upstream.stopping.wait(60)
        return None

    with Upstream({"/baik.csv": ("text/csv", b"id,masuk\n1,2026-11-02 07:31\n")}, answer=answer) as upstream:
        sources = [
            configured(
                name=f"uji_{name}",
                connector="tabular",
                interval="1s",
                deadline="60s",
                config=table | {"url": f"{upstream.url}/{name}.csv"},
            )
            for name in (*(f"diam{n}" for n in range(6)), "baik")
        ]
        city = city.model_copy(update={"sources": tuple(sources)})
        process = Runner(dataclasses.replace(settings, city=city, redis_url=f"unix://{tmp_path}/tidak-ada"))
        thread = threading.Thread(target=process.run_forever)
        thread.start()
        try:
            eventually(lambda: len({asked.path for asked in upstream.asked}) == 7)
            eventually(lambda: [asked.path for asked in upstream.asked].count("/baik.csv") >= 4)
            (good,) = [facts for facts in process.store.source_states() if facts.outcome]
            assert (good.source, good.kept) == ("uji_baik", 1)
        finally:
            process.stop()
            upstream.stopping.set()
            thread.join(30)
    assert not thread.is_alive()


def test_many_runs_at_once_write_few_at_a_time(
    scripted: Callable[[Pages], None], run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(lambda *_: iter([Page(rows=rows(0, 5))]))
    keep, inside, most = Store.upsert_batch, [], []

    def upsert(self: Store, batch: Any) -> Any:
        inside.append(batch)
        most.append(len(inside))
        time.sleep(0.05)
        inside.remove(batch)
        return keep(self, batch)

    monkeypatch.setattr(Store, "upsert_batch", upsert)
    threads = [threading.Thread(target=run, kwargs={"name": f"uji_{n}"}) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 12
    assert 1 < max(most) <= AT_ONCE


def test_without_a_cache_the_snapshot_is_on_disk(room: Settings, tmp_path: Path) -> None:
    room = dataclasses.replace(room, redis_url=f"unix://{tmp_path}/tidak-ada")
    assert pull(room, [], once=True) == 0
    first = read_snapshot(room.data / "frames")
    assert first is not None
    assert pull(room, ["uji_jalan"], once=True) == 0
    second = read_snapshot(room.data / "frames")
    assert second is not None
    assert second.version > first.version


def test_the_command_names_what_it_does_not_know_and_fails_with_its_sources(
    room: Settings, scripted: Callable[[Pages], None], tmp_path: Path
) -> None:
    room = dataclasses.replace(room, redis_url=f"unix://{tmp_path}/tidak-ada")
    with pytest.raises(ValueError, match="salah_nama"):
        pull(room, ["salah_nama"], once=True)
    scripted(failing(TryLater("jatuh")))
    assert pull(room, [], once=True) == 1


def test_once_a_source_that_fails_keeps_nothing_from_the_others(
    room: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tuple(configured(name=name) for name in ("uji_awal", "uji_jalan"))
    city = room.city.model_copy(update={"sources": sources})
    room = dataclasses.replace(room, city=city, redis_url=f"unix://{tmp_path}/tidak-ada")
    begin = Store.begin_run

    def away(self: Store, source: str, now: datetime) -> int:
        if source == "uji_awal":
            raise SQLAlchemyError("away")
        return begin(self, source, now)

    monkeypatch.setattr(Store, "begin_run", away)
    assert pull(room, [], once=True) == 1
    snapshot = read_snapshot(room.data / "frames")
    assert snapshot is not None
    store = Store.of(room)
    assert [(facts.source, facts.kept) for facts in store.source_states()] == [("uji_jalan", 2)]
    store.close()


def test_a_turn_waits_for_the_breaker_and_survives_a_store_that_is_away(
    room: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Runner(dataclasses.replace(room, redis_url=f"unix://{tmp_path}/tidak-ada"))
    try:
        source = room.city.sources[0]
        process.store.record_failure(source.name, clock.now(), clock.now() + timedelta(minutes=5))
        assert process.turn(source) is None
        assert process.store.source_states()[0].last is None
        clock.set_clock(SetClock(start=datetime.now(UTC) + timedelta(minutes=6), since=time.time(), speed=1))
        done = process.turn(source)
        assert done is not None
        assert done.kept == 2

        def away(*_: Any) -> None:
            raise SQLAlchemyError("away")

        monkeypatch.setattr(process.store, "begin_run", away)
        assert process.turn(source) is None
    finally:
        process.close()


def test_every_screen_says_what_is_not_the_live_city(settings: Settings) -> None:
    live = dataclasses.replace(settings, demo=False)
    assert notice(live) is None
    assert "contoh" in (notice(dataclasses.replace(settings, demo=True)) or "")
    clock.set_clock(SetClock(start=RECEIVED, since=time.time(), speed=1))
    assert "disetel" in (notice(live) or "")


def test_connectors_are_found_by_their_modules() -> None:
    found = registry.sources()
    assert {"tabular", "open311", "spse", "lkpp_isb", "tangerang_pengadaan"} <= set(found)
    assert all(registry.sample(name).rows for name in found)


def test_old_originals_and_books_are_let_go(room: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = Runner(room, ())
    asked: list[str] = []
    monkeypatch.setattr(runner.store, "purge_quarantine", lambda _now: asked.append("karantina") or 0)
    monkeypatch.setattr(runner.store, "purge_runs", lambda _now: asked.append("run") or 0)
    thread = threading.Thread(target=runner.run_forever)
    thread.start()
    try:
        for _ in range(200):
            if len(asked) == 2:
                break
            time.sleep(0.05)
    finally:
        runner.stop()
        thread.join()
    assert asked == ["karantina", "run"]
