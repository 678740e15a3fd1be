"""Tabular: every form of file, addresses, databases; types, code tables, exclusions, increments; and the real Boston file."""

from __future__ import annotations

from tests.connectors.contract import contract_for

TestTabular = contract_for("tabular")
