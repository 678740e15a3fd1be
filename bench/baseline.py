"""The same figures as an analyst would take them with pandas from a data frame in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pandas as pd
import polars as pl

from layers.areas import AreaTree
from layers.drill import Query
from layers.model import UNPLACED

OPEN = ("menunggu", "diproses")
COLUMNS = ("received", "closed", "due", "reopened", "status", "category", "channel", "area", "kecamatan", "opd")
CUTS = ("kecamatan", "area", "opd")
ENOUGH = 20
"""A share of fewer rows is not stated."""

FIGURES = (
    "aduan_terbuka",
    "aduan_lewat_tenggat",
    "aduan_masuk_hari_ini",
    "aduan_selesai_hari_ini",
    "aduan_masuk_30h",
    "aduan_masuk_tahun_ini",
    "selesai_tepat_waktu",
)


class Baseline:
    """One data frame with categories and times, as :func:`pandas.read_parquet` would give it."""

    def __init__(self, complaints: pl.DataFrame, tree: AreaTree, now: datetime) -> None:
        self.rows = complaints.select(COLUMNS).to_pandas()
        self.now = pd.Timestamp(now)
        self.areas = {"kecamatan": [a.code for a in tree.kecamatan], "area": [*(a.code for a in tree.kelurahan), UNPLACED]}
        self.city = tree.city.code

    def everywhere(self) -> dict[tuple[str, str], float | None]:
        """Each figure for the city, each kecamatan, each kelurahan with the unplaced, and each OPD with rows."""
        found: dict[tuple[str, str], float | None] = {}
        for name, rows in self._selected(self.rows).items():
            found[name, self.city] = self._value(name, rows)
            for cut in CUTS:
                counts = rows.groupby(cut, observed=True).size()
                on_time = rows[self._on_time(rows)].groupby(cut, observed=True).size() if name == "selesai_tepat_waktu" else None
                for key in self.areas.get(cut, counts.index):
                    found[name, key] = self._stated(counts.get(key, 0), None if on_time is None else on_time.get(key, 0))
        return found

    def page(self, query: Query) -> dict[str, float | None]:
        """Each figure at one cut."""
        rows = self.rows[self.rows["area"] == query.area]
        for name in ("category", "channel"):
            if (value := getattr(query, name)) is not None:
                rows = rows[rows[name] == value]
        return {name: self._value(name, chosen) for name, chosen in self._selected(rows).items()}

    def _selected(self, rows: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
        """The rows behind each figure."""
        now, zone = self.now, self.now.tz
        midnight, year = now.normalize(), pd.Timestamp(year=now.year, month=1, day=1, tz=zone)
        month = now - timedelta(days=30)
        is_open = (rows["received"] <= now) & (rows["status"].isin(OPEN) | (rows["closed"] > now))
        done = rows["status"] == "selesai"
        return {
            "aduan_terbuka": rows[is_open],
            "aduan_lewat_tenggat": rows[is_open & (rows["due"] < now)],
            "aduan_masuk_hari_ini": rows[rows["received"].between(midnight, now)],
            "aduan_selesai_hari_ini": rows[done & rows["closed"].between(midnight, now)],
            "aduan_masuk_30h": rows[rows["received"].between(month, now)],
            "aduan_masuk_tahun_ini": rows[rows["received"].between(year, now)],
            "selesai_tepat_waktu": rows[done & rows["closed"].between(month, now) & rows["due"].notna()],
        }

    def _on_time(self, rows: pd.DataFrame) -> pd.Series[bool]:
        return (rows["closed"] <= rows["due"]) & (rows["reopened"].isna() | (rows["reopened"] < rows["closed"]))

    def _value(self, name: str, rows: pd.DataFrame) -> float | None:
        return self._stated(len(rows), int(self._on_time(rows).sum()) if name == "selesai_tepat_waktu" else None)

    def _stated(self, n: int, part: int | None) -> float | None:
        if part is None:
            return float(n)
        return 100 * part / n if n >= ENOUGH else None
