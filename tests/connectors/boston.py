"""The real Boston file as a source of complaints, by configuration alone: what a foreign table needs to be believed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from layers.city import SourceConfig

STAMP = ["%m/%d/%Y %I:%M:%S %p"]


def boston(shared: Path, **changes: Any) -> SourceConfig:
    """``config`` in ``changes`` is merged into the connector's own configuration."""
    config: dict[str, Any] = {
        "kind": "complaint",
        "folder": str(shared / "samples" / "311"),
        "path": "boston_311_2015.csv.gz",
        "id": "CASE_ENQUIRY_ID",
        "zone": "America/New_York",
        "fields": {
            "received": {"column": "OPEN_DT", "formats": STAMP},
            "closed": {"column": "CLOSED_DT", "formats": STAMP},
            "due": {"column": "TARGET_DT", "formats": STAMP},
            "due_rule": {"constant": "target sumber"},
            "status": {"column": "CASE_STATUS", "values": {"Open": "diproses", "Closed": "selesai"}},
            "category": {"column": ["TYPE", "REASON"]},
            "channel": {"column": "Source"},
            "opd": {"column": "Department", "values": {"PWDx": "dpupr", "BTDT": "dishub", "PARK": "dlh"}, "unknown": "empty"},
        },
        "place": {"lat": "LATITUDE", "lon": "LONGITUDE", "shift": {"dlat": -48.50, "dlon": 177.72}},
    }
    return SourceConfig(
        **{
            "name": "boston_311",
            "connector": "tabular",
            "title": "Boston 311 tahun 2015, koordinat digeser ke Kota Tangerang",
            "owner": "diskominfo",
            "interval": timedelta(hours=1),
            "budget": timedelta(days=1),
            "delivery": "export",
            "config": config | changes.pop("config", {}),
        }
        | changes
    )
