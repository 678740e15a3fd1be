"""Websites of the OPDs: whether each answers, how long its certificate holds, and when it was last written to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Annotated, Any, Self
from urllib.parse import urljoin, urlsplit

from pydantic import Field, model_validator
from selectolax.lexbor import LexborHTMLParser

from connectors.answer import Answer
from connectors.fields import need, need_moment, opd, text
from connectors.http import Http, Origin, origin, origins
from connectors.source import BadRow, Config, Context, Cursor, Excluded, Kept, Page, Row, Sample, Source, SourceError
from connectors.sources import _websites
from layers.model import Kind, Measurement

AGE = "situs.pembaruan_hari"
"""Told anew each day even where it stays the same, so that it shows when it was last checked."""

NAMES = {
    "situs.terjangkau": "ya/tidak",
    "situs.sertifikat_hari": "hari",
    AGE: "hari",
    "situs.isi_hari": "hari",
    **{f"situs.{sign}": "ya/tidak" for sign in _websites.SIGNS},
}
"""What is measured of a site, and its unit; see the connector's page for each."""

MAX_BYTES = 8 << 20
DAY = timedelta(days=1)

Address = Annotated[str, Field(pattern=r"^https?://")]


class Site(Config):
    """One site: whose it is (slug, name or code of an OPD), its address, and where its news are where the page does not say.

    ``name`` is what it is called on a screen: by default its host, with a port and a path where it has one.
    """

    opd: str
    url: Address
    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    feed: Address | None = None
    sitemap: Address | None = None


class Websites(Config):
    """The sites. Each is given ``seconds``, all of them ``total`` seconds; ``workers`` are asked at a time.

    A site whose turn did not come within ``total`` is not spoken of in this run.
    """

    sites: Annotated[tuple[Site, ...], Field(min_length=1, max_length=2_000)]
    seconds: Annotated[float, Field(gt=0, le=120)] = 20
    total: Annotated[float, Field(gt=0, le=1_800)] = 180
    workers: Annotated[int, Field(ge=1, le=32)] = 8

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [name_of(site) for site in self.sites]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"situs dinyatakan dua kali: {', '.join(sorted(twice))}")
        return self


@dataclass(slots=True, kw_only=True)
class Checked:
    """What was found of one site, and what it cost."""

    values: dict[str, float] = field(default_factory=dict)
    content: str | None = None
    requests: int = 0
    bytes: int = 0


