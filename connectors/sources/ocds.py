"""Procurement published by the Open Contracting Data Standard: release and record packages, one package for each process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, PositiveInt, model_validator

from connectors.fields import digest, moment, money, need, opd, place, text
from connectors.http import Http
from connectors.source import BadRow, Config, Context, Cursor, Excluded, Kept, Page, Row, Sample, Source
from connectors.sources._ocds import fetched, filed, processes, rows
from layers.model import Kind, Package, Stage

CHUNK = 1_000

METHODS = {
    "open": "tender",
    "selective": "seleksi",
    "limited": "penunjukan langsung",
    "direct": "pengadaan langsung",
    **{name: name for name in ("tender", "tender cepat", "seleksi", "penunjukan langsung", "pengadaan langsung", "swakelola")},
    "e-purchasing": "e-purchasing",
}
"""The standard's methods in the words of Perpres 16/2018, and those words themselves."""

UNSAID = "tidak disebut"

BOUGHT = {
    "goods": "barang",
    "works": "pekerjaan konstruksi",
    "services": "jasa lainnya",
    "consultingServices": "jasa konsultansi",
}
"""The standard's categories in the words of Perpres 16/2018."""

TENDER = {
    **dict.fromkeys(("planning", "planned"), Stage.PLANNED),
    **dict.fromkeys(("active", "complete"), Stage.SELECTION),
    **dict.fromkeys(("cancelled", "unsuccessful", "withdrawn"), Stage.CANCELLED),
}
AWARD = {
    **dict.fromkeys(("pending", "active"), Stage.SELECTION),
    **dict.fromkeys(("cancelled", "unsuccessful"), Stage.CANCELLED),
}
CONTRACT = {
    "pending": Stage.SELECTION,
    "active": Stage.CONTRACT,
    "terminated": Stage.DONE,
    "cancelled": Stage.CANCELLED,
}
"""Code lists of OCDS 1.1: a pending contract is not signed yet, a terminated one was in force and has come to its end."""


class Ocds(Config):
    """Where the packages are (``url`` or ``path``, a pattern inside the data folder), and what their words mean.

    ``rates`` are rupiah for one unit of another currency; an amount in a currency without a rate is not
    believed. ``currency`` is that of amounts which name none. ``methods`` add to :data:`METHODS`;
    ``without`` are methods which another source of the room reports, so that no package counts twice.
    With ``buyers`` (names or codes) only their processes. OPDs are told apart where all processes are
    the city's: with ``buyers``, or with ``own``.
    """

    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    path: Annotated[str, Field(min_length=1)] | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    max_pages: PositiveInt = 1_000
    currency: str | None = None
    rates: Mapping[str, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)
    methods: Mapping[str, str] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    buyers: tuple[str, ...] = ()
    own: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("nyatakan salah satu: url atau path")
        return self


