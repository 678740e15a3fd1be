"""What is written to people about alarms: which message to whom, when it may go, and in which words.

A message names no citizen: it is made of the titles of rules, figures, areas, offices and sources alone, and is masked all
the same. In a flood one summary goes instead of each alarm (:mod:`layers.floods`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from layers.alarmrules import NotifyTarget
from layers.alarms import Life
from layers.alarmtypes import About
from layers.city import City
from layers.citystate import PRIORITIES
from layers.duewords import zoned
from layers.explain import short
from layers.floods import WINDOW, Flood
from layers.model import OFFICES, Role
from layers.numbers import number
from layers.privacy import mask

NAMED = 5
"""At most so many alarms are named in a summary."""

RINGS = "bunyi"
"""How the keys of messages begin that an alarm rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one target; ``key`` names the state that it tells, so that it is never queued twice."""

    target: str
    key: str
    alarm: str
    since: datetime
    priority: int
    title: str
    body: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes the messages of one city."""

    city: City
    link: str

    def rings(self, lives: Iterable[Life], flood: Flood | None, now: datetime) -> Iterator[Notice]:
        """About what began to ring at ``now``; while a flood lasts only about priority 1, and at its beginning once."""
        ringing = [life for life in lives if life.rang and life.rang > now - WINDOW and life.cleared is None]
        if flood and flood.since == now:
            yield from self._summary(ringing, flood, now)
            return
        for life in ringing:
            if life.rang == now and (flood is None or life.about.priority == 1):
                yield from self._each(life, RINGS, f"[{_word(life.about).upper()}] {self._headline(life.about)}", now)

    def clearing(self, life: Life, targets: Iterable[str], now: datetime) -> Iterator[Notice]:
        """That an alarm is over, to those who were told of it."""
        told = set(targets)
        for notice in self._each(life, "reda", f"[REDA] {self._headline(life.about)}", now):
            if notice.target in told:
                yield notice

    def over(self, flood: Flood, lives: Sequence[Life], now: datetime) -> Iterator[Notice]:
        """That a flood is over, and what is left of it."""
        left = [life for life in lives if life.raised and life.cleared is None]
        head = f"[BANJIR REDA] {len(left)} alarm masih aktif"
        yield from self._many(left, "banjir-reda", flood.since, head, now)

    def _summary(self, ringing: Sequence[Life], flood: Flood, now: datetime) -> Iterator[Notice]:
        yield from self._many(ringing, "banjir", flood.since, f"[BANJIR ALARM] {flood.n} alarm dalam 10 menit", now)

    def _many(self, lives: Sequence[Life], what: str, since: datetime, head: str, now: datetime) -> Iterator[Notice]:
        for target in self.city.notify:
            mine = sorted(
                (life for life in lives if _wanted(target, life.about)), key=lambda life: (life.about.priority, life.id)
            )
            if not mine:
                continue
            groups = Counter((life.about.priority, life.about.title["id"]) for life in mine)
            body = [f"{n} x {title} ({PRIORITIES[priority]['id']})" for (priority, title), n in sorted(groups.items())]
            body += ["", *(f"- {self._headline(life.about)}" for life in mine[:NAMED])]
            priority = mine[0].about.priority
            due = self._due(target, priority, now)
            yield self._notice(target, f"{what}@{since.isoformat()}", what, since, priority, head, [*body, "", self.link], due)

    def _each(self, life: Life, what: str, head: str, now: datetime) -> Iterator[Notice]:
        about, rang = life.about, life.rang or now
        lines = [
            f"Tempat: {about.place}",
            f"Pemilik: {self.office(about.owner)}",
            f"Tindakan: {about.action['id']}",
            *([f"Keterangan: {about.detail['id']}"] if about.detail else []),
            f"Sejak: {zoned(life.since, self.city.zone)}",
            *([f"Reda: {zoned(life.cleared, self.city.zone)}"] if life.cleared else []),
            "",
            self.link,
        ]
        for target in self.city.notify:
            if _wanted(target, about):
                due = self._due(target, about.priority, now)
                key = f"{what}:{life.id}@{rang.isoformat()}"
                yield self._notice(target, key, life.id, life.since, about.priority, head, lines, due)

    def _notice(
        self, target: NotifyTarget, key: str, alarm: str, since: datetime, priority: int, head: str, lines: Sequence[str],
        due: datetime,
    ) -> Notice:  # fmt: skip
        title = mask(f"{head} · {self.city.name}")
        body = "\n".join(line if line == self.link else mask(line) for line in lines)
        return Notice(target=target.name, key=key, alarm=alarm, since=since, priority=priority, title=title, body=body, due=due)

    def _due(self, target: NotifyTarget, priority: int, now: datetime) -> datetime:
        """What is critical does not wait for the end of quiet hours."""
        return now if priority == 1 else target.free(now, self.city.zone)

    def _headline(self, about: About) -> str:
        if about.value is None:
            return f"{about.title['id']}: {about.place}"
        limit = "" if about.limit is None else f" (batas {_figure(about, about.limit)})"
        return f"{about.title['id']}: {_figure(about, about.value)}{limit}, {about.place}"

    def office(self, owner: str) -> str:
        """An OPD by its short name, a role by its word, a source's owner as it is written."""
        return OFFICES[Role(owner)] if owner in OFFICES else short(owner, self.city) or owner


def _wanted(target: NotifyTarget, about: About) -> bool:
    return about.priority <= target.min_priority and (not target.owners or bool({about.owner, about.opd} & {*target.owners}))


def _word(about: About) -> str:
    return PRIORITIES[about.priority]["id"]


def _figure(about: About, value: float) -> str:
    """A number with its unit as officials write it."""
    if about.unit == "rupiah":
        return f"Rp{number(value)}"
    text = number(value, 0 if float(value).is_integer() else max(about.decimals, 1))
    return f"{text} {'%' if about.unit == 'persen' else about.unit or ''}".strip()
