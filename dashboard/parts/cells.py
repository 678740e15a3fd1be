"""A record's fields as people read them in a table of rows: headings, and each value in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import htpy
from htpy import a, code, span

from dashboard import text
from dashboard.places.address import area_address
from layers.model import UNPLACED

if TYPE_CHECKING:
    from dashboard.page import View

HEADINGS: Mapping[str, str] = {
    "source_id": "Nomor",
    "received": "Diterima",
    "category": "Kategori",
    "channel": "Kanal",
    "status": "Status",
    "area": "Wilayah",
    "opd": "OPD",
    "due": "Tenggat",
    "responded": "Dijawab",
    "closed": "Ditutup",
    "day": "Hari",
    "service": "Layanan",
    "served": "Dilayani",
    "on_time": "Tepat waktu",
    "queued": "Antre",
    "waiting_minutes": "Menunggu (menit)",
    "title": "Paket",
    "method": "Metode",
    "stage": "Tahap",
    "pagu": "Pagu",
    "value": "Nilai",
    "provider": "Penyedia",
    "announced": "Diumumkan",
    "contracted": "Kontrak",
    "name": "Ukuran",
    "subject": "Hal",
    "unit": "Satuan",
    "measured": "Diukur",
    "source": "Sumber",
    "state": "Keadaan",
}
NUMERIC = frozenset({"served", "on_time", "queued", "waiting_minutes", "pagu", "value"})
NONE = "–"


def cell(name: str, cells: Mapping[str, Any], view: View) -> htpy.Node:
    """One field of a row; what is not known is a dash."""
    value = cells[name]
    if value is None:
        return span(".quiet")[NONE]
    if isinstance(value, datetime):
        return span(".when")[text.moment(value, view.city.zone, view.lang)]
    match name:
        case "source_id":
            return code[value]
        case "area":
            return (
                a(href=area_address(value))[view.tree.name(value)] if value != UNPLACED else text.say(view.lang, "Tanpa lokasi")
            )
        case "opd":
            opd = view.city.opd(value)
            return opd.short if opd else value
        case "status":
            return text.say(view.lang, str(value).replace("_", " "))
        case "pagu":
            return text.quantity(value, "rupiah", 0, view.lang)
        case "value" if "pagu" in cells:
            return text.quantity(value, "rupiah", 0, view.lang)
    if isinstance(value, int | float):
        return text.number(value, 0 if float(value).is_integer() else 2, view.lang)
    return str(value)
