"""LKPP's ISB services, on real answers for Kabupaten Bandung (budget year 2025)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.source import BadRow, Context, Excluded, Kept
from connectors.sources._lkpp_tables import TABLES
from connectors.sources.lkpp_isb import SAMPLE, LkppIsb, join, parse
from layers.city import City, Opd
from layers.model import Kind, Measurement, Outcome, Package, Stage
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import Real, served

TestLkppIsb = contract_for("lkpp_isb")

ROWS = {
    "SPSE-TenderPengumuman": 92,
    "SPSE-TenderSelesai": 68,
    "SPSE-TenderSelesaiNilai": 77,
    "SPSE-NonTenderPengumuman": 120,
    "SPSE-PencatatanSwakelola": 60,
    "Ecat-PaketEPurchasingV6": 60,
    "RUP-StrukturAnggaranPD": 68 * 4 + 97,  # four parts of each of 68 units' budgets, and 97 units without any
    "RUP-ProgramMaster": 60,
    "RUP-KegiatanMaster": 60,
    "RUP-MasterSatker": 165,
    "SPSE-JadwalTahapanTender": 160,
}


Answers = dict[str, tuple[str, bytes]]


def config(*tables: str, base: str = "{base}", **more: Any) -> dict[str, Any]:
    endpoints = [{"table": table, "url": f"{base}/isb/json/{table}/parameter/{{year}}:D107"} for table in tables]
    return {"endpoints": endpoints, "years": [2025]} | more


def settled(*tables: str, **more: Any) -> LkppIsb:
    return LkppIsb.model_validate(config(*tables, base="https://x", **more))


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "samples" / "lkpp_isb"


@pytest.fixture
def responses(folder: Path) -> Answers:
    return {f"/isb/json/{t}/parameter/2025:D107": ("application/json", (folder / f"{t}.json").read_bytes()) for t in ROWS}


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=datetime(2026, 11, 22, tzinfo=UTC), data=tmp_path)


def packages(real: Real) -> list[Package]:
    return [record for record in real.records(Kind.PACKAGE) if isinstance(record, Package)]


# --- real payloads ------------------------------------------------------------------------------


def test_every_table_has_a_real_answer() -> None:
    assert set(ROWS) == set(TABLES)


def test_every_real_row_is_accounted_for(city: City, settings: Settings, responses: Answers) -> None:
    with served("lkpp_isb", config(*ROWS), city, settings, responses) as real:
        run = real.pull()
        assert (run.outcome, run.seen, run.quarantined) == (Outcome.OK, sum(ROWS.values()), 0), (run.message, real.reasons())
        assert dict(run.excluded) == {
            "digabung_ke_paket_yang_diumumkan": 68 + 77,
            "tanpa_angka": 97,
            "tabel_acuan": 165 + 60 + 60,
            "tabel_jadwal": 160,
        }
        found = packages(real)
        assert Counter(p.source_id.partition("-")[0] for p in found) == {
            "tender": 92,
            "nontender": 120,
            "swakelola": 60,
            "epurchasing": 60,
        }
        measured = Counter(m.name for m in real.records(Kind.MEASUREMENT) if isinstance(m, Measurement))
        parts = ("operasi", "modal", "btt", "non_pengadaan")
        assert measured == {f"anggaran.pagu.{part}": 68 for part in parts}

        head, again = real.store.head(), real.pull()
        assert (again.outcome, again.seen, real.store.head()) == (Outcome.NOTHING_NEW, 0, head)


def test_the_same_rows_in_another_answer_change_nothing(city: City, settings: Settings, responses: Answers) -> None:
    """The services stamp every row with the day's date: a new stamp, or another wrapping, is no change."""
    with served("lkpp_isb", config(*ROWS), city, settings, responses) as real:
        kept, head = real.pull().kept, real.store.head()
        for path, (content_type, body) in responses.items():
            rows = [row | {"_event_date": "2025-10-04"} if "_event_date" in row else row for row in json.loads(body)]
            real.upstream.responses[path] = (content_type, json.dumps({"data": rows}).encode())
        again = real.pull()
        assert (again.kept, again.unchanged, real.store.head()) == (0, kept, head)


