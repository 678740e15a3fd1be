"""The kelurahan counters' queueing system: a database with these days' tickets and a recap of the days before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import NullPool

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._desk import history, plain
from connectors.simulator.world import Ticket, World

FILE = "front_office.sqlite"
KEEP_DAYS = 14
"""Days after which a ticket is cleared away; at the first start those before are in the recap alone."""

MOST_ROWS = 160_000
"""Of a region with many counters the recap goes less far back."""

_tables = sa.MetaData()
TICKETS = sa.Table(
    "tiket",
    _tables,
    sa.Column("nomor", sa.Text, primary_key=True),
    *(
        sa.Column(name, sa.Text)
        for name in ("kode_kelurahan", "kelurahan", "layanan", "tanggal", "ambil", "dipanggil", "selesai")
    ),
    sa.Column("standar_menit", sa.Integer),
    *(sa.Column(name, sa.Text) for name in ("status", "nik")),
    sa.Column("diubah", sa.Text, index=True),
)
RECAP = sa.Table(
    "rekap_harian",
    _tables,
    *(sa.Column(name, sa.Text, primary_key=True) for name in ("tanggal", "kode_kelurahan", "layanan")),
    *(sa.Column(name, sa.Integer) for name in ("antre", "dilayani", "tepat_waktu")),
    sa.Column("menunggu_menit", sa.Float),
    sa.Column("diubah", sa.Text, index=True),
)
_INSERT = insert(TICKETS)
_UPSERT = _INSERT.on_conflict_do_update(
    index_elements=["nomor"], set_={name: _INSERT.excluded[name] for name in ("dipanggil", "selesai", "status", "diubah")}
)


def fill(world: World, folder: Path, now: datetime) -> None:
    """The recap of two years, and the tickets of the last days and of this one as far as it has come."""
    first = now.date() - timedelta(days=KEEP_DAYS)
    engine = _engine(folder)
    _tables.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        for day in (day for day in history(world, now, _days(world)) if day < first):
            rows = [
                {
                    "tanggal": recap.day.isoformat(),
                    "kode_kelurahan": recap.code,
                    "layanan": recap.service,
                    "antre": recap.queued,
                    "dilayani": recap.served,
                    "tepat_waktu": recap.on_time,
                    "menunggu_menit": recap.waiting_minutes,
                    "diubah": f"{day} 17:00:00",
                }
                for recap in world.recaps(day)
            ]
            if rows:
                connection.execute(sa.insert(RECAP), rows)
    engine.dispose()
    step(world, folder, datetime.combine(first, datetime.min.time(), world.city.zone), now)


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    """The tickets that were taken, called or done."""
    for day in (since.date() + timedelta(days=n) for n in range((until.date() - since.date()).days + 1)):
        tickets = [ticket for ticket in world.tickets(day) if ticket.taken <= until]
        moved = [ticket for ticket in tickets if since < _changed(ticket, until)]
        if moved:
            old = (until.date() - timedelta(days=KEEP_DAYS)).isoformat()
            with _engine(folder).begin() as connection:
                _tables.create_all(connection)  # where somebody took the file away, the desk goes on with a new one
                connection.execute(_UPSERT, [_row(ticket, until) for ticket in moved])
                connection.execute(sa.delete(TICKETS).where(TICKETS.c.tanggal < old))


def _days(world: World) -> int:
    """How far back the recap goes: all the history, or what keeps it within :data:`MOST_ROWS`."""
    usual = sum(len(world.recaps(date(2026, 6, day))) for day in range(8, 13)) * 50
    return min(World.HISTORY_DAYS, int(365 * MOST_ROWS / max(usual, 1)))


def _engine(folder: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{folder / FILE}", poolclass=NullPool)


def _changed(ticket: Ticket, now: datetime) -> datetime:
    return max(moment for moment in (ticket.taken, ticket.called, ticket.done) if moment is not None and moment <= now)


def _row(ticket: Ticket, now: datetime) -> dict[str, object]:
    done, called = plain(ticket.done, now), plain(ticket.called, now)
    return {
        "nomor": ticket.number,
        "kode_kelurahan": ticket.kelurahan.code,
        "kelurahan": ticket.kelurahan.name,
        "layanan": ticket.service,
        "tanggal": f"{ticket.taken:%Y-%m-%d}",
        "ambil": plain(ticket.taken, now),
        "dipanggil": called or None,
        "selesai": done or None,
        "standar_menit": ticket.standard_minutes,
        "status": "Selesai" if done else "Dilayani" if called else "Menunggu",
        "nik": ticket.citizen.nik,
        "diubah": plain(_changed(ticket, now), now),
    }


UPSTREAM = Upstream(name="front_office", fill=fill, step=step)
