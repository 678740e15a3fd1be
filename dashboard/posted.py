"""What a posted form changes among what people did: in a thread, and not waited for longer than people have patience."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import parse_qs

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.access import PATIENCE

log = logging.getLogger(__name__)


async def change(do: Callable[[], object]) -> None:
    """Make a change with its line in the audit; 503 while the accounts are away."""
    try:
        await asyncio.wait_for(asyncio.to_thread(do), PATIENCE)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("posted: %s", type(error).__name__)
        raise HTTPException(503, headers={"retry-after": "10"}) from None


async def read_lists(request: Request) -> dict[str, list[str]]:
    """The fields of a posted form with all values of each name; raises 400 for bytes that are no form."""
    try:
        return parse_qs((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=60)
    except ValueError as error:
        raise HTTPException(400) from error