def pages(http: Http, config: Websites, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """One row for each thing measured of each site. A site that is down is a finding, never a failed run.

    The cursor holds the last value of each and since when it holds, so that an unchanged state is the same record; only
    :data:`AGE` becomes a new one each day.
    """
    state: dict[str, dict[str, Any]] = {name: dict(held) for name, held in (cursor or {}).items()}
    rows: list[Row] = []
    for site, found in _checked(config, ctx):
        name = name_of(site)
        held = state.setdefault(name, {})
        http.requests, http.bytes = http.requests + found.requests, http.bytes + found.bytes
        if found.content is not None:
            if held.get("isi", [None])[0] != found.content:
                held["isi"] = [found.content, ctx.now.isoformat()]
            found.values["situs.isi_hari"] = (ctx.now - datetime.fromisoformat(held["isi"][1])) // DAY
        for sign in _websites.SIGNS if found.values["situs.terjangkau"] else ():  # once said, it is said when it has gone, too
            if f"situs.{sign}" in held:
                found.values.setdefault(f"situs.{sign}", 0.0)
        for measure, value in found.values.items():
            last, at = held.get(measure, [None, ctx.now.isoformat()])
            if last != value or (measure == AGE and ctx.now - datetime.fromisoformat(at) >= DAY):
                held[measure] = [value, ctx.now.isoformat()]
            since = held[measure][1]
            rows.append({"opd": site.opd, "situs": name, "ukuran": measure, "nilai": value, "sejak": since})
    names = {name_of(site) for site in config.sites}
    gone = [(name, measure) for name, held in state.items() if name not in names for measure in held if measure in NAMES]
    rows += [{"situs": name, "ukuran": measure, "dicabut": True} for name, measure in gone]
    yield Page(rows=rows, cursor={name: held for name, held in state.items() if name in names})


def parse(row: Row, config: Websites, ctx: Context) -> Kept | Excluded:  # noqa: ARG001
    """One measurement; it counts from the moment since which its value has held."""
    name, value = need(row, "ukuran"), row.get("nilai")
    if name not in NAMES:
        raise BadRow("ukuran", f"tidak dikenal: {name[:60]!r}")
    if row.get("dicabut") is True:
        return Excluded(rule="tidak_diawasi_lagi", ends=Kind.MEASUREMENT)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRow("nilai", "bukan bilangan")
    since = need_moment(row, "sejak", ctx.city)
    office = text(row, "opd")
    return Kept(
        record=Measurement(
            source=ctx.source,
            source_id=_key(row) or need(row, "situs"),
            seen_at=ctx.now,
            known_at=since,
            opd=opd(ctx.city, codes=[office], names=[office]) or office,
            name=name,
            subject=need(row, "situs"),
            value=float(value),
            unit=NAMES[name],
            measured=since,
        )
    )


def name_of(site: Site) -> str:
    """How a site is called."""
    parts = urlsplit(site.url)
    return site.name or f"{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


# --- asking ---------------------------------------------------------------------------------------


def _checked(config: Websites, ctx: Context) -> list[tuple[Site, Checked]]:
    """All sites, some at a time; each by a client of its own, so that no site waits for another."""
    end = monotonic() + config.total
    with ThreadPoolExecutor(config.workers, thread_name_prefix="situs") as pool:
        asked = [(site, pool.submit(_check, site, config.seconds, end, ctx)) for site in config.sites]
    return [(site, found) for site, future in asked if (found := future.result()) is not None]


def _check(site: Site, seconds: float, end: float, ctx: Context) -> Checked | None:
    """One site; ``None`` where its time has passed before its turn came. Whatever a page holds, what is known is said."""
    seconds = min(seconds, end - monotonic())
    if seconds <= 0:
        return None
    found, started = Checked(), monotonic()
    with Http(_allowed(site), deadline=timedelta(seconds=seconds), max_bytes=MAX_BYTES, pause=0.2) as http:
        page = _home(http, site)
        found.values["situs.terjangkau"] = float(page is not None)
        if page is not None:
            with suppress(SourceError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
                _read(http, site, page, found, ctx)
        found.requests, found.bytes = http.requests, http.bytes
    if (days := _certificate(site.url, seconds - (monotonic() - started))) is not None:
        found.values["situs.sertifikat_hari"] = days
    return found


def _allowed(site: Site) -> frozenset[Origin]:
    """The declared addresses, and the same hosts by TLS: a site may lead its visitors there."""
    declared = origins(site)
    return declared | {("https", host, 443) for scheme, host, port in declared if (scheme, port) == ("http", 80)}


def _home(http: Http, site: Site) -> Answer | None:
    """The home page, or ``None`` where there is none to be seen."""
    try:
        return http.get(site.url)
    except SourceError:
        return None


def _read(http: Http, site: Site, answer: Answer, found: Checked, ctx: Context) -> None:
    """What the home page says of its site, and when the site was last written to."""
    page = LexborHTMLParser(answer.body)
    if sign := _websites.sign(page):
        found.values[f"situs.{sign}"] = 1.0
        return
    found.content = _websites.fingerprint(page)
    if (days := _updated(http, site, _websites.feed_of(page), ctx)) is not None:
        found.values[AGE] = days


def _updated(http: Http, site: Site, named: str | None, ctx: Context) -> float | None:
    """Days since the newest entry of the feed, else since the newest page of the sitemap; ``None`` where nothing says so."""
    feed = site.feed or (urljoin(site.url, named) if named else None)
    sitemap = site.sitemap or urljoin(site.url, "sitemap.xml")
    for address, read in ((feed, _websites.fed), (sitemap, partial(_websites.mapped, city=ctx.city))):
        if address is None:
            continue
        try:
            newest = max((moment for moment in read(http.get(address)) if moment <= ctx.now), default=None)
        except SourceError:
            continue
        if newest is not None:
            return float((ctx.now - newest) // DAY)
    return None


def _certificate(url: str, seconds: float) -> float | None:
    """Days that the site's certificate holds; ``None`` for a site without TLS, and where no handshake told."""
    scheme, host, port = origin(url)
    if scheme != "https" or seconds <= 0:
        return None
    try:
        return float(_websites.certificate_days(host, port, seconds))
    except OSError:
        return None


def _key(row: Row) -> str | None:
    name, site = text(row, "ukuran"), text(row, "situs")
    return f"{name}@{site}" if name and site else None


SOURCE = Source(
    name="websites",
    title={"id": "Situs web OPD", "en": "Websites of the offices"},
    kinds=frozenset({Kind.MEASUREMENT}),
    config=Websites,
    pages=pages,
    parse=parse,
    key=_key,
    tested_on_real=False,
)

_ROW = {
    "opd": "dinkes",
    "situs": "dinkes.contoh.go.id",
    "ukuran": "situs.terjangkau",
    "nilai": 1.0,
    "sejak": "2026-11-02T01:00:00+00:00",
}

SAMPLE = Sample(
    config={"sites": [{"opd": "dinkes", "url": "{base}/dinkes"}, {"opd": "DLH", "url": "{base}/dlh"}], "seconds": 5},
    rows=(
        _ROW,
        _ROW | {"ukuran": "situs.sertifikat_hari", "nilai": 61.0},
        _ROW | {"ukuran": AGE, "nilai": 3.0},
        _ROW | {"ukuran": "situs.isi_hari", "nilai": 0.0, "opd": "Dinas Kesehatan"},
        _ROW | {"ukuran": "situs.diretas"},
    ),
    broken=(
        _ROW | {"nilai": None},
        _ROW | {"nilai": "satu"},
        _ROW | {"ukuran": "situs.entah"},
        _ROW | {"sejak": ""},
    ),
)
