"""Environment and city pack as one frozen object; refuses to start on a weak or missing secret."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from layers.alarmrules import NotifyTarget
from layers.city import PACKS, City, load
from layers.entry import Entry, read_entry
from layers.reportplan import Reports, read_reports

CITY = "36.71"
"""The city of a room that was told of none; its data rests in ``data``."""

SECRET_BYTES = 32
_WELL_KNOWN = ("changeme", "secret", "password", "liveroom", "rahasia", "default", "0123456789", "aaaaaaaa")


class SettingsError(ValueError):
    """A setting that the room will not start with; the message names the variable and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process of the room needs to know. Secrets never appear in its ``repr``."""

    city: City
    data: Path
    host: str = "127.0.0.1"
    port: int = 8050
    workers: int = 1
    demo: bool = False
    database_url: str = field(repr=False)
    people_url: str = field(repr=False)
    redis_url: str | None = field(default=None, repr=False)
    secret: str = field(repr=False)
    boundaries: Path | None = None
    url: str | None = None
    entry: Entry = field(default_factory=Entry)
    reports: Reports = field(default_factory=Reports)
    prefix: str = ""

    @property
    def address(self) -> str:
        """Where people find the room: LIVEROOM_URL, else the address that the web server listens at; with the prefix."""
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/").removesuffix(self.prefix) + self.prefix

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the web server."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:  # a name that others may resolve
            return False

    @property
    def public_by_default(self) -> bool:
        """Only the demo on loopback grants ``public`` without an account."""
        return self.demo and self.loopback


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Read ``LIVEROOM_*`` and ``REDIS_URL``; raises :class:`SettingsError` or :class:`layers.city.PackError`.

    A data folder that holds ``demo`` is a demo's for good: its store has generated records in it.
    LIVEROOM_CITY, LIVEROOM_DATA, LIVEROOM_HOST, LIVEROOM_PORT, LIVEROOM_WORKERS,
    LIVEROOM_DATABASE_URL, LIVEROOM_PEOPLE_URL, LIVEROOM_SECRET, LIVEROOM_BOUNDARIES, LIVEROOM_URL (the room's address as
    people type it), LIVEROOM_PREFIX (the path below which a proxy shows the room), LIVEROOM_NOTIFY
    (addresses that alarms are sent to, parted by spaces); LIVEROOM_SOURCES
    names further folders of source files beside ``DATA/sources``, LIVEROOM_PACKS the folder of the city's own packs.
    """
    env = os.environ if env is None else env
    data = data_folder(env)
    demo = (data / "demo").is_dir()
    sources = [
        data / "sources",
        data / "demo" / "sources",
        *(Path(p) for p in env.get("LIVEROOM_SOURCES", "").split(os.pathsep) if p),
    ]
    boundaries = env.get("LIVEROOM_BOUNDARIES")
    city = load(_code(env), sources, (packs_folder(env), PACKS))
    addresses = enumerate(env.get("LIVEROOM_NOTIFY", "").split(), 1)
    told = tuple(NotifyTarget(name=f"pesan-{n}", url=SecretStr(url)) for n, url in addresses)
    city = city.model_copy(update={"notify": (*city.notify, *told)})
    _write_once(data / "city", city.code)
    return Settings(
        city=city,
        data=data,
        host=env.get("LIVEROOM_HOST", "127.0.0.1"),
        port=_whole(env, "LIVEROOM_PORT", 8050, range(65536)),
        workers=_whole(env, "LIVEROOM_WORKERS", 1, range(1, 257)),
        demo=demo,
        database_url=env.get("LIVEROOM_DATABASE_URL", f"sqlite:///{data / 'liveroom.sqlite'}"),
        people_url=env.get("LIVEROOM_PEOPLE_URL", f"sqlite:///{data / 'people.sqlite'}"),
        redis_url=env.get("REDIS_URL") or None,
        secret=_secret(env.get("LIVEROOM_SECRET"), data, demo=demo),
        boundaries=Path(boundaries) if boundaries else None,
        url=env.get("LIVEROOM_URL") or None,
        entry=read_entry(data / "access.toml", city, env),
        reports=read_reports(data / "reports.toml", city, env),
        prefix=_prefix(env.get("LIVEROOM_PREFIX", "")),
    )


def packs_folder(env: Mapping[str, str] | None = None) -> Path:
    """LIVEROOM_PACKS, else ``packs`` in the working folder: packs made or changed here, before those of the room."""
    return Path((os.environ if env is None else env).get("LIVEROOM_PACKS") or "packs").resolve()


def data_folder(env: Mapping[str, str] | None = None) -> Path:
    """LIVEROOM_DATA, made if it is not there yet, for its owner alone; else ``data``, for another city ``data-<code>``.

    A folder belongs to the city that first used it (``DATA/city``): raises :class:`SettingsError` for another.
    """
    env = os.environ if env is None else env
    code = _code(env)
    data = Path(env.get("LIVEROOM_DATA") or ("data" if code == CITY else f"data-{code}")).resolve()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (owner := _owner(data)) not in (None, code):
        raise SettingsError(
            f"LIVEROOM_DATA: {data} milik {owner}, bukan {code}; satu folder data untuk satu kota: beri {code} folder lain"
        )
    return data


def _code(env: Mapping[str, str]) -> str:
    return env.get("LIVEROOM_CITY") or CITY


def _owner(data: Path) -> str | None:
    """Whose folder it is: as marked, else the one city that has drawn its map in it."""
    with suppress(FileNotFoundError):
        return (data / "city").read_text("ascii").strip()
    drawn = [path.name for path in (data / "boundaries").glob("*")]
    return drawn[0] if len(drawn) == 1 else None


def _whole(env: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    try:
        number = int(env.get(name, default))
    except ValueError as error:
        raise SettingsError(f"{name}: {env[name]!r} bukan bilangan bulat") from error
    if number not in allowed:
        raise SettingsError(f"{name}: {number} di luar {allowed.start} sampai {allowed.stop - 1}")
    return number


def _prefix(given: str) -> str:
    """``/ruang`` or nothing, without a slash at its end; raises :class:`SettingsError`."""
    prefix = given.rstrip("/")
    if prefix and not re.fullmatch(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,4}", prefix):
        raise SettingsError(f"LIVEROOM_PREFIX: {given!r} bukan jalur; tulislah seperti /ruang")
    return prefix


def _secret(given: str | None, data: Path, *, demo: bool) -> str:
    """The given secret if it is strong; the demo makes one of its own and keeps it in ``DATA/secret``."""
    if given is None:
        path = data / "secret"
        if demo:
            _write_once(path, secrets.token_urlsafe(SECRET_BYTES))
        if not path.exists():
            raise SettingsError(
                "LIVEROOM_SECRET belum diisi; buat dengan: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(f"{path}: dapat dibaca orang lain; jalankan chmod 600")
        given = path.read_text("ascii").strip()
    weak = len(given.encode()) < SECRET_BYTES or len(set(given)) < 12
    if weak or any(word in given.lower() for word in _WELL_KNOWN):
        raise SettingsError(f"LIVEROOM_SECRET lemah: perlu sedikitnya {SECRET_BYTES} bita acak")
    return given


def _write_once(path: Path, text: str) -> None:
    """Write a file whole under its name; of several processes that start at once the first one's stays."""
    if path.exists():
        return
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    with suppress(FileExistsError):
        path.hardlink_to(part)
    Path(part).unlink()
