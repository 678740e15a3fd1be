"""OCDS packages: the standard's own examples, two real publishers, and what merging makes of them."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocdsmerge import Merger
from ocdsmerge.rules import get_merge_rules
from pydantic import ValidationError

from connectors.source import BadRow, Context, Excluded, FormChanged, Kept
from connectors.sources._ocds import KEPT, RULES, _slim, processes, rows
from connectors.sources.ocds import SAMPLE, Ocds, parse
from layers.city import City
from layers.model import Kind, Outcome, Package, Stage
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.real import served

TestOcds = contract_for("ocds")

STANDARD = "ocds-213czf-000-00001"
PARAGUAY = "ocds-03ad3f-246807"
RATES = {"GBP": "20000", "MXN": "900", "PYG": "2"}


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "samples" / "ocds"


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=datetime(2026, 11, 22, tzinfo=UTC), data=tmp_path)


def release(number: int, tag: str, **more: Any) -> dict[str, Any]:
    return {"ocid": "ocds-a-1", "id": str(number), "date": f"2026-0{number}-01T00:00:00Z", "tag": [tag], **more}


def read(*releases: Mapping[str, Any]) -> list[dict[str, Any]]:
    (process,) = processes([{"version": "1.1", "releases": list(releases)}])
    return rows(process)


def kept(row: Mapping[str, Any], ctx: Context, **settings: Any) -> Package:
    found = parse(row, Ocds.model_validate({"url": "https://x", "own": True} | settings), ctx)
    assert isinstance(found, Kept)
    assert isinstance(found.record, Package)
    return found.record


# --- real payloads ------------------------------------------------------------------------------


def test_every_real_file_is_accounted_for(folder: Path, city: City, settings: Settings) -> None:
    """Eight files, four processes and a blank template; Paraguay's release of 1.0 and of 1.1 is one and the same."""
    bodies = {path.name: path.read_bytes() for path in sorted(folder.glob("*.json")) if path.name != "release-schema.json"}
    assert len(bodies) == 7
    for name, body in bodies.items():
        (settings.data / "ocds").mkdir(exist_ok=True)
        (settings.data / "ocds" / name).write_bytes(body)
    with served("ocds", {"path": "ocds/*.json", "rates": RATES}, city, settings) as real:
        run = real.pull()
        assert (run.outcome, run.seen, run.kept, run.quarantined) == (Outcome.OK, 5, 4, 1), (run.message, real.reasons())
        assert [(field, reason) for field, reason, _ in real.reasons()] == [("ocid", "ocid kosong, padahal wajib diisi")]
        assert {p.source_id for p in real.records(Kind.PACKAGE)} == {
            STANDARD,
            PARAGUAY,
            "ocds-07smqs-993235/991324",
            "ocds-07smqs-993235/1322806",
        }
        cycle = real.record(STANDARD)
        assert (cycle.stage, cycle.year, cycle.method) == (Stage.CONTRACT, 2010, "tender")
        assert (cycle.pagu, cycle.hps, cycle.value) == tuple(20_000 * Decimal(n) for n in (6_700_000, 1_100_000, 11_000_000))
        assert cycle.announced == datetime(2009, 3, 15, 14, 45, tzinfo=UTC)
        assert cycle.contracted == datetime(2010, 6, 10, 14, 23, 12, tzinfo=UTC)
        gloves = real.record(PARAGUAY)
        assert (gloves.value, gloves.method, gloves.stage) == (Decimal(35_750_000), "tidak disebut", Stage.CONTRACT)
        ended = real.record("ocds-07smqs-993235/991324")
        assert (ended.value, ended.stage) == (Decimal(170_688_600), Stage.DONE)
        assert ended.handed_over == datetime(2016, 12, 31, 11, 12, tzinfo=UTC)

        head, again = real.store.head(), real.pull()
        assert (again.kept, again.outcome, real.store.head()) == (0, Outcome.OK, head)  # the blank one is refused each time


