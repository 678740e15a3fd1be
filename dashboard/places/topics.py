"""Everything else that is known of a place, topic by topic: services, procurement, village funds, people, links, weather."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import htpy

from dashboard import text
from dashboard.places import lists
from dashboard.places.facts import facts
from layers.areas import unit
from layers.model import Area, Level
from layers.ranking import residents
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One panel: its title, the figures that it shows where they are published, and the list below them."""

    name: str
    title: str
    kpis: tuple[str, ...]
    below: lists.Below = lists.nothing


DESA, KELURAHAN = "desa", "kelurahan"
FUNDS = {
    DESA: ("transfer_dana_desa", "transfer_dana_desa_per_penduduk"),
    KELURAHAN: ("dana_kelurahan_alokasi", "dana_kelurahan_per_penduduk", "transfer_dana_kelurahan"),
}
TOPICS = (
    Topic(
        name="layanan",
        title="Layanan dan loket",
        kpis=(
            *("layanan_30h", "layanan_hari_ini", "layanan_tepat_waktu", "antrean_median", "antrean_p90", "antrean_terlayani"),
            *("pemakaian_digital", "ikm", "loket_tidak_melapor"),
        ),
        below=lists.counters,
    ),
    Topic(
        name="pengadaan",
        title="Pengadaan di sini tahun ini",
        kpis=("paket_diumumkan", "pagu_diumumkan", "nilai_kontrak", "epurchasing_nilai"),
        below=lists.packages,
    ),
    Topic(name="dana", title="Dana kelurahan dan desa", kpis=(*FUNDS[KELURAHAN], *FUNDS[DESA])),
    Topic(
        name="monografi",
        title="Penduduk dan monografi",
        kpis=(
            *("penduduk", "keluarga", "penduduk_laki_laki", "penduduk_perempuan"),
            *("monografi_kelengkapan", "monografi_masuk", "monografi_lengkap"),
        ),
        below=lists.monograph,
    ),
    Topic(
        name="jaringan",
        title="Jaringan dan situs kantor",
        kpis=("kantor_terhubung", "kantor_terputus", "jam_putus_bulan_ini", "latensi_kantor", "kehilangan_paket"),
        below=lists.lines,
    ),
    Topic(
        name="cuaca",
        title="Cuaca, banjir, dan udara",
        kpis=(
            *("peringatan_tertinggi", "peringatan_cuaca", "hujan_kini", "hujan_24j", "prakiraan_hujan_lebat"),
            *("laporan_banjir_24j", "tinggi_banjir_24j", "ispu_tertinggi", "pm25_tertinggi"),
        ),
        below=lists.weather,
    ),
)


def topics(snapshot: Snapshot, area: Area, view: View) -> dict[str, htpy.Element]:
    """A panel for each topic. What the whole place shows is told to everybody; a limited scope is told that it is the whole."""
    people = residents(snapshot, view.tree)
    whole = text.say(view.lang, "semua OPD") if view.scope.opds is not None else None
    return {
        f"topik-{topic.name}": facts(
            heading(topic, area, view),
            list(published(topic, snapshot, area, view)),
            snapshot,
            view,
            element=f"topik-{topic.name}",
            people=people,
            more=topic.below(snapshot, area, view),
            aside=whole,
        )
        for topic in TOPICS
    }


def shown(snapshot: Snapshot, area: Area, view: View) -> list[Reading]:
    """Every figure of the panels that has a value, in their order."""
    return [r for topic in TOPICS for r in published(topic, snapshot, area, view) if r.value is not None]


def heading(topic: Topic, area: Area, view: View) -> str:
    """The title of a topic: a place has the one fund or the other."""
    kinds = _kinds(area, view)
    if topic.name == "dana" and len(kinds) == 1:
        return text.say(view.lang, "Dana desa" if DESA in kinds else "Dana kelurahan")
    return text.say(view.lang, topic.title)


def _kinds(area: Area, view: View) -> set[str]:
    """Which of desa and kelurahan there are at a place: each has a fund of its own."""
    below = (
        [area.code] if area.level is Level.KELURAHAN else [a.code for a in view.tree.kelurahan if a.code.startswith(area.code)]
    )
    return {KELURAHAN if unit(code) == KELURAHAN else DESA for code in below}


def published(topic: Topic, snapshot: Snapshot, area: Area, view: View) -> Iterator[Reading]:
    """The figures of a topic that are published of the place."""
    foreign = {kpi for kind in {*FUNDS} - _kinds(area, view) for kpi in FUNDS[kind]}
    for name in topic.kpis:
        found = snapshot.reading(name, area.code) if name in view.catalog and name not in foreign else None
        if found is not None:
            yield found
