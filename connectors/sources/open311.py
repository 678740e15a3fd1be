"""Citizens' reports from any Open311 server (GeoReport v2), in JSON or XML."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from connectors.answer import Answer
from connectors.fields import digest, moment, need, need_moment, opd, text
from connectors.http import Http
from connectors.source import (
    AskForAccess,
    BadRow,
    Config,
    Context,
    Cursor,
    Excluded,
    FormChanged,
    Kept,
    Page,
    Place,
    Row,
    Sample,
    SlowDown,
    Source,
    SourceError,
    TryLater,
)
from layers.model import Complaint, Kind, Status

STANDARD_DAYS = 90
"""GeoReport v2: start_date and end_date may not span more, and no answer reaches further."""

FIELDS = (
    *("service_request_id", "token", "status", "status_notes", "service_code", "service_name", "agency_responsible"),
    *("requested_datetime", "updated_datetime", "expected_datetime", "lat", "long"),
)
"""All that is read. Description, address, photo and whatever names a person is left behind before anything is kept."""

OPEN = {"in progress": Status.IN_PROCESS, "scheduled": Status.IN_PROCESS, "diproses": Status.IN_PROCESS}
CLOSED = {"duplicate": Status.DUPLICATE, "duplikat": Status.DUPLICATE, "bukan kewenangan": Status.NOT_OURS}
"""What status_notes make of an open and of a closed report, unless the configuration says otherwise."""


class Open311(Config):
    """``base`` is the address before ``/requests.json``; ``open`` and ``closed`` map words in status_notes to a status.

    ``updated``: the server sets updated_datetime whenever it changes a report, as the standard asks. Where
    it does not, a report's versions are dated by when they were first seen.
    """

    base: Annotated[str, Field(pattern=r"^https?://")]
    format: Literal["auto", "json", "xml"] = "auto"
    jurisdiction_id: str | None = None
    api_key: str | None = None
    since: datetime | None = None
    window_days: Annotated[int, Field(ge=1, le=STANDARD_DAYS)] = 30
    look_back_days: PositiveInt = STANDARD_DAYS
    by: Literal["requested", "updated"] = "requested"
    updated: bool = True
    page_size: Annotated[int, Field(ge=1, le=5000)] | None = None
    limit: Annotated[int, Field(ge=1, le=5000)] = 1000
    open: Mapping[str, Status] = OPEN
    closed: Mapping[str, Status] = CLOSED
    categories: Mapping[str, str] = Field(default_factory=dict)
    channel: str = "open311"


def pages(http: Http, config: Open311, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """Window after window up to now. The cursor is where the last one ended; the next run looks back from there.

    It also says of which server, jurisdiction and start: where one of them has changed, all begins anew.
    """
    mark = digest(config.base.rstrip("/"), config.jurisdiction_id, config.since)
    if cursor and cursor.get("mark") != mark:
        cursor = None
    reach = timedelta(days=config.look_back_days) if config.by == "requested" else timedelta(hours=1)
    first = config.since or ctx.now - timedelta(days=STANDARD_DAYS)
    start = (first if first.tzinfo else first.replace(tzinfo=ctx.city.zone)).astimezone(UTC)
    if cursor:
        start = max(start, datetime.fromisoformat(cursor["until"]) - reach)
    ask = _Asker(http, config)
    before: set[str] = set()
    while start < ctx.now:
        end = min(start + timedelta(days=config.window_days), ctx.now)
        for rows, until in ask.window(start, end):
            until = max(until, datetime.fromisoformat(cursor["until"])) if cursor else until
            marks = {repr(row) for row in rows}  # windows share their edge, so a row may come twice
            yield Page(rows=[row for row in rows if repr(row) not in before], cursor={"until": until.isoformat(), "mark": mark})
            before = marks
        start = end


def parse(row: Row, config: Open311, ctx: Context) -> Kept | Excluded:
    """One report. A closed one was closed when it was last updated: so says the standard."""
    if text(row, "service_request_id") is None and text(row, "token"):
        return Excluded(rule="belum_bernomor")
    updated = moment(row, "updated_datetime", ctx.city)
    due = moment(row, "expected_datetime", ctx.city)
    received = need_moment(row, "requested_datetime", ctx.city)
    status, is_open = _status(row, config)
    # Never updated is known since it was received. The moment of first sight would not do: a closing that
    # the server publishes late would then sort before it, and the report would stay open for ever.
    known = (updated or (received if is_open else None)) if config.updated else None
    lat, lon = _point(row)
    name = text(row, "service_name") or need(row, "service_code")
    record = Complaint(
        source=ctx.source,
        source_id=need(row, "service_request_id"),
        seen_at=ctx.now,
        known_at=known,
        opd=opd(ctx.city, names=[text(row, "agency_responsible")]),
        received=received,
        status=status,
        category=config.categories.get(text(row, "service_code") or "") or config.categories.get(name) or name,
        channel=config.channel,
        closed=None if is_open else updated,
        due=due,
        due_rule="expected_datetime Open311" if due else None,
        lat=lat,
        lon=lon,
    )
    return Kept(record=record, place=Place(lat=lat, lon=lon))


# --- asking ---------------------------------------------------------------------------------------


class _Asker:
    """Asks for windows of reports, in the form that this server speaks."""

    def __init__(self, http: Http, config: Open311) -> None:
        self.http = http
        self.config = config
        self.form = "json" if config.format == "auto" else config.format
        self.unsure = config.format == "auto"

    def window(self, start: datetime, end: datetime) -> Iterator[tuple[list[Row], datetime]]:
        """The rows between two moments, by page where the server has pages, else by ever smaller windows."""
        if self.config.page_size:
            yield from self._paged(start, end, self.config.page_size)
            return
        rows = self._ask(start, end)
        if len(rows) < self.config.limit:
            yield rows, end
            return
        middle = start + (end - start) / 2
        if end - start < timedelta(minutes=1):
            raise FormChanged(f"sumber memberi {len(rows)} laporan untuk satu menit: batas {self.config.limit} terlalu kecil")
        yield from self.window(start, middle)
        yield from self.window(middle, end)

    def _paged(self, start: datetime, end: datetime, size: int) -> Iterator[tuple[list[Row], datetime]]:
        """Page after page until one is short, empty or the same again; only then is the window's end reached."""
        before: list[Row] = []
        page = 1
        while True:
            rows = self._ask(start, end, {"page": page, "page_size": size})
            if len(rows) < size or rows == before:
                yield ([] if rows == before else rows), end
                return
            yield rows, start
            before, page = rows, page + 1

    def _ask(self, start: datetime, end: datetime, more: Mapping[str, Any] | None = None) -> list[Row]:
        names = ("start_date", "end_date") if self.config.by == "requested" else ("updated_after", "updated_before")
        params = dict(zip(names, map(_stamp, (start, end)), strict=True)) | dict(more or {})
        keys = {"jurisdiction_id": self.config.jurisdiction_id, "api_key": self.config.api_key}
        params |= {name: key for name, key in keys.items() if key}
        try:
            rows = read(self._get(params), self.form)
        except FormChanged as error:
            if not self.unsure:
                raise
            self.unsure, self.form = False, "xml"
            try:
                rows = read(self._get(params), self.form)
            except FormChanged:
                raise error from None
        self.unsure = False
        return rows

    def _get(self, params: Mapping[str, Any]) -> Answer:
        return self.http.get(f"{self.config.base.rstrip('/')}/requests.{self.form}", params=params)


