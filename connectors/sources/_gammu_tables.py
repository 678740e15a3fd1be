"""The two tables of Gammu SMSD that are read, as schema version 17 has them, and a small gateway made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

USSD = 127
"""The class under which SMSD files the network's answers to USSD codes: nobody's message."""

GATEWAY = sa.MetaData()

INBOX = sa.Table(
    "inbox",
    GATEWAY,
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
"""One row for each part received."""

SENT = sa.Table(
    "sentitems",
    GATEWAY,
    sa.Column("UpdatedInDB", sa.DateTime, nullable=False),
    sa.Column("InsertIntoDB", sa.DateTime, nullable=False),
    sa.Column("SendingDateTime", sa.DateTime, nullable=False),
    sa.Column("DeliveryDateTime", sa.DateTime),
    sa.Column("Text", sa.Text, nullable=False),
    sa.Column("DestinationNumber", sa.String(20), nullable=False, default=""),
    sa.Column("Coding", sa.String(22), nullable=False, default="Default_No_Compression"),
    sa.Column("UDH", sa.Text, nullable=False, default=""),
    sa.Column("SMSCNumber", sa.String(20), nullable=False, default=""),
    sa.Column("Class", sa.Integer, nullable=False, default=-1),
    sa.Column("TextDecoded", sa.Text, nullable=False, default=""),
    sa.Column("ID", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("SenderID", sa.String(255), nullable=False),
    sa.Column("SequencePosition", sa.Integer, primary_key=True, default=1),
    sa.Column("Status", sa.String(17), nullable=False, default="SendingOK"),
    sa.Column("StatusError", sa.Integer, nullable=False, default=-1),
    sa.Column("TPMR", sa.Integer, nullable=False, default=-1),
    sa.Column("RelativeValidity", sa.Integer, nullable=False, default=-1),
    sa.Column("CreatorID", sa.Text, nullable=False),
    sa.Column("StatusCode", sa.Integer, nullable=False, default=-1),
)
"""One row for each part sent; its ``ID`` is the one that the message had in the queue, so it does not rise in time."""


def received(at: datetime, sender: str, words: str, udh: str = "", sort: int = -1, modem: str = "modem1") -> dict[str, Any]:
    """A part in ``inbox``; SMSD writes UTC into SQLite."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    parts = {"SenderNumber": sender, "TextDecoded": words, "UDH": udh, "Class": sort, "RecipientID": modem}
    return {"UpdatedInDB": utc, "ReceivingDateTime": utc, "Text": words.encode("utf-16-be").hex().upper(), **parts}


def sent(at: datetime, number: int, to: str, words: str, part: int = 1, modem: str = "modem1") -> dict[str, Any]:
    """A part in ``sentitems``."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    parts = {"ID": number, "SequencePosition": part, "DestinationNumber": to, "TextDecoded": words, "SenderID": modem}
    times = dict.fromkeys(("UpdatedInDB", "InsertIntoDB", "SendingDateTime"), utc)
    return {**times, "Text": words.encode("utf-16-be").hex().upper(), "CreatorID": "aduan", **parts}


def gateway() -> bytes:
    """A SQLite database: a message that was answered twice, a long one, an operator's, an answer to a USSD code, thanks."""
    hour = [datetime(2026, 11, 2, 1, minute, tzinfo=UTC) for minute in range(60)]
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        GATEWAY.create_all(connection)
        connection.execute(
            INBOX.insert(),
            [
                received(hour[1], "+628120000001", "ADUAN#SAMPAH#Sukasari#sampah menumpuk 3 hari"),
                received(hour[2], "+628120000002", "Lampu jalan mati di depan pasar, ", "050003C80201"),
                received(hour[3], "+628120000002", "sudah seminggu", "050003C80202"),
                received(hour[4], "TELKOMSEL", "Kuota hampir habis"),
                received(hour[5], "*888#", "Pulsa Rp10.000", sort=USSD),
                received(hour[50], "+628120000001", "Terima kasih"),
            ],
        )
        connection.execute(
            SENT.insert(),
            [
                sent(hour[20], 1, "08120000001", "Aduan #1 diteruskan ke Dinas Lingkungan Hidup"),
                sent(hour[40], 2, "08120000001", "Aduan #1 selesai, sampah sudah diangkut"),
                sent(hour[41], 3, "08129999999", "Rapat jam 2"),
            ],
        )
    with engine.connect() as connection:
        content: bytes = connection.connection.driver_connection.serialize()  # type: ignore[union-attr]
    engine.dispose()
    return content
