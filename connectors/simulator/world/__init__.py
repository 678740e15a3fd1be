"""The believable city that every simulated system is fed by: a function of (seed, city, absolute time) only."""

from __future__ import annotations

from connectors.simulator.world.facts import Case, Citizen, Tender, Ticket
from connectors.simulator.world.world import World

__all__ = ["Case", "Citizen", "Tender", "Ticket", "World"]
