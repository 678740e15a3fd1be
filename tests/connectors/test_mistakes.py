"""What a city's own people read when a source file is wrong: the field, and what to write there, in their language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.job import connector
from connectors.source import Refused
from layers.city import SourceConfig

MAP: dict[str, Any] = {
    "kind": "measurement",
    "id": "n",
    "fields": {
        "name": {"constant": "uji"},
        "subject": {"column": "s"},
        "value": {"column": "v"},
        "unit": {"constant": "x"},
        "measured": {"column": "m"},
    },
}
SITE = {"opd": "dinkes", "url": "https://x.go.id"}


@pytest.mark.parametrize(
    ("name", "config", "says"),
    [
        ("tabular", MAP | {"path": "a.csv", "form": {"delimiter": ";;"}}, "form.delimiter: harus satu tanda pemisah"),
        ("tabular", MAP | {"path": "a.csv", "form": {"skip": -1}}, "form.skip: harus sedikitnya 0"),
        (
            "tabular",
            MAP | {"path": "a.csv", "form": {"encoding": "latin99"}},
            "form.encoding: pengodean aksara 'latin99' tidak dikenal",
        ),
        ("tabular", MAP | {"path": "a.csv", "folder": 5}, "folder: harus berupa nama berkas atau folder"),
        ("tabular", MAP | {"path": "a.csv", "zone": "WIB"}, 'zone: harus nama zona waktu, misalnya "Asia/Jakarta"'),
        (
            "rest",
            MAP | {"url": "https://x", "since": {"name": "a", "column": "b", "start": "kemarin"}},
            "since.start: harus waktu",
        ),
        ("websites", {"sites": [SITE], "seconds": 0}, "seconds: harus lebih dari 0"),
        ("websites", {"sites": [SITE], "workers": 1.5}, "workers: harus berupa bilangan bulat"),
        ("websites", {"sites": [SITE | {"name": "x" * 200}]}, "sites.0.name: paling panjang 120 aksara"),
        ("ocds", {"url": "https://x", "rates": {"USD": "enam"}}, "rates.USD: harus berupa bilangan"),
        (
            "lkpp_isb",
            {"endpoints": [{"table": "RUP-MasterSatker", "url": "https://x/2025"}]},
            "endpoints.0.url: harus alamat yang diawali http:// atau https:// dan memuat {year}",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_belongs_there(name: str, config: dict[str, Any], says: str) -> None:
    hours = {"interval": timedelta(minutes=1), "budget": timedelta(hours=1)}
    configured = SourceConfig(name="uji", connector=name, title="Uji", owner="Diskominfo", config=config, **hours)
    with pytest.raises(Refused) as caught:
        connector(configured)
    assert str(caught.value).startswith(f"konfigurasi sumber salah: {says}")
    assert "nput" not in str(caught.value)