# --- pure -----------------------------------------------------------------------------------------


def read(answer: Answer, form: str) -> list[Row]:
    """The rows of an answer; raises what an error document asks for, and :class:`FormChanged` for any other document."""
    if form == "xml":
        root = answer.xml()
        found: list[Any] = [{child.tag: child.text for child in element} for element in root]
        known = root.tag in ("service_requests", "errors")
    else:
        body = _json(answer)
        body = body.get("service_requests", body.get("errors")) if isinstance(body, Mapping) else body
        found, known = body if isinstance(body, list) else [], isinstance(body, list)
    if not known or not all(isinstance(row, Mapping) for row in found):
        raise FormChanged(f"jawaban bukan daftar laporan Open311: {answer.url}")
    rows = [row["request"] if isinstance(row.get("request"), Mapping) else row for row in found]
    if rows and all("code" in row and "service_request_id" not in row for row in rows):
        raise _error(rows[0], answer.url)
    return [{name: row[name] for name in FIELDS if name in row} for row in rows]


def mend(body: str) -> str:
    """Quote numbers with leading zeros (``006``), as the standard's own examples print codes; text is not touched."""
    return re.sub(r'"(?:[^"\\]|\\.)*"|(?<![\w.+-])0\d+(?![\w.])', lambda m: m[0] if m[0][0] == '"' else f'"{m[0]}"', body)


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except FormChanged:
        answer.need_data()
        try:
            return json.loads(mend(answer.text))
        except (ValueError, RecursionError):
            pass
        raise


