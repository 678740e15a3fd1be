"""A question of an analyst, frozen and checked, and the one way to write it as an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from layers.analysis.dimensions import DIMENSIONS, Sort
from layers.catalog import Kpi
from layers.periods import Against, Period

Form = Literal["tabel", "batang", "garis", "peta", "panas", "pivot", "kecil", "corong"]
FORMS: tuple[Form, ...] = get_args(Form)
"""How an answer is shown: table, bars, line, map, heat map, pivot, small multiples, funnel."""

FILTERS = tuple(name for name, each in DIMENSIONS.items() if each.filters and name != "kecamatan")
"""What rows can be narrowed by, ``area`` to an area of any level."""

FINER: Mapping[str, str] = {"y": "q", "q": "month", "month": "day", "week": "day", "day": "hour"}
"""By what a part of time is looked at."""

FIRST = "aduan_masuk_30h"
"""The figure of who has asked for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which figure, by one or two dimensions, in which period, of which rows, compared with what, and how it is shown.

    Without a period it is the figure's own window. ``where`` are (dimension, value) in the order of :data:`FILTERS`.
    ``order`` is a column of the table to sort by, ``-`` before it: falling. Raises ``ValueError`` in words.
    """

    kpi: str = FIRST
    by: str | None = None
    per: str | None = None
    period: Period | None = None
    against: Against = ""
    where: tuple[tuple[str, str], ...] = ()
    form: Form | None = None
    order: str = ""

    def __post_init__(self) -> None:
        for name in filter(None, (self.by, self.per)):
            if name not in DIMENSIONS:
                raise ValueError(f"dimensi {name!r} tidak dikenal")
        if self.per is not None and (self.by is None or self.per == self.by):
            raise ValueError("dimensi kedua memerlukan dimensi pertama yang lain")
        if self.against not in get_args(Against):
            raise ValueError(f"pembanding {self.against!r} tidak dikenal; yang ada: lalu, tahun")
        if self.form not in (None, *FORMS):
            raise ValueError(f"bentuk {self.form!r} tidak dikenal; yang ada: {', '.join(FORMS)}")
        if [name for name, _ in self.where] != [name for name in FILTERS if name in dict(self.where)]:
            raise ValueError(f"saringan hanya dari {', '.join(FILTERS)}, masing-masing sekali")

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Ask:
        """The question that an address asks; names that it does not know say nothing. ``ValueError`` in words."""
        return cls(
            kpi=given.get("kpi") or FIRST,
            by=given.get("by") or None,
            per=given.get("per") or None,
            period=Period.read(given["kurun"]) if given.get("kurun") else None,
            against=cast("Against", given.get("banding", "")),
            where=tuple((name, given[name]) for name in FILTERS if given.get(name)),
            form=cast("Form | None", given.get("bentuk") or None),
            order=given.get("urut", ""),
        )

    def given(self) -> dict[str, str]:
        """What an address says of it, in one order, without what is so anyway."""
        known = {
            "kpi": self.kpi,
            "by": self.by,
            "per": self.per,
            "kurun": self.period and self.period.written,
            "banding": self.against,
            **dict(self.where),
            "bentuk": self.form,
            "urut": self.order,
        }
        return {name: value for name, value in known.items() if value}

    def query(self) -> str:
        """The canonical query of its address: equal questions have equal ones."""
        return urlencode(self.given())

    @property
    def question(self) -> Ask:
        """What is to be computed, however it is shown."""
        return replace(self, form=None, order="")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions asked for, the first one first."""
        return tuple(filter(None, (self.by, self.per)))

    def shown_as(self, kpi: Kpi) -> Form:
        """The form that was asked for, else the one that suits the dimensions."""
        if self.form is not None:
            return self.form
        sorts = [DIMENSIONS[name].sort for name in self.dimensions]
        if not sorts:
            return "tabel"
        if len(sorts) == 2:
            return "garis" if sorts[0] is Sort.TIME and kpi.kind is not None else "panas"
        return "garis" if sorts[0] is Sort.TIME else "batang"

    def narrowed(self, name: str, value: str) -> Ask:
        """The same question of fewer rows."""
        chosen = dict(self.where) | {"area" if name == "kecamatan" else name: value}
        return replace(self, where=tuple((each, chosen[each]) for each in FILTERS if each in chosen))

    def into(self, name: str, value: str, *, then: str | None) -> Ask | None:
        """One value of a dimension looked at by itself: a kecamatan by its kelurahan, a month by its days, else by ``then``."""
        dimension = DIMENSIONS[name]
        rest = next((other for other in self.dimensions if other != name), None)
        if dimension.unit is not None:
            first = date.fromisoformat(value)
            period = Period.between(first, dimension.unit.step(first) - timedelta(days=1))
            return replace(self, period=period, by=rest or FINER[name], per=None, form=None, order="")
        if not dimension.filters or not value:
            return None
        by = rest or ("area" if name == "kecamatan" else then)
        return replace(self.narrowed(name, value), by=by, per=None, form=None, order="")
