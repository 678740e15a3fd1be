"""Websites, accounts and links (kehadiran digital, jaringan): what answers now. The rows keep a state's last value only."""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Quantile, Ratio, Rule, Share, Total, When, Window, moment, words
from layers.model import Kind

SPBE = Rule(name="Perpres 95/2018 tentang SPBE", article="infrastruktur dan aplikasi", valid_from=date(2018, 10, 5))
OPENNESS = Rule(
    name="UU 14/2008 tentang Keterbukaan Informasi Publik", article="pasal 9: informasi berkala", valid_from=date(2010, 4, 30)
)
RENEW_DAYS = 14
OLD_DAYS = 30
WEEKS = 30 / 7
SIGNS = ["situs.diretas", "situs.parkir"]

now = partial(
    Kpi,
    owner="Diskominfo",
    kind=Kind.MEASUREMENT,
    window=Window.NOW,
    rule=SPBE,
    history=False,
)
site = partial(
    now, concept="Kehadiran digital", classification="Komunikasi dan informatika: situs dan media sosial", cuts=(None, "opd")
)
link = partial(
    now, concept="Jaringan pemerintah", classification="Komunikasi dan informatika: jaringan", cuts=(None, "kecamatan", "area")
)


def state(when: When, *, name: str) -> pl.Expr:
    """The last known value of each subject."""
    return pl.col("latest") & (pl.col("name") == name) & when.by_end("measured")