def test_a_currency_without_a_rate_is_not_believed(folder: Path, city: City, settings: Settings) -> None:
    """Only what says IDR is rupiah: the same figures in guaraní would be a thousandfold lie."""
    name = "paraguay_dncp_release_package_1.0.json"
    with served("ocds", {"url": "{base}/p"}, city, settings, {"/p": ("application/json", (folder / name).read_bytes())}) as real:
        run = real.pull()
        assert (run.kept, run.quarantined) == (0, 1)
        assert real.reasons()[0][:2] == ("nilai", "mata uang … tanpa kurs yang dinyatakan")


def test_releases_and_the_record_made_of_them_are_the_same_package(folder: Path, ctx: Context) -> None:
    """The record package only links to its releases, so the publisher's compiled release counts: it says the same."""
    found = []
    for name in ("standard_1.1_release_package.json", "standard_1.1_record_package.json"):
        (process,) = processes([json.loads((folder / name).read_text())])
        (row,) = rows(process)
        found.append(kept(row, ctx, rates=RATES))
    released, recorded = found
    for name in ("source_id", "title", "stage", "method", "pagu", "hps", "value", "provider", "selected", "contracted"):
        assert getattr(released, name) == getattr(recorded, name), name


def test_our_rules_of_merging_are_the_standard_s(folder: Path) -> None:
    """Of the fields that are kept, the released schema asks for no other rule, and by both the same comes out."""
    schema = get_merge_rules(json.loads((folder / "release-schema.json").read_text()))
    lots = {path for path in RULES if "relatedLots" in path}

    def reachable(path: tuple[str, ...]) -> bool:
        inner: Any = KEPT
        for name in path:
            if not isinstance(inner, Mapping) or name not in inner:
                return False
            inner = inner[name]
        return True

    assert {path: rule for path, rule in schema.items() if reachable(path)} | {("tag",): "omitWhenMerged"} == {
        path: rule for path, rule in RULES.items() if path not in lots
    }
    releases = json.loads((folder / "standard_1.1_release_package.json").read_text())["releases"]
    theirs = Merger(merge_rules=schema).create_compiled_release(releases)
    (ours,) = processes([{"releases": releases}])
    assert {name: value for name, value in ours.items() if name in KEPT} == _slim(theirs) | {"tag": ["compiled"]}


