"""SMS of a gateway run by Gammu SMSD: its own database is read, never written to; long messages are put together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import Field, SecretStr, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from connectors import tables
from connectors.fields import need, place, text
from connectors.http import Http
from connectors.source import BadRow, Config, Context, Cursor, Excluded, Kept, Page, Place, Refused, Row, Sample, Source
from connectors.sources._gammu import Assembly, Message
from layers.city import City, Duration
from layers.clock import TimeError, parse_time
from layers.model import Complaint, Kind, Status

COLUMNS = ("ID", "ReceivingDateTime", "SenderNumber", "RecipientID", "UDH", "Class", "TextDecoded")
"""What is read of ``inbox``: nothing else of the gateway's database is asked for."""

USSD = 127
"""The class under which SMSD files the network's answers to USSD codes: nobody's message."""

_SEPARATORS = re.compile(r"\s*[#*;]\s*")
_PIECES = re.compile(r"\s*[#*;,.]\s*")
_BEFORE = re.compile(r"^(?:di\s+)?(?:daerah|wilayah|lokasi)?\s*:?\s*", re.IGNORECASE)


class Gammu(Config):
    """Where the database is, whose messages do not count, and what their words mean.

    A relative SQLite path is one inside the data folder; another ``folder`` may be declared. ``zone`` is
    the zone in which SMSD writes its times: UTC where the database is SQLite, else the city's own.
    ``wait`` is how long the missing parts of a message are waited for, ``window`` how long the same
    reference of the same sender means the same message. ``excluded`` are patterns of whole sender
    numbers: the gateway's own, operators, services. ``keywords`` are words -> the city's category; the
    first that a message holds decides, or the one after a word of ``forms`` (``ADUAN#SAMPAH#...``).
    """

    url: SecretStr
    folder: Path | None = None
    namespace: Annotated[str, Field(min_length=1)] | None = None
    zone: ZoneInfo | None = None
    recipients: tuple[str, ...] = ()
    excluded: tuple[str, ...] = (r"[^+\d].*", r"\d{1,6}")
    wait: Duration = Field(default="10m", validate_default=True)
    window: Duration = Field(default="2h", validate_default=True)
    forms: tuple[str, ...] = ("aduan", "lapor")
    keywords: Mapping[Annotated[str, Field(min_length=2)], str] = Field(default_factory=dict)
    category: str = "Lainnya"
    channel: str = "SMS"

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for pattern in self.excluded:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pola nomor tidak sah: {pattern!r} ({error})") from None
        if self.window < self.wait:
            raise ValueError("window tidak boleh lebih pendek dari wait")
        return self

    @cached_property
    def address(self) -> URL | None:
        """The database's address; ``None`` for one that is no address."""
        try:
            return make_url(self.url.get_secret_value())
        except (ArgumentError, ValueError):
            return None

    def zone_of(self, city: City) -> ZoneInfo:
        """The zone of SMSD's times."""
        sqlite = self.address is not None and self.address.get_backend_name() == "sqlite"
        return self.zone or (ZoneInfo("UTC") if sqlite else city.zone)

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The keywords without regard to case, in the declared order."""
        return {word.casefold(): category for word, category in self.keywords.items()}

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Any keyword as a word of its own, or the beginning of one that is written together (``sampahnya``)."""
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, self.words))})") if self.words else None


