"""Reads the literal rows of INSERT statements in a SQL dump; nothing in the text is ever executed."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"\s+|--[^\n]*|/\*.*?\*/|(?P<text>'[^'\\]*(?:(?:''|\\.)[^'\\]*)*')|(?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"
    r"|(?P<word>[A-Za-z_`\"][\w`\".]*)|(?P<mark>.)",
    re.DOTALL,
)


def holds_rows(text: str) -> bool:
    """Whether the text is a dump with INSERT statements."""
    return re.search(r"\bINSERT\s+INTO\b", text, re.IGNORECASE) is not None


def rows(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Columns (lower case; empty where the statement names none) and values of each row, all as text."""
    columns: list[str] = []
    row: list[str] | None = None
    state = ""
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup, match[0]
        if kind is None:
            continue
        if kind == "word" and found.upper() in ("INSERT", "VALUES"):
            state = found.upper()
            columns = [] if state == "INSERT" else columns
        elif found == ";":
            state = ""
        elif state == "INSERT" and kind == "word":
            columns.append(found.strip('`"').lower())
        elif state == "VALUES" and found == "(":
            row = []
        elif state == "VALUES" and found == ")" and row is not None:
            # The words before the columns are INTO and the table's own name.
            yield columns[2:], row
            row = None
        elif row is not None and kind != "mark":
            row.append(re.sub(r"''|\\(.)", lambda m: m[1] or "'", found[1:-1]) if kind == "text" else found)
