"""Profiles: declared connectors, a city's own words laid over them, and the rows that one wide row becomes."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.declared import profiles
from connectors.declared.columns import ID, NOT_FILLED, ColumnMap, compile_map, identified
from connectors.declared.samples import fill
from connectors.source import Context, Excluded, Kept
from layers.city import City, SourceConfig
from layers.freshness import states
from layers.model import Measurement

NARROW: dict[str, Any] = {
    "kind": "measurement",
    "id": ["nomor", "unsur"],
    "unpivot": {"columns": {"U1 Persyaratan": "persyaratan", "U2 Prosedur": "prosedur"}, "name": "unsur", "value": "nilai"},
    "fields": {
        "name": {"column": "unsur", "values": {"persyaratan": "ikm.persyaratan", "prosedur": "ikm.prosedur"}},
        "subject": {"column": "unit"},
        "value": {"column": "nilai"},
        "unit": {"constant": "skor"},
        "measured": {"column": "tanggal"},
    },
}


# --- every profile that there is ---


@pytest.mark.parametrize("name", sorted(profiles.paths()))
def test_a_profile_says_plainly_whether_it_has_met_the_real_system(name: str) -> None:
    declared = profiles.load(profiles.paths()[name])
    assert registry.sources()[name].tested_on_real is declared.tested_on_real
    document = (Path(__file__).parents[3] / "docs" / "sources" / f"{name}.md").read_text("utf-8")
    assert ("Belum diuji pada sistem asli" in document) is not declared.tested_on_real


@pytest.mark.parametrize("name", sorted(profiles.paths()))
def test_a_profile_shows_broken_rows_and_both_titles(name: str) -> None:
    declared = profiles.load(profiles.paths()[name])
    assert declared.sample.broken
    assert set(declared.title) == {"id", "en"}


def test_a_profile_that_is_wrong_is_named_with_its_field(tmp_path: Path) -> None:
    path = tmp_path / "salah.toml"
    path.write_text('base = "tabular"\n[title]\nid = "a"\nen = "b"\n[config]\nkind = "complaint"\n[sample]\nconfig = {}')
    with pytest.raises(ValueError, match=r"salah\.toml: tested_on_real"):
        profiles.load(path)
    path.write_text("base = ")
    with pytest.raises(ValueError, match=r"salah\.toml: "):
        profiles.load(path)


# --- a city's own words over the profile's ---

TREES = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
TABLES = st.dictionaries(st.text("ab", min_size=1, max_size=2), TREES, max_size=4)


@given(TABLES)
def test_nothing_laid_over_changes_nothing(table: dict[str, Any]) -> None:
    assert profiles.merge(table, {}) == table
    assert profiles.merge({}, table) == table


@given(TABLES, TABLES)
def test_laid_over_twice_is_laid_over_once(below: dict[str, Any], over: dict[str, Any]) -> None:
    once = profiles.merge(below, over)
    assert set(once) >= set(below) - {key for key, value in over.items() if value is False}
    for key, value in over.items():
        if not isinstance(value, dict) and value is not False:
            assert once[key] == value


def test_tables_merge_values_replace_and_false_takes_away() -> None:
    below = {"fields": {"a": {"column": "A", "type": "int"}, "b": {"column": "B"}}, "id": ["x"], "sparse": True}
    over = {"fields": {"a": {"column": "AA"}, "b": False}, "id": "y", "sparse": False, "neu": False}
    assert profiles.merge(below, over) == {
        "fields": {"a": {"column": "AA", "type": "int"}},
        "id": "y",
        "sparse": False,
        "neu": False,
    }


def test_a_city_s_words_are_read_beside_the_profile_s(city: City, tmp_path: Path) -> None:
    source = registry.sources()["laksa"]
    own = {"fields": {"status": {"values": {"Menunggu petugas": "menunggu"}}, "category": {"column": "jenis"}, "due": False}}
    config = source.config.model_validate(fill(registry.sample("laksa").config, "http://contoh") | own)
    ctx = Context(source="uji", city=city, now=datetime(2026, 11, 22, tzinfo=UTC), data=tmp_path)
    row = {**registry.sample("laksa").rows[0], "jenis": "Trotoar", "status": "Menunggu petugas", "selesai_pada": ""}
    read: Any = source.parse(row, config, ctx)
    assert (read.record.status, read.record.category, read.record.due) == ("menunggu", "Trotoar", None)
    assert source.parse({**row, "status": "Diproses"}, config, ctx)


def test_the_profile_itself_is_not_changed_by_what_is_laid_over_it() -> None:
    source = registry.sources()["laksa"]
    base = fill(registry.sample("laksa").config, "http://contoh")
    source.config.model_validate(base | {"fields": {"due": False}})
    assert "due" in source.config.model_validate(base).model_dump()["fields"]


# --- what the screens are told ---


def configured(name: str, connector: str, **changes: Any) -> SourceConfig:
    fixed = {"title": "Uji", "owner": "x", "interval": timedelta(1), "budget": timedelta(1)}
    return SourceConfig(**{"name": name, "connector": connector, **fixed, **changes})


def test_untested_is_the_connector_s_word_until_a_source_says_otherwise(city: City) -> None:
    sources = (
        configured("aa", "laksa"),
        configured("bb", "laksa", tested_on_real=True),
        configured("cc", "open311"),
        configured("dd", "open311", tested_on_real=False),
        configured("ee", "tidak_ada"),
    )
    told = registry.vouched(city.model_copy(update={"sources": sources}))
    assert [state.tested_on_real for state in states(told, [])] == [False, True, True, False, True]


# --- one wide row as several ---


def wide(**cells: Any) -> dict[str, Any]:
    return {"nomor": "R-1", "unit": "Cipondoh", "tanggal": "2026-11-02", "U1 Persyaratan": 4, "U2 Prosedur": 3} | cells


def test_a_wide_row_becomes_one_for_each_column_and_an_empty_cell_is_excluded(city: City, tmp_path: Path) -> None:
    columns = ColumnMap.model_validate(NARROW)
    read = compile_map(columns, city)
    ctx = Context(source="uji", city=city, now=datetime(2026, 11, 22, tzinfo=UTC), data=tmp_path)
    rows = identified([wide(), wide(**{"nomor": "R-2", "U2 Prosedur": " "})], columns)
    assert [row[ID] for row in rows] == ["R-1/persyaratan", "R-1/prosedur", "R-2/persyaratan", "R-2/prosedur"]
    found = [read(row, ctx) for row in rows]
    made = [item.record for item in found if isinstance(item, Kept)]
    assert [(m.name, m.value) for m in made if isinstance(m, Measurement)] == [
        ("ikm.persyaratan", 4.0),
        ("ikm.prosedur", 3.0),
        ("ikm.persyaratan", 4.0),
    ]
    assert found[3] == Excluded(rule=NOT_FILLED)


CELLS = st.sampled_from(["nomor", "unit", "U1 Persyaratan", "U2 Prosedur"])


@given(st.lists(st.dictionaries(CELLS, st.integers(0, 9)), max_size=5))
def test_as_many_narrow_rows_as_columns_whatever_the_row_holds(rows: list[dict[str, Any]]) -> None:
    narrow = identified([dict(row) for row in rows], ColumnMap.model_validate(NARROW))
    assert len(narrow) == 2 * len(rows)
    assert all({"unsur", "nilai", ID} <= set(row) and "U1 Persyaratan" not in row for row in narrow)
    assert [row["nilai"] for row in narrow[::2]] == [row.get("U1 Persyaratan") for row in rows]


def test_the_wide_columns_are_looked_for_and_the_narrow_ones_are_not() -> None:
    columns = ColumnMap.model_validate(NARROW)
    assert {"U1 Persyaratan", "U2 Prosedur", "nomor", "unit", "tanggal"} == set(columns.headings)
    assert not {"unsur", "nilai"} & {name for names in columns.needed for name in names}


# --- samples ---


def test_a_sample_is_made_from_its_rows_in_the_form_that_its_source_gives(tmp_path: Path) -> None:
    path = tmp_path / "coba.toml"
    path.write_text(
        """
