"""Messages and replies out of a gateway's database, each from where the last run came to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.declared import tables
from connectors.source import Context, Refused, Row
from connectors.sources import _gammu, _gammu_replies
from connectors.sources._gammu import Assembly, Message
from connectors.sources._gammu_replies import Reply, answered, line, nobody, replies, spellings, version
from connectors.sources._gammu_terms import Gammu, rule_of
from layers.clock import TimeError, parse_time

LAG = timedelta(minutes=10)
"""How far behind the last one parts sent are looked for again: of several SMSD the earlier may write later."""

LINES = 500
"""Citizens' lines whose messages are asked for at once: bounds the memory, and the length of a question."""

REMEMBERED = 5_000
"""Parts sent that a cursor remembers as read; more within :data:`LAG` are read again, which changes nothing."""

AUTOMATIC, UNSENT, NOBODY = "balasan_otomatis", "balasan_tidak_terkirim", "balasan_tanpa_aduan"
"""The rules of messages sent that answer no complaint."""

Found = Iterator[tuple[list[Row], dict[str, Any]]]
"""Rows, and the place from which to go on after them."""


class Gateway:
    """The gateway's database, and how its times are read."""

    def __init__(self, config: Gammu, ctx: Context) -> None:
        url = config.address
        if url is None:
            raise Refused("alamat basis data tidak sah")
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_absolute():
            url = url.set(database=str((config.folder or ctx.data) / url.database))
        self.config = config
        self._url = SecretStr(url.render_as_string(hide_password=False))
        self._folders = [folder.resolve() for folder in (ctx.data, config.folder) if folder is not None]
        self._zone = config.zone_of(ctx.city)

    def inbox(self, start: int = 0, senders: Sequence[str] | None = None) -> Iterator[Sequence[Row]]:
        """Parts received, by rising ID."""
        database = tables.Database(url=self._url, table="inbox", namespace=self.config.namespace, cursor="ID")
        among = None if senders is None else ("SenderNumber", senders)
        return tables.rows_of(database, _gammu.COLUMNS, ["bulat", str(start)] if start else None, self._folders, among)

    def sent(self, since: Any = None, receivers: Sequence[str] | None = None) -> Iterator[Sequence[Row]]:
        """Parts sent, by the time of their last change: their IDs do not rise in time."""
        database = tables.Database(
            url=self._url, table="sentitems", namespace=self.config.namespace, cursor="UpdatedInDB", lag=LAG
        )
        among = None if receivers is None else ("DestinationNumber", receivers)
        return tables.rows_of(database, _gammu_replies.COLUMNS, since, self._folders, among)

    def assembly(self) -> Assembly:
        return Assembly(wait=self.config.wait, window=self.config.window)

    def time(self, row: Row, field: str) -> datetime | None:
        """A time of a row; one that cannot be read is said when the message is."""
        try:
            return parse_time(str(row[field]), self._zone)
        except (TimeError, OverflowError):
            return None

    def received(self, row: Row) -> datetime | None:
        return self.time(row, "ReceivingDateTime")

    def sending(self, row: Row) -> datetime | None:
        return self.time(row, "SendingDateTime")


def inbox(database: Gateway, state: Mapping[str, Any], now: datetime) -> Found:
    """Messages by rising ID, long ones once they are whole or have been waited for.

    The cursor holds the ID from which parts are read again (of a message that still waits, and of the
    last few, since several SMSD may write at once) and what was given of them. Where nothing is left of
    what was read before, the gateway was set up anew, and is read from its beginning.
    """
    for start in dict.fromkeys((int(state.get("from", 0)), 0)):
        given: dict[str, int] = dict(state.get("given", {})) if start else {}
        assembly, last = database.assembly(), 0
        for rows in database.inbox(start):
            found = [message for row in rows for message in assembly.add(row, database.received(row))]
            last = int(rows[-1]["ID"])
            yield _given(found, assembly.settle(database.received(rows[-1]), last), given)
        if last:
            yield _given([], assembly.settle(now, last), given)
            return


