"""Small counts: what is left out, and that it cannot be worked out from the total."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from layers.smallcells import LEAST, sensitive, shown

CATEGORIES = ("Sampah", "Jalan rusak", "Kekerasan dalam rumah tangga", "Kesehatan jiwa", "Narkoba")


def test_what_is_sensitive() -> None:
    assert [name for name in CATEGORIES if sensitive(name)] == list(CATEGORIES[2:])
    assert not sensitive("Tebang pohon")


def test_a_small_count_and_the_gap_beside_it() -> None:
    assert shown({"Sampah": 40, "Jalan rusak": 7, "Narkoba": 2}) == {"Sampah": 40, "Jalan rusak": None, "Narkoba": None}
    assert shown({"Sampah": 3, "Jalan rusak": 1}) == {"Sampah": 3, "Jalan rusak": 1}, "small, but nobody's"
    assert shown({"Sampah": 40, "Narkoba": 0}) == {"Sampah": 40, "Narkoba": 0}


@given(st.dictionaries(st.sampled_from(CATEGORIES), st.integers(0, 30)))
def test_no_small_count_can_be_worked_out_from_the_total(counts: dict[str, int]) -> None:
    told = shown(counts)
    gaps = [name for name in counts if told[name] is None]
    assert not [name for name, n in counts.items() if told[name] is not None and sensitive(name) and 0 < n < LEAST]
    others = [name for name, n in counts.items() if n > 0]
    assert len(gaps) != 1 or len(others) == 1
