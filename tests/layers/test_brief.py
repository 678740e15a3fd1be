"""The morning brief: what it chooses, whom it names, what it doubts, and that it stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from layers.alarmtypes import Alarm, AlarmState, CityState
from layers.areas import AreaTree
from layers.brief import brief, deadlines_ahead, digest, due, queues, weekly
from layers.briefmail import html, plain, subject
from layers.briefplan import BriefPlan
from layers.briefs import Briefs, Shelf, may_read
from layers.brieftypes import Brief, Thing, decode, encode
from layers.catalog import Kpi, Window, catalog
from layers.city import City, SourceConfig, load
from layers.frames import Frames
from layers.model import Complaint, Kind, Role, Scope, Status
from layers.notable import LEAST_STEPS, because, step, things, windows
from layers.orders import About, Order, OrderState
from layers.publish import build
from layers.readings import Room
from layers.snapshot import Evidence, Freshness, Mismatch, Reading, Snapshot, State, Trend
from tests.layers.made import ANALYST, DAY, HOUR, OPERATOR, PUBLIC, ZONE, complaint, give, new_store, opened

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""Monday 07.00 WIB."""
LEADER = Scope(user="sekda", role=Role.LEADER)
DLH = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
CAMAT = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.01"}))
KPIS = catalog()
OPEN, LATE, TODAY = "aduan_terbuka", "aduan_lewat_tenggat", "aduan_masuk_hari_ini"


def watched(city: City) -> City:
    common: dict[str, Any] = {"connector": "tabular", "interval": "1m", "budget": "15m", "owner": "Diskominfo"}
    return city.model_copy(update={"sources": tuple(SourceConfig(name=n, title=n.upper(), **common) for n in ("laksa", "lapor"))})


def rows() -> list[Complaint]:
    """Forty days of a complaint a day that is closed in two, ten overdue ones of DLH, and what falls due soon."""
    days = [NOW - n * DAY for n in range(40, 2, -1)]
    old = [
        complaint(f"o{n}", received=day, closed=day + 2 * DAY, status=Status.DONE, due=day + 3 * DAY, seen_at=NOW)
        for n, day in enumerate(days)
    ]
    late = [complaint(f"l{n}", received=NOW - 9 * DAY, due=NOW - (n + 1) * HOUR, seen_at=NOW) for n in range(10)]
    soon = [
        complaint(f"s{n}", received=NOW - DAY, due=NOW + hours * HOUR, opd=opd, seen_at=NOW)
        for n, (hours, opd) in enumerate([(3, "dlh"), (30, "dlh"), (3, "dpupr"), (71, "dpupr"), (73, "dpupr"), (120, None)])
    ]
    return [*old, *late, *soon]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory, city: City) -> tuple[Snapshot, Room]:
    folder, watching = tmp_path_factory.mktemp("pagi"), watched(city)
    tree = AreaTree.of(watching)
    with opened(f"sqlite:///{folder}/s.sqlite") as store:
        give(store, rows(), now=NOW)
        frames = Frames(folder / "frames", watching, tree)
        frames.refresh(store)
        return build(frames, KPIS, tree, watching, store, NOW, 7), Room(frames.view(), tree, watching, store.source_states(), NOW)


def why(kpi: Kpi, opd: str | None, _when: object) -> Mapping[str, str]:
    return {"id": f"karena {kpi.id} {opd or 'kota'}", "en": f"because of {kpi.id}"}


def order(number: int, **fields: Any) -> Order:
    facts: dict[str, Any] = {
        "id": number,
        "given": NOW - 3 * DAY,
        "giver": "sekda",
        "giver_role": Role.LEADER,
        "opd": "dlh",
        "text": "Angkut sampah",
        "about": About(kpi=LATE, area="36.71"),
        "due": NOW + 3 * HOUR,
        "state": OrderState.GIVEN,
    }
    return Order(**(facts | fields))


# --- when ----------------------------------------------------------------------------------------


