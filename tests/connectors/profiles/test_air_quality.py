"""The profile air_quality."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestAirQuality = contract_for("air_quality")
