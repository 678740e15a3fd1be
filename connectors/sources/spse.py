"""Packages of an LPSE from SPSE 4.5: the public lists behind its pages, and each package's announcement page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import Field, PositiveInt
from selectolax.lexbor import LexborHTMLParser

from connectors.fields import digest, moment, need, need_moment, opd, place, rupiah, text, year
from connectors.http import Http
from connectors.source import BadRow, Config, Context, Cursor, Excluded, Kept, Page, Row, Sample, Source
from connectors.sources._spse import LISTINGS, Site
from layers.model import Kind, Package, Stage

List = Literal["tender", "nontender", "nonspk", "swakelola", "darurat"]

STATUSES = {
    "paket sedang berjalan": Stage.CONTRACT,
    "paket sudah selesai": Stage.DONE,
    "paket selesai": Stage.DONE,
    "paket dibatalkan": Stage.CANCELLED,
    "paket batal": Stage.CANCELLED,
}
"""Recorded packages have passed their selection: one that runs is being carried out."""


class Spse(Config):
    """``base`` is the LPSE's address; one run opens at most ``pages_per_run`` announcement pages, ``pause`` seconds apart.

    With ``institution`` only its packages. Without, all, but none is given an OPD: another
    government's Dinas Kesehatan is not this city's.
    """

    base: Annotated[str, Field(pattern=r"^https?://")]
    lists: tuple[List, ...] = get_args(List)
    years: tuple[int, ...] = ()
    institution: str | None = None
    length: Annotated[int, Field(ge=1, le=300)] = 100
    pages_per_run: PositiveInt = 200
    pause: Annotated[float, Field(ge=0, le=60)] = 0.5


def pages(http: Http, config: Spse, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """Every list's new and changed rows, each with its announcement page.

    The cursor remembers a digest of each row taken, so that an unchanged package costs nothing; a row
    whose page has to wait for a later run comes without it, and is not remembered.
    """
    budgets = config.years or (ctx.now.astimezone(ctx.city.zone).year,)
    names = [f"{kind}/{budget}" for budget in budgets for kind in config.lists]
    state = {name: dict((cursor or {}).get(name, {})) for name in names}
    left, terms = config.pages_per_run, digest(config.institution, ctx.city.opds)
    for name in names:
        site = Site(http, config.base, *name.split("/"), length=config.length, pause=config.pause)
        listed = set()
        for found in site.rows():
            rows, took = [], False
            for row in found:
                code, stamp = str(row["kode"]), digest(row, terms)[:12]
                listed.add(code)
                if state[name].get(code) == stamp:
                    continue
                if "kolom" not in row and not _foreign(row, config) and left > 0:
                    left -= 1
                    row = row | site.announcement(code)
                rows.append(row)
                if _foreign(row, config) or row.get("halaman") == "ada":
                    state[name][code], took = stamp, True
            if rows:
                yield Page(rows=rows, cursor={key: dict(value) for key, value in state.items()} if took else None)
        state[name] = {code: stamp for code, stamp in state[name].items() if code in listed}
    yield Page(rows=(), cursor=state)


def parse(row: Row, config: Spse, ctx: Context) -> Kept | Excluded:
    """One package. Without its announcement page it has no date yet, so it waits."""
    if "kolom" in row:
        raise BadRow("kolom", f"baris SPSE berisi {row['kolom']} kolom: susunan tabelnya berubah")
    if _foreign(row, config):
        return Excluded(rule="instansi_lain")
    if text(row, "halaman") is None:
        return Excluded(rule="menunggu_halaman_pengumuman")
    if row["halaman"] != "ada":
        raise BadRow("halaman", f"halaman pengumuman tidak terbaca: {text(row, 'halaman')}"[:200])
    kind = need(row, "jenis_daftar")
    contract = _contract(row)
    return Kept(
        record=Package(
            source=ctx.source,
            source_id=f"{kind}-{need(row, 'kode')}",
            seen_at=ctx.now,
            opd=opd(ctx.city, names=[text(row, "satuan_kerja")]) if config.institution else None,
            announced=moment(row, "tahap_pertama", ctx.city) or need_moment(row, "tanggal_pembuatan", ctx.city),
            year=year(row, "tahun"),
            title=_words(need(row, "nama")),
            method=kind if kind in ("swakelola", "darurat") else need(row, "metode").lower(),
            stage=_stage(row, contract=contract is not None),
            plan_id=text(row, "kode_rup"),
            pagu=rupiah(row, "nilai_pagu_paket") or rupiah(row, "pagu"),
            hps=rupiah(row, "nilai_hps_paket") or rupiah(row, "hps"),
            value=contract,
            bought=(text(row, "jenis") or "").lower() or None,
        ),
        place=place(text(row, "lokasi_pekerjaan"), ctx.city),
    )


# --- pure -----------------------------------------------------------------------------------------


def _key(row: Row) -> str | None:
    kind, code = text(row, "jenis_daftar"), text(row, "kode")
    return f"{kind}-{code}" if kind and code else code


def _foreign(row: Row, config: Spse) -> bool:
    return config.institution is not None and (text(row, "instansi") or "").lower() != config.institution.lower()


def _stage(row: Row, *, contract: bool) -> Stage:
    status = text(row, "status")
    if status is not None:
        if status.lower() not in STATUSES:
            raise BadRow("status", f"status paket {status[:60]!r} belum dikenal")
        return STATUSES[status.lower()]
    stage = need(row, "tahap").lower()
    if "batal" in stage or "gagal" in stage:
        return Stage.CANCELLED
    return Stage.CONTRACT if contract else Stage.SELECTION


def _contract(row: Row) -> Decimal | None:
    """The contract's sum, unless SPSE says that there is none yet."""
    return None if "belum" in (text(row, "nilai_kontrak") or "").lower() else rupiah(row, "nilai_kontrak")


