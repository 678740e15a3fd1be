"""Brings a database's schema up to date: Alembic without its files of settings, one branch for each database."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

HERE = Path(__file__).parent
_turn = threading.Lock()
"""Alembic keeps the environment in a module's globals: of two databases opened at once one would lose its own."""


def upgrade(connection: Connection, branch: str) -> None:
    """Run what is missing of ``branch`` in the transaction of ``connection``, which must be alone with the database."""
    script = ScriptDirectory(str(HERE), version_locations=[str(HERE / "versions" / branch)])

    def steps(revision: Any, _context: object) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - what alembic.command.upgrade itself calls

    with _turn, EnvironmentContext(Config(), script, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, version_table=f"{branch}_schema", transactional_ddl=False)
        environment.run_migrations()
