"""What names a person is found in any dress and masked; what does not is left alone."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.excerpts import DEPTH_LIMIT, ITEM_LIMIT, MASKED, TEXT_LIMIT, mask_row, names_person
from layers.privacy import (
    Identity,
    find,
    identify,
    in_key,
    mask,
    mask_reason,
    prose,
    searcher,
)

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
    for text in (
        "1 " * 200_000,
        "a" * 400_000 + "@",
        "0" * 400_000,
        "+62 8" * 80_000,
        "kk " * 100_000,
        "a@" + "b." * 100_000,
        "021 5" * 80_000,
    ):
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


# --- spellings -------------------------------------------------------------------------------------

PHONES = [
    "081234567890",
    "+6281234567890",
    "+62 812-3456-7890",
    "62 812 3456 7890",
    "0062 812 3456 7890",
    "(0812) 345 678 90",
    "0812.3456.7890",
    "+62 (0)812 3456 7890",
    "0812\u20133456\u20137890",
    "0812\u200b3456\u200b7890",
    "\u202a+6281234567890\u202c",
    "０８１２３４５６７８９０",
    "tel:+6281234567890",
    "81234567890",
    "81234567890.0",
    " 0812 3456 7890 ",
]


@pytest.mark.parametrize("spelling", PHONES)
def test_a_telephone_number_is_one_person_in_every_spelling(spelling: str) -> None:
    assert identify(spelling) == Identity("telepon", "6281234567890")
    assert searcher(Identity("telepon", "6281234567890"))(f"hp {spelling}, rumah")


@pytest.mark.parametrize(
    "spelling", [NIK, "3671-0123-0987-0004", "36.71.01.230987.0004", f"NIK: {NIK}", f"KK {NIK}", f" {NIK}.0"]
)
def test_a_nik_is_one_person_in_every_spelling(spelling: str) -> None:
    assert identify(spelling) == Identity("nik", NIK)
    assert searcher(Identity("nik", NIK))(spelling)


def test_other_identifiers_have_one_spelling_too() -> None:
    assert identify("Siti.Aminah@Contoh.GO.ID") == identify("Siti <siti.aminah@contoh.go.id>")
    assert identify("021-5576 4955") == identify("+62 21 55764955") == Identity("telepon", "622155764955")
    assert identify("+65 9123 4567") == Identity("telepon", "6591234567")
    assert identify("Budi (0812-3456-7890)") == Identity("telepon", "6281234567890")
    assert identify("  SITI\u00a0 Aminah ") == identify("siti aminah") == Identity("nama", "siti aminah")
    assert identify(" \u200b ") is None


@pytest.mark.parametrize("near", ["0812345678901", "181234567890", "0812345678", "6281234567891", "a@b.id"])
def test_a_search_for_one_number_does_not_take_another_for_it(near: str) -> None:
    assert not searcher(Identity("telepon", "6281234567890"))(f"x {near} y")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("kantor (021) 5576-4955", "kantor [telepon]"),
        ("021-55764955", "[telepon]"),
        ("telp 02155764955", "telp [telepon]"),
        ("Hubungi: 81234567890", "Hubungi: [telepon]"),
        ("WA no 0812 3456 7890", "WA no [telepon]"),
        ("+65 9123 4567", "[telepon]"),
        ("NPWP 09.254.294.3-407.000", "NPWP [npwp]"),
        ("npwp: 092542943407000", "npwp: [npwp]"),
        ("no. rek BCA 1234567890", "no. rek BCA [rekening]"),
        ("paspor A1234567", "paspor [paspor]"),
        ("BPJS nomor 0001234567890", "BPJS nomor [bpjs]"),
        ("NIK saya 367101230987000 salah ketik", "NIK saya [nik] salah ketik"),
        ("kartu debit 4000 1234 5678 9010", "kartu debit [nik]"),
        ("3671012309870004 081234567890", "[nik] [telepon]"),
        ("0812-3456-7890/0813-3456-7891", "[telepon]/[telepon]"),
        ("081234567890@contoh.id", "[surel]"),
        ("０８１２-３４５６-７８９０", "[telepon]"),
    ],
)
def test_numbers_are_found_by_their_form_or_by_what_the_text_calls_them(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "HP seharga 12.000.000",
        "rekening listrik 123456789012",
        "tahun 2021 55764955 orang",
        "anggaran +1.250.000.000,00",
        "0.81234567",
        "GMT+7 2026-11-22 14.00",
        "Jl. Veteran 021",
        "SK 045-200/2026",
        "RT 003/008 RW 021",
        "KK 120",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_prose_is_masked_before_it_is_cut() -> None:
    text, who = prose("a" * 1_990 + f" {NIK} lalu", 2_000)
    assert text == "a" * 1_990 + " [nik] lal"
    assert who == [Identity("nik", NIK)]
    assert prose(f"{'9' * 16}0" + "x" * 3_000, 16) == ("[nik]", [])
    assert prose("a\x00\x1bb\ud83d\n\n c", 100) == ("ab c", [])
    assert prose(" \u200b\n", 100) == (None, [])


@given(text=st.text(max_size=80), limit=st.integers(min_value=1, max_value=40))
def test_prose_is_bounded_clean_and_stays_as_it_is(text: str, limit: int) -> None:
    once, _ = prose(text, limit)
    assert once is None or (0 < len(once) <= limit and "\n" not in once and mask(once) == once)


@given(
    national=st.from_regex(r"\A8[1-9][0-9]{7,9}\Z"),
    joints=st.lists(st.sampled_from(["", "", " ", "-", ".", "\u200b", " - "]), min_size=12),
)
def test_any_mobile_number_with_any_joints_is_masked_and_known_again(national: str, joints: list[str]) -> None:
    spelt = "0" + "".join(digit + joint for digit, joint in zip(national, joints, strict=False)).rstrip(" -.")
    assert mask(f"hubungi {spelt} ya") == "hubungi [telepon] ya"
    assert identify(spelt) == Identity("telepon", "62" + national)


@pytest.mark.parametrize(
    ("key", "who"),
    [
        (NIK, Identity("nik", NIK)),
        ("LPR/0812-3456-7890/2", Identity("telepon", "6281234567890")),
        ("a@b.id", Identity("surel", "a@b.id")),
        ("2026112214320500", None),
        ("101000295613", None),
        ("36.71.01.1001/2026-11-22", None),
        ("8123", None),
    ],
)
def test_a_row_is_not_known_by_a_person_s_number(key: str, who: Identity | None) -> None:
    assert in_key(key) == who


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (f"tidak ada di tabel: '{'x ' * 25}3671012309'", f"tidak ada di tabel: '{'x ' * 25}…'"),
        (f"bukan waktu: '{'y ' * 20}0812-3456 7', lalu 'b'", f"bukan waktu: '{'y ' * 20}…', lalu 'b'"),
        (f"bukan uang: '{'lama ' * 9}siti.aminah@con'", f"bukan uang: '{'lama ' * 9}…'"),
        (f"bukan uang: 'hp {PHONES[0]}'", "bukan uang: 'hp [telepon]'"),
        ("bukan bilangan: '1234567'", "bukan bilangan: '1234567'"),
        (f"bukan bilangan: {NIK[:6] + chr(0x2060) + NIK[6:]!r}", "bukan bilangan: '[nik]'"),
        (json.dumps({"a": "".join(chr(0xFF10 + int(c)) for c in NIK)}), '{"a": "[nik]"}'),
        (r"jalur C:\user\xyz", r"jalur C:\user\xyz"),
        ("jumlah sel 3 tidak sama", "jumlah sel 3 tidak sama"),
    ],
)
def test_a_reason_quotes_no_identifier_and_no_half_of_one(reason: str, shown: str) -> None:
    assert mask_reason(reason) == shown
