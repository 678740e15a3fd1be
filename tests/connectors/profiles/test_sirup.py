"""The profile sirup."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestSirup = contract_for("sirup")
