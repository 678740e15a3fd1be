"""Links of kelurahan and kecamatan offices: by own probes (TCP, HTTP, ICMP), or from Zabbix, LibreNMS or Prometheus."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from connectors.fields import digest, need, need_moment, text
from connectors.http import Http
from connectors.source import (
    BadRow,
    Config,
    Context,
    Cursor,
    Excluded,
    FormChanged,
    Kept,
    Page,
    Place,
    Refused,
    Row,
    Sample,
    Source,
)
from connectors.sources._measured import Steady
from connectors.sources._wan_monitors import LATENCY, LOSS, UP, Librenms, Link, Prometheus, Zabbix, links
from connectors.sources._wan_offices import Every, Office, Offices
from connectors.sources._wan_probe import Probe, probe
from layers.model import Kind, Measurement

OUTAGE = "jaringan.putus"
"""How long an office has been cut off, one record for each outage: what is up again does not end it."""

UNITS = {UP: "1/0", LATENCY: "ms", LOSS: "persen", OUTAGE: "jam"}
_MOST = {UP: 1.0, LATENCY: 600_000.0, LOSS: 100.0, OUTAGE: 87_600.0}
_STEPS = ((10, 1), (100, 5), (500, 25), (math.inf, 100))
"""Milliseconds below which a latency is given in steps of so many."""


class Wan(Config):
    """The offices, and exactly one way to know of their links.

    ``offices`` and ``every`` say which host is whose: for a probe the host is its target, for a monitor the
    name that it has there. ``name`` is a regular expression over a monitor's names with the groups
    ``kelurahan`` and ``kecamatan``, for hosts that are not declared. ``noise``: milliseconds that are no change.
    """

    offices: tuple[Office, ...] = ()
    every: Every = Field(default_factory=dict)
    name: str | None = None
    noise: Annotated[float, Field(ge=0, le=1000)] = 5.0
    probe: Probe | None = None
    zabbix: Zabbix | None = None
    librenms: Librenms | None = None
    prometheus: Prometheus | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Wan:
        if sum(way is not None for way in (self.probe, self.zabbix, self.librenms, self.prometheus)) != 1:
            raise ValueError("nyatakan tepat satu dari: probe, zabbix, librenms, prometheus")
        if not (self.offices or self.every or (self.name and self.probe is None)):
            raise ValueError("nyatakan kantor: offices, every, atau (untuk pemantau) name")
        return self


def pages(http: Http, config: Wan, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """One page: every measure of every office, with the moment since which it is so. The cursor remembers that moment.

    An office with several hosts is connected if one of them is; its best link speaks for it.
    """
    offices = Offices.of(ctx.city, config.offices, config.every, config.name)
    found: dict[str | None, list[Link]] = defaultdict(list)
    for link in _links(http, config, offices, ctx):
        found[offices.area(*link.names)].append(link)
    others = sorted(link.names[0] for link in found.pop(None, []))
    if not found:
        raise FormChanged("tidak satu pun kantor dikenal pada pemantau; periksa offices, every dan name")
    steady = Steady(cursor)
    mark = digest(*others)
    rows: list[Row] = [{"host": host} for host in others] if steady.held("lain") != mark else []  # told once
    steady.since("lain", mark, ctx.now)
    for area in sorted(offices.areas | {area for area in found if area}):
        at = offices.stands_in.get(area, area)
        best = min(found[area], key=_worth) if area in found else Link(names=(), measures={UP: None}, at=ctx.now)
        told = [row for name in best.measures if (row := _row(area, at, name, best, steady, config.noise))]
        rows += [*told, *(_outage(row, ctx.now) for row in told if row["name"] == UP and row["value"] == 0)]
    gone = (key_.rpartition("/") for key_ in steady.gone if "/" in key_)
    rows += [{"area": area, "name": name, "value": None, "gone": True} for area, _, name in gone]
    yield Page(rows=rows, cursor=steady.cursor)


def parse(row: Row, config: Wan, ctx: Context) -> Kept | Excluded:  # noqa: ARG001 - one form for all connectors
    """One measure of one office. One that is not known any more ends: an office that is down has no latency."""
    if row.get("area") is None and text(row, "host"):
        return Excluded(rule="bukan_kantor")
    area, name = need(row, "area"), need(row, "name")
    if name not in UNITS:
        raise BadRow("name", f"besaran tidak dikenal: {name[:40]!r}")
    if row.get("value") is None:
        rule = "terputus" if row.get("down") is True else "tidak_diawasi_lagi" if row.get("gone") is True else "tidak_terukur"
        return Excluded(rule=rule, ends=Kind.MEASUREMENT)
    since = need_moment(row, "since", ctx.city)
    record = Measurement(
        source=ctx.source,
        source_id=_key(area, name, text(row, "since")),
        seen_at=ctx.now,
        known_at=None if name == OUTAGE else since,
        name=name,
        subject=area,
        value=_value(row, name),
        unit=UNITS[name],
        measured=since,
    )
    return Kept(record=record, place=Place(code=text(row, "at") or area))


def key(row: Row) -> str | None:
    """The record's own id."""
    area, name = text(row, "area"), text(row, "name")
    return _key(area, name, text(row, "since")) if area and name else None


