"""A city pack: one TOML file and its tables of facts, read once into frozen objects.

The pack names the areas, the zone, the OPDs, the sources, the targets with their dates and what the
screens show. Operators add sources of their own as one TOML file each in ``DATA/sources``.
"""

from __future__ import annotations

import csv
import os
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from layers import alikerules
from layers.alarmrules import Alarms, NotifyTarget, States, owners_of
from layers.briefplan import BriefPlan
from layers.facts import Duration, Facts
from layers.officehours import DeadlineRule, Holiday, WorkingTime
from layers.ownkpis import OwnKpi
from layers.suspicionrules import SuspicionRules

PACKS = Path(__file__).parent / "cities"
"""The packs that come with the room."""

CODE = re.compile(r"\d\d\.\d\d")
"""A kabupaten's or kota's code as Kemendagri writes it."""


class PackError(ValueError):
    """A pack or source file that cannot be used; the message names file, field and reason."""


def _pace(value: object) -> object:
    """``"2/s"``, ``"60/m"``, ``"500/h"`` as the time from one request to the next."""
    if isinstance(value, str) and (match := re.fullmatch(r"([1-9]\d*)\s*/\s*([smh])", value)):
        return timedelta(seconds={"s": 1, "m": 60, "h": 3600}[match[2]]) / int(match[1])
    return value


Pace = Annotated[timedelta, BeforeValidator(_pace)]
"""A rate of requests, kept by spacing them evenly: that never asks more than the rate in any stretch of time."""


class AreaFacts(Facts):
    """One kecamatan or kelurahan as the pack states it."""

    code: str
    name: str
    variants: tuple[str, ...] = ()
    label_lat: float | None = None
    label_lon: float | None = None
    km2: float | None = None
    neighbours: tuple[str, ...] = ()


class Opd(Facts):
    """A perangkat daerah; ``slug`` is its key in records and addresses, ``codes`` what sources call it."""

    slug: str
    short: str
    name: str
    codes: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()


class Target(Facts):
    """A target and the limit beyond which to act, with the dates between which they hold."""

    target: float
    act: float | None = None
    valid_from: date
    valid_to: date | None = None


class Report(Facts):
    """What a source owes the room: at least one record of each (``by``) in every complete ``period``.

    A period is a local day, a week from Monday or a calendar month. With ``working_days`` one without a working
    day is not asked about.
    """

    by: Literal["source", "opd", "kecamatan", "kelurahan", "subject"]
    period: Literal["1d", "7d", "1mo"] = "1d"
    working_days: bool = True


class SourceConfig(Facts):
    """One configured source: which connector, how often, how old its data may be.

    ``delivery`` is ``live`` when an answer speaks for the moment it is given, ``export`` when it
    speaks only up to its newest record. ``config`` is the connector's own and validated by it.

    ``interval`` lies between two runs, give or take ``jitter`` (a tenth of it unless said), so that sources do not all
    come at once; ``deadline`` is the wall clock for all that a run asks; ``tries`` how often an unwell answer is asked for
    in all, ``rate`` how many requests a run may make (``60/m``). ``queue`` names the workers that may run it where there
    are many machines: a folder is only where it is.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    connector: str
    title: str
    owner: str
    interval: Duration
    budget: Duration
    deadline: Annotated[Duration, Field(gt=timedelta())] = timedelta(minutes=5)
    jitter: Annotated[Duration, Field(ge=timedelta())] | None = None
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    rate: Annotated[Pace, Field(gt=timedelta())] | None = None
    queue: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")] = "umum"
    reports: tuple[Report, ...] = ()
    delivery: Literal["live", "export"] = "live"
    tested_on_real: bool = True
    config: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def spread(self) -> timedelta:
        """How far a turn may lie from its time, either way; less than the interval."""
        return min(self.interval / 10 if self.jitter is None else self.jitter, self.interval * 0.9)


REPORTING = SourceConfig(
    name="pelaporan",
    connector="pelaporan",
    title="Kelengkapan pelaporan",
    owner="Live Room",
    interval=timedelta(hours=1),
    budget=timedelta(hours=3),
)
"""The room's own source: who delivered nothing in a period. Configured as soon as one source declares ``reports``."""


