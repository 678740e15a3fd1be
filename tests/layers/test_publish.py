"""A snapshot holds every standard cut with age and evidence, travels as bytes exactly, and lists what asks for an action."""

from __future__ import annotations

import dataclasses
import errno
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import trends
from layers.areas import AreaTree
from layers.cache import CacheDown
from layers.catalog import catalog
from layers.city import City, SourceConfig, Target
from layers.frames import Frames
from layers.model import UNPLACED, Outcome, Package, Service, Stage, Status
from layers.publish import build, decode, encode, publish, read_snapshot
from layers.readings import band
from layers.snapshot import Band, Evidence, Snapshot, State
from layers.store import Reject, Store
from layers.wire import WireError, version_of
from tests.layers.made import DAY, HOUR, NOW, ZONE, complaint, give, new_store

MINUTE = timedelta(minutes=1)


@pytest.fixture
def room(city: City) -> City:
    """Two sources: one that speaks for the moment, one that never ran."""
    common: dict[str, Any] = {"connector": "tabular", "interval": "1m", "budget": "15m", "owner": "Diskominfo"}
    sources = tuple(SourceConfig(name=name, title=name.upper(), **common) for name in ("laksa", "lapor"))
    return city.model_copy(update={"sources": sources})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(f"sqlite:///{tmp_path}/s.sqlite")
    yield store
    store.close()


def snap(folder: Path, city: City, store: Store, now: datetime = NOW, **parts: Any) -> Snapshot:
    tree = AreaTree.of(city)
    frames = Frames(folder / "frames", city, tree)
    frames.refresh(store)
    return build(frames, catalog(), tree, city, store, now, parts.pop("version", 1), **parts)


# --- readings --------------------------------------------------------------------------------


def test_every_kpi_is_there_at_every_standard_cut(tmp_path: Path, room: City, store: Store) -> None:
    give(store, [complaint("a"), complaint("b", area=UNPLACED)])
    snapshot = snap(tmp_path, room, store)
    areas = {a.code for a in room.areas} | {room.code, UNPLACED}
    assert len(areas) == 1 + 13 + 104 + 1
    for kpi in catalog().values():
        cuts = {(r.area, r.opd) for r in snapshot.readings if r.kpi == kpi.id}
        levels = {None: 1, "kecamatan": 2, "area": 3}
        dots = {levels[cut] for cut in kpi.cuts if cut in levels} if kpi.kind else {1}
        at = {code for code in areas if (3 if code == UNPLACED else code.count(".")) in dots}
        opds = {(room.code, opd.slug) for opd in room.opds if kpi.kind and "opd" in kpi.cuts}
        assert cuts == {(code, None) for code in at} | opds
    for kpi in catalog().values():
        if kpi.additive and "area" in kpi.cuts:
            parts = [
                r.value or 0 for r in snapshot.readings if r.kpi == kpi.id and (r.area.count(".") == 3 or r.area == UNPLACED)
            ]
            assert sum(parts) == (snapshot.reading(kpi.id).value or 0)  # type: ignore[union-attr]


def test_the_worst_source_tells_the_age_and_what_does_not_count_is_said(tmp_path: Path, room: City, store: Store) -> None:
    reject = Reject(source_id="x", field="closed", reason="ditutup sebelum diterima", original={"id": "x"})
    give(store, [complaint("a")], excluded={"uji coba": 2}, rejects=[reject])
    give(store, [complaint("b", source="lapor")], source="lapor", now=NOW - 40 * MINUTE)
    service = Service(source="loket", source_id="s", seen_at=NOW, day=NOW, service="KTP", served=1)
    give(store, [service], source="loket", excluded={"loket tutup": 9}, now=NOW - 300 * MINUTE)
    reading = snap(tmp_path, room, store).reading("aduan_terbuka")
    assert reading is not None
    assert reading.freshness.observed_at == NOW - 40 * MINUTE
    assert reading.freshness.state(NOW) is State.LATE
    assert (reading.evidence.sources, dict(reading.evidence.excluded), reading.evidence.quarantined) == (
        ("laksa", "lapor"),
        {"uji coba": 2},
        1,
    )


