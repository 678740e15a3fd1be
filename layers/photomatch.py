"""Which of many perceptual hashes show the same picture: those within a few bits of each other, found without comparing all."""

from __future__ import annotations

import threading
from functools import reduce
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

BITS = 64
FEW = 256
"""So many new hashes are compared with all; more are found by their bands."""

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]


def numbers(hexadecimal: list[str]) -> Hashes:
    """Hashes from their hexadecimal digits."""
    return np.array([int(text, 16) for text in hexadecimal], np.uint64)


def alike(hashes: Hashes, distance: int) -> tuple[Numbers, Numbers]:
    """The pairs of hashes (by place) that differ in at most ``distance`` bits, each once; ``hashes`` has none twice.

    Of ``distance + k`` bands of bits two such hashes agree in at least ``k``, so only those that agree in some ``k`` bands
    are compared; ``k`` is as great as keeps their groups small.
    """
    k = next(k for k in (1, 2, 3) if k == 3 or k * BITS / (distance + k) >= np.log2(len(hashes) + 1) - 3)
    edges = np.linspace(0, BITS, distance + k + 1).astype(int)
    masks = [np.uint64(((1 << int(high - low)) - 1) << int(low)) for low, high in pairwise(edges)]
    found = [np.empty((2, 0), np.int64)]
    for some in combinations(masks, k):
        found.extend(_within(hashes, hashes & reduce(np.bitwise_or, some), distance))
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)
    return pairs[0], pairs[1]


def _within(hashes: Hashes, key: Hashes, distance: int) -> list[Numbers]:
    """The near pairs among the hashes with the same key."""
    order = np.argsort(key)
    ordered, found = key[order], []
    left, step = np.arange(len(key)), 1
    while len(left := left[left + step < len(key)]):
        left = left[ordered[left] == ordered[left + step]]
        first, second = order[left], order[left + step]
        near = np.bitwise_count(hashes[first] ^ hashes[second]) <= distance
        found.append(np.stack([np.minimum(first[near], second[near]), np.maximum(first[near], second[near])]))
        step += 1
    return found


class Album:
    """The hashes met so far with the pairs found among them, so that only new ones are compared. Safe in several threads."""

    def __init__(self, distance: int) -> None:
        self.distance = distance
        self._known: Hashes = np.empty(0, np.uint64)
        self._pairs = np.empty((2, 0), np.uint64)
        self._lock = threading.Lock()

    def same(self, hashes: Hashes) -> Numbers:
        """A number for each hash, the same for all that these hashes link by steps of at most ``distance`` bits."""
        unique, back = np.unique(hashes, return_inverse=True)
        with self._lock:
            self._learn(unique)
            pairs = self._pairs[:, np.isin(self._pairs, unique).all(axis=0)]
        first, second = (np.searchsorted(unique, ends) for ends in pairs)
        group = np.arange(len(unique))
        while True:
            lower, before = np.minimum(group[first], group[second]), group.copy()
            np.minimum.at(group, first, lower)
            np.minimum.at(group, second, lower)
            group = group[group]
            if np.array_equal(group, before):
                found: Numbers = group[back]
                return found

    def _learn(self, unique: Hashes) -> None:
        new = np.setdiff1d(unique, self._known, assume_unique=True)
        if len(new) > FEW or len(self._known) > 2 * len(unique) + FEW:  # much is new, or most of what is known has gone
            first, second = alike(unique, self.distance)
            self._known, self._pairs = unique, np.stack([unique[first], unique[second]])
            return
        self._known = np.concatenate([self._known, new])
        for one in new:
            near = self._known[(np.bitwise_count(self._known ^ one) <= self.distance) & (self._known != one)]
            self._pairs = np.concatenate([self._pairs, np.stack([near, np.full(len(near), one)])], axis=1)
