"""The profile call112."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestCall112 = contract_for("call112")