def test_the_tables_of_one_tender_are_one_package(city: City, settings: Settings, responses: Answers) -> None:
    with served("lkpp_isb", config(*ROWS), city, settings, responses) as real:
        real.pull()
        tender = real.record("tender-10018467000")
        assert (tender.pagu, tender.hps) == (Decimal(1_500_000_000), Decimal("1499321187.61"))
        assert (tender.value, tender.pdn, tender.provider) == (Decimal("1269963504.15"), Decimal("1269963504.15"), "5997014")
        assert tender.selected == datetime(2025, 4, 11, 11, tzinfo=UTC)  # the hour is from TenderSelesai, the sums from ...Nilai
        assert tender.stage is Stage.CONTRACT
        tenders = [p for p in packages(real) if p.source_id.startswith("tender-")]
        assert Counter(p.stage for p in tenders) == {Stage.CONTRACT: 68, Stage.CANCELLED: 15, Stage.SELECTION: 9}
        several = sorted(p.plan_id or "" for p in tenders if ";" in (p.plan_id or ""))
        assert several == ["56168859;56168861;56168878", "58047414;58047485"]


def test_finished_tenders_stand_alone_where_announcements_are_not_declared(
    city: City, settings: Settings, responses: Answers
) -> None:
    """The table of sums alone has no titles: what it holds beside the finished ones cannot be shown, and says why."""
    with served("lkpp_isb", config("SPSE-TenderSelesaiNilai", "SPSE-TenderSelesai"), city, settings, responses) as real:
        run = real.pull()
        assert (run.kept, dict(run.excluded), run.quarantined) == (68, {"digabung_ke_paket_yang_diumumkan": 68}, 9)
        assert [(field, n) for field, _, n in real.reasons()] == [("nama_paket", 9)]


def test_times_that_end_in_z_are_local_office_hours(city: City, settings: Settings, responses: Answers) -> None:
    with served("lkpp_isb", config("SPSE-NonTenderPengumuman"), city, settings, responses) as real:
        real.pull()
        assert real.record("nontender-10048728000").announced == datetime(2025, 1, 31, 7, tzinfo=UTC)  # "14:00:00.000000Z"
        hours = Counter(p.announced.astimezone(city.zone).hour for p in packages(real))
        assert sum(n for hour, n in hours.items() if 7 <= hour <= 17) == 116


def test_stages_of_the_other_real_tables(city: City, settings: Settings, responses: Answers) -> None:
    tables = ("SPSE-NonTenderPengumuman", "SPSE-PencatatanSwakelola", "Ecat-PaketEPurchasingV6")
    with served("lkpp_isb", config(*tables), city, settings, responses) as real:
        real.pull()
        stages = Counter((p.source_id.partition("-")[0], p.stage) for p in packages(real))
        assert stages == {
            ("nontender", Stage.SELECTION): 74 + 31,
            ("nontender", Stage.CANCELLED): 15,
            ("swakelola", Stage.CONTRACT): 40,
            ("swakelola", Stage.DONE): 20,
            ("epurchasing", Stage.CONTRACT): 51,
            ("epurchasing", Stage.DONE): 9,
        }
        done = real.record("swakelola-10146338000")
        assert (done.value, done.handed_over) == (Decimal(3_440_000), datetime(2025, 5, 6, 17, tzinfo=UTC))
        order = real.record("epurchasing-01K32QD12XPKKTQMJ6E33ADS47")
        assert (order.value, order.method, order.opd) == (Decimal(28_578_060), "e-purchasing", None)


def test_a_budget_is_a_measurement_of_its_year(city: City, settings: Settings, responses: Answers) -> None:
    with served("lkpp_isb", config("RUP-StrukturAnggaranPD"), city, settings, responses) as real:
        real.pull()
        budget = real.record("anggaran.pagu.modal-2025-96020")
        assert (budget.value, budget.unit, budget.subject) == (127_880_109_405.0, "rupiah", "DINAS PENDIDIKAN")
        assert budget.measured == datetime(2024, 12, 31, 17, tzinfo=UTC)  # 1 January 2025, WIB


def test_the_parts_of_a_budget_are_the_whole(city: City, settings: Settings, responses: Answers, folder: Path) -> None:
    with served("lkpp_isb", config("RUP-StrukturAnggaranPD"), city, settings, responses) as real:
        real.pull()
        kept = sum(m.value for m in real.records(Kind.MEASUREMENT) if isinstance(m, Measurement))
        printed = json.loads((folder / "RUP-StrukturAnggaranPD.json").read_text())
        assert kept == sum(row["total_belanja"] or 0 for row in printed)


