"""Kota Tangerang's own procurement services, on their real answers of 2019 and 2020."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.sources.tangerang_pengadaan import TangerangPengadaan
from layers.city import City
from layers.model import Kind, Outcome, Package, PlacedBy, Stage
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.real import served

TestTangerangPengadaan = contract_for("tangerang_pengadaan")

CONFIG = {"satker": "{base}/satker", "swakelola": "{base}/swakelola", "epurchasing": "{base}/epurchasing"}


@pytest.fixture
def responses(shared: Path) -> dict[str, tuple[str, bytes]]:
    folder = shared / "samples" / "tangerang_pengadaan"
    return {
        "/satker": ("application/json", (folder / "satker.json").read_bytes()),
        "/swakelola": ("application/json", gzip.decompress((folder / "swakelola_pengumuman.json.gz").read_bytes())),
        "/epurchasing": ("application/json", gzip.decompress((folder / "epurchasing_paket.json.gz").read_bytes())),
    }


def packages(real: Any) -> list[Package]:
    return [record for record in real.records(Kind.PACKAGE) if isinstance(record, Package)]


def test_every_real_row_is_accounted_for(city: City, settings: Settings, responses: dict[str, tuple[str, bytes]]) -> None:
    with served("tangerang_pengadaan", CONFIG, city, settings, responses) as real:
        run = real.pull()
        assert (run.outcome, run.seen) == (Outcome.OK, 93 + 2699 + 1805)
        assert (run.kept, run.unchanged, run.quarantined) == (2218 + 1805, 0, 0)
        assert dict(run.excluded) == {"tabel_acuan": 93, "belum_diumumkan": 345, "tidak_aktif": 136}
        found = packages(real)
        assert Counter(p.method for p in found) == {"swakelola": 2218, "e-purchasing": 1805}
        assert Counter((p.method, p.year, p.stage) for p in found) == {
            ("swakelola", 2019, Stage.PLANNED): 2218,
            ("e-purchasing", 2020, Stage.SELECTION): 1805,
        }
        given = [json.loads(responses[path][1]) for path in ("/swakelola", "/epurchasing")]
        published = [row for row in given[0] if (row["status_umumkan"], row["status_aktif"]) == ("sudah", "ya")]
        assert sum(p.pagu for p in found if p.pagu) == sum(Decimal(row["pagu_rup"]) for row in published)
        assert sum(p.value for p in found if p.value) == sum(Decimal(row["total"]) for row in given[1])

        head, again = real.store.head(), real.pull()
        assert (again.outcome, again.kept, real.store.head()) == (Outcome.NOTHING_NEW, 0, head)


def test_a_changed_answer_is_read_again_and_only_its_changes_are_new(
    city: City, settings: Settings, responses: dict[str, tuple[str, bytes]]
) -> None:
    config = {"swakelola": "{base}/swakelola"}
    with served("tangerang_pengadaan", config, city, settings, responses) as real:
        real.pull()
        rows = json.loads(responses["/swakelola"][1])
        rows[0] |= {"pagu_rup": "2000000.00", "tanggal_terakhir_di_update": "2019-07-30 09:00:00"}
        real.upstream.responses["/swakelola"] = ("application/json", json.dumps(rows).encode())
        again = real.pull()
        assert (again.kept, again.unchanged) == (1, 2217)
        assert real.record("swakelola-18663079").pagu == 2_000_000


def test_opds_and_places_of_the_real_rows(city: City, settings: Settings, responses: dict[str, tuple[str, bytes]]) -> None:
    with served("tangerang_pengadaan", CONFIG, city, settings, responses) as real:
        real.pull()
        plans = [p for p in packages(real) if p.method == "swakelola"]
        assert all(p.opd for p in plans)
        assert Counter(p.opd for p in plans).most_common(2) == [("dinkes", 420), ("bkpsdm", 151)]
        assert Counter(p.placed_by for p in plans)[PlacedBy.NAME] == sum(p.area.count(".") == 3 for p in plans) > 70
        assert Counter(p.area for p in plans)["36.71.01.1005"] == 41  # "cikokol"; 38 x "Karang Tengah" may be either level


def test_a_real_plan_field_by_field(city: City, settings: Settings, responses: dict[str, tuple[str, bytes]]) -> None:
    with served("tangerang_pengadaan", CONFIG, city, settings, responses) as real:
        real.pull()
        plan = real.record("swakelola-18663079")
        assert plan.announced == plan.known_at == datetime(2019, 3, 27, 7, 45, 58, tzinfo=UTC)
        assert (plan.opd, plan.pagu, plan.plan_id, plan.value) == ("disdik", Decimal("1946000.00"), "18663079", None)
        order = real.record("epurchasing-ISB-P1912-2181069")
        assert (order.announced, order.known_at) == (datetime(2019, 12, 25, 17, tzinfo=UTC), None)
        assert (order.opd, order.value, order.plan_id, order.year) == ("diskominfo", Decimal("1200000000.00"), "22792638", 2020)


def test_a_broken_row_goes_to_quarantine_and_the_others_survive(
    city: City, settings: Settings, responses: dict[str, tuple[str, bytes]]
) -> None:
    rows = json.loads(responses["/swakelola"][1])[:20]
    published = [row for row in rows if (row["status_umumkan"], row["status_aktif"]) == ("sudah", "ya")]
    published[0]["pagu_rup"] = "dua juta"
    published[1]["akhir_pekerjaan"] = "0000-00-00"
    published[2]["status_umumkan"] = "nanti"
    body = json.dumps(rows).encode()
    config = {"swakelola": "{base}/swakelola"}
    with served("tangerang_pengadaan", config, city, settings, {"/swakelola": ("application/json", body)}) as real:
        run = real.pull()
        assert (run.seen, run.quarantined, run.kept) == (20, 3, len(published) - 3)
        assert {(field, n) for field, _, n in real.reasons()} == {("pagu_rup", 1), ("akhir_pekerjaan", 1), ("status_umumkan", 1)}


@pytest.mark.parametrize("body", [b'{"rows": []}', b"[1]", b'"x"', b"null"])
def test_another_form_is_drift(city: City, settings: Settings, body: bytes) -> None:
    config = {"satker": "{base}/satker"}
    with served("tangerang_pengadaan", config, city, settings, {"/satker": ("application/json", body)}) as real:
        assert real.pull().outcome is Outcome.DRIFT


def test_no_rows_is_nothing_new(city: City, settings: Settings) -> None:
    config = {"satker": "{base}/satker"}
    with served("tangerang_pengadaan", config, city, settings, {"/satker": ("application/json", b"[]")}) as real:
        assert (real.pull().outcome, real.pull().outcome) == (Outcome.NOTHING_NEW, Outcome.NOTHING_NEW)


def test_at_least_one_service_has_to_be_declared() -> None:
    with pytest.raises(ValidationError, match="sedikitnya satu"):
        TangerangPengadaan.model_validate({})
