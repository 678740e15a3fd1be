"""What an author of a connector sees: a Source, its pages and rows, and errors named by the action they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from layers.city import City
from layers.model import Kind, Outcome, Record

if TYPE_CHECKING:
    from connectors.http import Http
    from layers.store import Store

C = TypeVar("C", bound="Config")

Row = Mapping[str, Any]
"""One row as the source wrote it, before anything is believed."""

Cursor = Mapping[str, Any]
"""Where to go on from: JSON, committed in one transaction with the rows that it stands for."""


class Config(BaseModel):
    """Base of a connector's own configuration: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def objection(self, title: str) -> str | None:  # noqa: ARG002 - for those connectors that have one
        """Why a source with this configuration may not bear this title; ``None`` where it may."""
        return None

    def takes_files(self) -> bool:
        """Whether people may lay files for this source into the drop folder."""
        return False

    def heading(self, field: str, row: Row) -> str:  # noqa: ARG002 - for those connectors that read people's tables
        """What the people who wrote ``row`` call a field of the record: the heading of its column."""
        return field

    def headings_asked(self) -> Sequence[str]:
        """The headings that a file of people must have, for them to read; several names for one column parted by ``/``."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a connector may know of its surroundings. ``now`` is one moment for a whole run.

    ``store`` is the room's own, within a run, for a source that speaks of the room itself.
    """

    source: str
    city: City
    now: datetime
    data: Path
    store: Store | None = None

    @property
    def temp(self) -> Path:
        """The source's own folder for temporary files, for a run under its lock: what a killed one left is gone by then."""
        return self.data / "run" / "tmp" / self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows and the cursor that is true once they are committed.

    ``where`` says of each row of a dropped file where its writer finds it: ``baris 14``; ``notes`` is what else he should know.
    """

    rows: Sequence[Row]
    cursor: Cursor | None = None
    where: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a row says about where it belongs; the most exact statement that holds is used."""

    code: str | None = None
    lat: float | None = None
    lon: float | None = None
    kelurahan: str | None = None
    kecamatan: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row that became a record, still to be placed."""

    record: Record
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A row that rightly does not count, by a rule with a name.

    ``ends`` is the kind of the record that the row is about, where the rule says that it counts no more:
    a plan that was withdrawn. An earlier version of it then ends. A row that only adds nothing ends nothing.
    """

    rule: str
    ends: Kind | None = None


class BadRow(ValueError):
    """A row that cannot be believed: it goes to quarantine with its field and reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class SourceError(Exception):
    """The run cannot go on. Each kind names the outcome, and so the action."""

    outcome: ClassVar[Outcome]


class TryLater(SourceError):
    """The source is away or unwell: try again, it may pass."""

    outcome = Outcome.TRANSIENT


class SlowDown(SourceError):
    """The source asks for fewer requests; ``retry_after`` in seconds where it says so."""

    outcome = Outcome.RATE_LIMITED

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AskForAccess(SourceError):
    """The source does not let us in: a person has to mend the access, hammering will not."""

    outcome = Outcome.AUTH


class FormChanged(SourceError):
    """The source answers in another form than agreed: the connector has to be looked at."""

    outcome = Outcome.DRIFT


class Refused(SourceError):
    """We do not ask: an address that is not allowed, a file outside the data folder."""

    outcome = Outcome.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[C]):
    """A connector: how to fetch pages and how to read one row.

    ``pages`` yields as it goes, so that memory stays bounded; ``parse`` is pure. ``key`` gives the
    row's own identifier for the quarantine, where it has one. ``drop`` reads a file that a person laid into
    the drop folder; its name tells the format. ``tested_on_real`` is false until the connector has met the
    real system: every screen says so.
    """

    name: str
    title: Mapping[str, str]
    kinds: frozenset[Kind]
    config: type[C]
    pages: Callable[[Http, C, Cursor | None, Context], Iterator[Page]]
    parse: Callable[[Row, C, Context], Kept | Excluded]
    key: Callable[[Row], str | None]
    tested_on_real: bool = True
    drop: Callable[[Path, str, C, Context], Iterator[Page]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a connector shows of itself without its source: real (or printed) rows, and what they came in.

    ``config`` validates against ``SOURCE.config``; ``{base}`` in any of its texts stands for the address
    of the server that gives ``responses``. Those map ``/path`` or ``/path?name=value`` to a content type
    and a body; the entry whose parameters (of the query or of a posted form) all match and are the most
    wins. ``files`` are laid under the data folder, by relative path. ``rows`` are rows as
    ``parse`` gets them, each kept or excluded; ``broken`` are rows that must go to quarantine.
    """

    config: Mapping[str, Any]
    rows: tuple[Row, ...]
    broken: tuple[Row, ...] = ()
    responses: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
