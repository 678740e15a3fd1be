"""What a browser asks to see: a page's path and filters, checked before anything is done with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from starlette.exceptions import HTTPException

from dashboard.access import Refused
from dashboard.page import FILTERS, Lang, Page, checked, find_page, own
from dashboard.room import Room
from layers.city import City
from layers.drill import Query
from layers.model import Kind, Scope
from layers.snapshot import Reading, Snapshot

LONGEST = 80
"""Characters of the longest filter value."""
LONGEST_ADDRESS = 400
DAYS = range(1, 367)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A page's address, the reading asked for on it, and the filters that narrow it; ``number`` tells answers apart."""

    page: str
    kpi: str | None
    area: str | None
    opd: str | None
    lang: Lang
    filters: Mapping[str, str]
    number: int
    when: Mapping[str, object]
    """``pada`` and ``menurut``, as a page of the past has them in its address."""

    @classmethod
    def read(cls, asked: object, city: City) -> Cut:
        """Read what a callback was sent; 400 for anything that is not what our own page sends."""
        if not isinstance(asked, dict):
            raise HTTPException(400)
        filters, number = asked.get("cut") or {}, asked.get("n")
        if not isinstance(filters, dict) or not isinstance(number, int):
            raise HTTPException(400)
        return cls(
            page=_word(asked, "page", LONGEST_ADDRESS) or "",
            kpi=_word(asked, "kpi"),
            area=_word(asked, "area"),
            opd=_word(asked, "opd"),
            lang="en" if asked.get("lang") == "en" else "id",
            filters=check_filters(filters, city),
            number=number,
            when={name: asked.get(name) for name in ("pada", "menurut")},
        )

    def reading(self, scope: Scope, room: Room, snapshot: Snapshot) -> Reading | None:
        """The very reading that this page shows: published, or drilled where the page is drawn from a drill.

        An area's page is: its cards for everybody, and its comparison too for a scope that is limited.
        """
        if self.area not in (None, *room.tree.areas):
            return None
        found = find_page(self.page.partition("?")[0])
        if found and (drawn := found[0].readings):
            params = page_for(scope, self.page, room)[1]
            shown = drawn(room.view(scope, self.lang, narrowed(found[0], params, self.filters))).get(self.kpi or "")
            if shown and (shown.area, shown.opd) == (self.area or shown.area, self.opd):
                return shown
        here = found[1].get("code") if found else None
        if here is None or self._published(room) or (self.area not in (None, here) and not scope.limited):
            return snapshot.reading(self.kpi or "", self.area, self.opd)
        drilled = room.drill(scope, query(self.area or here, self.filters)) if room.drill and room.has_frames() else None
        reading = next((r for r in drilled.readings if r.kpi == self.kpi), None) if drilled else None
        if scope.limited:
            return own(reading) if reading else None
        if reading:
            return reading if self.filters else checked(reading, snapshot)
        return None if self.filters else snapshot.reading(self.kpi or "", self.area or here, self.opd)

    def _published(self, room: Room) -> bool:
        """Whether the figure is not of complaints: no page drills into others, so that all see the published one."""
        kpi = room.catalog.get(self.kpi or "")
        return kpi is not None and kpi.kind is not Kind.COMPLAINT

    def params(self) -> dict[str, str]:
        """What the page is given: the values of its path, what it asks, and the filters."""
        found = find_page(self.page.partition("?")[0])
        if not found:
            return dict(self.filters)
        return narrowed(found[0], found[1] | _asked(found[0], self.page.partition("?")[2]), self.filters)


def _word(asked: Mapping[str, object], name: str, most: int = LONGEST) -> str | None:
    """A short text or nothing; 400 for anything else."""
    value = asked.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > most):
        raise HTTPException(400)
    return value


def check_filters(given: Mapping[str, object], city: City) -> dict[str, str]:
    """The known filters that are set, in one order; 400 for a value that no filter can have."""
    filters: dict[str, str] = {}
    for name in FILTERS:
        value = given.get(name)
        if value is None or value == "":
            continue
        if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
            raise HTTPException(400)
        filters[name] = value
    if "days" in filters and (not filters["days"].isdecimal() or int(filters["days"]) not in DAYS):
        raise HTTPException(400)
    if "opd" in filters and city.opd(filters["opd"]) is None:
        raise HTTPException(404)
    return filters


def page_for(scope: Scope, address: str, room: Room) -> tuple[Page, dict[str, str]]:
    """The page at an address, the values in its path, and what the page asks for in its query.

    404 for one that is absent, of no area, or not for this asker; 400 for a value that the page does not take.
    """
    path, _, query = address.partition("?")
    found = find_page(path)
    if found is None:
        raise HTTPException(404)
    if scope.role not in found[0].roles:
        raise Refused(scope)
    page, params = found
    if "code" in params and params["code"] not in room.tree.areas:
        raise HTTPException(404)
    if "opd" in params and room.city.opd(params["opd"]) is None:
        raise HTTPException(404)
    if "opd" in params and scope.opds is not None and params["opd"] not in scope.opds:
        raise Refused(scope)
    asked = _asked(page, query)
    if "opd" in params and asked.get("area", room.city.code) not in room.tree.areas:
        raise HTTPException(404)
    return page, params | asked


def _asked(page: Page, query: str) -> dict[str, str]:
    """What a query asks of the page, of each name the first value; foreign names say nothing, nor do empty values
    where the pattern wants more."""
    try:
        given = parse_qs(query, keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise HTTPException(400) from error
    asked = {name: given[name][0] for name in page.asks if name in given}
    asked = {name: value for name, value in asked.items() if value or re.fullmatch(page.asks[name], "")}
    if any(len(value) > LONGEST or not re.fullmatch(page.asks[name], value) for name, value in asked.items()):
        raise HTTPException(400)
    return asked


def narrowed(page: Page, params: Mapping[str, str], filters: Mapping[str, str]) -> dict[str, str]:
    """What a page is given with the filters; what its path says stays, since the rights were checked for that.

    400 for a value that the page does not take where it asks for the same by a form of its own.
    """
    given = {name: value for name, value in filters.items() if name not in page.named}
    if any(name in page.asks and not re.fullmatch(page.asks[name], value) for name, value in given.items()):
        raise HTTPException(400)
    return {**params, **given}


def address(path: str, page: Page, params: Mapping[str, str]) -> str:
    """The page's address with what it asks: two that are equal show the same."""
    asked = {name: params[name] for name in page.asks if name in params}
    return f"{path}?{urlencode(asked)}" if asked else path


def query(area: str, filters: Mapping[str, str]) -> Query:
    """The drill that the filters ask for at an area."""
    days = {"days": int(filters["days"])} if "days" in filters else {}
    return Query(area=area, opd=filters.get("opd"), category=filters.get("category"), channel=filters.get("channel"), **days)
