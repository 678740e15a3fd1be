"""What a brief says, sentence by sentence: the same for mail, command line and screen, in whatever language tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date

from layers.brieftypes import Ahead, Brief, Doubt, Figure, Queue, Thing, Told
from layers.model import OFFICES
from layers.numbers import NBSP, Lang, money, number
from layers.orders import OrderState
from layers.snapshot import State

LATE = timedelta(minutes=15)
"""A brief that was made later than this after its time says so."""

DOUBTS = 6
"""So many of what cannot be relied on is named, the longest silent first."""


class Teller(Protocol):
    """Says words, numbers and times in one language."""

    @property
    def lang(self) -> Lang:
        """The language that it tells in."""

    def say(self, words: str, **values: object) -> str:
        """Words of Bahasa Indonesia, in the language of the teller, with ``{names}`` filled in."""

    def quantity(self, value: float, unit: str, decimals: int) -> str:
        """A number with its unit."""

    def when(self, moment: datetime) -> str:
        """``Sabtu 21 November 07.00``."""

    def day(self, day: date) -> str:
        """``Senin 23 November 2026``."""


@dataclass(frozen=True, slots=True)
class Indonesian:
    """Tells in Bahasa Indonesia by the clock of ``zone``: for mail and the command line."""

    zone: ZoneInfo
    lang: Lang = "id"

    def say(self, words: str, **values: object) -> str:
        return words.format(**values) if values else words

    def quantity(self, value: float, unit: str, decimals: int) -> str:
        if unit == "rupiah":
            return NBSP.join(filter(None, money(value)))
        return NBSP.join((number(value, decimals), "%" if unit == "persen" else unit))

    def when(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        return f"{format_date(local, 'EEEE d MMMM', locale='id')} {local:%H.%M}"

    def day(self, day: date) -> str:
        return format_date(day, "EEEE d MMMM y", locale="id")


# --- the head ------------------------------------------------------------------------------------


def title(brief: Brief, tell: Teller) -> str:
    """``Ringkasan pagi Kota Tangerang``, ``Ringkasan pekan Dinas Lingkungan Hidup``."""
    words = "Ringkasan pagi {name}" if brief.opd is None else "Ringkasan pekan {name}"
    return tell.say(words, name=brief.title)


def made(brief: Brief, tell: Teller) -> str:
    """When it was made and from what; and that it was late, where it was."""
    said = tell.say(
        "Dibuat {made} dari potret versi {version} ({built}).",
        made=tell.when(brief.made),
        version=number(brief.version, 0, tell.lang),
        built=tell.when(brief.built),
    )
    if brief.made - brief.due > LATE:
        said += " " + tell.say("Seharusnya {due}: ruang kendali baru menyala sesudahnya.", due=tell.when(brief.due))
    return said


def lead(brief: Brief, tell: Teller) -> str:
    """The one sentence that a leader hears if no other: what is overdue, what falls due, what waits for an answer."""
    late, today = sum(q.overdue for q in brief.queues), sum(q.today for q in brief.queues)
    waiting = sum(order.state is OrderState.GIVEN for order in brief.orders)
    said = [
        tell.say("{n} aduan lewat tenggat", n=number(late, 0, tell.lang)) if late else tell.say("Tidak ada aduan lewat tenggat"),
        tell.say("{n} jatuh tempo hari ini", n=number(today, 0, tell.lang)) if today else "",
        tell.say("{n} arahan belum dijawab", n=number(waiting, 0, tell.lang)) if waiting else "",
    ]
    return ", ".join(filter(None, said)) + "."


# --- figures -------------------------------------------------------------------------------------


def value(figure: Figure, tell: Teller) -> str:
    return tell.quantity(figure.value, figure.unit, figure.decimals)


def change(figure: Figure, tell: Teller) -> str | None:
    """``naik 12 aduan sejak awal Sabtu 21 November``; a share changes by points."""
    if figure.change is None:
        return None
    against = figure.against[tell.lang]
    if round(figure.change, figure.decimals) == 0:
        return tell.say("tetap {against}", against=against)
    unit = "poin" if figure.unit == "persen" else figure.unit
    words = "naik {size} {against}" if figure.change > 0 else "turun {size} {against}"
    return tell.say(words, size=tell.quantity(abs(figure.change), unit, figure.decimals), against=against)


def target(figure: Figure, tell: Teller) -> str | None:
    """``target 95 %`` or, where less is better, ``batas 40 aduan``."""
    if figure.target is None:
        return None
    limit = tell.quantity(figure.target, figure.unit, 0 if float(figure.target).is_integer() else figure.decimals)
    return tell.say("batas {limit}" if figure.better == "down" else "target {limit}", limit=limit)


def age(figure: Figure, tell: Teller) -> str | None:
    """Up to when the data spoke; stronger words where it was not live."""
    if figure.observed is None:
        return tell.say("belum ada data")
    if figure.state is State.LIVE:
        return tell.say("data per {when}", when=tell.when(figure.observed))
    return tell.say("data belum mutakhir, per {when}", when=tell.when(figure.observed))


def judged(figure: Figure, tell: Teller) -> str | None:
    """Whether a change is for the better."""
    return None if figure.good is None else tell.say("membaik") if figure.good else tell.say("memburuk")


# --- queues, orders, doubts ----------------------------------------------------------------------


def overdue(queue: Queue, tell: Teller) -> str:
    """``12 lewat tenggat, terlama sejak Selasa 3 November 10.00``."""
    if not queue.overdue or queue.longest is None:
        return tell.say("tidak ada yang lewat tenggat")
    count = number(queue.overdue, 0, tell.lang)
    return tell.say("{n} lewat tenggat, terlama sejak {when}", n=count, when=tell.when(queue.longest))


def ahead(queue: Queue, tell: Teller, *, week: bool = False) -> str | None:
    """``4 jatuh tempo hari ini, 9 dalam 72 jam``."""
    parts = [("{n} jatuh tempo hari ini", queue.today), ("{n} dalam 72 jam", queue.soon)]
    if week:
        parts.append(("{n} sampai Minggu", queue.week))
    said = [tell.say(words, n=number(n, 0, tell.lang)) for words, n in parts if n]
    return ", ".join(said) or None


def warning(near: Ahead, tell: Teller) -> str:
    """``5 aduan lewat tenggat dalam 8 jam kerja, yang pertama Senin 23 November 09.10``."""
    words = "{n} aduan melewati tenggat dalam {hours} jam kerja, yang pertama {first}"
    return tell.say(words, n=number(near.n, 0, tell.lang), hours=near.hours, first=tell.when(near.first))


def order(told: Told, tell: Teller) -> str:
    """Whether an order was answered, and until when it runs."""
    if told.answer is not None and told.answered is not None:
        return tell.say("dijawab {when}: {answer}", when=tell.when(told.answered), answer=told.answer)
    if told.state is OrderState.CANCELLED:
        return tell.say("dibatalkan")
    return tell.say("belum dijawab, {standing}", standing=told.standing[tell.lang])


def given(told: Told, tell: Teller) -> str:
    """``Pimpinan, Kamis 19 November 10.00``."""
    return f"{tell.say(OFFICES[told.role])}, {tell.when(told.given)}"


def doubt(found: Doubt, tell: Teller) -> str:
    if found.why is not None:
        return found.why[tell.lang]
    if found.observed is None:
        return tell.say("belum pernah mengirim data")
    return tell.say("data terakhir {when}", when=tell.when(found.observed))


# --- the page in lines ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of a section: what it is, what is said of it, and further sentences."""

    head: str
    said: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its lines, or what is said where there are none."""

    title: str
    lines: tuple[Line, ...]
    empty: str


def sections(brief: Brief, tell: Teller) -> Iterator[Section]:
    """The whole brief in the order of the page."""
    if brief.standing is not None:
        reasons = tuple(Line(head="", said=reason[tell.lang]) for reason in brief.standing.reasons)
        state = f"{tell.say('Kondisi kota')}: {brief.standing.level} {brief.standing.name[tell.lang]}"
        yield Section(title=state, lines=reasons, empty=tell.say("Tidak ada alarm yang menentukan."))
    if brief.figures:
        lines = tuple(_figure_line(figure, tell) for figure in brief.figures)
        yield Section(title=tell.say("Angka OPD terhadap target"), lines=lines, empty="")
    yield Section(
        title=changes_title(brief, tell),
        lines=tuple(_thing_line(thing, tell) for thing in brief.things),
        empty=tell.say("Tidak ada perubahan yang berarti."),
    )
    yield Section(
        title=tell.say("Tenggat"),
        lines=tuple(_queue_line(queue, brief, tell) for queue in brief.queues),
        empty=tell.say("Tidak ada yang lewat tenggat atau jatuh tempo dalam 72 jam."),
    )
    if brief.opd is not None and brief.praise:
        lines = tuple(_figure_line(figure, tell) for figure in brief.praise)
        yield Section(title=tell.say("Patut dihargai"), lines=lines, empty="")
    yield Section(
        title=tell.say("Arahan sejak {when}", when=tell.when(brief.since)),
        lines=tuple(Line(head=told.name, said=told.text, more=(order(told, tell), given(told, tell))) for told in brief.orders),
        empty=tell.say("Tidak ada arahan yang baru atau menunggu jawaban."),
    )
    yield Section(
        title=tell.say("Belum dapat dipercaya hari ini"),
        lines=(
            *(Line(head=found.what, said=doubt(found, tell)) for found in brief.doubts[:DOUBTS]),
            *((Line(head="", said=more_doubts(brief, tell)),) if len(brief.doubts) > DOUBTS else ()),
        ),
        empty=tell.say("Semua sumber segar."),
    )


def more_doubts(brief: Brief, tell: Teller) -> str:
    """How many there are beyond those that are named."""
    return tell.say("dan {n} lainnya", n=len(brief.doubts) - DOUBTS)


def changes_title(brief: Brief, tell: Teller) -> str:
    if brief.opd is not None:
        return tell.say("Yang berubah, dan sebabnya")
    return tell.say("Yang paling berubah sejak pekan lalu") if brief.weekly else tell.say("Yang paling berubah sejak kemarin")


def _figure_line(figure: Figure, tell: Teller) -> Line:
    said = (value(figure, tell), target(figure, tell), change(figure, tell))
    return Line(head=figure.title[tell.lang], said=" · ".join(filter(None, said)), more=_age(figure, tell))


def _thing_line(thing: Thing, tell: Teller) -> Line:
    figure = thing.figure
    said = (value(figure, tell), change(figure, tell), judged(figure, tell))
    cause = (thing.cause[tell.lang],) if thing.cause else ()
    return Line(head=figure.title[tell.lang], said=" · ".join(filter(None, said)), more=(*cause, *_age(figure, tell)))


def _age(figure: Figure, tell: Teller) -> tuple[str, ...]:
    said = age(figure, tell)
    return (said,) if said else ()


def _queue_line(queue: Queue, brief: Brief, tell: Teller) -> Line:
    near = next((a for a in brief.ahead if a.opd == queue.opd), None)
    coming = ahead(queue, tell, week=brief.opd is not None)
    more = [said for said in (coming, warning(near, tell) if near else None) if said]
    return Line(head=queue.name, said=overdue(queue, tell), more=tuple(more))
