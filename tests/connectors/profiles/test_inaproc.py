"""The profile inaproc."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestInaproc = contract_for("inaproc")
