"""Parts of long SMS put together: the user data header of a part, and messages that wait for their missing ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

COLUMNS = ("ID", "ReceivingDateTime", "SenderNumber", "RecipientID", "UDH", "Class", "TextDecoded")
"""What is read of ``inbox``."""

OVERLAP = 20
"""How many of the last IDs are read again: of two SMSD on one database the later ID may be there first."""

_CONCATENATED = {0x00: 1, 0x08: 2}
"""The elements of a user data header that say which part this is, and the bytes of their reference (3GPP TS 23.040, 9.2.3.24)."""

Key = tuple[str, str, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a header says: ``bits`` and value of the reference, how many parts there are, and which this is."""

    bits: int
    reference: int
    total: int
    number: int


def part(header: object) -> Part | None:
    """The place of a part in its message, from the hexadecimal header; ``None`` for a message of one part.

    A header that cannot be read says nothing of parts: the text is given as it stands.
    """
    try:
        data = bytes.fromhex(str(header or ""))
    except ValueError:
        return None
    at = 1
    while at + 2 <= min(len(data), data[0] + 1 if data else 0):
        kind, length = data[at], data[at + 1]
        body = data[at + 2 : at + 2 + length]
        width = _CONCATENATED.get(kind)
        if width is not None and len(body) == width + 2:
            total, number = body[width], body[width + 1]
            if total > 1 and 1 <= number <= total:
                return Part(bits=8 * width, reference=int.from_bytes(body[:width], "big"), total=total, number=number)
            return None
        at += 2 + length
    return None


@dataclass(slots=True, kw_only=True)
class Message:
    """Parts by their number out of ``total``; ``first`` and ``last`` are the lowest and the highest of their IDs."""

    first: int
    last: int
    head: Mapping[str, Any]
    at: datetime | None
    total: int
    parts: dict[int, str] = field(default_factory=dict)
    twin: bool = False

    @property
    def whole(self) -> bool:
        return len(self.parts) >= self.total

    @property
    def number(self) -> str:
        """The first ID and the time: a gateway that is set up anew counts from 1 again."""
        return f"{self.first}-{''.join(filter(str.isdigit, str(self.head['ReceivingDateTime'])))[:14]}"

    def row(self) -> dict[str, Any]:
        """The message as one row."""
        row = {
            "nomor": self.number,
            "penerima": self.head["RecipientID"],
            "hp_pengirim": self.head["SenderNumber"],
            "diterima": str(self.head["ReceivingDateTime"]),
            "kelas": self.head["Class"],
            "isi": "".join(text for _, text in sorted(self.parts.items())),
            "urutan": len(self.parts),
        }
        if self.twin:
            return row | {"kembar": True}
        return row if self.whole else row | {"bagian": len(self.parts), "jumlah_bagian": self.total}


class Assembly:
    """Messages from parts that come by rising ID.

    Parts belong together that share sender, recipient, reference and number of parts, within ``window`` of
    the first; then the reference is another message's. A message that lacks parts is given as it is after
    ``wait``, and once more when they come after all.
    """

    def __init__(self, *, wait: timedelta, window: timedelta) -> None:
        self.wait = wait
        self.window = window
        self._long: dict[Key, Message] = {}

    def add(self, row: Mapping[str, Any], at: datetime | None) -> Iterator[Message]:
        """What is ready to be given once a part has come."""
        found, text, number = part(row["UDH"]), str(row["TextDecoded"] or ""), int(row["ID"])
        fresh = Message(first=number, last=number, head=row, at=at, total=found.total if found else 1)
        fresh.parts[found.number if found else 1] = text
        if found is None:
            yield fresh
            return
        key = (str(row["SenderNumber"]), str(row["RecipientID"]), found.bits, found.reference, found.total)
        held = self._long.get(key)
        known = held.parts.get(found.number) if held else None
        if held is None or self._old(held, at) or known not in (None, text):
            if held is not None and not held.whole:
                yield held
            self._long[key] = fresh
        elif known is None:
            held.parts[found.number], held.last = text, number
            if held.whole:
                yield held
        else:
            fresh.twin = True
            yield fresh

    def settle(self, now: datetime | None, last: int) -> tuple[list[Message], int]:
        """Messages that have waited long enough at ``now``, and the ID from which to read on after ``last``.

        No message is cut in two: reading on begins with the first part of any whose last would be read again.
        """
        ready = [m for m in self._long.values() if not m.whole and (m.at is None or now is None or now - m.at >= self.wait)]
        start = min([max(last - OVERLAP, 1), *(m.first for m in self._long.values() if not m.whole and not self._old(m, now))])
        for message in sorted(self._long.values(), key=lambda m: -m.last):
            if message.last >= start:
                start = min(start, message.first)
        self._long = {key: m for key, m in self._long.items() if m.last >= start or not self._old(m, now)}
        return ready, start

    def _old(self, held: Message, now: datetime | None) -> bool:
        return held.at is not None and now is not None and abs(now - held.at) > self.window