def test_an_export_read_again_does_not_count_its_excluded_rows_again(tmp_path: Path, room: City, store: Store) -> None:
    for hour in range(3):
        give(store, [complaint("a")], excluded={"uji coba": 2}, now=NOW + hour * HOUR)
    reading = snap(tmp_path, room, store, NOW + 3 * HOUR).reading("aduan_terbuka")
    assert reading is not None
    assert dict(reading.evidence.excluded) == {"uji coba": 2}


def test_time_passing_makes_a_complaint_overdue_without_any_new_record(tmp_path: Path, room: City, store: Store) -> None:
    give(store, [complaint("a", due=NOW + HOUR)])
    values = [snap(tmp_path, room, store, NOW + hours * HOUR).reading("aduan_lewat_tenggat") for hours in (0, 1, 2)]
    assert [r.value for r in values if r] == [0, 0, 1]


@pytest.mark.parametrize(
    ("better", "value", "expected"),
    [
        ("up", 95, Band.NORMAL),
        ("up", 94.9, Band.WATCH),
        ("up", 85, Band.WATCH),
        ("up", 84.9, Band.ACT),
        ("down", 95, Band.NORMAL),
        ("down", 95.1, Band.WATCH),
        ("down", 105.1, Band.ACT),
        ("neutral", 1, Band.NORMAL),
        ("up", None, Band.NORMAL),
    ],
)
def test_bands(better: str, value: float | None, expected: Band) -> None:
    kpi = dataclasses.replace(catalog()["selesai_tepat_waktu"], better=better)
    target = Target(target=95, act=105 if better == "down" else 85, valid_from=NOW.date())
    assert band(kpi, value, target) is expected


def test_without_a_limit_to_act_or_a_target_there_is_no_alarm() -> None:
    kpi = catalog()["selesai_tepat_waktu"]
    assert band(kpi, 1, Target(target=95, valid_from=NOW.date())) is Band.WATCH
    assert band(kpi, 1, None) is Band.NORMAL


def test_a_target_of_a_count_is_the_citys_alone(tmp_path: Path, room: City, store: Store) -> None:
    give(store, [complaint(str(i), due=NOW - HOUR) for i in range(100)])
    snapshot = snap(tmp_path, room, store)
    city, part = snapshot.reading("aduan_lewat_tenggat"), snapshot.reading("aduan_lewat_tenggat", "36.71.01.1001")
    assert city is not None
    assert part is not None
    assert (city.value, city.target, city.band) == (100, 40, Band.ACT)
    assert (part.value, part.target, part.band) == (100, None, Band.NORMAL)


# --- trends, arrivals, dots, events ------------------------------------------------------------


def test_trends_are_of_30_days_and_know_nothing_before_the_first_record(tmp_path: Path, room: City, store: Store) -> None:
    give(store, [complaint("a", received=NOW - 3 * DAY), complaint("b", received=NOW - HOUR, area=UNPLACED)])
    snapshot = snap(tmp_path, room, store)
    trends = {(t.kpi, t.area): t for t in snapshot.trends}
    city = trends["aduan_terbuka", room.code]
    assert (city.days[0], city.days[-1], len(city.days)) == ("2026-10-24", "2026-11-22", 30)
    assert city.values == (None,) * 26 + (1, 1, 1, 2)
    assert trends["aduan_masuk_hari_ini", room.code].values[-4:] == (1, 0, 0, 1)
    assert trends["aduan_terbuka", "36.71.01"].values[-4:] == (1, 1, 1, 1)
    assert not [kpi for kpi, _ in trends if kpi in ("aduan_lewat_tenggat", "paket_diumumkan", "sumber_segar")]


