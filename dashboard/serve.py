"""Runs the web server: gunicorn with uvicorn workers, in place of this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from layers.settings import Settings

KEEP_ALIVE = 75
"""Seconds that a quiet connection stays: longer than a proxy keeps its own (nginx: 60), or it would send into one just ended."""


def command(settings: Settings) -> list[str]:
    """The gunicorn command line: no control socket in a shared home, streams cut after a short grace at a stop."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - workers' heartbeats must not wait for a disk
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "dashboard.app:create()",
        "--worker-class=uvicorn_worker.UvicornWorker",
        f"--workers={settings.workers}",
        f"--bind={settings.host}:{settings.port}",
        "--no-control-socket",
        "--graceful-timeout=3",
        "--timeout=60",
        f"--keep-alive={KEEP_ALIVE}",
        *([f"--worker-tmp-dir={shared_memory}"] if shared_memory.is_dir() else []),
        "--log-level=warning",
    ]


def serve(settings: Settings) -> None:
    """Become the web server; the settings travel to the workers by the environment, so they are checked once more there."""
    arguments = command(settings)
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // settings.workers)))
    os.execv(arguments[0], arguments)  # noqa: S606 - our own interpreter, no shell
