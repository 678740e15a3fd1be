"""``liveroom adopt``: a city's pack from files at hand or from public tables on the web, fetched once and bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from connectors.http import Http, origin
from connectors.source import SourceError
from layers.adopt import Adoption, adopt
from layers.adopt.tables import TableError

TABLES = "https://raw.githubusercontent.com/cahyadsn/wilayah/HEAD/db/wilayah.sql"
"""Codes and names of all Indonesia by Kepmendagri 300.2.2 (MIT licence)."""

BOUNDARIES = (
    "https://raw.githubusercontent.com/cahyadsn/wilayah_boundaries/HEAD/db/kel/{province}/wilayah_boundaries_kel_{code}.sql"
)
"""Kelurahan and desa of one kabupaten or kota (MIT licence)."""

DEADLINE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to adopt and from where: each a path or an address; ``None`` is the public one (no population)."""

    code: str
    tables: str | None = None
    boundaries: str | None = None
    population: str | None = None
    population_year: int | None = None


def adopt_city(wanted: Wanted, folder: Path, *, force: bool = False) -> Adoption:
    """Fetch what is on the web, make the pack in ``folder``, and say what to do next."""
    asked = (
        wanted.tables or TABLES,
        wanted.boundaries or BOUNDARIES.format(province=wanted.code[:2], code=wanted.code),
        wanted.population,
    )
    with TemporaryDirectory(prefix="liveroom-") as temp:
        say: list[str] = []
        try:
            table, boundaries, population = (_at_hand(source, Path(temp) / str(n), say) for n, source in enumerate(asked))
        except SourceError as error:
            advice = "unduh berkasnya dengan peramban, lalu beri namanya dengan --tables, --boundaries atau --population"
            return Adoption(ok=False, lines=[*say, f"Berhenti: {error}; {advice}"])
        if table is None or boundaries is None:
            raise TableError("tabel kode dan berkas batas tidak boleh kosong")
        made = adopt(
            wanted.code,
            table=table,
            boundaries=boundaries,
            population=population,
            population_year=wanted.population_year,
            folder=folder,
            force=force,
        )
    following = _following(wanted.code, folder) if made.ok else ()
    return Adoption(ok=made.ok, lines=[*say, *made.lines, *following])


def _at_hand(source: str | None, folder: Path, say: list[str]) -> Path | None:
    """The file itself, or what the address answers saved under its own name."""
    if source is None or not re.match(r"[a-z]+://", source):
        return Path(source) if source else None
    folder.mkdir()
    name = re.sub(r"[^\w.-]", "_", Path(urlsplit(source).path).name).lstrip(".") or "berkas"
    with Http(frozenset({origin(source)}), deadline=DEADLINE) as http:
        http.save(source, folder / name)
    say.append(f"Diambil: {source}")
    return folder / name


def _following(code: str, folder: Path) -> Iterable[str]:
    elsewhere = "" if folder == Path("packs").resolve() else f"LIVEROOM_PACKS={folder} "
    yield f"Contoh deklarasi sumber: {folder / code}.sources; salin yang dipakai ke DATA/sources setelah diisi"
    yield f"Coba dengan kota simulasi: {elsewhere}make live CITY={code}"
