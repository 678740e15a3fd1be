"""The answer to a person's file, in plain Indonesian: what was taken, what was not and why, and what to do. It names nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from babel.dates import format_date

from layers import privacy

LINES = 300
"""Refused rows that are listed; of more it is said how many."""

_END = "\r\n"
"""Old Windows editors know no other end of a line."""

_FATES = ("kept", "unchanged", "quarantined")

_HINTS = (
    ("waktu", "tulis tanggal di sel bertipe tanggal, atau dengan bentuk yang disepakati"),
    ("tahun tidak masuk akal", "periksa angka tahunnya"),
    ("bilangan", "isi dengan angka saja, tanpa huruf dan satuan"),
    ("uang", "isi dengan angka rupiah saja"),
    ("kosong", "isi sel itu"),
    ("tabel", "pakai salah satu kata yang disepakati untuk kolom itu"),
    ("sebelum diterima", "periksa urutan tanggalnya"),
    ("jumlah sel", "periksa tanda pemisah dan tanda kutip di baris itu"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that was not believed: where its writer finds it, in which column, and why."""

    where: str
    heading: str
    reason: str

    @property
    def line(self) -> str:
        hint = next((hint for word, hint in _HINTS if word in self.reason), None)
        column = "" if self.heading == "baris" else f', kolom "{self.heading}"'
        return f"- {self.where}{column}: {self.reason}" + (f" ({hint})" if hint else "")


@dataclass(slots=True, kw_only=True)
class Said:
    """What there is to say of one file; ``fates`` counts its rows as :class:`connectors.job.Job` does."""

    file: str
    title: str
    at: datetime
    fates: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def written(said: Said) -> str:
    """The answer to a file that was read."""
    refused = said.fates["quarantined"]
    result = "DITERIMA SELURUHNYA"
    if not said.fates.total():
        result = "TIDAK ADA BARIS DI BAWAH JUDUL KOLOM"
    elif refused:
        result = "DITERIMA SEBAGIAN" if refused < said.fates.total() else "TIDAK ADA BARIS YANG DITERIMA"
    todo = ["Tidak ada yang perlu dilakukan."]
    if refused:
        todo = [
            "Perbaiki baris itu, lalu taruh lagi berkas ini di folder yang sama.",
            "Baris yang sudah diambil tidak menjadi ganda; baris yang diubah diperbarui.",
        ]
    elif said.notes or not said.fates.total():
        todo = ["Periksa catatan dan isi berkas; bila ada yang kurang, perbaiki lalu taruh lagi berkas ini."]
    kept = "Berkas ini dipindahkan ke arsip tersandi dan dihapus setelah 30 hari."
    return _text(
        [*_head(said, result), "", *_counts(said), *_refusals(said), *_notes(said), "", "Yang perlu dilakukan:", *todo, "", kept]
    )


def unread(said: Said, reason: str) -> str:
    """The answer to a file that cannot be read, or not to its end."""
    taken = ["", "Yang sudah diambil sebelum berhenti:", *_counts(said), *_refusals(said)] if said.fates.total() else []
    todo = [
        "Perbaiki berkas, lalu taruh lagi di folder yang sama.",
        'Berkas yang tidak terbaca ada di folder "gagal" dan dihapus setelah 30 hari.',
    ]
    why = ["", "Sebab:", *reason.split("; ")]
    return _text([*_head(said, "TIDAK DAPAT DIBACA"), *why, *taken, *_notes(said), "", "Yang perlu dilakukan:", *todo])


def instructions(title: str, headings: Sequence[str], most: int) -> str:
    """The note that lies in every drop folder."""
    columns = ["", "Judul kolom yang harus ada (baris pertama):", *(f"- {heading}" for heading in headings)] if headings else []
    return _text([
        f"Folder ini menerima berkas untuk: {title}",
        "",
        f"Taruh berkas XLSX, ODS atau CSV di sini, paling besar {most >> 20} MiB, tanpa kata sandi.",
        "Beberapa detik kemudian hasilnya ada di sebelahnya: nama-berkas.hasil.txt.",
        'Berkas yang tidak dapat dibaca dipindahkan ke folder "gagal".',
        "Simpan berkas asli di komputer sendiri: yang sudah dibaca dipindahkan dari sini.",
        *columns,
    ])  # fmt: skip


def _head(said: Said, result: str) -> list[str]:
    day = format_date(said.at, "d MMMM y", locale="id")
    return [
        f"Berkas : {privacy.mask(said.file)}",
        f"Sumber : {said.title}",
        f"Dibaca : {day} {said.at:%H.%M %Z}",
        f"Hasil  : {result}",
    ]


def _counts(said: Said) -> list[str]:
    fates = said.fates
    rules = {rule.replace("_", " "): n for rule, n in sorted(fates.items()) if rule not in _FATES and n}
    return [
        f"Baris yang dibaca   : {fates.total()}",
        f"  diambil           : {fates['kept']}",
        f"  sudah ada dan sama: {fates['unchanged']}",
        f"  tidak dihitung    : {sum(rules.values())}"
        + (f" ({', '.join(f'{rule}: {n}' for rule, n in rules.items())})" if rules else ""),
        f"  ditolak           : {fates['quarantined']}",
    ]


def _refusals(said: Said) -> list[str]:
    if not said.refusals:
        return []
    more = len(said.refusals) - LINES
    return ["", "Baris yang ditolak:", *(refusal.line for refusal in said.refusals[:LINES])] + (
        [f"- dan {more} baris lagi"] if more > 0 else []
    )


def _notes(said: Said) -> list[str]:
    return ["", "Catatan:", *(f"- {note}" for note in said.notes)] if said.notes else []


def _text(lines: list[str]) -> str:
    return _END.join(privacy.mask(line) for line in lines) + _END
