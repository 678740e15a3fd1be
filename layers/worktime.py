"""Working time as sorted stretches on the line of seconds since 1970: arithmetic on whole arrays of moments at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from layers.officehours import DAY, End, Span

Seconds = NDArray[np.int64]
"""Moments as whole seconds since 1970 UTC, or amounts of seconds."""

OUTSIDE = np.iinfo(np.int64).min
"""Stands for a moment that the line does not reach, inside this arithmetic only."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Stretches ``start`` to ``stop`` in which time counts, with the seconds counted ``before`` each.

    Of each day that is worked: its number (days since 1970), when it ``opens`` and ``closes``, and its ``midnight`` as
    the clock of its opening sees it, so that a clock time is a moment even where zones shift at night.
    ``first`` to ``last`` is what the line covers.
    """

    start: Seconds
    stop: Seconds
    before: Seconds
    day: Seconds
    opens: Seconds
    closes: Seconds
    midnight: Seconds
    first: int
    last: int

    @classmethod
    def drawn(cls, days: Sequence[date], spans: Callable[[date], Sequence[Span]], zone: ZoneInfo) -> Line:
        """The line of consecutive ``days``, each with its working ``spans`` by the clock of ``zone``."""
        stretches = np.array([edges for day in days for edges in _edges(day, spans(day), zone)], dtype=np.int64).reshape(-1, 3)
        number, start, stop = stretches.T
        before = np.concatenate([[0], np.cumsum(stop - start)[:-1]]).astype(np.int64)
        day, head = np.unique(number, return_index=True)
        tail = np.append(head[1:], len(number)) - 1
        ahead = {n: spans(date.fromordinal(n + _EPOCH))[0][0] for n in day.tolist()}
        opens = start[head]
        return cls(
            start=start,
            stop=stop,
            before=before,
            day=day,
            opens=opens,
            closes=stop[tail],
            midnight=opens - np.array([ahead[n] for n in day.tolist()], dtype=np.int64),
            first=_moment(days[0], 0, zone),
            last=_moment(days[-1], DAY, zone),
        )

    def covers(self, moments: Seconds) -> NDArray[np.bool_]:
        return (moments >= self.first) & (moments <= self.last)

    def counted(self, moments: Seconds) -> Seconds:
        """Working seconds from the line's beginning to each moment."""
        at = np.maximum(np.searchsorted(self.start, moments, side="right") - 1, 0)
        inside = np.clip(moments - self.start[at], 0, self.stop[at] - self.start[at])
        return np.asarray(self.before[at] + inside)

    def later(self, moments: Seconds, seconds: Seconds | np.int64) -> Seconds:
        """The first moment at which so many working seconds more are counted; the moment itself for none."""
        wanted = self.counted(moments) + seconds
        through = self.before + (self.stop - self.start)
        at = np.searchsorted(through, wanted, side="left")
        reached = at < len(through)
        at = np.minimum(at, len(through) - 1)
        found = self.start[at] + wanted - self.before[at]
        return np.where(seconds == 0, moments, np.where(reached, found, OUTSIDE))

    def counts_from(self, moments: Seconds) -> tuple[Seconds, Seconds]:
        """The working day on which each moment counts as received, and from when: at once, or when an office next opens."""
        at = np.searchsorted(self.closes, moments, side="right")
        reached = at < len(self.closes)
        at = np.minimum(at, len(self.closes) - 1)
        return at, np.where(reached, np.maximum(moments, self.opens[at]), OUTSIDE)

    def days_later(self, moments: Seconds, days: Seconds | np.int64, end: End) -> Seconds:
        """The end of the last of so many working days after the one on which each moment counts as received."""
        at, since = self.counts_from(moments)
        last = at + days
        reached = (since != OUTSIDE) & (last < len(self.day))
        last = np.minimum(last, len(self.day) - 1)
        same = np.clip(self.midnight[last] + since - self.midnight[at], self.opens[last], self.closes[last])
        return np.where(reached, self.closes[last] if end == "tutup_kantor" else same, OUTSIDE)


_EPOCH = date(1970, 1, 1).toordinal()


def _edges(day: date, spans: Sequence[Span], zone: ZoneInfo) -> Iterator[tuple[int, int, int]]:
    for start, stop in spans:
        yield day.toordinal() - _EPOCH, _moment(day, start, zone), _moment(day, stop, zone)


def _moment(day: date, seconds: int, zone: ZoneInfo) -> int:
    """The moment at which a clock of the zone shows so many seconds after midnight."""
    shown = datetime.combine(day, datetime.min.time(), zone) + timedelta(seconds=seconds)  # by the face of the clock
    return int(shown.astimezone(UTC).timestamp())