def test_a_budget_whose_parts_are_not_its_total_is_not_believed(ctx: Context) -> None:
    row = SAMPLE.rows[2] | {"belanja_operasi": 5, "total_belanja": 16}
    with pytest.raises(BadRow, match="total_belanja: bukan jumlah bagiannya"):
        parse(row, settled("RUP-StrukturAnggaranPD", klpd="D44"), ctx)
    assert isinstance(parse(row | {"total_belanja": 15}, settled("RUP-StrukturAnggaranPD", klpd="D44"), ctx), Kept)


def test_a_unit_is_known_by_its_number_its_dotted_code_or_its_name(city: City, ctx: Context) -> None:
    """``kd_satker`` is a number in one table, and holds the dotted code in the one of sums."""
    unit = Opd(slug="dputr", short="DPUTR", name="Dinas Tata Ruang", codes=("12335093", "1.03.2.15.1.04.03.0000"))
    known = Context(source="uji", city=city.model_copy(update={"opds": (unit,)}), now=ctx.now, data=ctx.data)
    row = SAMPLE.rows[0]
    for unit_of in (
        {"kd_satker": 12335093},
        {"kd_satker": "12335093", "kd_satker_str": None},
        {"kd_satker": "1.03.2.15.1.04.03.0000"},
        {"kd_satker_str": "1.03.2.15.1.04.03.0000"},
        {"nama_satker": "DINAS TATA RUANG"},
    ):
        bare = {name: value for name, value in row.items() if "satker" not in name}
        kept = parse({**bare, **unit_of}, settled("SPSE-TenderPengumuman", klpd="D44"), known)
        assert isinstance(kept, Kept)
        assert kept.record.opd == "dputr"


@pytest.mark.parametrize("name", ["empty_body_http200.json", "error_body_http200.xml"])
def test_no_data_is_neither_an_error_nor_a_zero(folder: Path, city: City, settings: Settings, name: str) -> None:
    body = (folder / name).read_bytes()
    path = "/isb/json/SPSE-TenderPengumuman/parameter/2025:D107"
    with served("lkpp_isb", config("SPSE-TenderPengumuman"), city, settings, {path: ("text/html", body)}) as real:
        run = real.pull()
        assert (run.outcome, run.seen) == (Outcome.NOTHING_NEW, 0)
        assert real.records(Kind.PACKAGE) == []


@pytest.mark.parametrize("body", [b'{"pesan": "x"}', b"[1]", b"<data/>", b"null"])
def test_another_form_is_drift(city: City, settings: Settings, body: bytes) -> None:
    path = "/isb/json/RUP-MasterSatker/parameter/2025:D107"
    with served("lkpp_isb", config("RUP-MasterSatker"), city, settings, {path: ("application/json", body)}) as real:
        assert real.pull().outcome is Outcome.DRIFT


def test_other_governments_are_excluded(city: City, settings: Settings, responses: Answers) -> None:
    """The LPSE also serves a water company: its tender is not the government's. Who does not say whose rows has no OPDs."""
    with served("lkpp_isb", config("SPSE-TenderPengumuman"), city, settings, responses) as real:
        assert real.pull().kept == 92
        assert {p.opd for p in packages(real)} == {None}
        run = real.pull(klpd="D107")  # a changed setting: the same answer is read again
        assert (run.kept + run.unchanged, dict(run.excluded)) == (91, {"instansi_lain": 1})
        assert {p.opd for p in packages(real)} > {None, "dinkes"}


def test_each_year_has_its_own_address_and_its_own_place_in_the_cursor(
    city: City, settings: Settings, responses: Answers
) -> None:
    with served("lkpp_isb", config("SPSE-TenderPengumuman", years=[2024, 2025]), city, settings, responses) as real:
        real.upstream.responses["/isb/json/SPSE-TenderPengumuman/parameter/2024:D107"] = ("application/json", b"")
        assert real.pull().kept == 92
        assert sorted(real.store.cursor("uji") or {}) == ["SPSE-TenderPengumuman/2024", "SPSE-TenderPengumuman/2025"]
    with served("lkpp_isb", config("SPSE-TenderPengumuman", years=[]), city, settings, responses) as real:
        real.pull()
        year = datetime.now(UTC).astimezone(city.zone).year
        assert real.upstream.asked[0].path.endswith(f"/{year}:D107")


