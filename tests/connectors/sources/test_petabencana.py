"""PetaBencana's printed answers, floods that run dry, reports from its archive."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.answer import Answer
from connectors.sources._petabencana_geo import points
from layers import clock
from layers.city import City
from layers.model import UNPLACED, Kind, Measurement, Outcome, PlacedBy
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import Real, served

TestContract = contract_for("petabencana")

NOW = datetime(2026, 4, 24, 3, 10, tzinfo=UTC)
ONLY: dict[str, Any] = {"base": "{base}", "reports": False, "floods": False, "floodgauges": False}


@pytest.fixture(autouse=True)
def morning(real_clock: None) -> None:
    at(NOW)


def at(moment: datetime) -> None:
    clock.set_clock(clock.SetClock(start=moment, since=0, speed=0))


@pytest.fixture
def printed(shared: Path) -> Callable[[str], tuple[str, bytes]]:
    return lambda name: ("application/json", (shared / "samples" / "petabencana" / name).read_bytes())


def values(real: Real) -> dict[str, float]:
    return {record.source_id: record.value for record in real.records(Kind.MEASUREMENT) if isinstance(record, Measurement)}


def answer(result: Any, status: int = 200) -> bytes:
    return json.dumps({"statusCode": status, "result": result}).encode()


def told(*reports: dict[str, Any]) -> bytes:
    features = [{"type": "Feature", "geometry": report.pop("geometry", None), "properties": report} for report in reports]
    return answer({"type": "FeatureCollection", "features": features})


def report(key: str, created: datetime, **more: Any) -> dict[str, Any]:
    here = {"type": "Point", "coordinates": [106.6317, -6.1717]}
    return {
        "pkey": key,
        "created_at": created.isoformat(),
        "status": "confirmed",
        "disaster_type": "flood",
        "geometry": here,
    } | more


# --- as printed ---------------------------------------------------------------------------------------


def test_the_printed_reports(city: City, settings: Settings, printed: Callable[[str], tuple[str, bytes]]) -> None:
    """TopoJSON from the live list, GeoJSON from the archive; what people wrote stays outside."""
    config = ONLY | {"reports": True, "since": "1d"}
    with served("petabencana", config, city, settings) as real:
        real.upstream.responses = {
            "/reports": printed("reports.topojson"),
            "/reports/archive": printed("reports_archive.geojson"),
        }
        run = real.pull()
        assert (run.outcome, run.seen, run.kept) == (Outcome.OK, 2, 2)
        assert values(real) == {"laporan/5519/banjir.laporan": 1, "laporan/0001/banjir.laporan": 1}
        assert real.record("laporan/5519/banjir.laporan").measured == datetime(2016, 12, 9, 21, 37, tzinfo=UTC)
        assert real.record("laporan/5519/banjir.laporan").area == UNPLACED, "it lies in Jakarta"
        kept = repr(real.records(Kind.MEASUREMENT)) + repr(real.store.cursor("uji"))
        for private in ("dirapihkan", "ahokbtp", "googleusercontent", "qlue"):
            assert private not in kept
        assert real.pull().outcome is Outcome.NOTHING_NEW


def test_a_quantized_point_is_where_it_was(printed: Callable[[str], tuple[str, bytes]]) -> None:
    body = printed("floodgauges.topojson")[1]
    found = {
        said["gaugenameid"]: (lat, lon)
        for said, lat, lon in points(Answer(url="x", status=200, headers=httpx.Headers(), body=body))
    }
    assert found["Bendung Katulampa"] == pytest.approx((-6.63304, 106.83666), abs=1e-4)
    assert found["Waduk Pluit"] == pytest.approx((-6.1111, 106.7978), abs=1e-4)


def test_the_printed_flood(city: City, settings: Settings, printed: Callable[[str], tuple[str, bytes]]) -> None:
    """State 1 is "flooded, depth unknown": a state, and no depth."""
    with served("petabencana", ONLY | {"floods": True}, city, settings, {"/floods": printed("floods.topojson")}) as real:
        run = real.pull()
        assert (run.seen, run.kept, dict(run.excluded)) == (2, 1, {"tinggi_tidak_diketahui": 1})
        record = real.record("genangan/5/banjir.keadaan")
        assert (record.value, record.subject) == (1, "GROGOL RW 09")
        assert record.known_at == datetime(2016, 12, 19, 13, 53, 52, 274000, tzinfo=UTC)
        assert real.pull().outcome is Outcome.NOTHING_NEW


def test_the_printed_gauges(city: City, settings: Settings, printed: Callable[[str], tuple[str, bytes]]) -> None:
    """Three gauges, ten hours each: 60 rows, a version for each change of the water, and none for an hour like the last."""
    responses = {"/floodgauges": printed("floodgauges.topojson")}
    with served("petabencana", ONLY | {"floodgauges": True}, city, settings, responses) as real:
        run = real.pull()
        assert (run.seen, run.kept, run.unchanged, run.quarantined) == (60, 3 + 2 + 2 + 4, 60 - 11, 0)
        assert values(real) == {
            "pos/TMA00001/banjir.muka_air": 40,
            "pos/TMA00001/banjir.siaga": 4,
            "pos/TMA00002/banjir.muka_air": 95,
            "pos/TMA00002/banjir.siaga": 4,
            "pos/TMA00012/banjir.muka_air": -170,
            "pos/TMA00012/banjir.siaga": 4,
        }
        assert real.record("pos/TMA00001/banjir.muka_air").known_at == datetime(2016, 12, 9, 8, tzinfo=UTC)
        assert real.pull().outcome is Outcome.NOTHING_NEW


# --- as time passes -------------------------------------------------------------------------------------


def flood(state: int, minutes: int, area: str = "5") -> bytes:
    said = {"area_id": area, "area_name": "RW 09", "parent_name": "SUKARASA", "state": state}
    said["last_updated"] = (NOW + timedelta(minutes=minutes)).isoformat()
    ring = [[106.6312, -6.1722], [106.6322, -6.1722], [106.6322, -6.1712], [106.6312, -6.1712], [106.6312, -6.1722]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": said}
    return answer({"type": "FeatureCollection", "features": [feature]})


def test_a_flood_rises_loses_its_depth_and_runs_dry(city: City, settings: Settings) -> None:
    empty = answer({"type": "FeatureCollection", "features": []})
    with served("petabencana", ONLY | {"floods": True}, city, settings) as real:

        def pull(minutes: int, body: bytes) -> dict[str, float]:
            at(NOW + timedelta(minutes=minutes))
            real.upstream.responses = {"/floods": ("application/json", body)}
            assert real.pull().outcome.good
            return values(real)

        state, depth = "genangan/5/banjir.keadaan", "genangan/5/banjir.tinggi"
        assert pull(0, empty) == {}
        assert pull(5, flood(2, 4)) == {state: 2, depth: 10}
        record = real.record(depth)
        assert (record.area, record.placed_by, record.unit) == ("36.71.01.1001", PlacedBy.POINT, "cm")
        assert pull(10, flood(4, 9)) == {state: 4, depth: 151}
        assert pull(15, flood(1, 14)) == {state: 1}, "a depth that is not known any more is none"
        assert pull(20, flood(3, 19)) == {state: 3, depth: 71}
        assert pull(25, empty) == {state: 0, depth: 0}
        assert real.record(state).known_at == NOW + timedelta(minutes=25)
        before = real.store.head()
        assert pull(30, empty) == {state: 0, depth: 0}
        assert real.store.head() == before


def test_the_archive_fills_what_the_live_list_does_not_reach(city: City, settings: Settings) -> None:
    """20 days by weeks up to six hours ago; later runs ask the live list alone, and the archive again after a pause."""
    whole = [report(f"{n:03}", NOW - timedelta(days=20) + timedelta(hours=8 * n)) for n in range(75)]

    def reply(asked: Asked) -> Reply:
        if asked.path == "/reports":
            start, end = clock.now() - timedelta(seconds=int(asked.params["timeperiod"])), clock.now()
        else:
            start, end = (datetime.fromisoformat(asked.params[name]) for name in ("start", "end"))
            assert end - start <= timedelta(days=7)
            assert start.utcoffset() is not None
        assert asked.params["admin"] == "ID-BT"
        return Reply(body=told(*(dict(one) for one in whole if start <= datetime.fromisoformat(one["created_at"]) < end)))

    config = ONLY | {"reports": True, "since": "20d", "region": {"admin": "ID-BT"}}
    with served("petabencana", config, city, settings) as real:
        real.upstream.answer = reply
        run = real.pull()
        assert (run.seen, run.kept) == (60, 60), "all up to now, each once"
        assert [asked.path for asked in real.upstream.asked] == ["/reports/archive"] * 3 + ["/reports"]
        at(NOW + timedelta(hours=1))
        real.pull()
        assert [asked.path for asked in real.upstream.asked[4:]] == ["/reports"]
        at(NOW + timedelta(days=4))
        real.pull()
        assert [asked.path for asked in real.upstream.asked[5:]] == ["/reports/archive", "/reports"]
        assert len(values(real)) == 72


def test_what_is_no_flood_report_does_not_count(city: City, settings: Settings) -> None:
    body = told(
        report("1", NOW, report_data={"report_type": "flood", "flood_depth": 55}),
        report("2", NOW, disaster_type="earthquake"),
        report("3", NOW, status="unconfirmed"),
        report("4", NOW, geometry=None, report_data={"flood_depth": "sepaha"}),
        report("5", NOW, created_at=None),
    )
    with served("petabencana", ONLY | {"reports": True}, city, settings, {"/reports": ("application/json", body)}) as real:
        run = real.pull()
        assert (run.seen, run.kept, run.quarantined) == (7, 3, 2)
        assert dict(run.excluded) == {"bukan_banjir": 1, "belum_dikonfirmasi": 1}
        assert values(real) == {"laporan/1/banjir.laporan": 1, "laporan/1/banjir.tinggi": 55, "laporan/4/banjir.laporan": 1}
        assert real.record("laporan/4/banjir.laporan").area == UNPLACED


def test_only_the_gauges_that_are_named_count(
    city: City, settings: Settings, printed: Callable[[str], tuple[str, bytes]]
) -> None:
    config = ONLY | {"floodgauges": True, "gauges": ["TMA00012"]}
    with served("petabencana", config, city, settings, {"/floodgauges": printed("floodgauges.topojson")}) as real:
        assert dict(real.pull().excluded) == {"pos_tidak_dipakai": 40}
        assert {key.split("/")[1] for key in values(real)} == {"TMA00012"}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        answer([]),
        answer({"type": "Topology"}),
        answer({"type": "FeatureCollection", "features": ["x"]}),
        answer({"type": "FeatureCollection", "features": []}, status=400),
    ],
)
def test_another_form_is_a_drift(city: City, settings: Settings, body: bytes) -> None:
    for part in ("reports", "floods", "floodgauges"):
        path = {"reports": "/reports", "floods": "/floods", "floodgauges": "/floodgauges"}[part]
        with served("petabencana", ONLY | {part: True}, city, settings, {path: ("application/json", body)}) as real:
            run = real.pull()
            assert (run.outcome, run.seen) == (Outcome.DRIFT, 0)
