"""Kota Tangerang's own procurement services: units (satker), self-managed plans (swakelola), e-purchasing packages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from connectors.fields import digest, money, need, need_moment, opd, place, text, year
from connectors.http import Http
from connectors.source import BadRow, Config, Context, Cursor, Excluded, FormChanged, Kept, Page, Row, Sample, Source
from layers.model import Kind, Package, Stage

CHUNK = 2_000

Address = Annotated[str, Field(pattern=r"^https?://")]


class TangerangPengadaan(Config):
    """The address of each service that is to be read; at least one."""

    satker: Address | None = None
    swakelola: Address | None = None
    epurchasing: Address | None = None

    @model_validator(mode="after")
    def _some(self) -> TangerangPengadaan:
        if not self.model_dump(exclude_none=True):
            raise ValueError("isi sedikitnya satu alamat layanan: satker, swakelola atau epurchasing")
        return self


def pages(http: Http, config: TangerangPengadaan, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """Each service whole. The cursor remembers a digest of each answer: the same again is not read again."""
    seen = {name: mark for name, mark in (cursor or {}).items() if name in TangerangPengadaan.model_fields}
    for service, address in config.model_dump(exclude_none=True).items():
        answer = http.get(address)
        mark = digest(answer.body, ctx.city.opds)
        if seen.get(service) == mark:
            continue
        rows = answer.json()
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise FormChanged(f"layanan {service} tidak memberi daftar baris: {answer.url}")
        for start in range(0, len(rows), CHUNK):
            last = start + CHUNK >= len(rows)
            seen |= {service: mark} if last else {}
            yield Page(
                rows=[{**row, "layanan": service} for row in rows[start : start + CHUNK]],
                cursor=dict(seen) if last else None,
            )


def parse(row: Row, config: TangerangPengadaan, ctx: Context) -> Kept | Excluded:  # noqa: ARG001
    """A row by its service."""
    service = need(row, "layanan")
    if service not in _READERS:
        raise BadRow("layanan", f"layanan {service[:40]!r} tidak dikenal")
    return _READERS[service](row, ctx)


# --- pure -----------------------------------------------------------------------------------------


def _satker(row: Row, ctx: Context) -> Excluded:  # noqa: ARG001
    """The list of units is for looking up, which the city's own table of OPDs does; it holds no package."""
    return Excluded(rule="tabel_acuan")


def _swakelola(row: Row, ctx: Context) -> Kept | Excluded:
    """A plan counts when it is announced (``sudah``) and in force (``ya``).

    The service has no date of announcement: the last update of an announced plan is the day by which it
    was announced at the latest. A budget year is the year in which the work ends.
    """
    announced, active = need(row, "status_umumkan").lower(), need(row, "status_aktif").lower()
    if announced not in ("sudah", "belum"):
        raise BadRow("status_umumkan", f"bukan sudah atau belum: {announced[:40]!r}")
    if active not in ("ya", "tidak"):
        raise BadRow("status_aktif", f"bukan ya atau tidak: {active[:40]!r}")
    if announced == "belum":
        return Excluded(rule="belum_diumumkan", ends=Kind.PACKAGE)
    if active == "tidak":
        return Excluded(rule="tidak_aktif", ends=Kind.PACKAGE)
    updated = need_moment(row, "tanggal_terakhir_di_update", ctx.city)
    code = need(row, "kode_rup")
    record = Package(
        source=ctx.source,
        source_id=f"swakelola-{code}",
        seen_at=ctx.now,
        known_at=updated,
        opd=_unit(row, ctx),
        announced=updated,
        year=need_moment(row, "akhir_pekerjaan", ctx.city).astimezone(ctx.city.zone).year,
        title=need(row, "nama_paket"),
        method="swakelola",
        stage=Stage.PLANNED,
        plan_id=code,
        pagu=money(row, "pagu_rup"),
    )
    return Kept(record=record, place=place(text(row, "detail_lokasi"), ctx.city))


