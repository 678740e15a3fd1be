"""The situation (kondisi terkini): weather, floods, quakes, air, cameras."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Quantile, Rule, Share, When, Window, moment, words
from layers.model import Kind

BMKG = Rule(
    name="UU 31/2009 tentang Meteorologi, Klimatologi, dan Geofisika", article="peringatan dini", valid_from=date(2009, 10, 1)
)
DISASTER = Rule(name="UU 24/2007 tentang Penanggulangan Bencana", article="-", valid_from=date(2007, 4, 26))
ISPU = Rule(name="Permen LHK 14/2020 tentang ISPU", article="-", valid_from=date(2020, 7, 27))
OWN = Rule(name="Aturan Ruang Kendali", article="-", valid_from=date(2025, 1, 1))
DAY = timedelta(hours=24)
HEAVY_MM = 30
"""BMKG calls 10 to 20 mm an hour heavy; a step of its forecast has three hours."""

STEP = timedelta(hours=3)
"""How long a step of the forecast lasts."""

NORMAL_LEVEL = 4
"""A gauge's siaga: 4 is normal, 1 the worst."""

watch = partial(
    Kpi,
    kind=Kind.MEASUREMENT,
    window=Window.NOW,
    owner="Badan Penanggulangan Bencana Daerah",
    concept="Kondisi terkini",
    classification="Kebencanaan dan lingkungan",
    decimals=0,
    better="down",
    rule=DISASTER,
    cuts=(None, "kecamatan", "area"),
    history=False,
)


def last(when: When, *, name: str) -> pl.Expr:
    """The last known value of each subject and place."""
    return pl.col("latest") & (pl.col("name") == name) & when.by_end("measured")


def last_day(when: When, *, name: str) -> pl.Expr:
    """What was measured in the 24 hours before the moment."""
    return (pl.col("name") == name) & pl.col("measured").is_between(moment(when.end - DAY), when.ends)


def fresh(when: When, *, name: str) -> pl.Expr:
    """The last known value, unless it is older than 24 hours."""
    return last(when, name=name) & last_day(when, name=name)


def rains(when: When) -> pl.Expr:
    """A heavy step of the forecast for the next 24 hours."""
    ahead = pl.col("measured").is_between(when.ends, moment(when.end + DAY))
    return (pl.col("name") == "cuaca.hujan") & ahead & (pl.col("value") >= HEAVY_MM)


def rain_now(when: When) -> pl.Expr:
    """The step of the forecast that holds the moment."""
    return last(when, name="cuaca.hujan") & (pl.col("measured") > moment(when.end - STEP))


def rain_ahead(when: When) -> pl.Expr:
    """The step that holds the moment, and those of the next 24 hours."""
    ahead = pl.col("measured").is_between(moment(when.end - STEP), moment(when.end + DAY), closed="right")
    return (pl.col("name") == "cuaca.hujan") & ahead


def warned(when: When) -> pl.Expr:
    """Under a weather warning."""
    return last(when, name="peringatan.cuaca") & (pl.col("value") > 0)


