"""The room's own web server with the benchmark's page beside the product's."""

from __future__ import annotations

from starlette.types import ASGIApp

import bench.desk
import dashboard.pages
from dashboard.app import create as create_room


def create() -> ASGIApp:
    """The application; the registry finds pages by the package's path, so one more folder is all it takes."""
    dashboard.pages.__path__.append(bench.desk.__path__[0])
    return create_room()
