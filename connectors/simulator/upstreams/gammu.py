"""An SMS gateway: the database that Gammu SMSD keeps, with long messages in parts, replies, operators' news and USSD answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._desk import short
from connectors.simulator.world import Case, World
from connectors.simulator.world.facts import DONE, DUPLICATE, NOT_OURS, REJECTED
from connectors.sources._gammu_tables import GATEWAY, INBOX, SENT, USSD, received, sent

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
_THANKS = ("Terima kasih", "terima kasih pak", "Makasih")
_GRATEFUL, _AFTER = 0.15, timedelta(hours=1)
"""The share of those whose complaint was solved who say so, and within what time."""

_VERDICTS = {
    DONE: "selesai ditangani. Terima kasih atas laporannya.",
    NOT_OURS: "bukan kewenangan Pemerintah Kota, silakan hubungi instansi terkait.",
    DUPLICATE: "duplikat dari aduan yang sudah kami tangani.",
    REJECTED: "ditolak: keterangan lokasi atau kejadian belum cukup.",
}
_SIGNS = "0123456789ABCDEF"


def fill(world: World, folder: Path, now: datetime) -> None:
    """The gateway's two years."""
    start = datetime.combine(now.date() - timedelta(days=world.HISTORY_DAYS), time.min, now.tzinfo)
    engine = _engine(folder)
    GATEWAY.drop_all(engine)
    GATEWAY.create_all(engine)
    engine.dispose()
    step(world, folder, start, now)


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    """Receive and send what belongs to ``(since, until]``; what was there before does not come again."""
    engine = _engine(folder)
    try:
        with engine.begin() as connection:
            GATEWAY.create_all(connection)  # where somebody took the file away, the gateway goes on with a new one
            after = _after(connection, INBOX.c.ReceivingDateTime, since)
            days = (until.date() - after.astimezone(until.tzinfo).date()).days
            arrived = (item for back in range(days, -1, -1) for item in _day(world, until.date() - timedelta(days=back)))
            cases = world.changed("sms", since - _AFTER, until)
            found = sorted([*arrived, *_thanks(world, cases)], key=lambda item: item[0])
            if parts := [part for at, parts in found if after < at <= until for part in parts]:
                connection.execute(INBOX.insert(), parts)
            after = _after(connection, SENT.c.SendingDateTime, since)
            if replies := _replies(world, connection, cases, after, until):
                connection.execute(SENT.insert(), replies)
    finally:
        engine.dispose()


def _engine(folder: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{folder / FILE}")


def _after(connection: sa.Connection, column: sa.Column[datetime], since: datetime) -> datetime:
    """The moment after which a table goes on."""
    latest = connection.execute(sa.select(sa.func.max(column))).scalar()
    return max(since, latest.replace(tzinfo=UTC)) if latest else since


def _day(world: World, day: date) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """What arrives on a day, oldest first; whole seconds, as the database keeps them."""
    found = [(case.received.replace(microsecond=0), _complaint(world, case)) for case in world.cases(day, "sms")]
    rng = world.rng("gammu", day.toordinal())
    for _ in range(int(rng.poisson(0.6))):
        at = datetime.combine(day, time.min, world.city.zone) + timedelta(seconds=int(rng.integers(86_400)))
        sender, words = _MACHINES[int(rng.integers(3))], "Kuota SMS Anda hampir habis. Isi ulang di *888#"
        found.append((at, [received(at, sender, words, modem=MODEM)]))
    if day.weekday() == 0:
        at = datetime.combine(day, time(8), world.city.zone)
        found.append((at, [received(at, "*888#", "Sisa pulsa Rp48.250 s.d. 31/12", sort=USSD, modem=MODEM)]))
    yield from sorted(found, key=lambda item: item[0])


def _complaint(world: World, case: Case) -> list[dict[str, Any]]:
    """A citizen's message: by the form of the leaflet, bare, or with all the courtesy that makes it two parts."""
    rng = world.rng("gammu", case.number)
    words, draw = case.text, float(rng.random())
    if draw < 0.3 and case.category in _FORM_OF:
        words = f"ADUAN#{_FORM_OF[case.category]}#{case.typo}#{words}"
    elif draw > 0.85:
        words = _POLITE[0] + words + "." + _POLITE[1]
    sender, at = _line(case), case.received.replace(microsecond=0)
    if len(words) <= _ONE:
        return [received(at, sender, words, modem=MODEM)]
    pieces = [words[start : start + _PART] for start in range(0, len(words), _PART)]
    reference = "".join(_SIGNS[int(sign)] for sign in rng.integers(0, 16, 2))
    parts = [
        received(at, sender, piece, f"050003{reference}{len(pieces):02X}{number:02X}", modem=MODEM)
        for number, piece in enumerate(pieces, 1)
    ]
    return parts[:-1] if rng.random() < 0.02 else parts


def _line(case: Case) -> str:
    return "+62" + case.citizen.phone[1:]


def _thanks(world: World, cases: Iterable[Case]) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """Some who hear that their complaint is solved say thanks for it."""
    for case in cases:
        rng = world.rng("gammu", "thanks", case.number)
        if case.closed is not None and case.verdict == DONE and rng.random() < _GRATEFUL:
            at = case.closed + _AFTER * float(rng.uniform(0.05, 0.95))
            words = _THANKS[int(rng.integers(len(_THANKS)))]
            yield at.replace(microsecond=0), [received(at.replace(microsecond=0), _line(case), words, modem=MODEM)]


def _replies(
    world: World, connection: sa.Connection, changed: Iterable[Case], after: datetime, until: datetime
) -> list[dict[str, Any]]:
    """What the desk sends in a stretch about messages that the gateway has."""
    cases = [case for case in changed if any(after < at <= until for at in case.moments())]
    numbers = _numbers(connection, cases)
    found = [
        (at, case, f"Aduan #{number} {words}")
        for case in cases
        if (number := numbers.get((_line(case), case.received.astimezone(UTC).replace(microsecond=0, tzinfo=None))))
        for at, words in _answers(world, case)
        if after < at <= until
    ]
    found.sort(key=lambda item: item[0])
    first = (connection.execute(sa.select(sa.func.max(SENT.c.ID))).scalar() or 0) + 1
    return [sent(at, first + n, case.citizen.phone, words, modem=MODEM) for n, (at, case, words) in enumerate(found)]


def _numbers(connection: sa.Connection, cases: Sequence[Case]) -> dict[tuple[str, datetime], int]:
    """The number under which the gateway has each case: that of its message's first part."""
    if not cases:
        return {}
    times = [case.received.astimezone(UTC).replace(microsecond=0, tzinfo=None) for case in cases]
    query = sa.select(INBOX.c.SenderNumber, INBOX.c.ReceivingDateTime, INBOX.c.ID).order_by(INBOX.c.ID.desc())
    rows = connection.execute(query.where(INBOX.c.ReceivingDateTime.between(min(times), max(times))))
    return {(sender, at): number for sender, at, number in rows}


def _answers(world: World, case: Case) -> Iterable[tuple[datetime, str]]:
    """What is sent about a case in all its life: passed on, closed, opened again."""
    for at, opd in ((case.verified, case.opd), *case.transfers):
        yield at, f"diteruskan ke {short(world.city, opd)}."
    if case.first_closed is not None and case.reopened is not None:
        yield case.first_closed, _VERDICTS[DONE]
        yield case.reopened, "dibuka kembali, mohon menunggu tindak lanjut."
    if case.closed is not None:
        yield case.closed, _VERDICTS[case.verdict]


UPSTREAM = Upstream(name="gammu", fill=fill, step=step)
