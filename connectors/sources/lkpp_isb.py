"""Procurement and budget tables of LKPP's ISB web services (isb.lkpp.go.id): one address for each table and year."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from connectors.answer import Answer
from connectors.fields import digest, moment, money, need, need_moment, opd, place, text, year
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
    Row,
    Sample,
    SlowDown,
    Source,
    SourceError,
)
from connectors.sources._lkpp_tables import ADDED, COMMON, TABLES, Packages, Sums
from layers.model import Kind, Measurement, Package, Stage

CHUNK = 2_000


def _known(name: str) -> str:
    if name not in TABLES:
        raise ValueError(f"tabel {name!r} tidak dikenal; yang ada: {', '.join(TABLES)}")
    return name


class Endpoint(Config):
    """One table's address, with ``{year}`` where the budget year stands."""

    table: Annotated[str, AfterValidator(_known)]
    url: Annotated[str, Field(pattern=r"^https?://.*\{year\}")]


class LkppIsb(Config):
    """The tables to read; without ``years`` the current budget year.

    With ``klpd`` only the rows of that government. Without, all, but none is given an OPD: another
    government's Dinas Kesehatan is not this city's.
    """

    endpoints: Annotated[tuple[Endpoint, ...], Field(min_length=1)]
    years: tuple[int, ...] = ()
    klpd: str | None = None


