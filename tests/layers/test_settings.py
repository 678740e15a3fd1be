"""The room refuses to start on what is weak or wrong, and shows no secret."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from layers.city import PACKS, PackError
from layers.settings import SECRET_BYTES, Settings, SettingsError, data_folder, from_environment, packs_folder
from tests.layers.made import SECRET


def start(data: Path, **env: str) -> Settings:
    return from_environment({"LIVEROOM_DATA": str(data), "LIVEROOM_SECRET": SECRET} | env)


def demo(data: Path) -> Path:
    (data / "demo").mkdir(parents=True)
    return data


def test_defaults_serve_one_machine(tmp_path: Path) -> None:
    settings = start(tmp_path / "data")
    assert (settings.host, settings.port, settings.workers, settings.demo) == ("127.0.0.1", 8050, 1, False)
    assert settings.database_url == f"sqlite:///{tmp_path}/data/liveroom.sqlite"
    assert settings.people_url != settings.database_url
    assert settings.redis_url is None
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_no_secret_is_in_the_repr(tmp_path: Path) -> None:
    settings = start(
        tmp_path,
        LIVEROOM_DATABASE_URL="postgresql+psycopg://u:sandi-basis@db/x",
        LIVEROOM_PEOPLE_URL="postgresql+psycopg://u:sandi-orang@db/y",
        REDIS_URL="redis://:sandi-cache@cache/0",
    )
    for secret in (SECRET, "sandi-basis", "sandi-orang", "sandi-cache"):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    "weak", ["", "pendek", "a" * 64, "changeme" + SECRET, "Rahasia-" + SECRET, "abcabcabc" * 8, SECRET[: SECRET_BYTES - 1]]
)
def test_a_weak_secret_is_refused(tmp_path: Path, weak: str) -> None:
    with pytest.raises(SettingsError, match="LIVEROOM_SECRET lemah") as refusal:
        start(tmp_path, LIVEROOM_SECRET=weak)
    assert not weak or weak not in str(refusal.value)


def test_without_a_secret_only_the_demo_starts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="token_urlsafe"):
        from_environment({"LIVEROOM_DATA": str(tmp_path / "a")})
    settings = from_environment({"LIVEROOM_DATA": str(demo(tmp_path / "b"))})
    assert settings.demo
    assert len(settings.secret) >= SECRET_BYTES
    assert from_environment({"LIVEROOM_DATA": str(tmp_path / "b")}).secret == settings.secret
    assert (tmp_path / "b" / "secret").stat().st_mode & 0o077 == 0


def test_processes_that_start_a_demo_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    folder = demo(tmp_path)
    barrier = multiprocessing.Barrier(8)

    def read(_: int) -> str:
        barrier.wait()
        return from_environment({"LIVEROOM_DATA": str(folder)}).secret

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(8)))) == 1
    assert {path.name for path in folder.iterdir()} == {"city", "demo", "secret"}


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        from_environment({"LIVEROOM_DATA": str(tmp_path)})
    path.chmod(0o600)
    assert from_environment({"LIVEROOM_DATA": str(tmp_path)}).secret == SECRET


def test_a_data_folder_belongs_to_the_city_that_first_used_it(tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    for file in PACKS.glob("36.71*"):
        text = file.read_text("utf-8").replace("36.71", "36.72").replace("Kota Tangerang", "Kota Contoh")
        (packs / file.name.replace("36.71", "36.72")).write_text(text, "utf-8")
    other = {"LIVEROOM_PACKS": str(packs), "LIVEROOM_CITY": "36.72"}
    assert start(tmp_path / "data").city.code == "36.71"
    assert (tmp_path / "data" / "city").read_text() == "36.71"
    with pytest.raises(SettingsError, match=r"milik 36\.71, bukan 36\.72"):
        start(tmp_path / "data", **other)
    with pytest.raises(SettingsError, match=r"milik 36\.71, bukan 36\.72"):  # before anything is laid into it
        data_folder({"LIVEROOM_DATA": str(tmp_path / "data"), **other})
    assert start(tmp_path / "new", **other).city.name == "Kota Contoh"
    assert start(tmp_path / "data", LIVEROOM_PACKS=str(packs)).city.name == "Kota Tangerang"  # the built-in one


def test_a_folder_from_before_the_mark_is_known_by_the_map_in_it(tmp_path: Path) -> None:
    (tmp_path / "boundaries" / "36.71").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"milik 36\.71, bukan 32\.15"):
        data_folder({"LIVEROOM_DATA": str(tmp_path), "LIVEROOM_CITY": "32.15"})
    assert start(tmp_path).city.code == "36.71"


def test_an_unknown_city_leaves_no_mark(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"liveroom adopt 11\.11"):
        start(tmp_path, LIVEROOM_CITY="11.11")
    assert start(tmp_path).city.code == "36.71"


def test_each_city_has_a_data_folder_of_its_own_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert data_folder({}) == tmp_path / "data"
    assert data_folder({"LIVEROOM_CITY": "32.15"}) == tmp_path / "data-32.15"
    assert packs_folder({}) == tmp_path / "packs"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "delapan"), ("PORT", "65536"), ("PORT", "-1"), ("WORKERS", "0"), ("WORKERS", "1.5"), ("WORKERS", "")],
)
def test_a_number_that_is_none_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"LIVEROOM_{name}"):
        start(tmp_path, **{f"LIVEROOM_{name}": value})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.5", False),
        ("ruang.kota.go.id", False),
        ("localhost.kota.go.id", False),
    ],
)
def test_only_the_demo_on_loopback_is_public(tmp_path: Path, host: str, loopback: bool) -> None:
    assert start(tmp_path / "asli", LIVEROOM_HOST=host).loopback is loopback
    assert not start(tmp_path / "asli", LIVEROOM_HOST=host).public_by_default
    (tmp_path / "coba" / "demo").mkdir(parents=True, exist_ok=True)
    assert start(tmp_path / "coba", LIVEROOM_HOST=host).public_by_default is loopback