@pytest.mark.parametrize(("later", "expected"), [(MINUTE, 1), (59 * MINUTE, 1), (60 * MINUTE, 2)])
def test_past_days_are_remembered_for_an_hour_at_most_and_today_never(
    tmp_path: Path, room: City, store: Store, monkeypatch: pytest.MonkeyPatch, later: timedelta, expected: int
) -> None:
    """One change of two records is too few to look at past days again: a large part is made to be so here."""
    monkeypatch.setattr(trends, "REMEMBERED_PART", 1)
    tree = AreaTree.of(room)
    frames = Frames(tmp_path / "frames", room, tree)
    yesterday: list[float | None] = []
    for i, at in enumerate((NOW, NOW + later)):
        give(store, [complaint(str(i), received=NOW - DAY)], now=at)
        frames.refresh(store)
        snapshot = build(frames, catalog(), tree, room, store, at, 1)
        (values,) = (t.values for t in snapshot.trends if (t.kpi, t.area) == ("aduan_terbuka", room.code))
        assert values[-1] == i + 1
        yesterday.append(values[-2])
    assert yesterday == [1, expected]


def test_after_five_minutes_each_snapshot_looks_at_the_past_of_one_kpi_again(
    tmp_path: Path, room: City, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trends, "REMEMBERED_PART", 1)
    tree = AreaTree.of(room)
    frames = Frames(tmp_path / "frames", room, tree)
    few = {name: catalog()[name] for name in ("aduan_terbuka", "aduan_masuk_30h")}
    seen = []
    for i, minutes in enumerate((0, 4, 6, 7, 8)):
        if i < 2:
            give(store, [complaint(str(i), received=NOW - DAY)])
            frames.refresh(store)
        snapshot = build(frames, few, tree, room, store, NOW + minutes * MINUTE, 1)
        seen.append([t.values[-2] for t in snapshot.trends if t.area == room.code])
    assert seen == [[1, 1], [1, 1], [2, 1], [2, 2], [2, 2]]


def test_a_late_record_changes_the_past_at_once_where_records_are_few(tmp_path: Path, room: City, store: Store) -> None:
    tree = AreaTree.of(room)
    frames = Frames(tmp_path / "frames", room, tree)
    for i in range(2):
        give(store, [complaint(str(i), received=NOW - DAY)])
        frames.refresh(store)
        snapshot = build(frames, catalog(), tree, room, store, NOW, 1)
        (values,) = (t.values for t in snapshot.trends if (t.kpi, t.area) == ("aduan_terbuka", room.code))
        assert values[-2:] == (i + 1, i + 1)


def test_arrivals_are_counted_in_half_hours_of_the_local_day(tmp_path: Path, room: City, store: Store) -> None:
    midnight = NOW - 12 * HOUR
    moments = {"a": midnight, "b": midnight + 29 * MINUTE, "c": midnight + 30 * MINUTE, "d": NOW, "e": midnight - MINUTE}
    give(store, [complaint(key, received=at, channel="112" if key == "d" else "aplikasi") for key, at in moments.items()])
    arrivals = snap(tmp_path, room, store).arrivals
    assert arrivals.minutes == 30
    assert list(arrivals.channels) == ["aplikasi", "112"]
    assert arrivals.channels["aplikasi"] == (2, 1, *[0] * 23)
    assert arrivals.channels["112"] == (*[0] * 24, 1)
    assert dict(arrivals.until) == {"aplikasi": NOW, "112": NOW}, "an export speaks up to its newest record"


def test_many_channels_are_put_together(tmp_path: Path, room: City, store: Store) -> None:
    give(store, [complaint(f"{c}{i}", received=NOW - HOUR, channel=f"kanal {c}") for c in range(9) for i in range(9 - c)])
    channels = snap(tmp_path, room, store).arrivals.channels
    assert list(channels) == [f"kanal {c}" for c in range(5)] + ["Lainnya"]
    assert sum(map(sum, channels.values())) == 45


def test_dots_are_of_the_last_hour_and_no_house(tmp_path: Path, room: City, store: Store) -> None:
    give(
        store,
        [
            complaint("a", received=NOW - MINUTE, lat=-6.123456, lon=106.654321),
            complaint("b", received=NOW - 61 * MINUTE, lat=-6.1, lon=106.6),
            complaint("c", received=NOW - MINUTE),
        ],
    )
    assert [(d.lat, d.lon, d.at) for d in snap(tmp_path, room, store).dots] == [(-6.123, 106.654, NOW - MINUTE)]


