"""One HTTP client for every source: only allowed hosts, bounded in bytes and in time, errors named by their action."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import anyio
import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic import BaseModel
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors.answer import Answer, Unpacker, Unwell, bare, judge
from connectors.source import FormChanged, Refused, TryLater

Origin = tuple[str, str, int]
"""Scheme, host and port: what may be asked is declared so, and nothing else is asked."""

REQUEST_SECONDS = 60.0
MAX_BYTES = 64 << 20
MAX_FILE_BYTES = 2 << 30
TRIES = 3
REDIRECTS = 5

_AGENT = "liveroom/0.1 (pengumpul data ruang kendali)"
_CHUNK = 1 << 16
_MOVED = (301, 302, 303, 307, 308)


def origin(url: str) -> Origin:
    """Scheme, host and port of an address; raises :class:`Refused` for anything but http(s) with a host."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise Refused(f"bukan alamat http(s): {url[:100]!r}") from error
    if not parts.hostname:
        raise Refused(f"bukan alamat http(s): {url[:100]!r}")
    return parts.scheme, parts.hostname, port


def origins(config: BaseModel) -> frozenset[Origin]:
    """Every origin that a source's configuration names: the only ones that it may ask."""
    return frozenset(origin(text) for text in _texts(config.model_dump()) if re.match(r"https?://", text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(item)


class Http:
    """A client for one run of one source; cookies live as long as it does. Use it as a context manager.

    ``allow`` are the origins that may be asked; ``deadline`` is the wall clock for all that the run
    asks, whatever the pace of the bytes; ``max_bytes`` bounds one answer after it is unpacked.
    ``requests`` and ``bytes`` count what was really sent and received. 2xx and 304 are answers,
    everything else raises one of the errors of :mod:`connectors.source`. 502, 503, 504 and broken
    connections are tried ``tries`` times in all, with pauses that grow from ``pause`` seconds. Requests
    are at least ``every`` apart, tries and redirects included: a source's runs never overlap, so that its
    rate holds however many machines pull.
    """

    def __init__(
        self,
        allow: frozenset[Origin],
        *,
        deadline: timedelta = timedelta(minutes=5),
        request_seconds: float = REQUEST_SECONDS,
        max_bytes: int = MAX_BYTES,
        pause: float = 0.5,
        tries: int = TRIES,
        every: timedelta | None = None,
    ) -> None:
        self.requests = 0
        self.bytes = 0
        self._allow = allow
        self._end = monotonic() + deadline.total_seconds()
        self._request_seconds = request_seconds
        self._max_bytes = max_bytes
        self._pause = pause
        self._tries = tries
        self._every = every.total_seconds() if every else 0.0
        self._next = 0.0
        self._stack = ExitStack()
        self._opened: tuple[BlockingPortal, httpx.AsyncClient] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        most: int | None = None,
        tries: int | None = None,
    ) -> Answer:
        """Ask for ``url`` with ``params`` added to its query; ``most`` bytes and ``tries`` where it is worth less than others."""
        return self._ask("GET", url, None, {"params": params, "headers": headers}, most, tries)

    def post(
        self,
        url: str,
        *,
        data: Mapping[str, Any] | None = None,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post a form or JSON. Only for questions: it is tried again like :meth:`get`."""
        return self._ask("POST", url, None, {"params": params, "headers": headers, "data": data, "json": json})

    def save(self, url: str, path: Path, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Get a large answer (up to :data:`MAX_FILE_BYTES`) into a file; the answer's ``body`` is its start only."""
        return self._ask("GET", url, path, {"headers": headers})

    def _ask(
        self,
        method: str,
        url: str,
        into: Path | None,
        parts: dict[str, Any],
        most: int | None = None,
        times: int | None = None,
    ) -> Answer:
        times, most = times or self._tries, most or self._max_bytes
        tries = Retrying(
            retry=retry_if_exception_type(Unwell),
            stop=stop_after_attempt(times),
            wait=wait_random_exponential(multiplier=self._pause, max=10),
        )
        try:
            return tries(self._follow, method, url, into, parts, most)
        except RetryError as error:
            last = error.last_attempt.exception()
            raise TryLater(f"{last}, dicoba {times} kali: {bare(url)}") from last

    def _follow(self, method: str, url: str, into: Path | None, parts: dict[str, Any], most: int) -> Answer:
        """Ask, and follow redirects within the same host and the allowed origins."""
        host = origin(url)[1]
        for _ in range(REDIRECTS + 1):
            if origin(url) not in self._allow:
                raise Refused(f"alamat di luar yang diizinkan: {bare(url)}")
            answer = self._once(method, url, into, {name: part for name, part in parts.items() if part is not None}, most)
            if answer.status not in _MOVED:
                return judge(answer)
            url = urljoin(url, answer.headers.get("Location", ""))
            if origin(url)[1] != host:
                raise Refused(f"sumber mengalihkan ke alamat lain: {bare(url)}")
            if answer.status in (307, 308):
                parts = parts | {"params": None}
            else:
                method, parts = "GET", {"headers": parts["headers"]}
        raise FormChanged(f"sumber mengalihkan tanpa akhir: {bare(url)}")

    def _once(self, method: str, url: str, into: Path | None, parts: dict[str, Any], most: int) -> Answer:
        """One request, one answer."""
        self._wait_for_turn(url)
        left = self._end - monotonic()
        seconds = left if into is not None else min(left, self._request_seconds)  # a large file may take all that there is
        if seconds <= 0:
            raise TryLater(f"tenggat pengambilan habis: {bare(url)}")
        if self._opened is None:
            portal = self._stack.enter_context(start_blocking_portal())
            client = portal.call(_client)
            self._stack.callback(portal.call, client.aclose)
            self._opened = portal, client
        portal, client = self._opened
        try:
            target = httpx.URL(url).copy_merge_params(parts.pop("params", {}))
            request = client.build_request(method, target, **parts)
        except (httpx.InvalidURL, ValueError) as error:
            raise Refused(f"alamat tidak sah: {bare(url)}") from error
        self.requests += 1
        try:
            return portal.call(partial(self._fetch, client, request, into, seconds, most))
        except TimeoutError as error:
            raise TryLater(f"belum selesai setelah {seconds:.1f} detik: {bare(url)}") from error
        except httpx.TransportError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Refused(f"sertifikat sumber tidak sah: {bare(url)}") from error
            raise Unwell(f"sambungan ke sumber gagal ({type(error).__name__})") from error

    def _wait_for_turn(self, url: str) -> None:
        """Wait until the rate allows a request; raise at once where that is after the deadline."""
        wait = self._next - monotonic()
        if wait > max(self._end - monotonic(), 0):
            raise TryLater(f"tenggat pengambilan habis sebelum batas laju mengizinkan permintaan berikutnya: {bare(url)}")
        if wait > 0:
            sleep(wait)
        self._next = monotonic() + self._every

    async def _fetch(
        self, client: httpx.AsyncClient, request: httpx.Request, into: Path | None, seconds: float, most: int
    ) -> Answer:
        where, start = bare(str(request.url)), bytearray()
        with anyio.fail_after(seconds), ExitStack() as stack:  # by the wall clock: a byte now and then does not extend it
            response = await client.send(request, stream=True)
            try:
                ok = response.status_code == httpx.codes.OK
                file = stack.enter_context(into.open("wb")) if into is not None and ok else None
                unpacker = Unpacker(
                    url=where,
                    limit=MAX_FILE_BYTES if file else most,
                    coding=response.headers.get("Content-Encoding", "").strip().lower(),
                    write=file.write if file else start.extend,
                )
                async for chunk in response.aiter_raw(_CHUNK):
                    self.bytes += len(chunk)
                    unpacker.add(chunk)
                unpacker.finish()
            finally:
                await response.aclose()
        if into is not None and ok:
            with into.open("rb") as saved:
                start.extend(saved.read(_CHUNK))
        return Answer(url=where, status=response.status_code, headers=response.headers, body=bytes(start))


async def _client() -> httpx.AsyncClient:
    # No proxy and no password from the environment: what is asked, and with what, stands in the configuration alone.
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "gzip"}
    return httpx.AsyncClient(headers=headers, timeout=None, trust_env=False)  # noqa: S113 - one deadline rules them all
