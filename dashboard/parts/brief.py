"""A brief on screen: what a leader reads at seven, each line with a way to its number and to an order about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import htpy
from babel.dates import format_date
from htpy import a, button, div, h2, header, li, ol, p, section, span, strong, tbody, td, th, thead, tr, ul

from dashboard import text
from dashboard.parts.marks import band_mark
from dashboard.parts.orderlink import order_link
from dashboard.places.address import area_address
from layers import briefwords as words
from layers.brieftypes import Brief, Figure, Queue, Thing, Told
from layers.orders import OrderState
from layers.snapshot import Band, State

if TYPE_CHECKING:
    from dashboard.page import View

QUEUES = 10
"""OPDs of the table; what the others hold is one line."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Tells a brief in the language of the screen."""

    view: View

    @property
    def lang(self) -> text.Lang:
        return self.view.lang

    def say(self, said: str, **values: object) -> str:
        return text.say(self.lang, said, **values)

    def quantity(self, value: float, unit: str, decimals: int) -> str:
        return text.quantity(value, unit, decimals, self.lang)

    def when(self, moment: datetime) -> str:
        zone = self.view.city.zone
        day = format_date(moment.astimezone(zone), "EEEE d MMMM", locale="id" if self.lang == "id" else "en_GB")
        return f"{day} {text.clock(moment, zone, self.lang)}"

    def day(self, day: date) -> str:
        return text.day(day, self.view.city.zone, self.lang, weekday=True)


def brief_parts(brief: Brief, view: View) -> list[htpy.Node]:
    """The whole brief under its heading."""
    tell = Desk(view)
    return [
        p(".notice")[brief.notice] if brief.notice else None,
        p(".lead-line")[words.lead(brief, tell)],
        _standing(brief, tell),
        div(".brief-columns")[
            div[_figures(brief, tell), _things(brief, tell), _doubts(brief, tell)],
            div[_queues(brief, tell), _praise(brief, tell), _orders(brief, tell)],
        ],
        p(".provenance.made")[words.made(brief, tell)],
    ]


def _panel(title: str, kind: str, *content: htpy.Node, aside: htpy.Node = None) -> htpy.Element:
    return section(f".panel.{kind}", id=f"ringkasan-{kind}")[header[h2[title], span(".aside")[aside] if aside else None], content]


def _standing(brief: Brief, tell: Desk) -> htpy.Element | None:
    state = brief.standing
    if state is None:
        return None
    reasons = "; ".join(reason[tell.lang] for reason in state.reasons)
    return p(".brief-state", {"data-level": str(state.level)})[
        span[tell.say("Kondisi kota")],
        " ",
        strong[f"{state.level} · {state.name[tell.lang]}"],
        f" {reasons}" if reasons else None,
    ]


# --- figures -------------------------------------------------------------------------------------


def _things(brief: Brief, tell: Desk) -> htpy.Element:
    title = words.changes_title(brief, tell)
    if not brief.things:
        return _panel(title, "things", p(".empty")[tell.say("Tidak ada perubahan yang berarti.")])
    return _panel(title, "things", ol[[li[_thing(thing, tell)] for thing in brief.things]])


def _thing(thing: Thing, tell: Desk) -> list[htpy.Node]:
    figure, judged = thing.figure, words.judged(thing.figure, tell)
    return [
        _headline(figure, tell),
        p(".change")[
            words.change(figure, tell),
            span(".judged", {"data-good": str(figure.good).lower()})[judged] if judged else None,
        ],
        p(".cause")[thing.cause[tell.lang]] if thing.cause else None,
        _foot(figure, tell),
    ]


def _headline(figure: Figure, tell: Desk) -> htpy.Element:
    return p(".thing-head")[
        a(href=area_address(figure.area))[figure.title[tell.lang]],
        strong[band_mark(figure.band, tell.view), words.value(figure, tell)],
    ]


def _foot(figure: Figure, tell: Desk) -> htpy.Element:
    """Age of the number as it was; its evidence as it is now; an order about it."""
    return p(".thing-foot", {"data-kpi": figure.kpi, "data-scope": figure.area, "data-opd": figure.opd})[
        span(class_="old" if figure.state is not State.LIVE else None)[words.age(figure, tell)],
        button(".origin", type="button", aria_haspopup="dialog")[tell.say("asal-usul")],
        order_link(tell.view, kpi=figure.kpi, area=figure.area, opd=figure.opd),
    ]


def _figures(brief: Brief, tell: Desk) -> htpy.Element | None:
    """An OPD's own figures against their targets."""
    if brief.opd is None:
        return None
    title = tell.say("Angka OPD terhadap target")
    if not brief.figures:
        return _panel(title, "figures", p(".empty")[tell.say("Belum ada angka untuk OPD ini.")])
    return _panel(title, "figures", ul[[li[_figure(figure, tell)] for figure in brief.figures]])


def _figure(figure: Figure, tell: Desk) -> list[htpy.Node]:
    said = (words.target(figure, tell), words.change(figure, tell))
    return [_headline(figure, tell), p(".change")[" · ".join(filter(None, said))], _foot(figure, tell)]


