"""Websites over real HTTP and real TLS: what is said of each, and that none stands in another's way."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from selectolax.lexbor import LexborHTMLParser

from connectors.sources import websites
from connectors.sources._websites import certificate_days, feed_of, fingerprint, sign
from connectors.sources.websites import Websites
from layers import clock
from layers.city import City
from layers.clock import SetClock
from layers.model import Kind, Measurement, Outcome
from layers.settings import Settings
from tests.connectors import server
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import Real, served

TestWebsites = contract_for("websites")

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def page(body: str = "<h1>Dinas Kesehatan</h1><p>Imunisasi gratis di puskesmas</p>", head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>Dinkes</title>{head}</head><body>{body}</body></html>".encode()


def html(body: bytes) -> tuple[str, bytes]:
    return "text/html; charset=utf-8", body


def site(path: str = "dinkes", **more: Any) -> dict[str, Any]:
    return {"opd": "dinkes", "name": path, "url": f"{{base}}/{path}/", **more}


def said(real: Real) -> dict[str, float]:
    """What stands in the store now, by measurement and site."""
    return {f"{m.name}@{m.subject}": m.value for m in real.records(Kind.MEASUREMENT) if isinstance(m, Measurement)}


def at(moment: datetime) -> None:
    """Stop the clock at a moment."""
    clock.set_clock(SetClock(start=moment, since=0, speed=0))


Web = Callable[..., Any]


@pytest.fixture
def web(city: City, settings: Settings) -> Web:
    def serve(*sites: dict[str, Any], responses: Any = None, answer: Any = None, **more: Any) -> Any:
        return served(
            "websites", {"sites": list(sites or (site(),)), "seconds": 3, **more}, city, settings, responses, answer=answer
        )

    return serve


# --- states ---------------------------------------------------------------------------------------


def test_a_site_that_answers_and_when_it_was_written_to(web: Web) -> None:
    at(NOW)
    feed = b"""<rss version="2.0"><channel><title>x</title>
      <item><pubDate>Thu, 19 Nov 2026 09:00:00 +0700</pubDate></item>
      <item><pubDate>Mon, 09 Nov 2026 09:00:00 +0700</pubDate></item>
      <item><pubDate>Thu, 19 Nov 2099 09:00:00 +0700</pubDate></item></channel></rss>"""
    head = '<link rel="alternate" type="application/rss+xml" href="umpan.xml">'
    responses = {"/dinkes/": html(page(head=head)), "/dinkes/umpan.xml": ("application/rss+xml", feed)}
    with web(responses=responses) as real:
        assert real.pull().outcome is Outcome.OK
        assert said(real) == {"situs.terjangkau@dinkes": 1, "situs.pembaruan_hari@dinkes": 3, "situs.isi_hari@dinkes": 0}
        found = real.record("situs.terjangkau@dinkes")
        assert (found.opd, found.unit, found.measured, found.known_at) == ("dinkes", "ya/tidak", NOW, NOW)


def test_a_sitemap_speaks_where_there_is_no_feed(web: Web) -> None:
    at(NOW)
    form = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    urls = "".join(f"<url><lastmod>{day}</lastmod></url>" for day in ("2026-11-12", "2026-10-01T00:00:00Z", "entah"))
    responses = {"/dinkes/": html(page()), "/dinkes/sitemap.xml": ("text/xml", f"<urlset {form}>{urls}</urlset>".encode())}
    with web(responses=responses) as real:
        real.pull()
        assert said(real)["situs.pembaruan_hari@dinkes"] == 10


@pytest.mark.parametrize("feed", [b"", b"bukan umpan", b"<rss><channel/></rss>", page()])
def test_a_feed_that_says_nothing_gives_no_age(web: Web, feed: bytes) -> None:
    responses = {"/dinkes/": html(page()), "/dinkes/f": ("text/xml", feed)}
    with web(site(feed="{base}/dinkes/f"), responses=responses) as real:
        assert real.pull().outcome is Outcome.OK
        assert said(real) == {"situs.terjangkau@dinkes": 1, "situs.isi_hari@dinkes": 0}


def test_a_state_is_one_record_and_its_changes_are_its_versions(web: Web) -> None:
    responses = {"/dinkes/": html(page())}
    with web(responses=responses) as real:
        at(NOW)
        real.pull()
        at(NOW + timedelta(minutes=5))
        assert (real.pull().kept, real.record("situs.terjangkau@dinkes").measured) == (0, NOW)
        del real.upstream.responses["/dinkes/"]
        down = NOW + timedelta(minutes=10)
        at(down)
        run = real.pull()
        assert (run.outcome, run.kept) == (Outcome.OK, 1)
        found = real.record("situs.terjangkau@dinkes")
        assert (found.value, found.measured) == (0, down)
        assert said(real)["situs.isi_hari@dinkes"] == 0  # what was known of its words stands, dated


def test_the_age_of_an_update_says_when_it_was_last_looked_for(web: Web) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="umpan.xml">'
    with web(responses={"/dinkes/": html(page(head=head))}) as real:
        for day, dated in ((0, "19"), (1, "20")):  # written to each day: its age stays the same
            feed = f"<rss version='2.0'><channel><item><pubDate>{dated} Nov 2026 09:00:00 +0700</pubDate></item></channel></rss>"
            real.upstream.responses["/dinkes/umpan.xml"] = ("application/rss+xml", feed.encode())
            at(NOW + timedelta(days=day))
            real.pull()
            found = real.record("situs.pembaruan_hari@dinkes")
            assert (found.value, found.measured) == (3, NOW + timedelta(days=day))
        assert real.record("situs.terjangkau@dinkes").measured == NOW


def test_a_site_that_is_no_longer_declared_counts_no_more(web: Web) -> None:
    with web(site(), site("dlh"), responses={"/dinkes/": html(page()), "/dlh/": html(page())}) as real:
        real.pull()
        assert "situs.terjangkau@dlh" in said(real)
        only = [{**site(), "url": f"{real.upstream.url}/dinkes/"}]
        assert dict(real.pull(sites=only).excluded) == {"tidak_diawasi_lagi": 2}
        assert {name.rpartition("@")[2] for name in said(real)} == {"dinkes"}
        assert real.pull(sites=only).excluded == {}


@pytest.mark.parametrize(
    "mood",
    [
        server.status(500),
        server.status(503),
        server.status(403),
        server.status(429, retry_after="9"),
        server.reset,
        server.truncated,
    ],
    ids=["500", "503", "403", "429", "reset", "truncated"],
)
def test_a_site_that_is_down_is_a_zero_not_a_failed_run(web: Web, mood: server.Mood) -> None:
    with web(responses={"/dinkes/": html(page())}) as real:
        real.upstream.mood = mood
        run = real.pull()
        assert (run.outcome, said(real)) == (Outcome.OK, {"situs.terjangkau@dinkes": 0})


def test_one_site_s_trouble_is_not_another_s(web: Web) -> None:
    """Of forty sites some drip, some are silent, some are huge or broken: the well ones are all said to be well, in time."""
    bad = {"tetes", "diam", "besar", "rusak"}

    def answer(asked: Asked) -> Reply | None:
        name = asked.path.split("/")[1]
        if name.startswith("diam"):
            time.sleep(4)
        if name.startswith("besar"):
            return Reply(content_type="text/html", body=b"<p>" + b"x" * (9 << 20))
        if name.startswith("rusak"):
            return Reply(content_type="text/html", body=bytes(range(256)) * 50)
        return Reply(content_type="text/html", body=page()) if asked.path.count("/") == 2 and asked.path.endswith("/") else None

    names = [f"{kind}{n}" for n in range(5) for kind in ("sehat", "baik", "diam", "besar", "rusak")]
    with web(*(site(name) for name in names), answer=answer, seconds=1.5, workers=8) as real:
        started = time.monotonic()
        run = real.pull()
        assert time.monotonic() - started < 12
        assert (run.outcome, run.quarantined) == (Outcome.OK, 0)
        up = {name.partition("@")[2] for name, value in said(real).items() if name.startswith("situs.terjangkau") and value}
        assert {name for name in names if not any(name.startswith(kind) for kind in bad)} <= up
        assert not any(name.startswith(("diam", "besar")) for name in up)


def test_what_does_not_come_within_the_total_time_is_not_spoken_of(web: Web) -> None:
    def answer(asked: Asked) -> Reply | None:
        time.sleep(0.4)
        return None

    with web(*(site(f"s{n}") for n in range(12)), answer=answer, workers=1, total=1, seconds=1) as real:
        started = time.monotonic()
        run = real.pull()
        assert time.monotonic() - started < 6
        assert 1 <= run.seen < 12


def test_other_hosts_are_not_asked(web: Web) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="http://localhost:9/umpan.xml">'
    with web(site(), site("alih"), responses={"/dinkes/": html(page(head=head))}) as real:
        real.upstream.answer = lambda asked: (
            Reply(status=302, headers={"Location": "http://169.254.169.254/"}) if "alih" in asked.path else None
        )
        assert real.pull().outcome is Outcome.OK
        assert said(real)["situs.terjangkau@alih"] == 0
        assert said(real)["situs.terjangkau@dinkes"] == 1


# --- signs and words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (page(), None),
        (page("<h1>Hacked by Tim Bayangan</h1>"), "diretas"),
        (page("<p>Berita</p>" + "<a href=x>slot gacor</a>" * 3), "diretas"),
        (page("<h1>Waspada judi online</h1><p>Diskominfo memblokir situs slot dan togel.</p>"), None),
        (page("<h1>This domain is parked</h1>"), "parkir"),
        (page("<h1>Welcome to nginx!</h1>"), "parkir"),
        (page("<form><input name=u><input type=password></form>"), "halaman_masuk"),
        (page("<form><input type=password></form><p>" + "berita kesehatan hari ini " * 40 + "</p>"), None),
    ],
)
def test_signs_of_a_page_that_is_not_the_office_s(body: bytes, found: str | None) -> None:
    assert sign(LexborHTMLParser(body)) == found


def test_a_sign_is_said_while_it_is_there_and_when_it_has_gone(web: Web) -> None:
    with web(responses={"/dinkes/": html(page("<h1>Hacked by x</h1>"))}) as real:
        real.pull()
        assert said(real) == {"situs.terjangkau@dinkes": 1, "situs.diretas@dinkes": 1}
        real.upstream.responses["/dinkes/"] = html(page())
        real.pull()
        assert said(real)["situs.diretas@dinkes"] == 0
        del real.upstream.responses["/dinkes/"]
        real.upstream.responses["/x"] = html(page())
        assert real.pull().kept == 1  # down: nothing is said of signs


MOVING = """<h1>Dinas</h1><p>Imunisasi gratis</p><div id="jam">{n}:12 WIB</div><div class="visitor-count">kunjungan {word}</div>
<time>{n} November 2026</time><p>Senin, {n} Nov 2026</p><input type=hidden value="{word}"><script>var x="{word}"</script>"""


@given(st.integers(0, 10**6), st.text("abcdef", min_size=1, max_size=8))
def test_what_changes_by_itself_is_no_change(n: int, word: str) -> None:
    first = fingerprint(LexborHTMLParser(page(MOVING.format(n=1, word="a"))))
    assert fingerprint(LexborHTMLParser(page(MOVING.format(n=n, word=word)))) == first
    assert fingerprint(LexborHTMLParser(page(MOVING.replace("gratis", "berbayar").format(n=n, word=word)))) != first


def test_days_without_change_are_counted_from_the_last_real_one(web: Web) -> None:
    with web(responses={"/dinkes/": html(page(MOVING.format(n=1, word="a")))}) as real:
        for days, words, wanted in ((0, "gratis", 0), (5, "gratis", 5), (6, "berbayar", 0), (9, "berbayar", 3)):
            at(NOW + timedelta(days=days))
            real.upstream.responses["/dinkes/"] = html(page(MOVING.replace("gratis", words).format(n=days, word="b" * days)))
            real.pull()
            assert said(real)["situs.isi_hari@dinkes"] == wanted


@given(st.binary(max_size=300))
def test_no_page_is_too_strange(junk: bytes) -> None:
    tree = LexborHTMLParser(junk)
    assert sign(tree) in (None, "parkir", "diretas", "halaman_masuk")
    assert len(fingerprint(tree)) == 24
    assert feed_of(tree) is None


# --- certificates ---------------------------------------------------------------------------------


def certificate(folder: Path, days: float, host: str = "localhost") -> tuple[Path, Path]:
    """A certificate of our own for ``host`` that holds for ``days``, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{host}{days}.pem", folder / f"{host}{days}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


