"""The benchmark's world: the LR-1 workload as a city pack, its million complaints, and its processes.

The data comes from the workload's own generator beside the checkout (``$LIVEROOM_SHARED/bench/gen.py``),
run unchanged; everything is kept under ``$LIVEROOM_BENCH`` (default: a folder in the system's temporary one).
"""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import polars as pl
import psutil
import shapely

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("LIVEROOM_SHARED", ROOT.parent / "shared")).resolve()
HOME = Path(os.environ.get("LIVEROOM_BENCH", Path(tempfile.gettempdir()) / "liveroom-bench"))
AS_OF = "2026-06-30T12:00:00+07:00"
DRILL = "36.71.03.1005"
SECRET = "k3Vt8Qn5Wb1Zr7Lx0Hs6Dy2Fc9Mj4Pg-benchmark"

SOURCE = """\
connector = "{connector}"
title = "LR-1: aduan"
owner = "lr"
interval = "{interval}"
budget = "1h"

[config]
kind = "complaint"
id = "id"
{location}

[config.fields]
received = {{ column = "created_at" }}
responded = {{ column = "first_response_at" }}
closed = {{ column = "closed_at" }}
due = {{ column = "sla_due_at" }}
category = {{ column = "category" }}
channel = {{ column = "channel" }}
opd = {{ column = "opd", values = "opd" }}
status.column = "status"
status.values = {{ baru = "menunggu", verifikasi = "menunggu", proses = "diproses", selesai = "selesai", ditolak = "ditolak" }}

[config.place]
code = "kelurahan_code"
lat = "lat"
lon = "lon"
"""


def data(rows: int = 1_000_000) -> Path:
    """The workload's tables, generated once for each size."""
    home = HOME / f"lr1-{rows}"
    if not (home / "data" / "procurement.parquet").exists():
        environment = {**os.environ, "PEERS_HOME": str(home), "LR_ROWS": str(rows)}
        subprocess.run([sys.executable, str(SHARED / "bench" / "gen.py")], env=environment, check=True, stdout=subprocess.DEVNULL)
    return home / "data"


def pack(tables: Path) -> Path:
    """The workload's areas and OPDs written as a city pack; returns the folder of packs."""
    folder = HOME / "packs"
    folder.mkdir(parents=True, exist_ok=True)
    areas = pl.read_parquet(tables / "kelurahan.parquet")
    with (folder / "36.71.areas.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "name", "label_lat", "label_lon"])
        for code, name in areas.select("kecamatan_code", "kecamatan").unique().sort("kecamatan_code").iter_rows():
            writer.writerow([code, name, "", ""])
        for row in areas.iter_rows(named=True):
            point = shapely.from_geojson(row["geojson"]).representative_point()
            writer.writerow([row["code"], row["name"], round(point.y, 6), round(point.x, 6)])
    opds = pl.read_parquet(tables / "complaints.parquet", columns=["opd"])["opd"].unique().sort()
    with (folder / "36.71.opds.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["slug", "short", "name"])
        writer.writerows([f"opd-{name[4:6]}", name, name] for name in opds)
    population = int(areas["population"].sum())
    (folder / "36.71.toml").write_text(
        f'code = "36.71"\nname = "LR-1"\nzone = "Asia/Jakarta"\npopulation = {population}\npopulation_year = 2026\n'
        '[wall]\ntiles = ["aduan_terbuka", "aduan_lewat_tenggat", "selesai_tepat_waktu", "respons_pertama", '
        '"aduan_masuk_hari_ini", "aduan_selesai_hari_ini", "lama_penyelesaian", "sumber_segar"]\n'
        'map = "aduan_lewat_tenggat"\nranking = "selesai_tepat_waktu"\n',
        encoding="utf-8",
    )
    return folder


def environment(folder: Path, packs: Path, port: int | None = None) -> dict[str, str]:
    """The settings of a room on the benchmark's data, its clock standing still at the workload's moment."""
    (folder / "demo").mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "LIVEROOM_DATA": str(folder),
        "LIVEROOM_PACKS": str(packs),
        "LIVEROOM_SECRET": SECRET,
        "LIVEROOM_CLOCK": f"{AS_OF} x0",
        "LIVEROOM_PORT": str(port or free_port()),
        "PYTHONPATH": str(ROOT),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def declare(folder: Path, location: str, interval: str = "1h", name: str = "lr1", connector: str = "tabular") -> None:
    """Put the workload's source into the data folder's own sources."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    source = SOURCE.format(connector=connector, location=location, interval=interval)
    (folder / "sources" / f"{name}.toml").write_text(source, encoding="utf-8")


@contextmanager
def process(command: list[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the room, ended with all its children."""
    running = subprocess.Popen(command, env=dict(env), cwd=ROOT)
    try:
        yield running
    finally:
        family = []
        if running.poll() is None:
            family = [*psutil.Process(running.pid).children(recursive=True), psutil.Process(running.pid)]
        for member in family:
            member.terminate()
        for member in psutil.wait_procs(family, timeout=8)[1]:
            member.kill()
        running.wait()


def import_boundaries(tables: Path, env: Mapping[str, str]) -> None:
    """Give the room of ``env`` the workload's own shapes."""
    command = [sys.executable, "-m", "liveroom", "areas", "import", str(tables / "kelurahan.geojson")]
    subprocess.run(command, env=dict(env), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def wait_port(port: int, seconds: float = 30) -> None:
    """Wait until somebody listens on a port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody on port {port} after {seconds:.0f} s")


def wait_ready(port: int, seconds: float = 180) -> None:
    """Wait until the room on ``port`` has a snapshot to show."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"no room on port {port} after {seconds:.0f} s")