def test_a_brief_is_due_at_seven_on_working_days_or_as_the_pack_says(city: City) -> None:
    assert due(city, date(2026, 11, 23)) == NOW
    for free in (date(2026, 11, 22), date(2026, 12, 25)):
        assert due(city, free) is None
    plan = BriefPlan.model_validate({"at": "06.30", "days": ["sabtu", "minggu"]})
    assert plan.at == time(6, 30)
    weekend = city.model_copy(update={"brief": plan})
    assert due(weekend, date(2026, 11, 22)) == NOW - DAY - HOUR / 2
    assert due(weekend, date(2026, 11, 23)) is None
    assert (weekly(weekend, date(2026, 11, 21)), weekly(weekend, date(2026, 11, 22))) == (True, False)
    for wrong in ({"at": "25.00"}, {"days": ["funday"]}, {"hour": 7}):
        with pytest.raises(ValidationError):
            BriefPlan.model_validate(wrong)


@given(week=st.integers(0, 51))
def test_each_week_has_one_brief_that_looks_back_on_it(week: int) -> None:
    city, monday = load("36.71"), date(2026, 1, 5) + timedelta(weeks=week)
    days = [day for n in range(7) if due(city, day := monday + timedelta(days=n))]
    assert [day for day in days if weekly(city, day)] == days[:1]


# --- what changed --------------------------------------------------------------------------------


def trend(kpi: str, values: list[float | None]) -> Trend:
    days = tuple((NOW.date() - DAY * (len(values) - 1 - n)).isoformat() for n in range(len(values)))
    return Trend(kpi=kpi, area="36.71", days=days, values=tuple(values))


def reading(kpi: str, value: float | None, **fields: Any) -> Reading:
    fresh = Freshness(observed_at=NOW, fetched_at=NOW, budget=HOUR)
    none = None if value is not None else "belum cukup data"
    return Reading(
        kpi=kpi, area="36.71", value=value, why_none=none, n=9, freshness=fresh, evidence=Evidence(sources=()), **fields
    )


def shown(base: Snapshot, **series: list[float | None]) -> tuple[Thing, ...]:
    changed = replace(
        base,
        trends=tuple(trend(kpi, values) for kpi, values in series.items()),
        readings=tuple(reading(kpi, values[-1]) for kpi, values in series.items()),
    )
    return things(changed, KPIS, ZONE, NOW, weekly=False, cause=why)


def wave(size: float, last: float, level: float = 100.0) -> list[float | None]:
    """Thirty days that go up and down by ``size`` within two days, and then a change of ``last``."""
    days = [level + size * (n // 2 % 2) for n in range(29)]
    return [*days, days[27] + last]


def test_a_change_counts_by_what_the_figure_is_wont_to_do(morning: tuple[Snapshot, Room]) -> None:
    found = shown(morning[0], aduan_terbuka=wave(100, 100), aduan_lewat_tenggat=wave(1, 9), selesai_tepat_waktu=wave(2, 3))
    assert [thing.figure.kpi for thing in found] == [LATE, "selesai_tepat_waktu", OPEN]
    assert [round(thing.strength or 0, 6) for thing in found] == [9.0, 1.5, 1.0]
    late = found[0].figure
    assert (late.value, late.change, late.good) == (wave(1, 9)[-1], 9.0, False)
    assert late.against == {"id": "sejak awal Minggu 22 November", "en": "since the start of Sunday 22 November"}
    assert found[0].cause == why(KPIS[LATE], None, None)


def test_a_figure_that_begins_anew_at_midnight_is_told_of_for_its_last_whole_day() -> None:
    values: list[float | None] = [*(10.0 + n % 2 for n in range(28)), 40.0, 3.0]
    assert step(trend(TODAY, values), KPIS[TODAY], weekly=False) == (40.0, 29.0, 29.0)
    before, after = windows(KPIS[TODAY], ZONE, NOW, weekly=False)
    assert (before.window, before.start, after.start) == (Window.TODAY, NOW - DAY * 2 - HOUR * 7, NOW - DAY - HOUR * 7)


def test_the_windows_of_a_cause_are_those_of_the_change() -> None:
    before, after = windows(KPIS[OPEN], ZONE, NOW, weekly=False)
    assert (before.end, after.end) == (NOW - DAY - HOUR * 7 - timedelta(microseconds=1), NOW)
    week, _ = windows(KPIS[OPEN], ZONE, NOW, weekly=True)
    assert week.end == before.end - 6 * DAY


def test_nothing_that_did_not_change_or_is_not_known_is_news(morning: tuple[Snapshot, Room]) -> None:
    few: list[float | None] = [None] * (28 - LEAST_STEPS) + [1.0] * (LEAST_STEPS + 1) + [9.0]
    for values in (wave(1, 0), [*wave(1, 1)[:-1], None], [*few[1:], None], wave(1, 0.4), [None] * 29 + [5.0]):
        assert shown(morning[0], aduan_terbuka=values) == ()


def test_five_things_of_several_subjects_and_good_news_if_there_is_any(morning: tuple[Snapshot, Room]) -> None:
    bad = [k.id for k in KPIS.values() if k.better == "down" and k.beside is None and k.decimals == 0][:7]
    good = next(k.id for k in KPIS.values() if k.better == "up" and k.beside is None)
    found = shown(morning[0], **{k: wave(1, 20 - n) for n, k in enumerate(bad)}, **{good: wave(10, 11)})
    assert len(found) == 5
    assert [t.figure.kpi for t in found if t.figure.good] == [good]
    strengths = [t.strength or 0 for t in found]
    assert strengths == sorted(strengths, reverse=True)
    assert shown(morning[0]) == ()


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=30, max_size=30), st.booleans())
def test_a_step_is_the_difference_that_it_says(values: list[float | None], week: bool) -> None:
    found = step(trend(OPEN, values), KPIS[OPEN], weekly=week)
    before = values[-1 - (8 if week else 2)]
    if found is not None:
        assert (found[0], found[1]) == (values[-1], values[-1] - before)  # type: ignore[operator]
        assert found[2] >= 0


