"""The demo's guide of two minutes: for each role the first page that it would open, five things there, and where to go on.

Outside the demo there is none. It names what stands on the page by selectors; what a page does not have is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.opdcut import PATH as DESK
from dashboard.places.address import area_address
from layers.model import ROWS, Role, Scope

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.city import City


@dataclass(frozen=True, slots=True)
class Step:
    """One thing of a page: where it is, its name, and what it is for in a sentence or two."""

    at: str
    title: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Steps on the page ``start``, which is the page that the navigation calls ``here`` with these values in its path."""

    start: str
    here: str
    steps: tuple[Step, ...]
    onward: tuple[str, str]
    path: Mapping[str, str] = field(default_factory=dict)

    def on(self, here: str, view: View) -> bool:
        """Whether a page is the one that this guide is about."""
        return here == self.here and all(view.params.get(name) == value for name, value in self.path.items())


CARD = Step(
    ".kpis .tile",
    "Ini kartu KPI",
    "Angka, umur datanya, targetnya. Klik kartu mana pun: rumus, sumber, dan baris di baliknya terbuka.",
)
FIND = Step(
    "[data-find]",
    "Cari apa saja",
    "Tombol ini, Ctrl K, atau garis miring, lalu nama kelurahan, OPD, metrik, atau paket. Salah ketik dimaafkan.",
)
LEADING = (
    CARD,
    Step("#trend", "Masuk dan selesai", "Setiap hari, tiga bulan terakhir. Bila kedua garis menjauh, antrean sedang tumbuh."),
    Step(".map-panel", "Peta sebagai pintu", "Klik satu wilayah untuk membuka halamannya. Makin gelap, makin besar angkanya."),
    Step(
        "#compare",
        "Siapa yang tertinggal",
        "Wilayah disandingkan menurut angka yang sama, dengan peringkatnya.",
    ),
    FIND,
)
OFFICE = (
    CARD,
    Step("#course", "Satu angka dari hari ke hari", "Garis OPD Anda, kota sebagai pembanding, target, dan catatan pada harinya."),
    Step(
        "#why",
        "Mengapa berubah?",
        "Kategori dan wilayah yang paling banyak menyumbang perubahan. Klik satu untuk menyaring halaman ini.",
    ),
    Step(
        "#queue",
        "Antrean tenggat",
        "Urut sisa waktu kerja, yang paling mendesak di atas. Saring yang lewat tenggat atau jatuh tempo hari ini.",
    ),
    FIND,
)
PLACE = (
    CARD,
    Step("#compare", "Dibanding tetangga", "Wilayah Anda di antara yang berbatasan, menurut angka yang sama."),
    Step(
        ".topics",
        "Semua tentang wilayah ini",
        "Layanan, paket, dana, penduduk, jaringan, cuaca. Yang belum ada datanya berkata mengapa.",
    ),
    Step("[data-print]", "Bawa ke rapat", "Halaman ini tercetak rapi di kertas A4, lengkap dengan rumus dan sumbernya."),
    FIND,
)
ANALYSIS = (
    Step(
        "#filters",
        "Susun pertanyaan",
        "Angka apa pun, menurut dimensi apa pun, pada kurun apa pun. Pertanyaannya tersimpan di alamat halaman.",
    ),
    Step("#answer", "Jawabannya", "Batang, garis, peta, atau tabel silang. Setiap bentuk dapat diunduh bersama asal-usulnya."),
    Step("#answer-origin", "Umur, rumus, sumber", "Tertulis di bawah setiap jawaban, dan ikut ke dalam setiap berkas."),
    Step("#tampilan", "Simpan tampilan", "Beri nama dan bagikan tautannya: orang lain melihat angka yang sama."),
    FIND,
)
MACHINES = (
    Step("#sources-head", "Setiap baris punya nasib", "Disimpan, tetap, dikecualikan, atau dikarantina. Jumlahnya selalu cocok."),
    Step(".source", "Satu sumber", "Hasil tarikan terakhir dan umur datanya. Buka untuk alasan karantina."),
    Step(
        ".source .chip", "Umur data", "Dihitung dari data, bukan dari halaman. Yang lewat batas tampak terlambat di semua layar."
    ),
    Step(".side > .sources-state", "Selalu terlihat", "Keadaan semua sumber dalam satu baris, di setiap halaman."),
    FIND,
)
EXAMPLE = "/analisis?kpi=selesai_tepat_waktu&by=kecamatan&bentuk=batang"


def guide_of(scope: Scope, city: City) -> Guide | None:
    """The guide of a role, about what it is limited to; ``None`` for who has no account."""
    role = scope.role
    if role not in ROWS:
        return None
    if role in (Role.OPD_HEAD, Role.BIDANG) and scope.opds:
        opd = min(scope.opds)
        onward = ("/arahan", "Arahan") if role is Role.OPD_HEAD else ("/alarm", "Alarm")
        return Guide(start=f"{DESK}/{opd}", here=DESK, path={"opd": opd}, steps=OFFICE, onward=onward)
    if role in (Role.CAMAT, Role.LURAH) and scope.areas:
        code = min(scope.areas)
        start = area_address(code)
        return Guide(start=start, here="/kelurahan", path={"code": code}, steps=PLACE, onward=("/pengadaan", "Pengadaan"))
    if role is Role.ANALYST:
        return Guide(start=EXAMPLE, here="/analisis", steps=ANALYSIS, onward=("/metrik", "Metrik"))
    if role in (Role.OPERATOR, Role.ADMIN):
        onward = ("/pengguna", "Pengguna") if role is Role.ADMIN else ("/kecocokan", "Kecocokan")
        return Guide(start="/sumber", here="/sumber", steps=MACHINES, onward=onward)
    path = {"code": city.code}
    return Guide(start=area_address(city.code), here="/kelurahan", path=path, steps=LEADING, onward=("/ringkasan", "Ringkasan"))
