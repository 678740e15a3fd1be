"""What fair ranking reveals in real records: Boston's 311 of 2015, and the tenders of Kabupaten Bandung's units (LKPP)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from layers.catalog import catalog
from layers.equity import Place, measured
from layers.explain import wilson
from layers.funnel import funnel
from layers.ranking import Ranking, ranking
from layers.snapshot import Evidence, Reading
from tests.dashboard.snapshots import reading

ON_TIME = catalog()["selesai_tepat_waktu"]


@pytest.fixture(scope="module")
def boston(shared: Path) -> pl.DataFrame:
    raw = gzip.decompress((shared / "samples" / "311" / "boston_311_2015.csv.gz").read_bytes())
    closed = pl.col("CASE_STATUS") == "Closed"
    return pl.read_csv(raw, infer_schema_length=0).filter(closed, pl.col("OnTime_Status").is_not_null())


def by(frame: pl.DataFrame, column: str) -> Ranking:
    """The share closed on time by a column, as the room would publish it."""
    counts = frame.drop_nulls(column).group_by(column).agg(k=(pl.col("OnTime_Status") == "ONTIME").sum(), n=pl.len())
    return ranking(ON_TIME, [share(*row) for row in counts.iter_rows()], city=share("city", *total(frame)))


def total(frame: pl.DataFrame) -> tuple[int, int]:
    return frame.filter(pl.col("OnTime_Status") == "ONTIME").height, frame.height


def share(opd: str, k: int, n: int) -> Reading:
    if n < 20:
        return reading(ON_TIME.id, opd=opd, n=n, why_none=f"belum cukup data: n = {n}, perlu 20")
    low, high = wilson(k, n)
    proof = Evidence(sources=("boston",), numerator=k, denominator=n, low=low, high=high)
    return reading(ON_TIME.id, opd=opd, value=100 * k / n, n=n, evidence=proof)


def test_a_perfect_score_on_31_cases_is_no_first_place(boston: pl.DataFrame) -> None:
    """A plain list is led by five departments with 100 or 99.7 %; one of them closed 31 cases, three more only a handful."""
    found = by(boston, "Department")
    rows = {row.key: row for row in found.rows}
    assert (rows["CHT_"].value, rows["CHT_"].n, rows["CHT_"].first, rows["CHT_"].last) == (100, 31, 1, 6)
    assert {x.key: x.n for x in found.lacking} == {"HS_Y": 5, "BPS_": 3, "No Q": 1}
    assert [row.key for row in found.rows if row.first == row.last] == ["BTDT", "ISD"], "the two last places are certain"


def test_departments_differ_by_their_work_and_one_stands_out_all_the_same(boston: pl.DataFrame) -> None:
    """Inspections (ISD) close 57 % on time: outside of 99.8 % even with limits twelve times as wide as chance makes them."""
    found = funnel(by(boston, "Department"))
    assert found is not None
    assert found.spread == pytest.approx(142, abs=1)
    assert [(p.key, p.side) for p in found.points if p.beyond == 2] == [("ISD", -1)]


def test_one_neighbourhood_is_certainly_the_first_and_eleven_share_the_middle(boston: pl.DataFrame) -> None:
    found = by(boston, "neighborhood")
    rows = {row.key: row for row in found.rows}
    assert (found.rows[0].key, found.rows[0].first, found.rows[0].last) == ("West Roxbury", 1, 1)
    assert sum(row.first <= 8 <= row.last for row in found.rows) == 11
    assert [x.key for x in found.lacking] == ["Chestnut Hill"]
    allston = rows["Allston"]
    assert (sorted(row.value for row in found.rows).index(allston.value), allston.first, allston.last) == (2, 11, 22)


def test_of_thirteen_buying_units_one_has_enough_tenders_to_be_judged(shared: Path) -> None:
    """Kab. Bandung 2025: 77 tenders decided; public works has 53 of them and 85 % of the contracts' value, the next unit nine."""
    raw = json.loads((shared / "samples" / "lkpp_isb" / "SPSE-TenderSelesaiNilai.json").read_text("utf-8"))
    frame = pl.DataFrame(raw, infer_schema_length=None).with_columns(
        below=(pl.col("hps") - pl.col("nilai_kontrak")) / pl.col("hps") >= 0.01
    )
    units = (
        frame.group_by("nama_satker")
        .agg(pl.col("below").sum(), n=pl.len(), worth=pl.col("nilai_kontrak").sum())
        .sort("n", descending=True)
    )
    found = ranking(ON_TIME, [share(name, k, n) for name, k, n, _ in units.iter_rows()])
    assert [(row.key, row.n) for row in found.rows] == [("DINAS PEKERJAAN UMUM DAN TATA RUANG", 53)]
    assert (len(found.lacking), found.lacking[0].why) == (12, "belum cukup data: n = 9, perlu 20")
    even = measured([Place(code=name, group="", people=1, amount=worth) for name, _, _, worth in units.iter_rows()])
    assert even.gini == pytest.approx(0.85, abs=0.01)
    assert even.why_no_ratio is not None, "some contracts are recorded without a value"
