"""The fields of a posted form, bounded in their number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def read_lists(request: Request, most: int = 60) -> dict[str, list[str]]:
    """The fields of a posted form, at most so many, with all values of each name; raises 400 for bytes that are no form."""
    try:
        return parse_qs((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=most)
    except ValueError as error:
        raise HTTPException(400) from error


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form, the first of each name; raises 400 for bytes that are no form."""
    return {name: values[0] for name, values in (await read_lists(request, 20)).items()}


def number(form: Mapping[str, str], name: str) -> int:
    """The number in a field of a form; 404 for what is none, as for one that nothing has."""
    if not re.fullmatch(r"[0-9]{1,15}", text := form.get(name, "")):
        raise HTTPException(404)
    return int(text)
