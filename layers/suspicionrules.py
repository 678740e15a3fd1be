"""The thresholds of the suspicious closing patterns, as the room sets them and a pack replaces them (``[suspicion]``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from layers.facts import Facts


class SuspicionRules(Facts):
    """The room's own thresholds; no law knows them.

    ``bulk``: at least ``bulk_least`` closings of one OPD within ``bulk_minutes``, each at most ``bulk_hours`` before its
    deadline. ``late_share``: a deadline put later with another category counts within this last share of its time, or
    after it. ``photo_bits``: two photos are the same up to so many of 64 bits, looked for ``photo_days`` back; reports
    within ``same_place`` degrees of each other may share one. ``reopened_days`` after a closing. ``last_minutes`` before
    the deadline, where an OPD with at least ``least_n`` closings in time has more of them than chance gives in one of
    ``1 / chance`` OPDs.
    """

    bulk_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    bulk_hours: Annotated[int, Field(ge=1, le=720)] = 24
    bulk_least: Annotated[int, Field(ge=3)] = 10
    late_share: Annotated[float, Field(ge=0, le=1)] = 1 / 3
    photo_bits: Annotated[int, Field(ge=0, le=10)] = 6
    photo_days: Annotated[int, Field(ge=1, le=730)] = 90
    same_place: Annotated[float, Field(ge=0, le=1)] = 0.0005
    reopened_days: Annotated[int, Field(ge=1, le=30)] = 7
    last_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    least_n: Annotated[int, Field(ge=20)] = 20
    chance: Annotated[float, Field(gt=0, lt=0.5)] = 0.001
