"""From a file to committed and published: rows a second, and the peak memory of the process that does it."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

from bench import rest, world
from bench.report import Line

GOAL_MB = 600


def run(rows: int) -> Iterator[Line]:
    """Fill the benchmark's data folder afresh; the other benchmarks read it."""
    tables = world.data(rows)
    folder = world.HOME / f"room-{rows}"
    shutil.rmtree(folder, ignore_errors=True)
    env = world.environment(folder, world.pack(tables))
    world.declare(folder, f'folder = "{tables}"\npath = "complaints.parquet"')
    cli = [sys.executable, "-m", "liveroom"]
    world.import_boundaries(tables, env)
    started = time.monotonic()
    process = subprocess.Popen([*cli, "pull", "--once"], env=env, cwd=world.ROOT)
    _, status, usage = wait(process.pid)
    seconds = time.monotonic() - started
    if status:
        raise RuntimeError(f"pull ended with {status}")
    yield Line("file to committed and published", f"{rows / seconds:,.0f} rows/s", f"{rows:,} rows in {seconds:.1f} s")
    peak = usage.ru_maxrss / 1024
    what = "peak memory of the connector process"
    yield Line(what, f"{peak:,.0f} MB", f"{rows:,} rows", goal=f"< {GOAL_MB} MB", met=peak < GOAL_MB)
    rest.fill(tables, env)


def wait(pid: int) -> tuple[int, int, resource.struct_rusage]:
    """The end of a child with the system's own account of it."""
    import os

    return os.wait4(pid, 0)
