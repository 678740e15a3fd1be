"""What dies is started again; one end ends all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from layers.processes import Child, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_killed_child_is_started_again_after_its_pause() -> None:
    child = Child(name="x", command=SLEEP, environment={})
    child.look(0.0)
    first = child.process
    assert first is not None
    first.kill()
    first.wait()
    child.look(1.0)
    assert child.process is None
    child.look(1.4)
    assert child.process is None, "started before its pause had passed"
    child.look(1.6)
    assert child.process is not None
    assert child.process.pid != first.pid
    child.process.kill()
    child.process.wait()


def test_the_pause_doubles_and_begins_anew_after_a_steady_run() -> None:
    child = Child(name="x", command=[sys.executable, "-c", ""], environment={})
    pauses = []
    now = 0.0
    for _ in range(8):
        child.start(now)
        assert child.process is not None
        child.process.wait()
        child.look(now)
        pauses.append(child.due - now)
        now += 1
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    child.start(now)
    assert child.process is not None
    child.process.wait()
    child.look(now + 61)
    assert child.due == now + 61 + 0.5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_the_supervisor_and_all_its_children(number: int) -> None:
    script = (
        "import sys\nfrom layers.processes import Supervisor\n"
        "s = Supervisor()\n"
        f"s.add('a', {SLEEP!r})\ns.add('b', {SLEEP!r})\n"
        "print(*[c.process.pid for c in s.children], flush=True)\ns.watch()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    children = [int(pid) for pid in process.stdout.readline().split()]
    time.sleep(0.3)
    process.send_signal(number)
    assert process.wait(10) == 0
    process.stdout.close()
    for pid in children:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_child_that_ignores_the_end_is_killed_after_the_grace() -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    supervisor = Supervisor(grace=0.5)
    child = Child(name="x", command=[sys.executable, "-c", stubborn], environment={})
    supervisor.children.append(child)
    child.process = subprocess.Popen(child.command, stdout=subprocess.PIPE)
    assert child.process.stdout is not None
    child.process.stdout.readline()
    supervisor.stop()
    assert child.process.returncode == -signal.SIGKILL
    child.process.stdout.close()


def test_the_environment_given_reaches_the_child() -> None:
    supervisor = Supervisor()
    supervisor.add(
        "x", [sys.executable, "-c", "import os, sys; sys.exit(int(os.environ['LIVEROOM_TEST']))"], {"LIVEROOM_TEST": "7"}
    )
    process = supervisor.children[0].process
    assert process is not None
    wait_for(lambda: process.poll() is not None)
    assert process.returncode == 7
