"""What can be analysed: every KPI of the catalogue, and the records of each kind, counted or summed over any period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, partial
from typing import Any

import polars as pl

from layers.catalog import Count, Kpi, Mean, Rule, Total, When, Window, registry, words
from layers.frames import SEN
from layers.model import Kind
from layers.schema import AT

VALUES = "nilai:"
"""Begins the id of the mean of a measurement; its name follows."""

_RULE = Rule(name="Aturan Ruang Kendali", article="-", valid_from=date(2025, 1, 1))


def _in(kind: Kind, when: When, *, at: str | None = None) -> pl.Expr:
    return when.holds(at or AT[kind])


_records = partial(
    Kpi,
    decimals=0,
    better="neutral",
    rule=_RULE,
    owner="Diskominfo",
    window=Window.DAYS30,
    unit="catatan",
    classification="Catatan sumber",
)


def _counted(name: str, kind: Kind, title: tuple[str, str], definition: str, **more: Any) -> Kpi:
    facts: dict[str, Any] = {
        "id": name,
        "title": words(*title),
        "short": words(*title),
        "formula": words("banyaknya catatan dalam kurun", "how many records in the period"),
        "kind": kind,
        "form": Count(where=partial(_in, kind)),
        "concept": title[0],
        "definition": definition,
    }
    return _records(**(facts | more))


@cache
def records() -> Mapping[str, Kpi]:
    """The records of each kind as figures: how many there are, and their money."""
    announced = "Paket menurut tanggal diumumkan."
    checked = registry(
        (
            _counted("rekam_aduan", Kind.COMPLAINT, ("Catatan aduan", "Complaint records"), "Aduan menurut tanggal diterima."),
            _counted("rekam_layanan", Kind.SERVICE, ("Catatan layanan", "Service records"), "Baris loket menurut harinya."),
            _counted("rekam_paket", Kind.PACKAGE, ("Catatan paket", "Package records"), announced),
            _counted(
                "rekam_pagu",
                Kind.PACKAGE,
                ("Pagu paket", "Ceiling of packages"),
                announced,
                unit="rupiah",
                formula=words("jumlah pagu paket yang diumumkan dalam kurun", "sum of the ceilings announced in the period"),
                form=Total(where=partial(_in, Kind.PACKAGE), value=pl.col("pagu"), per=SEN),
            ),
            _counted(
                "rekam_nilai",
                Kind.PACKAGE,
                ("Nilai kontrak paket", "Contract value of packages"),
                "Paket menurut tanggal kontrak.",
                unit="rupiah",
                formula=words("jumlah nilai kontrak yang ditandatangani dalam kurun", "sum of contracts signed in the period"),
                form=Total(where=partial(_in, Kind.PACKAGE, at="contracted"), value=pl.col("value"), per=SEN),
            ),
        )
    )
    every = _counted("rekam_ukuran", Kind.MEASUREMENT, ("Catatan pengukuran", "Measurements"), "Pengukuran menurut waktunya.")
    return {**checked, every.id: every}


def _named(when: When, *, name: str) -> pl.Expr:
    return _in(Kind.MEASUREMENT, when) & (pl.col("name") == name)


def measured(name: str, unit: str) -> Kpi:
    """The mean of the measurements of a name in the period, in their own unit."""
    return _counted(
        VALUES + name,
        Kind.MEASUREMENT,
        (name, name),
        f"Pengukuran {name} sebagaimana dikirim sumber.",
        unit=unit,
        decimals=2,
        formula=words("rata-rata nilai dalam kurun", "mean of the values in the period"),
        form=Mean(where=partial(_named, name=name), value=pl.col("value")),
        names=(name,),
    )


def measure(name: str, catalog: Mapping[str, Kpi], units: Mapping[str, str]) -> Kpi:
    """The figure of an id; ``units`` are those of the measurements that there are. ``ValueError`` where there is none."""
    if name in catalog:
        return catalog[name]
    if name in records():
        return records()[name]
    if name.startswith(VALUES) and (quantity := name.removeprefix(VALUES)) in units:
        return measured(quantity, units[quantity])
    raise ValueError(f"angka {name!r} tidak dikenal")


def groups(catalog: Mapping[str, Kpi], units: Mapping[str, str]) -> Mapping[str, Sequence[Kpi]]:
    """All that can be asked, by concept: the catalogue's figures, then the records, then the measurements."""
    found: dict[str, list[Kpi]] = {}
    for kpi in catalog.values():
        if kpi.kind is not None:
            found.setdefault(kpi.concept, []).append(kpi)
    return found | {
        "Catatan": [*records().values()],
        "Pengukuran": [measured(name, unit) for name, unit in sorted(units.items())],
    }
