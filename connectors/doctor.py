"""What is configured, reachable, stale or missing, in plain words; and one source tried without keeping anything."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import httpx
from sqlalchemy.exc import SQLAlchemyError

from connectors import registry
from connectors.http import Http, origins
from connectors.intake import take
from connectors.job import connector
from connectors.runner import PAUSE, replay
from connectors.source import Context, SourceError
from layers import clock
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.cache import Cache, CacheDown
from layers.city import SourceConfig
from layers.freshness import states
from layers.model import Role, Scope, SourceState, State
from layers.people import People
from layers.settings import Settings
from layers.store import Store

LEAST_FREE = 2 << 30
"""Bytes of free disk under which the room warns: a day's snapshots and a vacuum need about a tenth of it."""

PEEK = 200
"""Rows of a source that a check reads."""

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
        findings.extend(_source(state) for state in states(settings.city, store.source_states()))
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
        for s in states(settings.city, store.source_states()):
            fates = f"{s.seen} = {s.kept} + {s.unchanged} + {sum(s.excluded.values())} + {s.quarantined}"
            outcome = s.outcome.value if s.outcome else "-"
            lines.append(f"{s.source:<28}{s.connector:<22}{_AGE[s.freshness.state(now)]:<14}{outcome:<14}{fates}")
        return "\n".join([*lines, "", "baris: dilihat = disimpan + tetap + dikecualikan + karantina"])
    finally:
        store.close()


def check_source(settings: Settings, name: str) -> tuple[str, bool]:
    """Ask a source for its first page, read at most :data:`PEEK` rows of it and say what would become of them.

    Nothing is kept. The second value says whether the source is configured rightly.
    """
    configured = _configured(settings, name)
    lines = [
        f"Sumber {name}: {configured.title}",
        f"konektor {configured.connector}, tiap {configured.interval}, umur data paling lama {configured.budget}",
    ]
    try:
        source, config = connector(configured)
        ctx = Context(source=name, city=settings.city, now=clock.now(), data=settings.data)
        with Http(origins(config), deadline=min(configured.deadline, timedelta(minutes=1)), pause=PAUSE) as http:
            first = next(iter(source.pages(http, config, None, ctx)), None)
        rows = list(islice(first.rows, PEEK)) if first else []
    except SourceError as error:
        return "\n".join([*lines, f"✗ {error.outcome.value}: {error}"]), False
    tree = AreaTree.of(settings.city)
    taken = take(rows, source, config, ctx, Places(tree, load_boundaries(settings.city, settings.data)))
    placed = sum(record.area in tree.areas and record.area != tree.unplaced.code for record in taken.records)
    lines += [
        f"✓ menjawab; {len(rows)} baris pertama dibaca, tidak ada yang disimpan",
        f"  {len(taken.records)} diterima ({placed} punya kelurahan, {sum(r.opd is not None for r in taken.records)} punya OPD)",
        *(f"  {count} dikecualikan oleh aturan {rule}" for rule, count in sorted(taken.excluded.items())),
    ]
    reasons = Counter((reject.field, reject.reason) for reject in taken.rejects)
    lines += [f"✗ {count} ditolak: {field}: {reason}" for (field, reason), count in reasons.most_common(8)]
    return "\n".join(lines), bool(rows) and not taken.rejects


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
