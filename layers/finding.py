"""Things found by what people type of their names, whatever its case, accents, spaces, order of words and mistyped letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz.distance import OSA

from layers.areas import key

LONGEST = 60
"""Characters of the longest text that is looked for."""
MOST_WORDS = 6
_MEND_ONE, _MEND_TWO = 5, 9
"""From so many letters on, one and two mistyped ones are mended: in shorter words they would make another word."""
_PREFIX = 3
"""So many letters of a name written together already stand for it."""
_EXACT, _BEGUN, _LATER, _MENDED, _NEAR = 0.0, 1.0, 0.5, 3.0, 4.0

T = TypeVar("T")


def words(text: str) -> tuple[str, ...]:
    """The words of a text without case, accents and marks: ``"Kali-Déres (2)"`` is ``("kali", "deres", "2")``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return tuple(re.findall(r"[a-z0-9]+", plain.lower()))


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A thing that was found; the lower its ``cost``, the closer are its names to what was asked."""

    thing: T
    cost: float


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    thing: T
    names: tuple[tuple[str, ...], ...]
    whole: tuple[str, ...]
    near: frozenset[str]


class Index(Generic[T]):
    """Things by the ``names`` that they go by, and by words that are ``near`` them, which lead to them after their names."""

    def __init__(self) -> None:
        self._known: list[_Known[T]] = []

    def add(self, thing: T, names: Iterable[str], near: Iterable[str] = ()) -> None:
        """Let a thing be found; of equal cost those that were added first come first."""
        names = tuple(dict.fromkeys(filter(None, names)))
        around = frozenset(word for text in near for word in words(text))
        self._known.append(_Known(thing, tuple(map(words, names)), tuple(map(key, names)), around))

    def find(self, asked: str) -> Iterator[Hit[T]]:
        """What bears all words of ``asked``, the closest first; nothing where it has no letter or digit."""
        given = words(asked[:LONGEST])[:MOST_WORDS]
        if not given:
            return iter(())
        together = "".join(given)
        hits = [Hit(each.thing, cost) for each in self._known if (cost := _cost(given, together, each)) is not None]
        return iter(sorted(hits, key=lambda hit: hit.cost))


def closeness(asked: str, name: str) -> float | None:
    """The cost of one name, ``None`` where it does not bear all words."""
    index: Index[None] = Index()
    index.add(None, (name,))
    return next((hit.cost for hit in index.find(asked)), None)


def _cost(given: tuple[str, ...], together: str, known: _Known[T]) -> float | None:
    costs = [cost for name in known.names if (cost := _by_words(given, name, known.near)) is not None]
    costs += [cost for name in known.whole if (cost := _by_letters(together, name)) is not None]
    return min(costs, default=None)


def _by_words(given: tuple[str, ...], name: tuple[str, ...], near: frozenset[str]) -> float | None:
    """The sum over the words asked for, each of which must be in the name or near it; what stands first weighs most."""
    total = 0.0
    for word in given:
        costs = [cost + _LATER * (place > 0) for place, had in enumerate(name) if (cost := _word(word, had)) is not None]
        if not costs:
            costs = [_NEAR + cost for had in near if (cost := _begun(word, had)) is not None]
        if not costs:
            return None
        total += min(costs)
    return total


def _word(word: str, had: str) -> float | None:
    if (cost := _begun(word, had)) is not None:
        return cost
    return _MENDED if _mended(word, had) else None


def _begun(word: str, had: str) -> float | None:
    return _EXACT if word == had else _BEGUN if had.startswith(word) else None


def _by_letters(together: str, name: str) -> float | None:
    """Names as they are written together (``porisgaga``) or apart (``kali deres``)."""
    if together == name:
        return _EXACT
    if len(together) >= _PREFIX and name.startswith(together):
        return _BEGUN
    return _MENDED if _mended(together, name, 1) else None  # two are another name: Poris Gaga, Poris Jaya


def _mended(word: str, had: str, most: int = 2) -> bool:
    if word.isdecimal() or len(word) < _MEND_ONE:  # another number is another thing
        return False
    most = most if len(word) >= _MEND_TWO else 1
    return OSA.distance(word, had, score_cutoff=most) <= most
