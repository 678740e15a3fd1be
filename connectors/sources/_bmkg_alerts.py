"""BMKG's weather warnings: a feed of CAP 1.2 alerts, the kelurahan that each covers, and the level in force at each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element

import shapely
from shapely.errors import ShapelyError

from connectors.fields import digest, need, need_moment
from connectors.http import Http
from connectors.source import Context, FormChanged, Kept, Page, Place, Row
from connectors.sources._measured import Steady, number
from layers.areas import AreaTree, key
from layers.boundaries import load_boundaries
from layers.city import City
from layers.model import Measurement

NAME = "peringatan.cuaca"
LEVELS = {"Unknown": 1, "Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4}
"""CAP 1.2 severity -> the level; 0 is no warning."""

MOST = 60
"""Alerts of a feed that are looked at: the whole country has fewer at once."""

_CITY = re.compile(r"\b(?:kota|kab(?:upaten)?)\b\.?\s*[a-z .]*", re.IGNORECASE)

Alert = Mapping[str, Any]
"""One alert as the cursor keeps it: id, level, from, until (ISO or ``None``), areas (codes)."""


def page(http: Http, url: str, province: str | None, cursor: Mapping[str, Any] | None, ctx: Context) -> Page:
    """The level at every kelurahan, with the moment since which it holds. Each alert is fetched once.

    An alert holds until it expires, is cancelled or replaced; one without an end, while the feed names it.
    """
    before: Mapping[str, Alert] = (cursor or {}).get("alerts") or {}
    alerts: dict[str, Alert] = {}
    named = set()
    for link, mark in _feed(http, url, province):
        named.add(mark)
        alerts[mark] = before.get(mark) or _read(http.get(link).xml(), ctx)
    alerts |= {mark: alert for mark, alert in before.items() if mark not in named and alert["until"] is not None}
    gone = {reference for alert in alerts.values() for reference in alert["replaces"]}
    steady = Steady(cursor)
    codes = [area.code for area in AreaTree.of(ctx.city).kelurahan]
    rows = [_row(code, [a for a in alerts.values() if code in a["areas"] and a["id"] not in gone], steady, ctx) for code in codes]
    kept = {mark: alert for mark, alert in alerts.items() if mark in named or _until(alert) > ctx.now}
    return Page(rows=rows, cursor=steady.cursor | {"alerts": kept})


def parse(row: Row, ctx: Context) -> Kept:
    """The level of warning at one kelurahan; one record each, whose versions are its history."""
    code, since = need(row, "area"), need_moment(row, "sejak", ctx.city)
    record = Measurement(
        source=ctx.source,
        source_id=f"{code}/{NAME}",
        seen_at=ctx.now,
        known_at=since,
        name=NAME,
        subject=code,
        value=number(row, "tingkat", 0, 4),
        unit="tingkat",
        measured=since,
    )
    return Kept(record=record, place=Place(code=code))


def _row(code: str, alerts: list[Alert], steady: Steady, ctx: Context) -> Row:
    running = [alert for alert in alerts if _from(alert) <= ctx.now < _until(alert)]
    level = max((alert["level"] for alert in running), default=0)
    begun = [_from(alert) for alert in running if alert["level"] == level]
    ended = [_until(alert) for alert in alerts if _until(alert) <= ctx.now]
    at = min(begun) if begun else max(ended, default=ctx.now)
    return {"area": code, "besaran": NAME, "tingkat": level, "sejak": steady.since(code, level, at)}


def _from(alert: Alert) -> datetime:
    return datetime.fromisoformat(alert["from"])


def _until(alert: Alert) -> datetime:
    return datetime.fromisoformat(alert["until"]) if alert["until"] else datetime.max.replace(tzinfo=UTC)


def _feed(http: Http, url: str, province: str | None) -> Iterator[tuple[str, str]]:
    """Address and mark of each alert that the feed names for the province."""
    root = http.get(url).xml()
    if root.tag != "rss":
        raise FormChanged(f"jawaban bukan daftar peringatan (RSS): {url}")
    for item in list(root.iter("item"))[:MOST]:
        link, title, published = ((item.findtext(tag) or "").strip() for tag in ("link", "title", "pubDate"))
        if link and (province is None or province.casefold() in title.casefold()):
            yield link, digest(link, published)


# --- CAP 1.2 ------------------------------------------------------------------------------------------


def _read(root: Element, ctx: Context) -> Alert:
    """What matters of an alert; a test or an exercise covers nothing."""
    if not root.tag.endswith("}alert") and root.tag != "alert":
        raise FormChanged("jawaban bukan peringatan CAP")
    space = root.tag.removesuffix("alert")

    def say(element: Element, tag: str) -> str:
        return (element.findtext(f"{space}{tag}") or "").strip()

    infos = [info for info in root.findall(f"{space}info") if say(info, "language")[:2] in ("", "id")] or root.findall(
        f"{space}info"
    )
    kind, sent = say(root, "msgType"), _moment(say(root, "sent"))
    replaces = [parts[1] for parts in (reference.split(",") for reference in say(root, "references").split()) if len(parts) == 3]
    real = say(root, "status") == "Actual" and kind in ("Alert", "Update")
    areas = {code for info in infos for code in _covered(info, space, ctx)} if real else set()
    ends = [_moment(say(info, "expires")) for info in infos if say(info, "expires")]
    starts = [_moment(say(info, "onset") or say(info, "effective") or say(root, "sent")) for info in infos]
    return {
        "id": say(root, "identifier"),
        "level": max((LEVELS.get(say(info, "severity"), 1) for info in infos), default=0),
        "from": min(starts, default=sent).isoformat(),
        "until": max(ends).isoformat() if ends else None,
        "areas": sorted(areas),
        "replaces": replaces if kind in ("Update", "Cancel") else [],
    }


def _moment(text: str) -> datetime:
    """A CAP time, which always has an offset; some senders write it as e-mail does."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError as error:
            raise FormChanged(f"waktu pada peringatan CAP tidak terbaca: {text[:40]!r}") from error
    if moment.tzinfo is None:
        raise FormChanged(f"waktu pada peringatan CAP tanpa zona: {text[:40]!r}")
    return moment.astimezone(UTC)


