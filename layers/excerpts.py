"""What of a row that is not believed may be shown: fields that name a person masked whole, the rest searched and bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from layers.privacy import mask

MASKED = "[disamarkan]"
TEXT_LIMIT = 160
"""Characters of one value that an excerpt shows; bounds what a hostile row can put on a screen."""
ITEM_LIMIT = 60
DEPTH_LIMIT = 4

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