def test_a_case_that_would_name_a_person_is_in_no_event_and_no_dot(tmp_path: Path, room: City, store: Store) -> None:
    """One case of violence with its minute, its kelurahan and its corner is somebody's; of the counts it is a part."""
    at = {"received": NOW - MINUTE, "lat": -6.12, "lon": 106.65}
    cases = [
        complaint("a", category="Kekerasan dalam rumah tangga", **at),
        complaint("b", category="Lain-lain", opd="dp3ap2kb", **at),
        complaint("c", category="Kesehatan jiwa", received=NOW - DAY, closed=NOW - MINUTE, status=Status.DONE),
        complaint("d", opd=None, **at | {"lat": -6.2}),
    ]
    give(store, cases)
    told = snap(tmp_path, room, store)
    assert [event.text for event in told.events] == ["aplikasi · Sampah · Kel. Sukarasa, Tangerang"]
    assert [dot.lat for dot in told.dots] == [-6.2]
    assert sum(map(sum, told.arrivals.channels.values())) == 3


def test_events_say_what_happened_without_any_free_text(tmp_path: Path, room: City, store: Store) -> None:
    package = Package(
        source="lpse", source_id="p", seen_at=NOW, announced=NOW - 3 * HOUR, year=2026, title="Rahasia Budi 0812",
        method="tender", stage=Stage.PLANNED, pagu=Decimal(1_250_000_000), opd="dpupr",
    )  # fmt: skip
    give(store, [package], source="lpse")
    give(
        store,
        [
            complaint("a", received=NOW - HOUR, area="36.71.05.1004"),
            complaint("b", received=NOW - 2 * DAY, closed=NOW - 2 * HOUR, status=Status.DONE, area=UNPLACED, channel="112"),
            complaint("c", received=NOW + HOUR),
        ],
    )
    events = snap(tmp_path, room, store).events
    assert [e.at for e in events] == sorted((e.at for e in events), reverse=True)
    assert [e.text for e in events] == [
        "aplikasi · Sampah · Kel. Gondrong, Cipondoh → DLH",
        "112 · Sampah · Tanpa lokasi · selesai dalam 1 hari",
        "Pengadaan · tender · Rp1,25\N{NO-BREAK SPACE}M diumumkan → DPUPR",
        "112 · Sampah · Tanpa lokasi → DLH",
    ]


# --- attention -------------------------------------------------------------------------------


def test_attention_names_what_where_whose_and_since_when(tmp_path: Path, room: City, store: Store) -> None:
    old = [complaint(f"o{i}", area="36.71.05.1004", due=NOW - 8 * DAY) for i in range(5)]
    many = [complaint(f"m{i}", area="36.71.01.1001", opd=None, due=NOW - HOUR, category="Banjir") for i in range(20)]
    few = [complaint(f"f{i}", area="36.71.02.1001", due=NOW - HOUR) for i in range(4)]
    late = [complaint(f"l{i}", area=UNPLACED, due=NOW - 2 * HOUR, category="PKL") for i in range(6)]
    give(store, [*old, *many, *few, *late])
    found = snap(tmp_path, room, store).attention
    assert [(a.band, a.title, a.place, a.owner, a.n) for a in found] == [
        (Band.ACT, "20 aduan Banjir lewat tenggat", "Kec. Tangerang", None, 20),
        (Band.ACT, "5 aduan Sampah lewat tenggat", "Kec. Cipondoh", "DLH", 5),
        (Band.WATCH, "6 aduan PKL lewat tenggat", "Tanpa lokasi", "DLH", 6),
        (Band.WATCH, "LAPOR belum pernah mengirim data", "Sumber data", "Diskominfo", 1),
    ]
    assert (found[1].since, found[1].detail) == (NOW - 8 * DAY, "1 kelurahan, paling lama lewat 8 hari")


