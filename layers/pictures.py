"""Whether bytes are a whole, sane still picture (JPEG, PNG or WebP): told by their own header, nothing is decoded."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

SIDE = (16, 8192)
MOST_PIXELS = 33_000_000
"""An 8K frame; a picture that says more of itself would burst in a browser's memory."""

_NOT_FRAMES = (0xC4, 0xC8, 0xCC)
"""Markers among JPEG's C0..CF that start no frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a header says: the form and the size in pixels."""

    form: str
    width: int
    height: int


def look(body: bytes) -> Picture | None:
    """The picture that the bytes are; ``None`` for anything else, for a cut one and for a size that cannot be."""
    forms: Mapping[str, tuple[int, int] | None] = {"jpeg": _jpeg(body), "png": _png(body), "webp": _webp(body)}
    for form, size in forms.items():
        if size is not None:
            width, height = size
            sane = all(SIDE[0] <= side <= SIDE[1] for side in size) and width * height <= MOST_PIXELS
            return Picture(form=form, width=width, height=height) if sane else None
    return None


def _png(body: bytes) -> tuple[int, int] | None:
    if not body.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") or b"IEND" not in body[-16:]:
        return None
    width, height = struct.unpack(">II", body[16:24])
    return width, height


def _webp(body: bytes) -> tuple[int, int] | None:
    """The three kinds of WebP; the container states its own length."""
    if len(body) < 30 or body[:4] != b"RIFF" or body[8:12] != b"WEBP" or len(body) < int.from_bytes(body[4:8], "little") + 8:
        return None
    kind = body[12:16]
    if kind == b"VP8X":
        return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg(body: bytes) -> tuple[int, int] | None:
    """Walk the segments to the frame header; a whole JPEG ends with its end mark (and, from some cameras, padding)."""
    if not body.startswith(b"\xff\xd8\xff") or not body.rstrip(b"\x00\r\n").endswith(b"\xff\xd9"):
        return None
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + int.from_bytes(body[at + 2 : at + 4], "big")
    return None
