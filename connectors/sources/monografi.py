"""The monograph of kelurahan and desa: an XLSX form of labels and values, one sheet or file for each, with its completeness."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from connectors.declared import readers
from connectors.declared.cells import as_text, filled
from connectors.declared.mapped import digest as digest_of
from connectors.fields import digest
from connectors.http import Http
from connectors.source import BadRow, Config, Context, Cursor, Excluded, FormChanged, Kept, Page, Place, Row, Sample, Source
from connectors.sources._monografi import IDENTITY, ISIAN, UNIT_WORDS, slug
from connectors.sources.tabular import files_in
from layers.areas import AreaTree, dotted
from layers.model import Kind, Measurement

COMPLETENESS = "kelengkapan"
MOST = 1e12
_NUMBER = re.compile(r"(-?\d{1,3}(?:\.\d{3})+|-?\d+)(?:,(\d+))?|(-?\d+\.\d+)")
_SEMESTERS = {"1": 1, "i": 1, "satu": 1, "2": 2, "ii": 2, "dua": 2}


class Monografi(Config):
    """``path`` is a file or a pattern inside the data folder; without it only the drop folder is read.

    ``labels`` maps further labels to an isian, ``required`` are the isian that completeness counts (all by default).
    """

    path: Annotated[str, Field(min_length=1)] | None = None
    inbox: bool = True
    labels: Mapping[str, str] = Field(default_factory=dict)
    required: tuple[str, ...] = tuple(ISIAN)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := sorted({*self.labels.values(), *self.required} - set(ISIAN)):
            raise ValueError(f"bukan isian monografi: {', '.join(unknown)}")
        if not self.required:
            raise ValueError("required: sedikitnya satu isian")
        if self.path is None and not self.inbox:
            raise ValueError("nyatakan path atau inbox = true")
        return self

    def takes_files(self) -> bool:
        return self.inbox

    def heading(self, field: str, row: Row) -> str:
        return str(row.get("label") or field)


def pages(_http: Http, config: Monografi, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """Every form of the files that have changed. One file's forms are committed page by page, its mark with the last."""
    if config.path is None:
        return
    mark = digest(config.labels, config.required)
    held = cursor["files"] if cursor and cursor.get("mark") == mark else {}
    files = files_in(config.path, ctx.data.resolve())
    state = {name: held[name] for name in files if name in held}
    for name, path in files.items():
        found = digest_of(path)
        if state.get(name) != found:
            yield from drop(path, name, config, ctx)
            state[name] = found
            yield Page(rows=(), cursor={"files": dict(state), "mark": mark})


def drop(path: Path, name: str, config: Monografi, ctx: Context) -> Iterator[Page]:
    """The isian of every form in a workbook; sheets that are no form are named in the notes."""
    labels = {slug(label): isian for label, isian in config.labels.items()}
    lacking = []
    read = 0
    tree = AreaTree.of(ctx.city)
    for sheet, lines in readers.sheet_cells(path, name):
        rows, where = _form(sheet, lines, labels, config.required, tree)
        if rows:
            read += 1
            yield Page(rows=rows, where=where)
        else:
            lacking.append(f"lembar {sheet!r} tidak dibaca: tidak ada isian kelurahan/desa dan tahun")
    lacking += [f"lembar {sheet!r} tersembunyi, maka tidak dibaca" for sheet in readers.sheet_names(path, name, hidden=True)]
    if not read:
        raise FormChanged(f"{name}: bukan formulir monografi; yang perlu: Desa/Kelurahan, Kecamatan, Keadaan data tahun")
    if lacking:
        yield Page(rows=(), notes=lacking)


