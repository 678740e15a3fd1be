"""BMKG's forecast by kelurahan: whose turn it is within the service's limit, and the steps of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.fields import digest, need, need_moment, text
from connectors.http import Http
from connectors.source import Context, Excluded, FormChanged, Kept, Page, Place, Row
from connectors.sources._measured import number
from layers import clock
from layers.model import Measurement

FIELDS = {
    "cuaca.suhu": ("t", "°C", -20, 60),
    "cuaca.hujan": ("tp", "mm", 0, 1000),
    "cuaca.kode": ("weather", "kode BMKG", 0, 200),
}
"""Measure -> the answer's field, its unit, and between what it can be."""

WINDOW = (timedelta(hours=-3), timedelta(hours=21))
"""The steps that are kept, from now: one for each hour of the day that the service speaks of, so that the next replaces it."""

LEAST = 3
"""Kelurahan asked at each turn even when none is due: a run that ends well was really answered."""

_MINUTE = timedelta(minutes=1)


class Turns:
    """When each kelurahan was asked last, and the mark of what it was answered; the one asked longest ago is next."""

    def __init__(self, asked: Mapping[str, Sequence[str]] | None) -> None:
        self.asked = {code: datetime.fromisoformat(at) for code, (at, _) in (asked or {}).items()}
        self.marks = {code: mark for code, (_, mark) in (asked or {}).items()}

    def next(self, codes: Iterable[str], now: datetime, refresh: timedelta, per_minute: int) -> list[str]:
        """Who is to be asked now: those due, as far as the minute's limit allows, but a few in any case."""
        order = sorted(codes, key=lambda code: (self.asked.get(code, datetime.min.replace(tzinfo=UTC)), code))
        ages = {code: now - at for code, at in self.asked.items()}
        room = per_minute - sum(timedelta(0) <= age < _MINUTE for age in ages.values())
        due = sum(not timedelta(0) <= ages.get(code, refresh) < refresh for code in order)
        return order[: max(min(max(due, LEAST), room), 0)]

    def done(self, code: str, now: datetime, mark: str) -> bool:
        """Remember an answer; whether it says anything new."""
        news = self.marks.get(code) != mark
        self.asked[code], self.marks[code] = now, mark
        return news

    @property
    def cursor(self) -> dict[str, list[str]]:
        return {code: [at.isoformat(timespec="milliseconds"), self.marks[code]] for code, at in self.asked.items()}


def pages(http: Http, url: str, codes: list[str], turns: Turns, ctx: Context) -> Iterator[Page]:
    """One page for each kelurahan. One that BMKG does not know is a row too; if it knows none, the service has changed.

    The cursor of a page is set by the caller; ``turns`` is true when the page is yielded.
    """
    known = 0
    for code in codes:
        try:
            answer = http.get(url, params={"adm4": code})
        except FormChanged as error:
            if "(HTTP 404)" not in str(error):
                raise
            rows: list[Row] = [{"adm4": code, "pesan": "tidak ada"}]
            mark = "404"
        else:
            rows = list(_rows(answer.json(), code, answer.url))
            mark = digest(answer.body, f"{ctx.now:%Y%m%d%H}")  # as hours pass, other steps of the same answer count
            known += 1
        yield Page(rows=rows if turns.done(code, clock.now(), mark) else [])  # a run may wait long between two questions
    if codes and not known:
        raise FormChanged(f"BMKG tidak mengenal satu pun dari {len(codes)} kode kelurahan (HTTP 404): {url}")


def _rows(answer: Any, code: str, url: str) -> Iterator[Row]:
    """Three rows for each step: its temperature, rain and weather."""
    try:
        place = answer["lokasi"]["adm4"]
        steps = [step for day in answer["data"][0]["cuaca"] for step in day]
    except (KeyError, IndexError, TypeError) as error:
        raise FormChanged(f"jawaban bukan prakiraan cuaca BMKG: {url}") from error
    if place != code:
        raise FormChanged(f"diminta prakiraan {code}, dijawab {str(place)[:20]!r}: {url}")
    for step in steps:
        for name, (field, *_) in FIELDS.items():
            yield {"adm4": code, "besaran": name, "nilai": step.get(field), "utc_datetime": step.get("utc_datetime")}


def parse(row: Row, ctx: Context) -> Kept | Excluded:
    """One measure of one step. The step of tomorrow's same hour takes the place of today's: see :data:`WINDOW`."""
    code = need(row, "adm4")
    if text(row, "pesan"):
        return Excluded(rule="tidak_ada_di_bmkg")
    name = need(row, "besaran")
    _, unit, low, high = FIELDS[name]
    moment = text(row, "utc_datetime")
    at = need_moment({"utc_datetime": f"{moment}Z" if moment else None}, "utc_datetime", ctx.city)
    if at <= ctx.now + WINDOW[0]:
        return Excluded(rule="sudah_lewat")
    if at > ctx.now + WINDOW[1]:
        return Excluded(rule="lebih_dari_sehari")
    if row.get("nilai") is None:
        return Excluded(rule="tanpa_nilai")
    record = Measurement(
        source=ctx.source,
        source_id=f"{code}/{name}/{at:%H}",
        seen_at=ctx.now,
        name=name,
        subject=code,
        value=number(row, "nilai", low, high),
        unit=unit,
        measured=at,
    )
    return Kept(record=record, place=Place(code=code))


def key(row: Row) -> str | None:
    """The record's own id, or the kelurahan's code for an answer without steps."""
    code, name, moment = (text(row, field) for field in ("adm4", "besaran", "utc_datetime"))
    return f"{code}/{name}/{moment[11:13]}" if code and name and moment else code
