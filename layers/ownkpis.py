"""A KPI of simple form that a city declares in its pack (``[[kpis]]``), without code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from layers.facts import Facts

Filter = Mapping[str, tuple[str, ...]]
"""Which rows: each column has one of these values."""


class Said(Facts):
    """A text in both languages of the screens."""

    id: str
    en: str


class OwnKpi(Facts):
    """One figure of the city's own.

    ``form`` says how: ``count`` counts the rows of ``filter`` whose ``time`` lies in the ``window`` (any row without a
    ``time``); ``share`` the part of these that ``part`` describes; ``median`` and ``total`` take the column ``value``;
    ``ratio`` is the sum of ``value`` over the sum of ``whole``, in percent. ``by_opd`` says whose a complaint is: of the OPD
    that has it (``opd``), or of the one that held it at its deadline or closing (``holder``).
    """

    id: str
    title: Said
    formula: Said
    definition: str
    owner: str
    unit: str
    kind: Literal["complaint", "service", "package", "measurement"]
    form: Literal["count", "share", "median", "total", "ratio"]
    window: Literal["now", "today", "days30", "year"] = "days30"
    time: str | None = None
    filter: Filter = Field(default_factory=dict)
    part: Filter = Field(default_factory=dict)
    value: str | None = None
    whole: str | None = None
    better: Literal["up", "down", "neutral"] = "neutral"
    decimals: Annotated[int, Field(ge=0, le=3)] = 1
    n_min: Annotated[int, Field(ge=0)] = 0
    by_opd: Literal["opd", "holder"] = "opd"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted = {"share": ("part",), "median": ("value",), "total": ("value",), "ratio": ("value", "whole")}.get(self.form, ())
        if absent := [name for name in wanted if not getattr(self, name)]:
            raise ValueError(f"kpis: {self.id}: bentuk {self.form} memerlukan {', '.join(absent)}")
        if self.kind == "measurement" and not self.filter.get("name"):
            raise ValueError(f"kpis: {self.id}: filter.name harus menyebut ukuran yang dibaca")
        return self