def test_nobody_is_asked_for_a_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("no connection may be made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(read(release(1, "tender"), release(2, "award"))) == 1


# --- merging --------------------------------------------------------------------------------------


@given(st.permutations([1, 2, 3]))
def test_the_order_of_the_releases_does_not_matter(order: list[int]) -> None:
    stages = {
        1: release(1, "planning", planning={"budget": {"projectID": "62"}}, tender={"title": "A", "status": "planned"}),
        2: release(2, "tender", tender={"title": "B", "status": "active"}),
        3: release(3, "contract", tender={"status": "complete"}, contracts=[{"id": "k", "status": "active"}]),
    }
    (row,) = read(*(stages[n] for n in order))
    assert (row["judul"], row["status_tender"], row["kode_rencana"]) == ("B", "complete", "62")
    assert row["tanggal_pertama"] == "2026-01-01T00:00:00Z"


def test_what_cannot_be_merged_says_why() -> None:
    undated = release(2, "award") | {"date": None}
    assert read(release(1, "tender"), undated)[0]["galat"] == "rilis tanpa tanggal"
    (linked,) = processes([{"records": [{"ocid": "a", "releases": [{"url": "https://x", "date": "2026-01-01", "tag": []}]}]}])
    assert linked["galat"] == "rilis hanya ditautkan, tanpa compiledRelease"


@pytest.mark.parametrize("package", [[], {}, 5, {"releases": [1]}, {"releases": {}}, {"pesan": "x"}])
def test_another_form_is_drift(package: Any) -> None:
    with pytest.raises(FormChanged):
        list(processes([package]))


def test_several_contracts_and_open_lots_are_parts_and_the_plan_s_sum_stands_once(ctx: Context) -> None:
    idr = {"currency": "IDR"}
    tender = {
        "title": "Tiga paket",
        "value": {"amount": 90, **idr},
        "lots": [{"id": n, "title": f"Lot {n}", "status": "active", "value": {"amount": 30, **idr}} for n in ("1", "2", "3")],
    }
    awards = [{"id": f"a{n}", "relatedLots": [n], "suppliers": [{"name": "CV A"}]} for n in ("1", "2")]
    contracts = [{"id": f"k{n}", "awardID": f"a{n}", "status": "active", "value": {"amount": 25, **idr}} for n in ("1", "2")]
    budget = {"budget": {"amount": {"amount": 100, **idr}}}
    found = [
        kept(row, ctx) for row in read(release(1, "tender", planning=budget, tender=tender, awards=awards, contracts=contracts))
    ]
    assert [(p.source_id, p.stage, p.pagu, p.hps, p.value) for p in found] == [
        ("ocds-a-1/3", Stage.SELECTION, 100, 30, None),
        ("ocds-a-1/k1", Stage.CONTRACT, None, None, 25),
        ("ocds-a-1/k2", Stage.CONTRACT, None, None, 25),
    ]
    assert found[0].title == "Lot 3"


def test_a_process_that_falls_into_parts_ends_as_a_whole(city: City, settings: Settings) -> None:
    one = release(1, "tender", tender={"title": "Dua kontrak"}, contracts=[{"id": "k1", "status": "active"}])
    two = release(2, "contract", contracts=[{"id": "k2", "status": "active"}])
    body = {"/r": ("application/json", json.dumps({"releases": [one]}).encode())}
    with served("ocds", {"url": "{base}/r"}, city, settings, body) as real:
        assert real.pull().kept == 1
        real.upstream.responses["/r"] = ("application/json", json.dumps({"releases": [one, two]}).encode())
        run = real.pull()
        assert (run.kept, dict(run.excluded)) == (2, {"bagian_diganti": 1})
        assert {p.source_id for p in real.records(Kind.PACKAGE)} == {"ocds-a-1/k1", "ocds-a-1/k2"}


# --- pages and files ------------------------------------------------------------------------------


def test_pages_in_a_circle_end(city: City, settings: Settings) -> None:
    body = json.dumps({"releases": [release(1, "tender")], "links": {"next": "?p=2"}}).encode()
    with served("ocds", {"url": "{base}/r?p=1"}, city, settings, {"/r": ("application/json", body)}) as real:
        run = real.pull()
        assert (run.outcome, len(real.upstream.asked)) == (Outcome.DRIFT, 2)
        assert real.pull(max_pages=1).message == "lebih dari 1 halaman paket OCDS"


def test_a_next_page_elsewhere_is_refused(city: City, settings: Settings) -> None:
    body = json.dumps({"releases": [], "links": {"next": "https://jahat.example/x"}}).encode()
    with served("ocds", {"url": "{base}/r"}, city, settings, {"/r": ("application/json", body)}) as real:
        assert real.pull().outcome is Outcome.REFUSED


def test_files_stay_inside_the_data_folder(city: City, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "luar.json").write_text("{}")
    (settings.data / "tautan.json").symlink_to(tmp_path / "luar.json")
    (settings.data / "rusak.json").write_text('{"releases": [')
    for path, outcome in (("../*.json", Outcome.REFUSED), ("tautan.json", Outcome.REFUSED), ("rusak.json", Outcome.DRIFT)):
        with served("ocds", {"path": path}, city, settings) as real:
            assert real.pull().outcome is outcome, path


def test_contact_points_are_not_read(folder: Path) -> None:
    (process,) = processes([json.loads((folder / "mexico_shcp_record_package_1.1.json").read_text())])
    assert "@" not in json.dumps(process)
    assert set(process) <= {*KEPT, "tanggal_pertama"}


# --- rows -----------------------------------------------------------------------------------------

ROW = SAMPLE.rows[0]


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({}, Stage.CONTRACT),
        ({"status_kontrak": "pending"}, Stage.SELECTION),
        ({"status_kontrak": "terminated"}, Stage.DONE),
        ({"status_kontrak": "cancelled"}, Stage.CANCELLED),
        ({"status_kontrak": None}, Stage.CONTRACT),
        ({"ada_kontrak": False}, Stage.SELECTION),
        ({"ada_kontrak": False, "status_penetapan": "unsuccessful"}, Stage.CANCELLED),
        ({"ada_kontrak": False, "status_tender": "withdrawn"}, Stage.CANCELLED),
        ({"ada_kontrak": False, "status_penetapan": None, "status_tender": "planned"}, Stage.PLANNED),
        ({"ada_kontrak": False, "status_penetapan": None, "status_tender": None, "ada_tender": False}, Stage.PLANNED),
        ({"ada_kontrak": False, "status_penetapan": None, "status_lot": "cancelled"}, Stage.CANCELLED),
    ],
)
def test_how_far_a_process_has_come(ctx: Context, changes: dict[str, Any], stage: Stage) -> None:
    assert kept(ROW | changes, ctx).stage is stage