def parse(row: Row, _config: Monografi, ctx: Context) -> Kept | Excluded:
    """One isian: a number in its unit. Words (a boundary, a kind of terrain) count as filled and become no number."""
    isian, value = row.get("isian"), row.get("nilai")
    if isian is None:
        return Excluded(rule="isian_lain")
    if not isinstance(isian, str) or (isian not in ISIAN and isian != COMPLETENESS):
        raise BadRow("isian", "isian tidak dikenal")
    unit = "bagian" if isian == COMPLETENESS else ISIAN[isian]
    if _empty(value):
        return Excluded(rule="tidak_diisi")
    if unit == "teks":
        return Excluded(rule="isian_teks")
    if row.get("salah"):
        raise BadRow("nomor_kode", "nomor kode milik kelurahan lain dari yang tertulis")
    if row.get("ganda"):
        raise BadRow(isian, "isian ini tertulis dua kali di formulir")
    number = _number(isian, value)
    name = row.get("kelurahan")
    if not isinstance(name, str) or not name.strip():
        raise BadRow("desa_kelurahan", "kosong, padahal wajib diisi")
    source_id = key(row)
    if source_id is None:
        raise BadRow("desa_kelurahan", "kode atau nama wilayah kosong")
    record = Measurement(
        source=ctx.source,
        source_id=source_id,
        seen_at=ctx.now,
        known_at=_begin(row, ctx),
        name=f"monografi.{isian}",
        subject=" ".join(name.split())[:100],
        value=number,
        unit=unit,
        measured=_period(row, ctx),
    )
    return Kept(record=record, place=Place(code=_word(row, "kode"), kelurahan=name, kecamatan=_word(row, "kecamatan")))


def key(row: Row) -> str | None:
    try:
        area = _word(row, "kode") or "/".join(filter(None, (_word(row, "kecamatan"), _word(row, "kelurahan"))))
    except BadRow:
        return None
    isian = row.get("isian")
    return f"{area}/{isian}"[:190] if area and isinstance(isian, str) else None


# --- the form ----------------------------------------------------------------------------------------


def _form(
    sheet: str, lines: Sequence[Sequence[Any]], labels: Mapping[str, str], required: Sequence[str], tree: AreaTree
) -> tuple[list[Row], list[str]]:
    """The rows of one form and where each stands; none where it does not say of whom and of when it speaks."""
    said = [(number, *pair) for number, cells in enumerate(lines, 1) if (pair := _pair(cells))]
    head = {IDENTITY[slug(label)]: value for _, label, value in said if slug(label) in IDENTITY}
    if not filled(head.get("kelurahan")) or not filled(head.get("tahun")):
        return [], []
    head |= _area(head, tree)
    rows: list[Row] = []
    where: list[str] = []
    known: dict[str, Any] = {}
    for number, label, value in said:
        bare = slug(label)
        if bare in IDENTITY:
            continue
        isian = labels.get(bare) or (bare if bare in ISIAN else None)
        if isian is None and _empty(value):
            continue  # the title of a part of the form
        row = {**head, "label": label, "isian": isian, "nilai": value, "ganda": isian in known}
        if isian is None:
            row |= {"label": None, "nilai": None}  # what the form does not ask for may name persons: it is left behind
        elif not _empty(value):
            known[isian] = value
        rows.append(row)
        where.append(f"lembar {sheet!r}, baris {number}")
    share = round(sum(isian in known for isian in required) / len(required), 4)
    rows.append({**head, "label": "Kelengkapan", "isian": COMPLETENESS, "nilai": share, "ganda": False})
    where.append(f"lembar {sheet!r}")
    return rows, where


def _area(head: Row, tree: AreaTree) -> dict[str, Any]:
    """The code in one spelling, also where the form gives none: a kelurahan must not become two. ``salah``: it is another's."""
    try:
        code, kecamatan, name = (_word(head, field) for field in ("kode", "kecamatan", "kelurahan"))
    except BadRow:
        return {}
    named = tree.by_name(name, kecamatan) if name else None
    known = dotted(code) if code else None
    if known in tree.areas and named is not None and named.code != known:
        return {"kode": known, "salah": True}
    return {"kode": known or code or (named.code if named else None)}


def _pair(cells: Sequence[Any]) -> tuple[str, Any] | None:
    """A line's label and the value beside it; numbering, colons and a unit that stands alone are passed over."""
    words = [cell for cell in map(filled, cells) if cell is not None and cell != ":"]
    at = next((at for at, cell in enumerate(words) if isinstance(cell, str) and re.search(r"[A-Za-z]{2}", cell)), None)
    if at is None:
        return None
    label, _, rest = words[at].partition(":")
    values = [cell for cell in (filled(rest), *words[at + 1 :]) if cell is not None]
    value = values[0] if values else None
    return label.strip(), None if isinstance(value, str) and slug(value) in UNIT_WORDS else value


def _empty(value: Any) -> bool:
    return filled(value) is None or (isinstance(value, str) and not value.strip(".…_ "))


