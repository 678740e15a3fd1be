"""The number beside "Alarm" in the navigation: alarms that nobody has taken yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import span

from dashboard import text

if TYPE_CHECKING:
    from dashboard.page import View


def alarm_count(view: View, *, element: str = "alarm-count") -> htpy.Element:
    """The count, hidden while there is none."""
    words = text.say(view.lang, "{n} alarm belum diterima", n=view.ringing)
    return span(".count-badge", id=element, hidden=not view.ringing, title=words)[
        span(aria_hidden="true")[str(view.ringing)], span(".unseen")[words]
    ]
