"""The foot of the printed page: each figure's formula, sources, n and age, the moment and version, and the way back by a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import div, footer, h2, li, ol, p, strong

from dashboard import text
from dashboard.parts.marks import source_titles
from dashboard.parts.qr import qr
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


def print_foot(path: str, readings: Sequence[Reading], snapshot: Snapshot, view: View) -> htpy.Element:
    """Hidden on a screen, where every figure opens its card; ``path`` is the page's own address."""
    lang, zone = view.lang, view.city.zone
    built = f"{text.moment(snapshot.built_at, zone, lang)} {text.zone_mark(snapshot.built_at, zone)}"
    said = text.say(lang, "Potret versi {version}, disusun {when}", version=text.number(snapshot.version, 0, lang), when=built)
    numbers = {name: k for k, name in enumerate(dict.fromkeys(name for r in readings for name in r.evidence.sources), 1)}
    address = f"{view.address}{path}" if view.address else None
    return footer(".print-foot", id="print-foot")[
        div(".print-about")[
            p[strong[said], f". {snapshot.notice}" if snapshot.notice else None],
            p[text.say(lang, "Halaman ini: {address}", address=address or path)],
        ],
        qr(address, view, text.say(lang, "Kode QR: buka halaman ini, {address}", address=address)) if address else None,
        div(".print-formulas")[
            h2[text.say(lang, "Rumus, sumber, dan umur angka")],
            ol[[_line(r, numbers, view) for r in readings]],
            p[
                strong[text.say(lang, "Sumber"), ": "],
                " · ".join(f"[{number}] {source_titles((name,), view)}" for name, number in numbers.items()),
            ],
        ],
    ]


def _line(reading: Reading, numbers: Mapping[str, int], view: View) -> htpy.Element:
    kpi, lang = view.catalog[reading.kpi], view.lang
    seen = reading.freshness.observed_at
    sources = " ".join(f"[{numbers[name]}]" for name in reading.evidence.sources)
    return li[
        strong[kpi.short[lang]],
        f": {kpi.formula[lang]} {sources} · n = {text.number(reading.n, 0, lang)} · ",
        text.say(lang, "data s.d. {when}", when=text.moment(seen, view.city.zone, lang))
        if seen
        else text.say(lang, "belum ada data"),
    ]
