"""What names a person is found in any dress and masked; what does not is left alone."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.privacy import DEPTH_LIMIT, ITEM_LIMIT, MASKED, TEXT_LIMIT, find, mask, mask_row, names_person

NIK = "3671012309870004"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"NIK saya {NIK}.", "NIK saya [nik]."),
        ("3671-0123-0987-0004", "[nik]"),
        ("3671 0123 0987 0004", "[nik]"),
        ("36.71.01.230987.0004", "[nik]"),
        ("3671\u200b012309870004", "[nik]"),
        ("٣٦٧١٠١٢٣٠٩٨٧٠٠٠٤", "[nik]"),
        (f"a{NIK}b", "a[nik]b"),
        (f"No. KK: {NIK}", "No. KK: [kk]"),
        (f"kartu keluarga {NIK}", "kartu keluarga [kk]"),
        ("hubungi 0812-3456-7890 ya", "hubungi [telepon] ya"),
        ("+62 812 3456 7890", "[telepon]"),
        ("+62812345678", "[telepon]"),
        ("62-812-3456-7890", "[telepon]"),
        ("WA:081234567890,", "WA:[telepon],"),
        ("(0812) 345 6789", "[telepon]"),
        ("+62 (0)812 345 6789", "[telepon]"),
        ("siti.aminah+lapor@contoh.go.id!", "[surel]!"),
        (f"{NIK} dan 081234567890 dan a@b.id", "[nik] dan [telepon] dan [surel]"),
    ],
)
def test_identifiers_are_found_in_any_dress(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "36.71.01.1001",
        "pagu 1.250.000.000,00",
        "2026-11-22T14:32:05",
        "tiket 101000295613",
        "RT 03 RW 08",
        "-6.17511, 106.63022",
        "12345678901234567",
        "pukul 08.00 sampai 16.00",
        "@dlh",
        "a@b",
        "Jalan Daan Mogot 83",
        "0800",
        "",
    ],
)
def test_what_names_nobody_is_left_alone(text: str) -> None:
    assert mask(text) == text


@given(before=st.text(max_size=30), digits=st.from_regex(r"\A[1-9][0-9]{15}\Z"), after=st.text(max_size=30))
def test_sixteen_digits_never_survive(before: str, digits: str, after: str) -> None:
    """Unless more digits around them make them part of a longer number."""
    text = f"{before} | {digits} | {after}"
    assert digits not in mask(text)
    findings = find(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(findings))


def test_long_hostile_text_is_searched_in_linear_time() -> None:
    start = time.monotonic()
    for text in ("1 " * 200_000, "a" * 400_000 + "@", "0" * 400_000, "+62 8" * 80_000, "kk " * 100_000, "a@" + "b." * 100_000):
        mask(text)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "field",
    [
        "nama",
        "Nama Pelapor",
        "namaPelapor",
        "NIK",
        "no_kk",
        "noHP",
        "no. hp",
        "telepon_kantor",
        "email",
        "alamat_rumah",
        "address",
        "Pemohon",
        "first_name",
        "nama_pegawai",
        "npwp",
        "requester",
        "user name",
    ],
)
def test_fields_that_name_a_person_are_known_by_name(field: str) -> None:
    assert names_person(field)


@pytest.mark.parametrize(
    "field",
    [
        "nama_paket",
        "nama_satker",
        "service_name",
        "category",
        "kode_wilayah",
        "teknik",
        "unik",
        "kanal",
        "pagu",
        "tanggal",
        "status",
        "kkm",
        "",
    ],
)
def test_fields_that_name_a_thing_are_shown(field: str) -> None:
    assert not names_person(field)


def test_an_excerpt_masks_persons_whole_and_searches_the_rest() -> None:
    row = {
        "nama": "Siti Aminah",
        "telepon": 81234567890,
        "alamat": "",
        "paket": "Jalan",
        "isi": f"saya {NIK}",
        "nomor": int(NIK),
        "n": 7,
        "x": 1.5,
        "ya": True,
        "kosong": None,
        "daftar": [f"{NIK}", {"nama": "Budi", "dalam": {"email": "a@b.id", "isi": "a@b.id"}}],
        f"kunci {NIK}": 1,
    }
    assert mask_row(row) == {
        "nama": MASKED,
        "telepon": MASKED,
        "alamat": "",
        "paket": "Jalan",
        "isi": "saya [nik]",
        "nomor": "[nik]",
        "n": 7,
        "x": 1.5,
        "ya": True,
        "kosong": None,
        "daftar": ["[nik]", {"nama": MASKED, "dalam": {"email": MASKED, "isi": "[surel]"}}],
        "kunci [nik]": 1,
    }


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(NIK) | st.just("a@b.id"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.just("nama"), inner, max_size=4),
    max_leaves=20,
)


@given(row=st.dictionaries(st.text(max_size=6), VALUES, max_size=6))
def test_any_row_gives_an_excerpt_that_is_json_and_names_nobody(row: dict[str, Any]) -> None:
    shown = json.dumps(mask_row(row), ensure_ascii=False)
    assert NIK not in shown
    assert "a@b.id" not in shown


def test_an_excerpt_is_bounded() -> None:
    wide = mask_row({f"k{n}": "x" * 10_000 for n in range(1000)})
    assert len(wide) == ITEM_LIMIT
    assert max(len(value) for value in wide.values()) == TEXT_LIMIT
    deep: Any = "dasar"
    for _ in range(200):
        deep = {"k": deep, "nik": NIK}
    shown = mask_row({"a": deep})
    assert NIK not in json.dumps(shown)
    assert json.dumps(shown).count("{") <= DEPTH_LIMIT + 1
    assert len(mask_row({"a": [1] * 1000})["a"]) == ITEM_LIMIT