def _key(area: str, name: str, since: str | None) -> str:
    return f"{area}/{name}/{since}" if name == OUTAGE else f"{area}/{name}"


# --- rows -------------------------------------------------------------------------------------------


def _links(http: Http, config: Wan, offices: Offices, ctx: Context) -> list[Link]:
    monitor = config.zabbix or config.librenms or config.prometheus
    if monitor is not None:
        return links(http, monitor, ctx)
    if config.probe is None:  # pragma: no cover - the configuration has exactly one way
        raise Refused("konfigurasi sumber salah: tidak ada cara mengukur")
    said = probe(offices.hosts, config.probe)
    return [
        Link(names=(target,), measures={UP: int(s.up), LATENCY: s.latency, LOSS: s.loss}, at=ctx.now)
        for target, s in said.items()
    ]


def _worth(link: Link) -> tuple[bool, float]:
    """The smaller the better: connected first, then the lower latency."""
    up, latency = link.measures.get(UP), link.measures.get(LATENCY)
    return str(up) not in ("1", "1.0"), latency if isinstance(latency, float) else math.inf


def _row(area: str, at: str, name: str, link: Link, steady: Steady, noise: float) -> Row | None:
    """A measure as it will be read; a number that is only noise around the one that holds stays that one.

    That a measure is not known any more is said once.
    """
    key_ = f"{area}/{name}"
    value = link.measures[name]
    down = str(link.measures.get(UP)) in ("0", "0.0")
    if name == LATENCY and down:
        value = None
    held, told = steady.held(key_), steady.knows(key_)
    if isinstance(value, float | int) and math.isfinite(value):
        value = rounded(name, float(value), held if isinstance(held, float | int) else None, noise)
    since = steady.since(key_, value if value is None or isinstance(value, float) else str(value), link.at)
    row = {"area": area, "at": at, "name": name, "value": value, "down": down, "since": since}
    return None if value is None and told and held is None else row


def _outage(row: Row, now: datetime) -> Row:
    """The outage that an office is in, as long as it is known to last: in quarters of an hour, so that not each probe is news."""
    since = datetime.fromisoformat(str(row["since"]))
    return {**row, "name": OUTAGE, "value": max(math.ceil((now - since).total_seconds() / 900) / 4, 0.25)}


def rounded(name: str, value: float, held: float | None, noise: float) -> float:
    """A latency or loss in steps; the value that holds stays unless the new one is clearly another.

    Clearly: more than ``noise`` ms and more than a quarter away (latency), more than 5 points (loss).
    """
    if name == UP:
        return value
    near = max(noise, (held or 0) / 4) if name == LATENCY else 5.0
    if held is not None and abs(value - held) <= near and (name == LATENCY or (held == 0) == (value == 0)):
        return held
    step = next(step for limit, step in _STEPS if value < limit) if name == LATENCY else 5
    return float(round(value / step) * step)


def _value(row: Row, name: str) -> float:
    raw = row["value"]
    try:
        value = float(raw) if isinstance(raw, str | int | float) else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    if not 0 <= value <= _MOST[name] or (name == UP and value not in (0, 1)):
        raise BadRow("value", f"bukan nilai {name}: {str(raw)[:40]!r}")
    return value


# --- declarations -------------------------------------------------------------------------------------


def _series(*values: tuple[str, str]) -> bytes:
    result = [{"metric": {"instance": host}, "value": [1_777_000_000, value]} for host, value in values]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


def _sample_row(**more: Any) -> Mapping[str, Any]:
    row = {"area": "36.71.01.1001", "at": "36.71.01.1001", "name": UP, "value": 1.0, "down": False}
    return row | {"since": "2026-04-24T03:06:40+00:00"} | more


SOURCE = Source(
    name="wan",
    title={"id": "Jaringan kantor (WAN)", "en": "Office links (WAN)"},
    kinds=frozenset({Kind.MEASUREMENT}),
    config=Wan,
    pages=pages,
    parse=parse,
    key=key,
    tested_on_real=False,
)

SAMPLE = Sample(
    config={
        "offices": [
            {"area": "36.71.01.1001", "host": "kel-sukarasa"},
            {"area": "36.71.01", "host": "kec-tangerang", "stands_in": "36.71.01.1002"},
        ],
        "prometheus": {"url": "{base}"},
    },
    rows=(
        _sample_row(),
        _sample_row(name=LATENCY, value=15.0),
        _sample_row(area="36.71.01", at="36.71.01.1002", value=0.0, down=True),
        _sample_row(area="36.71.01", at="36.71.01.1002", name=LATENCY, value=None, down=True),
        {"host": "switch-inti"},
    ),
    broken=(_sample_row(value="menyala"), _sample_row(name=LATENCY, value=-3.0), _sample_row(name="jaringan.warna")),
    responses={
        "/api/v1/query?query=probe_success": (
            "application/json",
            _series(("kel-sukarasa", "1"), ("kec-tangerang", "0"), ("switch-inti", "1")),
        ),
        "/api/v1/query?query=probe_duration_seconds": (
            "application/json",
            _series(("kel-sukarasa", "0.0147"), ("kec-tangerang", "NaN")),
        ),
    },
)
