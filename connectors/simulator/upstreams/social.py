"""A service that listens to social media: mentions with token, a link to the next page, and its past as one CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import Gate, arrived, iso, midnight, sheet, short
from connectors.simulator.world import Case, World
from connectors.simulator.world.facts import IN_PROGRESS, WAITING

LIMIT, PER_MINUTE = 100, 240
HEADINGS = (
    *("id", "platform", "jenis", "topik", "akun", "isi", "diposting", "dibalas", "selesai", "diperbarui", "status", "opd"),
    *("lokasi.lat", "lokasi.lon", "lokasi.kelurahan"),
)
_PLATFORMS = ("Instagram", "X", "Facebook", "TikTok")
_PRAISED = 3
"""One of so many complaints is followed by a mention that complains of nothing."""


class Social:
    """The service as it stands at its own moment."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.now = now
        self.gate = Gate(token, PER_MINUTE)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/api/sebutan", self.mentions), Route("/ekspor/sebutan.csv", self.export)]

    def mentions(self, request: Request) -> Response:
        """What has changed since a moment, without it of today; ``links.next`` goes on with the same question."""
        if refused := self.gate.refuse(request):
            return refused
        asked, now = request.query_params, self.now()
        try:
            since = datetime.fromisoformat(asked["since"]) if "since" in asked else midnight(now)
            until = datetime.fromisoformat(asked["until"]) if "until" in asked else now
            at, limit = int(asked.get("after", 0)), min(max(int(asked.get("limit", LIMIT)), 1), LIMIT)
        except ValueError:
            return JSONResponse({"message": "Parameter tidak sah."}, 422)
        cases = self.world.changed("social", since, until, offset=at, limit=limit)
        following = None
        if len(cases) == limit:
            question = {"since": since.isoformat(), "until": until.isoformat(), "limit": limit, "after": at + limit}
            following = f"{request.url.path}?{urlencode(question)}"
        items = [_nested(row) for case in cases for row in self._rows(case, until)]
        return JSONResponse({"items": items, "links": {"next": following}})

    def export(self, request: Request) -> Response:
        """The two years up to this day's beginning."""
        if refused := self.gate.refuse(request):
            return refused
        until = midnight(self.now())
        rows = (row for case in arrived(self.world, "social", until) for row in self._rows(case, until))
        return StreamingResponse(sheet(HEADINGS, rows), media_type="text/csv; charset=utf-8")

    def _rows(self, case: Case, now: datetime) -> Iterator[Sequence[object]]:
        """A complaint, and where one followed it, a mention that is none."""
        status = case.status(now)
        number = int(case.number[-4:])
        platform = _PLATFORMS[number % len(_PLATFORMS)]
        yield (
            case.number,
            platform,
            "Keluhan",
            case.category,
            "@" + case.citizen.email.partition("@")[0],
            case.text,
            case.received.isoformat(),
            iso(case.responded, now),
            iso(case.closing(now), now),
            case.changed(now).isoformat(),
            {WAITING: "Baru", IN_PROGRESS: "Diproses"}.get(status, status),
            short(self.world.city, case.holder(now)) if case.verified <= now else "",
            "" if case.lat is None else case.lat,
            "" if case.lon is None else case.lon,
            case.typo,
        )
        when = case.received + timedelta(minutes=20)
        if number % _PRAISED == 0 and when <= now:
            said = "Terima kasih, petugasnya cepat tanggap"
            at = when.isoformat()
            yield (f"{case.number}-P", platform, "Pujian", "", f"@warga{number}", said, at, "", "", at, "Baru", "", "", "", "")


def _nested(row: Sequence[object]) -> dict[str, object]:
    flat = dict(zip(HEADINGS, row, strict=True))
    place = {name.partition(".")[2]: flat.pop(name) for name in HEADINGS if name.startswith("lokasi.")}
    return flat | {"lokasi": place}


UPSTREAM = Upstream(name="social", routes=lambda world, now, token: Social(world, now, token).routes())
