"""Where the newest alarm is: its area outlined, for the map to turn to while the alarm is young (``assets/map.js``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import g, path

from layers.alarmtypes import Alarm

if TYPE_CHECKING:
    from dashboard.page import View


def focus(alarms: Sequence[Alarm], view: View) -> htpy.Element | None:
    """The area of the alarm that rang last and that nobody has taken; one of the whole city has no place to turn to."""
    shapes = {**view.map.kecamatan, **view.map.paths}
    here = [alarm for alarm in alarms if alarm.waits and alarm.area in shapes]
    if not here:
        return None
    last = max(here, key=lambda alarm: (alarm.raised_at, alarm.id))
    rang = last.raised_at.isoformat(timespec="seconds")
    return g(".focus", {"data-alarm": f"{last.id} {rang}", "data-rang": rang})[path(d=shapes[last.area])]
