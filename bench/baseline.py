"""The same figures as an analyst takes them with pandas from a data frame in memory: 17 KPIs with their change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

import pandas as pd
import polars as pl

from layers.areas import AreaTree
from layers.drill import Query
from layers.model import UNPLACED

COLUMNS = (
    *("received", "responded", "closed", "due", "reopened", "status", "category", "channel", "area", "kecamatan", "opd"),
    *("jam_respons", "jam_penyelesaian"),
)
"""Working hours are given to it ready made: pandas knows no calendar of the city."""

CUTS = ("kecamatan", "area", "opd")
ENOUGH = 20
"""Of fewer rows no share or quantile is stated."""

Stated = tuple[float | None, float | None]
"""A value and its change."""


class Chosen(NamedTuple):
    """The rows that count; of a share those that are part of it; of a quantile the column and which."""

    rows: pd.Series[bool]
    part: pd.Series[bool] | None = None
    of: tuple[str, float] | None = None


def at_moment(rows: pd.DataFrame, now: pd.Timestamp) -> dict[str, Chosen]:
    """The KPIs about this moment and this day."""
    midnight, day = now.normalize(), pd.Timedelta(days=1)
    is_open = (rows["received"] <= now) & (rows["status"].isin(["menunggu", "diproses"]) | (rows["closed"] > now))
    return {
        "aduan_terbuka": Chosen(is_open),
        "aduan_lewat_tenggat": Chosen(is_open & (rows["due"] < now)),
        "aduan_jatuh_tempo": Chosen(is_open & rows["due"].between(now, now + 3 * day)),
        "aduan_di_atas_60_hari": Chosen(is_open & (rows["received"] < now - 60 * day)),
        "aduan_masuk_hari_ini": Chosen(rows["received"].between(midnight, now)),
        "aduan_selesai_hari_ini": Chosen((rows["status"] == "selesai") & rows["closed"].between(midnight, now)),
    }


def of_month(rows: pd.DataFrame, now: pd.Timestamp) -> dict[str, Chosen]:
    """The KPIs about 30 days."""
    start, done = now - pd.Timedelta(days=30), rows["status"] == "selesai"
    closed, answered = done & rows["closed"].between(start, now), rows["responded"].between(start, now)
    on_time = (rows["closed"] <= rows["due"]) & (rows["reopened"].isna() | (rows["reopened"] < rows["closed"]))
    answered &= rows["jam_respons"].notna()
    timed = closed & rows["jam_penyelesaian"].notna()
    return {
        "aduan_masuk_30h": Chosen(rows["received"].between(start, now)),
        "aduan_ditutup_tanpa_jawaban": Chosen(closed & rows["responded"].isna()),
        "selesai_tepat_waktu": Chosen(closed & rows["due"].notna(), on_time),
        "selesai_tepat_waktu_ketat": Chosen(rows["due"].between(start, now) & _ours(rows), done & on_time),
        "respons_pertama": Chosen(answered, of=("jam_respons", 0.5)),
        "respons_pertama_p90": Chosen(answered, of=("jam_respons", 0.9)),
        "lama_penyelesaian": Chosen(timed, of=("jam_penyelesaian", 0.5)),
        "lama_penyelesaian_p90": Chosen(timed, of=("jam_penyelesaian", 0.9)),
    }


def of_year(rows: pd.DataFrame, now: pd.Timestamp) -> dict[str, Chosen]:
    """The KPIs about the year so far."""
    received = rows["received"].between(pd.Timestamp(year=now.year, month=1, day=1, tz=now.tz), now)
    done = (rows["status"] == "selesai") & (rows["closed"].isna() | (rows["closed"] <= now))
    return {
        "aduan_masuk_tahun_ini": Chosen(received),
        "tingkat_penyelesaian": Chosen(received & _ours(rows), done),
        "tingkat_tindak_lanjut": Chosen(received & _ours(rows), rows["responded"] <= now),
    }


def _ours(rows: pd.DataFrame) -> pd.Series[bool]:
    return ~rows["status"].isin(["bukan_kewenangan", "duplikat", "ditolak"])


GROUPS: Mapping[Callable[[pd.DataFrame, pd.Timestamp], dict[str, Chosen]], pd.DateOffset] = {
    at_moment: pd.DateOffset(hours=24),
    of_month: pd.DateOffset(hours=30 * 24),
    of_year: pd.DateOffset(years=1),
}
"""Each group of KPIs, and how long before lies what it is compared with."""

FIGURES = (
    *("aduan_terbuka", "aduan_lewat_tenggat", "aduan_jatuh_tempo", "aduan_di_atas_60_hari", "aduan_masuk_hari_ini"),
    *("aduan_selesai_hari_ini", "aduan_masuk_30h", "aduan_ditutup_tanpa_jawaban", "selesai_tepat_waktu"),
    *("selesai_tepat_waktu_ketat", "respons_pertama", "respons_pertama_p90", "lama_penyelesaian", "lama_penyelesaian_p90"),
    *("aduan_masuk_tahun_ini", "tingkat_penyelesaian", "tingkat_tindak_lanjut"),
)


class Baseline:
    """One data frame with categories and times, of the same rows."""

    def __init__(self, complaints: pl.DataFrame, tree: AreaTree, now: datetime) -> None:
        self.rows = complaints.select(COLUMNS).to_pandas()
        self.now = pd.Timestamp(now)
        self.areas = {"kecamatan": [a.code for a in tree.kecamatan], "area": [*(a.code for a in tree.kelurahan), UNPLACED]}
        self.city = tree.city.code

    def everywhere(self) -> dict[tuple[str, str], Stated]:
        """Each figure for the city, each kecamatan, each kelurahan with the unplaced, and each OPD with rows."""
        return _changes(self._by_place, self.rows, self.now)

    def page(self, query: Query) -> dict[tuple[str, str], Stated]:
        """Each figure at one cut."""
        rows = self.rows[self.rows["area"] == query.area]
        for name in ("category", "channel"):
            if (value := getattr(query, name)) is not None:
                rows = rows[rows[name] == value]
        return _changes(lambda chosen: {self.city: _value(rows[chosen.rows], chosen)}, rows, self.now)

    def _by_place(self, chosen: Chosen) -> dict[str, float | None]:
        rows = self.rows[chosen.rows]
        found = {self.city: _value(rows, chosen)}
        for cut in CUTS:
            groups = rows.groupby(cut, observed=True)
            counts = groups.size()
            if chosen.of:
                values = groups[chosen.of[0]].quantile(chosen.of[1])
            elif chosen.part is not None:
                values = 100 * chosen.part[chosen.rows].groupby(rows[cut], observed=True).sum() / counts
            else:
                found |= {key: float(counts.get(key, 0)) for key in self.areas.get(cut, counts.index)}
                continue
            found |= {key: values[key] if counts.get(key, 0) >= ENOUGH else None for key in self.areas.get(cut, counts.index)}
        return found


def _value(rows: pd.DataFrame, chosen: Chosen) -> float | None:
    if chosen.of is None and chosen.part is None:
        return float(len(rows))
    if len(rows) < ENOUGH:
        return None
    if chosen.of:
        return float(rows[chosen.of[0]].quantile(chosen.of[1]))
    return 100 * float(chosen.part[chosen.rows].sum()) / len(rows) if chosen.part is not None else None


def _changes(
    values: Callable[[Chosen], dict[str, float | None]], rows: pd.DataFrame, now: pd.Timestamp
) -> dict[tuple[str, str], Stated]:
    """Each figure now, and its difference from the window before."""
    found: dict[tuple[str, str], Stated] = {}
    for group, ago in GROUPS.items():
        former = group(rows, now - ago)
        for name, chosen in group(rows, now).items():
            before = values(former[name])
            for key, value in values(chosen).items():
                earlier = before.get(key, 0.0 if chosen.of is None and chosen.part is None else None)
                found[name, key] = value, None if value is None or earlier is None else value - earlier
    return found
