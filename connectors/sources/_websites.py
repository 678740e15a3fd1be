"""What a page says of its site: its words, when it was last written to, and whether it is the office's page at all."""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from ssl import SSLCertVerificationError, SSLContext, cert_time_to_seconds, create_default_context

import anyio
import feedparser
from anyio.streams.tls import TLSAttribute
from selectolax.lexbor import LexborHTMLParser

from connectors.answer import Answer
from connectors.source import FormChanged
from layers.city import City
from layers.clock import TimeError, parse_time

SIGNS = ("halaman_masuk", "diretas", "parkir")
"""Pages that answer well and yet are not the office's: a login, a defacement or planted gambling, a parked domain."""

_UNSEEN = ("script", "style", "noscript", "template", "svg", "iframe", "time", "input", "select")
_MOVING = re.compile(r"counter|visitor|pengunjung|statisti[ck]|clock|\bjam\b|tanggal|weather|cuaca|captcha", re.IGNORECASE)
"""Names of the parts of a page that change by themselves."""

_DAYS = "senin selasa rabu kamis jumat sabtu minggu ahad monday tuesday wednesday thursday friday saturday sunday"
_MONTHS = (
    "januari februari maret april mei juni juli agustus september oktober november desember "
    "january february march may june july august october december jan feb mar apr jun jul agu aug sep okt oct nov des dec"
)
_CALENDAR = frozenset(f"{_DAYS} {_MONTHS} wib wita wit pukul am pm".split())

_DEFACED = re.compile(r"\b(?:hacked|defaced|pwned|owned|touched)\s+by\b|\bdiretas\s+oleh\b", re.IGNORECASE)
_GAMBLING = re.compile(
    r"\b(?:slot\s*(?:gacor|online|88|thailand)|maxwin|scatter\s+hitam|togel|toto\s*macau|situs\s+slot)\b", re.IGNORECASE
)
_PLANTED = 3
"""News of gambling names it now and then; planted links name it again and again."""

_PARKED = re.compile(
    r"domain\s+(?:is\s+|ini\s+)?(?:for\s+sale|parked|dijual|may\s+be\s+for\s+sale)|buy\s+this\s+domain|account\s+(?:has\s+been\s+)?suspended"
    r"|apache2?\s+(?:\w+\s+)?default\s+page|welcome\s+to\s+nginx|\biis\s+windows\s+server\b|^index\s+of\s+/|default\s+web\s*site\s+page",
    re.IGNORECASE,
)
_LOGIN_WORDS = 80
"""A page with a password field and no more words than these is a login, not a home page with one in its corner."""


def sign(page: LexborHTMLParser) -> str | None:
    """The first of :data:`SIGNS` that a page bears. Planted text hides from readers, so all of it is looked at."""
    title = page.css_first("title")
    whole = " ".join(part for part in (title.text() if title else "", page.text(separator=" ")) if part)
    if _DEFACED.search(whole) or len(_GAMBLING.findall(whole)) >= _PLANTED:
        return "diretas"
    if _PARKED.search(" ".join(whole.split())):
        return "parkir"
    if page.css_first("input[type=password]") is not None and len(words(page)) <= _LOGIN_WORDS:
        return "halaman_masuk"
    return None


def words(page: LexborHTMLParser) -> list[str]:
    """The page's visible words without what changes by itself: numbers, days, months, counters, clocks."""
    seen = LexborHTMLParser(page.html or "")
    seen.strip_tags(list(_UNSEEN), recursive=True)
    for node in seen.css("[class],[id]"):
        attributes = node.attributes
        if _MOVING.search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}") and node.tag not in (
            "html",
            "body",
            "main",
        ):
            node.decompose()
    body = seen.body
    found = re.findall(r"\w+", body.text(separator=" ").casefold()) if body is not None else []
    return [word for word in found if word not in _CALENDAR and not any(map(str.isdigit, word))]


def fingerprint(page: LexborHTMLParser) -> str:
    """A digest of the page's words."""
    return hashlib.blake2b(" ".join(words(page)).encode(), digest_size=12).hexdigest()


def feed_of(page: LexborHTMLParser) -> str | None:
    """The address of the feed that a page names."""
    for link in page.css("link[rel~=alternate]"):
        if link.attributes.get("type") in ("application/rss+xml", "application/atom+xml") and link.attributes.get("href"):
            return link.attributes["href"]
    return None


def fed(answer: Answer) -> Iterator[datetime]:
    """When the entries of an RSS or Atom feed were written."""
    found = feedparser.parse(answer.body)
    if found.bozo and not found.entries:
        raise FormChanged(f"umpan tidak terbaca: {answer.url}")
    for entry in found.entries:
        for name in ("updated_parsed", "published_parsed"):
            if (stamp := dict.get(entry, name)) is not None:  # its own `get` guesses one from the other
                yield datetime.fromtimestamp(calendar.timegm(stamp), UTC)


def mapped(answer: Answer, city: City) -> Iterator[datetime]:
    """The ``lastmod`` of a sitemap, or of an index of sitemaps."""
    for node in answer.xml().iter():
        if node.tag.rpartition("}")[2] == "lastmod" and node.text:
            try:
                yield parse_time(node.text, city.zone)
            except TimeError:
                continue


def certificate_days(host: str, port: int, seconds: float, context: SSLContext | None = None) -> int:
    """Days for which the certificate of a host still holds, begun ones counted; 0 for one that does not hold.

    Raises ``OSError`` or ``TimeoutError`` where there is no handshake within ``seconds``: then nothing is known.
    """

    async def shake() -> int:
        with anyio.fail_after(seconds):
            async with await anyio.connect_tcp(
                host, port, tls=True, ssl_context=context or create_default_context(), tls_standard_compatible=False
            ) as stream:
                certificate = stream.extra(TLSAttribute.peer_certificate) or {}  # noqa: S610 - anyio's, not Django's
        left = cert_time_to_seconds(str(certificate["notAfter"])) - datetime.now(UTC).timestamp()
        return max(ceil(left / 86_400), 0)

    try:
        return anyio.run(shake)
    except SSLCertVerificationError:
        return 0
    except anyio.BrokenResourceError as error:
        raise OSError("sambungan TLS terputus") from error
