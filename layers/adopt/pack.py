"""The files of a city pack: written from what was found, and laid down without taking a person's work away."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from layers.adopt.codes import Codes
from layers.adopt.tables import Statistics
from layers.areas import key, region
from layers.city import AreaFacts

TEMPLATES = Path(__file__).parent / "templates"

OVERDUE_EACH = 40 / 104
"""Complaints past their deadline for each kelurahan that the first target allows, and twice as many to act on."""

WIB, WITA, WIT = ("Asia/Jakarta", "WIB"), ("Asia/Makassar", "WITA"), ("Asia/Jayapura", "WIT")
ZONES = {
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19", "21"), WIB),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "61", "62"), WIB),
    **dict.fromkeys(("51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"), WITA),
    **dict.fromkeys(("81", "82", "91", "92", "93", "94", "95", "96"), WIT),
}
"""IANA zone and mark of each province by Kemendagri's code (Keppres 41/1987)."""


def settings(codes: Codes, people: Statistics | None, sources: Mapping[str, str], today: date) -> bytes:
    """``<code>.toml``; the targets hold from the start of last year, so that history is judged too."""
    zone, mark = ZONES[codes.code[:2]]
    overdue = max(round(OVERDUE_EACH * len(codes.kelurahan)), 1)
    population = ""
    if people and people.people:
        population = f"population = {people.people} # {sources['people']}\n"
        population += (
            f"population_year = {people.year}\n" if people.year else "# population_year = ... (tahunnya tidak disebut)\n"
        )
    values = {
        "CODE": codes.code,
        "NAME": codes.name,
        "TABLES": sources["tables"],
        "BOUNDARIES": sources["boundaries"],
        "ZONE": zone,
        "MARK": mark,
        "POPULATION": population,
        "SINCE": date(today.year - 1, 1, 1).isoformat(),
        "AREAS": str(len(codes.kelurahan)),
        "OVERDUE": str(overdue),
        "OVERDUE_ACT": str(2 * overdue),
    }
    return _filled((TEMPLATES / "pack.toml").read_text("utf-8"), values)


def areas(facts: Sequence[AreaFacts]) -> bytes:
    """``<code>.areas.csv``."""
    columns = ("code", "name", "variants", "label_lat", "label_lon", "km2", "neighbours")
    return _csv(columns, (tuple(getattr(fact, column) for column in columns) for fact in facts))


def opds(codes: Codes) -> bytes:
    """``<code>.opds.csv``: the usual perangkat daerah of a kabupaten or a kota, and each kecamatan's office."""
    with (TEMPLATES / "opds.csv").open(encoding="utf-8", newline="") as file:
        usual = [row for row in csv.DictReader(file) if row["only"] in ("", region(codes.code))]
    rows: list[tuple[object, ...]] = [(r["slug"], r["short"], r["name"], "", r["variants"]) for r in usual]
    names = [key(name) for name in codes.kecamatan.values()]
    for code, name in codes.kecamatan.items():
        slug = "kec-" + "-".join(re.findall("[a-z0-9]+", name.lower()))
        slug += f"-{code[-2:]}" if names.count(key(name)) > 1 else ""
        rows.append((slug, f"Kec. {name}", f"Kecamatan {name}", "", (f"Camat {name}", f"Kantor Kecamatan {name}")))
    return _csv(("slug", "short", "name", "codes", "variants"), rows)


def source_examples(codes: Codes) -> dict[str, bytes]:
    """``<code>.sources/*.toml``: declarations to fill in, with what to ask of whom."""
    values = {"NAME": codes.name, "FIRST": min(codes.kelurahan), "PROVINCE": codes.province}
    found = sorted((TEMPLATES / "sources").glob("*.toml"))
    return {f"{codes.code}.sources/{path.name}": _filled(path.read_text("utf-8"), values) for path in found}


def lay(folder: Path, code: str, files: Mapping[str, bytes], say: list[str], *, force: bool) -> None:
    """Write the files; one that a person has changed since is left, and the new one laid beside it as ``.baru``.

    ``<code>.adopted.json`` remembers what was written, so that a person's changes are known from ours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / f"{code}.adopted.json"
    known = json.loads(stamp.read_text("utf-8")) if stamp.exists() else {}
    same = 0
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        before = path.read_bytes() if path.exists() else None
        if before == body:
            same += 1
        elif before is None or force or known.get(name) == _hash(before):
            _write(path, body)
            say.append(f"Ditulis: {path}" if before is None else f"Diperbarui: {path}")
        else:
            _write(path.with_name(path.name + ".baru"), body)
            say.append(f"Tidak ditimpa: {path} sudah disunting; yang baru di {path.name}.baru (timpa dengan --force)")
            continue
        known[name] = _hash(body)
        path.with_name(path.name + ".baru").unlink(missing_ok=True)
    if same:
        say.append(f"Tidak berubah: {same} berkas")
    _write(stamp, json.dumps(known, indent=1, sort_keys=True).encode())


def _filled(text: str, values: Mapping[str, str]) -> bytes:
    return re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]], text).encode()


def _csv(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return "" if value is None else "|".join(value) if isinstance(value, tuple) else value


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    Path(part).chmod(0o644)
    Path(part).replace(path)
