"""SMS of a gateway run by Gammu SMSD: its own database is read, never written to; replies say what became of a complaint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.fields import need, place, text
from connectors.http import Http
from connectors.source import BadRow, Context, Cursor, Excluded, Kept, Page, Place, Row, Sample, Source
from connectors.sources import _gammu_reading
from connectors.sources._gammu_reading import AUTOMATIC, NOBODY, UNSENT
from connectors.sources._gammu_tables import USSD, gateway
from connectors.sources._gammu_terms import Gammu, rule_of
from layers.city import City
from layers.clock import TimeError, parse_time
from layers.model import Complaint, Kind, Status

_SEPARATORS = re.compile(r"\s*[#*;]\s*")
_PIECES = re.compile(r"\s*[#*;,.]\s*")
_BEFORE = re.compile(r"^(?:di\s+)?(?:daerah|wilayah|lokasi)?\s*:?\s*", re.IGNORECASE)


def pages(http: Http, config: Gammu, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:  # noqa: ARG001
    """Messages, then the replies to them; both go on from their own place in the cursor.

    A reply gives its complaint anew, as it stands after it: what is said of a complaint is read out of both
    tables each time, so nothing of a citizen has to be remembered between two runs.
    """
    database = _gammu_reading.Gateway(config, ctx)
    state = dict(cursor or {})
    for rows, place_in in _gammu_reading.inbox(database, state, ctx.now):
        state |= place_in
        yield Page(rows=rows, cursor=dict(state))
    if config.replies is not None:
        for rows, place_in in _gammu_reading.sent(database, state.get("sent", {})):
            state["sent"] = place_in
            yield Page(rows=rows, cursor=dict(state))


def parse(row: Row, config: Gammu, ctx: Context) -> Kept | Excluded:
    """One message: nobody's, a machine's, thanks, or a complaint as its replies left it.

    A version is dated by what made it, and by a microsecond more for each part behind it: what is told later
    stands later, also within one second.
    """
    rule = _reply_rule(row) or rule_of(row, config)
    if rule is not None:
        return Excluded(rule=rule)
    words, received = need(row, "isi"), _need_time(row, "diterima", config, ctx)
    parts, total = text(row, "bagian"), text(row, "jumlah_bagian")
    record = Complaint(
        source=ctx.source,
        source_id=need(row, "nomor"),
        seen_at=ctx.now,
        known_at=(_moment(row, "diketahui", config, ctx) or received) + timedelta(microseconds=_order(row)),
        received=received,
        status=_status(row),
        responded=_moment(row, "ditanggapi", config, ctx),
        closed=_moment(row, "ditutup", config, ctx),
        reopened=_moment(row, "dibuka_kembali", config, ctx),
        category=_category(words, config),
        channel=config.channel,
        text=words + (f" [{parts} dari {total} bagian diterima]" if parts and total else ""),
        reporter=text(row, "hp_pengirim"),
    )
    return Kept(record=record, place=_place(words, ctx.city))


# --- pure -----------------------------------------------------------------------------------------


def _reply_rule(row: Row) -> str | None:
    """The rule of a reply that answers nobody; ``None`` for a message."""
    if (rule := row.get("aturan")) is None:
        return None
    if rule not in (AUTOMATIC, UNSENT, NOBODY):
        raise BadRow("aturan", "bukan aturan yang dikenal")
    return str(rule)


def _moment(row: Row, field: str, config: Gammu, ctx: Context) -> datetime | None:
    try:
        return None if row.get(field) is None else parse_time(need(row, field), config.zone_of(ctx.city))
    except (TimeError, OverflowError):
        raise BadRow(field, "bukan waktu yang dikenal") from None


def _need_time(row: Row, field: str, config: Gammu, ctx: Context) -> datetime:
    found = _moment(row, field, config, ctx)
    if found is None:
        raise BadRow(field, "kosong, padahal wajib diisi")
    return found


def _order(row: Row) -> int:
    """How many parts stand behind a version."""
    order = row.get("urutan", 1)
    if not isinstance(order, int) or not 0 <= order < 1_000_000:
        raise BadRow("urutan", "bukan jumlah bagian")
    return order


def _status(row: Row) -> Status:
    try:
        return Status(text(row, "status") or Status.WAITING)
    except ValueError:
        raise BadRow("status", "bukan status yang dikenal") from None


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
    tested_on_real=False,
)

_ROW = {
    "nomor": "1-20261102010100",
    "penerima": "modem1",
    "hp_pengirim": "+628120000001",
    "diterima": "2026-11-02 01:01:00",
    "kelas": -1,
    "isi": "ADUAN#SAMPAH#Sukasari#sampah menumpuk 3 hari",
}

_ANSWERED = _ROW | {"ditanggapi": "2026-11-02 01:20:00", "diketahui": "2026-11-02 01:40:00", "urutan": 257}

SAMPLE = Sample(
    config={
        "url": "sqlite:///sms/smsd.sqlite",
        "keywords": {"sampah": "Sampah", "lampu": "Lampu jalan"},
        "thanks": ["terima kasih"],
        "replies": {"selesai": "selesai", "diteruskan": "diproses"},
    },
    rows=(
        _ROW,
        _ANSWERED | {"status": "selesai", "ditutup": "2026-11-02 01:40:00"},
        _ROW | {"nomor": "2-20261102010200", "isi": "lampu mati", "bagian": 1, "jumlah_bagian": 2},
        _ROW | {"nomor": "4-20261102010400", "hp_pengirim": "TELKOMSEL"},
        _ROW | {"nomor": "5-20261102010500", "kelas": USSD},
        _ROW | {"nomor": "6-20261102010600", "isi": ""},
        _ROW | {"nomor": "7-20261102015000", "isi": "Terima kasih..."},
        {"nomor": "balasan-3", "aturan": NOBODY},
    ),
    broken=(
        _ROW | {"nomor": "7-", "diterima": "0000-00-00 00:00:00"},
        _ROW | {"nomor": "8-", "diterima": "31/31/2026"},
        _ANSWERED | {"nomor": "9-", "status": "beres"},
        _ANSWERED | {"nomor": "10-", "ditanggapi": "kemarin"},
        _ANSWERED | {"nomor": "11-", "urutan": -1},
    ),
    files={"sms/smsd.sqlite": gateway()},
)
