"""What a city declares of its gateway: where it is, whose messages do not count, and what words mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from connectors.fields import text
from connectors.source import Config, Row
from connectors.sources._gammu_tables import USSD
from layers.city import City
from layers.facts import Duration
from layers.model import Status


class Gammu(Config):
    """Where the database is, whose messages do not count, and what their words mean.

    A relative SQLite path is one inside the data folder; another ``folder`` may be declared. ``zone`` is
    the zone in which SMSD writes its times: UTC where the database is SQLite, else the city's own.
    ``wait`` is how long the missing parts of a message are waited for, ``window`` how long the same
    reference of the same sender means the same message. ``excluded`` are patterns of whole sender
    numbers: the gateway's own, operators, services. ``keywords`` are words -> the city's category; the
    first that a message holds decides, or the one after a word of ``forms`` (``ADUAN#SAMPAH#...``).
    A message of nothing but ``thanks`` is no complaint.

    ``replies`` are words of the city's replies -> the status that they give, in the order in which they are
    tried; an empty table reads when a complaint was answered, and no table reads no replies. ``number`` is how
    a reply names the message that it answers (its ``ID``); replies with a word of ``automatic`` answer nobody.
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
    thanks: tuple[Annotated[str, Field(min_length=2)], ...] = ()
    replies: Mapping[Annotated[str, Field(min_length=2)], Status] | None = None
    number: str = r"#(\d+)"
    automatic: tuple[Annotated[str, Field(min_length=2)], ...] = ()

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for pattern in (*self.excluded, self.number):
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                raise ValueError(f"pola nomor tidak sah: {pattern!r} ({error})") from None
        if groups != 1:
            raise ValueError("number harus memuat tepat satu kelompok: nomor pesan yang dijawab")
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
        return _begun(self.words)

    @cached_property
    def named(self) -> re.Pattern[str]:
        """How a reply names a message."""
        return re.compile(self.number)

    @cached_property
    def courtesies(self) -> re.Pattern[str] | None:
        """Any words of thanks, the longest first, so that what is left is something else."""
        return _begun(sorted(self.thanks, key=len, reverse=True), end=r"\b")

    @cached_property
    def receipts(self) -> re.Pattern[str] | None:
        """Any words of an automatic reply."""
        return _begun(self.automatic)

    @cached_property
    def verdicts(self) -> tuple[tuple[re.Pattern[str], Status], ...]:
        """The words of replies, in the declared order."""
        return tuple((re.compile(rf"\b{re.escape(word.casefold())}"), status) for word, status in (self.replies or {}).items())

    def said(self, words: str) -> Status | None:
        """The status that a reply gives; ``None`` for one without a declared word."""
        folded = words.casefold()
        return next((status for pattern, status in self.verdicts if pattern.search(folded)), None)


def rule_of(row: Row, config: Gammu) -> str | None:
    """Why a message is no complaint; ``None`` where it is one."""
    if text(row, "kelas") == str(USSD):
        return "ussd"
    if row.get("kembar") is True:
        return "bagian_kembar"
    if config.recipients and text(row, "penerima") not in config.recipients:
        return "penerima_lain"
    sender, words = text(row, "hp_pengirim"), text(row, "isi")
    if sender is not None and any(re.fullmatch(pattern, sender) for pattern in config.excluded):
        return "pengirim_dikecualikan"
    if words is None:
        return "tanpa_teks"
    if config.courtesies and not re.search(r"\w", config.courtesies.sub("", words.casefold())):
        return "ucapan"
    return None


def _begun(words: Iterable[str], end: str = "") -> re.Pattern[str] | None:
    """Any of some words, without regard to case, as a word of its own or (without ``end``) the beginning of one."""
    folded = [re.escape(word.casefold()) for word in words]
    return re.compile(rf"\b(?:{'|'.join(folded)}){end}") if folded else None
