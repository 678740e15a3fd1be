"""Where the rows behind a reading are: the address of the page that lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dashboard.page import FILTERS
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View

ROWS = "/baris"


def rows_address(reading: Reading, view: View) -> str | None:
    """The rows of a reading, at the cut at which the page shows it; ``None`` for who may see none.

    An OPD that only the records know has no rows of its own there: it is not one of the city's.
    """
    if not view.scope.may_see_rows or view.rows is None or (reading.opd and view.city.opd(reading.opd) is None):
        return None
    cut = {name: value for name in FILTERS if (value := view.params.get(name))}
    if reading.opd:
        cut["opd"] = reading.opd
    return f"{ROWS}?{urlencode({'kpi': reading.kpi, 'area': reading.area, **cut})}"
