"""The typeface: small, made once, the same bytes each time, and every figure as wide as the next."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont

from dashboard.fonts import LETTERS, WEIGHTS, load_fonts


def test_it_is_small_and_named_by_its_content(tmp_path: Path) -> None:
    fonts = load_fonts(tmp_path / "a")
    assert len(fonts.files) == len(WEIGHTS)
    assert sum(map(len, fonts.files.values())) < 60_000
    assert load_fonts(tmp_path / "b").files.keys() == fonts.files.keys(), "another start makes the same names"
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").iterdir()}
    assert load_fonts(tmp_path / "a") == fonts
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "a").iterdir()} == before, "a second start makes nothing"


def test_the_sheet_names_each_file_and_nothing_outside(tmp_path: Path) -> None:
    fonts = load_fonts(tmp_path)
    css = fonts.css("/huruf/")
    assert css.count("@font-face") == len(WEIGHTS)
    assert all(f'url("/huruf/{name}")' in css for name in fonts.files)
    assert "http" not in css


def test_figures_are_of_one_width_and_every_sign_is_there(tmp_path: Path) -> None:
    for raw in load_fonts(tmp_path).files.values():
        font = TTFont(BytesIO(raw))
        letters, widths = font.getBestCmap(), font["hmtx"]
        assert len({widths[letters[ord(figure)]][0] for figure in "0123456789"}) == 1
        assert {c for c in "▲▼−·→÷≤≥×–" if ord(c) not in letters} == set()
        assert len(letters) >= len(set(LETTERS)) * 0.9
