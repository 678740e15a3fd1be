"""What a network's own monitor says of its hosts: Zabbix (JSON-RPC), LibreNMS (REST) and Prometheus (query API)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from connectors.http import Http
from connectors.source import AskForAccess, Context, FormChanged, TryLater
from layers.clock import TimeError, parse_time
from layers.facts import Duration

UP, LATENCY, LOSS = "jaringan.terhubung", "jaringan.latensi", "jaringan.kehilangan"
Url = Annotated[str, Field(pattern=r"^https?://")]


class _Monitor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Zabbix(_Monitor):
    """``url`` ends in ``api_jsonrpc.php``; ``ping`` is the start of the keys of its simple checks.

    ``problem`` is a text in the name of an open problem that means "unreachable", for hosts without such checks.
    ``in_body`` gives the token as versions before 6.4 want it.
    """

    url: Url
    token: str
    in_body: bool = False
    groups: tuple[str, ...] = ()
    ping: str = "icmpping"
    problem: str | None = None
    stale: Duration = timedelta(minutes=15)


class Librenms(_Monitor):
    """``url`` is the address before ``/api/v0``. A device not polled for ``stale`` is not known."""

    url: Url
    token: str
    stale: Duration = timedelta(minutes=15)


class Prometheus(_Monitor):
    """``url`` is the address before ``/api/v1``; ``up``, ``latency`` (seconds) and ``loss`` (percent) are PromQL.

    ``label`` names the host in each series.
    """

    url: Url
    token: str | None = None
    up: str = "probe_success"
    latency: str | None = "probe_duration_seconds"
    loss: str | None = None
    label: str = "instance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What is said of one host: each measure as the monitor writes it, ``None`` where it says nothing."""

    names: tuple[str, ...]
    measures: Mapping[str, Any]
    at: datetime


def links(http: Http, monitor: Zabbix | Librenms | Prometheus, ctx: Context) -> list[Link]:
    """Every host that the monitor speaks of."""
    if isinstance(monitor, Zabbix):
        return _zabbix(http, monitor, ctx)
    if isinstance(monitor, Librenms):
        return list(_librenms(http, monitor, ctx))
    return _prometheus(http, monitor, ctx)


def scaled(raw: Any, factor: float) -> Any:
    """A number times ``factor``; not a number as it is, for the quarantine; NaN, which says nothing, as ``None``."""
    try:
        number = float(raw)
    except (TypeError, ValueError, OverflowError):
        return raw
    return None if math.isnan(number) else number * factor


def _moment(seconds: Any, ctx: Context) -> datetime:
    """A Unix time, no later than now; now for what is none."""
    try:
        return min(datetime.fromtimestamp(float(seconds), UTC), ctx.now)
    except (TypeError, ValueError, OverflowError, OSError):
        return ctx.now


# --- Zabbix -----------------------------------------------------------------------------------------


def _zabbix(http: Http, monitor: Zabbix, ctx: Context) -> list[Link]:
    """Hosts with their ping checks; where a host has none, an open problem of the declared name says that it is down."""
    chosen: dict[str, Any] = {}
    if monitor.groups:
        groups = _call(http, monitor, "hostgroup.get", {"output": ["groupid"], "filter": {"name": list(monitor.groups)}})
        chosen = {"groupids": [group["groupid"] for group in groups]}
    hosts = _call(http, monitor, "host.get", {"output": ["hostid", "host", "name"], "monitored_hosts": True, **chosen})
    items = _call(
        http,
        monitor,
        "item.get",
        {
            "output": ["hostid", "key_", "lastvalue", "lastclock", "state"],
            "search": {"key_": monitor.ping},
            "startSearch": True,
            "monitored": True,
            **chosen,
        },
    )
    down = _down(http, monitor, chosen) if monitor.problem else frozenset()
    by_host: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for item in items:
        by_host[str(item["hostid"])].append(item)
    return [_host(host, by_host[str(host["hostid"])], down, monitor, ctx) for host in hosts]


def _host(host: Mapping[str, Any], items: Sequence[Mapping[str, Any]], down: frozenset[str], how: Zabbix, ctx: Context) -> Link:
    said: dict[str, Any] = {UP: None, LATENCY: None, LOSS: None}
    at = ctx.now
    names = {how.ping: (UP, 1), f"{how.ping}sec": (LATENCY, 1000), f"{how.ping}loss": (LOSS, 1)}
    for item in items:
        name, factor = names.get(str(item["key_"]).partition("[")[0], (None, 1))
        seen = _moment(item["lastclock"], ctx)
        if name is None or str(item["state"]) != "0" or ctx.now - seen > how.stale:
            continue
        said[name] = scaled(item["lastvalue"], factor)
        at = seen if name == UP else at
    if said[UP] is None and str(host["hostid"]) in down:
        said[UP] = 0
    return Link(names=(host["name"], host["host"]), measures=said, at=at)


