"""Evidence photos: looked at once and kept as a hash, bounded in every way, and never the reason that a row is lost."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from connectors import inbox, photos
from connectors.http import origins
from connectors.photos import NoPicture, Photos, looked_at
from connectors.simulator.upstreams._photos import _scene
from connectors.sources.rest import Rest
from layers import clock
from layers.city import City
from layers.model import Complaint, Kind, Outcome, Status
from layers.settings import Settings
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import Real, served

FIELDS = {
    "known_at": {"column": "diubah"},
    "received": {"column": "masuk"},
    "closed": {"column": "selesai"},
    "status": {"column": "status", "values": {"Baru": "menunggu", "Selesai": "selesai"}},
    "category": {"constant": "Sampah"},
    "channel": {"constant": "Aplikasi"},
    "photo": {"column": "foto"},
}
CONFIG: dict[str, Any] = {"kind": "complaint", "url": "{base}/aduan", "rows": "data", "id": "nomor", "fields": FIELDS}


def drawn(seed: int) -> Image.Image:
    return _scene(np.random.default_rng(seed))


def saved(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    body = io.BytesIO()
    picture.save(body, form, **options)
    return body.getvalue()


def bits(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("seed", range(6))
def test_a_photo_is_known_again_saved_anew_smaller_or_cropped_a_little_and_is_not_another(seed: int) -> None:
    picture = drawn(seed)
    plain = looked_at(saved(picture, quality=90))
    edges = (4, 4, picture.width - 4, picture.height - 4)
    again = [
        saved(picture, quality=40),
        saved(picture, "PNG"),
        saved(picture.resize((160, 120)), quality=80),
        saved(picture.crop(edges), quality=70),
    ]
    assert max(bits(plain, looked_at(body)) for body in again) <= 6
    assert bits(plain, looked_at(saved(drawn(seed + 100)))) > 6


def png_of(width: int, height: int) -> bytes:
    """A PNG that says that it is of this size, and is a few bytes."""
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))  # noqa: E731
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "bukan gambar"),
        (b"<html>masuk</html>", "bukan gambar"),
        (saved(Image.new("RGB", (64, 64), "white")), "kosong"),
        (saved(drawn(1), "GIF"), "bukan gambar"),
        (saved(drawn(1))[:900], "bukan gambar"),
        (png_of(9_000, 9_000), "terlalu besar"),
        (png_of(60_000, 60_000), "bukan gambar"),
    ],
    ids=["empty", "html", "blank", "gif", "torn", "large", "bomb"],
)
def test_what_is_no_picture_says_why(body: bytes, why: str) -> None:
    with pytest.raises(NoPicture, match=why):
        looked_at(body)


@given(st.binary(max_size=300))
def test_no_bytes_end_in_another_error(body: bytes) -> None:
    with pytest.raises(NoPicture):
        looked_at(body)


# --- a source that gives addresses ------------------------------------------------------------------


class Desk:
    """A service whose rows name pictures on its own host, or wherever a test wants."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.pictures: dict[str, bytes] = {}
        self.asked: list[str] = []

    def case(self, number: int, foto: str, *, days: float = 1, **changes: Any) -> dict[str, Any]:
        closed = clock.now() - timedelta(days=days)
        made = {"nomor": f"N-{number}", "masuk": (closed - timedelta(days=2)).isoformat(), "selesai": closed.isoformat()}
        return made | {"diubah": made["selesai"], "status": "Selesai", "foto": foto} | changes

    def answer(self, asked: Asked) -> Reply | None:
        if asked.path == "/aduan":
            return Reply(body=json.dumps({"data": self.rows}).encode())
        self.asked.append(asked.path)
        body = self.pictures.get(asked.path)
        return Reply(content_type="image/jpeg", body=body) if body is not None else None


@contextmanager
def desk(city: City, settings: Settings, config: Mapping[str, Any] | None = None) -> Iterator[tuple[Desk, Real]]:
    made = Desk()
    with served("rest", CONFIG | (config or {}), city, settings, answer=made.answer) as real:
        yield made, real


def kept(real: Real) -> dict[str, str | None]:
    return {r.source_id: r.photo for r in real.records(Kind.COMPLAINT) if isinstance(r, Complaint)}


