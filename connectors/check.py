"""One source tried without keeping anything: whether it is configured rightly, on one screen, for whoever configured it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from pydantic import BaseModel, SecretStr

from connectors.http import Http, origins
from connectors.intake import Taken, take
from connectors.job import connector
from connectors.runner import PAUSE
from connectors.source import Config, Context, Row, Source, SourceError
from connectors.sources.rest import Rest
from layers import clock, privacy
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.city import SourceConfig
from layers.model import PRIVATE, Outcome, Record
from layers.settings import Settings
from layers.snapshot import STALE_AFTER

PEEK = 200
"""Rows of a source that a check reads."""

PAGES = 5
NEW = "yang baru"
"""Beside a past, there may rightly be no row of it."""

SECONDS = 60
SHOWN = 2
REASONS = 6

_WRONG = {
    Outcome.REFUSED: ("konfigurasi", "perbaiki berkas sumbernya"),
    Outcome.AUTH: ("akses", "periksa token, kata sandi, atau hak baca di pemilik sistem"),
    Outcome.RATE_LIMITED: ("alamat", "sumber meminta jeda; coba lagi nanti"),
    Outcome.TRANSIENT: ("alamat", "periksa alamat dan jaringan, lalu coba lagi"),
    Outcome.DRIFT: ("bentuk data", "samakan peta kolom dengan bentuk sumber sekarang"),
}
_HIDDEN = PRIVATE | {"source", "source_id", "seen_at", "area", "placed_by", "lat", "lon"}


def check_source(settings: Settings, configured: SourceConfig) -> tuple[str, bool]:
    """Ask a source for its first rows, at most :data:`PEEK`, and say what would become of them.

    Nothing is kept and nobody's identifier is shown. The second value says whether the source is configured rightly.
    """
    lines = [
        f"Sumber {configured.name}: {configured.title}",
        f"  konektor {configured.connector}, tiap {configured.interval}, umur data paling lama {configured.budget}",
    ]
    try:
        source, config = connector(configured)
        if not (source.tested_on_real or ("tested_on_real" in configured.model_fields_set and configured.tested_on_real)):
            lines.append("  belum diuji pada sistem asli: cocokkan contoh di bawah dengan layar sistem asalnya")
        lines.append(f"✓ konfigurasi: dapat dibaca{_secrets(config)}")
        ctx = Context(source=configured.name, city=settings.city, now=clock.now(), data=settings.data)
        good = True
        for title, part in _parts(config):
            said, right = _tried(title, source, part, configured, ctx)
            lines += said
            good &= right
    except SourceError as error:
        what, action = _WRONG[error.outcome]
        return "\n".join([*lines, f"✗ {what}: {error}", f"  {action}", "Tidak ada yang disimpan."]), False
    return "\n".join([*lines, "Tidak ada yang disimpan."]), good


def _parts(config: Config) -> Iterator[tuple[str, Config]]:
    """What is asked apart: a service's past comes from another address than what is new."""
    if isinstance(config, Rest) and config.export is not None:
        yield NEW, config.model_copy(update={"export": None})
        yield "masa lalu (export)", config
    else:
        yield "", config


def _tried(title: str, source: Source[Any], config: Config, configured: SourceConfig, ctx: Context) -> tuple[list[str], bool]:
    """What came of asking, and whether every row could be believed."""
    started = monotonic()
    with Http(origins(config), deadline=min(configured.deadline, timedelta(seconds=SECONDS)), pause=PAUSE) as http:
        rows = _peek(source, http, config, ctx)
        asked = http.requests, http.bytes
    tree = AreaTree.of(ctx.city)
    taken = take(rows, source, config, ctx, Places(tree, load_boundaries(ctx.city, ctx.data)))
    lines = [f"-- {title}"] if title else []
    lines += [_reached(config, asked, monotonic() - started), *_rows(rows, taken, title), *_placed(taken.records, tree)]
    lines += [*_age(taken.records, configured, ctx), *_understood(taken.records, ctx)]
    return lines, (bool(rows) or title == NEW) and not taken.rejects


def _peek(source: Source[Any], http: Http, config: Config, ctx: Context) -> list[Row]:
    """The first rows of the first pages."""
    rows: list[Row] = []
    try:
        for number, page in enumerate(source.pages(http, config, None, ctx), 1):
            rows += page.rows[: PEEK - len(rows)]
            if len(rows) >= PEEK or number >= PAGES:
                break
    except SourceError:
        if not rows:
            raise
    return rows