def pages(http: Http, config: Ocds, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """All packages are read, for the releases of a process may lie in any of them; only processes that changed are given.

    The cursor holds of each process a digest and its parts: a part that is no more is given once as replaced.
    """
    known: dict[str, list[Any]] = dict((cursor or {}).get("proses", {}))
    terms = digest(config.model_dump_json(exclude={"headers"}), ctx.city.opds)
    if config.url is not None:
        packages = fetched(http, config.url, config.headers, config.max_pages)
    else:
        packages = filed(config.path or "", ctx.data.resolve())
    batch: list[Row] = []
    for process in processes(packages):
        found = rows(process)
        ocid, mark = process["ocid"], digest(found, terms)
        before = known.get(ocid, [None])
        if ocid is not None:
            if before[0] == mark:
                continue
            parts = [row.get("bagian") for row in found]
            known[ocid] = [mark, *parts]
            found += [{"ocid": ocid, "bagian": part, "diganti": True} for part in before[1:] if part not in parts]
        batch += found
        if len(batch) >= CHUNK:
            yield Page(rows=batch, cursor={"proses": dict(known)})
            batch = []
    yield Page(rows=batch, cursor={"proses": known})


def parse(row: Row, config: Ocds, ctx: Context) -> Kept | Excluded:
    """A process, or a part of one."""
    if text(row, "galat"):
        raise BadRow("ocid" if text(row, "ocid") is None else "releases", need(row, "galat"))
    source_id = _key(row)
    if source_id is None:
        raise BadRow("ocid", "kosong, padahal wajib diisi")
    if row.get("diganti") is True:
        return Excluded(rule="bagian_diganti", ends=Kind.PACKAGE)
    if config.buyers and not _ours(row, config):
        return Excluded(rule="instansi_lain")
    method = _method(row, config)
    if method in config.without:
        return Excluded(rule="dicatat_sistem_lain", ends=Kind.PACKAGE)
    announced, stage = _announced(row, ctx), _stage(row)
    title = text(row, "judul_bagian") if row.get("bagian") else None
    record = Package(
        source=ctx.source,
        source_id=source_id,
        seen_at=ctx.now,
        opd=_opd(row, ctx) if config.own or config.buyers else None,
        announced=announced,
        year=_year(row, announced, ctx),
        title=title or text(row, "judul") or need(row, "judul_bagian"),
        method=method,
        stage=stage,
        plan_id=text(row, "kode_rencana"),
        pagu=_rupiah(row, "pagu", config),
        hps=_rupiah(row, "hps", config),
        value=_rupiah(row, "nilai", config),
        provider=text(row, "penyedia"),
        selected=_past(row, "ditetapkan", ctx),
        contracted=_past(row, "ditandatangani", ctx),
        handed_over=_past(row, "akhir_kontrak", ctx) if stage is Stage.DONE else None,
        bought=BOUGHT.get(text(row, "jenis") or "") or text(row, "jenis"),
        bidders=_bidders(row),
    )
    return Kept(record=record, place=place(record.title, ctx.city))


# --- pure -----------------------------------------------------------------------------------------


def _ours(row: Row, config: Ocds) -> bool:
    names = {name.casefold() for name in config.buyers}
    fields = ("pembeli", "kode_pembeli", "satuan_kerja", "kode_satuan_kerja")
    return any((text(row, name) or "").casefold() in names for name in fields)


def _opd(row: Row, ctx: Context) -> str | None:
    """The unit that buys, else the buyer."""
    for code, name in (("kode_satuan_kerja", "satuan_kerja"), ("kode_pembeli", "pembeli")):
        if found := opd(ctx.city, codes=[text(row, code)], names=[text(row, name)]):
            return found
    return None


def _method(row: Row, config: Ocds) -> str:
    """The first of details and method that is known; a method that is not known is shown as it is written."""
    known = METHODS | {name.casefold(): method for name, method in config.methods.items()}
    details, method = text(row, "rincian_metode"), text(row, "metode")
    found = (known.get((words or "").casefold()) for words in (details, method))
    return next((name for name in found if name), None) or method or UNSAID


def _stage(row: Row) -> Stage:
    """As far as a contract, else an award, else the tender has come; a process without any of them is a plan."""
    if row.get("ada_kontrak") is True:
        return _known(row, "status_kontrak", CONTRACT, Stage.CONTRACT)
    tender = _known(row, "status_lot" if text(row, "status_lot") else "status_tender", TENDER, Stage.SELECTION)
    if tender is Stage.CANCELLED:
        return tender
    if text(row, "status_penetapan"):
        return _known(row, "status_penetapan", AWARD, Stage.SELECTION)
    return tender if row.get("ada_tender") is True else Stage.PLANNED


def _known(row: Row, field: str, codes: Mapping[str, Stage], unsaid: Stage) -> Stage:
    status = text(row, field)
    if status is None:
        return unsaid
    if status.casefold() not in codes:
        raise BadRow(field, f"status {status[:60]!r} belum dikenal")
    return codes[status.casefold()]


def _announced(row: Row, ctx: Context) -> datetime:
    """The earliest moment of which the process speaks: a release may be published long after what it tells of."""
    names = ("tanggal_pertama", "mulai_tender", "ditetapkan", "ditandatangani")
    found = [when for name in names if (when := moment(row, name, ctx.city)) is not None]
    if not found:
        raise BadRow("tanggal_pertama", "tanggal kosong, padahal wajib diisi")
    return min(found)


def _year(row: Row, announced: datetime, ctx: Context) -> int:
    """The budget's year, else that of the work or of the contract, else that of the announcement."""
    names = ("mulai_pekerjaan", "mulai_kontrak", "ditandatangani")
    found = next((when for name in names if (when := moment(row, name, ctx.city)) is not None), announced)
    return found.astimezone(ctx.city.zone).year


def _past(row: Row, field: str, ctx: Context) -> datetime | None:
    """A time of what has happened; one that lies ahead is a plan."""
    found = moment(row, field, ctx.city)
    return found if found is not None and found <= ctx.now else None


def _bidders(row: Row) -> int | None:
    """How many bid; nothing of a count that is none."""
    found = row.get("penawar")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise BadRow("penawar", "numberOfTenderers bukan bilangan bulat")
    return found


def _rupiah(row: Row, field: str, config: Ocds) -> Decimal | None:
    """An amount in rupiah. Nothing of no currency is a field left at its default, not a sum."""
    value = row.get(field)
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping):
        raise BadRow(field, "bukan nilai uang dengan amount dan currency")
    amount, currency = money({field: value.get("amount")}, field), text(value, "currency") or config.currency
    if amount is None or (amount == 0 and currency is None):
        return None
    if currency is None:
        raise BadRow(field, "mata uang tidak disebut")
    if currency.upper() == "IDR":
        return amount
    rate = config.rates.get(currency.upper())
    if rate is None:
        raise BadRow(field, f"mata uang {currency[:20]!r} tanpa kurs yang dinyatakan")
    return money({field: amount * rate}, field)