# --- whose ---------------------------------------------------------------------------------------


def test_what_is_overdue_and_falls_due_is_counted_for_each_opd(morning: tuple[Snapshot, Room]) -> None:
    _, room = morning
    found = {q.opd: q for q in queues(room.recent(Kind.COMPLAINT), room.city, NOW)}
    dlh, pupr, nobody = found["dlh"], found["dpupr"], found[None]
    assert (dlh.overdue, dlh.open, dlh.today, dlh.soon, dlh.longest) == (10, 12, 1, 2, NOW - 10 * HOUR)
    assert (pupr.overdue, pupr.today, pupr.soon, pupr.week, pupr.longest) == (0, 1, 2, 3, None)
    assert (nobody.soon, nobody.week, nobody.name) == (0, 1, "Tanpa OPD")
    assert next(iter(found)) == "dlh"
    assert sum(q.overdue for q in found.values()) == morning[0].reading(LATE).value  # type: ignore[union-attr]
    assert sum(q.open for q in found.values()) == morning[0].reading(OPEN).value  # type: ignore[union-attr]


def test_deadlines_ahead_are_counted_in_working_hours(morning: tuple[Snapshot, Room]) -> None:
    _, room = morning
    complaints = room.recent(Kind.COMPLAINT)
    found = {a.opd: a for a in deadlines_ahead(complaints, room.city, NOW, hours=2)}  # until 09.30
    assert found == {}
    found = {a.opd: a for a in deadlines_ahead(complaints, room.city, NOW, hours=3)}  # until 10.30
    assert {opd: (a.n, a.first) for opd, a in found.items()} == {"dlh": (1, NOW + 3 * HOUR), "dpupr": (1, NOW + 3 * HOUR)}
    assert found["dlh"].until == NOW + 3 * HOUR + HOUR / 2
    both = {a.opd: a.n for a in deadlines_ahead(complaints, room.city, NOW, hours=15)}
    assert both == {"dlh": 2, "dpupr": 1}
    assert deadlines_ahead(complaints.clear(), room.city, NOW) == ()
    assert deadlines_ahead(complaints.filter(pl.col("due").is_null()), room.city, NOW) == ()


# --- the whole -----------------------------------------------------------------------------------


