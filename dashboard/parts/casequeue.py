"""The deadline queue on screen: the cases by working time left, with their filters, order, pages, and who has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, code, div, h2, header, input, label, nav, p, section, span, table, tbody, td, th, thead, tr  # noqa: A004 - HTML's

from dashboard import text
from dashboard.parts.marks import band_mark
from layers.calendar import Calendar
from layers.model import UNPLACED
from layers.queue import SIZE, URGENCIES, Case, Queue
from layers.snapshot import Band

if TYPE_CHECKING:
    from dashboard.opdcut import Choice
    from dashboard.page import View
    from layers.opdbook import Book
    from layers.queue import Key

ELEMENT = "queue"
ACTS = "tindakan"
"""Id of the form that the boxes of the cases belong to."""
URGENCY_WORDS = {"late": "lewat tenggat", "today": "hari ini", "later": "masih ada waktu", "none": "tanpa tenggat"}
COLUMNS = (
    (("source_id", "Nomor"), ("received", "Diterima")),
    (("category", "Aduan"),),
    (("area", "Wilayah"),),
    (("channel", "Kanal"), ("status", "Status")),
    (("left", "Sisa waktu"),),
)
"""What stands in each column, the second below the first; each is a way to order the queue."""
ORDERS = dict(pair for column in COLUMNS for pair in column)


def case_queue(
    found: Queue, choice: Choice, book: Book | None, texts: Mapping[Key, str], view: View, *, acts: bool
) -> htpy.Element:
    """A page of the queue; ``acts`` puts a box before each case, for the form that acts on those chosen."""
    lang = view.lang
    order = choice.asked.get("urut", "left")
    whole = text.number(sum(found.by_urgency.values()), 0, lang)
    said = text.say(lang, "{n} terbuka · urut {order}", n=whole, order=text.say(lang, ORDERS[order.removeprefix("-")]).lower())
    title = text.say(lang, "Antrean tenggat")
    calendar = Calendar.of(view.city, view.now, opd=choice.opd)
    body = [_row(case, calendar, book, texts, view, choice, acts=acts) for case in found.cases]
    return section(".panel.table.queue", id=ELEMENT)[
        header[h2[title], span(".aside")[said]],
        _urgencies(found, choice, view),
        div(".scroll", tabindex="0", role="region", aria_label=title)[
            table[
                thead[
                    tr[
                        th(scope="col")[span(".unseen")[text.say(lang, "Pilih")]] if acts else None,
                        [
                            th(scope="col", aria_sort=_sorted(column, order))[
                                [_heading(*each, order, choice, view) for each in column]
                            ]
                            for column in COLUMNS
                        ],
                    ]
                ],
                tbody[body],
            ]
        ]
        if body
        else p(".empty")[text.say(lang, "Tidak ada kasus terbuka pada saringan ini.")],
        _pages(found, choice, view),
    ]


def unknown(why: str, view: View) -> htpy.Element:
    """While nobody can say which cases belong to it, in words."""
    return section(".panel.queue", id=ELEMENT)[
        header[h2[text.say(view.lang, "Antrean tenggat")]], p(".empty")[text.say(view.lang, why)]
    ]


def search(choice: Choice, view: View) -> htpy.Element:
    """Looks a number up in the queue, within all other choices; works without scripts."""
    rest = {name: value for name, value in choice.asked.items() if name not in ("cari", "halaman")}
    return htpy.form(".queue-search", method="get", action=f"/opd/{choice.opd}", role="search", data_turn=True)[
        [input(type="hidden", name=name, value=value) for name, value in rest.items()],
        label[
            text.say(view.lang, "Cari nomor"),
            input(type="search", name="cari", value=choice.asked.get("cari", ""), pattern=r"[\w.\/\-]{1,40}"),
        ],
        button(".plain-button", type="submit")[text.say(view.lang, "Cari")],
    ]


def _urgencies(found: Queue, choice: Choice, view: View) -> htpy.Element:
    here = choice.asked.get("urgency")
    return nav(".segments", aria_label=text.say(view.lang, "Menurut sisa waktu"))[
        [
            a(href=choice.turned("urgency", name), data_turn=True, aria_current="true" if name == here else None)[
                text.say(view.lang, URGENCY_WORDS[name]), " ", htpy.strong[text.number(found.by_urgency[name], 0, view.lang)]
            ]
            for name in URGENCIES
            if found.by_urgency[name] or name == here
        ]
    ]


def _sorted(column: Sequence[tuple[str, str]], order: str) -> str | None:
    by = order.removeprefix("-")
    return None if by not in dict(column) else "ascending" if by == order else "descending"


def _heading(name: str, words: str, order: str, choice: Choice, view: View) -> htpy.Element:
    to = f"-{name}" if order == name else name
    arrow = {name: " ▲", f"-{name}": " ▼"}.get(order, "")
    return a(href=choice.address(urut=None if to == "left" else to), data_turn=True)[text.say(view.lang, words), arrow]


def _row(
    case: Case, calendar: Calendar, book: Book | None, texts: Mapping[Key, str], view: View, choice: Choice, *, acts: bool
) -> htpy.Element:
    lang = view.lang
    disputed = book.disputed(choice.opd).get(case.key) if book else None
    handed = book.handed.get(case.key) if book else None
    box = input(type="checkbox", name="kasus", value=f"{case.source}/{case.source_id}", form=ACTS, aria_label=case.source_id)
    return tr({"data-case": case.source_id})[
        td(".pick")[box] if acts else None,
        th(scope="row")[code[case.source_id], p(".quiet")[text.moment(case.received, view.city.zone, lang)]],
        td(".what")[
            case.category,
            p(".said")[words] if (words := texts.get(case.key)) else None,
            p(".handed")[text.say(lang, "Bidang {name}", name=handed.division)] if handed else None,
            p(".disputed")["≠ ", text.say(lang, "diperselisihkan: {reason}", reason=disputed.reason)] if disputed else None,
        ],
        td[
            a(href=f"/kelurahan/{case.area}")[view.tree.name(case.area)]
            if case.area != UNPLACED
            else text.say(lang, "Tanpa lokasi")
        ],
        td[case.channel, p(".quiet")[text.say(lang, case.status.replace("_", " "))]],
        td(".left", {"data-left": None if case.left is None else str(case.left)})[_left(case, calendar, view)],
    ]


def _left(case: Case, calendar: Calendar, view: View) -> htpy.Node:
    """``◆ lewat 2 hari kerja``, ``▲ hari ini 16.00``, ``3 hari kerja``; the moment itself stands in its title."""
    lang = view.lang
    if case.due is None:
        return span(".quiet")[text.say(lang, "tanpa tenggat")]
    zone = view.city.zone
    left = calendar.left(view.now, case.due, working=case.working)
    kind = " kerja" if case.working else ""
    size = (
        text.say(lang, f"{{n}} hari{kind}", n=left.days)
        if left.days
        else text.say(lang, f"{{n}} jam{kind}", n=max(left.seconds // 3600, 1))
    )
    when = text.moment(case.due, zone, lang)
    if left.over:
        return span(".act", title=when)[band_mark(Band.ACT, view), text.say(lang, "lewat {size}", size=size)]
    if case.due.astimezone(zone).date() == view.now.astimezone(zone).date():
        return span(".watch", title=when)[
            band_mark(Band.WATCH, view), text.say(lang, "hari ini {clock}", clock=text.clock(case.due, zone, lang))
        ]
    return span(title=when)[size]


def _pages(found: Queue, choice: Choice, view: View) -> htpy.Element | None:
    if found.pages == 1:
        return None
    lang, here = view.lang, found.page
    first, last = (here - 1) * SIZE + 1, (here - 1) * SIZE + len(found.cases)
    words = text.say(
        lang,
        "{first} sampai {last} dari {all}",
        first=text.number(first, 0, lang),
        last=text.number(last, 0, lang),
        all=text.number(found.total, 0, lang),
    )
    before = (
        a(rel="prev", href=choice.address(halaman=str(here - 1) if here > 2 else None), data_turn=True)[
            text.say(lang, "Sebelumnya")
        ]
        if here > 1
        else span
    )
    after = (
        a(rel="next", href=choice.address(halaman=str(here + 1)), data_turn=True)[text.say(lang, "Berikutnya")]
        if here < found.pages
        else span
    )
    return nav(".pages", aria_label=text.say(lang, "Halaman antrean"))[before, span(".quiet")[words], after]


def by_state(counts: Mapping[str, int], view: View) -> htpy.Element:
    """For who sees no rows: how many open cases stand where."""
    lang = view.lang
    return section(".panel.queue", id=ELEMENT)[
        header[h2[text.say(lang, "Antrean tenggat")]],
        div(".states")[[p[htpy.strong[text.number(n, 0, lang)], " ", text.say(lang, words)] for words, n in counts.items()]],
        p(".aside")[text.say(lang, "Daftar kasus terbuka bagi akun yang boleh melihat baris; di sini jumlahnya saja.")],
    ]
