"""The profile social."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestSocial = contract_for("social")
