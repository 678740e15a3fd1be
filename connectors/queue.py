"""The same runs on many machines: workers take turns from a queue (Celery on Redis); one beat keeps time and publishes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from connectors import inbox
from connectors.briefing import LOOK_SECONDS as BRIEF_SECONDS
from connectors.briefing import Briefing
from connectors.lease import LEASE, Lease, held
from connectors.notify import Notifier
from connectors.publishing import Publisher
from connectors.runner import Room, end_by_signal, schedule
from layers import heap
from layers.areas import AreaTree
from layers.cache import Cache
from layers.city import SourceConfig
from layers.settings import Settings, SettingsError
from layers.store import Store

GRACE = timedelta(minutes=1)
"""What a run may take beyond twice its source's deadline (which is for its requests) before its process is ended."""

LOOK_SECONDS = 1.0
"""How often the beat looks whether something was committed anywhere."""

TURN, TIDY = "liveroom.giliran", "liveroom.rapikan"
COMMON = "umum"
"""The queue of every source that names no other, and of the tidying."""

log = logging.getLogger(__name__)


def application(settings: Settings) -> Celery:
    """The Celery application of a city: its tasks, JSON and nothing else; raises where REDIS_URL is missing.

    A task is acknowledged when it is done, so that one whose process was killed is given to another; one whose
    worker's whole machine died is given to another when its time is over.
    """
    if settings.redis_url is None:
        raise SettingsError("REDIS_URL belum diisi: liveroom worker dan liveroom beat berbagi antrean di Redis")
    known = {configured.name: configured for configured in settings.city.sources}
    longest = max(map(time_limit, known.values()), default=GRACE)
    app = Celery("liveroom", broker=settings.redis_url.replace("unix://", "redis+socket://", 1), set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_default_queue=COMMON,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "global_keyprefix": f"liveroom:{{{settings.city.code}}}:antrean:",
            "visibility_timeout": (longest + GRACE).total_seconds(),
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
        },
    )

    @cache
    def room() -> Room:
        """What a process of the worker has in hand: made in it and not before, as connections do not survive a fork."""
        heap.steady()
        return Room(settings)

    def turn(name: str) -> None:
        if name in known:
            room().turn(known[name])
        else:
            log.warning("event=antrean source=%s galat='tidak dikonfigurasi di mesin ini'", name)

    def tidy() -> None:
        room().tidy()

    app.task(name=TURN)(turn)
    app.task(name=TIDY)(tidy)
    return app


def time_limit(configured: SourceConfig) -> timedelta:
    """When the process of a run is ended, whatever it is doing."""
    return 2 * configured.deadline + GRACE


def work(settings: Settings, queues: Sequence[str], concurrency: int) -> int:
    """The command ``liveroom worker``: runs what the queues ask for until SIGTERM; returns the exit code."""
    unknown = set(queues) - {COMMON, *(configured.queue for configured in settings.city.sources)}
    if unknown:
        raise ValueError(f"antrean tidak dipakai satu sumber pun: {', '.join(sorted(unknown))}")
    inbox.prepare_all([configured for configured in settings.city.sources if configured.queue in queues], settings.data)
    for chatty in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # a run has a line of its own
    worker = application(settings).Worker(
        pool="prefork",
        concurrency=concurrency,
        queues=list(queues),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


class Beat:
    """Keeps the timetable and publishes, one for a city: others stand by and take over when it is gone.

    Both need one process that knows what came before, and the figures belong where the web servers read them.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store.of(settings)
        self._app = application(settings)
        self._ending = threading.Event()
        self._trouble = False

    def run_forever(self) -> None:
        """Run until :meth:`stop`, SIGTERM or SIGINT."""
        end_by_signal(self.stop)
        try:
            while not self._ending.is_set():
                self._stand()
                self._ending.wait(LEASE.total_seconds() / 12)
        finally:
            self._app.close()
            self.store.close()

    def stop(self) -> None:
        self._ending.set()

    def _stand(self) -> None:
        """Lead where nobody else does; return when that is over."""
        try:
            with held("@beat", self.store, self.settings.data) as lease:
                if lease is not None:
                    self._lead(lease)
        except SQLAlchemyError as error:
            log.warning("event=beat galat=%s", type(error).__name__)

    def _lead(self, lease: Lease) -> None:
        settings = self.settings
        cache = Cache(str(settings.redis_url), settings.city.code)
        publisher = Publisher(settings, self.store, AreaTree.of(settings.city), cache)
        notifier = Notifier.of(settings, self.store)
        scheduler = schedule(settings.city.sources, self._turn, self._tidy)
        look = Briefing(settings, self.store).look
        scheduler.add_job(look, "interval", seconds=BRIEF_SECONDS, coalesce=True, max_instances=1)
        log.info("event=beat keadaan=memimpin sumber=%d", len(settings.city.sources))
        publisher.start()
        notifier.start()
        scheduler.start()
        try:
            head = None
            while not self._ending.wait(LOOK_SECONDS) and not lease.lost.is_set():
                if (now := self._head(head)) != head:
                    head = now
                    publisher.changed()
        finally:
            scheduler.shutdown(wait=True)
            publisher.stop()
            notifier.stop()
            cache.close()

    def _head(self, before: int | None) -> int | None:
        """The newest change; that of before while the store is away."""
        try:
            return self.store.head()
        except SQLAlchemyError:
            return before

    def _turn(self, configured: SourceConfig) -> None:
        """Ask for a source's turn; a turn that nobody has taken when the next is due is dropped."""
        limit, expires = time_limit(configured).total_seconds(), configured.interval.total_seconds()
        self._send(TURN, (configured.name,), queue=configured.queue, time_limit=limit, expires=expires)

    def _tidy(self) -> None:
        self._send(TIDY, (), queue=COMMON, expires=3600)

    def _send(self, task: str, args: tuple[str, ...], **options: Any) -> None:
        """Put a task on its queue; a queue that is away is said once, and once when it is back."""
        try:
            self._app.send_task(task, args, retry=False, **options)
        except (KombuError, RedisError, OSError) as error:
            if not self._trouble:
                log.warning("event=antrean keadaan=putus galat=%s", type(error).__name__)
            self._trouble = True
        else:
            if self._trouble:
                log.warning("event=antrean keadaan=pulih")
            self._trouble = False