def pages(http: Http, config: Gammu, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:  # noqa: ARG001
    """Messages by rising ID, long ones once they are whole or have been waited for.

    The cursor holds the ID from which parts are read again (of a message that still waits, and of the
    last few, since several SMSD may write at once) and what was given of them. Where nothing is left of
    what was read before, the gateway was set up anew, and is read from its beginning.
    """
    database = _database(config, ctx)
    folders = [folder.resolve() for folder in (ctx.data, config.folder) if folder is not None]
    zone = config.zone_of(ctx.city)
    state = dict(cursor or {})
    for start in dict.fromkeys((int(state.get("from", 0)), 0)):
        given: dict[str, int] = dict(state.get("given", {})) if start else {}
        assembly, last = Assembly(wait=config.wait, window=config.window), 0
        for rows in tables.rows_of(database, COLUMNS, ["bulat", str(start)] if start else None, folders):
            times = [_time(row, zone) for row in rows]
            found = [message for row, at in zip(rows, times, strict=True) for message in assembly.add(row, at)]
            last = int(rows[-1]["ID"])
            yield _page(found, assembly.settle(times[-1], last), given)
        if last:
            yield _page([], assembly.settle(ctx.now, last), given)
            return


def parse(row: Row, config: Gammu, ctx: Context) -> Kept | Excluded:
    """One message: nobody's, a machine's, an empty one, or a complaint that waits; a gateway knows of no closing."""
    if text(row, "kelas") == str(USSD):
        return Excluded(rule="ussd")
    if row.get("kembar") is True:
        return Excluded(rule="bagian_kembar")
    if config.recipients and text(row, "penerima") not in config.recipients:
        return Excluded(rule="penerima_lain")
    sender = text(row, "hp_pengirim")
    if sender is not None and any(re.fullmatch(pattern, sender) for pattern in config.excluded):
        return Excluded(rule="pengirim_dikecualikan")
    words = text(row, "isi")
    if words is None:
        return Excluded(rule="tanpa_teks")
    received = _received(row, config, ctx)
    parts, total = text(row, "bagian"), text(row, "jumlah_bagian")
    record = Complaint(
        source=ctx.source,
        source_id=need(row, "nomor"),
        seen_at=ctx.now,
        received=received,
        status=Status.WAITING,
        category=_category(words, config),
        channel=config.channel,
        text=words + (f" [{parts} dari {total} bagian diterima]" if parts and total else ""),
        reporter=sender,
    )
    return Kept(record=record, place=_place(words, ctx.city))


# --- pure -----------------------------------------------------------------------------------------


def _database(config: Gammu, ctx: Context) -> tables.Database:
    url = config.address
    if url is None:
        raise Refused("alamat basis data tidak sah")
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_absolute():
        url = url.set(database=str((config.folder or ctx.data) / url.database))
    secret = SecretStr(url.render_as_string(hide_password=False))
    return tables.Database(url=secret, table="inbox", namespace=config.namespace, cursor="ID")


def _time(row: Row, zone: ZoneInfo) -> datetime | None:
    """When a part came, for the waiting; a time that cannot be read is said when the message is."""
    try:
        return parse_time(str(row["ReceivingDateTime"]), zone)
    except TimeError:
        return None


def _page(found: list[Message], settled: tuple[list[Message], int], given: dict[str, int]) -> Page:
    """The messages that say more than what was given of them before, and the cursor after them."""
    ready, start = settled
    rows = []
    for message in [*found, *ready]:
        if given.get(message.number) != len(message.parts):
            given[message.number] = len(message.parts)
            rows.append(message.row())
    for number in [number for number in given if int(number.partition("-")[0]) < start]:
        del given[number]
    return Page(rows=rows, cursor={"from": start, "given": dict(given)})


def _received(row: Row, config: Gammu, ctx: Context) -> datetime:
    try:
        return parse_time(need(row, "diterima"), config.zone_of(ctx.city))
    except (TimeError, OverflowError):
        raise BadRow("diterima", "bukan waktu yang dikenal") from None


def _category(words: str, config: Gammu) -> str:
    """By the keyword after a word of ``forms``, else by the first keyword that stands in the message."""
    parts = [part.casefold() for part in _SEPARATORS.split(words)]
    if len(parts) > 1 and parts[0] in config.forms and (named := config.words.get(parts[1])):
        return named
    match = config.pattern.search(words.casefold()) if config.pattern else None
    return config.words[match[0]] if match else config.category


def _place(words: str, city: City) -> Place:
    """``Kel. X`` and ``Kec. Y`` wherever they stand, or a piece between marks that is a name and nothing else."""
    for piece in (words, *_PIECES.split(words)):
        found = place(_BEFORE.sub("", piece), city)
        if found != Place():
            return found
    return Place()


def _key(row: Row) -> str | None:
    return text(row, "nomor")


SOURCE = Source(
    name="gammu",
    title={"id": "SMS gateway (Gammu SMSD)", "en": "SMS gateway (Gammu SMSD)"},
    kinds=frozenset({Kind.COMPLAINT}),
    config=Gammu,
    pages=pages,
    parse=parse,
    key=_key,
)

INBOX = sa.Table(
    "inbox",
    sa.MetaData(),
    sa.Column("UpdatedInDB", sa.DateTime, nullable=False),
    sa.Column("ReceivingDateTime", sa.DateTime, nullable=False),
    sa.Column("Text", sa.Text, nullable=False),
    sa.Column("SenderNumber", sa.String(20), nullable=False, default=""),
    sa.Column("Coding", sa.String(22), nullable=False, default="Default_No_Compression"),
    sa.Column("UDH", sa.Text, nullable=False, default=""),
    sa.Column("SMSCNumber", sa.String(20), nullable=False, default=""),
    sa.Column("Class", sa.Integer, nullable=False, default=-1),
    sa.Column("TextDecoded", sa.Text, nullable=False, default=""),
    sa.Column("ID", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("RecipientID", sa.Text, nullable=False),
    sa.Column("Processed", sa.String(5), nullable=False, default="false"),
    sa.Column("Status", sa.Integer, nullable=False, default=-1),
)
"""The table of received parts as SMSD (schema version 17) has it, for gateways that are made: the sample's and the demo's."""


def _sms(minute: int, sender: str, words: str, udh: str = "", sort: int = -1) -> dict[str, Any]:
    at = datetime(2026, 11, 2, 1, minute, tzinfo=UTC).replace(tzinfo=None)
    parts = {"SenderNumber": sender, "TextDecoded": words, "UDH": udh, "Class": sort, "RecipientID": "modem1"}
    return {"UpdatedInDB": at, "ReceivingDateTime": at, "Text": words.encode("utf-16-be").hex(), **parts}


def _gateway() -> bytes:
    """A small gateway's database: a message, a long one in two parts, an operator's and an answer to a USSD code."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        INBOX.metadata.create_all(connection)
        connection.execute(
            INBOX.insert(),
            [
                _sms(1, "+628120000001", "ADUAN#SAMPAH#Sukasari#sampah menumpuk 3 hari"),
                _sms(2, "+628120000002", "Lampu jalan mati di depan pasar, ", "050003C80201"),
                _sms(3, "+628120000002", "sudah seminggu", "050003C80202"),
                _sms(4, "TELKOMSEL", "Kuota hampir habis"),
                _sms(5, "*888#", "Pulsa Rp10.000", sort=USSD),
            ],
        )
    with engine.connect() as connection:
        content: bytes = connection.connection.driver_connection.serialize()  # type: ignore[union-attr]
    engine.dispose()
    return content


_ROW = {
    "nomor": "1-20261102010100",
    "penerima": "modem1",
    "hp_pengirim": "+628120000001",
    "diterima": "2026-11-02 01:01:00",
    "kelas": -1,
    "isi": "ADUAN#SAMPAH#Sukasari#sampah menumpuk 3 hari",
}

SAMPLE = Sample(
    config={"url": "sqlite:///sms/smsd.sqlite", "keywords": {"sampah": "Sampah", "lampu": "Lampu jalan"}},
    rows=(
        _ROW,
        _ROW | {"nomor": "2-20261102010200", "isi": "lampu mati", "bagian": 1, "jumlah_bagian": 2},
        _ROW | {"nomor": "4-20261102010400", "hp_pengirim": "TELKOMSEL"},
        _ROW | {"nomor": "5-20261102010500", "kelas": USSD},
        _ROW | {"nomor": "6-20261102010600", "isi": ""},
    ),
    broken=(
        _ROW | {"nomor": "7-", "diterima": "0000-00-00 00:00:00"},
        _ROW | {"nomor": "8-", "diterima": "31/31/2026"},
    ),
    files={"sms/smsd.sqlite": _gateway()},
)
