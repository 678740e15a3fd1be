"""A sheet's description for programs: CSV on the Web (W3C) says what each column of the clean CSV is and where it is from."""

from __future__ import annotations

import orjson

from dashboard.export.provenance import lines
from dashboard.export.sheet import Sheet, Type

MEDIA = "application/csvm+json"
_TYPES = {
    Type.WHOLE: "integer",
    Type.NUMBER: "number",
    Type.SHARE: "number",
    Type.MONEY: "number",
    Type.DAY: "date",
    Type.MOMENT: "datetime",
}


def write(sheet: Sheet, table: str) -> bytes:
    """The description of the table at the address ``table``."""
    about = sheet.about
    return orjson.dumps(
        {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": about.lang}],
            "url": table,
            "dc:title": sheet.title,
            "dc:source": [{"name": s.title, "observed": s.freshness.observed_at} for s in about.sources],
            "dc:date": about.moment,
            "dc:identifier": about.address,
            "dc:provenance": [list(pair) for pair in lines(about)],
            "tableSchema": {
                "columns": [
                    {"name": c.key, "titles": c.heading, "datatype": _TYPES.get(c.type, "string")}
                    | ({"schema:unitText": c.unit} if c.unit else {})
                    for c in sheet.columns
                ]
            },
        }
    )
