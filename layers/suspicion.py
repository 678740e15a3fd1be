"""Patterns of closing that ask to be looked at. A pattern is no proof: it names cases, not guilt.

Each pattern is pure over the complaints; its thresholds are the room's own rule (:mod:`layers.suspicionrules`), which a
pack replaces under ``[suspicion]``. It speaks of what happened in the last :data:`DAYS` days and counts for the OPD that
held the case (:mod:`layers.holding`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from math import exp, lgamma, log
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl

from layers.frames import View, Views
from layers.memo import kept
from layers.model import Kind, Scope, Status
from layers.photomatch import Album, numbers
from layers.suspicionrules import SuspicionRules
from layers.windows import moment

DAYS = 30
MOST_CASES = 50
"""Cases of one suspicion that are listed; ``n`` counts them all."""

MOST = 200
NO_PROOF = "Pola ini bukan bukti kecurangan: ia menunjuk kasus yang perlu diperiksa orang."

BULK, MOVED, PHOTO, REOPENED, LAST_MINUTE = "massal", "tenggat_mundur", "foto_sama", "segera_dibuka_lagi", "menjelang_tenggat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A case that a pattern names; never who reported it. ``closed`` of one that is open again is its last closing."""

    source: str
    source_id: str
    area: str
    opd: str | None
    category: str
    closed: datetime | None
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One finding of a pattern: ``n`` cases between two moments, the newest :data:`MOST_CASES` of them listed.

    ``opd`` held them; ``None`` where ``several`` did, or none.
    """

    id: str
    pattern: str
    opd: str | None
    several: bool
    n: int
    cases: tuple[Suspect, ...]
    since: datetime
    until: datetime
    detail: str


_FOUND = {"pattern": pl.String, "cluster": pl.String, "detail": pl.String, "at": pl.Datetime("us", "UTC")}
_OURS = ~pl.col("status").is_in([Status.NOT_OURS.value, Status.DUPLICATE.value, Status.REJECTED.value])


def suspects(view: View, rules: SuspicionRules, now: datetime) -> pl.DataFrame:
    """The complaints that a pattern names: the frame's own columns, and ``pattern``, ``cluster``, ``detail`` and ``at``.

    ``at`` is the moment that made it one, within the last :data:`DAYS` days.
    """
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    parts = [
        kept(part, "may be suspect", partial(_touched, part, day, rules.photo_days), key=(day, rules.photo_days))
        for part in view.parts(Kind.COMPLAINT)
    ]
    late = pl.concat(parts or [view.frame(Kind.COMPLAINT).clear()])
    rows = late.lazy().with_columns(name=pl.col("holder").cast(pl.String).fill_null("-"))
    found = [
        _named(find(rows, rules, now), pattern).select(*late.columns, *_FOUND).collect() for pattern, find in PATTERNS.items()
    ]
    return pl.concat(found)


def _touched(part: pl.DataFrame, day: datetime, photo_days: int) -> pl.DataFrame:
    """The few rows of a month that a pattern can name from a day on: nothing else is looked through again."""
    since = moment(day - timedelta(days=DAYS))
    late = pl.any_horizontal(pl.col("closed", "closed_before", "due_moved") >= since)
    photo = pl.col("photo").is_not_null() & (pl.coalesce("closed", "closed_before") >= moment(day - timedelta(days=photo_days)))
    return part.lazy().filter(_OURS, late | photo).collect()


def _named(found: pl.LazyFrame, pattern: str) -> pl.LazyFrame:
    return found.with_columns(
        pl.lit(pattern).alias("pattern"), pl.col("cluster").cast(pl.String), pl.col("detail").cast(pl.String)
    )


def _recent(column: str, now: datetime) -> pl.Expr:
    return pl.col(column).is_between(moment(now - timedelta(days=DAYS)), moment(now), closed="right")


def _bulk(rows: pl.LazyFrame, rules: SuspicionRules, now: datetime) -> pl.LazyFrame:
    """Many closings of one OPD at a time, each shortly before its deadline."""
    ahead = (pl.col("due") - pl.col("closed")).is_between(pl.duration(), pl.duration(hours=rules.bulk_hours))
    near = rows.filter(_recent("closed", now), ahead, pl.col("name") != "-").sort("name", "closed").collect()
    within = rules.bulk_minutes * 60_000_000
    times = near["closed"].dt.epoch("us").to_numpy()
    spread = int(np.ptp(times)) + within + 1 if len(times) else 1
    key = near["name"].rle_id().to_numpy().astype(np.int64) * spread + times - (times.min() if len(times) else 0)
    ends = np.searchsorted(key, key + within, "right")
    starts = np.flatnonzero(ends - np.arange(len(key)) >= rules.bulk_least)
    covered = np.zeros(len(key) + 1, np.int64)
    np.add.at(covered, starts, 1)
    np.add.at(covered, ends[starts], -1)
    marked = np.cumsum(covered)[:-1] > 0
    apart = np.diff(key, prepend=-within - 1) > within
    cluster = np.cumsum(marked & (apart | ~np.concatenate([[False], marked[:-1]])))
    found = near.with_columns(number=pl.Series(cluster, dtype=pl.Int64)).filter(pl.Series(marked, dtype=pl.Boolean)).lazy()
    first = pl.col("closed").min().over("name", "number").dt.epoch("s")
    many = pl.len().over("name", "number").cast(pl.String)
    words = many + f" aduan ditutup berdekatan, tenggatnya paling lama {rules.bulk_hours} jam lagi"
    return found.with_columns(cluster=pl.col("name") + ":" + first.cast(pl.String), detail=words, at=pl.col("closed"))


def _moved(rows: pl.LazyFrame, rules: SuspicionRules, now: datetime) -> pl.LazyFrame:
    """The deadline put later with another category when its time was nearly over, or over."""
    left = (pl.col("first_due") - pl.col("received")) * rules.late_share
    late = _recent("due_moved", now) & (pl.col("due_moved") >= pl.col("first_due") - left)
    words = pl.lit("kategori diganti dan tenggat mundur saat waktunya hampir atau sudah habis")
    return rows.filter(late).with_columns(cluster="name", detail=words, at=pl.col("due_moved"))


def _photo(rows: pl.LazyFrame, rules: SuspicionRules, now: datetime) -> pl.LazyFrame:
    """The same photo as evidence of different cases that are not at one place."""
    since, at = now - timedelta(days=rules.photo_days), pl.coalesce("closed", "closed_before")
    wanted = pl.col("photo").is_not_null() & at.is_between(moment(since), moment(now))
    photos = rows.filter(wanted).with_columns(at=at).collect()
    group = _album(rules.photo_bits).same(numbers(photos["photo"].to_list()))
    apart = pl.any_horizontal(
        (pl.col(name).max() - pl.col(name).min() > rules.same_place).over("group") for name in ("lat", "lon")
    )
    unknown = pl.col("lat").is_null().any().over("group")
    many = pl.len().over("group") > 1
    shared = photos.with_columns(group=pl.Series(group, dtype=pl.Int64)).lazy().filter(many & (apart | unknown))
    recent = _recent("at", now).any().over("group")
    words = "foto bukti yang sama pada " + pl.len().over("group").cast(pl.String) + f" aduan dalam {rules.photo_days} hari"
    return shared.filter(recent).with_columns(cluster=pl.col("photo").min().over("group"), detail=words)


_album = cache(Album)
"""Photos that were compared once are not compared again."""


def _reopened(rows: pl.LazyFrame, rules: SuspicionRules, now: datetime) -> pl.LazyFrame:
    """Opened again soon after the closing."""
    soon = pl.col("reopened") - pl.col("closed_before") <= pl.duration(days=rules.reopened_days)
    words = pl.lit(f"dibuka kembali paling lambat {rules.reopened_days} hari sesudah ditutup")
    return rows.filter(_recent("closed_before", now), soon).with_columns(cluster="name", detail=words, at=pl.col("closed_before"))


def _last_minute(rows: pl.LazyFrame, rules: SuspicionRules, now: datetime) -> pl.LazyFrame:
    """More closings in the last minutes before the deadline than chance would give, were they even over a case's time."""
    length, left = pl.col("due") - pl.col("received"), pl.col("due") - pl.col("closed")
    minutes = pl.duration(minutes=rules.last_minutes)
    in_time = _recent("closed", now) & (left >= pl.duration()) & (length > pl.duration()) & (pl.col("name") != "-")
    share = (rules.last_minutes * 60e6 / length.dt.total_microseconds()).clip(0, 1)
    each = rows.filter(in_time).with_columns(hit=left <= minutes, share=share)
    counts = each.group_by("name").agg(n=pl.len(), k=pl.col("hit").sum(), p=pl.col("share").mean()).collect()
    flagged = [
        {"name": r["name"], "detail": _odds(r, rules)}
        for r in counts.iter_rows(named=True)
        if r["n"] >= rules.least_n and r["k"] > r["n"] * r["p"] and tail(r["n"], r["k"], r["p"]) <= rules.chance
    ]
    named = pl.LazyFrame(flagged, schema={"name": pl.String, "detail": pl.String})
    return each.filter("hit").join(named, on="name").with_columns(cluster="name", at=pl.col("closed"))


