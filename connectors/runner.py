"""The connector process: every source of the city on its schedule in threads of one process, and the figures after the rows."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from connectors import inbox
from connectors.briefing import LOOK_SECONDS as BRIEF_SECONDS
from connectors.briefing import Briefing
from connectors.job import connector
from connectors.notify import Notifier
from connectors.publishing import Publisher, publish_quietly
from connectors.run import BREAK_AFTER, PAUSE, replay, run_once
from layers import clock, heap, retention
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.cache import Cache, cache_url
from layers.city import SourceConfig
from layers.model import Outcome, Run
from layers.settings import Settings
from layers.store import Store

THREADS = 64
"""Threads that wait for sources, one for each while there are not more: one that hangs takes nobody else's turn."""

SPARE = 2
"""Threads for the room's own work."""

LOOK_SECONDS = 5
"""How often the drop folders are looked at."""

log = logging.getLogger(__name__)

__all__ = ["BREAK_AFTER", "PAUSE", "Room", "Runner", "connector", "pull", "replay", "run_once", "schedule"]


class Room:
    """A process's hands on the room: the store, the places, a source's turn and the hourly tidying."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tree = AreaTree.of(settings.city)
        self.store = Store.of(settings)
        self.places = Places(self.tree, load_boundaries(settings.city, settings.data))

    def turn(self, configured: SourceConfig) -> Run | None:
        """A source's turn: a run, unless its breaker is open or the store is away."""
        try:
            retry_at = self.store.breaker(configured.name).retry_at
            ask = retry_at is None or clock.now() >= retry_at
            if not ask and not inbox.settled(inbox.folder(self.settings.data, configured.name)):
                return None
            return run_once(configured, self.store, self.places, self.settings.city, self.settings, ask=ask)
        except SQLAlchemyError as error:
            log.warning("event=ambil source=%s galat=%s", configured.name, type(error).__name__)
            return None

    def tidy(self) -> None:
        """Let go of what is past its time: quarantined originals, the books of old runs, fine grains of old measurements."""
        now, city = clock.now(), self.settings.city
        try:
            rows, runs = self.store.purge_quarantine(now), self.store.purge_runs(now)
            versions = retention.thin(self.store, city.retention, city.zone, now)
            versions += retention.thin_books(self.store, city.retention, city.zone, now)
            files = inbox.purge(city.sources, self.settings.data, now)
            log.info("event=rapikan karantina=%d run=%d versi=%d berkas=%d", rows, runs, versions, files)
        except SQLAlchemyError as error:
            log.warning("event=rapikan galat=%s", type(error).__name__)

    def close(self) -> None:
        self.store.close()


def schedule(
    sources: Sequence[SourceConfig], turn: Callable[[SourceConfig], object], tidy: Callable[[], object]
) -> BackgroundScheduler:
    """The city's timetable, not started: each source at once and then by its interval, with its jitter; tidying by the hour.

    What a turn is, is the caller's: a run in one of these threads, or a task for another machine.
    """
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(min(len(sources), THREADS) + SPARE)}, timezone="UTC")
    for configured in sources:
        scheduler.add_job(
            turn,
            "interval",
            args=[configured],
            id=configured.name,
            seconds=configured.interval.total_seconds(),
            jitter=configured.spread.total_seconds() or None,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.add_job(tidy, "interval", hours=1, next_run_time=datetime.now(UTC))
    return scheduler


class Runner(Room):
    """The connector process of one machine: the timetable, and the publisher beside it."""

    def __init__(self, settings: Settings, sources: Sequence[SourceConfig] | None = None) -> None:
        super().__init__(settings)
        self.sources = settings.city.sources if sources is None else sources
        self.publisher = Publisher(settings, self.store, self.tree, Cache(cache_url(settings), settings.city.code))
        self.notifier = Notifier.of(settings, self.store)
        self.briefing = Briefing(settings, self.store)
        self._ending = threading.Event()
        self._left: dict[str, frozenset[inbox.Mark]] = {}

    def run_forever(self) -> None:
        """Run until :meth:`stop`, SIGTERM or SIGINT."""
        end_by_signal(self.stop)
        inbox.prepare_all(self.sources, self.settings.data)
        scheduler = schedule(self.sources, self.turn, self.tidy)
        scheduler.add_job(self.look, "interval", seconds=LOOK_SECONDS, coalesce=True, max_instances=1)
        scheduler.add_job(self.briefing.look, "interval", seconds=BRIEF_SECONDS, coalesce=True, max_instances=1)
        self.publisher.start()
        self.notifier.start()
        scheduler.start()
        try:
            self._ending.wait()
        finally:
            scheduler.shutdown(wait=True)
            self.close()

    def turn(self, configured: SourceConfig) -> Run | None:
        """A source's turn; then the publisher is told."""
        run = super().turn(configured)
        if run is not None and run.outcome is not Outcome.NOTHING_NEW:
            self.publisher.changed()
        return run

    def look(self) -> None:
        """Read the drop folders in which something has settled, whatever the interval of their source."""
        for configured in self.sources:
            place = inbox.folder(self.settings.data, configured.name)
            found = inbox.settled(place)
            if not found or found == self._left.get(configured.name):
                continue
            try:
                run = run_once(configured, self.store, self.places, self.settings.city, self.settings, ask=False)
            except SQLAlchemyError as error:
                log.warning("event=inbox source=%s galat=%s", configured.name, type(error).__name__)
                continue
            if run is not None:
                self._left[configured.name] = inbox.settled(place) & found  # tried in vain: not again before the next turn
                self.publisher.changed()

    def stop(self) -> None:
        """Ask it to end after the runs under way."""
        self._ending.set()

    def close(self) -> None:
        self.publisher.stop()
        self.notifier.stop()
        super().close()


def end_by_signal(stop: Callable[[], object]) -> None:
    """Let SIGTERM and SIGINT ask a process of the room to end."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop())


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
    heap.steady()
    if not once:
        runner.run_forever()
        return 0
    try:
        runs = [_attempt(configured, runner) for configured in chosen]
    finally:
        try:
            publish_quietly(runner.publisher)
            runner.notifier.once()
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
