"""What the store keeps about sources: runs and their counts, cursors, leases, breakers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from layers import clock, schema
from layers.model import Outcome, Run
from layers.standings import COUNTS, SourceFacts, Standings, as_run

__all__ = ["Breaker", "RunClosedError", "Runs", "SourceFacts"]

INTERRUPTED = "terputus"
"""Message of a run whose process ended without closing it."""


class RunClosedError(RuntimeError):
    """The run is not open any more (another process took over): nothing of the batch was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Failures of a source in a row, and when it may be asked again (``None``: now)."""

    failures: int = 0
    retry_at: datetime | None = None


QUIET_KEPT, RUNS_KEPT = timedelta(days=1), timedelta(days=90)
"""How long a run that found nothing new stays in the books, and any other one. The sums over all runs stay for good."""

LONGEST_WAIT = timedelta(hours=1)
"""The furthest ahead that a source's next turn may lie; further ahead it was written by a clock that ran ahead."""


class Runs(Standings):
    """The store's knowledge of its sources."""

    # --- runs --------------------------------------------------------------------------------

    def begin_run(self, source: str, now: datetime) -> int:
        """Open a run. One that a killed process left open is closed as transient, with what it had committed."""
        with self.write() as connection:
            self._know(connection, source)
            mine = (schema.run.c.source == source, schema.run.c.finished.is_(None))
            left = update(schema.run).where(*mine).values(finished=now, outcome=Outcome.TRANSIENT.value, message=INTERRUPTED)
            connection.execute(left)
            new = schema.run.insert().values(source=source, started=now).returning(schema.run.c.id)
            opened = int(connection.execute(new).scalar_one())
            self._stand(connection, now, source)
            return opened

    def interrupted(self, source: str, now: datetime) -> Run | None:
        """Close the run that a killed process left open, and return it. Ask only while holding the source."""
        mine = (schema.run.c.source == source, schema.run.c.finished.is_(None))
        close = update(schema.run).where(*mine).values(finished=now, outcome=Outcome.TRANSIENT.value, message=INTERRUPTED)
        with self.write() as connection:
            row = connection.execute(close.returning(*schema.run.c)).first()
            if row is None:
                return None
            self._stand(connection, now, source)
            return as_run(row)

    def end_run(self, run_id: int, outcome: Outcome, message: str | None, now: datetime, *, asked: bool = True) -> Run:
        """Close a run; a good outcome also closes the breaker. Raises :class:`RunClosedError` when it is not open.

        A good run in which the source itself was not ``asked`` (only its drop folder was read) says nothing of how it stands.
        """
        with self.write() as connection:
            mine = (schema.run.c.id == run_id, schema.run.c.finished.is_(None))
            close = update(schema.run).where(*mine).values(finished=now, outcome=outcome.value, message=message)
            row = connection.execute(close.returning(*schema.run.c)).first()
            if row is None:
                raise RunClosedError(f"run {run_id} sudah ditutup")
            facts: dict[str, Any] = {"outcome": outcome.value, "message": message}
            if outcome.good:
                facts |= {"fetched_at": now, "failures": 0, "retry_at": None}
            if asked or not outcome.good:
                connection.execute(update(schema.source).where(schema.source.c.source == row.source).values(facts))
            self._stand(connection, now, row.source)
            return as_run(row)

    def _count(self, connection: Connection, run_id: int, source: str, more: Mapping[str, Any]) -> None:
        """Add a batch's counts to its run and its source, within the batch's transaction."""
        run = schema.run.c
        open_run = connection.execute(
            select(run.excluded).where(run.id == run_id, run.source == source, run.finished.is_(None)).with_for_update()
        ).first()
        if open_run is None:
            raise RunClosedError(f"run {run_id} sumber {source} tidak terbuka")
        total = connection.execute(select(schema.source.c.excluded).where(schema.source.c.source == source)).scalar_one()
        for table, key, excluded in (
            (schema.run, run.id == run_id, open_run.excluded),
            (schema.source, schema.source.c.source == source, total),
        ):
            added: dict[str, Any] = {name: table.c[name] + more[name] for name in COUNTS if name != "excluded"}
            rules = {**excluded, **{rule: excluded.get(rule, 0) + n for rule, n in more["excluded"].items()}}
            connection.execute(update(table).where(key).values(added | {"excluded": rules}))

    def _know(self, connection: Connection, source: str) -> None:
        connection.execute(self._insert(schema.source).values(source=source).on_conflict_do_nothing())

    # --- cursor, breaker -----------------------------------------------------------------------

    def cursor(self, source: str) -> dict[str, Any] | None:
        """The cursor committed with the last batch that had one."""
        found = self._source_field(source, schema.source.c.cursor)
        return dict(found) if found is not None else None

    def breaker(self, source: str) -> Breaker:
        """Failures in a row and the time before which the source is not to be asked.

        A time further ahead than :data:`LONGEST_WAIT` is brought back to that, for good: a clock that ran
        ahead when the source failed would otherwise silence it until that day has come.
        """
        columns = (schema.source.c.failures, schema.source.c.retry_at)
        with self.read() as connection:
            row = connection.execute(select(*columns).where(schema.source.c.source == source)).first()
        if row is None:
            return Breaker()
        latest = clock.now() + LONGEST_WAIT
        if row.retry_at is None or row.retry_at <= latest:
            return Breaker(failures=row.failures, retry_at=row.retry_at)
        late = (schema.source.c.source == source, schema.source.c.retry_at > latest)
        with self.write() as connection:  # kept, or the wait would begin anew at each reading
            connection.execute(update(schema.source).where(*late).values(retry_at=latest))
        return Breaker(failures=row.failures, retry_at=latest)

    def failures(self, source: str) -> int:
        """Failures of a source in a row."""
        return int(self._source_field(source, schema.source.c.failures) or 0)

    def record_failure(self, source: str, now: datetime, retry_at: datetime | None) -> int:
        """Count one more failure and say when to try again; return the failures in a row."""
        with self.write() as connection:
            self._know(connection, source)
            one = update(schema.source).where(schema.source.c.source == source)
            more = one.values(failures=schema.source.c.failures + 1, retry_at=retry_at)
            failures = int(connection.execute(more.returning(schema.source.c.failures)).scalar_one())
            self._stand(connection, now, source)
            return failures

    def _source_field(self, source: str, column: ColumnElement[Any]) -> Any:
        with self.read() as connection:
            return connection.execute(select(column).where(schema.source.c.source == source)).scalar()

    # --- leases --------------------------------------------------------------------------------

    def lease(self, source: str, owner: str, ttl: timedelta, now: datetime) -> bool:
        """Take the source for ``ttl`` unless another owner holds it; who holds it already has it for longer."""
        table = schema.lease
        free = or_(table.c.until <= now, table.c.owner == owner)
        take = self._insert(table).values(source=source, owner=owner, until=now + ttl)
        take = take.on_conflict_do_update(index_elements=["source"], set_={"owner": owner, "until": now + ttl}, where=free)
        with self.write() as connection:
            return connection.execute(take.returning(table.c.owner)).first() is not None

    def renew(self, source: str, owner: str, ttl: timedelta, now: datetime) -> bool:
        """Hold on for another ``ttl``; false when the lease has run out or is another's."""
        table = schema.lease
        held = and_(table.c.source == source, table.c.owner == owner, table.c.until > now)
        with self.write() as connection:
            return connection.execute(update(table).where(held).values(until=now + ttl)).rowcount == 1

    def release(self, source: str, owner: str) -> None:
        """Give the source back; another's lease stays."""
        with self.write() as connection:
            connection.execute(delete(schema.lease).where(schema.lease.c.source == source, schema.lease.c.owner == owner))

    def purge_runs(self, now: datetime) -> int:
        """Delete finished runs that are older than their time, but no source's newest; return how many."""
        table = schema.run
        newest = select(func.max(table.c.id)).where(table.c.finished.is_not(None)).group_by(table.c.source)
        quiet = and_(table.c.outcome == Outcome.NOTHING_NEW.value, table.c.finished <= now - QUIET_KEPT)
        old = and_(or_(quiet, table.c.finished <= now - RUNS_KEPT), table.c.id.not_in(newest))
        with self.write() as connection:
            return connection.execute(delete(table).where(old)).rowcount
