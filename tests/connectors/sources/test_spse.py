"""x"""
from tests.connectors.contract import contract_for
TestC = contract_for("spse")
