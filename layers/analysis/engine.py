"""Answers a question over the rows that the asker may count: bounded, and by the very expressions of the catalogue."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from itertools import product
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import polars as pl

from layers.analysis.ask import Ask
from layers.analysis.dimensions import DIMENSIONS, Dimension, Sort, bounded_by, column, of_kind
from layers.analysis.found import Found, Key
from layers.analysis.measures import measure
from layers.analysis.small import PERSONAL, small, veiled
from layers.areas import AreaTree
from layers.catalog import Form, Kpi, Rate, When, Window
from layers.city import City
from layers.contributions import NO_HISTORY, NOT_WATCHED
from layers.drill import within
from layers.edges import edges
from layers.evaluate import JOINT, TREND_DAYS, Cell, Cut, empty, figures, since
from layers.frames import Views
from layers.memo import kept
from layers.model import UNPLACED, Kind, Level, Scope
from layers.periods import Period, Unit, buckets, own
from layers.prepared import prepared
from layers.readings import Room, reading
from layers.runs import SourceFacts
from layers.snapshot import Band, Reading

REMEMBERED = 128
"""So many answers are kept; the oldest go first."""

MOST_CELLS = 10_000
"""Cells of one answer."""

MOST_WORK = 200_000_000
"""Rows looked at for one answer: those of the frame, once for each part of the period that is computed by itself."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""What is made of complaints does not depend on the moment."""

NOT_YET = "belum dipantau"
ONE_AREA = "angka per penduduk hanya untuk satu wilayah"

_MADE = ("jam_respons", "jam_penyelesaian", "jam_dipegang", "tenggat_verifikasi", "tenggat_respons")
"""Columns of complaints that are made when asked for (:func:`layers.prepared.prepared`)."""


class TooMuchError(ValueError):
    """A question beyond the bounds; the message says which, and how to ask for less."""


class OutsideError(LookupError):
    """A question about what the asker may not see; nobody learns whether it exists."""


class _Memo:
    """What is remembered of one version and minute."""

    def __init__(self, moment: tuple[int, datetime], room: Room) -> None:
        self.moment, self.room = moment, room
        self.answers: OrderedDict[tuple[object, ...], Found] = OrderedDict()


_memo: WeakKeyDictionary[Views, _Memo] = WeakKeyDictionary()
_lock = threading.Lock()


def analyse(
    scope: Scope,
    frames: Views,
    catalog: Mapping[str, Kpi],
    tree: AreaTree,
    city: City,
    ask: Ask,
    facts: Iterable[SourceFacts],
    now: datetime,
) -> Found:
    """Answer a question, remembered by the version of the frames, the minute, the question and the asker's limits.

    Raises ``ValueError`` in words for what cannot be asked of this figure, :class:`TooMuchError` beyond the bounds and
    :class:`OutsideError` outside the scope.
    """
    began, view = perf_counter(), frames.view()
    moment = view.version, now.astimezone(UTC).replace(second=0, microsecond=0)
    with _lock:
        memo = _memo.get(frames)
        if memo is None or memo.moment != moment:
            memo = _memo[frames] = _Memo(moment, Room(view, tree, city, facts, now.astimezone(UTC)))
        key = (ask.question, scope.limits, scope.may_see_rows)
        found = memo.answers.get(key)
    if found is None:
        found = answer(scope, memo.room, catalog, ask.question, version=view.version)
        found = replace(found, seconds=perf_counter() - began)
        with _lock:
            memo.answers[key] = found
            while len(memo.answers) > REMEMBERED:
                memo.answers.popitem(last=False)
    return replace(found, ask=ask)


def units(frames: Mapping[Kind, pl.DataFrame]) -> Mapping[str, str]:
    """The measurements that there are, each with its unit."""
    whole = frames[Kind.MEASUREMENT]

    def made() -> dict[str, str]:
        known = whole.lazy().group_by("name").agg(pl.col("unit").last()).collect()
        return dict(known.select(pl.col("name", "unit").cast(pl.String)).iter_rows())

    return kept(whole, "units", made)


