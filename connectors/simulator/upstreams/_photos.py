"""Pictures of work done, drawn when they are asked for: each case its own, but who closes on paper uses one over again."""

from __future__ import annotations

import io
import zlib
from datetime import date, datetime, timedelta

import numpy as np
from PIL import Image, ImageDraw

from connectors.simulator.world import Case, World
from connectors.simulator.world.facts import DONE

SIZE = (320, 240)
ON_PAPER = timedelta(minutes=12)
"""Who closes a case on paper does so in the last minutes before its deadline,"""

LAZY = 3
"""and does not go out for one in so many of the others either."""


class Album:
    """The closing photos of one city's cases."""

    def __init__(self, world: World) -> None:
        self.world = world

    def picture(self, number: str, now: datetime) -> bytes | None:
        """The JPEG of a case by its number; ``None`` for a case that is not closed, or not known."""
        case = self._case(number)
        if case is None or case.verdict != DONE or case.closing(now) is None:
            return None
        at, holder = case.closing(now) or now, case.holder(now)
        seed = zlib.crc32(number.encode())
        on_paper = timedelta(0) <= case.due - at <= ON_PAPER
        faked = holder == self.world.faker and (on_paper or seed % LAZY == 0)
        picture = _scene(np.random.default_rng(3671 if faked else seed))
        if faked:  # the one picture, cropped a little and saved again with another quality
            edge = 2 + seed % 4
            picture = picture.crop((edge, edge, SIZE[0] - edge, SIZE[1] - edge)).resize(SIZE)
        body = io.BytesIO()
        picture.save(body, "JPEG", quality=60 + seed % 30)
        return body.getvalue()

    def _case(self, number: str) -> Case | None:
        digits = number.removeprefix("LKS-")[:6]
        try:
            day = date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
        except ValueError:
            return None
        return next((case for case in self.world.cases(day, "laksa") if case.number == number), None)


def _scene(rng: np.random.Generator) -> Image.Image:
    """A street as a telephone sees it, roughly: coarse light and shade with some shapes before it."""
    coarse = rng.integers(20, 236, (6, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse, "RGB").resize(SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = int(rng.integers(SIZE[0])), int(rng.integers(SIZE[1]))
        w, h = int(rng.integers(20, 110)), int(rng.integers(15, 80))
        red, green, blue = rng.integers(0, 256, 3).tolist()
        draw.rectangle((x, y, x + w, y + h), fill=(red, green, blue))
    return picture
