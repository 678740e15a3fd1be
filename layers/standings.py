"""How each source stands by the store's knowledge: now, and at the end of any minute since the store was made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from layers import schema
from layers.database import Database
from layers.model import Outcome, Run
from layers.sqltypes import EPOCH

MINUTE = timedelta(minutes=1)
COUNTS = ("seen", "kept", "unchanged", "excluded", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """How a source stands by the store's knowledge; the counts are sums over all its runs.

    ``outcome`` and ``message`` are of the last finished run, ``fetched_at`` the end of the last good one,
    ``newest`` the latest moment that any of its records speaks of.
    """

    source: str
    outcome: Outcome | None = None
    message: str | None = None
    fetched_at: datetime | None = None
    newest: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    records: int = 0
    seen: int = 0
    kept: int = 0
    unchanged: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    quarantine_open: int = 0
    last: Run | None = None


_FORM = TypeAdapter(SourceFacts)


class Standings(Database):
    """The store's knowledge of how its sources stand and stood."""

    def source_states(self) -> list[SourceFacts]:
        """Every source that ever ran, by name."""
        with self.read() as connection:
            return self._facts(connection)

    def source_states_at(self, at: datetime) -> list[SourceFacts]:
        """Every source that had run by then, as it stood at the end of that minute, by name.

        What :mod:`layers.retention` has thinned is answered by what stayed before it.
        """
        table = schema.standing
        last = select(func.max(table.c.minute)).where(table.c.source == schema.source.c.source, table.c.minute <= at)
        then = table.c.minute == last.correlate(schema.source).scalar_subquery()
        query = select(table.c.facts).join_from(schema.source, table, (table.c.source == schema.source.c.source) & then)
        with self.read() as connection:
            return [_FORM.validate_json(facts) for facts in connection.execute(query.order_by(table.c.source)).scalars()]

    def begins(self) -> datetime | None:
        """The end of the first minute of which it is known how a source stood; ``None`` before the first run."""
        with self.read() as connection:
            return connection.execute(select(func.min(schema.standing.c.minute))).scalar()

    def _facts(self, connection: Connection, names: Collection[str] | None = None) -> list[SourceFacts]:
        source, run, quarantine = schema.source, schema.run, schema.quarantine
        newest = select(run.c.id).where(run.c.source == source.c.source, run.c.finished.is_not(None))
        newest = newest.order_by(run.c.id.desc()).limit(1)
        waiting = select(func.count()).select_from(quarantine)
        waiting = waiting.where(quarantine.c.source == source.c.source, quarantine.c.resolved.is_(None))
        query = select(source, newest.scalar_subquery().label("newest_run"), waiting.scalar_subquery().label("quarantine_open"))
        if names is not None:
            query = query.where(source.c.source.in_(names))
        rows = connection.execute(query.order_by(source.c.source)).mappings().all()
        runs = select(run).where(run.c.id.in_([row["newest_run"] for row in rows]))
        last = {row.source: as_run(row) for row in connection.execute(runs)}
        plain = set(SourceFacts.__slots__) - {"outcome", "last"}
        return [
            SourceFacts(
                **{name: row[name] for name in plain},
                outcome=Outcome(row["outcome"]) if row["outcome"] else None,
                last=last.get(row["source"]),
            )
            for row in rows
        ]

    def _stand(self, connection: Connection, at: datetime, *names: str) -> None:
        """Write down how sources stand from ``at`` on, in the transaction that changed it; of a minute the last stays."""
        if not names:
            return
        rows = [
            {"source": facts.source, "minute": end_of_minute(at), "facts": _FORM.dump_json(facts, exclude_defaults=True).decode()}
            for facts in self._facts(connection, names)
        ]
        put = self._insert(schema.standing)
        put = put.on_conflict_do_update(index_elements=["source", "minute"], set_={"facts": put.excluded.facts})
        connection.execute(put, rows)

    def _insert(self, table: Any) -> Any:
        return sqlite.insert(table) if self.sqlite else postgresql.insert(table)


def end_of_minute(at: datetime) -> datetime:
    """The first whole minute that is not before a moment."""
    return at + (EPOCH - at) % MINUTE


def as_run(row: Row[Any]) -> Run:
    """A finished run from its row."""
    facts = {name: getattr(row, name) for name in ("source", "started", "finished", "message", *COUNTS)}
    return Run(**facts, outcome=Outcome(row.outcome))