def answer(scope: Scope, room: Room, catalog: Mapping[str, Kpi], ask: Ask, *, version: int = 0) -> Found:
    """:func:`analyse` of one room, not remembered."""
    kpi = measure(ask.kpi, catalog, units(room.whole))
    when, earlier = _windows(ask, kpi, room)
    dimensions = _checked(scope, ask, kpi, room, when)
    why = None if earlier is None else _incomparable(kpi, room, earlier)
    plan = _Plan(scope=scope, room=room, kpi=kpi, ask=ask, dimensions=dimensions)
    now = plan.cells(when)
    past = plan.cells(earlier) if earlier is not None and why is None else {}
    keys = tuple(plan.order(k, now, when) for k in range(len(dimensions)))
    past = plan.aligned(past, keys, earlier) if earlier is not None and past else past
    full: list[Key] = list(product(*[(*values, None) for values in keys]))
    if len(full) > MOST_CELLS:
        raise TooMuchError(
            f"terlalu banyak sel ({len(full)}); paling banyak {MOST_CELLS}: pilih kurun lebih pendek atau satu dimensi"
        )
    cells = {key: plan.reading(key, now.get(key), when) for key in full}
    before = {key: plan.reading(key, past.get(key), earlier) for key in full} if past and earlier else {}
    hidden: set[Key] = set()
    if not scope.may_see_rows and kpi.kind in PERSONAL:
        hidden = small(keys, cells) | (small(keys, before) if before else set())
        cells, before = veiled(cells, hidden), veiled(before, hidden)
    return Found(
        ask=ask,
        kpi=kpi,
        at=room.now,
        version=version,
        when=when,
        earlier=earlier if past else None,
        why_earlier=why,
        dimensions=dimensions,
        keys=keys,
        cells=cells,
        before=before,
        hidden=len(hidden),
        limited=scope.limited,
        at_end=kpi.kind is not None and not _flows(kpi, when),
        seconds=0.0,
    )


# --- what can be asked -------------------------------------------------------------------------


def _windows(ask: Ask, kpi: Kpi, room: Room) -> tuple[When, When | None]:
    zone = room.city.zone
    if ask.period is None and kpi.window is Window.NOW and any(DIMENSIONS[name].sort is Sort.TIME for name in ask.dimensions):
        ask = replace(ask, period=Period.read(f"{TREND_DAYS}h"))  # a moment has no parts: how it stood of late
    if ask.period is None:
        return own(ask.against, kpi.window, zone, room.now)
    when = ask.period.when(kpi.window, zone, room.now)
    return when, ask.period.against(ask.against, kpi.window, zone, room.now)


def _flows(kpi: Kpi, when: When) -> bool:
    """Whether the figure speaks of all of its window, rather than of its end."""
    found = edges(kpi.form, kpi.window, when.zone)
    return found is not None and any(not edge.of_end for edge in found)


def _tells_past(kpi: Kpi, when: When) -> bool:
    """Whether the figure can speak of another time than now: its records tell it, or it follows those of one period."""
    return kpi.history or (kpi.kind is not Kind.MEASUREMENT and bounded_by(kpi, when) is not None)


def _incomparable(kpi: Kpi, room: Room, earlier: When) -> str | None:
    if not _tells_past(kpi, earlier):
        return NO_HISTORY
    begun = room.begun(kpi)
    since = earlier.end if kpi.window is Window.NOW else earlier.start
    return None if begun is not None and begun <= since else NOT_WATCHED


def _checked(scope: Scope, ask: Ask, kpi: Kpi, room: Room, when: When) -> tuple[Dimension, ...]:
    """The dimensions asked for; ``ValueError`` for what this figure has not, :class:`OutsideError` for what is not theirs."""
    known = of_kind(kpi.kind)
    for name in (*ask.dimensions, *dict(ask.where)):
        if name not in known:
            raise ValueError(f"angka ini tidak dapat diurai atau disaring menurut {DIMENSIONS[name].title['id'].lower()}")
    found = tuple(known[name] for name in ask.dimensions)
    timed = any(each.sort is Sort.TIME for each in found)
    if all(each.sort is Sort.TIME for each in found) and len(found) == 2:
        raise ValueError("dua kurun kalender tidak dapat disilangkan")
    if (timed or ask.period is not None) and not _tells_past(kpi, when):
        raise ValueError(f"{NO_HISTORY}; bukalah halaman ini pada saat lampau untuk melihatnya waktu itu")
    chosen = dict(ask.where)
    area, opd, category = chosen.get("area"), chosen.get("opd"), chosen.get("category")
    if area is not None and area not in room.tree.areas:
        raise OutsideError(area)
    if opd is not None and (room.city.opd(opd) is None or (scope.opds is not None and opd not in scope.opds)):
        raise OutsideError(opd)
    if area is not None and scope.areas is not None and not any(area == o or area.startswith(f"{o}.") for o in scope.areas):
        raise OutsideError(area)
    if category is not None and scope.categories is not None and category not in scope.categories:
        raise OutsideError(category)
    return found


