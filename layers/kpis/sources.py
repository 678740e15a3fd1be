"""The sources themselves (sumber data): how many of the configured ones speak for this moment."""

from __future__ import annotations

from datetime import date

import polars as pl

from layers.catalog import Kpi, Rule, Share, Window
from layers.model import State

KPIS: tuple[Kpi, ...] = (
    Kpi(
        id="sumber_segar",
        title={"id": "Sumber data segar", "en": "Fresh data sources"},
        short={"id": "Sumber segar", "en": "Fresh sources"},
        unit="persen",
        decimals=0,
        better="up",
        formula={
            "id": "sumber yang datanya tidak lebih tua dari batasnya / semua sumber yang dikonfigurasi",
            "en": "sources whose data is no older than their budget / all configured sources",
        },
        rule=Rule(name="Aturan Ruang Kendali", article="-", valid_from=date(2025, 1, 1)),
        owner="Diskominfo",
        kind=None,
        window=Window.NOW,
        form=Share(where=lambda _: pl.lit(value=True), part=pl.col("state") == State.LIVE.value),
    ),
)