def test_the_brief_of_a_morning(morning: tuple[Snapshot, Room]) -> None:
    snapshot, room = morning
    orders = [
        order(1, text="Lama, tidak dijawab", given=NOW - 20 * DAY, due=NOW - 10 * DAY),
        order(2, given=NOW - 3 * DAY, state=OrderState.ANSWERED, answer="Sudah", answered=NOW - 2 * DAY),
        order(3, given=NOW - 20 * DAY, state=OrderState.DONE, answer="Sudah", answered=NOW - 19 * DAY),
        order(4, opd="dpupr"),
    ]
    made = brief(snapshot, room, KPIS, orders, NOW, why)
    assert (made.version, made.due, made.made, made.day, made.weekly) == (7, NOW, NOW, date(2026, 11, 23), True)
    assert [told.id for told in made.orders] == [1, 4, 2]
    assert made.orders[0].standing["id"] == "lewat tenggat 13 November 07.00"
    assert [(d.what, d.observed) for d in made.doubts] == [("LAPOR", None)]
    assert [q.opd for q in made.queues] == ["dlh", "dpupr"]
    assert brief(snapshot, room, KPIS, orders, NOW, why) == made
    text = plain(made, room.city.zone, "https://ruang.contoh/ringkasan")
    for said in (
        "Ringkasan pagi Kota Tangerang, Senin 23 November 2026",
        "10 aduan lewat tenggat, 2 jatuh tempo hari ini, 2 arahan belum dijawab.",
        "- DLH: 10 lewat tenggat, terlama sejak Minggu 22 November 21.00",
        "belum dijawab, sisa 2 jam 30 menit kerja",
        "dijawab Sabtu 21 November 07.00: Sudah",
        "- LAPOR: belum pernah mengirim data",
        "Dibuat Senin 23 November 07.00 dari potret versi 7",
    ):
        assert said in text, (said, text)
    assert "Seharusnya" not in text
    assert "sekda" not in text
    late = replace(made, made=NOW + 3 * HOUR)
    assert "Seharusnya Senin 23 November 07.00" in plain(late, room.city.zone)


def test_the_digest_of_an_opd_speaks_of_that_opd_alone(morning: tuple[Snapshot, Room]) -> None:
    snapshot, room = morning
    made = digest(snapshot, room, KPIS, [order(1), order(2, opd="dpupr", text="Tambal jalan")], NOW, why, "dlh")
    assert {figure.opd for figure in made.figures} == {"dlh"}
    assert [q.opd for q in made.queues] == ["dlh"]
    assert [told.id for told in made.orders] == [1]
    assert all(f.target is not None and f.good is not False for f in made.praise)
    assert "Tambal jalan" not in plain(made, room.city.zone)
    assert subject(made, room.city.zone) == "Ringkasan pekan Dinas Lingkungan Hidup, Senin 23 November 2026"
    empty = digest(snapshot, room, KPIS, [], NOW, why, "bpbd")
    assert (empty.figures, empty.queues, empty.orders) == ((), (), ())
    assert "Tidak ada yang lewat tenggat" in plain(empty, room.city.zone)
    with pytest.raises(ValueError, match="tidak ada OPD"):
        digest(snapshot, room, KPIS, [], NOW, why, "entah")


def test_the_mail_is_whole_in_itself_and_escaped(morning: tuple[Snapshot, Room]) -> None:
    snapshot, room = morning
    told = order(1, text="<script>alert(1)</script> & lainnya")
    made = replace(brief(snapshot, room, KPIS, [told], NOW, why), notice="SIMULASI: data contoh")
    mail = html(made, room.city.zone, "https://ruang.contoh/ringkasan")
    assert "<script" not in mail
    assert "&lt;script&gt;" in mail
    for outside in ("<img", "<link", "url(", "src=", "<style"):
        assert outside not in mail
    assert mail.count("http") == 1
    assert subject(made, room.city.zone).startswith("[SIMULASI] ")
    assert "SIMULASI: data contoh" in plain(made, room.city.zone)


# --- kept ----------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Briefs]:
    url = f"sqlite:///{tmp_path}/b.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = new_store(url)
    yield Briefs(store)
    store.close()


@pytest.fixture
def two(morning: tuple[Snapshot, Room]) -> tuple[Brief, Brief]:
    snapshot, room = morning
    answered = order(2, state=OrderState.ANSWERED, answer="Sudah", answered=NOW)
    return (
        brief(snapshot, room, KPIS, [order(1), answered], NOW, why),
        digest(snapshot, room, KPIS, [order(1)], NOW, why, "dlh"),
    )


