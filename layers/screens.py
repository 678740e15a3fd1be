"""The room's screens: how large what they show must be, and what each last told of itself.

Text is readable from a place when it is at least 4.65 mm high for each metre to it, which is 16 arc minutes. That is the
rule for what must be read (a value, its label, an alarm, its owner); what stands beside it as context meets half of it.
The height of a text is its type size, from ascender to descender.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot
from typing import Any, Self

from sqlalchemy import Row, select, update

from layers import peopleschema as schema
from layers.database import Database
from layers.people import token_hash

MM_PER_METRE = 4.65
"""Height of the least readable text for each metre of distance."""
INCH = 25.4
GRID = (120, 67.5)
"""A screen is this many units wide and high, the smaller of both where its shape is another: the wall's ``rem``."""
DENSE, SPARSE = 1.1, 2.8
"""Units of the text that must be read in the two compositions of a scene; half of it is the smallest that each has."""
SILENT = timedelta(seconds=90)
"""A screen that reports every 30 seconds and has not done so for this long is silent."""
INCHES, METRES, PIXELS = (10, 1000), (1, 100), (200, 20_000)
"""What a screen may be declared as: from, and below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A screen as it was declared: diagonal, distance of the farthest person, pixels."""

    inches: float
    metres: float
    width: int = 1920
    height: int = 1080

    def __post_init__(self) -> None:
        for value, (least, end), words in (
            (self.inches, INCHES, "diagonal layar, dalam inci"),
            (self.metres, METRES, "jarak, dalam meter"),
            (self.width, PIXELS, "lebar layar, dalam piksel"),
            (self.height, PIXELS, "tinggi layar, dalam piksel"),
        ):
            if not least <= value < end:
                raise ValueError(f"{words}: paling sedikit {least} dan kurang dari {end}")

    @classmethod
    def read(cls, inches: str | None, metres: str | None, pixels: str | None = None) -> Self | None:
        """Of an address or a command line; ``None`` where diagonal or distance is missing. Raises ``ValueError``."""
        if inches is None or metres is None:
            return None
        if pixels is None:
            return cls(inches=float(inches), metres=float(metres))
        if not re.fullmatch(r"\d{3,5}x\d{3,5}", pixels):
            raise ValueError("piksel ditulis 1920x1080")
        width, height = map(int, pixels.split("x"))
        return cls(inches=float(inches), metres=float(metres), width=width, height=height)

    @property
    def asks(self) -> dict[str, str]:
        """As an address says it; the pixels only where the shape is not 16:9, which is what a page takes for granted."""
        wide = {} if self.width * 9 == self.height * 16 else {"piksel": f"{self.width}x{self.height}"}
        return {"inci": f"{self.inches:g}", "jarak": f"{self.metres:g}", **wide}

    @property
    def _mm_per_pixel(self) -> float:
        return self.inches * INCH / hypot(self.width, self.height)

    @property
    def rule(self) -> float:
        """Pixels of the least text that must be read."""
        return MM_PER_METRE * self.metres / self._mm_per_pixel

    @property
    def units(self) -> float:
        """The same in units of :data:`GRID`."""
        return self.rule / min(self.width / GRID[0], self.height / GRID[1])

    @property
    def sparse(self) -> bool:
        """Whether this screen shows fewer and larger things."""
        return self.units > DENSE

    @property
    def farthest(self) -> float:
        """Metres up to which the larger composition can be read on a screen of this size."""
        return self.metres * SPARSE / self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a screen's browser last told of itself: numbers and names of ours, never a text of its own."""

    scene: str
    version: int
    since_version: int
    """Seconds since another version came."""
    heap: int | None
    """Bytes of the scripts' memory; ``None`` where the browser does not say."""
    nodes: int
    errors: int
    width: int
    height: int
    release: str | None
    started: int
    """Seconds since the page was loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One declared screen; ``heard`` is ``None`` for one that has never reported."""

    name: str
    created: datetime
    panel: Panel | None
    heard: datetime | None
    report: Report | None

    def silent(self, now: datetime) -> bool:
        return self.heard is None or now - self.heard > SILENT

    @property
    def slug(self) -> str:
        """The name as an address says it."""
        return re.sub(r"[^a-z0-9]+", "-", self.name).strip("-")[:40]


class Screens:
    """Screens, in the database of the people: one row each, however long they report."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def of(self, token: str) -> Screen | None:
        """The screen of a token; ``None`` for one that was never given or is revoked."""
        with self._people.read() as connection:
            row = connection.execute(select(schema.screen).where(schema.screen.c.token == token_hash(token))).first()
        return _screen(row) if row else None

    def all(self) -> list[Screen]:
        """Every screen, by name."""
        with self._people.read() as connection:
            return [_screen(row) for row in connection.execute(select(schema.screen).order_by(schema.screen.c.name))]

    def heard(self, name: str, report: Report, now: datetime) -> None:
        """Keep a screen's report in place of the one before; one that is revoked meanwhile is no error."""
        facts = {field: getattr(report, field) for field in Report.__dataclass_fields__}
        with self._people.write() as connection:
            connection.execute(update(schema.screen).where(schema.screen.c.name == name).values(heard=now, report=facts))


def _screen(row: Row[Any]) -> Screen:
    return Screen(
        name=row.name,
        created=row.created,
        panel=None if row.panel is None else Panel(**row.panel),
        heard=row.heard,
        report=None if row.report is None else Report(**row.report),
    )
