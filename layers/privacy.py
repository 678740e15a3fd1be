"""Finds, masks and reads what names a person in a text: NIK, No. KK, NPWP, telephone, e-mail.

UU 27/2022 and UU 24/2013 (Adminduk) art. 84: none of it may reach a wall, an export or a log.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from layers.model import MendError

SHORTEST = 6
"""No identifier of a person has fewer characters."""
LEFT = 4
"""So many digits beside an identifier, with nothing but signs between, are taken for a part of one."""
DISGUISE = "samar-"
"""How an identifier of a row begins that stands for one with a person's number in it."""

_SIGNS = "\\s.\\-/_\u2010-\u2015\u2212"
_GAP = f"[{_SIGNS}]{{0,2}}"
_JOINT = f"[{_SIGNS}()]{{0,3}}"
_RUN = re.compile(rf"\d(?:{_JOINT}\d){{6,}}")
"""Digits that may be one number or several: everything but an e-mail lies in one of these."""

_MOBILE = (
    rf"(?<![\d+])(?!0\.\d+(?![\d{_SIGNS}]))\(?(?:\+{_GAP}62|(?:00)?62|0){_JOINT}0?{_JOINT}8[1-9](?:{_JOINT}\d){{6,10}}(?!\d)"
)
"""A mobile number in any dress, but no decimal fraction; +62 (0)812 is a usual mistake."""
_ABROAD = r"(?<!\w)\+\s?[1-9](?:[\s\-()\u2010-\u2015]{0,2}\d){7,14}(?!\d)"
_FIXED = (
    r"(?<![\w+.,/\-])(?:\(0[2-79]\d{1,2}\)\s?|0[2-79]\d{1,2}[\s\-\u2010-\u2015]{1,3})"
    r"[1-9](?:[\s\-\u2010-\u2015.]?\d){5,7}(?!\d)"
)
"""A fixed line shows itself by its area code standing apart: (021) 5576 4955, 021-55764955."""
_SIXTEEN = rf"(?<!\d)(?<!\d[./\-])\d(?:{_GAP}\d){{15}}(?![./\-]?\d)"
"""Not a part of what dots and dashes hold together: 0812-3456-7890 0813-... are two telephone numbers."""
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}[@\uff20][\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_BARE = (
    ("nik", re.compile(_SIXTEEN)),
    ("npwp", re.compile(r"(?<!\d)\d\d\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}(?!\d)")),
    ("telepon", re.compile(f"{_MOBILE}|{_ABROAD}|{_FIXED}")),
)
_BETWEEN = r"[\s.\-\u2010-\u2015]{1,3}"
_WRITTEN = "|".join(
    _BETWEEN.join(rf"\d{{{size}}}" for size in sizes) for sizes in ((16,), (4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 6, 4))
)
_KEY = re.compile(rf"(?P<nik>(?<!\d)(?:{_WRITTEN})(?!\d))|(?P<telepon>{_MOBILE.replace('/', '')}|{_FIXED})")
"""In the identifier of a row a NIK stands as people write it: codes, dates and counters are joined there in every way."""

_NAMED = re.compile(
    r"\b(?:(?P<kk>no\.?kk|nokk|kk|kartu\s+keluarga)|(?P<nik>nik|ktp)|(?P<npwp>npwp)|(?P<rekening>rekening|norek|rek)|(?P<bpjs>bpjs)"
    r"|(?P<paspor>paspor|passport)|(?P<telepon>telepon|telpon|telp?|tlp|phone|handphone|hp|nohp|wa|whatsapp|hubungi|kontak))"
    r"\W{0,3}(?:(?:no|nomor|nomer|saya|kami|bca|bri|bni|mandiri|bjb)\b\W{0,3}){0,2}(?:(?<=\W)[a-z]\s?)?$",
    re.IGNORECASE,
)
"""What a text calls a number, right before it; a passport's begins with a letter."""
_NAME_LENGTH = 48
_AFTER = {
    kind: re.compile(number + r"(?!\d)")
    for kind, number in {
        "kk": rf"\d(?:{_GAP}\d){{11,19}}",
        "nik": rf"\d(?:{_GAP}\d){{11,19}}",
        "npwp": rf"\d(?:{_GAP}\d){{14,15}}",
        "rekening": rf"\d(?:{_GAP}\d){{7,15}}",
        "bpjs": rf"\d(?:{_GAP}\d){{12}}",
        "paspor": r"\d{7}",
        "telepon": rf"\(?\+?(?:0|62|8)(?:{_JOINT}\d){{7,15}}",
    }.items()
}
"""What a number looks like that its text calls by name: the name makes sure of what the number alone would not."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Controls, characters without a form and halves of characters: nobody sees them, and they may stand between digits."""
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where a text holds an identifier: ``kind`` is ``nik``, ``kk``, ``npwp``, ``telepon``, ``surel`` or another number's."""

    kind: str
    start: int
    end: int


class Identity(NamedTuple):
    """An identifier in its one spelling: sixteen digits (``nik``, also a No. KK), ``62812...``, a small-letter e-mail, a name."""

    kind: str
    value: str


def seen(text: str) -> str:
    """The text without what nobody sees, also where that is written as an escape (``\\u200b``), as in a quotation."""
    if "\\" in text:
        text = _ESCAPE.sub(lambda escape: chr(int(escape[1] or escape[2], 16)), text)
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("", text)


def find(text: str) -> list[Finding]:
    """Every identifier in a text that is :func:`seen`, in order, without overlaps.

    Sixteen digits are a NIK, or a No. KK where the text calls it so: both have the same form. Spaces, dots and
    dashes between the digits do not hide them. Bank accounts, passports, BPJS numbers, and numbers of a wrong
    length are known only where the text names them. Where numbers run into each other, what is left counts too.
    """
    text = _ascii_digits(text)
    found: list[Finding] = []
    for run in _RUN.finditer(text):
        own: list[Finding] = []
        begin = run.start()
        while begin and text[begin - 1] in "+(":
            begin -= 1
        taken = bytearray(run.end() - begin)
        for kind, start, end in _numbers(text, begin, run.end()):
            span = slice(max(start - begin, 0), end - begin)
            if not any(taken[span]):
                own.append(Finding(kind=kind, start=start, end=end))
                taken[span] = b"\1" * (span.stop - span.start)
        found += own
        if own:
            found += _left(text, run, sorted(own, key=_start))
    if "@" in text or "\uff20" in text:
        for match in _EMAIL.finditer(text):
            found = [other for other in found if other.end <= match.start() or match.end() <= other.start]
            found.append(Finding(kind="surel", start=match.start(), end=match.end()))
    return sorted(found, key=_start)


def _start(finding: Finding) -> int:
    return finding.start


def _left(text: str, run: re.Match[str], own: Sequence[Finding]) -> Iterator[Finding]:
    """Long pieces of a run beside the identifiers in it."""
    edges = [run.start(), *(edge for finding in own for edge in (finding.start, finding.end)), run.end()]
    for number, (start, end) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
        digits = [at for at in range(start, end) if text[at].isdigit()]
        if len(digits) >= LEFT:
            yield Finding(kind=own[max(0, number - 1)].kind, start=digits[0], end=digits[-1] + 1)


def _numbers(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The identifiers in a run of digits, the surest first: one that is called by name, then those that are known by form."""
    named = _NAMED.search(text, max(0, start - _NAME_LENGTH), start)
    if named and named.lastgroup:
        match = _AFTER[named.lastgroup].match(text, start, end)
        if match:
            yield named.lastgroup, start - (named.lastgroup == "paspor" and text[start - 1].isalpha()), match.end()
    for kind, pattern in _BARE:
        for match in pattern.finditer(text, start, end):
            yield kind, match.start(), match.end()


def mask(text: str) -> str:
    """The text with every identifier replaced by its kind: ``hubungi [telepon]``; the same object where there is none."""
    plain = seen(text)
    found = find(plain)
    return _without(plain, found) if found else text


_QUOTED = re.compile(r"(['\"])([^'\"]{38,})\1")
_LAST_WORD = re.compile(rf"(?:[+(]*\d(?:{_JOINT}\d)*)?\S*$")


def mask_reason(reason: str) -> str:
    """A reason that quotes a row, masked. A long quotation was cut somewhere: its last word may be half of an identifier."""
    return _QUOTED.sub(lambda quote: f"{quote[1]}{_LAST_WORD.sub('', quote[2], count=1)}…{quote[1]}", mask(reason))


def _without(text: str, found: Sequence[Finding]) -> str:
    parts: list[str] = []
    start = 0
    for finding in found:
        parts += [text[start : finding.start], f"[{finding.kind}]"]
        start = finding.end
    return "".join(parts) + text[start:]


def prose(text: str, limit: int) -> tuple[str | None, list[Identity]]:
    """Free text on one line, masked and then cut, or ``None`` where nothing is left; and whom its identifiers name."""
    plain = " ".join(seen(text).split())
    found = find(plain)
    masked = _without(plain, found)
    if len(masked) > limit:
        masked = mask(masked[:limit])[:limit]  # the cut may have made an identifier of a longer number
    return masked or None, [_identity(finding.kind, plain[finding.start : finding.end]) for finding in found]


def own_words(text: str, longest: int) -> str:
    """What a person wrote, on one line and with identifiers masked; :class:`MendError` for nothing, or more than ``longest``."""
    words, _ = prose(text, longest + 1)
    if words is None:
        raise MendError("tulis isinya dahulu")
    if len(words) > longest:
        raise MendError(f"terlalu panjang; paling banyak {longest} huruf")
    return words


def identities(text: str) -> list[Identity]:
    """Everybody whom the identifiers in a text name."""
    plain = seen(text)
    return [_identity(finding.kind, plain[finding.start : finding.end]) for finding in find(plain)]


_FLOAT = re.compile(r"[1-9]\d+\.0")
_NUMBER = re.compile(rf"(?:tel:)?[+(]{{0,2}}\d[\d{_SIGNS}()]{{4,}}")


def identify(raw: str) -> Identity | None:
    """Who is meant by a field that holds a person's identifier in any spelling, or a name; ``None`` where it is empty.

    A number may have lost its leading zero to a spreadsheet (``81234567890``, ``81234567890.0``).
    """
    text = " ".join(seen(raw).split())
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        text = text.removesuffix(".0") if _FLOAT.fullmatch(text) else text
        return Identity("nik", _digits(text)) if len(_digits(text)) == 16 else Identity("telepon", _dialled(text))
    found = identities(text)
    return found[0] if found else Identity("nama", unicodedata.normalize("NFKC", text).casefold())


def plausible(nik: str) -> bool:
    """Whether sixteen digits can be a NIK or No. KK: a province, a day (a woman's is 40 more) and a month where they must be."""
    return 11 <= int(nik[:2]) <= 97 and (1 <= int(nik[6:8]) <= 31 or 41 <= int(nik[6:8]) <= 71) and 1 <= int(nik[8:10]) <= 12


def searcher(who: Identity) -> Callable[[str], bool]:
    """Says of a text whether it holds this NIK, telephone number or e-mail, however it is written there."""
    if who.kind == "surel":
        pattern = rf"(?<![\w.+-]){re.escape(who.value).replace('@', '[@' + chr(0xFF20) + ']')}(?![\w-])"
    else:
        number, prefix = who.value, ""
        if who.kind == "telepon" and number.startswith("62"):
            number, prefix = number[2:], rf"(?:\(?(?:\+{_GAP}62|(?:00)?62|0){_JOINT}0?{_JOINT})?"
        pattern = rf"(?<!\d){prefix}{_JOINT.join(number)}(?!\d)"
    search = re.compile(pattern, re.IGNORECASE).search
    return lambda text: search(_ascii_digits(seen(text))) is not None


def in_key(key: str) -> Identity | None:
    """The first NIK, telephone number or e-mail in the identifier of a row; other long numbers are usual there and stay."""
    if len(key) < SHORTEST:
        return None
    key = seen(key)
    for match in _KEY.finditer(key):
        who = _identity(str(match.lastgroup), match[0])
        if who.kind != "nik" or plausible(who.value):
            return who
    email = _EMAIL.search(key) if "@" in key else None
    return _identity("surel", email[0]) if email else None


def _identity(kind: str, text: str) -> Identity:
    if kind == "surel":
        return Identity(kind, unicodedata.normalize("NFKC", text).lower())
    if kind == "telepon":
        return Identity(kind, _dialled(text))
    return Identity("nik" if kind == "kk" else kind, _digits(text) if kind != "paspor" else "".join(text.lower().split()))


def _dialled(text: str) -> str:
    """A telephone number as the whole world dials it: ``62`` and what follows; without a country it is Indonesian."""
    number = _digits(text)
    if "+" not in text and number.startswith("0") and not number.startswith("00"):
        number = "62" + number
    number = number.removeprefix("00")
    if number.startswith("62"):
        return "62" + number[2:].lstrip("0")
    return "62" + number if "+" not in text and number.startswith("8") else number


def _digits(text: str) -> str:
    """The digits of a text in ASCII."""
    return text if text.isascii() and text.isdigit() else re.sub("[^0-9]", "", _ascii_digits(text))


def _ascii_digits(text: str) -> str:
    """The text with the digits of every script as those of ours."""
    return text if text.isascii() else "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
