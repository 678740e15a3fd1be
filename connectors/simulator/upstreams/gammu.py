"""An SMS gateway: the database that Gammu SMSD keeps, with long messages in parts, operators' news and answers to USSD codes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.simulator.upstreams import Upstream
from connectors.simulator.world import Case, World
from connectors.sources.gammu import INBOX, USSD

MODEM = "ruangkendali1"
FILE = "smsd.sqlite"
_ONE, _PART = 160, 153
"""Characters of an SMS alone and of a part of a long one: its header takes the place of seven."""

_FORM_OF = {
    "Sampah": "SAMPAH",
    "Jalan rusak": "JALAN",
    "Drainase dan genangan": "BANJIR",
    "Lampu jalan": "LAMPU",
    "Administrasi kependudukan": "KTP",
}
"""The words that the city's leaflet asks to write after ``ADUAN#``."""

_POLITE = (
    "Assalamualaikum wr wb, selamat siang bapak/ibu petugas, mohon maaf mengganggu waktunya. ",
    " Sudah kami sampaikan ke RT dan RW tetapi belum ada tindakan, mohon segera ditindaklanjuti. Terima kasih atas perhatiannya",
)
_MACHINES = ("TELKOMSEL", "XL-Axiata", "3636")
_SIGNS = "0123456789ABCDEF"


def fill(world: World, folder: Path, now: datetime) -> None:
    """The gateway's two years."""
    start = datetime.combine(now.date() - timedelta(days=world.HISTORY_DAYS), time.min, now.tzinfo)
    engine = _engine(folder)
    INBOX.metadata.drop_all(engine)
    INBOX.metadata.create_all(engine)
    engine.dispose()
    step(world, folder, start, now)


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    """Receive what was sent in ``(since, until]``; what was received before is not received again."""
    engine = _engine(folder)
    try:
        with engine.begin() as connection:
            latest = connection.execute(sa.select(sa.func.max(INBOX.c.ReceivingDateTime))).scalar()
            after = max(since, latest.replace(tzinfo=UTC)) if latest else since
            days = (until.date() - after.astimezone(until.tzinfo).date()).days
            found = [
                part
                for back in range(days, -1, -1)
                for at, parts in _day(world, until.date() - timedelta(days=back))
                if after < at <= until
                for part in parts
            ]
            if found:
                connection.execute(INBOX.insert(), found)
    finally:
        engine.dispose()


def _engine(folder: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{folder / FILE}")


def _day(world: World, day: date) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """What arrives on a day, oldest first; whole seconds, as the database keeps them."""
    found = [(case.received.replace(microsecond=0), _complaint(world, case)) for case in world.cases(day, "sms")]
    rng = world.rng("gammu", day.toordinal())
    for _ in range(int(rng.poisson(0.6))):
        at = datetime.combine(day, time.min, world.city.zone) + timedelta(seconds=int(rng.integers(86_400)))
        sender, words = _MACHINES[int(rng.integers(3))], "Kuota SMS Anda hampir habis. Isi ulang di *888#"
        found.append((at, [_part(at, sender, words)]))
    if day.weekday() == 0:
        at = datetime.combine(day, time(8), world.city.zone)
        found.append((at, [_part(at, "*888#", "Sisa pulsa Rp48.250 s.d. 31/12", sort=USSD)]))
    yield from sorted(found, key=lambda item: item[0])


def _complaint(world: World, case: Case) -> list[dict[str, Any]]:
    """A citizen's message: by the form of the leaflet, bare, or with all the courtesy that makes it two parts."""
    rng = world.rng("gammu", case.number)
    words, draw = case.text, float(rng.random())
    if draw < 0.3 and case.category in _FORM_OF:
        words = f"ADUAN#{_FORM_OF[case.category]}#{case.typo}#{words}"
    elif draw > 0.85:
        words = _POLITE[0] + words + "." + _POLITE[1]
    sender, at = "+62" + case.citizen.phone[1:], case.received.replace(microsecond=0)
    if len(words) <= _ONE:
        return [_part(at, sender, words)]
    pieces = [words[start : start + _PART] for start in range(0, len(words), _PART)]
    reference = "".join(_SIGNS[int(sign)] for sign in rng.integers(0, 16, 2))
    parts = [
        _part(at, sender, piece, f"050003{reference}{len(pieces):02X}{number:02X}") for number, piece in enumerate(pieces, 1)
    ]
    return parts[:-1] if rng.random() < 0.02 else parts


def _part(at: datetime, sender: str, words: str, header: str = "", sort: int = -1) -> dict[str, Any]:
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return {
        "UpdatedInDB": utc,
        "ReceivingDateTime": utc,
        "Text": words.encode("utf-16-be").hex().upper(),
        "SenderNumber": sender,
        "UDH": header,
        "Class": sort,
        "TextDecoded": words,
        "RecipientID": MODEM,
    }


UPSTREAM = Upstream(name="gammu", fill=fill, step=step)