class Retention(Facts):
    """How long measurements keep each version: every one for ``raw``, then the last of an hour, after ``hourly`` of a day."""

    raw: Annotated[Duration, Field(ge=timedelta(days=1))] = timedelta(days=14)
    hourly: Annotated[Duration, Field(ge=timedelta(days=1))] = timedelta(days=90)


class SceneConfig(Facts):
    """What one scene of the wall shows, and for how long; what is left open is as the scene itself has it."""

    name: Annotated[str, Field(pattern=r"^[a-z]{2,20}$")]
    dwell: Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(minutes=10))] = timedelta(seconds=25)
    tiles: Annotated[tuple[str, ...], Field(max_length=8)] = ()
    map: str | None = None
    ranking: str | None = None


class ScreenConfig(Facts):
    """One of several screens of a room: the scenes that it shows (without, the wall's), ``offset`` places ahead of the others."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9 _.-]{0,39}$")]
    scenes: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,20}$")], ...] = ()
    offset: Annotated[int, Field(ge=0, le=50)] = 0


class Wall(Facts):
    """What the wall shows: ``tiles``, ``map`` and ``ranking`` of its first scene, and the ``scenes`` in their order.

    Without ``scenes`` all that there are take turns; ``screens`` are those of a room that differ.
    """

    tiles: Annotated[tuple[str, ...], Field(min_length=1, max_length=8)]
    map: str
    ranking: str
    scenes: tuple[SceneConfig, ...] = ()
    screens: tuple[ScreenConfig, ...] = ()

    def screen(self, name: str | None) -> ScreenConfig | None:
        """The screen of this name; ``None`` for one that is as all others."""
        return next((screen for screen in self.screens if screen.name == name), None)

    @model_validator(mode="after")
    def _screens_differ(self) -> Wall:
        if len({screen.name for screen in self.screens}) < len(self.screens):
            raise ValueError("wall.screens: nama dinyatakan dua kali")
        return self


class City(Facts):
    """The whole pack; ``boundaries`` is its own boundary file, a sound coverage, where it has one.

    ``holidays`` are the rows of ``<code>.holidays.csv``, ``deadlines`` the rules by profile beside those of the room;
    ``kpis`` are the city's own figures, ``kpis_off`` those of the room that it does not show; ``alike`` says which packages
    are of the kind of which complaints.
    """

    code: str
    name: str
    zone: ZoneInfo
    outline: tuple[tuple[float, float], ...] = ()
    boundaries: Path | None = None
    population: int | None = None
    population_year: int | None = None
    areas: tuple[AreaFacts, ...]
    opds: tuple[Opd, ...]
    targets: Mapping[str, tuple[Target, ...]] = Field(default_factory=dict)
    sources: tuple[SourceConfig, ...] = ()
    retention: Retention = Retention()
    calendar: WorkingTime = WorkingTime()
    holidays: tuple[Holiday, ...] = ()
    deadlines: Mapping[str, tuple[DeadlineRule, ...]] = Field(default_factory=dict)
    suspicion: SuspicionRules = SuspicionRules()
    kpis: tuple[OwnKpi, ...] = ()
    kpis_off: tuple[str, ...] = ()
    brief: BriefPlan = BriefPlan()
    wall: Wall
    alarms: Alarms = Field(default=(), validate_default=True)
    state: States = Field(default=(), validate_default=True)
    notify: tuple[NotifyTarget, ...] = ()
    alike: tuple[alikerules.Alike, ...] = alikerules.ROOM

    @model_validator(mode="after")
    def _hangs_together(self) -> City:
        codes = Counter(area.code for area in self.areas)
        parents = {self.code, *codes}
        orphans = [code for code in codes if code.rpartition(".")[0] not in parents]
        slugs, names = Counter(opd.slug for opd in self.opds), Counter(code for opd in self.opds for code in opd.codes)
        twice = [key for counted in (codes, slugs, names) for key, n in counted.items() if n > 1]
        if twice or orphans:
            raise ValueError(f"dinyatakan dua kali: {', '.join(twice) or '-'}; tanpa induk: {', '.join(orphans) or '-'}")
        if strange := {*self.calendar.services} - {*slugs}:
            raise ValueError(f"calendar.services: bukan OPD kota ini: {', '.join(sorted(strange))}")
        owned = [*(rule.owner for rule in self.alarms), *(name for target in self.notify for name in target.owners)]
        if strange := {*owned} - owners_of(slugs) - {source.owner for source in self.sources}:
            raise ValueError(f"alarms: bukan OPD, peran, atau pemilik sumber: {', '.join(sorted(strange))}")
        if len({target.name for target in self.notify}) < len(self.notify):
            raise ValueError("notify: nama dinyatakan dua kali")
        return self

    def target(self, kpi: str, day: date) -> Target | None:
        """The target of a KPI in force on ``day``."""
        for target in self.targets.get(kpi, ()):
            if target.valid_from <= day and (target.valid_to is None or day <= target.valid_to):
                return target
        return None

    def check(self, opds: Collection[str], areas: Collection[str]) -> None:
        """Raises ``ValueError`` naming an OPD or an area that this city does not have."""
        unknown = [*({*opds} - {opd.slug for opd in self.opds}), *({*areas} - {self.code, *(area.code for area in self.areas)})]
        if unknown:
            raise ValueError(f"tidak ada di {self.name}: {', '.join(sorted(unknown))}")

    def opd(self, slug: str) -> Opd | None:
        return next((opd for opd in self.opds if opd.slug == slug), None)


def load(code: str, sources: Sequence[Path] = (), packs: Sequence[Path] = (PACKS,)) -> City:
    """Read the pack ``<code>.toml`` with its tables from the first of the folders ``packs`` that has it.

    The source files in the folders ``sources`` are added. Raises :class:`PackError` naming the file, the
    field and the reason.
    """
    folder = next((p for p in packs if CODE.fullmatch(code) and (p / f"{code}.toml").exists()), None)
    if folder is None:
        known = ", ".join(sorted({p.stem for folder in packs for p in folder.glob("*.toml")}))
        raise PackError(f"tidak ada paket kota {code!r}; yang ada: {known}; buat paket baru dengan: liveroom adopt {code}")
    path = folder / f"{code}.toml"
    pack = _toml(path)
    pack["areas"] = _table(folder / f"{code}.areas.csv", ("variants", "neighbours"))
    pack["opds"] = _table(folder / f"{code}.opds.csv", ("variants", "codes"))
    if (holidays := folder / f"{code}.holidays.csv").exists():
        pack["holidays"] = _table(holidays, ())
    if (boundaries := folder / f"{code}.boundaries.geojson").exists():
        pack["boundaries"] = boundaries
    own = [_toml(p) | {"name": p.stem} for folder in sources for p in sorted(folder.glob("*.toml"))]
    pack["sources"] = [*pack.get("sources", []), *own]
    try:
        city = City.model_validate(pack)
    except ValidationError as error:
        first = error.errors()[0]
        raise PackError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if any(s.reports for s in city.sources):
        city = city.model_copy(update={"sources": (*city.sources, REPORTING)})
    names = [s.name for s in city.sources]
    if twice := {n for n in names if names.count(n) > 1}:
        raise PackError(f"{path.name}: sumber dinyatakan dua kali: {', '.join(sorted(twice))}")
    return city


def _toml(path: Path) -> dict[str, Any]:
    try:
        return {key: _resolve(value, path) for key, value in tomllib.loads(path.read_text("utf-8")).items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{path.name}: {error}") from error


def _resolve(value: Any, path: Path) -> Any:
    """Replace ``${NAME}`` by the environment's value; a secret never stands in a pack."""
    if isinstance(value, dict):
        return {key: _resolve(item, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, path) for item in value]
    if isinstance(value, str):

        def environment(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                raise PackError(f"{path.name}: variabel lingkungan {match[1]} belum diisi")
            return os.environ[match[1]]

        return re.sub(r"\$\{(\w+)\}", environment, value)
    return value


def _table(path: Path, lists: tuple[str, ...]) -> list[dict[str, Any]]:
    """A pack's CSV; the columns in ``lists`` hold several values parted by ``|``."""
    if not path.exists():
        raise PackError(f"{path.name}: tidak ada di {path.parent}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{key: value for key, value in row.items() if value != ""} for row in csv.DictReader(file)]
    return [{key: tuple(value.split("|")) if key in lists else value for key, value in row.items()} for row in rows]
