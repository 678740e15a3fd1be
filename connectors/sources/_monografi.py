"""What a monograph form asks for: its isian with their units, and the labels that say of whom and of when it speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping

UNIT_WORDS = frozenset(
    {"ha", "km", "km2", "m2", "mdpl", "mm", "mm_th", "mm_tahun", "c", "orang", "jiwa", "kk", "buah", "unit", "bidang"}
)


def slug(label: str) -> str:
    """A label as a name: ``Luas (ha)`` is ``luas_ha``, ``Mushola/Langgar`` is ``mushola_langgar``."""
    return re.sub(r"[^a-z0-9]+", "_", label.casefold().replace("+", " plus ")).strip("_")


IDENTITY: Mapping[str, str] = {
    **dict.fromkeys(("desa_kelurahan", "kelurahan_desa", "kelurahan", "desa", "nama_kelurahan", "nama_desa"), "kelurahan"),
    **dict.fromkeys(("nomor_kode", "kode", "kode_wilayah", "kode_kelurahan", "kode_desa"), "kode"),
    **dict.fromkeys(("kecamatan", "nama_kecamatan"), "kecamatan"),
    **dict.fromkeys(("kabupaten_kota", "kota", "kabupaten", "kota_kabupaten"), "kota"),
    "provinsi": "provinsi",
    **dict.fromkeys(("keadaan_data_tahun", "tahun", "tahun_data"), "tahun"),
    "semester": "semester",
}
"""The form's head, by what the labels of its usual variants come to."""

_RELIGIONS = ("islam", "katolik", "protestan", "hindu", "budha", "konghucu")
_SCHOOL_AGES = ("0_3", "4_6", "7_12", "13_15", "16_18", "19_plus")
_WORK_AGES = ("10_14", "15_19", "20_26", "27_40", "41_56", "57_plus")
_LAND = ("hak_milik", "hgu", "hgb", "hak_pakai", "bersertifikat", "prona", "belum_bersertifikat")
_USES = (
    *("jalan", "sawah_ladang", "bangunan_umum", "empang", "pemukiman", "jalur_hijau", "pekuburan", "lain_lain"),
    *("industri", "pertokoan_perdagangan", "perkantoran", "pasar_desa", "tanah_wakaf", "sawah", "tanah_kering", "belum_dikelola"),
)
_PLACES = (
    *("masjid", "mushola", "gereja", "vihara", "pura"),
    *("tk", "sd", "smp", "sma", "akademi", "institut_sekolah_tinggi"),
)

ISIAN: Mapping[str, str] = {
    "luas_ha": "ha",
    **dict.fromkeys(("batas_utara", "batas_selatan", "batas_barat", "batas_timur", "topografi"), "teks"),
    "ketinggian_mdpl": "mdpl",
    "curah_hujan_mm_th": "mm/tahun",
    "suhu_rata_rata": "°C",
    **dict.fromkeys(("ke_kecamatan", "ke_kota_administratif", "ke_kabupaten_kota", "ke_provinsi", "ke_ibukota_negara"), "km"),
    **{f"{right}_buah": "buah" for right in _LAND},
    **{f"{right}_ha": "ha" for right in _LAND},
    "tanah_kas_desa": "ha",
    **dict.fromkeys(_USES, "ha"),
    **dict.fromkeys(("laki_laki", "perempuan", "wni_l", "wni_p", "wna_l", "wna_p"), "orang"),
    **{f"agama_{name}": "orang" for name in _RELIGIONS},
    **{f"usia_pendidikan_{ages}": "orang" for ages in _SCHOOL_AGES},
    **{f"usia_tenaga_kerja_{ages}": "orang" for ages in _WORK_AGES},
    **{f"mutasi_{event}_{sex}": "orang" for event in ("lahir", "meninggal", "datang", "pindah") for sex in "lp"},
    **dict.fromkeys(_PLACES, "buah"),
}
"""Every isian and its unit; ``teks`` for those that hold words and become no number."""
