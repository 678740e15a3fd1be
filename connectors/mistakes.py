"""A mistake in a configuration as one sentence for whoever wrote it: which field, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_SAID: Mapping[str, str] = {
    "missing": "belum diisi",
    "extra_forbidden": "tidak dikenal; mungkin salah ketik",
    "literal_error": "harus salah satu dari {expected}",
    "enum": "harus salah satu dari {expected}",
    "string_type": "harus berupa teks",
    "string_too_short": "tidak boleh kosong",
    "too_short": "tidak boleh kosong",
    "int_type": "harus berupa bilangan bulat",
    "int_parsing": "harus berupa bilangan bulat",
    "int_from_float": "harus berupa bilangan bulat",
    "float_type": "harus berupa bilangan",
    "float_parsing": "harus berupa bilangan",
    "finite_number": "harus berupa bilangan",
    "decimal_type": "harus berupa bilangan",
    "decimal_parsing": "harus berupa bilangan",
    "bool_type": "harus true atau false",
    "bool_parsing": "harus true atau false",
    "dict_type": "harus berupa tabel",
    "mapping_type": "harus berupa tabel",
    "model_type": "harus berupa tabel",
    "tuple_type": "harus berupa daftar",
    "path_type": "harus berupa nama berkas atau folder",
    "zoneinfo_str": 'harus nama zona waktu, misalnya "Asia/Jakarta"',
    "timezone_aware": "harus waktu dengan zona, misalnya 2026-01-01T00:00:00+07:00",
    "datetime_type": "harus waktu dengan zona, misalnya 2026-01-01T00:00:00+07:00",
    "datetime_parsing": "harus waktu dengan zona, misalnya 2026-01-01T00:00:00+07:00",
    "datetime_from_date_parsing": "harus waktu dengan zona, misalnya 2026-01-01T00:00:00+07:00",
    "time_delta_type": 'harus lama waktu, misalnya "10m", "2h" atau "1d"',
    "time_delta_parsing": 'harus lama waktu, misalnya "10m", "2h" atau "1d"',
    "string_too_long": "paling panjang {max_length} aksara",
    "too_long": "paling banyak {max_length}",
    "greater_than": "harus lebih dari {gt}",
    "less_than": "harus kurang dari {lt}",
    "greater_than_equal": "harus sedikitnya {ge}",
    "less_than_equal": "harus paling banyak {le}",
}
_TAG = re.compile(r"^(?:str|int|float|bool|constrained-str)$|\[")
"""What pydantic adds to the way to a field that may be of several types."""


def sentence(error: ValidationError) -> str:
    """The first mistake: the way to the field, and what to write there instead; never the value, it may be a secret."""
    first = error.errors(include_input=False)[0]
    steps = [str(step) for step in first["loc"] if not (isinstance(step, str) and _TAG.search(step))]
    return f"{'.'.join(steps) or 'config'}: {_reason(first['type'], first.get('ctx', {}))}"


def _reason(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern"))
        year = " dan memuat {year}" if "year" in pattern else ""
        return f"harus alamat yang diawali http:// atau https://{year}" if "https?" in pattern else f"harus berbentuk {pattern}"
    said = _SAID.get(kind)
    return said.format(**context).replace(" or ", " atau ") if said else f"tidak sah ({kind})"
