"""LAKSA's profile."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestLaksa = contract_for("laksa")