KPIS: tuple[Kpi, ...] = (
    watch(
        id="peringatan_cuaca",
        title=words("Kelurahan dalam peringatan cuaca", "Kelurahan under a weather warning"),
        short=words("Peringatan cuaca", "Weather warnings"),
        unit="kelurahan",
        definition="Kelurahan yang kini tercakup peringatan dini cuaca BMKG.",
        formula=words(
            "kelurahan dengan peringatan dini yang berlaku saat ini", "kelurahan with a warning in force at this moment"
        ),
        rule=BMKG,
        form=Count(where=warned, distinct="area"),
        names=("peringatan.cuaca",),
        cuts=(None, "kecamatan"),
    ),
    watch(
        id="peringatan_tertinggi",
        title=words("Tingkat peringatan cuaca tertinggi", "Highest weather warning"),
        short=words("Tingkat peringatan", "Warning level"),
        unit="tingkat",
        definition="Tingkat peringatan dini cuaca tertinggi: 0 tidak ada, 1 ringan, 2 sedang, 3 berat, 4 ekstrem.",
        formula=words("tingkat tertinggi yang berlaku saat ini", "highest level in force at this moment"),
        rule=BMKG,
        form=Quantile(where=partial(last, name="peringatan.cuaca"), value=pl.col("value"), q=1),
        names=("peringatan.cuaca",),
    ),
    watch(
        id="prakiraan_hujan_lebat",
        title=words("Kelurahan dengan prakiraan hujan lebat", "Kelurahan with heavy rain forecast"),
        short=words("Hujan lebat 24 jam", "Heavy rain, 24 hours"),
        unit="kelurahan",
        definition="Kelurahan yang dalam 24 jam ke depan diperkirakan hujan lebat.",
        formula=words(
            f"kelurahan dengan prakiraan BMKG >= {HEAVY_MM} mm dalam satu langkah 3 jam, 24 jam ke depan",
            f"kelurahan with a BMKG forecast >= {HEAVY_MM} mm in one step of 3 hours, next 24 hours",
        ),
        rule=BMKG,
        form=Count(where=rains, distinct="area"),
        names=("cuaca.hujan",),
        cuts=(None, "kecamatan"),
    ),
    *(
        watch(
            id=name,
            title=words(title, english),
            short=words(short, brief),
            unit="mm",
            decimals=1,
            definition=f"Hujan terlebat yang diprakirakan BMKG {said}, dalam milimeter per langkah 3 jam.",
            formula=words(
                f"curah hujan tertinggi dari langkah prakiraan {said}", f"greatest rainfall of the forecast's steps {spoken}"
            ),
            rule=BMKG,
            form=Quantile(where=where, value=pl.col("value"), q=1),
            names=("cuaca.hujan",),
        )
        for name, where, title, english, short, brief, said, spoken in (
            (
                *("hujan_kini", rain_now, "Hujan saat ini", "Rain at this moment", "Hujan kini", "Rain now"),
                *("yang memuat saat ini", "that holds this moment"),
            ),
            (
                *("hujan_24j", rain_ahead, "Hujan terlebat 24 jam ke depan", "Heaviest rain of the next 24 hours"),
                *("Hujan 24 jam", "Rain, 24 hours", "dari kini sampai 24 jam ke depan", "from now to 24 hours ahead"),
            ),
        )
    ),
    watch(
        id="laporan_banjir_24j",
        title=words("Laporan banjir 24 jam", "Flood reports, 24 hours"),
        short=words("Laporan banjir", "Flood reports"),
        unit="laporan",
        definition="Laporan banjir warga yang terkonfirmasi dalam 24 jam terakhir.",
        formula=words("laporan banjir terkonfirmasi dalam 24 jam terakhir", "confirmed flood reports of the last 24 hours"),
        form=Count(where=partial(last_day, name="banjir.laporan")),
        names=("banjir.laporan",),
        history=True,
    ),
    watch(
        id="kelurahan_banjir_24j",
        title=words("Kelurahan dengan laporan banjir", "Kelurahan with flood reports"),
        short=words("Kelurahan banjir", "Flooded kelurahan"),
        unit="kelurahan",
        definition="Kelurahan dengan sedikitnya satu laporan banjir dalam 24 jam terakhir.",
        formula=words(
            "kelurahan dengan laporan banjir terkonfirmasi dalam 24 jam terakhir",
            "kelurahan with a confirmed flood report in the last 24 hours",
        ),
        form=Count(where=partial(last_day, name="banjir.laporan"), distinct="area"),
        names=("banjir.laporan",),
        cuts=(None, "kecamatan"),
        history=True,
    ),
    watch(
        id="tinggi_banjir_24j",
        title=words("Genangan tertinggi 24 jam", "Deepest flood, 24 hours"),
        short=words("Genangan tertinggi", "Deepest flood"),
        unit="cm",
        definition="Tinggi genangan terbesar yang dilaporkan dalam 24 jam terakhir.",
        formula=words("tinggi genangan terbesar dalam 24 jam terakhir", "greatest flood depth of the last 24 hours"),
        form=Quantile(where=partial(last_day, name="banjir.tinggi"), value=pl.col("value"), q=1),
        names=("banjir.tinggi",),
    ),
    watch(
        id="pos_air_siaga",
        title=words("Pos duga air berstatus siaga", "Flood gauges on alert"),
        short=words("Pos siaga", "Gauges on alert"),
        unit="pos",
        definition="Pos duga air yang statusnya kini siaga 3 atau lebih gawat.",
        formula=words("pos yang siaga terakhirnya di bawah 4 (normal)", "gauges whose last alert level is under 4 (normal)"),
        form=Count(where=lambda when: last(when, name="banjir.siaga") & (pl.col("value") < NORMAL_LEVEL)),
        names=("banjir.siaga",),
        cuts=(None,),
    ),
    watch(
        id="gempa_dirasakan_30h",
        title=words("Gempa dirasakan dalam 30 hari", "Earthquakes felt in 30 days"),
        short=words("Gempa dirasakan", "Quakes felt"),
        unit="kejadian",
        definition="Gempa bumi yang menurut BMKG dirasakan di kota ini.",
        formula=words("gempa yang dirasakan di kota, 30 x 24 jam terakhir", "quakes felt in the city, last 30 times 24 hours"),
        rule=BMKG,
        window=Window.DAYS30,
        form=Count(where=lambda when: when.holds("measured") & (pl.col("name") == "gempa.dirasakan")),
        names=("gempa.dirasakan",),
        cuts=(None,),
        history=True,
    ),
    watch(
        id="ispu_tertinggi",
        title=words("ISPU tertinggi", "Highest ISPU"),
        short=words("ISPU tertinggi", "Highest ISPU"),
        unit="indeks",
        owner="Dinas Lingkungan Hidup",
        definition="Indeks pencemar udara tertinggi: 0-50 baik, 51-100 sedang, 101-200 tidak sehat, lalu sangat tidak sehat.",
        formula=words(
            "ISPU terakhir tertinggi dari semua stasiun, paling lama 24 jam",
            "highest last ISPU of all stations, at most 24 hours old",
        ),
        rule=ISPU,
        form=Quantile(where=partial(fresh, name="udara.ispu"), value=pl.col("value"), q=1),
        names=("udara.ispu",),
    ),
    watch(
        id="pm25_tertinggi",
        title=words("PM2,5 tertinggi", "Highest PM2.5"),
        short=words("PM2,5 tertinggi", "Highest PM2.5"),
        unit="µg/m³",
        decimals=1,
        owner="Dinas Lingkungan Hidup",
        definition="Kadar debu halus tertinggi yang terakhir diukur stasiun udara.",
        formula=words(
            "PM2,5 terakhir tertinggi dari semua stasiun, paling lama 24 jam",
            "highest last PM2.5 of all stations, at most 24 hours old",
        ),
        rule=ISPU,
        form=Quantile(where=partial(fresh, name="udara.pm25"), value=pl.col("value"), q=1),
        names=("udara.pm25",),
    ),
    watch(
        id="kamera_segar",
        title=words("Kamera dengan gambar segar", "Cameras with a fresh picture"),
        short=words("Kamera segar", "Fresh cameras"),
        unit="persen",
        better="up",
        owner="Dinas Perhubungan",
        definition="Bagian kamera yang kini memberi gambar baru, tidak beku dan tidak mati.",
        formula=words(
            "kamera bergambar segar / kamera yang diawasi, saat ini", "cameras with a fresh picture / cameras watched, now"
        ),
        rule=OWN,
        form=Share(where=partial(last, name="kamera.gambar"), part=pl.col("value") == 1),
        names=("kamera.gambar",),
        cuts=(None, "kecamatan"),
    ),
)
