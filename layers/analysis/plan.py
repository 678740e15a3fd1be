"""How a question about one room is computed: which rows, by which expressions, in which passes, and what each cell means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from layers.analysis.ask import Ask
from layers.analysis.dimensions import DIMENSIONS, Dimension, Sort, bounded_by, column
from layers.analysis.found import Key
from layers.catalog import Form, Kpi, Rate, When
from layers.city import City
from layers.drill import within
from layers.evaluate import JOINT, Cell, Cut, empty, figures, since
from layers.memo import kept
from layers.model import UNPLACED, Kind, Level, Scope
from layers.periods import Unit, buckets
from layers.prepared import prepared
from layers.readings import Room, reading
from layers.smallcells import PERSONAL
from layers.snapshot import Band, Reading

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
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
