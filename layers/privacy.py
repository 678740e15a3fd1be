"""Finds and masks what names a person: NIK, No. KK, telephone, e-mail, and fields that hold a name or an address.

UU 27/2022 and UU 24/2013 (Adminduk) art. 84: none of it may reach a wall, an export or a log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MASKED = "[disamarkan]"
TEXT_LIMIT = 160
"""Characters of one value that an excerpt shows; bounds what a hostile row can put on a screen."""
ITEM_LIMIT = 60
DEPTH_LIMIT = 4

_GAP = "[\\s.\\-/\u200b]?"
_CARD = re.compile(
    rf"(?<!\d)(?P<label>(?:\bkk|\bkartu\s+keluarga)\W{{0,4}})?(?P<digits>\d(?:{_GAP}\d){{15}})(?!\d)", re.IGNORECASE
)
_JOINT = "[\\s.\\-/()\u200b]{0,2}"
_PHONE = re.compile(rf"(?<![\d+])\(?(?:\+{_GAP}62|62|0){_JOINT}0?{_JOINT}8[1-9](?:{_JOINT}\d){{6,10}}(?!\d)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where a text holds an identifier: ``kind`` is ``nik``, ``kk``, ``telepon`` or ``surel``."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Finding]:
    """Every identifier in a text, in order, without overlaps.

    Sixteen digits are a NIK, or a No. KK where the text calls it so: both have the same form. Spaces,
    dots, dashes and invisible joints between the digits do not hide them.
    """
    found = [
        Finding(kind="kk" if match["label"] else "nik", start=match.start("digits"), end=match.end())
        for match in _CARD.finditer(text)
    ]
    for kind, pattern in (("telepon", _PHONE), ("surel", _EMAIL)):
        for match in pattern.finditer(text):
            if all(match.end() <= other.start or other.end <= match.start() for other in found):
                found.append(Finding(kind=kind, start=match.start(), end=match.end()))
    return sorted(found, key=lambda finding: finding.start)


def mask(text: str) -> str:
    """The text with every identifier replaced by its kind: ``hubungi [telepon]``."""
    parts: list[str] = []
    start = 0
    for finding in find(text):
        parts += [text[start : finding.start], f"[{finding.kind}]"]
        start = finding.end
    return "".join(parts) + text[start:]


_NAMES = frozenset({
    "nama", "name", "nama_lengkap", "full_name", "fullname", "first_name", "last_name", "nama_depan", "nama_belakang",
    "tempat_lahir", "tanggal_lahir", "tgl_lahir", "birth_date", "contact", "kontak", "account_id", "device_id", "no_rumah",
})  # fmt: skip
_WORDS = frozenset({
    "nik", "nokk", "kk", "ktp", "npwp", "nip", "pelapor", "pemohon", "warga", "penduduk", "penghuni", "telepon", "telp", "tlp",
    "telpon", "phone", "handphone", "hp", "nohp", "wa", "whatsapp", "msisdn", "email", "mail", "surel", "alamat", "address",
    "jalan", "rt", "rw", "reporter", "requester", "citizen", "applicant",
})  # fmt: skip
_PERSONS = frozenset({
    "pegawai", "pejabat", "penerima", "ppk", "kpa", "ibu", "ayah", "orang", "user", "pengguna", "pasien", "siswa", "petugas",
})  # fmt: skip


def names_person(field: str) -> bool:
    """Whether a field by its name holds a person's name, address or identifier (``Nama Pelapor``, ``noHP``)."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field).lower()
    parts = [part for part in re.split(r"[^a-z0-9]+", words) if part]
    joined = "_".join(parts)
    if joined in _NAMES or joined in _WORDS or not _WORDS.isdisjoint(parts):
        return True
    return not {"nama", "name"}.isdisjoint(parts) and not _PERSONS.isdisjoint(parts)


def mask_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """An excerpt that may be shown: fields that name a person masked whole, the rest searched, all of it bounded."""
    return _excerpt(row, 0)


def _excerpt(row: Mapping[str, Any], depth: int) -> dict[str, Any]:
    return {
        _short(mask(str(key))): MASKED if names_person(str(key)) and value not in (None, "") else _masked(value, depth + 1)
        for key, value in list(row.items())[:ITEM_LIMIT]
    }


def _masked(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str | bytes):
        if depth > DEPTH_LIMIT:
            return "…"
        return _excerpt(value, depth) if isinstance(value, Mapping) else [_masked(v, depth + 1) for v in value[:ITEM_LIMIT]]
    text = str(value)
    shown = _short(mask(text))
    return value if isinstance(value, int | float) and shown == text else shown


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
