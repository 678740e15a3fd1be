"""What is taken away: CSV of a million rows and XLSX of 100,000, in rows a second and peak memory, beside pandas' own export."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import polars as pl

from bench.report import Line

SHEET = 100_000
START = datetime(2026, 1, 1, tzinfo=UTC)
MIB = 1 << 20


def run(rows: int) -> Iterator[Line]:
    for form, n in (("csv", rows), ("xlsx", min(rows, SHEET))):
        ours, theirs = (_apart(form, whose, n) for whose in ("ours", "pandas"))
        how = (
            f"{n:,} complaints of ten columns with moments; {ours['peak']:.0f} MiB over the data at the peak, "
            f"{ours['size']:.0f} MiB written; pandas in the same run {theirs['rate']:,.0f} rows/s, {theirs['peak']:.0f} MiB"
        )
        goal = "rows/s >= pandas', less memory"
        met = ours["rate"] >= theirs["rate"] and ours["peak"] < theirs["peak"]
        yield Line(f"export, {form.upper()}", f"{ours['rate']:,.0f} rows/s", how, goal=goal, met=met)


def _apart(form: str, whose: str, n: int) -> dict[str, float]:
    """One export in a process of its own, so that its memory is its own."""
    done = subprocess.run([sys.executable, "-m", "bench.export", form, whose, str(n)], check=True, capture_output=True)
    found: dict[str, float] = orjson.loads(done.stdout.splitlines()[-1])
    return found


def complaints(n: int) -> pl.DataFrame:
    """Rows as the page of rows has them."""
    k = pl.int_range(n, eager=True)
    received = pl.Series([START]).dt.cast_time_unit("us").extend_constant(START, n - 1) + k.cast(pl.Duration("ms")) * 26_000

    def of(some: list[str]) -> pl.Series:
        return pl.Series(some).gather(k % len(some))

    return pl.DataFrame(
        {
            "source_id": "L-2026-" + k.cast(pl.String),
            "received": received,
            "category": of(["Sampah", "Jalan rusak", "Banjir, drainase", "Lampu jalan", "=Parkir liar"]),
            "channel": of(["aplikasi", "112", "WhatsApp"]),
            "status": of(["selesai", "diproses", "menunggu"]),
            "area": of([f"36.71.{a:02}.{1000 + b}" for a in range(1, 14) for b in range(1, 9)]),
            "opd": of(["dlh", "dpupr", "dishub", "satpolpp"]),
            "due": received + timedelta(days=5),
            "responded": received + timedelta(hours=7),
            "closed": pl.select(pl.when(k % 3 == 0).then(received + timedelta(days=2))).to_series(),
        }
    )


def _ours(form: str, frame: pl.DataFrame, to: Path) -> None:
    from dashboard.export import table, workbook
    from dashboard.export.sheet import Column, Provenance, Sheet, Type
    from layers.city import load

    moments = {"received", "due", "responded", "closed"}
    columns = tuple(Column(key=name, title=name, type=Type.MOMENT if name in moments else Type.TEXT) for name in frame.columns)
    facts = {"title": "Aduan", "page": "-", "address": "-", "whose": "-", "version": 1, "moment": START, "taken": START}
    about = Provenance(city=load("36.71"), lang="id", **facts)
    rows = (row for part in frame.iter_slices(10_000) for row in part.iter_rows())
    sheet = Sheet(name="aduan", title="Aduan", columns=columns, rows=rows, about=about)
    with to.open("wb") as file:
        if form == "csv":
            file.writelines(table.write(sheet))
        else:
            workbook.write([sheet], file)


def _pandas(form: str, frame: pl.DataFrame, to: Path) -> None:
    whole = frame.to_pandas()
    for name in ("received", "due", "responded", "closed"):
        whole[name] = whole[name].dt.tz_convert(ZoneInfo("Asia/Jakarta"))
        if form == "xlsx":
            whole[name] = whole[name].dt.tz_localize(None)
    if form == "csv":
        whole.to_csv(to, index=False)
    else:
        whole.to_excel(to, index=False, engine="xlsxwriter")


def main() -> None:
    form, whose, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    export: Callable[[str, pl.DataFrame, Path], None] = {"ours": _ours, "pandas": _pandas}[whose]
    with tempfile.TemporaryDirectory() as folder:
        export(form, complaints(100), Path(folder) / f"warm.{form}")  # what is imported once is paid once
        frame = complaints(n)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        start = time.perf_counter()
        export(form, frame, to := Path(folder) / f"a.{form}")
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
        print(orjson.dumps({"rate": n / seconds, "peak": peak, "size": to.stat().st_size / MIB}).decode())


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    main()
