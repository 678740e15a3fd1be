"""The tests that every connector passes: ``TestX = contract_for("<name>")`` makes them from its SOURCE and SAMPLE."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import random
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import http as http_module
from connectors import registry, runner
from connectors.declared import profiles
from connectors.declared.samples import fill
from connectors.intake import take
from connectors.source import BadRow, Config, Context, Excluded, Kept, Row, Sample, Source
from layers import clock, privacy
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.city import City, SourceConfig, load
from layers.model import PRIVATE, Outcome, Record, Run
from layers.settings import Settings
from layers.store import BATCH_ROWS, Batch, Store
from tests.connectors import server
from tests.connectors.server import Upstream

_TEXTS = ("", " ", "-", "0000-00-00", "31/31/2026", "NaN", "-5", "9" * 40, "1e999", "<b>", "\x00", "ä" * 5000, "99.99", "200,300")
_OTHERS = (None, -1, 0, 10**30, float("nan"), float("inf"), True, [], {}, ["x"], {"x": 1})
JUNK = st.sampled_from((*_TEXTS, *_OTHERS))


RAW = PRIVATE | {"source_id"}
"""Fields that a connector gives as they are: the intake masks the text and hashes the reporter."""

BOOKS = ("seq", "run_id", "seen_at", "known_from", "known_to", "moved_from")
"""Columns that differ between two ways to the same facts by right."""


@functools.cache
def places() -> Places:
    """Kelurahan of the city with schematic boundaries, made once for a process."""
    city = load("36.71")
    with tempfile.TemporaryDirectory() as folder:
        return Places(AreaTree.of(city), load_boundaries(city, Path(folder)))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A connector on the bench: its sample's server, a store, places, and a way to run it."""

    source: Source[Any]
    sample: Sample
    city: City
    settings: Settings
    store: Store
    places: Places
    upstream: Upstream

    @property
    def config(self) -> Config:
        return self.source.config.model_validate(self.given)

    @property
    def given(self) -> Any:
        """The sample's configuration, of this server and this data folder."""
        return fill(self.sample.config, self.upstream.url, self.settings.data.as_posix())

    def configured(self, **changes: Any) -> SourceConfig:
        return SourceConfig(
            **{
                "name": f"uji_{self.source.name}",
                "connector": self.source.name,
                "title": "Uji",
                "owner": "diskominfo",
                "interval": timedelta(minutes=5),
                "budget": timedelta(minutes=15),
                "config": self.given,
            }
            | changes
        )

    def context(self, now: datetime | None = None) -> Context:
        name = f"uji_{self.source.name}"
        return Context(source=name, city=self.city, now=now or clock.now(), data=self.settings.data)

    def pull(self, **changes: Any) -> Run:
        configured = self.configured(**changes)
        run = runner.run_once(configured, self.store, self.places, self.city, self.settings)
        assert run is not None
        return run

    def feed(self, rows: list[Row], store: Store | None = None) -> None:
        """Take rows into the store by hand, as one batch."""
        store = store or self.store
        ctx = self.context()
        taken = take(rows, self.source, self.config, ctx, self.places, store.vault)
        run = store.begin_run(ctx.source, ctx.now)
        store.upsert_batch(
            Batch(
                source=ctx.source,
                run_id=run,
                records=taken.records,
                excluded=taken.excluded,
                rejects=taken.rejects,
                cursor=None,
                now=ctx.now,
            )
        )
        store.end_run(run, Outcome.OK, None, ctx.now)


def dump(store: Store, source: Source[Any]) -> list[tuple[Any, ...]]:
    """What the store holds now, without what differs between two runs by right (times of sight, numbers)."""
    found = []
    for kind in source.kinds:
        for chunk in store.changes(kind, 0, None):
            columns = [name for name in chunk.schema.names if name not in BOOKS]
            found += [(kind, *(repr(row[name]) for name in columns)) for row in chunk.to_pylist()]
    return sorted(found)


def records(bench: Bench) -> Iterator[tuple[Row, Record]]:
    ctx = bench.context()
    for row in bench.sample.rows:
        read = bench.source.parse(row, bench.config, ctx)
        if isinstance(read, Kept):
            yield row, read.record


def moments(record: Record) -> Iterator[tuple[str, datetime]]:
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, datetime):
            yield field.name, value