def test_methods_by_details_by_code_and_as_declared(ctx: Context) -> None:
    assert kept(ROW | {"rincian_metode": "E-Purchasing"}, ctx).method == "e-purchasing"
    assert kept(ROW | {"metode": "limited"}, ctx).method == "penunjukan langsung"
    assert kept(ROW | {"rincian_metode": "Lelang Cepat"}, ctx, methods={"lelang cepat": "tender cepat"}).method == "tender cepat"
    assert kept(ROW | {"metode": "barter"}, ctx).method == "barter"


def test_a_method_that_another_source_reports_does_not_count_twice(ctx: Context) -> None:
    config = Ocds.model_validate({"url": "https://x", "without": ["tender"]})
    assert parse(ROW, config, ctx) == Excluded(rule="dicatat_sistem_lain", ends=Kind.PACKAGE)


def test_only_the_declared_buyers_count_and_their_offices_are_known(ctx: Context) -> None:
    assert kept(ROW, ctx, own=False).opd is None
    assert kept(ROW, ctx, own=False, buyers=["d44"]).opd == "dpupr"
    config = Ocds.model_validate({"url": "https://x", "buyers": ["Pemerintah Kota Lain"]})
    assert parse(ROW, config, ctx) == Excluded(rule="instansi_lain")


def test_amounts(ctx: Context) -> None:
    assert kept(ROW | {"hps": {"amount": 0}}, ctx).hps is None
    assert kept(ROW | {"hps": {"amount": 5}}, ctx, currency="IDR").hps == 5
    assert kept(ROW | {"hps": {"amount": 1.5, "currency": "usd"}}, ctx, rates={"USD": "16000"}).hps == 24_000
    for wrong in ({"amount": 5}, {"amount": 5, "currency": "USD"}, 5, {"amount": "x", "currency": "IDR"}):
        with pytest.raises(BadRow, match="hps"):
            kept(ROW | {"hps": wrong}, ctx)


def test_what_lies_ahead_is_a_plan(ctx: Context) -> None:
    package = kept(ROW | {"ditetapkan": "2027-01-01", "ditandatangani": "2027-02-01"}, ctx)
    assert (package.selected, package.contracted) == (None, None)


def test_settings_that_cannot_work_are_refused() -> None:
    for wrong in ({}, {"url": "https://x", "path": "y"}, {"url": "ftp://x"}, {"url": "https://x", "rates": {"USD": 0}}):
        with pytest.raises(ValidationError):
            Ocds.model_validate(wrong)


def test_what_is_bought_and_how_many_bid(ctx: Context) -> None:
    works = kept(ROW | {"jenis": "works", "penawar": 1}, ctx)
    assert (works.bought, works.bidders) == ("pekerjaan konstruksi", 1)
    assert kept(ROW | {"jenis": "ICT"}, ctx).bought == "ICT"
    assert (kept(ROW, ctx).bought, kept(ROW, ctx).bidders) == (None, None)
    with pytest.raises(BadRow, match="penawar"):
        kept(ROW | {"penawar": "2"}, ctx)