def _words(printed: str) -> str:
    """A name without the marks that SPSE puts into it as HTML."""
    return " ".join(LexborHTMLParser(printed).text(separator=" ").split()) if "<" in printed else printed


_ROW = {
    "jenis_daftar": "nonspk",
    "tahun": "2026",
    "kode": "10942236000",
    "nama": "Biaya paket data dan informasi",
    "instansi": "Kota Tangerang",
    "pagu": "3,8 Jt",
    "metode": "Pengadaan Langsung",
    "jenis": "Jasa Lainnya",
    "versi": "5",
    "status": "Paket Sedang Berjalan",
}
_READ = _ROW | {"halaman": "ada", "tanggal_pembuatan": "10 Juni 2026", "nilai_pagu_paket": "Rp. 3.800.000,00"}
_TABLE = {"draw": "1", "recordsTotal": 2**31 - 1, "data": [[_ROW[name] for name in LISTINGS["nonspk"].columns.split()]]}
_HTML = """<!DOCTYPE html><html><body><div class="content"><table><tr><th>Kode Paket</th><td>10942236000</td></tr>
<tr><th>Rencana Umum Pengadaan</th><td><table><tr><th>Kode RUP</th></tr><tr><td>62075727</td></tr></table></td></tr>
<tr><th>Tanggal Pembuatan</th><td>10 Juni 2026</td></tr><tr><th>Satuan Kerja</th><td>Dinas Kesehatan</td></tr>
<tr><th>Nilai Pagu Paket</th><td>Rp. 3.800.000,00</td></tr></table></div></body></html>"""

SOURCE = Source(
    name="spse",
    title={"id": "Paket pengadaan SPSE", "en": "Procurement packages, SPSE"},
    kinds=frozenset({Kind.PACKAGE}),
    config=Spse,
    pages=pages,
    parse=parse,
    key=_key,
)

SAMPLE = Sample(
    config={"base": "{base}/tangerangkota", "lists": ["nonspk"], "years": [2026], "institution": "Kota Tangerang", "pause": 0},
    rows=(_READ, _READ | {"kode": "10942237000"}, _ROW | {"kode": "2"}, _ROW | {"kode": "3", "instansi": "Kota Lain"}),
    broken=(
        _READ | {"nilai_pagu_paket": "tiga juta"},
        _READ | {"status": "Paket Entah"},
        _ROW | {"halaman": "halaman tidak ada di SPSE"},
        {"jenis_daftar": "nonspk", "tahun": "2026", "kode": "4", "kolom": 2, "kolom_0": "4", "kolom_1": "Paket"},
    ),
    responses={
        "/tangerangkota/pencatatan": ("text/html", b"<html><script>d.authenticityToken = 'a1b2';</script></html>"),
        "/tangerangkota/dt/nonspk?tahun=2026&authenticityToken=a1b2": (
            "application/json",
            json.dumps(_TABLE).encode(),
        ),
        "/tangerangkota/pencatatan/pengumumannonspk?id=10942236000": ("text/html", _HTML.encode()),
    },
)
