"""One run of one source, whatever becomes of it: lease, outcome, breaker, one line in the log; and the quarantine read again."""

from __future__ import annotations

import logging
import random
import shutil
import traceback
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from connectors import inbox
from connectors.http import Http, origins
from connectors.job import Job, connector
from connectors.lease import LeaseLostError, held
from connectors.source import Config, Context, SlowDown, SourceError
from layers import clock, privacy
from layers.areas import Places
from layers.city import City, SourceConfig
from layers.model import Outcome, Run, Scope
from layers.settings import Settings
from layers.store import BATCH_ROWS, RunClosedError, Store

PAUSE = 0.5
"""Seconds before an unwell source is asked for the second time; see :class:`connectors.http.Http`."""

BREAK_AFTER = 3
"""Failures in a row after which a source is asked less and less often; a closed door counts at once."""

LONGEST_PAUSE = timedelta(hours=1)

log = logging.getLogger(__name__)


def run_once(
    configured: SourceConfig, store: Store, places: Places, city: City, settings: Settings, *, ask: bool = True
) -> Run | None:
    """Read a source's drop folder, then pull it until its pages end; ``None`` if another process is at it.

    Without ``ask`` only the drop folder is read: what that comes to says nothing of the source itself. A file that
    cannot be read ends a run that is good otherwise as drift, which is not counted as a failure of the source.

    A :class:`SourceError` ends the run with its outcome; what was committed before stays, and the next
    run goes on from there. An error that nobody foresaw ends it too: as transient where the system said
    no, else as drift. Errors of the store itself are raised. A failure is counted, and says from when on
    the source may be asked again; so is a run whose process was killed, or rows that kill would do so for ever.
    """
    with held(configured.name, store, settings.data) as lease:
        if lease is None:
            return None
        now, started = clock.now(), monotonic()
        if left := store.interrupted(configured.name, now):
            _breaker(configured, store, left, store.failures(configured.name), None)
        run_id = store.begin_run(configured.name, now)
        outcome, message, wait, http, job, unread = Outcome.OK, None, None, None, None, None
        try:
            source, config = connector(configured)
            ctx = _context(configured, city, settings, now, store)
            job = Job(source=source, config=config, ctx=ctx, run_id=run_id, store=store, places=places, lease=lease)
            unread = inbox.take(job, configured)
            if ask:
                with _client(configured, config) as http:
                    job.pull(http)
        except (LeaseLostError, RunClosedError):
            return None
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a source does, its run has an end and an outcome
            outcome, message = _failure(configured, store, error)
            wait = error.retry_after if isinstance(error, SlowDown) else None
        if outcome is Outcome.OK and job is not None:
            message = job.photos.says
        if outcome is Outcome.OK and not (job and job.news):
            outcome = Outcome.NOTHING_NEW
        failures, well = store.failures(configured.name), outcome.good
        if well and unread is not None:
            outcome, message = Outcome.DRIFT, _storable(privacy.mask(unread))
        run = store.end_run(run_id, outcome, message, clock.now(), asked=ask)
        if run.outcome.good is well and ask:
            _breaker(configured, store, run, failures, wait)
        _say(run, http, monotonic() - started)
        return run


def replay(configured: SourceConfig, store: Store, places: Places, city: City, settings: Settings, scope: Scope) -> Run | None:
    """Read a source's quarantined rows again, after its connector or configuration was mended.

    Rows that are believed now leave the quarantine. Raises ``PermissionError`` unless ``scope`` may
    operate, and :class:`connectors.source.Refused` for a configuration that is not valid.
    """
    source, config = connector(configured)
    originals = store.quarantine_originals(scope, configured.name)
    with held(configured.name, store, settings.data) as lease:
        if lease is None:
            return None
        now, started = clock.now(), monotonic()
        run_id = store.begin_run(configured.name, now)
        outcome, message = Outcome.OK, None
        try:
            ctx = _context(configured, city, settings, now, store)
            job = Job(source=source, config=config, ctx=ctx, run_id=run_id, store=store, places=places, lease=lease)
            waiting = list(originals)
            for start in range(0, len(waiting), BATCH_ROWS):
                part = waiting[start : start + BATCH_ROWS]
                still = {id(reject.original) for reject in job.commit([row for _, row in part], None, may_drift=False).rejects}
                store.resolve_quarantine([number for number, row in part if id(row) not in still], clock.now())
            if not job.news:
                outcome = Outcome.NOTHING_NEW
        except (LeaseLostError, RunClosedError):
            return None
        except SQLAlchemyError:
            with suppress(SQLAlchemyError, RunClosedError):
                store.end_run(run_id, Outcome.TRANSIENT, "penyimpanan tidak terjangkau", clock.now())
            raise
        except Exception as error:  # noqa: BLE001 - a replay must not leave its run open
            outcome, message = _failure(configured, store, error)
        run = store.end_run(run_id, outcome, message, clock.now())
        _say(run, None, monotonic() - started)
        return run