def _error(row: Row, url: str) -> SourceError:
    """An error document's meaning: its code is an HTTP status."""
    code, message = text(row, "code") or "", f"sumber menjawab galat {row.get('code')}: {text(row, 'description')} ({url})"
    if code in ("401", "403"):
        return AskForAccess(message)
    if code == "429":
        return SlowDown(message)
    return TryLater(message) if code.startswith("5") else FormChanged(message)


def _status(row: Row, config: Open311) -> tuple[Status, bool]:
    """The status by the notes, and whether the report is open."""
    notes, stated = (text(row, "status_notes") or "").lower(), need(row, "status").lower()
    if stated not in ("open", "closed"):
        raise BadRow("status", f"status {stated[:40]!r} tidak dikenal standar Open311 (open atau closed)")
    table, otherwise = (config.open, Status.WAITING) if stated == "open" else (config.closed, Status.DONE)
    return next((status for word, status in table.items() if word.lower() in notes), otherwise), stated == "open"


def _point(row: Row) -> tuple[float | None, float | None]:
    """Latitude and longitude; an empty pair and 0, 0 (a point in the sea off Africa) are no place."""
    found = [text(row, "lat"), text(row, "long")]
    if None in found:
        return None, None
    try:
        lat, lon = (float(value or "") for value in found)
    except ValueError as error:
        raise BadRow("lat", f"bukan koordinat: {found[0]!r}, {found[1]!r}"[:120]) from error
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise BadRow("lat", "koordinat bukan bilangan")
    return (None, None) if lat == lon == 0 else (lat, lon)


def _stamp(moment: datetime) -> str:
    """A time as the standard writes it. Whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_REQUEST = {
    "service_request_id": 638344,
    "status": "closed",
    "status_notes": "Duplicate request.",
    "service_name": "Sidewalk and Curb Issues",
    "service_code": "006",
    "agency_responsible": None,
    "requested_datetime": "2026-04-14T06:37:38+07:00",
    "updated_datetime": "2026-04-15T06:37:38+07:00",
    "expected_datetime": "2026-04-16T06:37:38+07:00",
    "lat": -6.1781,
    "long": 106.6405,
}

SOURCE = Source(
    name="open311",
    title={"id": "Laporan warga Open311", "en": "Citizens' reports, Open311"},
    kinds=frozenset({Kind.COMPLAINT}),
    config=Open311,
    pages=pages,
    parse=parse,
    key=lambda row: text(row, "service_request_id"),
)

SAMPLE = Sample(
    config={"base": "{base}/v2", "format": "json", "since": "2026-04-01T00:00:00+07:00", "window_days": 90},
    rows=(
        _REQUEST,
        _REQUEST | {"service_request_id": "638349", "status": "open", "updated_datetime": "", "status_notes": None},
        {"service_request_id": None, "token": "12345", "status": "open"},
    ),
    broken=(
        _REQUEST | {"status": "pending"},
        _REQUEST | {"requested_datetime": "2026-04-31"},
        _REQUEST | {"lat": "utara"},
        _REQUEST | {"service_request_id": None},
    ),
    responses={
        "/v2/requests.json": (
            "application/json",
            json.dumps([_REQUEST | {"description": "Trotoar rusak", "address": "Jl. Contoh 1"}]).encode(),
        )
    },
)
