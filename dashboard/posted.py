"""Posted forms: their routes, and the change that they make, in a thread and not waited for longer than people have patience."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import PATIENCE
from dashboard.guard import Gate
from dashboard.page import Page

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]
Show = Callable[[Request, Page, Mapping[str, str], int], Awaitable[Response]]
"""Shows a page anew, with what a form could not do in its parameters, under a status."""


def add_posted(server: FastAPI, page: str, *routes: tuple[str, Endpoint, Gate]) -> dict[str, Gate]:
    """Add the forms that are posted to a word below the path of ``page``; who may post which."""
    for word, endpoint, _ in routes:
        server.add_route(f"{page}/{word}", endpoint, ["POST"], include_in_schema=False)
    return {f"{page}/{word}": gate for word, _, gate in routes}


async def change(do: Callable[[], object]) -> None:
    """Make a change with its line in the audit; 503 while the accounts are away."""
    try:
        await asyncio.wait_for(asyncio.to_thread(do), PATIENCE)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("posted: %s", type(error).__name__)
        raise HTTPException(503, headers={"retry-after": "10"}) from None
