"""Open311: the standard's printed examples and real requests of Chicago and Toronto, in JSON and XML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.answer import Answer
from connectors.source import AskForAccess, BadRow, Context, Excluded, FormChanged, Kept, SlowDown, TryLater
from connectors.sources.open311 import FIELDS, SOURCE, Open311, mend, parse, read
from layers.city import City
from layers.model import Complaint, Kind, Outcome, PlacedBy, Status
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import Real, served

TestOpen311 = contract_for("open311")

JSON, XML = "application/json", "text/xml; charset=utf-8"
ROW = {
    "service_request_id": "1",
    "status": "open",
    "service_code": "001",
    "service_name": "Jalan rusak",
    "requested_datetime": "2026-05-01T08:00:00+07:00",
}


def answer(body: bytes, content_type: str = JSON) -> Answer:
    return Answer(url="http://x/requests", status=200, headers=httpx.Headers({"Content-Type": content_type}), body=body)


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "samples" / "open311"


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=datetime(2026, 11, 22, tzinfo=UTC), data=tmp_path)


def complaint(ctx: Context, config: Open311 | None = None, **row: object) -> Complaint:
    kept = parse({**ROW, **row}, config or Open311(base="http://x"), ctx)
    assert isinstance(kept, Kept)
    assert isinstance(kept.record, Complaint)
    return kept.record


# --- real payloads ------------------------------------------------------------------------------


def test_the_standard_s_invalid_json_is_read_whole(folder: Path) -> None:
    """It prints codes as 006, which is no JSON: the code is read as the text that it is."""
    rows = read(answer((folder / "spec_json-service-requests.json").read_bytes()), "json")
    assert [(row["service_request_id"], row["service_code"], row["lat"]) for row in rows] == [
        (638344, "006", 37.762221815),
        (638349, "006", 37.762221815),
    ]
    assert len(read(answer((folder / "spec_json-service-request.json").read_bytes()), "json")) == 1


def test_json_and_xml_of_the_standard_say_the_same(folder: Path, ctx: Context) -> None:
    forms = {"json": "spec_json-service-requests.json", "xml": "spec_xml-service-requests.xml"}
    found = {
        form: [parse(row, Open311(base="http://x"), ctx) for row in read(answer((folder / name).read_bytes()), form)]
        for form, name in forms.items()
    }
    assert found["json"] == found["xml"]
    first, second = (kept.record for kept in found["json"] if isinstance(kept, Kept))
    assert isinstance(first, Complaint)
    assert isinstance(second, Complaint)
    assert (first.source_id, first.status, second.status) == ("638344", Status.DUPLICATE, Status.WAITING)
    assert first.received == first.closed == first.known_at == datetime(2010, 4, 14, 14, 37, 38, tzinfo=UTC)
    assert first.due == datetime(2010, 4, 15, 14, 37, 38, tzinfo=UTC)
    assert second.closed is None


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("chicago_requests.json", {"14-01100669", "14-01100627"}),
        ("toronto_requests_many.xml", {"101005420892", "101005420894"}),
        ("toronto_request_single.xml", {"101005420892"}),
        ("spec_json-service-requests.json", {"638344", "638349"}),
        ("spec_xml-service-requests.xml", {"638344", "638349"}),
    ],
)
def test_real_payloads_are_pulled_whole_and_twice_is_once(
    folder: Path, city: City, settings: Settings, name: str, ids: set[str]
) -> None:
    """Without a declared form the server is asked for JSON first, then for XML; every row is accounted for."""
    form = name.rpartition(".")[2]
    responses = {f"/v2/requests.{form}": (XML if form == "xml" else JSON, (folder / name).read_bytes())}
    with served("open311", {"base": "{base}/v2"}, city, settings, responses) as real:
        run = real.pull()
        assert (run.outcome, run.seen, run.kept, run.quarantined, dict(run.excluded)) == (Outcome.OK, len(ids), len(ids), 0, {})
        assert {record.source_id for record in real.records(Kind.COMPLAINT)} == ids
        head, again = real.store.head(), real.pull()
        assert (again.outcome, again.kept, again.unchanged) == (Outcome.NOTHING_NEW, 0, len(ids))
        assert real.store.head() == head


def test_notes_say_what_an_open_report_waits_for(folder: Path, ctx: Context) -> None:
    rows = read(answer((folder / "toronto_requests_many.xml").read_bytes(), XML), "xml")
    found = [parse(row, Open311(base="http://x"), ctx) for row in rows]
    assert Counter(kept.record.status for kept in found if isinstance(kept, Kept)) == {Status.IN_PROCESS: 2}  # type: ignore[attr-defined]
    assert all(isinstance(kept, Kept) and kept.record.known_at == kept.record.at for kept in found)  # never updated


@pytest.mark.parametrize(("name", "form"), [("spec_json-errors.json", "json"), ("spec_xml-errors.xml", "xml")])
def test_an_error_document_asks_for_access(folder: Path, name: str, form: str) -> None:
    with pytest.raises(AskForAccess, match="403: Invalid api_key"):
        read(answer((folder / name).read_bytes()), form)


@pytest.mark.parametrize(("code", "error"), [(401, AskForAccess), (429, SlowDown), (500, TryLater), (400, FormChanged)])
def test_the_code_of_an_error_document_names_the_action(code: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(answer(json.dumps([{"code": code, "description": "x"}]).encode()), "json")


def test_other_documents_are_drift(folder: Path) -> None:
    for body in (b'{"service": []}', b'"text"', b"[1, 2]", b'[{"service_code": 001x}]'):
        with pytest.raises(FormChanged):
            read(answer(body), "json")
    with pytest.raises(FormChanged):
        read(answer((folder / "spec_xml-service-list.xml").read_bytes(), XML), "xml")
    with pytest.raises(FormChanged, match="bukan XML"):
        read(answer(b'<!DOCTYPE x [<!ENTITY a "b">]><service_requests>&a;</service_requests>', XML), "xml")


# --- mending ------------------------------------------------------------------------------------


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=8))
def test_mending_leaves_valid_json_alone(value: object) -> None:
    assert mend(json.dumps(value)) == json.dumps(value)


@given(st.from_regex(r"0[0-9]{1,6}", fullmatch=True), st.text())
def test_mending_keeps_a_code_as_printed_and_never_touches_text(code: str, words: str) -> None:
    body = f'{{"service_code":{code}, "service_name":{json.dumps(words + code)}}}'
    assert json.loads(mend(body)) == {"service_code": code, "service_name": words + code}


# --- rows ---------------------------------------------------------------------------------------


def test_a_report_falls_into_the_kelurahan_of_its_point_and_the_opd_of_its_agency(city: City, settings: Settings) -> None:
    rows = [
        ROW | {"lat": "-6.1717", "long": "106.6317", "agency_responsible": "Dinas Lingkungan Hidup Kota Tangerang"},
        ROW | {"service_request_id": 2, "lat": 41.85, "long": -87.66, "agency_responsible": "CDOT"},
        ROW | {"service_request_id": 3, "lat": 0, "long": 0},
    ]
    responses = {"/v2/requests.json": (JSON, json.dumps(rows).encode())}
    with served("open311", {"base": "{base}/v2"}, city, settings, responses) as real:
        assert real.pull().kept == 3
        placed = real.record("1")
        assert (placed.area, placed.placed_by, placed.opd) == ("36.71.01.1001", PlacedBy.POINT, "dlh")
        assert [(real.record(i).placed_by, real.record(i).opd) for i in ("2", "3")] == [(PlacedBy.NONE, None)] * 2
        assert real.record("3").lat is None


def test_nothing_personal_is_read() -> None:
    personal = {"description": "saya Budi", "address": "Jl. A 1", "media_url": "http://x/1.jpg", "first_name": "Budi"}
    rows = read(answer(json.dumps([ROW | personal]).encode()), "json")
    assert rows == [ROW]
    assert not set(personal) & set(FIELDS)


def test_a_wrapped_list_is_read() -> None:
    assert read(answer(json.dumps({"service_requests": [{"request": ROW}]}).encode()), "json") == [ROW]


def test_a_report_without_a_number_yet_is_excluded_by_name(ctx: Context) -> None:
    row = {"service_request_id": None, "token": "abc", "status": "open"}
    assert parse(row, Open311(base="http://x"), ctx) == Excluded(rule="belum_bernomor")


def test_categories_and_statuses_are_the_city_s(ctx: Context) -> None:
    config = Open311.model_validate(
        {"base": "http://x", "categories": {"001": "Jalan"}, "closed": {"jurisdiction": "bukan_kewenangan"}, "channel": "laksa"}
    )
    report = complaint(
        ctx, config, status="Closed", status_notes="No jurisdiction here", updated_datetime="2026-05-02T08:00:00+07:00"
    )
    assert (report.category, report.status, report.channel) == ("Jalan", Status.NOT_OURS, "laksa")
    assert report.closed == datetime(2026, 5, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"status": "pending"}, "status"),
        ({"status": None}, "status"),
        ({"requested_datetime": "kemarin"}, "requested_datetime"),
        ({"requested_datetime": ""}, "requested_datetime"),
        ({"service_request_id": ""}, "service_request_id"),
        ({"service_name": None, "service_code": None}, "service_code"),
        ({"lat": "x", "long": "1"}, "lat"),
        ({"lat": float("nan"), "long": 1}, "lat"),
    ],
)
def test_a_row_that_cannot_be_believed_says_which_field(ctx: Context, row: dict[str, object], field: str) -> None:
    with pytest.raises(BadRow) as bad:
        complaint(ctx, **row)
    assert bad.value.field == field
    assert SOURCE.key({**ROW, **row}) == (None if "service_request_id" in row else "1")


# --- asking -------------------------------------------------------------------------------------


def server(rows: list[dict[str, str]], *, limit: int = 10**6, paged: bool = False) -> Callable[[Asked], Reply | None]:
    """A server that honours start_date and end_date, gives no more than ``limit`` rows, or pages."""

    def reply(asked: Asked) -> Reply | None:
        start, end = (datetime.fromisoformat(asked.params[name]) for name in ("start_date", "end_date"))
        assert end - start <= timedelta(days=90)
        found = [row for row in rows if start <= datetime.fromisoformat(row["requested_datetime"]) <= end]
        if paged:
            size, page = int(asked.params["page_size"]), int(asked.params["page"])
            found = found[(page - 1) * size : page * size]
        return Reply(body=json.dumps(found[:limit]).encode())

    return reply


def reports(n: int, hours: float = 1) -> list[dict[str, str]]:
    newest = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    times = [(newest - timedelta(hours=i * hours)).isoformat() for i in range(n)]
    return [ROW | {"service_request_id": str(i), "requested_datetime": time} for i, time in enumerate(times)]


def ids(real: Real) -> set[str]:
    return {record.source_id for record in real.records(Kind.COMPLAINT)}


def test_a_window_that_is_cut_off_is_asked_for_in_halves(city: City, settings: Settings) -> None:
    """The standard gives at most 1,000 reports at once: here 10, and 120 are there."""
    config = {"base": "{base}/v2", "format": "json", "limit": 10}
    with served("open311", config, city, settings, answer=server(reports(120, 12), limit=10)) as real:
        run = real.pull()
        assert run.outcome is Outcome.OK
        assert ids(real) == {str(i) for i in range(120)}


def test_pages_end_with_a_short_one_or_with_the_same_again(city: City, settings: Settings) -> None:
    config = {"base": "{base}/v2", "format": "json", "page_size": 7, "window_days": 90}
    with served("open311", config, city, settings, answer=server(reports(21), paged=True)) as real:
        assert real.pull().kept == 21
        assert [asked.params["page"] for asked in real.upstream.asked] == ["1", "2", "3", "4"]
    body = json.dumps(reports(7)).encode()
    with served("open311", config, city, settings, {"/v2/requests.json": (JSON, body)}) as real:
        assert real.pull().seen == 7


def test_too_many_in_one_minute_is_said_not_hidden(city: City, settings: Settings) -> None:
    with served("open311", {"base": "{base}/v2", "limit": 3}, city, settings, answer=server(reports(5, 0), limit=3)) as real:
        run = real.pull()
        assert (run.outcome, "satu menit" in (run.message or "")) == (Outcome.DRIFT, True)


def test_the_next_run_looks_back_so_that_a_later_closing_is_seen(city: City, settings: Settings) -> None:
    rows = reports(3, 24 * 20)
    with served("open311", {"base": "{base}/v2", "format": "json"}, city, settings, answer=server(rows)) as real:
        assert real.pull().kept == 3
        published_late = (datetime.now(UTC) - timedelta(hours=9)).isoformat(timespec="seconds")
        rows[2] |= {"status": "closed", "updated_datetime": published_late}
        again = real.pull()
        assert (again.kept, again.unchanged, real.record("2").status) == (1, 2, Status.DONE)


def test_a_server_that_never_sets_its_updates_is_dated_by_first_sight(city: City, settings: Settings) -> None:
    rows = reports(1)
    config = {"base": "{base}/v2", "format": "json", "updated": False}
    with served("open311", config, city, settings, answer=server(rows)) as real:
        real.pull()
        for notes, status in (("In progress", Status.IN_PROCESS), ("", Status.WAITING)):
            rows[0]["status_notes"] = notes
            assert real.pull().kept == 1
            assert real.record("0").status is status


def test_a_server_with_updates_is_asked_for_them_only(city: City, settings: Settings) -> None:
    asked: list[Asked] = []

    def reply(request: Asked) -> Reply:
        asked.append(request)
        return Reply(body=json.dumps([ROW]).encode())

    keys = {"api_key": "k", "jurisdiction_id": "tangerang"}
    config = {"base": "{base}/v2/", "format": "json", "by": "updated", "window_days": 90, **keys}
    with served("open311", config, city, settings, answer=reply) as real:
        real.pull()
        real.pull()
    first, last = asked[0].params, asked[-1].params
    assert keys.items() <= first.items()
    after, before = (datetime.fromisoformat(last[name]) for name in ("updated_after", "updated_before"))
    assert before - after < timedelta(hours=1, minutes=1)


def test_an_old_history_is_asked_for_in_windows_of_the_standard(city: City, settings: Settings) -> None:
    since = (datetime.now(UTC) - timedelta(days=400)).date().isoformat()
    config = {"base": "{base}/v2", "format": "json", "since": since, "window_days": 90}
    with served("open311", config, city, settings, answer=server(reports(40, 240))) as real:
        assert real.pull().kept == 40
        assert len(real.upstream.asked) == 5


@pytest.mark.parametrize(
    "changes",
    [{"base": "{base}/v3"}, {"jurisdiction_id": "lain"}, {"since": "2026-01-01T00:00:00+07:00"}],
    ids=["base", "id", "since"],
)
def test_another_server_jurisdiction_or_start_begins_anew(changes: dict[str, str], city: City, settings: Settings) -> None:
    config = {"base": "{base}/v2", "format": "json", "look_back_days": 1, "since": "2026-05-01T00:00:00+07:00", "window_days": 90}
    with served("open311", config, city, settings, answer=server(reports(1))) as real:
        real.pull()
        first = len(real.upstream.asked)
        real.pull(**config)
        assert len(real.upstream.asked) == first + 1
        real.pull(**config | changes)
        assert len(real.upstream.asked) >= 2 * first + 1 > 3


def test_settings_that_the_standard_forbids_are_refused() -> None:
    for wrong in ({"window_days": 91}, {"base": "ftp://x"}, {"format": "csv"}, {"open": {"x": "entah"}}):
        with pytest.raises(ValidationError):
            Open311.model_validate({"base": "http://x"} | wrong)
