"""What is configured, reachable, stale or missing, in plain words; and what an operator does with one source."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from sqlalchemy.exc import SQLAlchemyError

from connectors import check, registry
from connectors.runner import replay
from layers import clock
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.cache import Cache, CacheDown
from layers.city import SourceConfig
from layers.freshness import states
from layers.model import Role, Scope
from layers.people import People
from layers.settings import Settings
from layers.snapshot import SourceState, State
from layers.store import Store

LEAST_FREE = 2 << 30
"""Bytes of free disk under which the room warns: a day's snapshots and a vacuum need about a tenth of it."""

OPERATOR = Scope(user="operator di mesin ini", role=Role.OPERATOR)
"""Whoever may run commands on the machine and read its secret may operate."""

_AGE = {State.LIVE: "segar", State.LATE: "TERLAMBAT", State.STALE: "BASI", State.NEVER: "BELUM PERNAH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report; ``bad`` asks for an action."""

    bad: bool
    what: str
    says: str

    @property
    def line(self) -> str:
        return f"{'✗' if self.bad else '✓'} {self.what}: {self.says}"


def examine(settings: Settings) -> list[Finding]:
    """Everything that a running room needs, one finding each; none of them changes anything."""
    findings = [*_pack(settings), *_disk(settings), *_cache(settings)]
    try:
        store = Store.of(settings)
    except SQLAlchemyError as error:
        return [*findings, Finding(bad=True, what="penyimpanan", says=f"tidak terjangkau ({type(error).__name__})")]
    findings.append(Finding(bad=False, what="penyimpanan", says=f"{store!r}, skema mutakhir"))
    try:
        findings.extend(_source(state) for state in states(registry.vouched(settings.city), store.source_states()))
    finally:
        store.close()
    findings.append(_accounts(settings))
    if not settings.city.sources:
        says = f"belum ada; taruh satu berkas TOML di {settings.data / 'sources'}"
        findings.append(Finding(bad=True, what="sumber", says=says))
    return [*findings, _web(settings)]


def _pack(settings: Settings) -> Iterator[Finding]:
    city = settings.city
    tree = AreaTree.of(city)
    count = f"{len(tree.kecamatan)} kecamatan, {len(tree.kelurahan)} kelurahan/desa, {len(city.opds)} OPD"
    yield Finding(bad=False, what="paket kota", says=f"{city.code} {city.name}: {count}, zona {city.zone.key}")
    boundaries = load_boundaries(city, settings.data)
    schematic = "batas skematis; pasang batas asli dengan: liveroom areas import BERKAS"
    yield Finding(bad=False, what="peta", says=schematic if boundaries.schematic else "batas dari berkas")


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data).free
    yield Finding(bad=free < LEAST_FREE, what="ruang disk", says=f"{free / 2**30:.1f} GiB kosong di {settings.data}")


def _cache(settings: Settings) -> Iterator[Finding]:
    from layers.cache import cache_url

    try:
        Cache(cache_url(settings), settings.city.code).ping()
        yield Finding(bad=False, what="cache", says="terjangkau")
    except CacheDown:
        yield Finding(bad=True, what="cache", says="tidak terjangkau; dinding tetap jalan dari salinan di disk")


def _web(settings: Settings) -> Finding:
    address = f"http://{settings.host}:{settings.port}"
    try:
        answer = httpx.get(f"{address}/readyz", timeout=5)
    except httpx.TransportError:
        return Finding(bad=True, what="web", says=f"tidak menjawab di {address}")
    return Finding(bad=answer.status_code != 200, what="web", says=f"{address} menjawab {answer.status_code}")


def _accounts(settings: Settings) -> Finding:
    people = People.of(settings)
    try:
        broken = people.audit_broken_at()
    finally:
        people.close()
    says = "utuh" if broken is None else f"rusak sejak baris {broken}: ada yang mengubahnya di luar Live Room"
    return Finding(bad=broken is not None, what="catatan audit", says=says)


def _source(state: SourceState) -> Finding:
    now = clock.now()
    age = state.freshness.state(now)
    says = [_AGE[age], f"data per {_when(state.freshness.observed_at)}", f"{state.records} rekaman"]
    if state.outcome and not state.outcome.good:
        says.append(f"hasil terakhir {state.outcome.value}: {state.message}")
    if not state.tested_on_real:
        says.append("belum diuji pada sistem asli")
    if state.quarantine_open:
        says.append(f"{state.quarantine_open} baris di karantina")
    bad = age is not State.LIVE or bool(state.outcome and not state.outcome.good)
    return Finding(bad=bad, what=f"sumber {state.source}", says=", ".join(says))


def _when(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H.%M UTC") if moment else "-"


def list_sources(settings: Settings) -> str:
    """Each source in one line: connector, age, outcome, rows by fate."""
    store = Store.of(settings)
    try:
        now = clock.now()
        lines = [f"{'SUMBER':<28}{'KONEKTOR':<22}{'UMUR':<14}{'HASIL':<14}BARIS"]
        found = states(registry.vouched(settings.city), store.source_states())
        untested = sum(not s.tested_on_real for s in found)
        for s in found:
            fates = f"{s.seen} = {s.kept} + {s.unchanged} + {sum(s.excluded.values())} + {s.quarantined}"
            outcome = s.outcome.value if s.outcome else "-"
            name = s.connector if s.tested_on_real else f"{s.connector} *"
            lines.append(f"{s.source:<28}{name:<22}{_AGE[s.freshness.state(now)]:<14}{outcome:<14}{fates}")
        legend = ["", "baris: dilihat = disimpan + tetap + dikecualikan + karantina"]
        if untested:
            legend.append(f"* belum diuji pada sistem asli ({untested} sumber)")
        return "\n".join([*lines, *legend])
    finally:
        store.close()


def check_source(settings: Settings, name: str) -> tuple[str, bool]:
    """Try a configured source; see :func:`connectors.check.check_source`."""
    return check.check_source(settings, _configured(settings, name))


def sample(name: str) -> str:
    """A connector's own example: its configuration and first row, as a person would write a source file."""
    import orjson

    if name not in registry.sources():
        raise ValueError(f"konektor {name!r} tidak ada; yang ada: {', '.join(registry.sources())}")
    source, example = registry.sources()[name], registry.sample(name)
    body = orjson.dumps({"config": example.config, "rows": example.rows[:1]}, default=str, option=orjson.OPT_INDENT_2).decode()
    return f"{source.title['id']} ({name})\n{body}"


def replay_source(settings: Settings, name: str) -> str:
    """Read a source's quarantine again and say what became of it."""
    configured = _configured(settings, name)
    store = Store.of(settings)
    try:
        places = Places(AreaTree.of(settings.city), load_boundaries(settings.city, settings.data))
        run = replay(configured, store, places, settings.city, settings, OPERATOR)
    finally:
        store.close()
    if run is None:
        return f"{name} sedang ditarik proses lain; coba lagi sebentar"
    return f"{run.seen} baris dibaca ulang: {run.kept} disimpan, {run.unchanged} tetap, {run.quarantined} masih ditolak"


def _configured(settings: Settings, name: str) -> SourceConfig:
    found = next((s for s in settings.city.sources if s.name == name), None)
    if found is None:
        known = ", ".join(s.name for s in settings.city.sources) or "belum ada"
        raise ValueError(f"sumber {name!r} tidak dikonfigurasi; yang ada: {known} (berkas di {Path(settings.data, 'sources')})")
    return found
