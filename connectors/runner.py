"""Runs sources: one run at a time for each, on schedule, with a breaker; replays the quarantine; publishes what changed."""

from __future__ import annotations

import gc
import logging
import random
import shutil
import signal
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from connectors.http import Http, origins
from connectors.job import Job, connector
from connectors.lease import LeaseLostError, held
from connectors.publishing import Publisher, publish_quietly
from connectors.source import Context, SlowDown, SourceError
from layers import clock, privacy
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.cache import Cache, cache_url
from layers.city import City, SourceConfig
from layers.model import Outcome, Run, Scope
from layers.settings import Settings
from layers.store import BATCH_ROWS, RunClosedError, Store

PAUSE = 0.5
"""Seconds before an unwell source is asked for the second time; see :class:`connectors.http.Http`."""

BREAK_AFTER = 3
"""Failures in a row after which a source is asked less and less often; a closed door counts at once."""

LONGEST_PAUSE = timedelta(hours=1)
WORKERS = 4

log = logging.getLogger(__name__)

__all__ = ["PAUSE", "Runner", "connector", "pull", "replay", "run_once"]


def run_once(configured: SourceConfig, store: Store, places: Places, city: City, settings: Settings) -> Run | None:
    """Pull a source until its pages end; ``None`` if another process is at it.

    A :class:`SourceError` ends the run with its outcome; what was committed before stays, and the next
    run goes on from there. An error that nobody foresaw ends it too: as transient where the system said
    no, else as drift. Errors of the store itself are raised. A failure is counted, and says from when on
    the source may be asked again.
    """
    with held(configured.name, store, settings.data) as lease:
        if lease is None:
            return None
        now, started = clock.now(), monotonic()
        run_id = store.begin_run(configured.name, now)
        outcome, message, wait, http, job = Outcome.OK, None, None, None, None
        try:
            source, config = connector(configured)
            ctx = _context(configured, city, settings, now)
            job = Job(source=source, config=config, ctx=ctx, run_id=run_id, store=store, places=places, lease=lease)
            with Http(origins(config), deadline=configured.deadline, pause=PAUSE) as http:
                job.pull(http)
        except (LeaseLostError, RunClosedError):
            return None
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a source does, its run has an end and an outcome
            outcome, message = _failure(configured, store, error)
            wait = error.retry_after if isinstance(error, SlowDown) else None
        if outcome is Outcome.OK and not (job and job.news):
            outcome = Outcome.NOTHING_NEW
        failures = store.failures(configured.name)
        run = store.end_run(run_id, outcome, message, clock.now())
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
            ctx = _context(configured, city, settings, now)
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


def _context(configured: SourceConfig, city: City, settings: Settings, now: datetime) -> Context:
    """What a run's connector may know; temporary files that a killed run of the source left behind are removed."""
    ctx = Context(source=configured.name, city=city, now=now, data=settings.data)
    shutil.rmtree(ctx.temp, ignore_errors=True)
    return ctx


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


def _steady_heap() -> None:
    """What a process has at its start stays: spare the collector from going through it for rows that come and go by thousands.

    A quarter of the time from a file to the store (121,245 rows: 11.4 s to 8.3 s of CPU).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class Runner:
    """The connector process: every source of the city on its schedule, and the publisher beside them."""

    def __init__(self, settings: Settings, sources: Sequence[SourceConfig] | None = None) -> None:
        self.settings = settings
        self.sources = settings.city.sources if sources is None else sources
        tree = AreaTree.of(settings.city)
        self.store = Store.of(settings)
        self.places = Places(tree, load_boundaries(settings.city, settings.data))
        self.publisher = Publisher(settings, self.store, tree, Cache(cache_url(settings), settings.city.code))
        self._ending = threading.Event()

    def run_forever(self) -> None:
        """Run until :meth:`stop`, SIGTERM or SIGINT."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stop())
        scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(WORKERS)}, timezone="UTC")
        for configured in self.sources:
            seconds = configured.interval.total_seconds()
            scheduler.add_job(
                self.turn,
                "interval",
                args=[configured],
                id=configured.name,
                seconds=seconds,
                jitter=max(int(seconds / 10), 1) if seconds >= 10 else None,
                next_run_time=datetime.now(UTC),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.add_job(self.tidy, "interval", hours=1, next_run_time=datetime.now(UTC))
        self.publisher.start()
        scheduler.start()
        try:
            self._ending.wait()
        finally:
            scheduler.shutdown(wait=True)
            self.close()

    def turn(self, configured: SourceConfig) -> Run | None:
        """A source's turn: a run, unless its breaker is open; then the publisher is told."""
        try:
            retry_at = self.store.breaker(configured.name).retry_at
            if retry_at is not None and clock.now() < retry_at:
                return None
            run = run_once(configured, self.store, self.places, self.settings.city, self.settings)
        except SQLAlchemyError as error:
            log.warning("event=ambil source=%s galat=%s", configured.name, type(error).__name__)
            return None
        if run is not None and run.outcome is not Outcome.NOTHING_NEW:
            self.publisher.changed()
        return run

    def tidy(self) -> None:
        """Let go of what is past its time: quarantined originals, the books of old runs."""
        try:
            rows, runs = self.store.purge_quarantine(clock.now()), self.store.purge_runs(clock.now())
            log.info("event=rapikan karantina=%d run=%d", rows, runs)
        except SQLAlchemyError as error:
            log.warning("event=rapikan galat=%s", type(error).__name__)

    def stop(self) -> None:
        """Ask it to end after the runs under way."""
        self._ending.set()

    def close(self) -> None:
        self.publisher.stop()
        self.store.close()


def pull(settings: Settings, names: Sequence[str], *, once: bool) -> int:
    """The command: the named sources (all, if none is named), once or on schedule. Returns the exit code.

    Once, a source that fails does not keep the others from their turn, nor from being published.
    Raises ``ValueError`` for a name that is not configured.
    """
    known = {configured.name: configured for configured in settings.city.sources}
    if unknown := sorted(set(names) - set(known)):
        raise ValueError(f"sumber tidak dikonfigurasi: {', '.join(unknown)}; yang ada: {', '.join(known) or 'belum ada'}")
    chosen = [known[name] for name in names] or list(known.values())
    runner = Runner(settings, chosen)
    _steady_heap()
    if not once:
        runner.run_forever()
        return 0
    try:
        runs = [_attempt(configured, runner) for configured in chosen]
    finally:
        try:
            publish_quietly(runner.publisher)
        finally:
            runner.close()
    return 0 if all(run is not None and run.outcome.good for run in runs) else 1


def _attempt(configured: SourceConfig, runner: Runner) -> Run | None:
    """A run that raises nothing: ``None`` where it had no end."""
    try:
        return run_once(configured, runner.store, runner.places, runner.settings.city, runner.settings)
    except Exception as error:  # noqa: BLE001 - the others have their turn
        log.warning("event=ambil source=%s galat=%s", configured.name, type(error).__name__)
        return None