def _number(isian: str, value: Any) -> float:
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        if match is None:
            raise BadRow(isian, "bukan bilangan")
        value = match[3] or f"{match[1].replace('.', '')}.{match[2] or 0}"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadRow(isian, "bukan bilangan")
    number = float(value)
    if ISIAN.get(isian) in ("orang", "buah") and not number.is_integer():
        raise BadRow(isian, "bukan bilangan bulat")
    if not 0 <= number <= (1 if isian == COMPLETENESS else MOST):
        raise BadRow(isian, "bilangan tidak masuk akal")
    return number


def _half(row: Row) -> tuple[int, int | None]:
    """The year that the form describes and its half, where it names one."""
    year, half = _word(row, "tahun"), (_word(row, "semester") or "").casefold().removeprefix("semester").strip()
    if year is None or not re.fullmatch(r"(?:19|20)\d\d", year):
        raise BadRow("keadaan_data_tahun", "bukan tahun")
    if half and half not in _SEMESTERS:
        raise BadRow("semester", "bukan semester I atau II")
    return int(year), _SEMESTERS.get(half)


def _begin(row: Row, ctx: Context) -> datetime:
    """The beginning of what the form describes: it orders the forms of a kelurahan, whenever each was laid down."""
    year, half = _half(row)
    return datetime(year, 7 if half == 2 else 1, 1, tzinfo=ctx.city.zone).astimezone(UTC)


def _period(row: Row, ctx: Context) -> datetime:
    """The end of what the form describes."""
    year, half = _half(row)
    month, day = (6, 30) if half == 1 else (12, 31)
    return datetime(year, month, day, tzinfo=ctx.city.zone).astimezone(UTC)


def _word(row: Row, field: str) -> str | None:
    value = filled(row.get(field))
    try:
        return None if value is None else " ".join(as_text(value).split()) or None
    except ValueError:
        raise BadRow(field, "bukan teks") from None


SOURCE = Source(
    name="monografi",
    title={"id": "Monografi kecamatan dan kelurahan", "en": "Monograph of kecamatan and kelurahan"},
    kinds=frozenset({Kind.MEASUREMENT}),
    config=Monografi,
    pages=pages,
    parse=parse,
    key=key,
    tested_on_real=False,
    drop=drop,
)

_HEAD = {"kode": "36.71.01.1007", "kelurahan": "Sukasari", "kecamatan": "Tangerang", "tahun": 2026, "semester": "I"}


def _sample_row(isian: str | None, value: Any, **more: Any) -> Row:
    return {**_HEAD, "label": isian, "isian": isian, "nilai": value, "ganda": False, **more}


def _sample_form() -> bytes:
    """A form as a kelurahan fills it in."""
    from openpyxl import Workbook

    book = Workbook()
    page = book.create_sheet("Sukasari", 0)
    lines: tuple[tuple[Any, ...], ...] = (
        *(("MONOGRAFI KELURAHAN",), ("1.", "Desa/Kelurahan", ":", "Sukasari"), ("2.", "Nomor Kode", ":", "36.71.01.1007")),
        *(("3.", "Kecamatan", ":", "Tangerang"), ("4.", "Keadaan Data Tahun", ":", 2026), ("5.", "Semester", ":", "I")),
        *(("a.", "Luas (ha)", ":", "103,5"), ("b.", "Batas Utara", ":", "Kali"), ("c.", "Laki-laki", ":", "9.120")),
        *(("d.", "Perempuan", ":", 9085), ("e.", "Masjid", ":", None, "buah"), ("f.", "Nama Lurah", ":", "Contoh")),
    )
    for line in lines:
        page.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


SAMPLE = Sample(
    config={"path": "monografi/*.xlsx"},
    rows=(
        _sample_row("luas_ha", "103,5"),
        _sample_row("laki_laki", "9.120"),
        _sample_row("perempuan", 9085.0),
        _sample_row("batas_utara", "Kali"),
        _sample_row("masjid", None),
        _sample_row(None, None),
        _sample_row(COMPLETENESS, 0.0381),
    ),
    broken=(
        _sample_row("laki_laki", "sembilan ribu"),
        _sample_row("laki_laki", -4),
        _sample_row("laki_laki", "9.120", semester="III"),
        _sample_row("laki_laki", "9.121", ganda=True),
    ),
    files={"monografi/sukasari.xlsx": _sample_form()},
)