KPIS: tuple[Kpi, ...] = (
    site(
        id="situs_terjangkau",
        title=words("Situs OPD terjangkau", "Websites reachable"),
        short=words("Situs terjangkau", "Sites reachable"),
        unit="persen",
        decimals=0,
        better="up",
        definition="Bagian situs pemerintah kota yang kini dapat dibuka dengan sertifikat yang sah.",
        formula=words("situs yang terjangkau / situs yang diawasi, saat ini", "sites reachable / sites watched, at this moment"),
        form=Share(where=partial(state, name="situs.terjangkau"), part=pl.col("value") == 1),
        names=("situs.terjangkau",),
    ),
    site(
        id="situs_mati",
        title=words("Situs OPD tidak terjangkau", "Websites unreachable"),
        short=words("Situs mati", "Sites down"),
        unit="situs",
        decimals=0,
        better="down",
        definition="Situs pemerintah kota yang kini tidak dapat dibuka.",
        formula=words("situs yang kini tidak terjangkau", "sites that are unreachable now"),
        form=Count(where=lambda when: state(when, name="situs.terjangkau") & (pl.col("value") == 0)),
        names=("situs.terjangkau",),
    ),
    site(
        id="situs_sertifikat_habis",
        title=words("Sertifikat situs hampir habis", "Site certificates about to expire"),
        short=words("Sertifikat hampir habis", "Certificates"),
        unit="situs",
        decimals=0,
        better="down",
        definition="Situs yang sertifikatnya tidak sah atau habis dalam 14 hari.",
        formula=words(
            f"situs yang sertifikatnya berlaku kurang dari {RENEW_DAYS} hari lagi, 0 = tidak sah",
            f"sites whose certificate holds for less than {RENEW_DAYS} days, 0 = invalid",
        ),
        form=Count(where=lambda when: state(when, name="situs.sertifikat_hari") & (pl.col("value") < RENEW_DAYS)),
        names=("situs.sertifikat_hari",),
    ),
    site(
        id="situs_pembaruan",
        title=words("Hari sejak pembaruan situs (median)", "Days since a site's update (median)"),
        short=words("Hari sejak pembaruan", "Days since update"),
        unit="hari",
        decimals=0,
        better="down",
        definition="Umur berita atau halaman terbaru: separuh situs lebih baru.",
        formula=words("median hari sejak pembaruan terakhir tiap situs", "median days since each site's last update"),
        rule=OPENNESS,
        form=Quantile(where=partial(state, name="situs.pembaruan_hari"), value=pl.col("value")),
        names=("situs.pembaruan_hari",),
    ),
    site(
        id="situs_usang",
        title=words("Situs tidak diperbarui lebih dari 30 hari", "Sites not updated for over 30 days"),
        short=words("Situs usang", "Outdated sites"),
        unit="persen",
        decimals=0,
        better="down",
        definition="Bagian situs yang pembaruan terakhirnya lebih dari 30 hari lalu.",
        formula=words(
            f"situs yang diperbarui lebih dari {OLD_DAYS} hari lalu / situs yang tanggal pembaruannya diketahui",
            f"sites updated more than {OLD_DAYS} days ago / sites whose last update is known",
        ),
        rule=OPENNESS,
        form=Share(where=partial(state, name="situs.pembaruan_hari"), part=pl.col("value") > OLD_DAYS),
        names=("situs.pembaruan_hari",),
    ),
    site(
        id="situs_disusupi",
        title=words("Situs disusupi atau diparkir", "Sites defaced or parked"),
        short=words("Situs disusupi", "Defaced sites"),
        unit="situs",
        decimals=0,
        better="down",
        definition="Situs yang menampilkan tanda peretasan, iklan judi, atau domain yang ditelantarkan.",
        formula=words(
            "situs yang kini bertanda diretas atau diparkir, tiap situs sekali",
            "sites with a sign of defacement or parking now, each counted once",
        ),
        form=Count(
            where=lambda when: (
                pl.col("latest") & pl.col("name").cast(pl.String).is_in(SIGNS) & when.by_end("measured") & (pl.col("value") == 1)
            ),
            distinct="subject",
        ),
        names=("situs.terjangkau",),
    ),
    site(
        id="medsos_per_minggu",
        title=words("Kiriman media sosial per minggu", "Posts a week"),
        short=words("Kiriman per minggu", "Posts a week"),
        unit="kiriman",
        decimals=1,
        better="neutral",
        definition="Kiriman akun media sosial resmi rata-rata tiap minggu.",
        formula=words("kiriman dalam 30 hari terakhir / 30 x 7", "posts in the last 30 days / 30 x 7"),
        rule=OPENNESS,
        window=Window.DAYS30,
        form=Total(
            where=lambda when: when.holds("measured") & (pl.col("name") == "medsos.kiriman"), value=pl.col("value"), per=WEEKS
        ),
        names=("medsos.kiriman",),
        history=True,
    ),
    link(
        id="kantor_terhubung",
        title=words("Kantor terhubung jaringan", "Offices connected"),
        short=words("Kantor terhubung", "Offices up"),
        unit="persen",
        decimals=0,
        better="up",
        definition="Bagian kantor kelurahan dan kecamatan yang jaringannya kini hidup.",
        formula=words(
            "kantor yang terhubung / kantor yang diawasi, saat ini", "offices connected / offices watched, at this moment"
        ),
        form=Share(where=partial(state, name="jaringan.terhubung"), part=pl.col("value") == 1),
        names=("jaringan.terhubung",),
    ),
    link(
        id="kantor_terputus",
        title=words("Kantor terputus", "Offices cut off"),
        short=words("Kantor terputus", "Offices down"),
        unit="kantor",
        decimals=0,
        better="down",
        definition="Kantor kelurahan dan kecamatan yang jaringannya kini mati.",
        formula=words("kantor yang kini tidak terhubung", "offices that are not connected now"),
        form=Count(where=lambda when: state(when, name="jaringan.terhubung") & (pl.col("value") == 0)),
        names=("jaringan.terhubung",),
    ),
    link(
        id="latensi_kantor",
        title=words("Latensi jaringan kantor (median)", "Latency of office links (median)"),
        short=words("Latensi", "Latency"),
        unit="milidetik",
        decimals=0,
        better="down",
        definition="Waktu tempuh paket data ke kantor: separuh kantor lebih cepat.",
        formula=words(
            "median latensi terakhir tiap kantor yang terhubung", "median of the last latency of each office connected"
        ),
        form=Quantile(where=partial(state, name="jaringan.latensi"), value=pl.col("value")),
        names=("jaringan.latensi",),
        cuts=(None, "kecamatan"),
    ),
    link(
        id="kehilangan_paket",
        title=words("Kehilangan paket data", "Packets lost"),
        short=words("Kehilangan paket", "Packet loss"),
        unit="persen",
        decimals=1,
        better="down",
        definition="Bagian paket data ke kantor yang hilang di jalan, rata-rata atas kantor.",
        formula=words("rata-rata kehilangan terakhir tiap kantor", "mean of the last loss of each office"),
        form=Ratio(where=partial(state, name="jaringan.kehilangan"), part=pl.col("value"), whole=pl.lit(100.0)),
        names=("jaringan.kehilangan",),
        cuts=(None, "kecamatan"),
    ),
    link(
        id="jam_putus_bulan_ini",
        title=words("Jam kantor terputus bulan ini", "Hours offices were cut off this month"),
        short=words("Jam terputus", "Hours down"),
        unit="jam",
        decimals=1,
        better="down",
        definition="Jam jaringan kantor kelurahan dan kecamatan mati, dari gangguan yang mulai bulan ini.",
        formula=words(
            "jumlah lama gangguan yang mulai sejak tanggal 1, per seperempat jam, sampai pemeriksaan terakhir yang menemukannya",
            "sum of the lengths of outages begun since the 1st, by quarters of an hour, up to the last check that found them",
        ),
        form=Total(
            where=lambda when: (
                (pl.col("name") == "jaringan.putus") & pl.col("measured").is_between(moment(when.month), when.ends)
            ),
            value=pl.col("value"),
        ),
        names=("jaringan.terhubung",),
    ),
)
