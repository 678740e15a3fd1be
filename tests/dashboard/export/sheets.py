"""Sheets for the tests of formats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from dashboard.export.sheet import Column, Origin, Provenance, Row, Sheet, Type
from layers.snapshot import Freshness
from tests.dashboard.snapshots import CITY, NOW

ABOUT = Provenance(
    city=CITY,
    lang="id",
    title="Aduan lewat tenggat",
    page="/kelurahan/{code}",
    address="http://127.0.0.1/kelurahan/36.71?days=7",
    version=12,
    moment=NOW,
    taken=NOW + timedelta(minutes=2),
    whose="seluruh kota",
    filters=(("Rentang", "7 hari"),),
    period="7 hari terakhir",
    formulas=(("Aduan lewat tenggat", "aduan terbuka yang melewati tenggatnya"),),
    rules=("PermenPANRB 62/2018",),
    sources=(
        Origin(
            name="laksa",
            title="LAKSA",
            freshness=Freshness(observed_at=NOW - timedelta(minutes=5), fetched_at=NOW, budget=timedelta(minutes=10)),
        ),
    ),
    notice="Data contoh",
    missing=("Belum cukup data (n = 3, perlu 20)",),
)

COLUMNS = (
    Column(key="wilayah", title="Wilayah", type=Type.AREA),
    Column(key="nama", title="Nama"),
    Column(key="n", title="Aduan", type=Type.WHOLE),
    Column(key="bagian", title="Tepat waktu", type=Type.SHARE, unit="persen", decimals=2),
    Column(key="pagu", title="Pagu", type=Type.MONEY, unit="rupiah"),
    Column(key="hari", title="Hari", type=Type.DAY),
    Column(key="diterima", title="Diterima", type=Type.MOMENT),
)
ROWS: tuple[Row, ...] = (
    ("36.71.01", "Batuceper", 1234, 95.78, 1.42e12, NOW.date(), NOW),
    ("36.71.02", "Benda", 0, None, None, None, None),
)


def sheet(rows: Iterable[Row] = ROWS, columns: tuple[Column, ...] = COLUMNS, **fields: Any) -> Sheet:
    """The sheet of both kecamatan of the tiny city, unless told otherwise."""
    return Sheet(
        **{"name": "menurut-kecamatan", "title": "Menurut kecamatan", "about": ABOUT, **fields}, columns=columns, rows=rows
    )
