"""Which packages are of the kind of which complaints, by words, as the room sets it and a pack replaces it (``[[alike]]``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from layers.facts import Facts

Words = Annotated[tuple[Annotated[str, Field(min_length=2, max_length=40)], ...], Field(max_length=20)]


class Alike(Facts):
    """One kind: words in a complaint's category, and words in a package's title or in what it buys.

    A word is found at the beginning of a word, whatever its case: ``jalan`` finds "Jalan rusak", not "perjalanan".
    ``but_not`` takes packages out whose title holds one of these.
    """

    name: Annotated[str, Field(min_length=2, max_length=60)]
    complaints: Annotated[Words, Field(min_length=1)]
    packages: Annotated[Words, Field(min_length=1)]
    but_not: Words = ()


def _kind(name: str, complaints: str, packages: str, but_not: str = "") -> Alike:
    given = {"complaints": complaints, "packages": packages, "but_not": but_not}
    return Alike.model_validate({"name": name, **{key: words.split("|") for key, words in given.items() if words}})


ROOM: tuple[Alike, ...] = (
    _kind(
        "Jalan, trotoar, dan jembatan",
        "jalan rusak|jalan berlubang|infrastruktur jalan|trotoar|jembatan",
        "jalan|jembatan|trotoar|aspal|hotmix|paving",
        "lampu jalan|penerangan jalan|kebersihan jalan|rambu",
    ),
    _kind("Penerangan jalan", "lampu|penerangan", "lampu jalan|penerangan jalan|pju"),
    _kind("Drainase dan banjir", "drainase|saluran|genangan|banjir", "drainase|saluran|normalisasi|gorong|pompa|tanggul|embung"),
    _kind("Sampah dan kebersihan", "sampah|kebersihan", "sampah|kebersihan|persampahan"),
    _kind("Pohon dan taman", "pohon|taman", "pohon|taman|ruang terbuka hijau"),
    _kind("Lalu lintas dan parkir", "kemacetan|lalu lintas|parkir", "rambu|marka|apill|lalu lintas|parkir"),
    _kind("Perumahan dan sanitasi", "perumahan|permukiman|sanitasi", "rumah tidak layak|perumahan|permukiman|mck|sanitasi"),
    _kind("Sekolah", "pendidikan|sekolah", "sekolah|sdn|smpn|ruang kelas|perpustakaan"),
    _kind("Kesehatan", "kesehatan|puskesmas", "puskesmas|kesehatan|obat"),
    _kind("Bantuan sosial", "bantuan sosial|bansos", "bantuan sosial|sembako"),
)
"""The room's own kinds; no law knows them."""
