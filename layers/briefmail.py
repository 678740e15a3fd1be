"""A brief as mail: plain text, and HTML with its styles inside and nothing from anywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import htpy
from htpy import a, body, div, h1, h2, p, strong, table, td, tr

from layers import briefwords as words
from layers.alarmrules import NotifyTarget
from layers.brieftypes import Brief
from layers.city import City
from layers.model import Role

INK, QUIET, RULE, ACCENT = "#131f2e", "#5b6b7f", "#dce3eb", "#0b6e73"
_FONT = f"font-family:'Noto Sans','Segoe UI',Roboto,Arial,sans-serif;color:{INK};line-height:1.4"
_LEAD = f"font-size:17px;font-weight:600;margin:0 0 20px;padding:12px 14px;border-left:4px solid {ACCENT};background:#f4f6f9"


def subject(brief: Brief, zone: ZoneInfo) -> str:
    """``Ringkasan pagi Kota Tangerang, Senin 23 November 2026``; a demo's says so."""
    tell = words.Indonesian(zone)
    said = f"{words.title(brief, tell)}, {tell.day(brief.day)}"
    return f"[{re.split('[:,.]', brief.notice, maxsplit=1)[0]}] {said}" if brief.notice else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A brief on its way to one target; ``due`` is the end of the target's quiet hours, or when it was made."""

    target: NotifyTarget
    key: str
    title: str
    body: str
    html: str
    due: datetime


def letters(brief: Brief, city: City, address: str) -> Iterator[Letter]:
    """One for each target that the brief is for: the city's goes to those of no owner or the leader's, an OPD's to its own."""
    link = f"{address}/ringkasan" + (f"/{brief.opd}" if brief.opd else "") + f"?tanggal={brief.day}"
    for target in city.notify:
        if brief.opd in target.owners if brief.opd else not target.owners or Role.LEADER.value in target.owners:
            yield Letter(
                target=target,
                key=f"ringkasan:{brief.subject}@{brief.day}",
                title=subject(brief, city.zone),
                body=plain(brief, city.zone, link),
                html=html(brief, city.zone, link),
                due=target.free(brief.made, city.zone),
            )


def plain(brief: Brief, zone: ZoneInfo, link: str | None = None) -> str:
    """The brief in lines of text."""
    return "\n".join(_lines(brief, zone, link))


def _lines(brief: Brief, zone: ZoneInfo, link: str | None) -> Iterator[str]:
    tell = words.Indonesian(zone)
    yield f"{words.title(brief, tell)}, {tell.day(brief.day)}"
    yield from (brief.notice,) if brief.notice else ()
    yield words.lead(brief, tell)
    for section in words.sections(brief, tell):
        yield f"\n{section.title.upper()}"
        for line in section.lines:
            yield f"- {line.head}: {line.said}" if line.head else f"- {line.said}"
            yield from (f"  {more}" for more in line.more)
        if not section.lines:
            yield f"  {section.empty}"
    yield f"\n{words.made(brief, tell)}"
    yield from (link,) if link else ()


def html(brief: Brief, zone: ZoneInfo, link: str | None = None) -> str:
    """The brief as one HTML document that every mail program shows: one column, inline styles, no pictures."""
    tell = words.Indonesian(zone)
    page = htpy.html(lang="id")[
        htpy.head[htpy.meta(charset="utf-8"), htpy.title[subject(brief, zone)]],
        body(style=f"margin:0;padding:20px 12px;background:#fff;{_FONT}")[
            div(style="max-width:640px;margin:0 auto")[
                p(style=f"margin:0;color:{QUIET};font-size:14px")[tell.day(brief.day)],
                h1(style="font-size:24px;line-height:1.2;margin:2px 0 10px")[words.title(brief, tell)],
                p(style="margin:0 0 12px;padding:6px 10px;border:1px dashed #c67c09;font-size:14px")[brief.notice]
                if brief.notice
                else None,
                p(style=_LEAD)[words.lead(brief, tell)],
                [_section(section) for section in words.sections(brief, tell)],
                p(style=f"margin:24px 0 0;color:{QUIET};font-size:13px")[words.made(brief, tell)],
                p(style="margin:8px 0 0;font-size:14px")[a(href=link, style=f"color:{ACCENT}")["Buka di ruang kendali"]]
                if link
                else None,
            ]
        ],
    ]
    return str(page)


def _section(section: words.Section) -> htpy.Node:
    return [
        h2(style=f"font-size:15px;margin:22px 0 4px;padding-bottom:4px;border-bottom:1px solid {RULE}")[section.title],
        table(role="presentation", width="100%", cellpadding="0", cellspacing="0", style=f"border-collapse:collapse;{_FONT}")[
            [_row(line) for line in section.lines]
        ]
        if section.lines
        else p(style=f"margin:6px 0;color:{QUIET}")[section.empty],
    ]


def _row(line: words.Line) -> htpy.Element:
    return tr[
        td(style=f"padding:8px 0;border-bottom:1px solid {RULE};vertical-align:top")[
            strong[line.head] if line.head else None,
            div[line.said],
            [div(style=f"color:{QUIET};font-size:14px")[more] for more in line.more],
        ]
    ]
