"""Numbers and money as people read them: ``1.234,5``, ``Rp1,42 T`` in Bahasa Indonesia; ``1,234.5`` in English."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

from babel import Locale
from babel.numbers import NumberPattern, format_decimal, parse_pattern

Lang = Literal["id", "en"]

NBSP = "\N{NO-BREAK SPACE}"
LOCALES: dict[Lang, Locale] = {"id": Locale("id"), "en": Locale("en", "GB")}
_MONEY: tuple[tuple[float, dict[Lang, str]], ...] = (
    (1e12, {"id": "T", "en": "tn"}),
    (1e9, {"id": "M", "en": "bn"}),
    (1e6, {"id": "jt", "en": "m"}),
    (1e3, {"id": "rb", "en": "k"}),
)


@lru_cache(1 << 14)
def number(value: float, decimals: int = 0, lang: Lang = "id") -> str:
    """``1234.5`` as ``1.234,5`` (id) or ``1,234.5`` (en); a true minus sign, and never ``-0``."""
    rounded = round(value, decimals) + 0.0
    return format_decimal(rounded, _pattern(decimals), locale=LOCALES[lang]).replace("-", "\N{MINUS SIGN}")


@cache
def _pattern(decimals: int) -> NumberPattern:
    return parse_pattern("#,##0" + ("." + "0" * decimals if decimals else ""))


def signed(value: float, decimals: int = 0, lang: Lang = "id") -> str:
    """A difference with its sign: ``+12``, ``\N{MINUS SIGN}3,5``, ``0``."""
    text = number(value, decimals, lang)
    return "+" + text if round(value, decimals) > 0 else text


def money(value: float, lang: Lang = "id") -> tuple[str, str]:
    """Rupiah and the word of their size, shortened to at most two decimals: ``("Rp1,42", "T")``, ``("Rp999", "")``."""
    for size, names in _MONEY:
        scaled = value / size
        if abs(scaled) >= 0.9995:  # 999,6 jt is rounded up into the next size, never to Rp1.000 jt
            decimals = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
            return "Rp" + number(scaled, decimals, lang), names[lang]
    return "Rp" + number(value, 0, lang), ""