def _epurchasing(row: Row, ctx: Context) -> Kept:
    """A package in the e-catalogue. The service gives no status: that it was made is all that is claimed.

    Its edits are dated by day, too coarse to order versions by: those go by first sight.
    """
    address = text(row, "satuan_kerja_alamat")
    record = Package(
        source=ctx.source,
        source_id=f"epurchasing-{need(row, 'no_paket')}",
        seen_at=ctx.now,
        opd=opd(ctx.city, names=[text(row, "satuan_kerja_nama"), address and address.split(",")[0]]),
        announced=need_moment(row, "tanggal_buat_paket", ctx.city),
        year=year(row, "tahun_anggaran"),
        title=need(row, "nama_paket"),
        method="e-purchasing",
        stage=Stage.SELECTION,
        plan_id=text(row, "rup_id"),
        value=money(row, "total"),
    )
    return Kept(record=record, place=place(address, ctx.city))


def _unit(row: Row, ctx: Context) -> str | None:
    codes = text(row, "id_satker"), text(row, "kode_satker_asli")
    return opd(ctx.city, codes=codes, names=[text(row, "nama_satker")])


def _key(row: Row) -> str | None:
    names = {"swakelola": "kode_rup", "epurchasing": "no_paket"}
    service = text(row, "layanan") or ""
    code = text(row, names.get(service, "id"))
    return f"{service}-{code}" if code else None


_READERS: Mapping[str, Callable[[Row, Context], Kept | Excluded]] = {
    "satker": _satker,
    "swakelola": _swakelola,
    "epurchasing": _epurchasing,
}

_SATKER = {"layanan": "satker", "id": "97022", "idsatker": "7", "nama": "DINAS LINGKUNGAN HIDUP KOTA TANGERANG"}
_PLAN = {
    "layanan": "swakelola",
    "tanggal_terakhir_di_update": "2019-03-27 14:45:58",
    "id_satker": "65121",
    "kode_satker_asli": "1.01.01",
    "kode_rup": "18663079",
    "nama_satker": "DINAS PENDIDIKAN KOTA TANGERANG",
    "nama_paket": "Penyediaan penggandaan ujian SMP/MTs",
    "pagu_rup": "1946000.00",
    "detail_lokasi": "Kel. Sukaasih Kec. Tangerang",
    "akhir_pekerjaan": "2019-04-01",
    "status_aktif": "ya",
    "status_umumkan": "sudah",
}
_ORDER = {
    "layanan": "epurchasing",
    "no_paket": "ISB-P1912-2181069",
    "nama_paket": "Sewa bandwidth 150 Mbps",
    "rup_id": "22792638",
    "satuan_kerja_nama": "",
    "satuan_kerja_alamat": "Dinas Komunikasi dan Informatika KoTa Tangerang, lt 4",
    "tanggal_buat_paket": "2019-12-26",
    "total": "1200000000.00",
    "tahun_anggaran": "2020",
}


def _body(*rows: Row) -> tuple[str, bytes]:
    return "application/json", json.dumps([{k: v for k, v in row.items() if k != "layanan"} for row in rows]).encode()


SOURCE = Source(
    name="tangerang_pengadaan",
    title={"id": "Layanan pengadaan Kota Tangerang", "en": "Procurement services of Kota Tangerang"},
    kinds=frozenset({Kind.PACKAGE}),
    config=TangerangPengadaan,
    pages=pages,
    parse=parse,
    key=_key,
)

SAMPLE = Sample(
    config={"satker": "{base}/satker", "swakelola": "{base}/swakelola", "epurchasing": "{base}/epurchasing"},
    rows=(_PLAN, _ORDER, _SATKER, _PLAN | {"status_umumkan": "belum"}, _PLAN | {"status_aktif": "tidak"}),
    broken=(
        _PLAN | {"status_umumkan": "mungkin"},
        _PLAN | {"pagu_rup": "dua juta"},
        _ORDER | {"tanggal_buat_paket": "0000-00-00"},
        _ORDER | {"tahun_anggaran": ""},
    ),
    responses={"/satker": _body(_SATKER), "/swakelola": _body(_PLAN), "/epurchasing": _body(_ORDER)},
)
