"""Scheduled reports (``DATA/reports.toml``): which page, when, and to which accounts; when the last was due and the next is."""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from layers.alarmrules import NotifyTarget
from layers.briefplan import WEEK, Clock, Weekday
from layers.city import City
from layers.rights import named

LONGEST_GAP = 62
"""Days within which every plan has a turn: a date comes once in each month."""


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Report(_Facts):
    """One report: a page's address, the accounts that get it, and when.

    At the hour ``at`` of the city's clock, either on ``days`` of the week or on ``dates`` of the month; a date that a month
    does not have falls on its last day.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    page: Annotated[str, Field(pattern=r"^/[^/\s]\S*$", max_length=400)]
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    at: Clock
    days: tuple[Weekday, ...] = ()
    dates: tuple[Annotated[int, Field(ge=1, le=31)], ...] = ()
    lang: Literal["id", "en"] = "id"

    @model_validator(mode="after")
    def _planned(self) -> Self:
        if bool(self.days) == bool(self.dates):
            raise ValueError("isi salah satu: days (hari) atau dates (tanggal)")
        return self

    @property
    def plan(self) -> str:
        """When, in words: ``senin, kamis 07.00``, ``tanggal 1, 15 07.00``."""
        when = ", ".join(self.days) or f"tanggal {', '.join(map(str, self.dates))}"
        return f"{when} {self.at:%H.%M}"

    def falls(self, day: date) -> bool:
        """Whether a day has a turn."""
        if self.days:
            return WEEK[day.weekday()] in self.days
        last = monthrange(day.year, day.month)[1]
        return day.day in {min(wanted, last) for wanted in self.dates}

    def last(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The newest turn that is not after ``now``, in UTC."""
        today = now.astimezone(zone).date()
        return next(turn for turn in self._turns((today - timedelta(n) for n in range(LONGEST_GAP)), zone) if turn <= now)

    def next(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first turn after ``now``, in UTC."""
        today = now.astimezone(zone).date()
        return next(turn for turn in self._turns((today + timedelta(n) for n in range(LONGEST_GAP)), zone) if turn > now)

    def _turns(self, days: Iterable[date], zone: ZoneInfo) -> Iterable[datetime]:
        return (datetime.combine(day, self.at, zone).astimezone(UTC) for day in days if self.falls(day))


class Recipient(_Facts):
    """Where an account's reports go: an Apprise address of its own, or a target of the pack's ``[[notify]]``."""

    account: str
    url: SecretStr
    told: NotifyTarget | None = None

    @property
    def name(self) -> str:
        """What the outbox and the log call it, without naming anybody; a target of the pack has no colon in its name."""
        return self.told.name if self.told else f"akun:{sha256(self.account.encode()).hexdigest()[:12]}"

    def free(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Now, or the end of the target's quiet hours."""
        return self.told.free(now, zone) if self.told else now


class Reports(_Facts):
    """The file's content; without the file nothing is scheduled."""

    reports: tuple[Report, ...] = ()
    recipients: Mapping[str, Recipient] = Field(default_factory=dict)

    @property
    def own(self) -> tuple[Recipient, ...]:
        """Recipients with an address of their own: the pack's targets are served anyway."""
        return tuple(recipient for recipient in self.recipients.values() if recipient.told is None)

    def wants(self, name: str, account: str, *, asked: bool) -> bool:
        """Whether an account is still to get a report: by its plan, or because it was ``asked`` for by hand."""
        return account in self.recipients and (asked or any(r.name == name and account in r.to for r in self.reports))

    def report(self, name: str) -> Report:
        """A report by its name; raises ``ValueError`` that says which there are."""
        found = next((report for report in self.reports if report.name == name), None)
        if found is None:
            known = ", ".join(report.name for report in self.reports)
            raise ValueError(f"laporan tidak dikenal: {name}; yang ada: {known or 'belum ada (docs/reports.md)'}")
        return found


class ReportError(ValueError):
    """The file cannot be used; the message names the file, the field and the reason."""


class _File(_Facts):
    """The file as it is written: ``addresses`` by account."""

    addresses: Mapping[str, str] = Field(default_factory=dict)
    reports: tuple[Report, ...] = ()


def read_reports(path: Path, city: City, env: Mapping[str, str]) -> Reports:
    """The file's content, checked against the city's targets; ``${NAME}`` in an address is filled from the environment."""
    if not path.exists():
        return Reports()
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ReportError(f"{path}: {_field(first['loc'])}: {first['msg']}") from None
    except ValueError as error:
        raise ReportError(f"{path}: {error}") from None
    try:
        return _checked(file, city, env)
    except ValueError as error:
        raise ReportError(f"{path}: {error}") from None


def _field(loc: Sequence[Any]) -> str:
    """``reports[2].page``, counted from one as people do."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".") or "reports"


def _checked(file: _File, city: City, env: Mapping[str, str]) -> Reports:
    targets = {target.name: target for target in city.notify}
    recipients = {}
    for written, given in file.addresses.items():
        account, where = named(written), f"addresses.{written}"
        address = _filled(given, env, where)
        if "://" in address:
            recipients[account] = Recipient(account=account, url=SecretStr(address))
        elif address in targets:
            recipients[account] = Recipient(account=account, url=targets[address].url, told=targets[address])
        else:
            known = ", ".join(targets) or "belum ada"
            raise ValueError(f"{where}: bukan alamat (mailtos://...) dan bukan tujuan [[notify]]; yang ada: {known}")
    names: set[str] = set()
    for n, report in enumerate(file.reports, 1):
        if report.name in names:
            raise ValueError(f"reports[{n}].name: {report.name} dinyatakan dua kali")
        names.add(report.name)
        accounts = [named(account) for account in report.to]
        if len(set(accounts)) < len(accounts):
            raise ValueError(f"reports[{n}].to: satu akun dinyatakan dua kali")
        if missing := [account for account in accounts if account not in recipients]:
            raise ValueError(f"reports[{n}].to: belum ada alamat di [addresses] untuk {', '.join(missing)}")
    reports = tuple(report.model_copy(update={"to": tuple(map(named, report.to))}) for report in file.reports)
    return Reports(reports=reports, recipients=recipients)


def _filled(address: str, env: Mapping[str, str], where: str) -> str:
    """The address with its secrets; raises ``ValueError`` for a variable that is not set, and for a password in the file."""
    try:
        password = urlsplit(address).password
    except ValueError:
        raise ValueError(f"{where}: bukan alamat yang dapat dibaca") from None
    if password and not re.fullmatch(r"(\$\{\w+\})+", password):
        raise ValueError(f"{where}: sandi tidak ditulis di berkas; tulis ${{NAMA}} dan isi di lingkungan")

    def value(found: re.Match[str]) -> str:
        if not env.get(found[1]):
            raise ValueError(f"{where}: variabel lingkungan {found[1]} belum diisi")
        return env[found[1]]

    return re.sub(r"\$\{(\w+)\}", value, address)
