"""Makes the pack of any kabupaten or kota out of public tables of codes and boundaries, and says what it mended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from layers import clock, geofiles, mapasset
from layers.adopt import ground, pack, tables
from layers.adopt.codes import pick
from layers.adopt.tables import TableError
from layers.boundaries import BoundaryError, to_geojson
from layers.city import CODE, PACKS, PackError, load
from layers.words import number

__all__ = ["Adoption", "adopt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What came of it, in plain words; nothing was written unless ``ok``."""

    ok: bool
    lines: list[str]


def adopt(
    code: str,
    *,
    table: Path,
    boundaries: Path,
    folder: Path,
    population: Path | None = None,
    population_year: int | None = None,
    force: bool = False,
) -> Adoption:
    """Write the pack ``<folder>/<code>.*`` from local files, mending what is certain; again with the same files changes nothing.

    ``table`` holds codes and names, ``boundaries`` polygons by code, ``population`` statistics. What a person
    has changed in the folder stays, unless ``force``. What cannot be mended stops it: the last line says what.
    """
    say: list[str] = []
    try:
        files = _made(code, table, boundaries, population, population_year, say)
        with TemporaryDirectory() as draft:
            pack.lay(Path(draft), code, files, [], force=True)
            city = load(code, packs=(Path(draft),))
        pack.lay(folder, code, files, say, force=force)
        load(code, packs=(folder,))
    except (TableError, BoundaryError, PackError) as error:
        return Adoption(ok=False, lines=[*say, f"Berhenti: {error}"])
    if folder != PACKS and (PACKS / f"{code}.toml").exists():
        say.append(f"Perhatian: {city.name} juga ada di antara paket bawaan; yang di {folder} dipakai lebih dahulu")
    return Adoption(ok=True, lines=say)


def _made(
    code: str, table: Path, boundaries: Path, population: Path | None, year: int | None, say: list[str]
) -> dict[str, bytes]:
    """The files of the pack by their names."""
    if not CODE.fullmatch(code) or code[:2] not in pack.ZONES:
        raise TableError(f"{code!r} bukan kode kabupaten atau kota Kemendagri, seperti 32.15")
    read = tables.read(table)
    rows = tables.codes(read)
    say.append(f"Tabel: {read.name} ({read.form}), {number(len(rows))} kode")
    if read.foreign:
        say.append(f"Diperbaiki: {read.name} bukan UTF-8; dibaca sebagai Windows-1252")
    drawn_file = geofiles.read(boundaries)
    say.append(f"Batas: {boundaries.name} ({drawn_file.form}), {len(drawn_file.features)} wilayah")
    drawn = ground.drawn(code, drawn_file, say)
    codes = pick(code, rows, drawn.names, say)
    shapes = ground.mended(ground.matched(codes, drawn, say), say)
    people = _people(code, population, year, say)
    ground.compared(shapes.values(), people.km2 if people else None, say)
    facts = ground.facts(codes, shapes, drawn.names)
    asset = mapasset.make_asset(code, shapes, facts, schematic=False)
    say.append(f"Peta: {len(asset.paths)} kelurahan/desa, {number(len(asset.to_json()) / 1024)} KB")
    origins = {"tables": read.name, "boundaries": boundaries.name, "people": population.name if population else ""}
    return {
        f"{code}.toml": pack.settings(codes, people, origins, clock.now().date()),
        f"{code}.areas.csv": pack.areas(facts),
        f"{code}.opds.csv": pack.opds(codes),
        f"{code}.boundaries.geojson": to_geojson(code, dict(codes.kelurahan), shapes, boundaries.name),
        **pack.source_examples(codes),
    }


def _people(code: str, path: Path | None, year: int | None, say: list[str]) -> tables.Statistics | None:
    if path is None:
        say.append("Penduduk: tidak diberi; isi population di berkas paket, atau beri --population")
        return None
    found = tables.statistics(tables.read(path), code)
    if found is None or found.people is None:
        raise TableError(f"{path.name}: tidak memuat jumlah penduduk {code}")
    known = year or found.year
    say.append(f"Penduduk: {number(found.people)} jiwa ({known or 'tahun tidak disebut; beri --population-year'})")
    return tables.Statistics(people=found.people, year=known, km2=found.km2)