def _secrets(config: BaseModel) -> str:
    """Which secrets are given, by name and never by value."""
    named = list(_named(config, ""))
    return f"; rahasia terisi: {', '.join(named)}" if named else ""


def _named(value: Any, way: str) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield way if value.get_secret_value().strip() else f"{way} (KOSONG)"
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _named(getattr(value, name), f"{way}.{name}".strip("."))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _named(item, f"{way}.{name}")


def _reached(config: Config, asked: tuple[int, int], seconds: float) -> str:
    if not asked[0]:
        return f"✓ sumber: terbaca di mesin atau basis data, {seconds:.1f} detik"
    where = ", ".join(sorted(f"{scheme}://{host}:{port}" for scheme, host, port in origins(config)))
    return f"✓ alamat dan akses: {where} menjawab, {asked[0]} permintaan, {asked[1] / 1024:.0f} KiB, {seconds:.1f} detik"


def _rows(rows: Sequence[Row], taken: Taken, title: str) -> Iterator[str]:
    if not rows and title == NEW:
        yield "✓ baris: belum ada yang baru"
        return
    if not rows:
        yield "✗ baris: tidak ada satu pun; periksa alamat, rentang waktu, dan hak baca"
        return
    excluded = sum(taken.excluded.values())
    sign = "✗" if taken.rejects else "✓"
    counts = f"{len(taken.records)} diterima, {excluded} dikecualikan, {len(taken.rejects)} ditolak"
    yield f"{sign} baris: {len(rows)} pertama dibaca: {counts}"
    yield from (f"    {count} dikecualikan oleh aturan {rule}" for rule, count in sorted(taken.excluded.items()))
    reasons = Counter((reject.field, privacy.mask(reject.reason)) for reject in taken.rejects)
    first = {(reject.field, privacy.mask(reject.reason)): reject.source_id for reject in reversed(taken.rejects)}
    for (field, reason), count in reasons.most_common(REASONS):
        example = first[field, reason]
        yield f"    ✗ {count} ditolak: {field}: {reason}" + (f" (misalnya baris {privacy.mask(example)})" if example else "")
    if len(reasons) > REASONS:
        yield f"    dan {len(reasons) - REASONS} sebab lain"


def _placed(records: Sequence[Record], tree: AreaTree) -> Iterator[str]:
    """How many found their kelurahan, their kecamatan alone, or no place; and their OPD."""
    if not records:
        return
    depth = Counter(-1 if record.area == tree.unplaced.code else record.area.count(".") for record in records)
    total = len(records)
    parts = [
        f"{depth[3]} dari {total} ({depth[3] * 100 // total} %) punya kelurahan",
        f"{depth[2]} hanya kecamatan",
        f"{depth[1]} hanya kota",
        f"{depth[-1]} tanpa lokasi",
    ]
    yield f"  tempat: {', '.join(parts)}"
    yield f"  OPD: {sum(record.opd is not None for record in records)} dari {total} dikenali"


def _age(records: Sequence[Record], configured: SourceConfig, ctx: Context) -> Iterator[str]:
    newest = max((record.known_at or record.at for record in records), default=None)
    if newest is None:
        return
    age = ctx.now - newest
    late = configured.delivery == "export" and age > configured.budget
    verdict = f"lebih tua dari {configured.budget}" if late else "dalam batas"
    if configured.delivery == "live":
        verdict = "setiap jawaban berlaku untuk saat ini"
    elif age > configured.budget * STALE_AFTER:
        verdict = f"basi, lebih dari {STALE_AFTER} x {configured.budget}"
    yield f"{'✗' if late else '✓'} umur data: termuda dari baris itu {_shown(newest, ctx)}, {verdict}"


def _understood(records: Sequence[Record], ctx: Context) -> Iterator[str]:
    """The first records as they would be kept, without what is only for the store."""
    if records:
        yield "  begini baris pertama dipahami:"
    for record in records[:SHOWN]:
        values = [(f.name, getattr(record, f.name)) for f in fields(record) if f.name not in _HIDDEN]
        said = [f"{name}={_shown(value, ctx)}" for name, value in values if value is not None]
        yield f"    {record.area} ({record.placed_by.value}): {', '.join(said)}"[:400]
    private = [name for name in sorted(PRIVATE) if any(getattr(record, name, None) for record in records)]
    if private:
        yield f"    terisi tetapi tidak ditampilkan: {', '.join(private)}"


def _shown(value: Any, ctx: Context) -> str:
    if isinstance(value, datetime):
        return value.astimezone(ctx.city.zone).strftime("%Y-%m-%d %H.%M %Z")
    if isinstance(value, float | Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return privacy.mask(str(value))[:80]