@contextmanager
def tls(public: Path, private: Path) -> Iterator[int]:
    """A server that shakes hands with whoever comes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        ending = threading.Event()

        def serve() -> None:
            while not ending.is_set():
                try:
                    client, _ = listener.accept()
                    client.settimeout(2)
                    with context.wrap_socket(client, server_side=True) as shaken:
                        shaken.recv(1)
                except OSError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        ending.set()
        thread.join()


@pytest.mark.parametrize(
    ("days", "host", "trusted", "left"),
    [
        (10, "localhost", True, 10),
        (0.3, "localhost", True, 1),
        (-1, "localhost", True, 0),
        (10, "lain.id", True, 0),
        (10, "localhost", False, 0),
    ],
    ids=["well", "last day", "expired", "another host", "unknown issuer"],
)
def test_days_that_a_certificate_holds(tmp_path: Path, days: float, host: str, trusted: bool, left: int) -> None:
    public, private = certificate(tmp_path, days, host)
    context = ssl.create_default_context(cafile=public if trusted else None)
    with tls(public, private) as port:
        assert certificate_days("localhost", port, 5, context) == left


def test_no_handshake_says_nothing_and_takes_no_longer_than_it_may() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            certificate_days("127.0.0.1", silent.getsockname()[1], 0.3)
        assert time.monotonic() - started < 2
        port = silent.getsockname()[1]
    with pytest.raises(OSError, match="connection attempts"):
        certificate_days("127.0.0.1", port, 1)


def test_a_site_whose_certificate_does_not_hold_is_not_reachable(web: Web, tmp_path: Path) -> None:
    public, private = certificate(tmp_path, 10)
    with tls(public, private) as port, web({"opd": "dinkes", "name": "s", "url": f"https://localhost:{port}/"}) as real:
        assert real.pull().outcome is Outcome.OK
        assert said(real) == {"situs.terjangkau@s": 0, "situs.sertifikat_hari@s": 0}


# --- settings -------------------------------------------------------------------------------------


def test_sites_are_called_by_host_port_and_path() -> None:
    config = Websites.model_validate({"sites": [{"opd": "x", "url": u} for u in ("https://a.go.id/", "http://u:p@b.id:8080/x/")]})
    assert [websites.name_of(found) for found in config.sites] == ["a.go.id", "b.id:8080/x"]
    for wrong in ([], [{"opd": "x", "url": "ftp://a"}], [{"opd": n, "url": "https://a.id"} for n in "xy"]):
        with pytest.raises(ValidationError):
            Websites.model_validate({"sites": wrong})
