"""Which host is whose: declared one by one, by a pattern for all offices of a level, or by the name that a host bears."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.source import Refused
from layers.areas import AreaTree
from layers.city import City

_DEPTH = {"kecamatan": 2, "kelurahan": 3}


class Office(BaseModel):
    """One office: the area that it serves (dotted code), its host, and for a kecamatan's the kelurahan that it stands in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: str
    host: Annotated[str, Field(min_length=1)]
    stands_in: str | None = None


Every = Mapping[Literal["kelurahan", "kecamatan"], str]
"""A pattern of host for each office of a level; ``{code}`` stands for ``36.71.01.1001``, ``{digits}`` for ``3671011001``."""


@dataclass(frozen=True)
class Offices:
    """The offices of a source by host, and those that names lead to."""

    hosts: Mapping[str, str]
    stands_in: Mapping[str, str]
    tree: AreaTree
    name: re.Pattern[str] | None

    @classmethod
    def of(cls, city: City, offices: tuple[Office, ...], every: Every, name: str | None) -> Offices:
        """Raises :class:`Refused` for an area that the city does not have, and for a host of two areas."""
        wanted = {code for office in offices for code in (office.area, office.stands_in) if code}
        try:
            city.check(opds=(), areas=wanted)
        except ValueError as error:
            raise Refused(f"konfigurasi sumber salah: offices: {error}") from error
        hosts: dict[str, str] = {}
        for level, pattern in every.items():
            for area in city.areas:
                if area.code.count(".") == _DEPTH[level]:
                    hosts[pattern.replace("{code}", area.code).replace("{digits}", area.code.replace(".", ""))] = area.code
        own: dict[str, str] = {}
        for office in offices:
            if own.setdefault(office.host, office.area) != office.area:
                raise Refused(f"konfigurasi sumber salah: offices: {office.host} dinyatakan untuk dua wilayah")
        declared = set(own.values())
        hosts = {host: code for host, code in hosts.items() if code not in declared} | own
        stands_in = {office.area: office.stands_in for office in offices if office.stands_in}
        pattern_ = re.compile(name, re.IGNORECASE) if name else None
        return cls(hosts=hosts, stands_in=stands_in, tree=AreaTree.of(city), name=pattern_)

    @cached_property
    def _lower(self) -> Mapping[str, str]:
        return {host.casefold(): code for host, code in self.hosts.items()}

    def area(self, *names: str | None) -> str | None:
        """The area of the first of a host's names that is declared or says it; ``None`` for a host that is no office."""
        for name in filter(None, names):
            if code := self._lower.get(name.casefold()):
                return code
        for name in filter(None, names):
            if self.name and (match := self.name.search(name)) and (code := self._named(match.groupdict())):
                return code
        return None

    def _named(self, said: Mapping[str, str | None]) -> str | None:
        """What the named parts of a host's name say; words in it may be parted by any sign."""
        kelurahan, kecamatan = (re.sub(r"[-_.]+", " ", said.get(part) or "") for part in ("kelurahan", "kecamatan"))
        if kelurahan:
            found = self.tree.by_name(kelurahan, kecamatan or None)
        else:
            found = self.tree.kecamatan_by_name(kecamatan) if kecamatan else None
        return found.code if found else None

    @property
    def areas(self) -> frozenset[str]:
        """Every area whose office is declared."""
        return frozenset(self.hosts.values())
