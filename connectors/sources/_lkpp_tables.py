"""The tables of LKPP's ISB: which columns make a package or a measurement, and by which rule the others are excluded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from layers.model import Stage

SELECTION = {"berlangsung": Stage.SELECTION, "selesai": Stage.SELECTION, "gagal/batal": Stage.CANCELLED}
"""A finished selection has a winner, not yet a contract: that takes the contract's sum."""

RECORDED = {"paket sedang berjalan": Stage.CONTRACT, "paket selesai": Stage.DONE, "paket dibatalkan": Stage.CANCELLED}
ORDERED = {
    "on_process": Stage.CONTRACT,
    "payment_outside_system": Stage.DONE,
    "completed": Stage.DONE,
    "canceled": Stage.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """Which columns make a package. Tables with one ``prefix`` speak of the same packages: the first has them, the others add."""

    prefix: str
    code: str
    announced: str
    status: str | None = None
    stages: Mapping[str, Stage] = field(default_factory=dict)
    method: str = "mtd_pemilihan"
    always: str | None = None
    title: str = "nama_paket"
    plan: str = "kd_rup"
    value: str = "nilai_kontrak"
    pdn: str = "nilai_pdn_kontrak"
    umk: str = "nilai_umk_kontrak"
    provider: str = "kd_penyedia"
    finished: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Which columns of money make measurements: name -> column, one measurement each; together they are the column ``total``."""

    code: str
    subject: str
    columns: Mapping[str, str]
    total: str


_TENDER = Packages(prefix="tender", code="kd_tender", announced="tgl_pengumuman_tender", status="status_tender", stages=SELECTION)
_SPENDING = {
    "anggaran.pagu.operasi": "belanja_operasi",
    "anggaran.pagu.modal": "belanja_modal",
    "anggaran.pagu.btt": "belanja_btt",
    "anggaran.pagu.non_pengadaan": "belanja_non_pengadaan",
}
"""The parts of a unit's budget, each rupiah in one of them: operasi + modal + btt is what is bought, the rest is not."""

TABLES: Mapping[str, Packages | Sums | str] = {
    "SPSE-TenderPengumuman": _TENDER,
    "SPSE-TenderSelesai": _TENDER,
    "SPSE-TenderSelesaiNilai": Packages(
        prefix="tender", code="kd_tender", announced="tgl_pengumuman_tender", plan="kd_rup_paket"
    ),
    "SPSE-NonTenderPengumuman": Packages(
        prefix="nontender", code="kd_nontender", announced="tgl_pengumuman_nontender", status="status_nontender", stages=SELECTION
    ),
    "SPSE-PencatatanSwakelola": Packages(
        prefix="swakelola",
        code="kd_swakelola_pct",
        announced="tgl_buat_paket",
        status="status_swakelola_pct_ket",
        stages=RECORDED,
        always="swakelola",
        value="total_realisasi",
        pdn="nilai_pdn_pct",
        umk="nilai_umk_pct",
        finished="tgl_selesai_paket",
    ),
    "Ecat-PaketEPurchasingV6": Packages(
        prefix="epurchasing",
        code="kd_paket",
        announced="tgl_order",
        status="status_pkt",
        stages=ORDERED,
        always="e-purchasing",
        title="rup_nama_pkt",
        value="total_harga",
        provider="kd_penyedia_v6",
    ),
    "RUP-StrukturAnggaranPD": Sums(code="kd_satker", subject="nama_satker", columns=_SPENDING, total="total_belanja"),
    **dict.fromkeys(("RUP-ProgramMaster", "RUP-KegiatanMaster", "RUP-MasterSatker"), "tabel_acuan"),
    "SPSE-JadwalTahapanTender": "tabel_jadwal",
}
"""Every table that is known. A text is the rule by which its rows are excluded: they are names to look up, stages, or, as
programmes and activities, the same budget once more."""

ADDED = ("nilai_kontrak", "nilai_pdn_kontrak", "nilai_umk_kontrak", "kd_penyedia", "tgl_penetapan_pemenang")
"""What the tables of finished tenders add to an announced one."""

COMMON = (
    *("tahun_anggaran", "kd_klpd", "kd_satker", "kd_satker_str", "nama_satker"),
    *("is_deleted", "pagu", "hps", "lokasi_pekerjaan", "jenis_pengadaan"),
)
"""What is read of every table, beside its own columns: names and numbers of officers are left behind."""