class _Any:
    """What holds for every connector, with or without HTTP."""

    module: str

    @pytest.fixture
    def bench(self, settings: Settings, city: City, tmp_path: Path) -> Iterator[Bench]:
        sample = registry.sample(self.module)
        for name, content in sample.files.items():
            path = settings.data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        store = Store(settings.database_url, city.zone, settings.secret)
        store.open()
        with Upstream(sample.responses) as upstream:
            yield Bench(
                source=registry.sources()[self.module],
                sample=sample,
                city=city,
                settings=settings,
                store=store,
                places=places(),
                upstream=upstream,
            )
        store.close()

    @pytest.fixture(autouse=True)
    def hurry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pauses between tries are tested in test_http; here they would only cost time."""
        monkeypatch.setattr("connectors.run.PAUSE", 0.001)

    def test_is_registered_under_its_module(self, bench: Bench) -> None:
        assert registry.sources()[self.module] is bench.source
        assert bench.source.name == self.module

    def test_has_a_title_in_both_languages(self, bench: Bench) -> None:
        assert bench.source.title["id"].strip()
        assert bench.source.title["en"].strip()

    def test_a_misspelt_setting_is_refused(self, bench: Bench) -> None:
        with pytest.raises(ValidationError, match="salah_ketik"):
            bench.source.config.model_validate({**bench.given, "salah_ketik": 1})

    def test_sample_parses(self, bench: Bench) -> None:
        assert bench.sample.rows
        read = [bench.source.parse(row, bench.config, bench.context()) for row in bench.sample.rows]
        assert any(isinstance(item, Kept) for item in read)
        assert all(isinstance(item, Kept | Excluded) for item in read)

    def test_records_are_of_the_declared_kinds_and_source(self, bench: Bench) -> None:
        ctx = bench.context()
        for _, record in records(bench):
            assert record.kind in bench.source.kinds
            assert record.source == ctx.source

    def test_the_key_of_a_row_is_the_id_of_its_record(self, bench: Bench) -> None:
        for row, record in records(bench):
            assert record.source_id
            assert bench.source.key(row) == record.source_id

    def test_times_are_aware_utc(self, bench: Bench) -> None:
        for _, record in records(bench):
            for name, moment in moments(record):
                assert moment.utcoffset() == timedelta(0), name

    def test_first_sight_is_the_run_s_own_moment(self, bench: Bench) -> None:
        ctx = bench.context()
        for row in bench.sample.rows:
            read = bench.source.parse(row, bench.config, ctx)
            assert isinstance(read, Excluded) or read.record.seen_at == ctx.now

    def test_parse_is_pure(self, bench: Bench) -> None:
        ctx = bench.context()
        for row in bench.sample.rows:
            before = copy.deepcopy(row)
            assert bench.source.parse(row, bench.config, ctx) == bench.source.parse(row, bench.config, ctx)
            assert row == before

    def test_an_unknown_field_does_no_harm(self, bench: Bench) -> None:
        ctx = bench.context()
        for row in bench.sample.rows:
            more = {**row, "kolom_baru": "x"}
            assert bench.source.parse(more, bench.config, ctx) == bench.source.parse(row, bench.config, ctx)

    def test_no_personal_data_in_records(self, bench: Bench) -> None:
        for _, record in records(bench):
            for field in dataclasses.fields(record):
                value = getattr(record, field.name)
                if isinstance(value, str) and field.name not in RAW:
                    assert not privacy.find(value), (field.name, value)

    def test_any_junk_is_a_bad_row_and_nothing_worse(self, bench: Bench) -> None:
        """Whatever stands in a field, the row is kept, excluded or bad: no other error leaves ``parse``."""
        ctx, config = bench.context(), bench.config

        @given(st.data())
        @given_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        def junk(data: st.DataObject) -> None:
            row = dict(data.draw(st.sampled_from(bench.sample.rows)))
            for name in data.draw(st.lists(st.sampled_from(sorted(row)), min_size=1, max_size=4)):
                if data.draw(st.booleans()):
                    row[name] = data.draw(JUNK)
                else:
                    row.pop(name, None)
            try:
                read = bench.source.parse(row, config, ctx)
            except BadRow as bad:
                assert (bool(bad.field), bool(bad.reason)) == (True, True)  # noqa: PT017
            else:
                assert isinstance(read, Kept | Excluded)
            bench.source.key(row)

        junk()

    def test_a_broken_row_is_quarantined_and_the_others_survive(self, bench: Bench) -> None:
        assert bench.sample.broken
        ctx = bench.context()
        rows = [*bench.sample.broken, *bench.sample.rows]
        taken = take(rows, bench.source, bench.config, ctx, bench.places)
        assert [dict(reject.original) for reject in taken.rejects] == [dict(row) for row in bench.sample.broken]
        assert all(reject.field and reject.reason for reject in taken.rejects)
        assert len(taken.records) + sum(taken.excluded.values()) == len(bench.sample.rows)

    def test_a_pull_keeps_rows_and_accounts_for_all(self, bench: Bench) -> None:
        run = bench.pull()
        assert run.outcome is Outcome.OK, run.message
        assert run.kept > 0
        assert run.seen == run.kept + run.unchanged + sum(run.excluded.values()) + run.quarantined

    def test_pulled_twice_nothing_changes(self, bench: Bench) -> None:
        bench.pull()
        before = dump(bench.store, bench.source)
        head = bench.store.head()
        assert before
        again = bench.pull()
        assert again.outcome.good
        assert again.kept == 0
        assert bench.store.head() == head
        assert dump(bench.store, bench.source) == before

    def test_any_order_gives_the_same_store(self, bench: Bench, tmp_path: Path) -> None:
        rows = list(bench.sample.rows)
        bench.feed(rows)
        for seed in range(3):
            other = Store(f"sqlite:///{tmp_path}/{seed}.sqlite", bench.city.zone, bench.settings.secret)
            other.open()
            shuffled = random.Random(seed).sample(rows, len(rows))
            cut = len(rows) // 2
            bench.feed(shuffled[:cut], other)
            bench.feed(shuffled[cut:], other)
            assert dump(other, bench.source) == dump(bench.store, bench.source)
            other.close()

    def test_pages_are_bounded_and_cursors_are_json(self, bench: Bench) -> None:
        for page in _pages(bench, None):
            assert len(page.rows) <= BATCH_ROWS
            assert page.cursor is None or json.loads(json.dumps(page.cursor)) == page.cursor

    def test_from_any_cursor_the_rest_arrives(self, bench: Bench) -> None:
        """A run that stopped after any page and goes on from its cursor ends with the same rows."""
        pages = _pages(bench, None)
        whole = {bench.source.key(row) for page in pages for row in page.rows}
        got: set[str | None] = set()
        for page in pages[:10]:
            got |= {bench.source.key(row) for row in page.rows}
            if page.cursor is not None:
                rest = {bench.source.key(row) for later in _pages(bench, page.cursor) for row in later.rows}
                assert got | rest == whole


def _pages(bench: Bench, cursor: Any) -> list[Any]:
    config = bench.config
    with http_module.Http(http_module.origins(config), pause=0.001) as client:
        return list(bench.source.pages(client, config, cursor, bench.context()))


class _OverHttp(_Any):
    """What holds besides for a connector that asks over HTTP."""

    def test_asks_only_what_is_declared(self, bench: Bench) -> None:
        bench.pull()
        assert bench.upstream.asked
        assert len(bench.upstream.asked) <= 50

    @pytest.mark.parametrize(
        ("mood", "outcome"),
        [
            (server.status(500), Outcome.TRANSIENT),
            (server.status(503), Outcome.TRANSIENT),
            (server.status(429, retry_after="7"), Outcome.RATE_LIMITED),
            (server.status(401), Outcome.AUTH),
            (server.status(403), Outcome.AUTH),
            (server.status(404), Outcome.DRIFT),
            (server.truncated, Outcome.TRANSIENT),
            (server.reset, Outcome.TRANSIENT),
            (server.html_page, Outcome.DRIFT),
            (server.html_login, Outcome.AUTH),
            (server.redirect("http://localhost:9/elsewhere"), Outcome.REFUSED),
        ],
        ids=["500", "503", "429", "401", "403", "404", "truncated", "reset", "html", "login", "redirect"],
    )
    def test_a_hostile_answer_gives_the_right_outcome(self, bench: Bench, mood: server.Mood, outcome: Outcome) -> None:
        bench.upstream.mood = mood
        run = bench.pull()
        assert run.outcome is outcome, run.message
        assert run.message
        assert run.kept == run.quarantined == 0

    @pytest.mark.parametrize("head", [False, True], ids=["body", "headers"])
    def test_a_slow_drip_ends_by_the_wall_clock(self, bench: Bench, head: bool) -> None:
        bench.upstream.mood = server.drip(0.05, head=head)
        started = clock.now()
        run = bench.pull(deadline=timedelta(seconds=0.6))
        assert run.outcome is Outcome.TRANSIENT
        assert clock.now() - started < timedelta(seconds=5)

    def test_after_a_bad_day_the_next_run_is_whole(self, bench: Bench) -> None:
        bench.upstream.mood = server.truncated
        bench.pull()
        bench.upstream.mood = None
        assert bench.pull().outcome is Outcome.OK

    def test_a_failure_between_good_answers_loses_nothing(self, bench: Bench, tmp_path: Path) -> None:
        """Whichever request fails, what came before stays and the next run brings the rest."""
        bench.pull()
        whole, asked = dump(bench.store, bench.source), len(bench.upstream.asked)
        for bad in range(min(asked, 5)):
            store = Store(f"sqlite:///{tmp_path}/cut{bad}.sqlite", bench.city.zone, bench.settings.secret)
            store.open()
            bench.upstream.moods = [None] * bad + [server.status(500)]
            runner.run_once(bench.configured(), store, bench.places, bench.city, bench.settings)
            runner.run_once(bench.configured(), store, bench.places, bench.city, bench.settings)
            assert dump(store, bench.source) == whole
            store.close()


def contract_for(name: str) -> type:
    """A class with the tests that the connector ``name`` (a module or a profile) must pass.

    How a profile asks is its base's business, which passes the tests of that itself.
    """
    asks = registry.sample(name).responses and name not in profiles.paths()
    base = _OverHttp if asks else _Any
    return type(f"Test{name.title().replace('_', '')}", (base,), {"module": name})
