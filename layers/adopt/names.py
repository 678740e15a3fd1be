"""Names as people read them, out of the capitals, stray marks and twice-encoded letters of public tables."""

from __future__ import annotations

import re
import unicodedata

from layers.areas import region

_PREFIX = re.compile(r"^(?:(?:kelurahan|kecamatan)\s+|(?:kel|kec|ds)\s*\.\s*)(?=\S)", re.IGNORECASE)
_REGION = re.compile(r"^(?:kab(?:upaten|\b)|kota\b)[\s.]*(?P<adm>adm(?:inistrasi|\b)[\s.]*)?", re.IGNORECASE)
_ROMAN = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})", re.IGNORECASE)
_TWICE_ENCODED = re.compile("[\u00c2\u00c3\u00e2]")
_NUMBERS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

BROKEN = "\N{REPLACEMENT CHARACTER}"
"""Stands where a letter was lost for good."""


def clean(name: str) -> str:
    """``"KEL.  SUKA  MAJU II"`` as ``"Suka Maju II"``; a name that is already well written stays as it is."""
    text = _PREFIX.sub("", " ".join(unicodedata.normalize("NFC", _decoded(name)).split()).strip(" .,;"))
    letters = [c for c in text if c.isalpha()]
    if letters and (all(c.isupper() for c in letters) or all(c.islower() for c in letters)):
        return re.sub(r"[^\W_]+(?:['\u2019`][^\W_]+)*", lambda word: _cased(word[0]), text)
    return text


def clean_region(code: str, name: str) -> str:
    """The whole's name with its word before it: ``"KAB. KARAWANG"`` as ``"Kabupaten Karawang"``."""
    text = clean(name)
    match = _REGION.match(text)
    administrative = "Administrasi " if match and match["adm"] else ""
    return f"{region(code).title()} {administrative}{_REGION.sub('', text)}"


def variants(name: str) -> list[str]:
    """Other spellings of a numbered name: ``"Kuta Batu II"`` is also ``"Kuta Batu 2"``."""
    stem, _, last = name.rpartition(" ")
    if stem and last.upper() in _NUMBERS:
        return [f"{stem} {_NUMBERS.index(last.upper()) + 1}"]
    if stem and last.isascii() and last.isdigit() and 0 < int(last) <= len(_NUMBERS):
        return [f"{stem} {_NUMBERS[int(last) - 1]}"]
    return []


def _cased(word: str) -> str:
    return word.upper() if _ROMAN.fullmatch(word) else word[0].upper() + word[1:].lower()


def _decoded(name: str) -> str:
    """UTF-8 that was once read as Windows-1252 (``Ba\u00e2\u20ac\u2122u`` for ``Ba\u2019u``) read rightly, once or twice over."""
    for _ in range(2):
        if not _TWICE_ENCODED.search(name):
            break
        try:
            name = name.encode("cp1252").decode("utf-8")
        except UnicodeError:
            break
    return name