@pytest.mark.parametrize(
    ("table", "status", "outcome"),
    [("SPSE-TenderPengumuman", 500, Outcome.TRANSIENT), ("SPSE-NonTenderPengumuman", 401, Outcome.AUTH)],
)
def test_a_table_that_fails_keeps_no_other_from_being_read(
    city: City, settings: Settings, responses: Answers, table: str, status: int, outcome: Outcome
) -> None:
    """A table of the new year is not published yet, the key of another has run out: the rest is there."""

    def answer(asked: Asked) -> Reply | None:
        return Reply(status=status) if table in asked.path.split("/") else None

    with served("lkpp_isb", config(*ROWS), city, settings, responses, answer=answer) as real:
        assert real.pull().outcome is outcome
        assert real.records(Kind.MEASUREMENT)
        held = real.store.cursor("uji") or {}
        assert held
        assert not any(name.startswith(table) for name in held)


# --- rows ---------------------------------------------------------------------------------------


def test_nothing_personal_is_read(city: City, settings: Settings) -> None:
    row = {k: v for k, v in SAMPLE.rows[0].items() if k != "tabel"} | {"nip_ppk": "198001012005011001", "alamat": "Jl. A 1"}
    row["pagu"] = "rusak"  # a quarantined row keeps its original: that, too, is without them
    path = "/isb/json/SPSE-TenderPengumuman/parameter/2025:D107"
    body = ("application/json", json.dumps([row]).encode())
    with served("lkpp_isb", config("SPSE-TenderPengumuman"), city, settings, {path: body}) as real:
        assert real.pull().quarantined == 1
    piece = join([{"tabel": "SPSE-TenderPengumuman", "kd_tender": 1}])
    assert piece == [{"tabel": "SPSE-TenderPengumuman", "kd_tender": 1}]


def test_twins_within_one_table_are_left_to_the_store() -> None:
    row = {"tabel": "SPSE-TenderSelesaiNilai", "kd_tender": 1, "nilai_kontrak": 5}
    assert join([dict(row), row | {"nilai_kontrak": 6}]) == [row, row | {"nilai_kontrak": 6}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status_tender": "Entah"}, "status_tender"),
        ({"pagu": "banyak"}, "pagu"),
        ({"tgl_pengumuman_tender": "x"}, "tgl_pengumuman_tender"),
        ({"tgl_pengumuman_tender": None}, "tgl_pengumuman_tender"),
        ({"tahun_anggaran": None}, "tahun_anggaran"),
        ({"nama_paket": ""}, "nama_paket"),
        ({"kd_tender": None}, "kd_tender"),
        ({"mtd_pemilihan": None}, "mtd_pemilihan"),
        ({"tabel": "Tabel-Baru"}, "tabel"),
    ],
)
def test_a_row_that_cannot_be_believed_says_which_field(ctx: Context, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRow) as bad:
        parse({**SAMPLE.rows[0], **changes}, settled("SPSE-TenderPengumuman"), ctx)
    assert bad.value.field == field


def test_a_winner_of_tomorrow_is_a_plan_not_yet_a_fact(ctx: Context) -> None:
    kept = parse({**SAMPLE.rows[0], "tgl_penetapan_pemenang": "2026-12-01"}, settled("SPSE-TenderPengumuman"), ctx)
    assert isinstance(kept, Kept)
    assert isinstance(kept.record, Package)
    assert kept.record.selected is None


def test_what_the_source_deleted_is_excluded(ctx: Context) -> None:
    row = SAMPLE.rows[2] | {"is_deleted": True}
    assert parse(row, settled("RUP-StrukturAnggaranPD"), ctx) == Excluded(rule="dihapus_di_sumber", ends=Kind.MEASUREMENT)


def test_settings_that_cannot_work_are_refused() -> None:
    for endpoint in ({"table": "Tabel-Baru", "url": "https://x/{year}"}, {"table": "RUP-MasterSatker", "url": "https://x/2025"}):
        with pytest.raises(ValidationError):
            LkppIsb.model_validate({"endpoints": [endpoint]})
    with pytest.raises(ValidationError):
        LkppIsb.model_validate({"endpoints": []})
