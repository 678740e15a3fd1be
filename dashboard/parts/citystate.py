"""The city's state: its number, its word, and what decided it; never colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import div, p, span, strong, table, tbody, td, th, thead, tr

from dashboard import text
from dashboard.parts.marks import band_mark
from layers.alarmrules import StateRule
from layers.alarmtypes import CityState
from layers.citystate import WORDS
from layers.snapshot import Band

if TYPE_CHECKING:
    from dashboard.page import View

BANDS = {1: Band.NORMAL, 2: Band.WATCH, 3: Band.WATCH, 4: Band.ACT, 5: Band.ACT}
REASONS = 2
"""So many reasons fit beside the word; the alarm page has all."""


def city_state(state: CityState, view: View, *, limit: int = REASONS) -> htpy.Element:
    """``2 Perhatian`` with the shape of its band, and why."""
    band, lang = BANDS[state.level], view.lang
    why = " · ".join(reason[lang] for reason in state.reasons[:limit]) or text.say(lang, "tidak ada yang menunggu tindakan")
    return div(".city-state", {"data-band": band.value, "data-level": str(state.level)})[
        span(".level", aria_hidden="true")[str(state.level)],
        div[
            p(".word")[
                span(".kicker")[text.say(lang, "Kondisi kota")],
                strong[band_mark(band, view), span(".unseen")[f"{state.level} "], state.word[lang]],
            ],
            p(".reasons")[why],
        ],
    ]


def state_rules(view: View) -> htpy.Element:
    """The rule as it is published: each level, the highest first, and what brings it about."""
    rules = sorted(view.city.state, key=lambda rule: -rule.level)
    return div(".scroll", tabindex="0", role="region", aria_label=text.say(view.lang, "Aturan kondisi kota"))[
        table[
            thead[tr[th(scope="col")[text.say(view.lang, "Kondisi")], th(scope="col")[text.say(view.lang, "Bila salah satu")]]],
            tbody[
                [tr[th(scope="row")[f"{rule.level} {WORDS[rule.level][view.lang]}"], td[_asks(rule, view)]] for rule in rules],
                tr[th(scope="row")[f"1 {WORDS[1][view.lang]}"], td[text.say(view.lang, "tidak satu pun di atas")]],
            ],
        ]
    ]


def _asks(rule: StateRule, view: View) -> str:
    """A level's conditions in words."""
    words = {
        "critical": "{n} alarm kritis atau lebih",
        "high": "{n} alarm tinggi atau lebih",
        "medium": "{n} alarm sedang atau lebih",
        "overdue": "lebih dari {n} % aduan terbuka lewat tenggat",
        "live": "kurang dari {n} % sumber segar",
    }
    given = [(words[name], getattr(rule, name)) for name in words if getattr(rule, name) is not None]
    said = [text.say(view.lang, phrase, n=text.number(n, 0, view.lang)) for phrase, n in given]
    return "; ".join([*said, *([text.say(view.lang, "banjir alarm")] if rule.flood else [])])
