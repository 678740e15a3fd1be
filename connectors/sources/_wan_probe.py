"""Own probes of declared targets: TCP connect, HTTP and ICMP, several samples each, a bounded number at once."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import icmplib
from icmplib.exceptions import ICMPLibError, SocketPermissionError, SocketUnavailableError
from pydantic import BaseModel, ConfigDict, Field

from connectors.source import Refused

FORMS = "tcp://alamat:porta, http://alamat[:porta]/jalur atau icmp://alamat"
NO_ICMP = (
    "kernel melarang ICMP tanpa hak istimewa (net.ipv4.ping_group_range); "
    "izinkan kelompok pengguna ini, atau nyatakan probe.icmp_fallback (porta TCP)"
)
_BEHIND = (502, 503, 504)
"""What a gateway answers for an office that it does not reach."""


class Probe(BaseModel):
    """How to probe: ``samples`` for each target, ``timeout`` seconds for each, ``at_once`` targets together.

    ``icmp_fallback`` is the TCP port to ask instead where the kernel forbids ICMP.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: Annotated[int, Field(ge=1, le=20)] = 4
    timeout: Annotated[float, Field(gt=0, le=10)] = 2.0
    pause: Annotated[float, Field(ge=0, le=5)] = 0.2
    at_once: Annotated[int, Field(ge=1, le=100)] = 32
    icmp_fallback: Annotated[int, Field(ge=1, le=65535)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What a target's samples say: milliseconds of each that came back, out of ``asked``."""

    asked: int
    came: tuple[float, ...]

    @property
    def up(self) -> bool:
        return bool(self.came)

    @property
    def latency(self) -> float | None:
        """Median in milliseconds."""
        return median(self.came) if self.came else None

    @property
    def loss(self) -> float:
        """Percent."""
        return 100 * (1 - len(self.came) / self.asked)


def probe(targets: Iterable[str], how: Probe) -> Mapping[str, Samples]:
    """Every target's samples. Raises :class:`Refused` for a target of no known form, and where ICMP is forbidden."""
    parts = {target: _target(target) for target in targets}
    if how.icmp_fallback is None and any(part.scheme == "icmp" for part in parts.values()) and not icmp_allowed():
        raise Refused(NO_ICMP)
    return asyncio.run(_all(parts, how))


def icmp_allowed() -> bool:
    """Whether this process may send ICMP echo without privileges."""
    try:
        with icmplib.ICMPv4Socket(privileged=False):
            return True
    except (SocketPermissionError, SocketUnavailableError):
        return False


def _target(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        well = bool(parts.hostname) and (parts.scheme, parts.port is None) in (("tcp", False), ("icmp", True))
        well = well or (parts.scheme == "http" and bool(parts.hostname))
    except ValueError:
        well = False
    if not well:
        raise Refused(f"bukan sasaran yang dikenal: {text[:100]!r}; bentuknya {FORMS}")
    return parts


async def _all(parts: Mapping[str, SplitResult], how: Probe) -> dict[str, Samples]:
    few = asyncio.Semaphore(how.at_once)
    icmp = how.icmp_fallback is None or icmp_allowed()

    async def one(part: SplitResult) -> Samples:
        async with few:
            return await (_ping(part, how) if part.scheme == "icmp" and icmp else _streams(part, how))

    found = await asyncio.gather(*(one(part) for part in parts.values()))
    return dict(zip(parts, found, strict=True))


async def _ping(part: SplitResult, how: Probe) -> Samples:
    try:
        host = await icmplib.async_ping(
            part.hostname, count=how.samples, interval=how.pause, timeout=how.timeout, privileged=False
        )
    except (ICMPLibError, OSError):  # the name is not known, or no way leads there
        return Samples(asked=how.samples, came=())
    return Samples(asked=how.samples, came=tuple(host.rtts))


async def _streams(part: SplitResult, how: Probe) -> Samples:
    """Samples over TCP. The name is looked up once, and not on the samples' time."""
    port = part.port or (how.icmp_fallback if part.scheme == "icmp" else 80)
    ask = _head if part.scheme == "http" else _nothing
    came = []
    try:
        async with asyncio.timeout(how.timeout):
            found = await asyncio.get_running_loop().getaddrinfo(part.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return Samples(asked=how.samples, came=())
    address = found[0][4][:2]
    for number in range(how.samples):
        if number:
            await asyncio.sleep(how.pause)
        if (took := await _timed(address, part, ask, how.timeout)) is not None:
            came.append(took)
    return Samples(asked=how.samples, came=tuple(came))


Ask = Callable[[asyncio.StreamReader, asyncio.StreamWriter, SplitResult], Awaitable[bool]]


async def _timed(address: tuple[Any, ...], part: SplitResult, ask: Ask, seconds: float) -> float | None:
    """Milliseconds until the target answered; ``None`` when it did not in time."""
    started = perf_counter()
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(*address, limit=4096)
            well = await ask(reader, writer, part)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    finally:
        if writer is not None:
            writer.transport.abort()
    return (perf_counter() - started) * 1000 if well else None


async def _nothing(_: asyncio.StreamReader, __: asyncio.StreamWriter, ___: SplitResult) -> bool:
    return True


async def _head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, part: SplitResult) -> bool:
    """Any status line says that the link carries, but for a gateway's word that there is nobody behind it."""
    path = (part.path or "/") + (f"?{part.query}" if part.query else "")
    host = part.netloc.rpartition("@")[2]
    writer.write(f"HEAD {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: liveroom\r\nConnection: close\r\n\r\n".encode())
    line = re.match(rb"HTTP/\d\.\d (\d{3})", await reader.readuntil(b"\n"))
    return line is not None and int(line[1]) not in _BEHIND
