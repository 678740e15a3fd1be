"""Street cameras: drawn scenes with day and night, rain, traffic and a running clock; one is frozen, one is dead."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.world import World

WIDTH, HEIGHT = 480, 270
FROZEN, DEAD = "jembatan", "pasar"
USER = "ruang"
_ROWS = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717",
    "6": "74757", "7": "71111", "8": "75757", "9": "75717", ":": "02020", "-": "00700", " ": "00000",
}  # fmt: skip
"""Each sign as five rows of three points, a row as the bits of a figure."""

_PALETTE = np.array(
    [
        (18, 22, 40),
        (120, 165, 205),
        (70, 74, 78),
        (210, 210, 200),
        (190, 40, 40),
        (240, 240, 240),
        (60, 110, 60),
        (150, 170, 190),
    ],
    np.uint8,
)
NIGHT, DAY, ROAD, LINE, CAR, WHITE, GREEN, RAIN = range(8)


def routes(world: World, now: Now, token: str) -> Sequence[BaseRoute]:
    """Cameras behind a password, as they are."""
    login = "Basic " + base64.b64encode(f"{USER}:{token}".encode()).decode()

    async def still(request: Request) -> Response:
        name, moment = request.path_params["name"], now()
        if request.headers.get("authorization") != login:
            return PlainTextResponse("Unauthorized", 401)
        if name == DEAD:
            return PlainTextResponse("Service Unavailable", 503)
        if name == FROZEN:
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return Response(png(scene(world, name, moment)), media_type="image/png")

    return [Route("/kamera/{name}.png", still)]


def scene(world: World, name: str, moment: datetime) -> NDArray[np.uint8]:
    """A street at a moment, as indices into the palette."""
    picture = np.full((HEIGHT, WIDTH), DAY if 6 <= moment.hour < 18 else NIGHT, np.uint8)
    picture[120:150] = GREEN
    picture[150:] = ROAD
    picture[205:209, ::2] = LINE
    own = world.rng("kamera", name)
    second = moment.hour * 3600 + moment.minute * 60 + moment.second
    for lane, (speed, start) in enumerate(zip(own.integers(20, 70, 6), own.integers(0, WIDTH, 6), strict=True)):
        left = int(start + second * speed) % WIDTH
        top = 160 + lane * 18
        picture[top : top + 12, left : left + 26] = CAR if lane % 2 else WHITE
    area = world.kelurahan[int(own.integers(len(world.kelurahan)))]
    drops = min(int(world.rain_at(moment, area.code) * 40), 2000)
    if drops:
        rng = world.rng("tetes", name, second)
        rows, columns = rng.integers(0, HEIGHT - 6, drops), rng.integers(0, WIDTH, drops)
        for step in range(6):
            picture[rows + step, columns] = RAIN
    write(picture, f"{moment:%Y-%m-%d %H:%M:%S}", 10, 10)
    return picture


def write(picture: NDArray[np.uint8], text: str, top: int, left: int, size: int = 3) -> None:
    """Figures into the picture."""
    for sign in text:
        rows = np.array([[int(row) >> bit & 1 for bit in (2, 1, 0)] for row in _ROWS[sign]], bool)
        block = rows.repeat(size, 0).repeat(size, 1)
        picture[top : top + block.shape[0], left : left + block.shape[1]][block] = WHITE
        left += 4 * size


def png(picture: NDArray[np.uint8]) -> bytes:
    """An indexed PNG (ISO/IEC 15948)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = picture.shape
    lines = np.zeros((height, width + 1), np.uint8)
    lines[:, 1:] = picture
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"PLTE", _PALETTE.tobytes()) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


UPSTREAM = Upstream(name="cctv", routes=routes)
