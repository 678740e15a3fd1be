"""Sends alarms, briefs and reports to people by Apprise: e-mail, Telegram, WhatsApp gateways. A dead target holds up nobody else.

The addresses are the operator's own configuration (a pack's ``[[notify]]``, LIVEROOM_NOTIFY) and trusted as such; nothing that
comes from a source or a browser becomes one. They hold secrets, so that none is ever printed or logged.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from apprise import Apprise, AppriseAsset, AppriseAttachment, NotifyFormat, NotifyType
from apprise.attachment.memory import AttachMemory
from apprise.common import PersistentStoreMode
from sqlalchemy.exc import SQLAlchemyError
from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_exponential_jitter

from connectors.enclosed import Enclosures, Withdrawn
from layers import clock
from layers.alarmrules import NotifyTarget
from layers.citystate import PRIORITIES
from layers.outbox import Message, claim, drop, put_off, sent, standing
from layers.reportbook import ReportBook, report_of
from layers.reportplan import Recipient
from layers.settings import Settings
from layers.store import Store

LOOK_SECONDS = 5.0
"""How often each target's messages are looked for."""

PATIENCE = 30.0
"""Seconds that one try may take."""

AT_ONCE = 2
"""Tries before a message is put off."""

MEDIA = {".pdf": "application/pdf", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
"""What files are, by the end of their names."""

log = logging.getLogger(__name__)
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines name addresses of people


class Mailbox:
    """One target as Apprise sees it; ``ValueError`` for an address that it does not know."""

    def __init__(self, target: NotifyTarget | Recipient) -> None:
        asset = AppriseAsset(
            app_id="Live Room",
            app_desc="Live Room",
            app_url="",
            secure_logging=True,
            storage_mode=PersistentStoreMode.MEMORY,
        )
        self.target = target
        self._apprise = Apprise(asset=asset)
        with warnings.catch_warnings():  # its plugins are loaded by the first address, and one asks for a module of old
            warnings.simplefilter("ignore", DeprecationWarning)
            known = self._apprise.add(target.url.get_secret_value())
        if not known:
            raise ValueError(f"notify {target.name}: alamat tidak dikenal Apprise; bentuknya misalnya mailtos://, tgram://")

    @property
    def service(self) -> str:
        """What the address is of: ``Email``, ``Telegram``."""
        return str(self._apprise[0].service_name)

    def send(self, title: str, body: str, html: str | None = None, files: Mapping[str, bytes] | None = None) -> bool:
        """Whether the service took the message, after :data:`AT_ONCE` tries; to mail ``html`` goes instead of the text.

        ``files`` go with it by name, where the service knows of files.
        """
        wait = wait_exponential_jitter(initial=1, max=5)
        tries = Retrying(stop=stop_after_attempt(AT_ONCE), wait=wait, retry=retry_if_result(lambda taken: not taken))
        try:
            return bool(tries(self._try, title, body, html, files or {}))
        except RetryError:
            return False

    def _try(self, title: str, body: str, html: str | None, files: Mapping[str, bytes]) -> bool:
        kind, form = NotifyType.WARNING, NotifyFormat.TEXT
        attached = [AttachMemory(content, name, MEDIA[Path(name).suffix]) for name, content in files.items()]  # type: ignore[no-untyped-call]
        if html is not None:
            kind = NotifyType.INFO
            if self.target.url.get_secret_value().startswith("mailto"):
                body, form = html, NotifyFormat.HTML
        try:
            attach = AppriseAttachment(attached) if attached else None
            taken = self._apprise.notify(
                title=title, body=body, notify_type=kind, body_format=form, attach=attach, timeout=PATIENCE
            )
            return bool(taken)
        except Exception as error:  # noqa: BLE001 - a hundred services, each with errors of its own: none ends the thread
            log.warning("event=kirim target=%s galat=%s", self.target.name, type(error).__name__)
            return False


class Notifier:
    """Sends what waits, each target in a thread of its own; :meth:`stop` leaves what is not sent for the next process."""

    def __init__(self, targets: Sequence[NotifyTarget | Recipient], store: Store, enclosures: Enclosures | None = None) -> None:
        self._store = store
        self._enclosures = enclosures
        self._ending = threading.Event()
        self._boxes: list[Mailbox] = []
        for target in targets:
            try:
                self._boxes.append(Mailbox(target))
            except ValueError as error:  # the others are told all the same
                log.warning("event=kirim %s", error)
        names = [box.target.name for box in self._boxes]
        self._threads = [
            threading.Thread(target=self._serve, args=(box,), name=f"kirim-{name}", daemon=True)
            for box, name in zip(self._boxes, names, strict=True)
        ]

    @classmethod
    def of(cls, settings: Settings, store: Store) -> Self:
        """Everybody whom a room tells something: the targets of its pack, and who gets reports at an address of their own."""
        return cls((*settings.city.notify, *settings.reports.own), store, Enclosures(settings, store))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the threads to end; one that waits for a dead service is left behind."""
        self._ending.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(1)

    def once(self) -> None:
        """Send what is due now, and return."""
        for box in self._boxes:
            while self._next(box):
                pass

    def _serve(self, box: Mailbox) -> None:
        trouble = False
        while not self._ending.is_set():
            try:
                while not self._ending.is_set() and (taken := self._next(box)) is not None:
                    trouble = self._say(box, trouble=not taken, before=trouble)
            except SQLAlchemyError as error:
                log.warning("event=kirim target=%s galat=%s", box.target.name, type(error).__name__)
            self._ending.wait(LOOK_SECONDS)

    def _next(self, box: Mailbox) -> bool | None:
        """Send one message: whether it was taken, ``None`` where none was due."""
        message: Message | None = claim(self._store, box.target.name, clock.now())
        if message is None:
            return None
        try:
            files = self._enclosures.files(message) if self._enclosures else {}
        except Withdrawn as why:
            log.warning("event=laporan nama=%s keadaan=ditarik sebab=%r", report_of(message.key), str(why))
            drop(self._store, message, str(why))
            return True
        except SQLAlchemyError as error:  # whose rights cannot be read now gets it later
            log.warning("event=laporan nama=%s galat=%s", report_of(message.key), type(error).__name__)
            put_off(self._store, message, clock.now())
            return False
        if taken := box.send(message.title, message.body, message.html, files):
            sent(self._store, message, clock.now())
        else:
            put_off(self._store, message, clock.now())
        return taken

    def _say(self, box: Mailbox, *, trouble: bool, before: bool) -> bool:
        """Log a target's trouble when it begins and when it is over."""
        if trouble != before:
            log.warning("event=kirim target=%s keadaan=%s", box.target.name, "gagal" if trouble else "pulih")
        return trouble


def listing(settings: Settings) -> str:
    """The targets with what they are told and how they stand; never their addresses."""
    targets = settings.city.notify
    if not targets:
        return "Belum ada tujuan pesan: isi [[notify]] di paket kota atau LIVEROOM_NOTIFY (docs/alarms.md)."
    store = Store.of(settings)
    try:
        stands = standing(store)
    finally:
        store.close()
    lines = []
    for target in targets:
        try:
            service = Mailbox(target).service
        except ValueError:
            service = "alamat tidak dikenal"
        stand = stands.get(target.name)
        wait = f"{stand.waiting} menunggu, {stand.dropped} tidak dikirim" if stand else "belum ada pesan"
        last = f", terakhir {stand.sent.astimezone(settings.city.zone):%d-%m-%Y %H.%M}" if stand and stand.sent else ""
        quiet = f", hening {target.quiet.since:%H.%M}-{target.quiet.until:%H.%M}" if target.quiet else ""
        whose = f", milik {', '.join(target.owners)}" if target.owners else ""
        urgent = f"prioritas {PRIORITIES[target.min_priority]['id']} ke atas"
        lines.append(f"{target.name}: {service}, {urgent}{whose}{quiet}; {wait}{last}")
    return "\n".join(lines)


def deliver(settings: Settings, reports: Mapping[str, tuple[str, str | None]]) -> tuple[str, bool]:
    """Send the reports that were put on their way just now: what to say of each account, and whether all were taken.

    ``reports`` holds by account the key of its message, and why there is none. What is not taken the running room tries again.
    """
    store = Store.of(settings)
    try:
        names = {settings.reports.recipients[account].name for account in reports}
        everybody: list[NotifyTarget | Recipient] = [*settings.city.notify, *settings.reports.own]
        Notifier([target for target in everybody if target.name in names], store, Enclosures(settings, store)).once()
        book = ReportBook(store)
        became = {account: (False, why) if why else book.outcome(key) for account, (key, why) in reports.items()}
    finally:
        store.close()
    waits = "belum terkirim; ruang yang berjalan mencobanya lagi"
    lines = [
        f"{name}: {'terkirim' if taken else f'tidak dikirim: {why}' if why else waits}" for name, (taken, why) in became.items()
    ]
    return "\n".join(lines), all(taken for taken, _ in became.values())


def try_target(settings: Settings, name: str) -> tuple[str, bool]:
    """Send a test message now; what to say, and whether it was taken. ``ValueError`` for a target that is not there."""
    known = {target.name: target for target in settings.city.notify}
    if name not in known:
        raise ValueError(f"tujuan tidak dikonfigurasi: {name}; yang ada: {', '.join(known) or 'belum ada'}")
    body = f"Pesan uji. Alarm kota ini dikirim ke sini.\n\n{settings.address}/alarm"
    taken = Mailbox(known[name]).send(f"[UJI] Live Room · {settings.city.name}", body)
    return (f"{name}: terkirim" if taken else f"{name}: tidak terkirim; periksa alamat, sandi, dan jaringannya"), taken
