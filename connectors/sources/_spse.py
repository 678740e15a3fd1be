"""The site of an LPSE (SPSE 4.5) as an anonymous visitor sees it: its lists, their tables, its packages' pages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from connectors.answer import Answer
from connectors.http import Http
from connectors.source import AskForAccess, FormChanged, TryLater


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One public list: its page, its table's address, what the positions of a row of ``width`` mean, and a package's pages."""

    page: str
    table: str
    width: int
    columns: str
    announcement: str
    schedule: str | None = None


LISTINGS: Mapping[str, Listing] = {
    "tender": Listing(
        page="lelang",
        table="dt/lelang",
        width=16,
        columns="kode nama instansi tahap hps kualifikasi metode evaluasi jenis versi nilai_kontrak",
        announcement="lelang/{}/pengumumanlelang",
        schedule="lelang/{}/jadwal",
    ),
    "nontender": Listing(
        page="nontender",
        table="dt/pl",
        width=12,
        columns="kode nama instansi tahap hps metode jenis versi nilai_kontrak",
        announcement="nontender/{}/pengumumanpl",
        schedule="nontender/{}/jadwal",
    ),
    "nonspk": Listing(
        page="pencatatan",
        table="dt/nonspk",
        width=9,
        columns="kode nama instansi pagu metode jenis tahun versi status",
        announcement="pencatatan/pengumumannonspk?id={}",
    ),
    "swakelola": Listing(
        page="swakelola",
        table="dt/swakelola",
        width=8,
        columns="kode nama instansi pagu versi tahun versi_spse status",
        announcement="swakelola/{}/pengumuman",
    ),
    "darurat": Listing(
        page="darurat",
        table="dt/darurat-list",
        width=8,
        columns="kode nama instansi pagu tahun versi jenis status",
        announcement="darurat/pengumumandarurat?id={}",
    ),
}

ANNOUNCED = ("tanggal_pembuatan", "satuan_kerja", "kode_rup", "nilai_pagu_paket", "nilai_hps_paket", "lokasi_pekerjaan")
"""What is read of an announcement page; the rest, names of officers and bidders included, is left behind."""

_TOKEN = re.compile(r"authenticityToken\s*=\s*['\"]([0-9A-Za-z]+)['\"]")


class Site:
    """One list of one year: an anonymous visitor's session (token and cookie), its table and its packages' pages."""

    def __init__(self, http: Http, base: str, kind: str, year: str, *, length: int, pause: float) -> None:
        self.http = http
        self.base = base.rstrip("/")
        self.kind = kind
        self.year = year
        self.length = length
        self.pause = pause
        self.listing = LISTINGS[kind]
        self.home = self._at(self.listing.page)
        self.token: str | None = None

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        """The table page by page until one is short, empty or has nothing new: its totals are no counts."""
        seen: set[str] = set()
        start = 0
        while True:
            data = self._table(start)
            rows = [self._named(row) for row in data]
            if rows and all("kolom" in row for row in rows):
                raise FormChanged(f"SPSE memberi {rows[0]['kolom']} kolom, bukan {self.listing.width}: daftar {self.kind}")
            fresh = list({row["kode"]: row for row in rows if row["kode"] not in seen}.values())
            seen |= {row["kode"] for row in fresh}
            yield fresh
            if len(data) < self.length or not fresh:
                return
            start += len(data)

    def announcement(self, code: str) -> dict[str, Any]:
        """The fields of a package's page, and for a selection the start of its first stage."""
        time.sleep(self.pause)
        try:
            found = announcement(self._page(self.listing.announcement.format(code)).text)
            if self.listing.schedule:
                found["tahap_pertama"] = first_stage(self._page(self.listing.schedule.format(code)).text)
        except FormChanged as error:
            return {"halaman": str(error)}
        return found | {"halaman": "ada"}

    def _table(self, start: int) -> list[Any]:
        """One page of the table. A token that is no longer honoured is asked for anew, once."""
        renewed = self.token is None
        while True:
            try:
                return self._ask(start)
            except (AskForAccess, FormChanged):
                if renewed:
                    raise
                self.token, renewed = None, True

    def _ask(self, start: int) -> list[Any]:
        self.token = self.token or self._open()
        answer = self.http.post(
            self._at(self.listing.table),
            params={"tahun": self.year},
            data={
                "draw": start // self.length + 1,
                "start": start,
                "length": self.length,
                "order[0][column]": 0,
                "order[0][dir]": "asc",
                "authenticityToken": self.token,
            },
            headers={"X-Requested-With": "XMLHttpRequest", "Referer": self.home},
        )
        body = well(answer).json()
        data = body.get("data") if isinstance(body, Mapping) else None
        if not isinstance(data, list) or not all(isinstance(row, list) and row for row in data):
            raise FormChanged(f"tabel SPSE tidak berisi baris: {answer.url}")
        return data

    def _open(self) -> str:
        answer = self._page(self.listing.page, tahun=self.year)
        match = _TOKEN.search(answer.text)
        if match is None:
            answer.need_data()
            raise FormChanged(f"halaman SPSE tanpa token: {answer.url}")
        return match[1]

    def _page(self, path: str, **params: str) -> Answer:
        return well(self.http.get(self._at(path), params=params))

    def _at(self, path: str) -> str:
        return f"{self.base}/{path}"

    def _named(self, row: list[Any]) -> dict[str, Any]:
        """A positional row by the names of its columns; one of another width keeps its numbers and says so."""
        start = {"jenis_daftar": self.kind, "tahun": self.year, "kode": str(row[0])}
        if len(row) != self.listing.width:
            return start | {"kolom": len(row)} | {f"kolom_{at}": value for at, value in enumerate(row)}
        return start | dict(zip(self.listing.columns.split(), row, strict=False)) | {"kode": str(row[0])}


# --- pure -----------------------------------------------------------------------------------------


def announcement(page: str) -> dict[str, Any]:
    """The fields of :data:`ANNOUNCED` from a package's page; raises :class:`FormChanged` for a page without its table."""
    found: dict[str, str] = {}
    for row in LexborHTMLParser(page).css("div.content > table > tbody > tr"):
        head, cell = row.css_first("th"), row.css_first("td")
        if head is None or cell is None:
            continue
        name = re.sub(r"\W+", "_", head.text().strip().lower())
        if name == "rencana_umum_pengadaan":
            plans = [plan.text().strip() for plan in cell.css("tr td:first-child")]
            found["kode_rup"] = ";".join(plan for plan in plans if plan)
        else:
            found[name] = " ".join(cell.text(separator=" ").split())
    if not any(name.startswith("kode_") for name in found):
        raise FormChanged("halaman pengumuman tanpa tabel paket")
    return {name: found[name] for name in ANNOUNCED if name in found}


def first_stage(page: str) -> str | None:
    """When the first stage of a schedule starts, as printed; ``None`` for a schedule without stages."""
    for row in LexborHTMLParser(page).css("table tr"):
        cells = [" ".join(cell.text().split()) for cell in row.css("td")]
        if len(cells) >= 4:
            return cells[2]
    return None


def well(answer: Answer) -> Answer:
    """The answer, unless it is one of SPSE's own pages for an error."""
    if b"terjadi error pada aplikasi SPSE" in answer.body:
        code = re.search(r"Kode Error:\s*(\w+)", answer.text)
        raise TryLater(f"SPSE sedang galat (kode {code[1] if code else 'tidak disebut'}): {answer.url}")
    if b"Halaman yang dituju tidak ditemukan" in answer.body:
        raise FormChanged(f"halaman tidak ada di SPSE: {answer.url}")
    return answer
