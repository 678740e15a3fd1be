"""The profile tangerang_live."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestTangerangLive = contract_for("tangerang_live")
