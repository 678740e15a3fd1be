"""Runs one source once: page by page into the store, each batch one transaction, every row accounted for; and replays its quarantine."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from pydantic import ValidationError

from connectors import registry
from connectors.http import Http, origins
from connectors.intake import Taken, take
from connectors.lease import Lease, LeaseLostError, held
from connectors.source import Config, Context, Cursor, FormChanged, Page, Refused, Row, SlowDown, Source, SourceError
from layers import clock, privacy
from layers.areas import Places
from layers.city import City, SourceConfig
from layers.model import Outcome, Run, Scope
from layers.settings import Settings
from layers.store import Batch, Store

BATCH = 5_000
"""Rows of one transaction at most: what a kill may undo, and what memory holds."""

ALL_BROKEN = 20
"""A page of at least so many rows that all fail alike is a new form, not so many bad rows: nothing of it is taken."""

PAUSE = 0.5
"""Seconds before an unwell source is asked for the second time; see :class:`connectors.http.Http`."""

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Job:
    """One run under way: its parts, and what it has counted."""

    source: Source[Any]
    config: Config
    ctx: Context
    run_id: int
    store: Store
    places: Places
    lease: Lease
    counts: Counter[str] = field(default_factory=Counter)

    def commit(self, rows: Sequence[Row], cursor: Cursor | None) -> Taken:
        """Take rows into the store, and the cursor that is true then, in one transaction."""
        taken = take(rows, self.source, self.config, self.ctx, self.places)
        if len(rows) >= ALL_BROKEN and len(taken.rejects) == len(rows):
            reasons = {(reject.field, reject.reason) for reject in taken.rejects}
            if len(reasons) == 1:
                name, reason = reasons.pop()
                raise FormChanged(f"semua {len(rows)} baris satu halaman ditolak: {name}: {reason}")
        self.lease.check()
        batch = Batch(
            source=self.ctx.source,
            run_id=self.run_id,
            records=taken.records,
            excluded=taken.excluded,
            rejects=taken.rejects,
            cursor=cursor,
            now=self.ctx.now,
        )
        self.counts["kept"] += self.store.upsert_batch(batch).kept
        return taken


def run_once(configured: SourceConfig, store: Store, places: Places, city: City, settings: Settings) -> Run | None:
    """Pull a source until its pages end; ``None`` if another process is at it.

    A :class:`SourceError` ends the run with its outcome; what was committed before stays, and the next
    run goes on from there. Errors of the store itself are raised. A rate limit sets the time before
    which the source is not asked again.
    """
    with held(configured.name, store, settings.data) as lease:
        if lease is None:
            return None
        now, started = clock.now(), monotonic()
        ctx = Context(source=configured.name, city=city, now=now, data=settings.data)
        run_id = store.begin_run(configured.name, now)
        outcome, message, http = Outcome.OK, None, None
        counts: Counter[str] = Counter()
        try:
            source, config = _connector(configured)
            with Http(origins(config), deadline=configured.deadline, pause=PAUSE) as http:
                job = _Job(
                    source=source, config=config, ctx=ctx, run_id=run_id, store=store, places=places, lease=lease, counts=counts
                )
                for page in _pages(source, http, config, store.cursor(configured.name), ctx):
                    _commit(job, page)
        except SourceError as error:
            outcome, message = error.outcome, privacy.mask(str(error))
            if isinstance(error, SlowDown) and error.retry_after is not None:
                message += f"; diminta menunggu {error.retry_after:.0f} detik"
        except LeaseLostError:
            return None
        if outcome is Outcome.OK and not counts["kept"]:
            outcome = Outcome.NOTHING_NEW
        run = store.end_run(run_id, outcome, message, clock.now())
        _say(run, http, monotonic() - started)
        return run


def replay(configured: SourceConfig, store: Store, places: Places, city: City, settings: Settings, scope: Scope) -> Run | None:
    """Read a source's quarantined rows again, after its connector or configuration was mended.

    Rows that are believed now leave the quarantine. Raises ``PermissionError`` unless ``scope`` may operate,
    and :class:`Refused` for a configuration that is not valid.
    """
    source, config = _connector(configured)
    with held(configured.name, store, settings.data) as lease:
        if lease is None:
            return None
        now, started = clock.now(), monotonic()
        originals = store.quarantine_originals(scope, configured.name)
        run_id = store.begin_run(configured.name, now)
        ctx = Context(source=configured.name, city=city, now=now, data=settings.data)
        job = _Job(source=source, config=config, ctx=ctx, run_id=run_id, store=store, places=places, lease=lease)
        waiting = list(originals)
        for start in range(0, len(waiting), BATCH):
            part = waiting[start : start + BATCH]
            still = {id(reject.original) for reject in job.commit([row for _, row in part], None).rejects}
            store.resolve_quarantine([number for number, row in part if id(row) not in still], clock.now())
        run = store.end_run(run_id, Outcome.OK if job.counts["kept"] else Outcome.NOTHING_NEW, None, clock.now())
        _say(run, None, monotonic() - started)
        return run


def _connector(configured: SourceConfig) -> tuple[Source[Any], Config]:
    """The connector of a configured source and its own configuration; raises :class:`Refused`."""
    source = registry.sources().get(configured.connector)
    if source is None:
        raise Refused(f"konektor {configured.connector!r} tidak ada; yang ada: {', '.join(registry.sources())}")
    try:
        return source, source.config.model_validate(configured.config)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "config"
        raise Refused(f"konfigurasi sumber salah: {where}: {first['msg']}") from error


def _pages(source: Source[Any], http: Http, config: Config, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """The connector's pages; a fetched page that came before means a source that goes in circles."""
    seen: set[int] = set()
    asked = 0
    pages = iter(source.pages(http, config, cursor, ctx))
    while True:
        try:
            page = next(pages, None)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise FormChanged(f"jawaban tidak berbentuk seperti yang disepakati ({type(error).__name__}: {error})") from error
        if page is None:
            return
        if page.rows and http.requests > asked:
            mark = hash((len(page.rows), repr(page.rows[0]), repr(page.rows[-1])))
            if mark in seen:
                raise FormChanged(f"sumber mengulang halaman yang sama setelah {http.requests} permintaan")
            seen.add(mark)
        asked = http.requests
        yield page


def _commit(job: _Job, page: Page) -> None:
    """A page in batches; its cursor is committed with the last of them."""
    for start in range(0, len(page.rows), BATCH):
        end = start + BATCH
        job.commit(page.rows[start:end], page.cursor if end >= len(page.rows) else None)
    if not page.rows and page.cursor is not None:
        job.commit((), page.cursor)


def _say(run: Run, http: Http | None, seconds: float) -> None:
    """One line a run, without personal data."""
    log.log(
        logging.INFO if run.outcome.good else logging.WARNING,
        "event=ambil source=%s outcome=%s seen=%d kept=%d unchanged=%d excluded=%d quarantined=%d requests=%d bytes=%d seconds=%.2f%s",
        run.source,
        run.outcome.value,
        run.seen,
        run.kept,
        run.unchanged,
        sum(run.excluded.values()),
        run.quarantined,
        http.requests if http else 0,
        http.bytes if http else 0,
        seconds,
        f" message={run.message!r}" if run.message else "",
    )
