"""Messages reach a real mail server and a real HTTP gateway; a dead one loses nothing and holds up nobody."""

from __future__ import annotations

import logging
import os
import signal
import socketserver
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Self

import orjson
import pytest
from sqlalchemy import insert, select

from connectors import notify
from connectors.notify import Mailbox, Notifier, listing, try_target
from layers import clock, schema
from layers.alarmrules import NotifyTarget
from layers.settings import Settings
from layers.store import Store
from tests.conftest import ROOT
from tests.connectors.server import Asked, Reply, Upstream
from tests.layers.made import SECRET, ZONE


class Mail(socketserver.ThreadingTCPServer):
    """A mail server: enough of SMTP for one message at a time; ``dead`` refuses each."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.dead = False
        super().__init__(("127.0.0.1", 0), _Smtp)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"mailto://{host!s}:{port}/?from=ruang@kota.id&to=sekda@kota.id&mode=insecure"


class _Smtp(socketserver.StreamRequestHandler):
    server: Mail

    def handle(self) -> None:
        self.say("220 siap")
        while line := self.rfile.readline().decode():
            match line.split()[0].upper():
                case "EHLO" | "HELO":
                    self.say("250 halo")
                case "MAIL" if self.server.dead:
                    self.say("451 nanti")
                case "DATA":
                    self.say("354 mulai")
                    lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                    self.server.messages.append("".join(lines))
                    self.say("250 diterima")
                case "QUIT":
                    self.say("221 selesai")
                    return
                case _:
                    self.say("250 ya")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/s.sqlite", ZONE, SECRET)
    store.open()
    yield store
    store.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(notify, "AT_ONCE", 1)


def target(name: str, url: str) -> NotifyTarget:
    return NotifyTarget.model_validate({"name": name, "url": url})


def waiting(store: Store, name: str, *titles: str) -> None:
    now = clock.now()
    with store.write() as connection:
        for title in titles:
            row = {
                "target": name,
                "key": title,
                "alarm": "a:b",
                "since": now,
                "priority": 2,
                "title": title,
                "body": "Tindakan: uji",
            }
            connection.execute(insert(schema.notice).values(row | {"created": now, "due": now}))


def unsent(store: Store) -> int:
    with store.read() as connection:
        return len(connection.execute(select(schema.notice).where(schema.notice.c.sent.is_(None))).all())


def until(true: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_a_message_reaches_a_mail_server(store: Store) -> None:
    with Mail() as mail:
        waiting(store, "sekda", "[KRITIS] Respons 112")
        Notifier([target("sekda", mail.url)], store).once()
        assert unsent(store) == 0
        (message,) = mail.messages
    assert "To: sekda@kota.id" in message
    assert "Tindakan: uji" in message


def test_a_dead_mail_server_loses_nothing_and_holds_up_nobody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.outbox.FIRST_PAUSE", timedelta(seconds=0.2))
    with Mail() as mail, Upstream(answer=lambda _: Reply()) as gateway:
        mail.dead = True
        waiting(store, "surat", "a")
        waiting(store, "gerbang", "b")
        notifier = Notifier([target("surat", mail.url), target("gerbang", gateway.url.replace("http://", "json://"))], store)
        notifier.start()
        until(lambda: gateway.asked)
        assert mail.messages == []
        mail.dead = False
        until(lambda: unsent(store) == 0)
        notifier.stop()
        assert len(mail.messages) == len(gateway.asked) == 1
    assert orjson.loads(gateway.asked[0].body)["title"] == "b"


SENDER = """
import sys
from connectors import notify
from layers import outbox
from layers.alarmrules import NotifyTarget
from layers.store import Store
from tests.layers.made import SECRET, ZONE
from datetime import timedelta
outbox.CLAIM = timedelta(seconds=0.5)
notify.LOOK_SECONDS = 0.05
store = Store(sys.argv[1], ZONE, SECRET)
notifier = notify.Notifier([NotifyTarget.model_validate({"name": "x", "url": sys.argv[2]})], store)
notifier.start()
notifier._ending.wait()
"""


def test_killed_in_the_middle_it_is_sent_again_and_never_lost(store: Store, tmp_path: Path) -> None:
    arrived, hold = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Reply:
        arrived.set()
        hold.wait(10)
        return Reply()

    script = tmp_path / "kirim.py"
    script.write_text(textwrap.dedent(SENDER))
    waiting(store, "x", "sekali", "dua kali")
    with Upstream(answer=answer) as gateway:
        url = gateway.url.replace("http://", "json://")
        command = [sys.executable, str(script), f"sqlite:///{tmp_path}/s.sqlite", url]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        first = subprocess.Popen(command, env=environment, cwd=ROOT)
        try:
            assert arrived.wait(30)
            first.send_signal(signal.SIGKILL)
        finally:
            first.kill()
            first.wait()
        assert unsent(store) == 2
        hold.set()
        second = subprocess.Popen(command, env=environment, cwd=ROOT)
        try:
            until(lambda: unsent(store) == 0, 30)
        finally:
            second.kill()
            second.wait()
        titles = [orjson.loads(asked.body)["title"] for asked in gateway.asked]
    assert sorted(set(titles)) == ["dua kali", "sekali"]
    assert len(titles) == 3  # the one that was under way came twice


def test_an_address_that_is_none_is_said_and_the_others_go_on(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with Upstream(answer=lambda _: Reply()) as gateway, caplog.at_level(logging.WARNING):
        waiting(store, "baik", "a")
        Notifier([target("buruk", "entah://rahasia"), target("baik", gateway.url.replace("http://", "json://"))], store).once()
        assert len(gateway.asked) == 1
    assert "buruk" in caplog.text
    assert "rahasia" not in caplog.text


def test_the_command_line_lists_and_tries_without_telling_addresses(settings: Settings) -> None:
    with Upstream(answer=lambda _: Reply()) as gateway:
        url = gateway.url.replace("http://", "json://u:rahasia@")
        both = (target("sekda", url), target("mati", "json://u:rahasia@127.0.0.1:1"))
        room = replace(settings, city=settings.city.model_copy(update={"notify": both}))
        assert try_target(room, "sekda") == ("sekda: terkirim", True)
        sent = orjson.loads(gateway.asked[0].body)
        assert sent["message"].endswith("http://127.0.0.1:8050/alarm")
        assert try_target(room, "mati")[1] is False
        told = listing(room)
    assert told.splitlines()[0] == "sekda: JSON, prioritas tinggi ke atas; belum ada pesan"
    assert "rahasia" not in told
    with pytest.raises(ValueError, match="yang ada: sekda, mati"):
        try_target(room, "siapa")
    assert "LIVEROOM_NOTIFY" in listing(settings)


def test_a_service_whose_own_code_fails_is_a_message_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Mailbox(target("a", "json://127.0.0.1:1"))

    def broken(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(box._apprise, "notify", broken)
    assert box.send("a", "b") is False