base = "tabular"
tested_on_real = false
title = { id = "Coba", en = "Try" }
[config]
kind = "service"
id = "nomor"
fields.day = { column = "hari" }
fields.service = { column = "layanan" }
fields.served = { column = "jumlah" }
[sample]
config = { database = { url = "sqlite:///{data}/loket.sqlite", table = "antrean" } }
broken = []
[[sample.rows]]
nomor = "1"
hari = "2026-11-02"
layanan = "KTP"
jumlah = 3
"""
    )
    declared = profiles.load(path)
    made = profiles.sample(declared, profiles.source("coba", declared, registry.sources()["tabular"]))
    assert list(made.files) == ["loket.sqlite"]
    assert made.files["loket.sqlite"].startswith(b"SQLite format 3")
    assert made.rows[0][ID] == "1"


def test_a_service_s_sample_is_nested_again_as_its_answer_was() -> None:
    answer = json.loads(registry.sample("laksa").responses["/api/v1/aduan?page=1"][1])
    assert answer["meta"] == {"total": 2}
    assert answer["data"][0]["lokasi"]["kelurahan"] == "Sukasari"
    text = profiles.paths()["laksa"].read_text("utf-8")
    assert len(answer["data"]) == len(tomllib.loads(text)["sample"]["rows"])
