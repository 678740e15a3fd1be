"""A small reverse proxy in front of a server: it shows the room below a path and keeps or strips that path."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Proxy:
    """Where it listens, what was asked outside of its path, and what was passed on to the room."""

    port: int = 0
    outside: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def proxied(to: str, prefix: str, *, strips: bool, files: Path | None = None) -> Iterator[Proxy]:
    """A proxy that shows ``to`` below ``prefix`` and has nothing else on its host; what lies in ``files`` it serves itself."""
    proxy = Proxy()
    client = httpx.AsyncClient(base_url=to, timeout=30)

    async def carry(request: Request) -> Response:
        path = request.url.path
        if path != prefix and not path.startswith(prefix + "/"):
            proxy.outside.append(path)
            return Response(status_code=404)
        below = path.removeprefix(prefix) or "/"
        if files and (file := files / below.lstrip("/")).is_file():
            return FileResponse(file)
        proxy.passed.append(below)
        inner = below if strips else path
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        asked = client.build_request(
            request.method,
            httpx.URL(inner, query=request.url.query.encode()),
            headers={**headers, "x-forwarded-for": "10.0.0.9"},
            content=await request.body(),
        )
        answer = await client.send(asked, stream=True)

        async def body() -> AsyncIterator[bytes]:
            try:
                async for chunk in answer.aiter_raw():
                    yield chunk
            except httpx.HTTPError:
                return
            finally:
                await answer.aclose()

        out = StreamingResponse(body(), answer.status_code)
        out.raw_headers = [(n.lower(), v) for n, v in answer.headers.raw if n.lower().decode() not in {*_HOP, "date", "server"}]
        return out

    @contextlib.asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    app = Starlette(routes=[Route("/{path:path}", carry, methods=["GET", "HEAD", "POST"])], lifespan=life)
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    proxy.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.should_exit = True
        thread.join(10)