def test_a_kelurahan_far_over_its_usual(tmp_path: Path, room: City, store: Store) -> None:
    usual = [complaint(f"u{d}-{i}", received=NOW - (d + 1) * DAY - HOUR) for d in range(58) for i in range(2)]
    today = [complaint(f"t{i}", received=NOW - HOUR) for i in range(20)]
    calm = [complaint(f"c{i}", received=NOW - HOUR, area="36.71.01.1002") for i in range(7)]
    give(store, [*usual, *today, *calm])
    found = {a.id: a for a in snap(tmp_path, room, store).attention if a.id.startswith("lonjakan")}
    surge = found["lonjakan:36.71.01.1001"]
    assert (surge.title, surge.area, surge.n, surge.band) == ("20 aduan masuk dalam 1 jam", "36.71.01.1001", 20, Band.WATCH)
    assert surge.detail == "wajarnya 0 sampai 6 pada Minggu jam yang sama"
    assert "lonjakan:36.71.01.1002" not in found


@pytest.mark.parametrize(
    ("outcome", "age", "expected"),
    [
        (Outcome.OK, MINUTE, None),
        (Outcome.OK, 20 * MINUTE, (Band.WATCH, "LAKSA terlambat")),
        (Outcome.OK, HOUR, (Band.ACT, "LAKSA tidak mutakhir")),
        (Outcome.AUTH, MINUTE, (Band.ACT, "LAKSA menolak akses kita")),
        (Outcome.DRIFT, MINUTE, (Band.ACT, "LAKSA berubah bentuk")),
    ],
)
def test_sources_that_need_someone(
    tmp_path: Path, room: City, store: Store, outcome: Outcome, age: timedelta, expected: tuple[Band, str] | None
) -> None:
    give(store, [complaint("a")], now=NOW - age)
    if not outcome.good:
        store.end_run(store.begin_run("laksa", NOW), outcome, "401", NOW)
    found = [(a.band, a.title) for a in snap(tmp_path, room, store).attention if a.id == "sumber:laksa"]
    assert found == ([expected] if expected else [])


def test_rows_in_quarantine_and_no_more_than_the_wall_can_hold(tmp_path: Path, room: City, store: Store) -> None:
    rejects = [Reject(source_id=str(i), field="closed", reason="rusak", original={"id": i}) for i in range(3)]
    give(store, [complaint(f"{c}-{i}", category=f"K{c}", due=NOW - HOUR) for c in range(30) for i in range(5)], rejects=rejects)
    found = snap(tmp_path, room, store).attention
    assert len(found) <= 12
    assert [a.title for a in found if a.id == "karantina:laksa"] == ["3 baris LAKSA dikarantina"]


# --- bytes -----------------------------------------------------------------------------------

