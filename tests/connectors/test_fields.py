"""Single values as Indonesian services write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fields import moment, money, need, opd, place, rupiah, text, year
from connectors.source import BadRow, Place
from layers.city import City

UNITS = {"": 1, "Rb": 10**3, "Jt": 10**6, "M": 10**9, "T": 10**12}


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("3,8 Jt", "3800000"),
        ("67,4 Jt", "67400000"),
        ("10 Jt", "10000000"),
        ("1,2 M", "1200000000"),
        ("950 Rb", "950000"),
        ("1,5 T", "1500000000000"),
        ("Rp. 3.800.000,00", "3800000"),
        ("Rp 1.500.000", "1500000"),
        ("Rp. 176.320.000,55", "176320000.55"),
        ("0", "0"),
        ("500", "500"),
    ],
)
def test_money_as_pages_print_it(printed: str, meant: str) -> None:
    assert rupiah({"hps": printed}, "hps") == Decimal(meant)


JUNK = ["tiga juta", "3.8 Jt", "1.23.456", "Rp", "3,8 Xx", "-5 Jt", "1,,2", "٣ Jt", "9" * 40, "9999 T"]


@pytest.mark.parametrize("junk", JUNK)
def test_what_is_no_money_is_a_bad_row(junk: str) -> None:
    with pytest.raises(BadRow, match="bukan jumlah uang"):
        rupiah({"hps": junk}, "hps")


@given(st.integers(0, 10**14))
def test_whole_rupiah_printed_in_full_are_read_back(amount: int) -> None:
    printed = f"Rp. {amount:,}".replace(",", ".") + ",00"
    assert rupiah({"x": printed}, "x") == amount


@given(st.integers(0, 9999), st.sampled_from(sorted(UNITS)))
def test_a_printed_unit_is_read_exactly_as_printed(tenths: int, unit: str) -> None:
    """``3,8 Jt`` is 3.800.000 and nothing else: no digit is made up, none is lost."""
    value = rupiah({"x": f"{tenths // 10},{tenths % 10} {unit}".strip()}, "x")
    assert value == Decimal(tenths) * UNITS[unit] / 10


@given(st.text(max_size=30))
def test_any_text_is_money_or_a_bad_row(words: str) -> None:
    for read in (rupiah, money):
        try:
            value = read({"x": words}, "x")
        except BadRow:
            continue
        assert value is None or value.is_finite()


@given(st.decimals(0, 10**14, places=2))
def test_plain_digits_are_exact_to_the_sen(amount: Decimal) -> None:
    assert money({"x": f"{amount:f}"}, "x") == amount
    assert money({"x": float(amount)}, "x") == Decimal(repr(float(amount))).quantize(Decimal("0.01"))


def test_empty_is_none_in_every_way_services_write_it() -> None:
    for empty in ("", "  ", "[]", "-", "null", "0000-00-00", "0000-00-00 00:00:00", None, [], {}, True):
        assert text({"x": empty}, "x") is None
        with pytest.raises(BadRow, match="kosong"):
            need({"x": empty}, "x")
    assert text({}, "x") is None
    assert text({"x": " a\n b "}, "x") == "a b"


def test_times_are_the_city_s_own_unless_they_say_otherwise(city: City) -> None:
    assert moment({"x": "2025-03-18 10:00:00"}, "x", city) == datetime(2025, 3, 18, 3, tzinfo=UTC)
    assert moment({"x": "10 Juni 2026"}, "x", city) == datetime(2026, 6, 9, 17, tzinfo=UTC)
    for junk in ("31/31/2025", "0001-01-01", "besok"):
        with pytest.raises(BadRow, match="bukan waktu"):
            moment({"x": junk}, "x", city)


def test_years() -> None:
    assert year({"x": 2025}, "x") == year({"x": "2025"}, "x") == 2025
    for junk in ("25", "20255", "2O25", "1825"):
        with pytest.raises(BadRow, match="bukan tahun"):
            year({"x": junk}, "x")


def test_an_opd_is_known_by_any_of_its_codes_and_names(city: City) -> None:
    assert opd(city, codes=[None, "97022"]) == "dlh"
    assert opd(city, codes=["tidak ada"], names=["DINAS  LINGKUNGAN HIDUP KOTA TANGERANG"]) == "dlh"
    assert opd(city, names=["Dinas Lain", "DLH"]) == "dlh"
    assert opd(city, codes=["x"], names=["Division of Electrical Operations CDOT", None]) is None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Kel. Panunggangan Kec. Pinang Kota Tangerang - 15143", Place(kelurahan="Panunggangan", kecamatan="Pinang")),
        ("Jl. Daan Mogot No. 69 Kelurahan Sukaasih\r\nKecamatan Tangerang", Place(kelurahan="Sukaasih", kecamatan="Tangerang")),
        ("Kecamatan Periuk", Place(kecamatan="Periuk")),
        ("cikokol", Place(kelurahan="cikokol")),
        ("Karang Tengah", Place(kecamatan="Karang Tengah")),
        ("Kota Tangerang", Place()),
        ("Dinas Kesehatan Kota Tangerang", Place()),
        ("", Place()),
        (None, Place()),
    ],
)
def test_a_place_is_read_from_words_only_where_they_name_it(city: City, words: str | None, found: Place) -> None:
    assert place(words, city) == found


def test_a_kelurahan_that_shares_its_name_with_a_kecamatan_is_never_taken_for_certain(city: City) -> None:
    shared = {a.name for a in city.areas if a.code.count(".") == 3} & {a.name for a in city.areas if a.code.count(".") == 2}
    assert len(shared) == 10
    assert all(place(name, city).kelurahan is None for name in shared)