def _context(configured: SourceConfig, city: City, settings: Settings, now: datetime, store: Store) -> Context:
    """What a run's connector may know; temporary files that a killed run of the source left behind are removed."""
    ctx = Context(source=configured.name, city=city, now=now, data=settings.data, store=store)
    shutil.rmtree(ctx.temp, ignore_errors=True)
    return ctx


def _client(configured: SourceConfig, config: Config) -> Http:
    """The client of one run, with the source's own patience."""
    return Http(origins(config), deadline=configured.deadline, pause=PAUSE, tries=configured.tries, every=configured.rate)


_SAID: tuple[tuple[type[Exception], Outcome, str], ...] = (
    (PermissionError, Outcome.TRANSIENT, "tidak ada izin membaca atau menulis berkas"),
    (FileNotFoundError, Outcome.TRANSIENT, "berkas tidak ditemukan"),
    (OSError, Outcome.TRANSIENT, "berkas atau sambungan tidak dapat dibaca"),
    (RecursionError, Outcome.DRIFT, "susunan data terlalu dalam"),
    (MemoryError, Outcome.DRIFT, "data terlalu besar untuk memori"),
    (Exception, Outcome.DRIFT, "galat yang tidak diduga"),
)
"""What an error of no connector's own means: it is shown to everybody, so it says nothing of what was read."""


def _failure(configured: SourceConfig, store: Store, error: Exception) -> tuple[Outcome, str]:
    """The outcome and the message of an error. The trace of an unforeseen one is logged once, not in each run that it ends."""
    if isinstance(error, SourceError):
        return error.outcome, _storable(privacy.mask(str(error)))
    outcome, said = next((outcome, said) for kind, outcome, said in _SAID if isinstance(error, kind))
    message = f"{said} ({type(error).__name__})"
    if all((facts.source, facts.message) != (configured.name, message) for facts in store.source_states()):
        trace = "".join(traceback.format_exception(error))
        log.error("event=ambil source=%s galat=%s\n%s", configured.name, type(error).__name__, privacy.mask(trace))
    return outcome, message


def _storable(text: str) -> str:
    """Text that every database keeps: no NUL, no half characters."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _breaker(configured: SourceConfig, store: Store, run: Run, before: int, wait: float | None) -> None:
    """Count a failure and say when to ask again; log once when the source is left alone and once when it is back."""
    if run.outcome.good:
        if before >= BREAK_AFTER:
            log.warning("event=sakelar source=%s keadaan=pulih setelah=%d", run.source, before)
        return
    failures = before + 1
    limit = 1 if run.outcome in (Outcome.AUTH, Outcome.REFUSED) else BREAK_AFTER
    retry_at: datetime | None = None
    if wait is not None:
        retry_at = run.finished + timedelta(seconds=wait)
    elif failures >= limit:
        pause = min(configured.interval * 2 ** min(failures - limit + 1, 16), max(LONGEST_PAUSE, configured.interval))
        retry_at = run.finished + pause * random.uniform(0.9, 1.1)  # noqa: S311 - jitter
    store.record_failure(run.source, run.finished, retry_at)
    if failures == limit:
        log.warning("event=sakelar source=%s keadaan=terbuka outcome=%s message=%r", run.source, run.outcome.value, run.message)


def _say(run: Run, http: Http | None, seconds: float) -> None:
    """One line a run, without personal data."""
    facts = {
        "source": run.source,
        "outcome": run.outcome.value,
        "seen": run.seen,
        "kept": run.kept,
        "unchanged": run.unchanged,
        "excluded": sum(run.excluded.values()),
        "quarantined": run.quarantined,
        "requests": http.requests if http else 0,
        "bytes": http.bytes if http else 0,
        "seconds": f"{seconds:.2f}",
    }
    if run.message:
        facts["message"] = repr(run.message)
    level = logging.DEBUG if run.outcome is Outcome.NOTHING_NEW else logging.INFO
    log.log(level, "event=ambil %s", " ".join(f"{name}={value}" for name, value in facts.items()))