def test_a_photo_is_fetched_once_and_kept_as_its_hash_alone(city: City, settings: Settings, real_clock: None) -> None:
    with desk(city, settings) as (made, real):
        made.pictures = {"/foto/1.jpg": saved(drawn(1)), "/foto/2.jpg": b"<html>"}
        urls = [f"{real.upstream.url}/foto/{n}.jpg" for n in (1, 2, 3)]
        made.rows = [made.case(n, url) for n, url in enumerate(urls, 1)]
        made.rows += [made.case(4, urls[0], selesai=None, status="Baru"), made.case(5, urls[0], days=40), made.case(6, "")]
        run = real.pull()
        assert (run.outcome, run.kept, run.quarantined) == (Outcome.OK, 6, 0)
        assert run.message == "2 foto bukti tidak terbaca (1 bukan gambar, 1 gagal diambil)"
        expected = {f"N-{n}": None for n in range(2, 7)} | {"N-1": looked_at(made.pictures["/foto/1.jpg"])}
        assert kept(real) == expected
        assert made.asked == ["/foto/1.jpg", "/foto/2.jpg", "/foto/3.jpg"]
        made.rows.append(made.case(7, ""))
        run = real.pull()
        assert (run.kept, run.unchanged, run.message) == (1, 6, None)
        assert len(made.asked) == 3, "nothing is fetched twice"


def test_only_the_sources_own_hosts_are_asked(city: City, settings: Settings, real_clock: None) -> None:
    with desk(city, settings) as (made, real):
        made.rows = [made.case(1, "http://169.254.169.254/latest/meta-data"), made.case(2, "http://127.0.0.1:1/x.jpg")]
        made.rows += [made.case(3, "/etc/passwd"), made.case(4, "../../rahasia.jpg"), made.case(5, "file:///etc/passwd")]
        run = real.pull()
        assert (run.kept, made.asked) == (5, [])
        assert "2 gagal diambil" in str(run.message)
        assert set(kept(real).values()) == {None}


def test_a_run_asks_for_no_more_than_its_bounds(
    city: City, settings: Settings, real_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "MOST", 3)
    with desk(city, settings) as (made, real):
        made.pictures = {f"/foto/{n}.jpg": saved(drawn(n)) for n in range(8)}
        made.rows = [made.case(n, f"{real.upstream.url}/foto/{n}.jpg") for n in range(8)]
        assert real.pull().message == "5 foto bukti tidak terbaca (5 tidak diambil)"
        assert len(made.asked) == 3
        assert sum(photo is not None for photo in kept(real).values()) == 3
        changed = (clock.now() - timedelta(minutes=1)).isoformat()
        made.rows = [row | {"diubah": changed} for row in made.rows]
        real.pull()
        assert len(made.asked) == 6, "what the source tells anew has another chance"


def test_a_host_in_trouble_is_left_alone(city: City, settings: Settings, real_clock: None) -> None:
    with desk(city, settings) as (made, real):
        made.rows = [made.case(n, f"{real.upstream.url}/foto/{n}.jpg") for n in range(20)]
        assert real.pull().kept == 20
        assert len(made.asked) == photos.TROUBLE


# --- a file name in the drop folder -------------------------------------------------------------------


def test_a_picture_in_the_drop_folder_is_read_there_and_is_no_table(tmp_path: Path, settings: Settings) -> None:
    folder = settings.data / "inbox" / "uji"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(saved(drawn(1)))
    (tmp_path / "luar.jpg").write_bytes(saved(drawn(2)))
    (folder / "tautan.jpg").symlink_to(tmp_path / "luar.jpg")
    now = clock.now()
    album = Photos(store=_Nothing(), folder=folder, now=now)  # type: ignore[arg-type]
    usual = {"source": "uji", "seen_at": now, "received": now, "closed": now, "category": "x", "channel": "x"}
    names = ("a.jpg", "b.jpg", "tautan.jpg", "../uji/a.jpg", ".a.jpg", "", "ff" * 8)

    records = [Complaint(source_id=name or "-", photo=name, status=Status.DONE, **usual) for name in names]  # type: ignore[arg-type]
    album.settle(records)
    assert [record.photo for record in records] == [looked_at(saved(drawn(1))), *[None] * 5, "ff" * 8]
    assert album.fates["dilihat"] == 1
    assert inbox.waiting(folder)[0].name == "a.jpg"


class _Nothing:
    def photos(self, source: str, source_ids: object) -> dict[str, object]:
        return {}


def test_the_declared_hosts_are_the_only_others(city: City) -> None:

    config = Rest.model_validate({**CONFIG, "url": "https://a.go.id/aduan", "photo_hosts": ["https://foto.go.id"]})
    assert origins(config) == {("https", "a.go.id", 443), ("https", "foto.go.id", 443)}
    plain = Rest.model_validate({**CONFIG, "url": "https://a.go.id/aduan"})
    assert config.mark == plain.mark, "another host for photos is no reason to read all rows again"
