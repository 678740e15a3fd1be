"""The demo's upstream system: a database of its own that a complaint desk might keep, written as time passes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from connectors.simulator.model import Case, City90
from layers import clock
from layers.city import City
from layers.settings import Settings

HISTORY_DAYS = 90
STEP = 1.0
"""Seconds between two looks at what has happened meanwhile."""

log = logging.getLogger(__name__)
_tables = sa.MetaData()
_text = sa.Text

ADUAN = sa.Table(
    "aduan",
    _tables,
    sa.Column("nomor", _text, primary_key=True),
    *(sa.Column(name, _text) for name in ("kategori", "kanal", "opd", "kelurahan", "status")),
    *(sa.Column(name, sa.Float) for name in ("lintang", "bujur")),
    *(sa.Column(name, _text) for name in ("diterima", "diverifikasi", "direspons", "ditutup", "divalidasi", "tenggat")),
    sa.Column("diubah", _text, index=True),
)
LAYANAN = sa.Table(
    "layanan",
    _tables,
    *(sa.Column(name, _text, primary_key=True) for name in ("tanggal", "kelurahan", "layanan")),
    *(sa.Column(name, sa.Integer) for name in ("dilayani", "tepat_waktu")),
    sa.Column("menunggu_menit", sa.Float),
    sa.Column("diubah", _text, index=True),
)
PAKET = sa.Table(
    "paket",
    _tables,
    sa.Column("kode", _text, primary_key=True),
    sa.Column("tahun", sa.Integer),
    *(sa.Column(name, _text) for name in ("satker", "nama", "metode", "tahap", "pagu", "nilai", "diumumkan", "kontrak")),
    sa.Column("diubah", _text, index=True),
)


def _local(moment: datetime | None, now: datetime) -> str | None:
    """A time as the upstream writes it: local, without zone; ``None`` while it lies ahead."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment and moment <= now else None


def _row(case: Case, now: datetime) -> dict[str, object]:
    past = [m for m in case.moments() if m <= now]
    return {
        "nomor": case.number,
        "kategori": case.category,
        "kanal": case.channel,
        "opd": case.opd,
        "kelurahan": case.kelurahan.name,
        "status": case.status(now),
        "lintang": case.lat,
        "bujur": case.lon,
        "diterima": _local(case.received, now),
        "diverifikasi": _local(case.verified, now),
        "direspons": _local(case.responded, now),
        "ditutup": _local(case.closed, now),
        "divalidasi": _local(case.validated, now),
        "tenggat": case.due.strftime("%Y-%m-%d %H:%M:%S"),
        "diubah": _local(max(past), now),
    }


class Upstream:
    """Keeps the upstream database true to the model at the clock's moment."""

    def __init__(self, city: City, path: Path) -> None:
        self.model = City90.of(city)
        self.zone = city.zone
        self.engine = sa.create_engine(f"sqlite:///{path}")
        with self.engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        _tables.create_all(self.engine)
        self._cases: dict[str, Case] = {}
        self._days: set[str] = set()
        self._until: datetime | None = None
        self._slow_until: datetime | None = None

    def advance(self, now: datetime) -> int:
        """Write everything that has happened up to ``now``; returns the number of rows written."""
        now = now.astimezone(self.zone)
        since = self._until or now - timedelta(days=HISTORY_DAYS)
        for back in range(HISTORY_DAYS, -1, -1):
            day = now.date() - timedelta(days=back)
            if day.isoformat() not in self._days:
                self._days.add(day.isoformat())
                self._cases |= {case.number: case for case in self.model.cases(day)}
        changed = [c for c in self._cases.values() if any(since < m <= now for m in c.moments())]
        self._put(ADUAN, [_row(c, now) for c in changed])
        for case in changed:
            if all(m <= now for m in case.moments()) and case.closed:
                del self._cases[case.number]
        slow = self._slow(now)
        self._until = now
        return len(changed) + slow

    def _slow(self, now: datetime) -> int:
        """Services and packages move once a minute."""
        if self._slow_until and now - self._slow_until < timedelta(minutes=1):
            return 0
        first = self._slow_until is None
        self._slow_until = now
        stamp = _local(now, now)
        services = [row | {"diubah": stamp} for row in self.model.service_days(now, 30 if first else 1)]
        packages = [
            row | {"diumumkan": _local(row["diumumkan"], now), "kontrak": _local(row["kontrak"], now), "diubah": stamp}  # type: ignore[arg-type]
            for row in self.model.packages(now)
        ]
        return self._put(LAYANAN, services) + self._put(PAKET, packages)

    def _put(self, table: sa.Table, rows: Iterable[Mapping[str, object]]) -> int:
        """Insert or update; a row that says the same keeps its ``diubah``, so that only changes are delivered."""
        statement = insert(table)
        content = [c.name for c in table.columns if c.name != "diubah" and not c.primary_key]
        differs = sa.or_(*(table.c[name].is_distinct_from(statement.excluded[name]) for name in content))
        upsert = statement.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={name: statement.excluded[name] for name in [*content, "diubah"]},
            where=differs,
        )
        batch = list(rows)
        if batch:
            with self.engine.begin() as connection:
                connection.execute(upsert, batch)
        return len(batch)


def prepare(data: Path) -> None:
    """Make ``data`` a demo's folder, once: its sources are declared in ``DATA/demo/sources``, as people declare theirs."""
    folder = data.resolve() / "demo"
    (folder / "sources").mkdir(parents=True, exist_ok=True, mode=0o700)
    for template in sorted(Path(__file__).parent.glob("sources/*.toml")):
        text = template.read_text("utf-8").replace("${LIVEROOM_DEMO_FOLDER}", folder.as_posix())
        (folder / "sources" / template.name).write_text(text, "utf-8")


def fill(settings: Settings) -> None:
    """Write the history up to now, before anyone asks for it."""
    started = time.monotonic()
    rows = _upstream(settings).advance(clock.now())
    log.info("simulated upstream ready: %d rows in %.1f s", rows, time.monotonic() - started)


def run(settings: Settings) -> None:
    """The demo's upstream process: goes on with the clock until it is ended."""
    upstream = _upstream(settings)
    while True:
        upstream.advance(clock.now())
        time.sleep(STEP)


def _upstream(settings: Settings) -> Upstream:
    return Upstream(settings.city, settings.data / "demo" / "upstream.sqlite")