def _covered(info: Element, space: str, ctx: Context) -> Iterable[str]:
    """The kelurahan that an alert's polygons touch; where it has none, those that its words name."""
    drawn = [polygon.text or "" for polygon in info.iter(f"{space}polygon")]
    if drawn:
        shapes = [_shape(text) for text in drawn]
        area = shapely.union_all(shapes)
        kelurahan = load_boundaries(ctx.city, ctx.data).shapes
        return [code for code, shape in kelurahan.items() if shapely.intersects(shape, area)]
    words = [element.text or "" for tag in ("areaDesc", "description") for element in info.iter(f"{space}{tag}")]
    return named(" ; ".join(words), ctx.city)


def _shape(text: str) -> Any:
    """A polygon of CAP 1.2: ``lat,lon`` pairs parted by spaces, the last the same as the first."""
    try:
        pairs = [tuple(map(float, pair.split(","))) for pair in text.split()]
        return shapely.make_valid(shapely.Polygon([(lon, lat) for lat, lon in pairs]))
    except (ValueError, ShapelyError) as error:
        raise FormChanged("poligon pada peringatan CAP tidak terbaca") from error


def named(words: str, city: City) -> list[str]:
    """Kelurahan of the kecamatan that a text names after the city's own name; all, where it names the city alone.

    Names count only up to the next city or kabupaten: many of them are the same elsewhere.
    """
    tree = AreaTree.of(city)
    everywhere = [area.code for area in tree.kelurahan]
    said = re.search(rf"\b{re.escape(city.name)}\b(?!\s+(?:selatan|utara|barat|timur))\s*:?", words, re.IGNORECASE)
    if said is None:
        return []
    passage = words[said.end() :]
    following = _CITY.search(passage)
    passage = passage[: following.start()] if following else passage
    parts = {key(part) for part in re.split(r"[,;:.()]|\bdan\b", passage, flags=re.IGNORECASE)}
    found = [kecamatan.code for kecamatan in tree.kecamatan if key(kecamatan.name) in parts]
    return [code for code in everywhere if code.rpartition(".")[0] in found] if found else everywhere