def _praise(brief: Brief, tell: Desk) -> htpy.Element | None:
    if brief.opd is None or not brief.praise:
        return None
    said = [(f.title[tell.lang], f"{words.value(f, tell)}, {words.target(f, tell)}") for f in brief.praise]
    lines = [li[strong[name], f" {figure}"] for name, figure in said]
    return _panel(tell.say("Patut dihargai"), "praise", ul[lines])


# --- whose, what was ordered, what is doubted -----------------------------------------------------


def _queues(brief: Brief, tell: Desk) -> htpy.Element:
    title = tell.say("Tenggat OPD ini") if brief.opd else tell.say("Lewat tenggat, pada siapa")
    if not brief.queues:
        words_ = tell.say("Tidak ada yang lewat tenggat atau jatuh tempo dalam 72 jam.")
        return _panel(title, "queues", p(".empty")[words_])
    shown, others = brief.queues[:QUEUES], brief.queues[QUEUES:]
    heads = ("OPD", "lewat", "terlama sejak", "hari ini", "72 jam")
    head = tr[[th(class_="num" if k in (1, 3, 4) else None, scope="col")[tell.say(name)] for k, name in enumerate(heads)]]
    late = sum(q.overdue for q in others)
    return _panel(
        title,
        "queues",
        htpy.table[thead[head], tbody[[_queue(queue, tell) for queue in shown]]],
        p(".aside")[tell.say("dan {n} OPD lain dengan {late} lewat tenggat", n=len(others), late=late)] if others else None,
        [p(".warning")[strong[f"{near.name}: "], words.warning(near, tell)] for near in brief.ahead[:QUEUES]]
        if brief.opd
        else _warnings(brief, tell),
    )


def _warnings(brief: Brief, tell: Desk) -> htpy.Element | None:
    """The city's deadlines ahead in one line: each OPD has its own in its digest."""
    if not brief.ahead:
        return None
    said = ", ".join(f"{near.name} {near.n}" for near in brief.ahead[:QUEUES])
    return p(".warning")[tell.say("Lewat dalam {hours} jam kerja bila dibiarkan: ", hours=brief.ahead[0].hours), said]


def _queue(queue: Queue, tell: Desk) -> htpy.Element:
    name = a(href=f"/ringkasan/{queue.opd}")[queue.name] if queue.opd else queue.name
    longest = tell.when(queue.longest) if queue.longest else "-"
    order = order_link(tell.view, kpi="aduan_lewat_tenggat", opd=queue.opd) if queue.opd else None
    mark = band_mark(Band.WATCH, tell.view) if queue.overdue else None
    return tr[
        th(scope="row")[name, " ", order],
        _count(queue.overdue, "lewat", tell, mark),
        td(".since", data_name=tell.say("terlama sejak") if queue.longest else "")[longest],
        _count(queue.today, "hari ini", tell),
        _count(queue.soon, "72 jam", tell),
    ]


def _count(n: int, name: str, tell: Desk, mark: htpy.Node = None) -> htpy.Element:
    """A cell that names its column, for where the heading is not shown."""
    return td(".num", data_name=tell.say(name))[mark, text.number(n, 0, tell.lang)]


def _orders(brief: Brief, tell: Desk) -> htpy.Element:
    since = tell.say("sejak {when}", when=tell.when(brief.since))
    if not brief.orders:
        empty = p(".empty")[tell.say("Tidak ada arahan yang baru atau menunggu jawaban.")]
        return _panel(tell.say("Arahan"), "told", empty, aside=since)
    return _panel(tell.say("Arahan"), "told", ul[[li[_told(told, tell)] for told in brief.orders]], aside=since)


def _told(told: Told, tell: Desk) -> list[htpy.Node]:
    late = told.state is OrderState.GIVEN and told.due < tell.view.now
    return [
        p(".thing-head")[a(href=f"/arahan#a{told.id}")[told.name], span(".aside")[words.given(told, tell)]],
        p[told.text],
        p(".change")[band_mark(Band.ACT, tell.view) if late else None, words.order(told, tell)],
    ]


def _doubts(brief: Brief, tell: Desk) -> htpy.Element:
    title = tell.say("Belum dapat dipercaya hari ini")
    if not brief.doubts:
        return _panel(title, "doubts", p(".empty")[tell.say("Semua sumber segar.")])
    lines = [
        li[a(href="/sumber")[found.what], " ", span(".quiet")[words.doubt(found, tell)]] for found in brief.doubts[: words.DOUBTS]
    ]
    more = p(".aside")[words.more_doubts(brief, tell)] if len(brief.doubts) > words.DOUBTS else None
    return _panel(title, "doubts", ul[lines], more)


def no_brief(view: View, *, digest: bool) -> htpy.Element:
    """Why there is none, and when there will be one."""
    plan = view.city.brief
    said = "Ringkasan OPD dibuat pada ringkasan pertama tiap pekan." if digest else "Ringkasan dibuat pada hari kerja."
    at = text.say(view.lang, "Pukul {at}, dari angka saat itu.", at=f"{plan.at:%H.%M}")
    return section(".panel")[
        p(".empty")[f"{text.say(view.lang, 'Belum ada ringkasan.')} {text.say(view.lang, said)} {at}"],
        p(".links")[a(href="/perubahan")[text.say(view.lang, "Lihat apa yang berubah sampai sekarang")]],
    ]