# --- how it is computed ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A question about one room, checked."""

    scope: Scope
    room: Room
    kpi: Kpi
    ask: Ask
    dimensions: tuple[Dimension, ...]

    def cells(self, when: When) -> dict[Key, Cell]:
        """Every cell with its margins in one window; calendar periods by themselves where no one time decides."""
        if self.room.origin(self.kpi).why_none is not None:
            return {}
        frame = self._frame(when)
        at = next((k for k, each in enumerate(self.dimensions) if each.sort is Sort.TIME), None)
        if at is None or bounded_by(self.kpi, when) is not None:
            self._bounded(frame.height)
            return self._figure(frame, when, range(len(self.dimensions)))
        unit = self.dimensions[at].unit or Unit.DAY
        parts = buckets(unit, when)
        self._bounded(frame.height * len(parts))
        others = [k for k in range(len(self.dimensions)) if k != at]
        found = self._figure(frame, when, others)
        for day, part in parts:
            found |= {_put(key, at, str(day)): cell for key, cell in self._figure(frame, part, others).items()}
        return found

    def _bounded(self, work: int) -> None:
        if work > MOST_WORK:
            raise TooMuchError("terlalu banyak baris untuk kurun ini; pilih kurun lebih pendek atau bagian yang lebih panjang")

    def _figure(self, frame: pl.DataFrame, when: When, which: Sequence[int]) -> dict[Key, Cell]:
        """The cells by some of the dimensions in one window, in one pass over the rows that count."""
        form, lazy, gate = self.kpi.form, frame.lazy(), self._gate()
        if self.kpi.kind not in PERSONAL:  # whether a row counts may depend on others, so all stay
            form = _gated(form, gate)
        else:
            lazy = lazy.filter(form.where(when) & gate)
        names = {k: f"+{k}" for k in which}
        lazy = lazy.with_columns(**{name: column(self.dimensions[k], self.kpi, when) for k, name in names.items()})
        cuts: dict[Cut, tuple[int, ...]] = {None: (), **{(name,): (k,) for k, name in names.items()}}
        if len(which) == 2:
            cuts[tuple(names.values())] = tuple(names)
        found: dict[Key, Cell] = {}
        for cut, cells in figures(lazy, [(form, when)], tuple(cuts))[0].items():
            for joined, cell in cells.items():
                if cut is None or cell.rows:
                    found[self._key(cuts[cut], joined)] = cell
        return found

    def _key(self, which: tuple[int, ...], joined: str) -> Key:
        values = dict(zip(which, joined.split(JOINT), strict=True)) if which else {}
        key = [values.get(k) for k in range(len(self.dimensions))]
        return tuple(UNPLACED if v == "" and d.sort is Sort.PLACE else v for d, v in zip(self.dimensions, key, strict=True))

    def _frame(self, when: When) -> pl.DataFrame:
        """The rows that the window can reach, with the columns that the figure reads."""
        kpi, room = self.kpi, self.room
        if kpi.kind is None or kpi.names or kpi.against or kpi.pattern is not None:
            return room.frame(kpi)
        if not reads(kpi.form, when) & {*_MADE}:
            return room.whole[kpi.kind]
        if when.start >= since(room.now):
            return room.recent(kpi.kind)
        return pl.concat([_with_made(part, room.city) for part in room.parts(kpi.kind)])

    def _gate(self) -> pl.Expr:
        """The rows that were asked for and that the asker may count."""
        tree, chosen, office = self.room.tree, dict(self.ask.where), self.kpi.by_opd
        gate = [pl.lit(value=True)]
        if self.scope.areas is not None:
            gate.append(within(sorted(self.scope.areas), tree))
        if self.scope.opds is not None:
            gate.append(pl.col(office).is_in(sorted(self.scope.opds)))
        if self.scope.categories is not None and self.kpi.kind is Kind.COMPLAINT:
            gate.append(pl.col("category").is_in(sorted(self.scope.categories)))
        for name, value in chosen.items():
            if name == "area":
                gate.append(within([value], tree))
            elif name == "opd":
                gate.append(pl.col(office) == value)
            else:
                gate.append(pl.col(DIMENSIONS[name].column).cast(pl.String) == value)
        return pl.all_horizontal(*gate).fill_null(value=False)

    # --- what it means -------------------------------------------------------------------------

    def order(self, index: int, found: Mapping[Key, Cell], when: When) -> tuple[str, ...]:
        """The values of a dimension: places, offices and periods whole and in their order, words by how many they are."""
        each = self.dimensions[index]
        cells = {key[index]: cell for key, cell in found.items() if all((v is None) != (k == index) for k, v in enumerate(key))}
        seen = {value: cell for value, cell in cells.items() if value is not None}
        match each.sort:
            case Sort.TIME if each.unit:
                return tuple(str(day) for day, _ in buckets(each.unit, when))
            case Sort.ROUND:
                return (*each.values, *([""] if "" in seen else []))
            case Sort.OFFICE:
                mine = [o.slug for o in self.room.city.opds if self.scope.opds is None or o.slug in self.scope.opds]
                asked = dict(self.ask.where).get("opd")
                return tuple(
                    dict.fromkeys((*([asked] if asked else mine), *sorted(v for v in seen if v), *([""] if "" in seen else [])))
                )
            case Sort.PLACE:
                return tuple(dict.fromkeys((*self._places(each), *(v for v in sorted(seen) if v))))
        return tuple(sorted(seen, key=lambda value: (-seen[value].n, value)))

    def _places(self, each: Dimension) -> list[str]:
        tree, asked = self.room.tree, dict(self.ask.where).get("area")
        level = tree.kecamatan if each.id == "kecamatan" else tree.kelurahan
        limits = [{asked} if asked else None, self.scope.areas]
        codes = [area.code for area in level]
        for limit in limits:
            if limit is not None and tree.city.code not in limit:
                codes = [code for code in codes if any(code == own or code.startswith(f"{own}.") for own in limit)]
        return codes

    def aligned(self, past: Mapping[Key, Cell], keys: Sequence[Sequence[str]], earlier: When) -> dict[Key, Cell]:
        """The cells of the window compared with under the keys of this one: its first month stands beside the first."""
        at = next((k for k, each in enumerate(self.dimensions) if each.sort is Sort.TIME), None)
        if at is None:
            return dict(past)
        unit = self.dimensions[at].unit or Unit.DAY
        days: dict[str | None, str | None] = {None: None}
        days |= {str(day): now for (day, _), now in zip(buckets(unit, earlier), keys[at], strict=False)}
        return {_put(key, at, days[key[at]]): cell for key, cell in past.items() if key[at] in days}

    def reading(self, key: Key, cell: Cell | None, when: When) -> Reading:
        """A cell with its reason, age and evidence; without the targets of the whole city where it is a part or another time."""
        kpi, room, ask = self.kpi, self.room, self.ask
        values = {d.sort: (d, v) for d, v in zip(self.dimensions, key, strict=True) if v is not None}
        chosen = dict(ask.where)
        area = (values[Sort.PLACE][1] if Sort.PLACE in values else None) or chosen.get("area") or room.city.code
        opd = values[Sort.OFFICE][1] if Sort.OFFICE in values else chosen.get("opd")
        found = reading(kpi, room, cell or empty(kpi.form), None, area=area, opd=opd or None)
        whole = ask.period is None and set(chosen) <= {"area", "opd"} and not {Sort.WORD, Sort.TIME, Sort.ROUND} & set(values)
        if not whole or (kpi.additive and (opd or area != room.city.code)):
            found = replace(found, target=None, band=Band.NORMAL)
        why = self._unknown(values, area, when)
        return found if why is None or found.value is None else replace(found, value=None, why_none=why, band=Band.NORMAL)

    def _unknown(self, values: Mapping[Sort, tuple[Dimension, str]], area: str, when: When) -> str | None:
        """Why a cell that was counted must not be shown as a number."""
        if isinstance(self.kpi.form, Rate) and self.scope.areas is not None and area not in self.scope.areas:
            inside = area != self.room.city.code and self.room.tree.areas[area].level is not Level.KOTA
            return None if inside else ONE_AREA
        begun = self.room.begun(self.kpi) if self.kpi.kind is not None and self.kpi.history else None
        end = when.end
        if Sort.TIME in values:
            unit = values[Sort.TIME][0].unit or Unit.DAY
            day = unit.step(date.fromisoformat(values[Sort.TIME][1]))
            end = min(end, datetime(day.year, day.month, day.day, tzinfo=when.zone).astimezone(UTC))
        return NOT_YET if begun is not None and end < begun else None


def _put(key: Key, at: int, value: str | None) -> Key:
    return (*key[:at], value, *key[at + 1 :])


def _with_made(part: pl.DataFrame, city: City) -> pl.DataFrame:
    """A month of complaints with the columns that are made when asked for, kept as long as the month does not change."""
    made = kept(part, "made", lambda: prepared(Kind.COMPLAINT, part, city, NEVER).select(_MADE), of=city)
    return part.hstack(made)


def _gated(form: Form, gate: pl.Expr) -> Form:
    given = form.where

    def where(when: When) -> pl.Expr:
        return given(when) & gate

    return replace(form, where=where)


def _expressions(form: Form, when: When) -> list[pl.Expr]:
    found: list[Any] = [getattr(form, each.name) for each in fields(form)]
    made = [value(when) if callable(value) else value for value in found]
    return [each for each in made if isinstance(each, pl.Expr)]


def reads(form: Form, when: When) -> set[str]:
    """The columns that a figure reads."""
    return {name for each in _expressions(form, when) for name in each.meta.root_names()}