def _given(found: list[Message], settled: tuple[list[Message], int], given: dict[str, int]) -> tuple[list[Row], dict[str, Any]]:
    """The messages that say more than what was given of them before, and the place after them."""
    ready, start = settled
    rows: list[Row] = []
    for message in [*found, *ready]:
        if given.get(message.number) != len(message.parts):
            given[message.number] = len(message.parts)
            rows.append(message.row())
    for number in [number for number in given if int(number.partition("-")[0]) < start]:
        del given[number]
    return rows, {"from": start, "given": dict(given)}


def sent(database: Gateway, state: Mapping[str, Any]) -> Found:
    """Complaints as the replies left them that were sent, or reported on, since the last run."""
    before, since = frozenset(state.get("given", ())), state.get("from")
    given: dict[str, datetime | None] = {}
    for rows in database.sent(since):
        marks = [f"{row['ID']}-{row['SequencePosition']}-{row['UpdatedInDB']}" for row in rows]
        fresh = [row for mark, row in zip(marks, rows, strict=True) if mark not in before]
        at = [database.time(row, "UpdatedInDB") for row in rows]
        given |= dict(zip(marks, at, strict=True))
        since = tables.mark(rows[-1]["UpdatedInDB"]) or since
        near = [mark for mark, moment in given.items() if moment is None or at[-1] is None or at[-1] - moment <= LAG]
        given = {mark: given[mark] for mark in near[-REMEMBERED:]}
        yield list(_told(database, fresh)), {"from": since, "given": list(given)}


def _told(database: Gateway, fresh: Sequence[Row]) -> Iterator[Row]:
    """A row for each reply that some parts are of: its complaint after it, or why it answers none."""
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in fresh:
        parts[line(row["DestinationNumber"])].append(row)
    order = list(parts)
    for start in range(0, len(order), LINES):
        lines = order[start : start + LINES]
        written = {spelling for each in lines for spelling in spellings(each)}
        messages = _messages(database, sorted(written))
        written |= {str(row["DestinationNumber"]) for each in lines for row in parts[each]}
        threads: dict[str, list[Reply]] = defaultdict(list)
        for reply in replies((row for rows in database.sent(receivers=sorted(written)) for row in rows), database.sending):
            threads[reply.to].append(reply)
        for each in lines:
            yield from _thread(messages[each], threads[each], {int(row["ID"]) for row in parts[each]}, database.config)


def _messages(database: Gateway, senders: Sequence[str]) -> defaultdict[str, list[Message]]:
    """The complaints of some lines."""
    assembly, last = database.assembly(), 0
    found: list[Message] = []
    for rows in database.inbox(senders=senders):
        found += [message for row in rows for message in assembly.add(row, database.received(row))]
        last = int(rows[-1]["ID"])
    by_line: defaultdict[str, list[Message]] = defaultdict(list)
    for message in [*found, *assembly.settle(None, last)[0]]:
        if rule_of(message.row(), database.config) is None:
            by_line[line(message.head["SenderNumber"])].append(message)
    return by_line


def _thread(messages: Sequence[Message], sent: Sequence[Reply], fresh: Iterable[int], config: Gammu) -> Iterator[Row]:
    """What the ``fresh`` ones among the replies sent to a line make of its complaints."""
    human = [reply for reply in sent if config.receipts is None or not config.receipts.search(reply.text.casefold())]
    answers: dict[str, list[Reply]] = defaultdict(list)
    meant: dict[int, Message] = {}
    for message, reply in answered(messages, human, config.named):
        if message is not None:
            answers[message.number].append(reply)
            meant[reply.number] = message
    known = {reply.number: reply for reply in sent}
    people = {reply.number for reply in human}
    for number in sorted(fresh):
        if number not in known:
            yield nobody(number, UNSENT)
        elif message := meant.get(number):
            yield version(message, [reply for reply in answers[message.number] if reply.at <= known[number].at], config.said)
        else:
            yield nobody(number, NOBODY if number in people else AUTOMATIC)
