"""What a posted form changes among what people did: in a thread, and not waited for longer than people have patience."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from dashboard.access import PATIENCE

log = logging.getLogger(__name__)


async def change(do: Callable[[], object]) -> None:
    """Make a change with its line in the audit; 503 while the accounts are away."""
    try:
        await asyncio.wait_for(asyncio.to_thread(do), PATIENCE)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("posted: %s", type(error).__name__)
        raise HTTPException(503, headers={"retry-after": "10"}) from None
