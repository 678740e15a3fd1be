"""The contract that every row passes: what is believed, what goes to quarantine and why, and where a record is placed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.intake import MAX_ID, MAX_LABEL, MAX_TEXT, check, take
from connectors.source import BadRow, Config, Context, Excluded, Kept, Place, Row, Source
from layers.city import City
from layers.model import UNPLACED, Complaint, Kind, Measurement, Package, PlacedBy, Record, Service, Stage, Status
from layers.vault import Vault
from tests.connectors.contract import places

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
RECEIVED = NOW - timedelta(days=2)

COMPLAINT = Complaint(
    source="uji", source_id="1", seen_at=NOW, received=RECEIVED, status=Status.DONE, category="Jalan", channel="LAKSA"
)
PACKAGE = Package(
    source="uji", source_id="1", seen_at=NOW, announced=RECEIVED, year=2026, title="Belanja", method="Tender", stage=Stage.PLANNED
)
SERVICE = Service(source="uji", source_id="1", seen_at=NOW, day=RECEIVED, service="KTP", served=3)
FORECAST = Measurement(
    source="uji", source_id="1", seen_at=NOW, name="suhu", subject="kota", value=-1.5, unit="C", measured=NOW + timedelta(days=2)
)


@pytest.mark.parametrize("record", [COMPLAINT, PACKAGE, SERVICE, FORECAST], ids=["complaint", "package", "service", "forecast"])
def test_an_honest_record_passes(record: Record) -> None:
    check(record, NOW)


def later(**fields: Any) -> Record:
    return replace(COMPLAINT, **fields)


BROKEN: dict[str, tuple[Record, str, str]] = {
    "closed before": (later(closed=RECEIVED - timedelta(seconds=1)), "closed", "ditutup sebelum diterima"),
    "answered before": (later(responded=RECEIVED - timedelta(days=1)), "responded", "ditanggapi sebelum diterima"),
    "verified before": (later(verified=RECEIVED - timedelta(days=1)), "verified", "diverifikasi sebelum diterima"),
    "future": (later(received=NOW + timedelta(minutes=6)), "received", "waktu di masa depan"),
    "version of the future": (later(known_at=NOW + timedelta(hours=1)), "known_at", "waktu di masa depan"),
    "year 1": (later(received=datetime(1, 1, 1, tzinfo=UTC)), "received", "tahun tidak masuk akal"),
    "year 9999": (later(due=datetime(9999, 12, 31, tzinfo=UTC)), "due", "tahun tidak masuk akal"),
    "naive": (later(received=datetime(2026, 1, 1)), "received", "waktu tanpa zona UTC"),  # noqa: DTZ001
    "not UTC": (later(received=RECEIVED.astimezone(timezone(timedelta(hours=7)))), "received", "waktu tanpa zona UTC"),
    "half a point": (later(lat=-6.1), "lat", "koordinat tidak lengkap"),
    "null island": (later(lat=0.0, lon=0.0), "lat", "koordinat nol"),
    "off the earth": (later(lat=91.0, lon=1.0), "lat", "koordinat di luar bumi"),
    "not a number": (later(lat=float("nan"), lon=1.0), "lat", "bukan bilangan"),
    "empty": (later(category="  "), "category", "kosong"),
    "no id": (later(source_id=""), "source_id", "kosong"),
    "long id": (later(source_id="x" * (MAX_ID + 1)), "source_id", "teks terlalu panjang"),
    "long text": (later(category="x" * (MAX_TEXT + 1)), "category", "teks terlalu panjang"),
    "nul": (later(category="a\x00b"), "category", "memuat aksara nol"),
    "half a character": (later(category="a\ud83d"), "category", "aksara rusak"),
    "half a character in the id": (later(source_id="a\ud83d"), "source_id", "aksara rusak"),
    "negative money": (replace(PACKAGE, pagu=Decimal(-1)), "pagu", "nilai uang negatif"),
    "infinite money": (replace(PACKAGE, pagu=Decimal("Infinity")), "pagu", "bukan bilangan"),
    "too much money": (replace(PACKAGE, pagu=Decimal("1e16")), "pagu", "nilai uang tidak masuk akal"),
    "negative count": (replace(SERVICE, served=-1), "served", "jumlah tidak masuk akal"),
    "a NIK as a quantity": (replace(FORECAST, value=3671012309870004.0), "value", "nilai tidak masuk akal"),
    "infinite value": (replace(FORECAST, value=float("inf")), "value", "bukan bilangan"),
}


@pytest.mark.parametrize(("record", "field", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_so_names_its_field_and_reason(record: Record, field: str, reason: str) -> None:
    with pytest.raises(BadRow) as caught:
        check(record, NOW)
    assert (caught.value.field, caught.value.reason) == (field, reason)


def test_the_limits_themselves_are_believed() -> None:
    check(later(received=NOW + timedelta(minutes=5)), NOW)
    check(later(closed=RECEIVED), NOW)
    check(later(due=RECEIVED - timedelta(days=3)), NOW)
    check(later(category="x" * MAX_TEXT), NOW)
    check(replace(PACKAGE, pagu=Decimal(0)), NOW)


# --- take ---


class Empty(Config):
    """Nothing to configure."""


def parse(row: Row, _: Empty, ctx: Context) -> Kept | Excluded:
    fate = row["fate"]
    if fate == "exclude":
        return Excluded(rule=row.get("rule", "uji_coba"))
    if fate == "bad":
        raise BadRow("status", "tidak dikenal")
    if fate == "crash":
        return row["lacking"]  # type: ignore[no-any-return]
    given = {"category": row.get("text", "Jalan"), "channel": row.get("channel", "LAKSA"), "opd": row.get("opd")}
    record = replace(COMPLAINT, source=ctx.source, source_id=str(row["id"]), seen_at=ctx.now, **given)
    return Kept(record=record, place=row.get("place", Place()))


SOURCE = Source(
    name="uji",
    title={"id": "Uji", "en": "Test"},
    kinds=frozenset([Kind.COMPLAINT]),
    config=Empty,
    pages=lambda *_: iter(()),
    parse=parse,
    key=lambda row: str(row["id"]),
)


def context(city: City) -> Context:
    return Context(source="uji", city=city, now=NOW, data=Path())


def test_every_row_has_exactly_one_fate(city: City) -> None:
    @given(st.lists(st.sampled_from(["keep", "exclude", "bad", "crash"]), max_size=60))
    def law(fates: list[str]) -> None:
        rows = [{"id": number, "fate": fate} for number, fate in enumerate(fates)]
        taken = take(rows, SOURCE, Empty(), context(city), places())
        counted = Counter(fates)
        assert [record.source_id for record in taken.records] == [str(row["id"]) for row in rows if row["fate"] == "keep"]
        assert taken.excluded == ({"uji_coba": counted["exclude"]} if counted["exclude"] else {})
        assert [reject.original for reject in taken.rejects] == [row for row in rows if row["fate"] in ("bad", "crash")]
        assert len(rows) == len(taken.records) + sum(taken.excluded.values()) + len(taken.rejects)

    law()


def test_a_row_that_breaks_the_connector_is_a_reject_with_its_id(city: City) -> None:
    taken = take([{"id": 7, "fate": "crash"}, {"fate": "bad"}], SOURCE, Empty(), context(city), places())
    crashed, keyless = taken.rejects
    assert (crashed.source_id, crashed.field, crashed.reason) == ("7", "baris", "tidak terbaca (KeyError)")
    assert (keyless.source_id, keyless.field) == (None, "status")


def placed(city: City, place: Place) -> tuple[str, PlacedBy]:
    row = {"id": 1, "fate": "keep", "place": place}
    (record,) = take([row], SOURCE, Empty(), context(city), places()).records
    return record.area, record.placed_by


def test_the_most_exact_statement_places_a_record(city: City) -> None:
    one, two = [area for area in city.areas if area.label_lat is not None and area.label_lon is not None][3:5]
    point = {"lat": two.label_lat, "lon": two.label_lon}
    assert placed(city, Place(code=one.code, **point)) == (one.code, PlacedBy.CODE)
    assert placed(city, Place(code="99.99", **point, kelurahan=one.name)) == (two.code, PlacedBy.POINT)
    assert placed(city, Place(**point)) == (two.code, PlacedBy.POINT)
    assert placed(city, Place(lat=42.3, lon=-71.0, kelurahan=one.name)) == (one.code, PlacedBy.NAME)
    assert placed(city, Place(kelurahan="Antah Berantah")) == (UNPLACED, PlacedBy.NONE)
    assert placed(city, Place()) == (UNPLACED, PlacedBy.NONE)


def test_identifiers_in_texts_are_masked_on_the_way_in(city: City) -> None:
    row = {"id": 1, "fate": "keep", "text": "Hubungi 0812-3456-7890 atau NIK 3671012345678901"}
    (record,) = take([row], SOURCE, Empty(), context(city), places()).records
    assert isinstance(record, Complaint)
    assert record.category == "Hubungi [telepon] atau NIK [nik]"


def taken(city: City, **row: Any) -> Complaint:
    (record,) = take([{"id": 1, "fate": "keep"} | row], SOURCE, Empty(), context(city), places()).records
    assert isinstance(record, Complaint)
    return record


def test_an_opd_that_the_city_does_not_have_is_left_out_and_its_row_stays(city: City) -> None:
    assert taken(city, opd="dlh").opd == "dlh"
    assert taken(city, opd="Pak Budi, Jl. Mawar 3").opd is None
    assert taken(city).opd is None


def test_labels_are_one_short_line_and_hide_no_identifier(city: City) -> None:
    record = taken(city, text="Jalan\n  rusak\tparah", channel="x" * 79 + " " + "y" * 40)
    assert (record.category, record.channel) == ("Jalan rusak parah", "x" * 79)
    assert taken(city, text="z" * MAX_LABEL).category == "z" * MAX_LABEL
    assert taken(city, text="a  b").category == "a  b"
    cut = taken(city, text="k" * 70 + " 3671012345678901").category
    assert cut == "k" * 70 + " [nik]"
    assert taken(city, text="NIK 36710123\n45678901").category == "NIK [nik]"


# --- who it was ---


@pytest.fixture
def ctx(city: City) -> Context:
    return context(city)


NIK = "3671012309870004"
SEALER = Vault("q7Jm2vXw9LkT4sRz8bNc1yHd6gPf3aUe5oWi0tZx")


def parse_person(row: Row, _: Empty, ctx: Context) -> Kept | Excluded:
    if row.get("ends"):
        return Excluded(rule="ditarik", ends=Kind.COMPLAINT)
    record = replace(
        COMPLAINT, source=ctx.source, source_id=row["id"], seen_at=ctx.now, text=row.get("isi"), reporter=row.get("siapa")
    )
    return Kept(record=replace(record, mentions="bukan dari sini"))


PERSONAL = Source(
    name="uji",
    title={"id": "uji", "en": "uji"},
    kinds=frozenset({Kind.COMPLAINT}),
    config=Empty,
    pages=lambda *_: iter(()),
    parse=parse_person,
    key=lambda row: row["id"],
)


def one(ctx: Context, vault: Vault | None = SEALER, **row: Any) -> Any:
    return take([{"id": "1"} | row], PERSONAL, Empty(), ctx, places(), vault)


def test_a_reporter_becomes_one_keyed_name_whatever_the_spelling(ctx: Context) -> None:
    names = {one(ctx, siapa=spelt).records[0].reporter for spelt in ("0812-3456-7890", "+62 812 3456 7890", "81234567890")}
    assert names == {SEALER.name("telepon", "6281234567890")}
    assert one(ctx, siapa="Siti  Aminah").records[0].reporter == one(ctx, siapa="SITI AMINAH").records[0].reporter is not None
    assert one(ctx, siapa=" ").records[0].reporter is None
    other = one(ctx, Vault("Zt0xWio5eUa3fPg6dHy1cNb8zRs4TkL9wXv2mJ7q"), siapa="0812-3456-7890").records[0].reporter
    assert other not in names
    assert one(ctx, None, siapa=NIK).records[0].reporter not in (NIK, SEALER.name("nik", NIK))


def test_free_text_is_masked_cut_and_remembers_whom_it_names_only_by_key(ctx: Context) -> None:
    record = one(ctx, isi=f"Lampu\x00 mati\nhub {NIK} / a@b.id, {NIK} " + "x" * 3_000).records[0]
    assert record.text.startswith("Lampu mati hub [nik] / [surel], [nik] xxx")
    assert len(record.text) == MAX_TEXT
    assert record.mentions.split() == [SEALER.name("nik", NIK), SEALER.name("surel", "a@b.id")]
    assert one(ctx, isi="\u200b ").records[0].text is None
    assert one(ctx, isi="biasa").records[0].mentions is None
    assert one(ctx).records[0].mentions is None


def test_a_text_or_reporter_of_another_type_is_rejected_not_raised(ctx: Context) -> None:
    for row in ({"isi": 7}, {"siapa": 81234567890}):
        taken = one(ctx, **row)
        assert [reject.field for reject in taken.rejects] == ["baris"]


def test_an_identifier_that_is_a_person_s_is_disguised_everywhere_alike(ctx: Context) -> None:
    kept, bad, ended = one(ctx, id=NIK), one(ctx, id=NIK, isi=7), one(ctx, id=NIK, ends=True)
    (disguised,) = {kept.records[0].source_id, bad.rejects[0].source_id, ended.gone[0][1]}
    assert disguised.startswith(f"samar-{SEALER.name('nik', NIK)}-")
    assert one(ctx, id="LPR-2026-0001").records[0].source_id == "LPR-2026-0001"
    assert one(ctx, id="0812-3456-7890/1").records[0].source_id != one(ctx, id="0812-3456-7890/2").records[0].source_id
