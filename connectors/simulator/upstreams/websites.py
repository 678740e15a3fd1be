"""The websites of thirty offices on one server: news with a feed or a sitemap, counters and clocks; now and then one is dead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from html import escape

from babel.dates import format_date
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.world import World

OFFICES = (
    *("bapenda", "bappeda", "bkpsdm", "bpbd", "bpkd", "dinkes", "dinsos", "disbudpar", "disdik", "disdukcapil", "dishub"),
    *("diskominfo", "disnaker", "disperindagkop-ukm", "disperkimtan", "dispora", "dkp", "dlh", "dp3ap2kb", "dpad", "dpmptsp"),
    *("dpupr", "inspektorat", "kesbangpol", "rsud", "satpol-pp", "setda", "setwan", "kec-tangerang", "kec-ciledug"),
)
NEWS = 8
LOOK_BACK = 420
_SUBJECTS = (
    *("Sosialisasi layanan bagi warga", "Rapat koordinasi lintas perangkat daerah", "Pengumuman jadwal pelayanan"),
    *("Kunjungan kerja ke kecamatan", "Peringatan hari jadi kota", "Capaian kinerja triwulan", "Gotong royong bersama warga"),
)
_GAMBLING = '<div style="position:absolute;left:-9999px">' + " ".join(["slot gacor maxwin situs slot togel"] * 4) + "</div>"


class Sites:
    """The sites as they stand at their own moment."""

    def __init__(self, world: World, now: Now) -> None:
        self.world = world
        self.now = now
        self.posts = lru_cache(maxsize=4 * len(OFFICES))(self._posts)
        self.visits = 0

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/{slug}/", self.home), Route("/{slug}/feed.xml", self.feed), Route("/{slug}/sitemap.xml", self.sitemap)]

    def home(self, request: Request) -> Response:
        """News, and around them what changes at every visit: a clock, a counter, a number that is used once."""
        slug, now = request.path_params["slug"], self.now()
        if (refused := self._refused(slug, now)) is not None:
            return refused
        self.visits += 1
        found = self.world.city.opd(slug)
        name = escape(found.name if found else slug)
        feed = '<link rel="alternate" type="application/rss+xml" href="feed.xml">' if self._feeds(slug) else ""
        news = "".join(
            f"<article><h2>{title}</h2><time>{format_date(at, 'd MMMM y', locale='id')}</time></article>"
            for at, title in self._news(slug, now)
        )
        around = f'<div id="jam">{now:%H:%M:%S}</div><div class="visitor-counter">Pengunjung: {self.visits}</div>'
        planted = _GAMBLING if self._planted(slug, now) else ""
        page = f"<title>{name}</title>{feed}</head><body><h1>{name}</h1>{news}{around}{planted}<script>n={self.visits}</script>"
        return HTMLResponse(f'<!DOCTYPE html><html lang="id"><head><meta charset="utf-8">{page}</body></html>')

    def feed(self, request: Request) -> Response:
        slug, now = request.path_params["slug"], self.now()
        if (refused := self._refused(slug, now)) is not None or not self._feeds(slug):
            return refused or HTMLResponse("Not Found", 404)
        items = "".join(
            f"<item><title>{title}</title><pubDate>{at:%a, %d %b %Y %H:%M:%S %z}</pubDate></item>"
            for at, title in self._news(slug, now)
        )
        return Response(
            f'<rss version="2.0"><channel><title>{slug}</title>{items}</channel></rss>', media_type="application/rss+xml"
        )

    def sitemap(self, request: Request) -> Response:
        slug, now = request.path_params["slug"], self.now()
        if (refused := self._refused(slug, now)) is not None:
            return refused
        pages = "".join(f"<url><loc>/{slug}/</loc><lastmod>{at.isoformat()}</lastmod></url>" for at, _ in self._news(slug, now))
        form = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        return Response(f"<urlset {form}>{pages}</urlset>", media_type="application/xml")

    def _refused(self, slug: str, now: datetime) -> Response | None:
        if slug not in OFFICES:
            return HTMLResponse("Not Found", 404)
        if slug in self.world.dead_sites(now.date()):
            return HTMLResponse("<h1>Error establishing a database connection</h1>", 500)
        return None

    def _feeds(self, slug: str) -> bool:
        return OFFICES.index(slug) % 3 != 0

    def _planted(self, slug: str, now: datetime) -> bool:
        """Some week of the year gambling is planted into a site."""
        draw = self.world.rng("websites", "sisipan", slug, now.year)
        week = int(draw.integers(1, 53))
        return bool(draw.random() < 0.3) and now.isocalendar().week == week

    def _news(self, slug: str, now: datetime) -> list[tuple[datetime, str]]:
        return [(at, title) for at, title in self.posts(slug, now.date()) if at <= now][:NEWS]

    def _posts(self, slug: str, today: date) -> list[tuple[datetime, str]]:
        """What an office wrote, newest first: some write each other day, some hardly ever."""
        rate = 0.6 / (1 + OFFICES.index(slug) % 7 * 3)
        found: list[tuple[datetime, str]] = []
        for day in (today - timedelta(days=back) for back in range(LOOK_BACK)):
            if len(found) > NEWS:
                break
            draw = self.world.rng("websites", slug, day.toordinal())
            if self.world.working(day) and draw.random() < rate:
                at = datetime.combine(day, time(9), self.world.city.zone) + timedelta(minutes=int(draw.integers(0, 420)))
                found.append((at, _SUBJECTS[int(draw.integers(len(_SUBJECTS)))]))
        return found


UPSTREAM = Upstream(name="websites", routes=lambda world, now, _: Sites(world, now).routes())
