"""The packs by which figures were made: kept when a process publishes with a new one, and given back for any moment."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import insert, select

from layers.city import City
from layers.schema import pack as table
from layers.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A city as its pack said, and since when it said so."""

    city: City
    since: datetime


def keep_pack(store: Store, city: City, now: datetime) -> None:
    """Keep the pack if it says anything else than the last one that was kept.

    What only connectors need to know (addresses, passwords) stays out, and so do the addresses of those who are told of
    alarms and the boundary file's place here.
    """
    bare = tuple(source.model_copy(update={"config": {}}) for source in city.sources)
    body = city.model_copy(update={"sources": bare, "boundaries": None, "notify": ()}).model_dump_json(by_alias=True)
    digest = hashlib.sha256(body.encode()).hexdigest()
    with store.write(alone=True) as connection:
        last = connection.execute(select(table.c.since, table.c.digest).order_by(table.c.since.desc()).limit(1)).first()
        if last is None or (last.digest != digest and last.since < now):
            connection.execute(insert(table).values(since=now, digest=digest, body=body))


def pack_at(store: Store, at: datetime) -> Pack | None:
    """The pack in force at a moment; ``None`` while none was kept.

    Before the first that was kept, and where this release cannot read that one any more, it is the next one after it.
    """
    with store.read() as connection:
        query = select(table.c.since, table.c.body)
        then = connection.execute(query.where(table.c.since <= at).order_by(table.c.since.desc()).limit(1)).all()
        later = connection.execute(query.where(table.c.since > at).order_by(table.c.since)).all()
    for row in (*then, *later):
        with suppress(ValidationError):
            return Pack(city=City.model_validate_json(row.body, by_name=True, by_alias=True), since=row.since)
    return None