def pages(http: Http, config: LkppIsb, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """Year by year the tables that speak of the same packages, together. The cursor keeps a digest of each such answer.

    Those of one kind that cannot be had keep no others from being read; the run then ends as the first of them says.
    """
    seen = dict(cursor or {})
    first: SourceError | None = None
    for budget in config.years or (ctx.now.astimezone(ctx.city.zone).year,):
        for family in _families(config):
            try:
                answers = [(e.table, http.get(e.url.replace("{year}", str(budget)))) for e in family]
                read = [_read(row, table) for table, answer in answers for row in listed(answer)]
            except SlowDown:
                raise
            except SourceError as error:
                first = first or error
                continue
            name = f"{'+'.join(table for table, _ in answers)}/{budget}"
            mark = digest(*(answer.body for _, answer in answers), config.klpd, ctx.city.opds)
            if seen.get(name) == mark:
                continue
            rows = join(read)
            seen[name] = mark
            for start in range(0, max(len(rows), 1), CHUNK):
                last = start + CHUNK >= len(rows)
                yield Page(rows=rows[start : start + CHUNK], cursor=dict(seen) if last else None)
    if first is not None:
        raise first


def parse(row: Row, config: LkppIsb, ctx: Context) -> Kept | Excluded:
    """A row by its table."""
    table = TABLES.get(need(row, "tabel"))
    if table is None:
        raise BadRow("tabel", "tabel tidak dikenal")
    if config.klpd is not None and text(row, "kd_klpd") != config.klpd:
        return Excluded(rule="instansi_lain")
    if isinstance(table, str):
        return Excluded(rule=table)
    if row.get("is_deleted") is True:
        return Excluded(rule="dihapus_di_sumber", ends=Kind.PACKAGE if isinstance(table, Packages) else Kind.MEASUREMENT)
    if row.get("digabung") is True:
        return Excluded(rule="digabung_ke_paket_yang_diumumkan")
    unit = _opd(row, ctx) if config.klpd else None
    return _package(row, table, unit, ctx) if isinstance(table, Packages) else _measurement(row, table, unit, ctx)


# --- pure -----------------------------------------------------------------------------------------


def listed(answer: Answer) -> list[Mapping[str, Any]]:
    """The rows of an answer, bare or wrapped. An empty body and ``<invalid_response>`` are ISB's words for "no data"."""
    if not answer.body.strip() or answer.body.lstrip().startswith(b"<invalid_response"):
        return []
    body = answer.json()
    if isinstance(body, Mapping):
        body = next((body[name] for name in ("data", "result", "results", "rows") if name in body), body)
    if not isinstance(body, list) or not all(isinstance(row, Mapping) for row in body):
        raise FormChanged(f"ISB tidak memberi daftar baris: {answer.url}")
    return body


def join(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of several tables on the same packages: the first table's row takes up what later ones add, and these say so."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        code = _key(row)
        base = first.setdefault(code, row) if code and "ukuran" not in row else row
        if base["tabel"] != row["tabel"]:
            base |= {name: row[name] for name in ADDED if base.get(name) is None and row.get(name) is not None}
            row["digabung"] = True
    return [piece for row in rows for piece in _pieces(row)]


def _families(config: LkppIsb) -> list[list[Endpoint]]:
    """The endpoints that speak of the same packages together, in the order of :data:`TABLES`."""
    found: dict[str, list[Endpoint]] = {}
    order = list(TABLES)
    for endpoint in sorted(config.endpoints, key=lambda e: order.index(e.table)):
        table = TABLES[endpoint.table]
        found.setdefault(table.prefix if isinstance(table, Packages) else endpoint.table, []).append(endpoint)
    return list(found.values())


def _read(row: Mapping[str, Any], table: str) -> dict[str, Any]:
    """The columns that are read, and the table's name."""
    form = TABLES[table]
    own = () if isinstance(form, str) else tuple(v for v in asdict(form).values() if isinstance(v, str))
    columns = {*COMMON, *ADDED, *own, *(form.columns.values() if isinstance(form, Sums) else ())}
    return {"tabel": table} | {name: value for name, value in row.items() if name in columns}


def _pieces(row: dict[str, Any]) -> list[dict[str, Any]]:
    """A row of sums as one row for each sum that it states; any other row as it is."""
    form = TABLES[row["tabel"]]
    if not isinstance(form, Sums):
        return [row]
    stated = [name for name, column in form.columns.items() if row.get(column) is not None]
    return [row | {"ukuran": name} for name in stated] or [row]


def _package(row: Row, form: Packages, unit: str | None, ctx: Context) -> Kept:
    value, status = money(row, form.value), text(row, form.status) if form.status else None
    if status is not None and status.lower() not in form.stages:
        raise BadRow(form.status or "status", f"status {status[:60]!r} belum dikenal")
    stage = form.stages[status.lower()] if status else Stage.SELECTION
    if stage is Stage.SELECTION and value is not None:
        stage = Stage.CONTRACT
    selected = _local(row, "tgl_penetapan_pemenang", ctx)
    record = Package(
        source=ctx.source,
        source_id=f"{form.prefix}-{need(row, form.code)}",
        seen_at=ctx.now,
        opd=unit,
        announced=_local(row, form.announced, ctx) or need_moment(row, form.announced, ctx.city),
        year=year(row, "tahun_anggaran"),
        title=need(row, form.title),
        method=form.always or need(row, form.method).lower(),
        stage=stage,
        plan_id=";".join(re.findall(r"\w+", text(row, form.plan) or "")) or None,
        pagu=money(row, "pagu"),
        hps=money(row, "hps"),
        value=value,
        pdn=money(row, form.pdn),
        umk=money(row, form.umk),
        provider=text(row, form.provider),
        selected=selected if selected and selected <= ctx.now else None,
        handed_over=_local(row, form.finished, ctx) if form.finished and stage is Stage.DONE else None,
        bought=(text(row, "jenis_pengadaan") or "").lower() or None,
    )
    return Kept(record=record, place=place(text(row, "lokasi_pekerjaan"), ctx.city))


def _measurement(row: Row, form: Sums, unit: str | None, ctx: Context) -> Kept | Excluded:
    """A budget's figure holds for its year, so it is dated at the year's beginning."""
    name = text(row, "ukuran")
    if name is None:
        return Excluded(rule="tanpa_angka")
    amounts = {part: money(row, column) for part, column in form.columns.items()}
    amount, total = amounts.get(name), money(row, form.total)
    if amount is None:
        raise BadRow("ukuran", f"tanpa angka: {name[:40]!r}")
    if total is not None and total != (parts := sum(part for part in amounts.values() if part is not None)):
        raise BadRow(form.total, f"bukan jumlah bagiannya: {total} terhadap {parts}")
    budget = year(row, "tahun_anggaran")
    record = Measurement(
        source=ctx.source,
        source_id=f"{name}-{budget}-{need(row, form.code)}",
        seen_at=ctx.now,
        opd=unit,
        name=name,
        subject=need(row, form.subject),
        value=float(amount),
        unit="rupiah",
        measured=need_moment({"awal": f"{budget}-01-01"}, "awal", ctx.city),
    )
    return Kept(record=record)


def _local(row: Row, column: str, ctx: Context) -> datetime | None:
    """A time of ISB: the city's own, also where it ends in Z (its ``14:00:00.000000Z`` are office hours in WIB)."""
    printed = text(row, column)
    return moment({column: re.sub(r"(\.\d+)?Z$", "", printed)}, column, ctx.city) if printed else None


def _opd(row: Row, ctx: Context) -> str | None:
    """A unit is called by its number in one table, by its dotted code in another, and once by that under the other's name."""
    return opd(ctx.city, codes=[text(row, "kd_satker_str"), text(row, "kd_satker")], names=[text(row, "nama_satker")])


def _key(row: Row) -> str | None:
    form = TABLES.get(text(row, "tabel") or "")
    if form is None or isinstance(form, str):
        return None
    code = text(row, form.code)
    if isinstance(form, Packages):
        return f"{form.prefix}-{code}" if code else None
    return f"{text(row, 'ukuran')}-{text(row, 'tahun_anggaran')}-{code}" if code else None


_TENDER_ROW = {
    "tahun_anggaran": 2025,
    "kd_klpd": "D44",
    "kd_satker": "12335093",
    "kd_satker_str": "1.03.2.15.1.04.03.0000",
    "nama_satker": "DINAS PEKERJAAN UMUM DAN PENATAAN RUANG",
    "kd_tender": 10018467000,
    "kd_rup": "56168859;56168861",
    "nama_paket": "Rehabilitasi drainase",
    "pagu": 1500000000,
    "hps": 1499321187.61,
    "mtd_pemilihan": "Tender",
    "status_tender": "Selesai",
    "tgl_pengumuman_tender": "2025-03-18 10:00:00",
    "lokasi_pekerjaan": "Kelurahan Sukaasih Kecamatan Tangerang",
}
_VALUE_ROW = {"kd_klpd": "D44", "kd_tender": 10018467000, "nilai_kontrak": 1269963504.15, "tgl_penetapan_pemenang": "2025-04-11"}
_BUDGET_ROW = {"tahun_anggaran": 2025, "kd_klpd": "D44", "kd_satker": 97022, "nama_satker": "DLH", "belanja_modal": 10}

SOURCE = Source(
    name="lkpp_isb",
    title={"id": "Layanan data pengadaan LKPP (ISB)", "en": "LKPP procurement data services (ISB)"},
    kinds=frozenset({Kind.PACKAGE, Kind.MEASUREMENT}),
    config=LkppIsb,
    pages=pages,
    parse=parse,
    key=_key,
)

SAMPLE = Sample(
    config={
        "endpoints": [
            {"table": "SPSE-TenderPengumuman", "url": "{base}/tender/{year}"},
            {"table": "SPSE-TenderSelesaiNilai", "url": "{base}/nilai/{year}"},
            {"table": "RUP-StrukturAnggaranPD", "url": "{base}/anggaran/{year}"},
        ],
        "years": [2025],
        "klpd": "D44",
    },
    rows=(
        {"tabel": "SPSE-TenderPengumuman", **_TENDER_ROW},
        {"tabel": "SPSE-TenderSelesaiNilai", **_VALUE_ROW, "digabung": True},
        {"tabel": "RUP-StrukturAnggaranPD", **_BUDGET_ROW, "ukuran": "anggaran.pagu.modal"},
        {"tabel": "RUP-StrukturAnggaranPD", "kd_klpd": "D44", "kd_satker": 97023, "nama_satker": "Puskesmas"},
        {"tabel": "RUP-MasterSatker", "kd_klpd": "D44", "kd_satker": 97022},
        {"tabel": "SPSE-TenderPengumuman", **_TENDER_ROW, "kd_klpd": "B154"},
    ),
    broken=(
        {"tabel": "SPSE-TenderPengumuman", **_TENDER_ROW, "status_tender": "Entah"},
        {"tabel": "SPSE-TenderPengumuman", **_TENDER_ROW, "hps": "banyak"},
        {"tabel": "SPSE-TenderPengumuman", **_TENDER_ROW, "tgl_pengumuman_tender": None},
        {"tabel": "Tabel-Baru", **_TENDER_ROW},
    ),
    responses={
        "/tender/2025": ("application/json", json.dumps([_TENDER_ROW]).encode()),
        "/nilai/2025": ("application/json", json.dumps({"data": [_VALUE_ROW]}).encode()),
        "/anggaran/2025": ("application/json", json.dumps([_BUDGET_ROW]).encode()),
    },
)
