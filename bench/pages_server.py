"""Pages of JSON from a folder, as a paged API gives them: ``GET /rows?page=1``; after the last one an empty page."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])

    async def rows(request: Request) -> Response:
        path = folder / f"{int(request.query_params.get('page', 1))}.json"
        return Response(path.read_bytes() if path.is_file() else b'{"data": []}', media_type="application/json")

    uvicorn.run(Starlette(routes=[Route("/rows", rows)]), host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main()
