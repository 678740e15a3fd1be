"""SP4N-LAPOR! as a city's admin sees it: no service to ask, only lists downloaded by hand, an archive and one each morning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from openpyxl import Workbook

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._desk import history, kecamatan, midnight, plain, sheet
from connectors.simulator.world import Case, World

HEADINGS = (
    *("Tracking ID", "Judul Laporan", "Isi Laporan", "Klasifikasi", "Kategori", "Instansi Terdisposisi", "Status"),
    *("Tanggal Laporan Masuk", "Tanggal Verifikasi", "Tanggal Tindak Lanjut", "Tanggal Selesai", "Kelurahan", "Kecamatan"),
)
MORNING = time(6, 10)
KEEP_DAYS = 60
"""Days after which the admin clears away a morning's list."""

_STATUSES = {
    "Menunggu": "Belum Terverifikasi",
    "Diproses": "Sedang Diproses",
    "Selesai": "Selesai",
    "Bukan kewenangan": "Bukan Kewenangan",
    "Duplikat": "Duplikat",
    "Ditolak": "Diarsipkan",
}
_LATE, _SWAPPED = 13, 97
"""Of so many reports one shows two days late, and of one the clerk writes day and month in the wrong order."""


def fill(world: World, folder: Path, now: datetime) -> None:
    """The archive up to this day's beginning, one list for each month."""
    until = midnight(now)
    months: dict[str, list[date]] = {}
    for day in history(world, now):
        months.setdefault(f"{day:%Y-%m}", []).append(day)
    for month, days in months.items():
        rows = (_row(world, case, until) for day in days for case in world.cases(day, "lapor"))
        part = folder / ".tulis"
        with part.open("wb") as file:
            file.writelines(sheet(HEADINGS, rows))
        part.replace(folder / f"laporan-arsip-{month}.csv")


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    """Each morning the list of what changed the day before; the oldest lists go."""
    day = since.date()
    while day <= until.date():
        if since < datetime.combine(day, MORNING, world.city.zone) <= until:
            _morning(world, folder, day)
        day += timedelta(days=1)


def _morning(world: World, folder: Path, day: date) -> None:
    end = datetime.combine(day, time(), world.city.zone)
    fresh = [case for case in world.changed("lapor", end - timedelta(days=1), end) if not _is_late(case)]
    late = [case for case in world.changed("lapor", end - timedelta(days=3), end - timedelta(days=2)) if _is_late(case)]
    _book(folder / f"laporan-harian-{day:%Y-%m-%d}.xlsx", (_row(world, case, end) for case in [*late, *fresh]))
    oldest = f"laporan-harian-{day - timedelta(days=KEEP_DAYS):%Y-%m-%d}.xlsx"
    for path in folder.glob("laporan-harian-*.xlsx"):
        if path.name < oldest:
            path.unlink()


def _is_late(case: Case) -> bool:
    return int(case.number) % _LATE == 0


def _book(path: Path, rows: Iterable[Sequence[object]]) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("Laporan")
    page.append(HEADINGS)
    for row in rows:
        page.append(row)
    part = path.with_name(".tulis")
    book.save(part)
    part.replace(path)


def _row(world: World, case: Case, now: datetime) -> Sequence[object]:
    form = "%Y-%d-%m %H:%M:%S" if int(case.number) % _SWAPPED == 0 and case.responded.day <= 12 else "%Y-%m-%d %H:%M:%S"
    opd = world.city.opd(case.holder(now)) if case.verified <= now else None
    return (
        case.number,
        case.text[:60],
        case.text,
        "Pengaduan",
        case.category,
        opd.name if opd else "",
        _STATUSES[case.status(now)],
        plain(case.received, now),
        plain(case.verified, now),
        plain(case.responded, now, form),
        plain(case.closing(now), now),
        case.typo,
        kecamatan(world.city)[case.kelurahan.code],
    )


UPSTREAM = Upstream(name="lapor", fill=fill, step=step)
