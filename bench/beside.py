"""The same rows through the room and through dlt, in one run: a file of complaints, and pages over HTTP.

The room does more with a row than load it (it checks, places, versions and publishes), so its figures are of all
that; dlt merges the same rows by their key into DuckDB, as its documentation shows it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from bench import world
from bench.report import Line

PYTHON = world.ROOT / ".venv-dlt" / "bin" / "python"
HTTP_ROWS = 200_000
PAGE = 1_000
SHARE = 1 / 3
"""The goal: at least as fast, at this share of the memory."""

REST = 'url = "{url}/rows"\nrows = "data"\npaging = {{ kind = "page", name = "page", size = 1000 }}'


def run(rows: int) -> Iterator[Line]:
    """Both ways in one run. The environment of dlt is made by ``make bench``."""
    if not PYTHON.exists():
        raise RuntimeError(f"{PYTHON} is not there: run make bench")
    tables = world.data(rows)
    table = tables / "complaints.parquet"
    file = f'folder = "{tables}"\npath = "{table.name}"'
    with _pages(table) as url:
        yield from _beside(f"{HTTP_ROWS:,} rows over HTTP", HTTP_ROWS, tables, "rest", REST.format(url=url), ["http", url])
    yield from _beside(f"{rows:,} rows of a file", rows, tables, "tabular", file, ["file", str(table)])


def _beside(what: str, rows: int, tables: Path, connector: str, location: str, theirs: Sequence[str]) -> Iterator[Line]:
    """One load by the room and one by dlt, each in a process of its own on an empty folder."""
    folder = world.HOME / "beside"
    shutil.rmtree(folder, ignore_errors=True)
    env = world.environment(folder, world.pack(tables))
    world.declare(folder, location, connector=connector)
    world.import_boundaries(tables, env)
    ours = _measure([sys.executable, "-m", "liveroom", "pull", "--once"], env)
    peers = world.HOME / "beside-dlt"
    shutil.rmtree(peers, ignore_errors=True)
    peers.mkdir(parents=True)
    other = _measure([str(PYTHON), "-P", str(Path(__file__).with_name("dlt_load.py")), *theirs, str(peers)], os.environ)
    speed, memory = other[0] / ours[0], ours[1] / other[1]
    how = f"the room {rows / ours[0]:,.0f} rows/s, {ours[1]:,.0f} MB; dlt {rows / other[0]:,.0f} rows/s, {other[1]:,.0f} MB"
    yield Line(f"{what}: speed against dlt", f"{speed:.2f} x", how, goal=">= 1 x", met=speed >= 1)
    yield Line(f"{what}: memory against dlt", f"{memory:.2f} x", how, goal="<= 0.33 x", met=memory <= SHARE)


def _measure(command: Sequence[str], env: Mapping[str, str]) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a process that has to end well."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=dict(env), cwd=world.ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command[0]} ended with {status}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


@contextmanager
def _pages(table: Path) -> Iterator[str]:
    """The first rows of the table as pages of JSON, given by a server in a process of its own."""
    pages = world.HOME / f"pages-{HTTP_ROWS}"
    if not (pages / "done").exists():
        pages.mkdir(parents=True, exist_ok=True)
        frame = pl.read_parquet(table, n_rows=HTTP_ROWS)
        for number, start in enumerate(range(0, HTTP_ROWS, PAGE), 1):
            (pages / f"{number}.json").write_text(f'{{"data": {frame[start : start + PAGE].write_json()}}}', encoding="utf-8")
        (pages / "done").touch()
    port = world.free_port()
    with world.process([sys.executable, "-m", "bench.pages_server", str(pages), str(port)], os.environ):
        world.wait_port(port)
        yield f"http://127.0.0.1:{port}"
