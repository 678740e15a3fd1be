"""The demo from first start to the next: prepared, filled once, stepping over a gap, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from connectors.publishing import notice
from connectors.simulator import upstream
from connectors.simulator.upstreams import Upstream, upstreams
from connectors.simulator.world import World
from layers import clock
from layers.settings import Settings, from_environment
from tests.conftest import ROOT, SECRET
from tests.connectors.simulator.demo import NOON, stand


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(World, "HISTORY_DAYS", 5)
    stand()
    upstream.prepare(tmp_path)
    return from_environment({"LIVEROOM_DATA": str(tmp_path), "LIVEROOM_SECRET": SECRET})


class Diary:
    """A system that notes what it was told to write."""

    def __init__(self) -> None:
        self.filled: list[datetime] = []
        self.steps: list[tuple[datetime, datetime]] = []
        self.broken = False

    def fill(self, world: World, folder: Path, now: datetime) -> None:
        assert folder.is_dir()
        if self.broken:
            raise RuntimeError("full disk")
        assert now.utcoffset() == world.city.zone.utcoffset(now.replace(tzinfo=None))
        self.filled.append(now)

    def step(self, world: World, folder: Path, since: datetime, until: datetime) -> None:
        if self.broken:
            raise RuntimeError("full disk")
        self.steps.append((since, until))

    def known(self) -> Mapping[str, Upstream]:
        return {"diary": Upstream(name="diary", fill=self.fill, step=self.step)}


def test_the_second_start_steps_over_the_gap_and_does_not_fill_again(room: Settings) -> None:
    diary = Diary()
    first = upstream.Systems(room, diary.known())
    first.fill()
    stand(NOON + timedelta(minutes=1))
    first.step()
    first._save()
    stand(NOON + timedelta(days=2))
    second = upstream.Systems(room, diary.known())
    second.fill()
    second.step()
    assert diary.filled == [NOON]
    assert diary.steps == [(NOON, NOON + timedelta(minutes=1)), (NOON + timedelta(minutes=1), NOON + timedelta(days=2))]


def test_a_system_that_cannot_be_filled_does_not_keep_the_others(room: Settings) -> None:
    ill, well = Diary(), Diary()
    ill.broken = True
    systems = upstream.Systems(room, {"ill": Upstream(name="ill", fill=ill.fill, step=ill.step), **well.known()})
    systems.fill()
    stand(NOON + timedelta(minutes=1))
    systems.step()
    assert (ill.filled, ill.steps) == ([], [])
    assert (well.filled, len(well.steps)) == ([NOON], 1)
    ill.broken = False
    upstream.Systems(room, {"ill": Upstream(name="ill", fill=ill.fill)}).fill()
    assert ill.filled == [NOON + timedelta(minutes=1)]


def test_a_step_that_failed_is_told_again_and_a_clock_set_back_tells_nothing(room: Settings) -> None:
    diary = Diary()
    systems = upstream.Systems(room, diary.known())
    systems.fill()
    diary.broken = True
    stand(NOON + timedelta(minutes=1))
    systems.step()
    diary.broken = False
    stand(NOON + timedelta(minutes=2))
    systems.step()
    stand(NOON - timedelta(days=1))
    systems.step()
    assert diary.steps == [(NOON, NOON + timedelta(minutes=2))]


def test_a_frozen_system_writes_nothing_and_then_catches_up(room: Settings) -> None:
    diary = Diary()
    systems = upstream.Systems(room, diary.known())
    systems.fill()
    systems.faults.begin("diary", "beku", 5)
    stand(NOON + timedelta(hours=1))
    systems.step()
    assert diary.steps == []
    systems.faults.clear()
    systems.step()
    assert diary.steps == [(NOON, NOON + timedelta(hours=1))]


def test_a_faster_clock_makes_more_happen_in_the_same_time(room: Settings) -> None:
    spans = []
    for speed in (1.0, 600.0):
        diary = Diary()
        (room.data / "demo" / "until.json").unlink(missing_ok=True)
        systems = upstream.Systems(room, diary.known())
        stand(speed=speed)
        systems.fill()
        began = time.monotonic()
        while time.monotonic() - began < 0.2:
            systems.step()
        spans.append((diary.steps[-1][1] - diary.steps[0][0]) / (time.monotonic() - began))
    assert 100 < spans[1] / spans[0] < 1200


def test_a_port_and_a_token_stay_and_what_is_gone_goes(room: Settings) -> None:
    demo = room.data / "demo"
    kept = {name: (demo / name).read_text() for name in ("port", "token", "since")}
    (demo / "sources" / "demo_of_old.toml").write_text("x = 1")
    (demo / "sources" / "own.toml").write_text("x = 1")
    upstream.prepare(room.data)
    assert {name: (demo / name).read_text() for name in kept} == kept
    assert not (demo / "sources" / "demo_of_old.toml").exists()
    assert (demo / "sources" / "own.toml").exists()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(kept["port"])))
        taken.listen()
        upstream.prepare(room.data)
        other = (demo / "port").read_text()
    assert other != kept["port"]
    assert f"http://127.0.0.1:{other.strip()}/laksa" in (demo / "sources" / "demo_laksa.toml").read_text()


def test_a_module_that_misnames_its_system_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.simulator.upstreams import laksa

    monkeypatch.setattr(laksa, "UPSTREAM", Upstream(name="other"))
    with pytest.raises(ValueError, match=r"laksa\.py: UPSTREAM\.name is 'other'"):
        upstreams.__wrapped__()


def test_every_screen_says_first_that_this_is_simulated(room: Settings) -> None:
    assert (notice(room) or "").startswith("SIMULASI: data contoh yang dibangkitkan, bukan data kota yang sebenarnya")


def test_the_front_office_tells_of_today_as_it_passes(room: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.simulator.upstreams.front_office.KEEP_DAYS", 1)
    systems = upstream.Systems(room, {"front_office": upstreams()["front_office"]})
    systems.fill()

    def counted() -> tuple[int, int]:
        with sqlite3.connect(room.data / "demo" / "front_office" / "front_office.sqlite") as base:
            tickets = base.execute("select count(*), max(ambil), max(diubah) from tiket").fetchone()
            done = base.execute("select count(*) from tiket where status = 'Selesai'").fetchone()
            recap = base.execute("select max(tanggal), count(*) from rekap_harian").fetchone()
        face = clock.now().astimezone(room.city.zone).strftime("%Y-%m-%d %H:%M:%S")
        assert tickets[1] <= face
        assert tickets[2] <= face
        assert recap[0] == "2026-11-18"
        assert recap[1] > 500
        return tickets[0], done[0]

    noon = counted()
    stand(NOON + timedelta(hours=1))
    systems.step()
    later = counted()
    assert noon[1] < noon[0] < later[0]
    assert noon[1] < later[1]
    stand(NOON + timedelta(hours=8))
    systems.step()
    days = [date(2026, 11, 19), date(2026, 11, 20)]
    assert counted()[0] == sum(len(systems.world.tickets(day)) for day in days)


def test_the_admin_lays_down_a_list_each_morning(room: Settings) -> None:
    systems = upstream.Systems(room, {"lapor": upstreams()["lapor"]})
    systems.fill()
    folder = room.data / "demo" / "lapor"
    archive = sorted(path.name for path in folder.iterdir())
    assert archive == ["laporan-arsip-2026-11.csv"]
    stand(NOON + timedelta(days=2))
    systems.step()
    assert sorted(path.name for path in folder.iterdir()) == [
        *archive,
        "laporan-harian-2026-11-21.xlsx",
        "laporan-harian-2026-11-22.xlsx",
    ]


def test_the_process_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    stand()
    upstream.prepare(tmp_path)
    demo = tmp_path / "demo"
    known = dict.fromkeys(upstreams(), "2026-11-20T05:00:00+00:00")
    (demo / "until.json").write_text(json.dumps(known))  # a second start: nothing to fill
    env = {
        **os.environ,
        "LIVEROOM_DATA": str(tmp_path),
        "LIVEROOM_SECRET": SECRET,
        "LIVEROOM_CLOCK": "2026-11-20T12:01:00+07:00 x60",
    }
    process = subprocess.Popen([sys.executable, "-m", "liveroom", "simulate"], env=env, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        port, end = int((demo / "port").read_text()), time.monotonic() + 40
        while True:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/open311/v2/services.json").status_code == 200
                break
            except httpx.TransportError:
                assert time.monotonic() < end, "the simulator does not answer"
                time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=20)[1].decode()
    assert process.returncode in (0, -signal.SIGTERM), errors
    noted = json.loads((demo / "until.json").read_text())
    assert all(datetime.fromisoformat(moment) >= NOON for moment in noted.values())
    assert "Traceback" not in errors
