"""The codes and names of one kabupaten or kota out of a public table, mended where that is certain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layers.adopt.names import BROKEN, clean, clean_region
from layers.adopt.tables import TableError
from layers.areas import key, unit
from layers.words import some


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The names of the whole, of its province (empty where the table has none), and of what lies below, by code."""

    code: str
    name: str
    province: str
    kecamatan: Mapping[str, str]
    kelurahan: Mapping[str, str]


def pick(code: str, rows: Sequence[tuple[str, str]], drawn: Mapping[str, str], say: list[str]) -> Codes:
    """The part of a table below ``code``; ``drawn`` are the names that the boundary file gives for its codes.

    What was mended is told in ``say``. Raises :class:`layers.adopt.tables.TableError` for what cannot be:
    no name for the whole, a code with two different names, a kelurahan without its kecamatan.
    """
    given: dict[str, list[str]] = defaultdict(list)
    for found, name in rows:
        if found == code or found.startswith(code + "."):
            given[found].append(name)
    names, changed = {}, []
    for area, spellings in sorted(given.items()):
        names[area] = _one(area, spellings, drawn.get(area, ""), say)
        if names[area] != spellings[0]:
            changed.append(f"{area} {spellings[0]!r} menjadi {names[area]!r}")
    if code not in names:
        raise TableError(f"tabel tidak memuat {code}; periksa kodenya, atau pakai tabel yang memuat provinsi {code[:2]}")
    if changed:
        say.append(f"Diperbaiki: {len(changed)} nama dirapikan: {some(changed)}")
    picked = Codes(
        code=code,
        name=clean_region(code, names.pop(code)),
        province=next((clean(name) for found, name in rows if found == code[:2]), ""),
        kecamatan={area: name for area, name in names.items() if area.count(".") == 2},
        kelurahan={area: name for area, name in names.items() if area.count(".") == 3},
    )
    _check(picked, say)
    return picked


def _one(area: str, spellings: Sequence[str], drawn: str, say: list[str]) -> str:
    """The one name of a code: cleaned, and where there are several or none, the one that the boundary file confirms."""
    cleaned = list(dict.fromkeys(clean(name) for name in spellings))
    other = clean(drawn)
    if BROKEN in cleaned[0] or not key(cleaned[0]):
        if not key(other) or BROKEN in other:
            raise TableError(f"{area}: nama {spellings[0]!r} kosong atau rusak, dan berkas batas tidak menyebut namanya")
        say.append(f"Diperbaiki: {area} memakai nama dari berkas batas, {other!r}: nama di tabel kosong atau rusak")
        return other
    if len({key(name) for name in cleaned}) > 1:
        confirmed = [name for name in cleaned if key(name) == key(other)]
        if not confirmed:
            both = " dan ".join(map(repr, cleaned))
            raise TableError(f"{area} disebut dengan nama berbeda: {both}; hapus yang keliru dari tabel")
        say.append(f"Diperbaiki: {area} bernama ganda di tabel; dipakai {confirmed[0]!r} seperti di berkas batas")
        return confirmed[0]
    if len(spellings) > 1:
        say.append(f"Diperbaiki: {area} {cleaned[0]} ada {len(spellings)} kali di tabel; dipakai sekali")
    return cleaned[0]


def _check(found: Codes, say: list[str]) -> None:
    orphans = sorted(area for area in found.kelurahan if area.rpartition(".")[0] not in found.kecamatan)
    if orphans:
        raise TableError(f"kecamatan tidak ada di tabel untuk: {some(orphans)}")
    if not found.kelurahan:
        raise TableError(f"tabel tidak memuat kelurahan atau desa di {found.name}")
    units = Counter(unit(area) for area in found.kelurahan)
    said = " dan ".join(f"{n} {word}" for word, n in units.most_common())
    say.append(f"{found.code} {found.name}: {len(found.kecamatan)} kecamatan, {said}")
    if empty := [name for area, name in found.kecamatan.items() if not any(k.startswith(area + ".") for k in found.kelurahan)]:
        raise TableError(f"kecamatan tanpa kelurahan atau desa di tabel: {some(empty)}")
    for level, names in (("kecamatan", found.kecamatan), ("kelurahan/desa", found.kelurahan)):
        times = Counter(map(key, names.values()))
        if twice := sorted({name for name in names.values() if times[key(name)] > 1}):
            say.append(f"Perhatian: nama {level} yang dipakai lebih dari satu: {some(twice)}; sumber perlu menyebut kodenya")