def _down(http: Http, monitor: Zabbix, chosen: Mapping[str, Any]) -> frozenset[str]:
    params = {
        "output": ["triggerid"],
        "selectHosts": ["hostid"],
        "search": {"description": monitor.problem},
        "only_true": True,
        "monitored": True,
        "filter": {"value": 1},
        **chosen,
    }
    return frozenset(str(host["hostid"]) for found in _call(http, monitor, "trigger.get", params) for host in found["hosts"])


def _call(http: Http, monitor: Zabbix, method: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One JSON-RPC call; an error comes with HTTP 200, and names a missing right in its ``data`` only."""
    body: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
    headers = {} if monitor.in_body else {"Authorization": f"Bearer {monitor.token}"}
    if monitor.in_body:
        body["auth"] = monitor.token
    answer = http.post(monitor.url, json=body, headers=headers)
    found = answer.json()
    error = found.get("error") if isinstance(found, Mapping) else None
    if error:
        says = f"{error.get('message', '')} {error.get('data', '')}".strip()[:200] if isinstance(error, Mapping) else "galat"
        closed = any(word in says.lower() for word in ("authori", "re-login", "permission"))
        raise (AskForAccess if closed else FormChanged)(f"Zabbix menolak {method}: {says}")
    result = found.get("result") if isinstance(found, Mapping) else None
    if not isinstance(result, list) or not all(isinstance(row, Mapping) for row in result):
        raise FormChanged(f"jawaban bukan hasil {method} Zabbix: {answer.url}")
    return result


# --- LibreNMS ---------------------------------------------------------------------------------------


def _librenms(http: Http, monitor: Librenms, ctx: Context) -> Iterator[Link]:
    """Devices that are neither disabled nor ignored. Of each, which also holds SNMP secrets, only these fields are read."""
    answer = http.get(f"{monitor.url.rstrip('/')}/api/v0/devices", headers={"X-Auth-Token": monitor.token})
    found = answer.json()
    devices = found.get("devices") if isinstance(found, Mapping) else None
    if not isinstance(devices, list) or not all(isinstance(device, Mapping) for device in devices):
        raise FormChanged(f"jawaban bukan daftar perangkat LibreNMS: {answer.url}")
    for device in devices:
        if any(str(device.get(flag)) in ("1", "True", "true") for flag in ("disabled", "ignore")):
            continue
        try:
            polled = parse_time(str(device.get("last_polled")), ctx.city.zone)
        except TimeError:
            polled = None
        fresh = polled is not None and ctx.now - polled <= monitor.stale
        said = {UP: device.get("status"), LATENCY: scaled(device.get("last_ping_timetaken"), 1)}
        names = tuple(str(device[name]) for name in ("hostname", "display", "sysName") if device.get(name))
        measures = said if fresh else dict.fromkeys(said)
        yield Link(names=names, measures=measures, at=min(polled, ctx.now) if polled else ctx.now)


# --- Prometheus -------------------------------------------------------------------------------------


def _prometheus(http: Http, monitor: Prometheus, ctx: Context) -> list[Link]:
    """One question for each measure; several series of a host are one host, the first of them."""
    asked = {UP: (monitor.up, 1), LATENCY: (monitor.latency, 1000), LOSS: (monitor.loss, 1)}
    said: dict[str, dict[str, Any]] = {}
    at: dict[str, datetime] = {}
    for name, (query, factor) in asked.items():
        if query is None:
            continue
        for series in _query(http, monitor, query):
            host = series["metric"].get(monitor.label)
            if not isinstance(host, str) or (name != UP and host not in said):
                continue
            seconds, value = series["value"]
            said.setdefault(host, {}).setdefault(name, scaled(value, factor))
            at.setdefault(host, _moment(seconds, ctx))
    wanted = [name for name, (query, _) in asked.items() if query is not None]
    return [
        Link(names=(host,), measures={name: measures.get(name) for name in wanted}, at=at[host])
        for host, measures in said.items()
    ]


def _query(http: Http, monitor: Prometheus, query: str) -> list[Mapping[str, Any]]:
    headers = {"Authorization": f"Bearer {monitor.token}"} if monitor.token else {}
    answer = http.get(f"{monitor.url.rstrip('/')}/api/v1/query", params={"query": query}, headers=headers)
    found = answer.json()
    data = found.get("data") if isinstance(found, Mapping) else None
    if isinstance(found, Mapping) and found.get("status") == "error":
        raise TryLater(f"Prometheus menjawab galat {found.get('errorType')}: {str(found.get('error'))[:200]}")
    result = data.get("result") if isinstance(data, Mapping) else None
    vector = isinstance(data, Mapping) and data.get("resultType") == "vector"
    if not (vector and isinstance(result, list) and all(isinstance(series, Mapping) for series in result)):
        raise FormChanged(f"jawaban bukan vektor Prometheus: {answer.url}")
    return result
