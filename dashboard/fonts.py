"""The screens' typeface: Source Sans Pro (SIL OFL), subset once to small woff2 files named by their hash.

Nothing is loaded from outside: the package in the environment is cut down to the letters of Indonesian
and English, with figures of one width so that a changing number does not jump.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import font_source_sans_pro
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

WEIGHTS = {400: "SourceSansPro", 600: "SourceSansProSemibold", 700: "SourceSansProBold"}
"""CSS weight -> the package's name of the file."""

LETTERS = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180)))) + "‑–—‘’“”•…′″‹›−×÷≤≥≈≠→←↑↓▲▼◆ΔΣ€✓"
"""Latin with its accents, the punctuation and the signs that the parts write."""

FEATURES = ["kern", "liga", "locl", "ccmp", "mark", "mkmk", "tnum", "lnum", "case", "frac"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """Files by name, and the style sheet that names them below ``prefix``."""

    files: dict[str, bytes]
    weights: dict[int, str]

    def css(self, prefix: str) -> str:
        """``@font-face`` rules; ``prefix`` is the address of the folder that serves :attr:`files`."""
        return "\n".join(
            f'@font-face{{font-family:"Source Sans";font-style:normal;font-weight:{weight};font-display:swap;'
            f'src:url("{prefix}{name}") format("woff2")}}'
            for weight, name in self.weights.items()
        )


def load_fonts(directory: Path) -> Fonts:
    """The subset fonts from ``directory``, made there first if they are missing (about two seconds, once)."""
    directory.mkdir(parents=True, exist_ok=True)
    recipe = hashlib.sha256(repr((LETTERS, FEATURES)).encode()).hexdigest()[:8]
    files, weights = {}, {}
    for weight, source in WEIGHTS.items():
        stem = f"source-sans-{weight}.{recipe}."
        path = next(directory.glob(f"{stem}*.woff2"), None) or _subset(source, directory, stem)
        files[path.name] = path.read_bytes()
        weights[weight] = path.name
    return Fonts(files=files, weights=weights)


def _subset(source: str, directory: Path, stem: str) -> Path:
    font = TTFont(font_source_sans_pro.font_files_ttf[source], recalcTimestamp=False)
    options = Options(flavor="woff2", layout_features=FEATURES, hinting=False, desubroutinize=True, notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(text=LETTERS)
    subsetter.subset(font)
    font.flavor = "woff2"
    # Two processes may start at once: each writes a file of its own, and the last rename wins whole.
    handle, name = tempfile.mkstemp(dir=directory, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        font.save(file)
    digest = hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16]
    path = directory / f"{stem}{digest}.woff2"
    Path(name).replace(path)
    return path
