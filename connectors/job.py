"""One run under way: pages from a connector into the store, each batch one transaction with the cursor that is true then."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from connectors import registry, reporting
from connectors.declared.columns import ColumnMap
from connectors.http import Http
from connectors.intake import Taken, take
from connectors.lease import Lease
from connectors.mistakes import sentence
from connectors.photos import Photos
from connectors.source import Config, Context, Cursor, FormChanged, Page, Refused, Row, Source
from layers import clock, privacy
from layers.areas import Places
from layers.city import SourceConfig
from layers.quarantine import cause
from layers.store import BATCH_ROWS, Batch, Store

ALL_BROKEN = 20
"""A page of at least so many rows that all fail alike is a new form, not so many bad rows: nothing of it is taken."""


BUILT_IN: Mapping[str, Source[Any]] = {reporting.SOURCE.name: reporting.SOURCE}
"""The room's own sources: they speak of the others, and nobody configures them."""

AT_ONCE = 4
"""Runs of a process that read rows and write them at one time; the others wait for sources, or for their turn here.

More would only wait for each other, each with one of the database's few connections in hand.
"""
_at_work = threading.BoundedSemaphore(AT_ONCE)

log = logging.getLogger(__name__)


def connector(configured: SourceConfig) -> tuple[Source[Any], Config]:
    """The connector of a configured source and its own configuration; raises :class:`Refused` for a wrong one."""
    source = registry.sources().get(configured.connector) or BUILT_IN.get(configured.connector)
    if source is None:
        raise Refused(f"konektor {configured.connector!r} tidak ada; yang ada: {', '.join(registry.sources())}")
    try:
        config: Config = source.config.model_validate(configured.config)
    except ValidationError as error:
        raise Refused(f"konfigurasi sumber salah: {sentence(error)}") from error
    if objection := config.objection(configured.title):
        raise Refused(f"konfigurasi sumber salah: {objection}")
    return source, config


@dataclass(slots=True, kw_only=True)
class Job:
    """A run's parts; ``news`` counts the rows that were anything else than known and unchanged.

    ``fates`` counts all rows by what became of them: ``kept``, ``unchanged``, ``quarantined``, or the rule that excluded them.
    """

    source: Source[Any]
    config: Config
    ctx: Context
    run_id: int
    store: Store
    places: Places
    lease: Lease
    news: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    photos: Photos = field(init=False)

    def __post_init__(self) -> None:
        folder = self.ctx.data / "inbox" / self.ctx.source
        self.photos = Photos(store=self.store, folder=folder, now=self.ctx.now)

    @property
    def photographed(self) -> bool:
        """Whether the source's column map names evidence photos: a picture in the drop folder is then one, and no table."""
        return isinstance(self.config, ColumnMap) and "photo" in self.config.fields

    def pull(self, http: Http) -> None:
        """Commit every page from the last cursor on; a page's cursor goes with the last of its batches."""
        self.photos.http = http
        for page in _pages(self.source, http, self.config, self.store.cursor(self.ctx.source), self.ctx):
            for start in range(0, len(page.rows), BATCH_ROWS):
                end = start + BATCH_ROWS
                self.commit(page.rows[start:end], page.cursor if end >= len(page.rows) else None)
            if not page.rows and page.cursor is not None:
                self.commit((), page.cursor)

    def commit(self, rows: Sequence[Row], cursor: Cursor | None, *, may_drift: bool = True) -> Taken:
        """Take rows into the store. Raises :class:`connectors.lease.LeaseLostError` rather than write beside another.

        Where all rows fail alike, :class:`FormChanged` is raised; but rows that ``may_drift`` denies it to
        (those of a quarantine have failed before) are only rejected.
        """
        with _at_work:
            taken = self._take(rows, may_drift=may_drift)
        self.photos.settle(taken.records)  # may wait for their host
        with _at_work:
            self._keep(taken, cursor)
        return taken

    def _take(self, rows: Sequence[Row], *, may_drift: bool) -> Taken:
        taken = take(rows, self.source, self.config, self.ctx, self.places, self.store.vault)
        if may_drift and len(rows) >= ALL_BROKEN and len(taken.rejects) == len(rows):
            reasons = {(reject.field, reject.reason) for reject in taken.rejects}
            if len(reasons) == 1:
                name, reason = reasons.pop()
                log.warning("event=bentuk source=%s field=%s reason=%r", self.ctx.source, name, privacy.mask(reason))
                raise FormChanged(f"semua {len(rows)} baris satu halaman ditolak: {name}: {cause(reason)}")
        return taken

    def _keep(self, taken: Taken, cursor: Cursor | None) -> None:
        self.lease.check()
        batch = Batch(
            source=self.ctx.source,
            run_id=self.run_id,
            records=taken.records,
            excluded=taken.excluded,
            rejects=taken.rejects,
            gone=taken.gone,
            cursor=cursor,
            now=clock.now(),
        )
        done = self.store.upsert_batch(batch)
        self.news += done.kept + sum(done.excluded.values()) + done.quarantined
        self.fates.update({"kept": done.kept, "unchanged": done.unchanged, "quarantined": done.quarantined, **done.excluded})


def _pages(source: Source[Any], http: Http, config: Config, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """The connector's pages; a fetched page that came before means a source that goes in circles."""
    seen: set[int] = set()
    asked = 0
    pages = iter(source.pages(http, config, cursor, ctx))
    while True:
        try:
            page = next(pages, None)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # What the error says may be a row's own text, and the message is for everybody.
            log.warning("event=bentuk source=%s galat=%s: %r", ctx.source, type(error).__name__, privacy.mask(str(error)))
            raise FormChanged(f"jawaban tidak berbentuk seperti yang disepakati ({type(error).__name__})") from error
        if page is None:
            return
        if page.rows and http.requests > asked:
            mark = hash((len(page.rows), repr(page.rows[0]), repr(page.rows[-1])))
            if mark in seen:
                raise FormChanged(f"sumber mengulang halaman yang sama, berhenti setelah {http.requests} permintaan")
            seen.add(mark)
        asked = http.requests
        yield page