def test_a_brief_is_made_once_and_stays_as_it_was(kept: Briefs, two: tuple[Brief, Brief]) -> None:
    city, own = two
    assert decode(encode(city)) == city
    assert decode(encode(own)) == own
    assert [kept.keep(city), kept.keep(own)] == [True, True]
    assert not kept.keep(replace(city, version=8))
    later = replace(city, day=city.day + DAY, made=city.made + DAY, version=9)
    assert kept.keep(later)
    assert kept.made(city.day) == {"36.71", "dlh"}
    assert kept.read(LEADER, "36.71").brief == later
    former = kept.read(OPERATOR, "36.71", day=city.day)
    assert (former.brief, former.days) == (city, (later.day, city.day))
    assert kept.read(LEADER, "36.71", until=later.made - HOUR) == Shelf(brief=city, days=(city.day,))
    assert kept.read(LEADER, "36.71", day=city.day - DAY).brief is None
    assert kept.read(LEADER, "36.71", "dpupr").days == ()
    with pytest.raises(ValueError, match="not a brief"):
        decode(b"{}")


def test_who_reads_which(kept: Briefs, two: tuple[Brief, Brief]) -> None:
    for each in two:
        kept.keep(each)
    assert kept.read(DLH, "36.71").brief is None
    assert kept.read(DLH, "36.71", "dlh").brief == two[1]
    assert not may_read(DLH, "dpupr")
    for scope in (PUBLIC, CAMAT, Scope(user="l", role=Role.SCREEN)):
        assert kept.read(scope, "36.71").brief is None
        assert kept.read(scope, "36.71", "dlh").brief is None
    analyst = kept.read(ANALYST, "36.71").brief
    assert analyst == replace(two[0], orders=())


def test_a_figure_that_is_old_says_so(morning: tuple[Snapshot, Room]) -> None:
    snapshot, room = morning
    old = Freshness(observed_at=NOW - DAY, fetched_at=NOW, budget=HOUR)
    stale = replace(
        snapshot,
        trends=(trend(OPEN, wave(1, 9)),),
        readings=(replace(reading(OPEN, 110.0), freshness=old),),
    )
    made = brief(stale, room, KPIS, [], NOW, why)
    assert made.things[0].figure.state is State.STALE
    assert "data belum mutakhir, per Minggu 22 November 07.00" in plain(made, room.city.zone)


def test_the_citys_state_and_what_does_not_agree_are_told(morning: tuple[Snapshot, Room]) -> None:
    snapshot, room = morning
    alarm = Alarm(
        id="a",
        rule="a",
        kind="threshold",
        priority=1,
        title={"id": "Respons 112 terlalu lambat", "en": "112 response too slow"},
        action={"id": "-", "en": "-"},
        place="Kota Tangerang",
        area="36.71",
        opd=None,
        owner="operator",
        value=None,
        limit=None,
        unit=None,
        decimals=0,
        kpi=None,
        detail=None,
        state=AlarmState.ACTIVE,
        since=NOW,
        raised_at=NOW,
    )
    over = replace(alarm, id="b", state=AlarmState.CLEARED, title={"id": "Sudah reda", "en": "Over"})
    state = CityState(level=4, word={"id": "Siaga", "en": "Alert"}, reasons=({"id": "1 alarm kritis", "en": "1 critical alarm"},))
    mismatch = Mismatch(
        identity="status",
        title={"id": "Jumlah status sama dengan masuk", "en": "Statuses add up"},
        left=100,
        right=83,
        difference=17,
        unit="aduan",
        kpis=(OPEN,),
        area="36.71",
        owner="Diskominfo",
    )
    told = replace(snapshot, alarms=(over, alarm), state=state, mismatches=(mismatch,))
    text = plain(brief(told, room, KPIS, [], NOW, why), room.city.zone)
    for said in ("4 SIAGA", "1 alarm kritis", "Respons 112 terlalu lambat: Kota Tangerang", "TIDAK COCOK, selisih 17 aduan"):
        assert said in text
    assert "Sudah reda" not in text
    assert text.index("TIDAK COCOK") < text.index("LAPOR: belum pernah")


def test_a_cause_names_what_gave_most_of_the_change(morning: tuple[Snapshot, Room]) -> None:
    _, room = morning
    cause = because(room, KPIS)
    when = KPIS[LATE].window.at(NOW, ZONE)
    said = cause(KPIS[LATE], None, (when.before(), when))
    assert said is not None
    assert said["id"].startswith("Penyumbang terbesar: Sampah")
    assert cause(KPIS[LATE], "bpbd", (when.before(), when)) is None