def _odds(row: Mapping[str, Any], rules: SuspicionRules) -> str:
    usual = f"{row['n'] * row['p']:.1f}".replace(".", ",")
    return f"{row['k']} dari {row['n']} penutupan terjadi dalam {rules.last_minutes} menit terakhir; bila merata sekitar {usual}"


def tail(n: int, k: int, p: float) -> float:
    """The chance of at least ``k`` of ``n`` where each has the chance ``p`` (binomial, exact)."""
    if k <= 0 or p >= 1:
        return 1.0
    if p <= 0:
        return 0.0
    known = lgamma(n + 1)
    return min(
        1.0, sum(exp(known - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) + (n - i) * log(1 - p)) for i in range(k, n + 1))
    )


Find = Callable[[pl.LazyFrame, SuspicionRules, datetime], pl.LazyFrame]
PATTERNS: Mapping[str, Find] = {BULK: _bulk, MOVED: _moved, PHOTO: _photo, REOPENED: _reopened, LAST_MINUTE: _last_minute}
"""Every pattern by its name."""


# --- for those who may see rows -------------------------------------------------------------------

_memo: WeakKeyDictionary[Views, tuple[tuple[int, datetime], pl.DataFrame]] = WeakKeyDictionary()
_lock = threading.Lock()


def suspicions(scope: Scope, frames: Views, rules: SuspicionRules, now: datetime) -> tuple[Suspicion, ...]:
    """What the patterns name among the rows that the scope may see, most cases first, at most :data:`MOST`.

    Raises ``PermissionError`` where the scope sees aggregates only. Remembered by the version of the frames and the minute.
    """
    if not scope.may_see_rows:
        raise PermissionError("peran ini hanya melihat angka gabungan, bukan baris")
    view, minute = frames.view(), now.astimezone(UTC).replace(second=0, microsecond=0)
    with _lock:
        known = _memo.get(frames)
        if known is None or known[0] != (view.version, minute):
            known = ((view.version, minute), suspects(view, rules, now))
            _memo[frames] = known
    return gathered(known[1].filter(_seen_by(scope)))


