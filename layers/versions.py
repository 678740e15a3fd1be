"""How versions of a record form a chain: pure, so that the order in which rows arrive never matters.

A version is identified by (source, source_id, known_from). ``known_from`` is the source's own
``known_at``, or where it gives none the moment that we first saw it. Each version holds until the
next one begins. Without ``known_at`` what is seen last is what holds, even when our clock went back.
Of two stories of one version the one seen later holds: a source corrects itself, or writes twice in a second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from layers.model import LATER, PRIVATE, Kind, Record
from layers.sqltypes import EPOCH, MICROSECOND, record_fields, sen

TWIN = "kembar"
"""The rule that excludes a row which tells another story of the same version than the one kept."""

DIGEST_BYTES = 16
FIELDS: Mapping[Kind, tuple[str, ...]] = {kind: tuple(record_fields(kind)) for kind in Kind}
_GET = {kind: attrgetter(*names) for kind, names in FIELDS.items()}
IDENTITY = 4
"""How many fields come before the content: source, source_id, seen_at, known_at."""


def _fields_of(kind: Kind, python: type) -> tuple[int, ...]:
    return tuple(at for at, (held, _) in enumerate(record_fields(kind).values()) if issubclass(held, python))


_TIMES = {kind: _fields_of(kind, datetime) for kind in Kind}
_SUMS = {kind: _fields_of(kind, Decimal) for kind in Kind}
_WORDS = {kind: _fields_of(kind, StrEnum) for kind in Kind}
_CONTENT = {kind: len(names) - len((PRIVATE | LATER).intersection(names)) for kind, names in FIELDS.items()}
"""Where the private fields and those that came later begin: they come last."""


@dataclass(slots=True, eq=False)
class Candidate:
    """A record that asks to become a version; ``values`` are its fields as SQLite stores them, in order."""

    record: Record
    values: list[Any]
    known_from: datetime
    digest: bytes


def candidate(record: Record) -> Candidate:
    """Encode a record once; the digest covers its content and not when it was seen or known.

    A record without private or later fields, or without a photo, has the digest that it had before there were any.
    """
    kind = record.kind
    values = list(_GET[kind](record))
    for at in _TIMES[kind]:
        if values[at] is not None:
            values[at] = (values[at] - EPOCH) // MICROSECOND
    for at in _SUMS[kind]:
        if values[at] is not None:
            values[at] = sen(values[at])
    for at in _WORDS[kind]:
        values[at] = values[at].value
    told = values[IDENTITY : _CONTENT[kind]]
    if kind is Kind.COMPLAINT and told[-1] is None:  # the photo: see Complaint
        told.pop()
    if any(private := values[_CONTENT[kind] :]):
        told += private
    digest = blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
    return Candidate(record, values, record.known_at or record.seen_at, digest)


@dataclass(slots=True, eq=False)
class Link:
    """One version in its chain: an existing row (``seq`` set) or a new one (``candidate`` set)."""

    known_from: datetime
    digest: bytes
    seen_at: datetime
    known_to: datetime | None = None
    month: str = ""
    moved_from: str | None = None
    seq: int | None = None
    candidate: Candidate | None = None


@dataclass(slots=True)
class Changes:
    """What a batch does to the chains of one kind. ``mended`` holds (seq, new known_to), ``reopened`` seqs."""

    added: list[tuple[Link, Candidate]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    mended: list[tuple[int, datetime | None]] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)
    unchanged: int = 0
    twins: int = 0
    first_sights: int = 0


def fold(candidates: Iterable[Candidate], changes: Changes) -> dict[str, list[Candidate]]:
    """The candidates of one batch, all seen at one time, by id: one for each version, the greater digest before the lesser."""
    best: dict[tuple[str, datetime], Candidate] = {}
    for new in candidates:
        key = (new.record.source_id, new.known_from)
        held = best.setdefault(key, new)
        if held is new:
            continue
        if held.digest == new.digest:
            changes.unchanged += 1
            continue
        changes.twins += 1
        if new.digest > held.digest:
            best[key] = new
    by_id: dict[str, list[Candidate]] = defaultdict(list)
    for (source_id, _), kept in best.items():
        by_id[source_id].append(kept)
    return by_id


def merge(chain: Sequence[Link], candidates: Sequence[Candidate], month: Any, changes: Changes) -> None:
    """Put the candidates of one id into its chain (from the version in force at the earliest of them onwards).

    ``month`` says which partition a record belongs to.
    """
    if not chain and len(candidates) == 1:
        new = candidates[0]
        changes.added.append((Link(new.known_from, new.digest, new.record.seen_at, month=month(new.record.at)), new))
        changes.first_sights += 1
        return
    links = {link.known_from: link for link in chain}
    current = max(chain, key=_start, default=None)
    newest = current
    for new in sorted(candidates, key=_start):
        if new.record.known_at is None and newest is not None and new.known_from < newest.known_from:
            if new.digest == newest.digest:
                changes.unchanged += 1
                continue
            new.known_from = newest.known_from + MICROSECOND
        held = links.get(new.known_from)
        if held is not None:
            if held.digest == new.digest:
                changes.unchanged += 1
                continue
            if (new.record.seen_at, new.digest) < (held.seen_at, held.digest):
                changes.twins += 1
                continue
            if held.seq is not None:
                changes.removed.append(held.seq)
        elif new.record.known_at is None and _in_force(links, new) == new.digest:
            changes.unchanged += 1
            continue
        link = Link(new.known_from, new.digest, new.record.seen_at, candidate=new, month=month(new.record.at))
        links[new.known_from] = link
        newest = max(newest or link, link, key=_start)
    changes.first_sights += not chain
    _relink(sorted(links.values(), key=_start), current, changes)


def _start(version: Link | Candidate) -> datetime:
    return version.known_from


def _in_force(links: Mapping[datetime, Link], new: Candidate) -> bytes | None:
    """Digest of the version that held when ``new`` was seen."""
    before = [link for link in links.values() if link.known_from < new.known_from]
    return max(before, key=_start).digest if before else None


def _relink(links: Sequence[Link], current: Link | None, changes: Changes) -> None:
    """Let each version hold until the next; the newest remembers every other month that the record was ever in.

    A version that ended before its follower began (the record was gone meanwhile) keeps its end, but the
    newest holds again: who is delivered counts.
    """
    for link, follower in zip(links, [*links[1:], None], strict=True):
        until = follower.known_from if follower else None
        if link.candidate is not None:
            link.known_to = until
            if follower is None and current is not None:
                months = {*(current.moved_from or "").split(","), current.month} - {"", link.month}
                link.moved_from = ",".join(sorted(months)) or None
            changes.added.append((link, link.candidate))
        elif link.seq is None or link.known_to == until:
            continue
        elif until is None:
            changes.reopened.append(link.seq)
        elif link.known_to is None or link.known_to > until:
            changes.mended.append((link.seq, until))