WORDS = st.text(max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
BASE: Mapping[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: st.integers(-(2**53), 2**53),
    float: NUMBERS,
    bool: st.booleans(),
    datetime: st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    timedelta: st.timedeltas(timedelta(0), timedelta(days=400)),
}


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a declared type, so that no field of a snapshot is forgotten."""
    if hint in BASE:
        return BASE[hint]
    if type(None) in get_args(hint):
        return st.none() | anything(next(a for a in get_args(hint) if a is not type(None)))
    if get_origin(hint) in (tuple, Sequence):
        return st.lists(anything(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is not None:
        return st.dictionaries(WORDS, anything(get_args(hint)[1]), max_size=2)
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        fields = {f.name: anything(hints[f.name]) for f in dataclasses.fields(hint) if f.init}
        if "why_none" in fields:
            told = st.one_of(st.tuples(NUMBERS, st.none()), st.tuples(st.none(), WORDS))
            return st.builds(lambda pair, **rest: hint(value=pair[0], why_none=pair[1], **rest), told, **_without(fields))
        return st.builds(hint, **fields)
    return st.sampled_from(hint)


def _without(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ("value", "why_none")}


@settings(max_examples=100, deadline=None)
@given(anything(Snapshot))
def test_bytes_and_back_are_the_same_snapshot(snapshot: Snapshot) -> None:
    back = decode(encode(snapshot))
    assert back == snapshot
    assert encode(back) == encode(snapshot)
    assert (version_of(encode(snapshot)), version_of(b"{}")) == (snapshot.version, None)
    assert all(isinstance(r.evidence, Evidence) and isinstance(r.band, Band) for r in back.readings)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"form": 0}', b'{"form": 1, "pools": []}', b"[1]"])
def test_other_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        decode(body)


class Recorder:
    """What the cache was given."""

    def __init__(self) -> None:
        self.given: list[tuple[int, bytes]] = []

    def publish_snapshot(self, version: int, body: bytes) -> None:
        self.given.append((version, body))


def test_a_snapshot_is_published_to_the_cache_and_beside_the_frames(tmp_path: Path, room: City, store: Store) -> None:
    give(store, [complaint("a")])
    cache = Recorder()
    for version in (3, 4):
        snapshot = snap(tmp_path, room, store, version=version, notice="data contoh")
        publish(snapshot, cache, tmp_path / "frames")
        assert read_snapshot(tmp_path / "frames") == snapshot
    assert [(version, decode(body).version, decode(body).notice) for version, body in cache.given] == [
        (3, 3, "data contoh"),
        (4, 4, "data contoh"),
    ]


def test_a_newer_snapshot_is_never_replaced_by_an_older_one(tmp_path: Path, room: City, store: Store) -> None:
    cache, folder = Recorder(), tmp_path / "frames"
    snapshot = snap(tmp_path, room, store)
    for version in (5, 4, 6):
        publish(dataclasses.replace(snapshot, version=version), cache, folder)
        assert getattr(read_snapshot(folder), "version", None) == max(5, version)
    assert [version for version, _ in cache.given] == [5, 4, 6]  # the cache decides for itself
    publish(dataclasses.replace(snapshot, version=1, city="36.03"), cache, folder)
    assert getattr(read_snapshot(folder), "city", None) == "36.03"


def test_many_publishers_leave_the_newest_and_nothing_else(tmp_path: Path, room: City, store: Store) -> None:
    snapshot = snap(tmp_path, room, store)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "snapshot.json.killed.part").write_bytes(b"{")
    failed: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for version in range(first, 20, 4):
                publish(dataclasses.replace(snapshot, version=version), Recorder(), folder)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert getattr(read_snapshot(folder), "version", None) == 20 - 1
    assert {path.name for path in folder.iterdir()} == {"snapshot.json", "snapshot.json.lock"}


@pytest.mark.parametrize("cache_is_down", [False, True])
def test_on_a_full_disk_the_cache_is_told_and_the_caller_too(
    tmp_path: Path, room: City, store: Store, monkeypatch: pytest.MonkeyPatch, cache_is_down: bool
) -> None:
    snapshot = snap(tmp_path, room, store, version=2)
    cache, folder = Recorder(), tmp_path / "frames"
    publish(dataclasses.replace(snapshot, version=1), cache, folder)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def down(self: Recorder, version: int, body: bytes) -> None:
        self.given.append((version, body))
        raise CacheDown("away")

    monkeypatch.setattr("os.fsync", full)
    if cache_is_down:
        monkeypatch.setattr(Recorder, "publish_snapshot", down)
    with pytest.raises(OSError, match="space"):
        publish(snapshot, cache, folder)
    assert [version for version, _ in cache.given] == [1, 2]
    assert getattr(read_snapshot(folder), "version", None) == 1
    assert list(folder.glob("*.part")) == []


def test_without_or_with_a_broken_file_there_is_no_snapshot(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path) is None
    (tmp_path / "snapshot.json").write_bytes(b"{")
    assert read_snapshot(tmp_path) is None


def test_the_local_zone_of_now_does_not_matter(tmp_path: Path, room: City, store: Store) -> None:
    give(store, [complaint("a")])
    assert snap(tmp_path, room, store, NOW.astimezone(ZONE)) == snap(tmp_path, room, store, NOW)
