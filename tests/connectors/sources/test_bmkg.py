"""BMKG's three services: its printed answers, turns within its limit, CAP alerts that come and end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.sources._bmkg_alerts import NAME, named
from connectors.sources._bmkg_forecast import LEAST, Turns
from connectors.sources._bmkg_quakes import kilometres, mmi
from connectors.sources.bmkg import SAMPLE, Bmkg
from layers import clock
from layers.city import City
from layers.model import Kind, Measurement, Outcome
from layers.settings import Settings
from tests.connectors import server
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import Real, served

TestContract = contract_for("bmkg")

MORNING = datetime(2026, 4, 24, 3, 10, tzinfo=UTC)
SUKARASA = "36.71.01.1001"
OFF: dict[str, Any] = {"forecast": None, "warnings": None, "quakes": []}


@pytest.fixture(autouse=True)
def morning(real_clock: None) -> None:
    at(MORNING)


def at(moment: datetime) -> None:
    clock.set_clock(clock.SetClock(start=moment, since=0, speed=0))


def measured(real: Real) -> dict[str, float]:
    return {record.source_id: record.value for record in real.records(Kind.MEASUREMENT) if isinstance(record, Measurement)}


# --- forecast ---------------------------------------------------------------------------------------


def forecast(code: str, times: list[str], **step: Any) -> bytes:
    steps = [{"utc_datetime": time, "t": 25, "tp": 0, "weather": 3} | step for time in times]
    return json.dumps({"lokasi": {"adm4": code}, "data": [{"cuaca": [steps]}]}).encode()


def test_the_printed_forecast_row_by_row(city: City, settings: Settings, shared: Path) -> None:
    """The answer as BMKG gave it for Nologaten (35.02.17.1015), under the code of a kelurahan of this city."""
    body = (
        (shared / "samples" / "bmkg" / "prakiraan_cuaca_excerpt.json").read_bytes().replace(b"35.02.17.1015", SUKARASA.encode())
    )
    config = OFF | {"forecast": "{base}/publik/prakiraan-cuaca", "kelurahan": [SUKARASA]}
    at(datetime(2025, 11, 22, 10, tzinfo=UTC))
    responses = {f"/publik/prakiraan-cuaca?adm4={SUKARASA}": ("application/json", body)}
    with served("bmkg", config, city, settings, responses) as real:
        run = real.pull()
        assert (run.outcome, run.seen, run.kept) == (Outcome.OK, 3, 3)
        assert measured(real) == {
            f"{SUKARASA}/cuaca.{name}/11": value for name, value in (("suhu", 25), ("hujan", 0), ("kode", 3))
        }
        warm = real.record(f"{SUKARASA}/cuaca.suhu/11")
        assert (warm.measured, warm.unit, warm.area) == (datetime(2025, 11, 22, 11, tzinfo=UTC), "°C", SUKARASA)
        assert real.pull().outcome is Outcome.NOTHING_NEW
        at(datetime(2025, 11, 22, 15, tzinfo=UTC))
        later = real.pull()
        assert (later.kept, dict(later.excluded)) == (0, {"sudah_lewat": 3})


def test_a_code_that_bmkg_does_not_know_is_a_row_and_the_others_go_on(city: City, settings: Settings, shared: Path) -> None:
    gone = Reply(status=404, body=(shared / "samples" / "bmkg" / "error_404.json").read_bytes())
    codes = ["36.71.01.1001", "36.71.01.1002"]
    config = OFF | {"forecast": "{base}/f", "kelurahan": codes}
    with served("bmkg", config, city, settings) as real:
        real.upstream.answer = lambda asked: (
            gone if asked.params["adm4"] == codes[0] else Reply(body=forecast(codes[1], ["2026-04-24 06:00:00"]))
        )
        run = real.pull()
        assert (run.outcome, run.kept, dict(run.excluded)) == (Outcome.OK, 3, {"tidak_ada_di_bmkg": 1})
        real.upstream.answer = lambda _: gone
        run = real.pull()
        assert run.outcome is Outcome.DRIFT
        assert "2 kode kelurahan" in (run.message or "")


def test_the_answer_for_another_place_is_a_drift(city: City, settings: Settings) -> None:
    config = OFF | {"forecast": "{base}/f", "kelurahan": ["36.71.01.1001"]}
    with served(
        "bmkg", config, city, settings, {"/f": ("application/json", forecast("36.71.01.1002", ["2026-04-24 06:00:00"]))}
    ) as real:
        run = real.pull()
        assert (run.outcome, run.kept) == (Outcome.DRIFT, 0)


def test_every_kelurahan_has_its_turn_within_the_limit(city: City, settings: Settings) -> None:
    """104 kelurahan, 40 a minute: three minutes, never more than 40 in any sixty seconds; then a few at a time."""
    config = OFF | {"forecast": "{base}/f"}
    with served("bmkg", config, city, settings) as real:
        real.upstream.answer = lambda asked: Reply(body=forecast(asked.params["adm4"], ["2026-04-24 06:00:00"]))
        counts = []
        for half_minute in range(8):
            at(MORNING + timedelta(seconds=30 * half_minute))
            before = len(real.upstream.asked)
            assert real.pull().outcome.good
            counts.append(len(real.upstream.asked) - before)
        assert counts == [40, 0, 40, 0, 24, LEAST, LEAST, LEAST]
        first = [asked.params["adm4"] for asked in real.upstream.asked[:104]]
        assert sorted(first) == sorted(set(first)), "each once before any twice"
        assert [a.params["adm4"] for a in real.upstream.asked[104:113]] == first[:9], "then those asked longest ago"


@given(st.integers(1, 400), st.integers(1, 55), st.lists(st.integers(1, 90), min_size=1, max_size=40))
def test_no_minute_ever_has_more_questions_than_allowed(kelurahan: int, per_minute: int, pauses: list[int]) -> None:
    turns, now, asked = Turns(None), MORNING, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        for code in turns.next([f"{n:04}" for n in range(kelurahan)], now, timedelta(hours=3), per_minute):
            turns.done(code, now, "x")
            asked.append(now)
        turns = Turns(json.loads(json.dumps(turns.cursor)))
        # A kelurahan asked twice within a minute leaves one time only: it can be so for few alone.
        if kelurahan > per_minute:
            assert sum(now - timedelta(minutes=1) < moment for moment in asked) <= per_minute


def test_a_slow_run_counts_its_questions_when_they_were_asked(city: City, settings: Settings) -> None:
    """Whoever waits for the store between two questions ends long after it began: the minute runs from each question."""
    codes = [area.code for area in city.areas if area.code.count(".") == 3][:30]
    config = OFF | {"forecast": "{base}/f", "per_minute": 10, "kelurahan": codes}
    asked: list[datetime] = []

    def slowly(request: Asked) -> Reply:
        asked.append(clock.now())
        at(clock.now() + timedelta(seconds=pace))
        return Reply(body=forecast(request.params["adm4"], ["2026-04-24 06:00:00"]))

    with served("bmkg", config, city, settings) as real:
        real.upstream.answer = slowly
        pace = 6.0
        assert real.pull().outcome.good
        pace = 0.1
        for turn in range(4):
            at(MORNING + timedelta(seconds=61 + 20 * turn))
            assert real.pull().outcome.good
    assert len(asked) >= 20
    for end in asked:
        assert sum(end - timedelta(minutes=1) < moment <= end for moment in asked) <= 10


def test_a_forecast_is_not_asked_for_twice_within_the_minute_that_is_counted() -> None:
    with pytest.raises(ValidationError, match="refresh: sedikitnya 1 menit"):
        Bmkg(refresh=timedelta(seconds=59))


def test_tomorrows_step_takes_the_place_of_todays(city: City, settings: Settings) -> None:
    code = "36.71.01.1001"
    steps = ["2026-04-24 03:00:00", "2026-04-24 06:00:00", "2026-04-25 03:00:00", "2026-04-26 03:00:00"]
    config = OFF | {"forecast": "{base}/f", "kelurahan": [code]}
    with served("bmkg", config, city, settings, {"/f": ("application/json", forecast(code, steps))}) as real:
        assert dict(real.pull().excluded) == {"lebih_dari_sehari": 6}
        assert real.record(f"{code}/cuaca.suhu/03").measured == datetime(2026, 4, 24, 3, tzinfo=UTC)
        at(MORNING + timedelta(hours=3))
        real.pull()
        assert real.record(f"{code}/cuaca.suhu/03").measured == datetime(2026, 4, 25, 3, tzinfo=UTC)
        assert len(real.records(Kind.MEASUREMENT)) == 6, "the next day and no more"


def test_what_cannot_be_weather_is_quarantined(city: City, settings: Settings) -> None:
    config = OFF | {"forecast": "{base}/f", "kelurahan": ["36.71.01.1001"]}
    body = forecast("36.71.01.1001", ["2026-04-24 06:00:00"], t=99, tp=None, weather="hujan")
    with served("bmkg", config, city, settings, {"/f": ("application/json", body)}) as real:
        run = real.pull()
        assert (run.kept, run.quarantined, dict(run.excluded)) == (0, 2, {"tanpa_nilai": 1})


# --- warnings -----------------------------------------------------------------------------------------

SQUARE = "-6.165,106.625 -6.165,106.640 -6.180,106.640 -6.180,106.625 -6.165,106.625"
FAR = "-7.0,107.0 -7.0,107.1 -7.1,107.1 -7.1,107.0 -7.0,107.0"


def cap(name: str, **parts: str) -> str:
    said = {
        "msgType": "Alert",
        "status": "Actual",
        "severity": "Moderate",
        "effective": "2026-04-24T09:50:00+07:00",
        "expires": "2026-04-24T12:50:00+07:00",
        "area": f"<areaDesc>Banten</areaDesc><polygon>{SQUARE}</polygon>",
        "references": "",
    } | parts
    info = "".join(f"<{tag}>{said[tag]}</{tag}>" for tag in ("severity", "effective", "expires") if said[tag])
    head = "".join(f"<{tag}>{said[tag]}</{tag}>" for tag in ("status", "msgType", "references"))
    return (
        f'<?xml version="1.0"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{name}</identifier>'
        f"<sender>BMKG</sender><sent>2026-04-24T09:45:00+07:00</sent>{head}<info><language>id</language>{info}"
        f"<area>{said['area']}</area></info></alert>"
    )


class Alerts:
    """A feed with its alerts, as they are at the moment."""

    def __init__(self) -> None:
        self.running: dict[str, str] = {}
        self.title = "Hujan Lebat dan Petir di Banten"

    def __call__(self, asked: Asked) -> Reply:
        if (name := asked.path.removeprefix("/a/").removesuffix(".xml")) in self.running:
            return Reply(content_type="application/xml", body=self.running[name].encode())
        base = f"http://{asked.headers['Host']}"
        items = "".join(f"<item><title>{self.title}</title><link>{base}/a/{name}.xml</link></item>" for name in self.running)
        return Reply(content_type="application/xml", body=f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())


def warned(real: Real) -> dict[str, float]:
    return {
        record.subject: record.value
        for record in real.records(Kind.MEASUREMENT)
        if isinstance(record, Measurement) and record.value
    }


@pytest.fixture
def warnings() -> dict[str, Any]:
    return OFF | {"warnings": "{base}/feed", "province": "Banten"}


def test_a_warning_covers_what_it_touches_and_ends(city: City, settings: Settings, warnings: dict[str, Any]) -> None:
    alerts = Alerts()
    with served("bmkg", warnings, city, settings) as real:
        real.upstream.answer = alerts
        assert (real.pull().kept, warned(real)) == (104, {})
        alerts.running = {"c1": cap("c1")}
        changed = real.pull()
        covered = set(warned(real))
        assert changed.kept == len(covered)
        assert "36.71.01.1001" in covered
        assert "36.71.13.1001" not in covered
        since = real.record(f"36.71.01.1001/{NAME}")
        assert (since.value, since.known_at) == (2, datetime(2026, 4, 24, 3, 10, 1, tzinfo=UTC)), (
            "no sooner than the calm that it ends"
        )
        asked = len(real.upstream.asked)
        assert real.pull().outcome is Outcome.NOTHING_NEW
        assert len(real.upstream.asked) == asked + 1, "an alert is fetched once"
        alerts.running["c2"] = cap("c2", severity="Severe", expires="2026-04-24T11:30:00+07:00")
        real.pull()
        assert set(warned(real).values()) == {3}
        at(datetime(2026, 4, 24, 4, 40, tzinfo=UTC))
        real.pull()
        assert set(warned(real).values()) == {2}, "the severe one has expired, the other has not"
        alerts.running = {}
        real.pull()
        assert set(warned(real)) == covered, "the feed forgot it, but it is in force until it expires"
        at(datetime(2026, 4, 24, 6, 0, tzinfo=UTC))
        real.pull()
        assert warned(real) == {}
        assert real.record(f"36.71.01.1001/{NAME}").known_at == datetime(2026, 4, 24, 5, 50, tzinfo=UTC), "when it expired"


@pytest.mark.parametrize(
    "parts",
    [
        {"status": "Exercise"},
        {"msgType": "Ack"},
        {"effective": "2026-04-24T13:00:00+07:00", "expires": "2026-04-24T15:00:00+07:00"},
        {"expires": "2026-04-24T10:00:00+07:00"},
        {"area": f"<areaDesc>Bandung</areaDesc><polygon>{FAR}</polygon>"},
        {"area": "<areaDesc>Jawa Barat</areaDesc>"},
    ],
    ids=["exercise", "acknowledgement", "not yet", "expired", "elsewhere", "elsewhere by name"],
)
def test_what_is_no_warning_here(city: City, settings: Settings, warnings: dict[str, Any], parts: dict[str, str]) -> None:
    alerts = Alerts()
    alerts.running = {"c1": cap("c1", **parts)}
    with served("bmkg", warnings, city, settings) as real:
        real.upstream.answer = alerts
        assert (real.pull().outcome, warned(real)) == (Outcome.OK, {})


def test_a_cancelled_and_a_replaced_warning_end(city: City, settings: Settings, warnings: dict[str, Any]) -> None:
    alerts = Alerts()
    alerts.running = {"c1": cap("c1", severity="Extreme")}
    with served("bmkg", warnings, city, settings) as real:
        real.upstream.answer = alerts
        real.pull()
        assert set(warned(real).values()) == {4}
        alerts.running = {"c2": cap("c2", msgType="Update", severity="Minor", references="BMKG,c1,2026-04-24T09:45:00+07:00")}
        real.pull()
        assert set(warned(real).values()) == {1}
        alerts.running["c3"] = cap("c3", msgType="Cancel", references="BMKG,c2,2026-04-24T09:45:00+07:00")
        real.pull()
        assert warned(real) == {}


def test_another_provinces_warnings_are_not_even_fetched(city: City, settings: Settings, warnings: dict[str, Any]) -> None:
    alerts = Alerts()
    alerts.running, alerts.title = {"c1": cap("c1")}, "Hujan Lebat di Jawa Barat"
    with served("bmkg", warnings, city, settings) as real:
        real.upstream.answer = alerts
        real.pull()
        assert [asked.path for asked in real.upstream.asked] == ["/feed"]


@pytest.mark.parametrize(
    ("words", "kecamatan"),
    [
        (
            "Kabupaten Tangerang: Balaraja, Cisoka; Kota Tangerang: Ciledug, Karang Tengah dan Larangan, Kota Cilegon: Ciwandan",
            {"06", "10", "12"},
        ),
        ("Kota Tangerang: Ciledug. Kabupaten Lebak: Cipondoh", {"06"}),
        ("di Kota Tangerang Selatan: Ciputat, Pondok Aren", set()),
        ("Kabupaten Tangerang: Cipondoh", set()),
        ("Banten", set()),
    ],
)
def test_a_warning_without_polygons_names_its_kecamatan(city: City, words: str, kecamatan: set[str]) -> None:
    names = {area.name: area.code for area in city.areas if area.code.count(".") == 2}
    wanted = {"06": "Ciledug", "10": "Karang Tengah", "12": "Larangan"}
    assert {code.rpartition(".")[0] for code in named(words, city)} == {names[wanted[key]] for key in kecamatan}


def test_a_warning_that_names_the_city_alone_covers_it_all(city: City) -> None:
    assert len(named("Hujan lebat di Kota Tangerang dan sekitarnya", city)) == 104


@pytest.mark.parametrize(
    "body",
    [cap("c", effective="tadi"), cap("c", area="<polygon>utara</polygon>"), cap("c", expires="2026-04-24T12:50:00"), "<html/>"],
    ids=["time", "polygon", "no zone", "no alert"],
)
def test_an_alert_that_cannot_be_read_is_a_drift_and_changes_nothing(
    city: City, settings: Settings, warnings: dict[str, Any], body: str
) -> None:
    alerts = Alerts()
    alerts.running = {"c": body}
    with served("bmkg", warnings, city, settings) as real:
        real.upstream.answer = alerts
        run = real.pull()
        assert (run.outcome, run.seen) == (Outcome.DRIFT, 0)


# --- earthquakes --------------------------------------------------------------------------------------


def test_the_printed_quake_is_far_away(city: City, settings: Settings, shared: Path) -> None:
    body = (shared / "samples" / "bmkg" / "autogempa.json").read_bytes()
    with served(
        "bmkg", OFF | {"quakes": ["{base}/autogempa.json"]}, city, settings, {"/autogempa.json": ("application/json", body)}
    ) as real:
        run = real.pull()
        assert (run.outcome, run.seen, dict(run.excluded)) == (Outcome.OK, 3, {"jauh_dari_kota": 3})
        near = real.pull(within_km=3000)
        assert (near.kept, dict(near.excluded)) == (2, {"tidak_dirasakan": 1})
        assert measured(real) == {"20260312T095424Z/gempa.magnitudo": 2.5, "20260312T095424Z/gempa.jarak": 1649}
        assert real.pull(within_km=3000).outcome is Outcome.NOTHING_NEW, "the same answer is not read again"


def test_a_quake_that_several_lists_name_is_one(city: City, settings: Settings) -> None:
    quake = {
        "DateTime": "2026-04-24T01:12:40+00:00",
        "Coordinates": "-6.60,106.10",
        "Magnitude": "4.6",
        "Dirasakan": "II-III Tangerang",
    }
    older = quake | {"DateTime": "2026-04-20T01:12:40+00:00", "Dirasakan": None}
    lists = {
        "/auto": ("application/json", json.dumps({"Infogempa": {"gempa": quake}}).encode()),
        "/felt": ("application/json", json.dumps({"Infogempa": {"gempa": [quake | {"Magnitude": "4.7"}, older]}}).encode()),
    }
    with served("bmkg", OFF | {"quakes": ["{base}/auto", "{base}/felt"]}, city, settings, lists) as real:
        run = real.pull()
        assert (run.seen, run.kept, dict(run.excluded)) == (6, 5, {"tidak_dirasakan": 1})
        assert measured(real)["20260424T011240Z/gempa.magnitudo"] == 4.6, "the first list that names it"
        assert measured(real)["20260424T011240Z/gempa.dirasakan"] == 3


@pytest.mark.parametrize(
    ("words", "felt"),
    [
        ("II-III Bogor, III Tangerang", 3),
        ("IV Kota Tangerang, V Kabupaten Tangerang", 4),
        ("III Tangerang Selatan", None),
        ("V Kab. Tangerang", None),
        ("Tangerang", None),
        ("", None),
        (None, None),
    ],
)
def test_how_strongly_it_was_felt_here(city: City, words: str | None, felt: float | None) -> None:
    assert mmi(words, city) == felt


def test_distances_are_those_of_the_sphere(city: City) -> None:
    assert kilometres((-6.1754, 106.8272), city) == pytest.approx(20.5, abs=3)  # Monas
    assert kilometres((-7.2575, 112.7521), city) == pytest.approx(685, abs=15)  # Surabaya


# --- the whole ----------------------------------------------------------------------------------------


def test_a_service_that_fails_does_not_keep_the_others_from_theirs(city: City, settings: Settings) -> None:
    with served("bmkg", SAMPLE.config, city, settings, SAMPLE.responses) as real:
        real.upstream.moods = [server.status(404)]
        run = real.pull()
        assert (run.outcome, run.kept) == (Outcome.DRIFT, 104 + 18)
        assert "autogempa" in (run.message or "")


def test_bmkg_is_named_as_the_source() -> None:
    assert Bmkg().objection("Prakiraan cuaca") == "judul harus menyebut BMKG sebagai sumber data"
    assert Bmkg().objection("Prakiraan cuaca (BMKG)") is None
    assert Bmkg(forecast="http://127.0.0.1:1/f", warnings=None, quakes=()).objection("Cermin") is None
