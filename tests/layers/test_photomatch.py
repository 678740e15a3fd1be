"""The same picture is found among many, as comparing all of them would."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layers import photomatch
from layers.photomatch import Album, alike, numbers

seeds = st.lists(st.integers(0, 2**64 - 1), max_size=12)
flips = st.lists(st.lists(st.integers(0, 63), max_size=10), max_size=12)


def some(seed: list[int], changes: list[list[int]]) -> photomatch.Hashes:
    """Hashes, and each again with some bits turned."""
    near = [value ^ sum(1 << bit for bit in set(bits)) for value, bits in zip(seed, changes, strict=False)]
    return np.array([*seed, *near], np.uint64)


def by_hand(hashes: photomatch.Hashes, distance: int) -> set[tuple[int, int]]:
    values = hashes.tolist()
    return {(i, j) for j in range(len(values)) for i in range(j) if (values[i] ^ values[j]).bit_count() <= distance}


@given(seeds, flips, st.integers(0, 10))
def test_the_pairs_are_those_that_comparing_all_finds(seed: list[int], changes: list[list[int]], distance: int) -> None:
    unique = np.unique(some(seed, changes))
    first, second = alike(unique, distance)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == by_hand(unique, distance)


@given(st.lists(st.tuples(seeds, flips), max_size=4), st.integers(0, 8))
def test_an_album_that_learns_says_the_same_as_one_that_is_new(
    calls: list[tuple[list[int], list[list[int]]]], distance: int
) -> None:
    """Also of what is asked for after more, or less, was known: what is not asked for links nothing."""
    album = Album(distance)
    for seed, changes in calls:
        hashes = some(seed, changes)
        found = album.same(hashes).tolist()
        pairs, groups = by_hand(hashes, distance), list(range(len(hashes)))
        for _ in groups:
            for i, j in pairs:
                groups[i] = groups[j] = min(groups[i], groups[j])
        same = {(i, j) for j in range(len(groups)) for i in range(j) if groups[i] == groups[j]}
        assert {(i, j) for j in range(len(found)) for i in range(j) if found[i] == found[j]} == same


def test_many_are_bucketed_and_the_planted_pair_is_found() -> None:
    """Twenty thousand, in which comparing all would take two hundred million steps."""
    hashes = np.random.default_rng(1).integers(0, 2**64, 20_000, dtype=np.uint64)
    hashes[777] = hashes[4242] ^ np.uint64(0b1011)
    first, second = alike(np.unique(hashes), 6)
    assert len(first) == len(second) == 1
    group = Album(6).same(hashes)
    assert group[777] == group[4242]
    assert len(np.unique(group)) == 19_999


def test_hashes_are_read_from_their_digits() -> None:
    assert numbers(["00000000000000ff", "ffffffffffffffff"]).tolist() == [255, 2**64 - 1]
