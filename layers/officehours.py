"""What a pack may state about working time: hours, services with hours of their own, free days, deadline rules."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from layers.facts import Facts

DAY = 86_400
"""Seconds of a day of 24 hours."""

Span = tuple[int, int]
"""A stretch of a working day: seconds after midnight at which it begins and ends."""

End = Literal["jam_sama", "tutup_kantor"]
"""When the last of n working days ends: at the clock time of receipt, or when the office closes."""


def _clock(text: str) -> int:
    match = re.fullmatch(r"(\d\d)[.:](\d\d)", text.strip())
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 if match and int(match[2]) < 60 else -1
    if not 0 <= seconds <= DAY:
        raise ValueError(f"bukan jam: {text!r}; tulislah 07.30")
    return seconds


def _span(value: object) -> object:
    """``"07.30-12.00"`` as seconds after midnight."""
    if isinstance(value, str):
        start, _, stop = value.partition("-")
        return _clock(start), _clock(stop)
    return value


def _in_order(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    edges = [edge for span in spans for edge in span]
    if any(a >= b for a, b in spans) or any(a > b for a, b in pairwise(edges)):
        raise ValueError("jam kerja harus berurutan dan tidak boleh bertumpang tindih")
    return spans


Spans = Annotated[tuple[Annotated[Span, BeforeValidator(_span)], ...], AfterValidator(_in_order)]


class Week(Facts):
    """The hours of an ordinary week without its breaks; a day without any is not worked."""

    mon_thu: Spans = ()
    fri: Spans = ()
    sat: Spans = ()
    sun: Spans = ()

    def on(self, day: date) -> tuple[Span, ...]:
        return self._days()[day.weekday()]

    def _days(self) -> tuple[tuple[Span, ...], ...]:
        return (*(self.mon_thu,) * 4, self.fri, self.sat, self.sun)

    @model_validator(mode="after")
    def _works(self) -> Week:
        if not any(self._days()):
            raise ValueError("tidak ada jam kerja sama sekali")
        return self


class Hours(Facts):
    """Hours that hold between two dates, both included; in Ramadan ``ramadan`` where it is stated."""

    week: Week
    ramadan: Week | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def hold(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


NATIONAL = Hours(
    week=Week.model_validate({"mon_thu": ["07.30-12.00", "13.00-16.00"], "fri": ["07.30-11.30", "13.00-16.30"]}),
    ramadan=Week.model_validate({"mon_thu": ["08.00-12.00", "12.30-15.00"], "fri": ["08.00-11.30", "12.30-15.30"]}),
)
"""Perpres 21/2023, article 4: 37.5 h in five days from 07.30, in Ramadan 32.5 h from 08.00, without breaks of 60 minutes
(Friday 90; in Ramadan 30, Friday 60). The closing times follow from these with equal days of 7.5 and 6.5 hours; that
breaks begin at 12.00, on Fridays at 11.30, is custom. A pack states the hours of its own regulation."""

_ROUND_THE_CLOCK = Week(mon_thu=((0, DAY),), fri=((0, DAY),), sat=((0, DAY),), sun=((0, DAY),))


class Service(Facts):
    """A unit that serves the public directly (Perpres 21/2023 exempts it): round the clock, or hours of its own.

    ``closed_on`` are the kinds of free days on which it closes like other offices.
    """

    hours: Literal["24 jam"] | Week
    closed_on: tuple[Literal["libur", "cuti_bersama"], ...] = ()

    @property
    def week(self) -> Week:
        return _ROUND_THE_CLOCK if isinstance(self.hours, str) else self.hours


class Holiday(Facts):
    """A day that is not as its weekday says: free (``libur``, ``cuti_bersama``) or worked (``kerja``); ``ramadan`` is 1 Ramadan.

    It counts only from ``known_since`` on, the day on which it became known; without one it was always known.
    """

    day: Annotated[date, Field(validation_alias="date")]
    name: str
    kind: Literal["libur", "cuti_bersama", "kerja", "ramadan"]
    known_since: date | None = None
    basis: str | None = None
    estimated: bool = False


class WorkingTime(Facts):
    """``[calendar]`` of a pack: own hours (the later ones first, if several hold), and the services with their own."""

    end: End = "jam_sama"
    hours: tuple[Hours, ...] = ()
    services: dict[str, Service] = Field(default_factory=dict)


Unit = Literal["hari kerja", "jam kerja", "hari", "jam"]
_UNITS: dict[str, Unit] = {"hari kerja": "hari kerja", "jam kerja": "jam kerja", "hari": "hari", "jam": "jam"}


class Amount(Facts):
    """So many working days or hours, or calendar days or hours: ``3 hari kerja``, ``6 jam``, ``2 x 24 jam``."""

    n: Annotated[int, Field(ge=0)]
    unit: Unit


def _amount(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(?:(\d+)\s*[x×]\s*)?(\d+)\s+(hari kerja|jam kerja|hari|jam)", value.strip())
    if match is None:
        raise ValueError(f"bukan lama tenggat: {value!r}; contoh: '3 hari kerja', '8 jam kerja', '7 hari', '2 x 24 jam'")
    return Amount(n=int(match[1] or 1) * int(match[2]), unit=_UNITS[match[3]])


class DeadlineRule(Facts):
    """How long a step may take, for which complaints, between which days of receipt (both included).

    ``classifications`` and ``categories`` left out mean all.
    """

    step: str
    amount: Annotated[Amount, BeforeValidator(_amount)]
    classifications: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    end: End | None = None
    basis: str

    @field_validator("step")
    @classmethod
    def _plain(cls, step: str) -> str:
        if not re.fullmatch(r"[a-z_]+", step):
            raise ValueError("huruf kecil dan garis bawah saja")
        return step

    def fits(self, day: date, classification: str | None, category: str | None) -> bool:
        """Whether it speaks about a complaint received on a day."""
        return (
            (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
            and (not self.classifications or classification in self.classifications)
            and (not self.categories or category in self.categories)
        )