def _seen_by(scope: Scope) -> pl.Expr:
    """By who held a case, as the figures count it and the rows behind them are shown."""
    seen = [pl.lit(value=True)]
    if scope.opds is not None:
        seen.append(pl.col("holder").cast(pl.String).is_in(sorted(scope.opds)))
    if scope.areas is not None:
        codes = sorted(scope.areas)
        within = [pl.col("area").cast(pl.String) == code for code in codes]
        below = [pl.col("area").cast(pl.String).str.starts_with(f"{code}.") for code in codes]
        seen.append(pl.any_horizontal(pl.lit(value=False), *within, *below))
    if scope.categories is not None:
        seen.append(pl.col("category").cast(pl.String).is_in(sorted(scope.categories)))
    return pl.all_horizontal(seen).fill_null(value=False)


def gathered(found: pl.DataFrame) -> tuple[Suspicion, ...]:
    """The cases by pattern and cluster, most first."""
    order = found.sort("at", "source_id", descending=[True, False])
    named = [_suspicion(str(pattern), str(cluster), rows) for (pattern, cluster), rows in order.group_by("pattern", "cluster")]
    return tuple(sorted(named, key=lambda s: (-s.n, s.id))[:MOST])


def _suspicion(pattern: str, cluster: str, rows: pl.DataFrame) -> Suspicion:
    holders = rows["holder"].cast(pl.String).unique().to_list()
    texts = rows.head(MOST_CASES).with_columns(
        pl.col("source", "area", "opd", "category").cast(pl.String), closed=pl.coalesce("closed", "closed_before")
    )
    names = ("source", "source_id", "area", "opd", "category", "closed", "due")
    return Suspicion(
        id=f"{pattern}:{cluster}",
        pattern=pattern,
        opd=holders[0] if len(holders) == 1 else None,
        several=len(holders) > 1,
        n=rows.height,
        cases=tuple(Suspect(**row) for row in texts.select(names).iter_rows(named=True)),
        since=rows["at"][-1],
        until=rows["at"][0],
        detail=rows["detail"][0],
    )
