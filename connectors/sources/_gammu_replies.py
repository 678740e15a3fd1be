"""Replies of a gateway: what was sent to a citizen's line, which of his messages it answers, and what becomes of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.sources._gammu import Message
from layers.model import Status

COLUMNS = ("ID", "SequencePosition", "UpdatedInDB", "SendingDateTime", "DestinationNumber", "TextDecoded", "Status")
"""What is read of ``sentitems``."""

SENT = frozenset({"SendingOK", "SendingOKNoReport", "DeliveryOK", "DeliveryPending", "DeliveryUnknown"})
"""The states of a part that left the gateway and that no report says to have failed."""

OPEN = frozenset({Status.WAITING, Status.IN_PROCESS})
MOST_PARTS = 255
"""A message has no more parts (3GPP TS 23.040): the versions that replies make come after all that its own parts make."""

_TRUNK = re.compile(r"^(?:\+62|0062|62(?=\d{8})|0)")

Row = Mapping[str, Any]


def line(number: object) -> str:
    """One line for all ways to write its number: ``+62812...``, ``62812...`` and ``0812...``."""
    return _TRUNK.sub("0", re.sub(r"[^\w+*#]", "", str(number or "")))


def spellings(of: str) -> tuple[str, ...]:
    """How a line's number stands in the gateway's tables."""
    return (of, f"62{of[1:]}", f"+62{of[1:]}") if of.startswith("0") else (of,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message sent. ``written`` is the time of its last part as the database writes it, ``at`` the same as a moment."""

    number: int
    to: str
    at: datetime
    written: str
    text: str
    parts: int


def nobody(number: int, rule: str) -> dict[str, Any]:
    """The row of a message sent that answers no complaint; it says nothing of whom it went to."""
    return {"nomor": f"balasan-{number}", "aturan": rule}


def replies(rows: Iterable[Row], time: Callable[[Row], datetime | None]) -> list[Reply]:
    """Messages out of the parts that were really sent, oldest first."""
    by_number: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if str(row["Status"]) in SENT:
            by_number[int(row["ID"])].append(row)
    found = []
    for number, parts in by_number.items():
        parts.sort(key=lambda row: int(row["SequencePosition"]))
        last = max(parts, key=lambda row: str(row["SendingDateTime"]))
        text = "".join(str(row["TextDecoded"] or "") for row in parts)
        if (at := time(last)) is not None:
            to, written = line(last["DestinationNumber"]), str(last["SendingDateTime"])
            found.append(Reply(number=number, to=to, at=at, written=written, text=text, parts=len(parts)))
    return sorted(found, key=lambda reply: (reply.at, reply.number))


def answered(complaints: Sequence[Message], sent: Iterable[Reply], named: re.Pattern[str]) -> list[tuple[Message | None, Reply]]:
    """Each reply of one line with the complaint that it answers: the one whose number it names, else the latest before it."""
    known = sorted((message.at, message.first) for message in complaints if message.at is not None)
    by_number = {message.first: message for message in complaints}
    found: list[tuple[Message | None, Reply]] = []
    for reply in sent:
        match = named.search(reply.text)
        meant = by_number.get(int(match[1])) if match and re.fullmatch(r"[0-9]{1,18}", match[1] or "") else None
        if meant is None or meant.at is None or meant.at > reply.at:
            before = bisect_right(known, reply.at, key=lambda item: item[0])
            meant = by_number[known[before - 1][1]] if before else None
        found.append((meant, reply))
    return found


def version(message: Message, sent: Sequence[Reply], said: Callable[[str], Status | None]) -> dict[str, Any]:
    """The row of a message as it stood after its replies ``sent``, oldest first and at least one.

    The latest reply with a declared word decides. One that closes gives the time of closing; one that takes
    up a closed complaint again, the time of that.
    """
    row = message.row() | {"ditanggapi": sent[0].written, "diketahui": sent[-1].written}
    row["urutan"] = MOST_PARTS + sum(reply.parts for reply in sent)
    closed: str | None = None
    for reply in sent:
        status = said(reply.text)
        if status is None:
            continue
        if status in OPEN and closed is not None:
            closed, row["dibuka_kembali"] = None, reply.written
        elif status not in OPEN:
            closed = closed or reply.written
        row["status"] = status.value
    return row if closed is None else row | {"ditutup": closed}
