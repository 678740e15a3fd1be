"""The profile lapor."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestLapor = contract_for("lapor")