def _key(row: Row) -> str | None:
    ocid, part = text(row, "ocid"), text(row, "bagian")
    return f"{ocid}/{part}" if ocid and part else ocid


SOURCE = Source(
    name="ocds",
    title={"id": "Kontrak terbuka (OCDS)", "en": "Open contracting (OCDS)"},
    kinds=frozenset({Kind.PACKAGE}),
    config=Ocds,
    pages=pages,
    parse=parse,
    key=_key,
)

_OCID = "ocds-xyz123-62075727"
_TENDER = {
    "ocid": _OCID,
    "id": f"{_OCID}-1",
    "date": "2026-02-02T09:00:00+07:00",
    "tag": ["planning", "tender"],
    "buyer": {"id": "D44", "name": "Pemerintah Kota Tangerang"},
    "planning": {"budget": {"projectID": "62075727", "amount": {"amount": 1_500_000_000, "currency": "IDR"}}},
    "tender": {
        "title": "Rehabilitasi drainase",
        "status": "active",
        "procurementMethod": "open",
        "procuringEntity": {"name": "Dinas Pekerjaan Umum dan Penataan Ruang"},
        "value": {"amount": 1_450_000_000, "currency": "IDR"},
        "contractPeriod": {"startDate": "2026-04-01T00:00:00+07:00"},
    },
}
_SIGNED = {
    "ocid": _OCID,
    "id": f"{_OCID}-2",
    "date": "2026-04-01T10:00:00+07:00",
    "tag": ["award", "contract"],
    "tender": {"status": "complete"},
    "awards": [{"id": "a1", "date": "2026-03-20T10:00:00+07:00", "suppliers": [{"id": "P-17", "name": "CV Contoh"}]}],
    "contracts": [
        {
            "id": "k1",
            "awardID": "a1",
            "status": "active",
            "value": {"amount": 1_400_000_000, "currency": "IDR"},
            "dateSigned": "2026-04-01T10:00:00+07:00",
        }
    ],
}
_ROW = rows(next(processes([{"version": "1.1", "releases": [_TENDER, _SIGNED]}])))[0]

SAMPLE = Sample(
    config={"url": "{base}/releases.json", "own": True, "without": ["e-purchasing"]},
    rows=(
        _ROW,
        _ROW | {"ocid": "ocds-xyz123-1", "rincian_metode": "E-Purchasing"},
        _ROW | {"ocid": "ocds-xyz123-2", "bagian": "k1", "pagu": None},
        {"ocid": "ocds-xyz123-2", "bagian": None, "diganti": True},
    ),
    broken=(
        _ROW | {"ocid": "ocds-xyz123-3", "nilai": {"amount": 5, "currency": "PYG"}},
        _ROW | {"ocid": "ocds-xyz123-4", "status_kontrak": "entah"},
        _ROW | {"ocid": "ocds-xyz123-5", "hps": {"amount": "banyak", "currency": "IDR"}},
        {"ocid": None, "galat": "ocid kosong, padahal wajib diisi"},
    ),
    responses={
        "/releases.json": (
            "application/json",
            json.dumps({"version": "1.1", "releases": [_TENDER], "links": {"next": "{base}/more.json"}}).encode(),
        ),
        "/more.json": ("application/json", json.dumps({"releases": [_SIGNED]}).encode()),
    },
)
