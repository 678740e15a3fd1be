"""The simulated city is a function of seed, pack and time, keeps its laws, and never shows what has not happened yet."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from connectors.simulator.world import Case, World
from connectors.simulator.world.complaints import CATEGORIES, LIFE, SYSTEMS
from layers.city import AreaFacts, City, Opd, Wall, load

WIB = ZoneInfo("Asia/Jakarta")
FRIDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=WIB)
TANGERANG = World.of(load("36.71"))


def islands() -> City:
    """A pack of few areas without points and of OPDs that no category names, in another zone."""
    codes = ("99.01", "99.01.01", "99.01.01.1001", "99.01.01.1002", "99.01.02", "99.01.02.2001")
    return City(
        code="99.01",
        name="Kota Pulau",
        zone=ZoneInfo("Asia/Makassar"),
        areas=tuple(AreaFacts(code=code, name=f"Tempat {code[-4:]}") for code in codes[1:]),
        opds=(
            Opd(slug="dinas-laut", short="Dislaut", name="Dinas Laut"),
            Opd(slug="setda", short="Setda", name="Sekretariat Daerah"),
        ),
        wall=Wall(tiles=("aduan_terbuka",), map="aduan_terbuka", ranking="aduan_terbuka"),
    )


@pytest.fixture(scope="module", params=["36.71", "pulau"])
def world(request: pytest.FixtureRequest) -> World:
    return TANGERANG if request.param == "36.71" else World.of(islands())


def test_whoever_asks_in_whatever_order_hears_the_same(world: World) -> None:
    other = World.of(world.city)
    other.cases(FRIDAY - timedelta(days=400))
    other.changed("lapor", NOON - timedelta(days=3), NOON)
    assert list(other.cases(FRIDAY)) == list(world.cases(FRIDAY))
    assert other.changed("laksa", NOON - timedelta(hours=6), NOON) == world.changed("laksa", NOON - timedelta(hours=6), NOON)
    assert list(other.tickets(FRIDAY)) == list(world.tickets(FRIDAY))
    assert list(other.tenders(2026)) == list(world.tenders(2026))
    assert np.array_equal(other.rain(FRIDAY), world.rain(FRIDAY))


def test_another_seed_and_another_day_are_another_life() -> None:
    assert list(World.of(TANGERANG.city, seed=1).cases(FRIDAY)) != list(TANGERANG.cases(FRIDAY))
    assert list(TANGERANG.cases(FRIDAY)) != list(TANGERANG.cases(FRIDAY - timedelta(days=1)))
    assert TANGERANG.rng("cctv", 3).random() == TANGERANG.rng("cctv", 3).random() != TANGERANG.rng("cctv", 4).random()


def test_a_case_goes_forward_in_time(world: World) -> None:
    slugs = {opd.slug for opd in world.city.opds}
    for day in range(0, 700, 50):
        for case in world.cases(FRIDAY - timedelta(days=day)):
            assert case.received <= case.verified <= case.responded
            stages = (case.received, case.first_closed, case.reopened, case.closed, case.validated)
            moments = [moment for moment in stages if moment]
            assert moments == sorted(moments)
            assert all(case.verified <= moment <= case.responded for moment, _ in case.transfers)
            assert (case.first_closed is None) == (case.reopened is None)
            assert max(case.moments()) - case.received < timedelta(days=LIFE)
            assert case.closed is not None
            assert case.closed - case.received < timedelta(days=180)
            assert {case.opd, *(opd for _, opd in case.transfers)} <= slugs
            assert case.received.utcoffset() == world.city.zone.utcoffset(NOON.replace(tzinfo=None))


def test_systems_share_the_days_cases(world: World) -> None:
    every = list(world.cases(FRIDAY))
    parts = [case for system, *_ in SYSTEMS for case in world.cases(FRIDAY, system)]
    assert sorted(parts, key=lambda case: case.number) == sorted(every, key=lambda case: case.number)
    assert len({case.number for case in every}) == len(every)
    assert [case.received for case in every] == sorted(case.received for case in every)


@given(cuts=st.lists(st.integers(0, 72 * 3600), min_size=3, max_size=3).map(sorted))
@given_settings(max_examples=15, deadline=None)
def test_two_stretches_say_what_the_whole_says(cuts: list[int]) -> None:
    a, b, c = (NOON - timedelta(days=3) + timedelta(seconds=cut) for cut in cuts)
    parts = [TANGERANG.changed("laksa", a, b), TANGERANG.changed("laksa", b, c)]
    whole = TANGERANG.changed("laksa", a, c)
    assert {case.number for case in whole} == {case.number for part in parts for case in part}
    for case in whole:
        assert a < case.changed(c) <= c
        assert case.received <= c


def test_pages_of_changes_make_up_the_whole() -> None:
    whole = TANGERANG.changed("laksa", NOON - timedelta(days=1), NOON)
    pages = [
        TANGERANG.changed("laksa", NOON - timedelta(days=1), NOON, offset=at, limit=40) for at in range(0, len(whole) + 40, 40)
    ]
    assert [case for page in pages for case in page] == whole
    assert [case.changed(NOON) for case in whole] == sorted(case.changed(NOON) for case in whole)


def test_nothing_of_the_future_shows_and_every_status_is_counted_once() -> None:
    statuses: Counter[str] = Counter()
    cases = [case for back in range(40) for case in TANGERANG.cases(FRIDAY - timedelta(days=back)) if case.received <= NOON]
    for case in cases:
        closing = case.closing(NOON)
        assert closing is None or closing <= NOON
        assert case.changed(NOON) <= NOON
        assert (case.status(NOON) in ("Menunggu", "Diproses")) == (closing is None)
        statuses[case.status(NOON)] += 1
    assert sum(statuses.values()) == len(cases) > 5_000
    assert set(statuses) == {"Menunggu", "Diproses", "Selesai", "Bukan kewenangan", "Duplikat", "Ditolak"}


def test_a_reopened_case_is_open_until_it_is_closed_again() -> None:
    again = next(c for back in range(60, 90) for c in TANGERANG.cases(FRIDAY - timedelta(days=back)) if c.reopened and c.closed)
    assert again.first_closed is not None
    assert again.reopened is not None
    assert again.closed is not None
    second = timedelta(seconds=1)
    assert again.status(again.first_closed) == again.verdict
    assert again.closing(again.reopened - second) == again.first_closed
    assert again.closing(again.reopened) is None
    assert again.status(again.reopened) == "Diproses"
    assert again.closing(again.closed) == again.closed


def test_offices_rest_on_weekends_holidays_and_shared_leave() -> None:
    assert [TANGERANG.working(date(2026, 3, day)) for day in (17, 18, 21, 23, 24, 25)] == [True, False, False, False, False, True]
    assert not TANGERANG.working(date(2026, 8, 17))
    for back in range(60, 80):
        for case in TANGERANG.cases(FRIDAY - timedelta(days=back), "laksa"):
            assert TANGERANG.working(case.responded.date()), case
            assert 7.5 <= case.responded.hour + case.responded.minute / 60 < 16
            assert TANGERANG.working(case.due.date())
    assert list(TANGERANG.tickets(date(2026, 8, 17))) == []


def test_days_and_nights_and_sundays() -> None:
    hours = Counter(case.received.hour for back in range(28) for case in TANGERANG.cases(FRIDAY - timedelta(days=back)))
    assert hours[10] > 4 * hours[3]
    friday, sunday = (sum(len(TANGERANG.cases(date(2026, 9, day + 7 * week))) for week in range(3)) for day in (4, 6))
    assert sunday < friday * 0.8
    assert 170 < friday / 3 < 350


def wettest(days: int = 365) -> date:
    return max((FRIDAY - timedelta(days=back) for back in range(days)), key=lambda day: float(TANGERANG.rain(day).sum()))


def test_rain_falls_on_neighbours_alike_and_in_its_season() -> None:
    january, august = (sum(TANGERANG.rain(date(2026, month, day)).sum() for day in range(1, 29)) for month in (1, 8))
    assert january > 2 * august
    fallen = TANGERANG.rain(wettest()).sum(axis=1)
    at = {area.code: n for n, area in enumerate(TANGERANG.kelurahan)}
    apart = [abs(fallen[at[a.code]] - fallen[at[b]]) for a in TANGERANG.kelurahan for b in a.neighbours if b in at]
    anywhere = np.abs(fallen[:, None] - fallen[None, :]).mean()
    assert np.mean(apart) < anywhere / 2


def test_the_same_low_places_flood_after_rain_and_complain_an_hour_later() -> None:
    flooded: Counter[str] = Counter()
    lag, usual, after = [], 0, 0
    for back in range(365):
        day = FRIDAY - timedelta(days=back)
        start = datetime.combine(day, datetime.min.time(), WIB)
        depths = [TANGERANG.flooded(start + timedelta(hours=hour)) for hour in range(24)]
        places = {code for depth in depths for code in depth}
        flooded.update(places)
        drains = [c for c in TANGERANG.cases(day) if c.category == "Drainase dan genangan"] if places else []
        for code in places:
            row = next(n for n, area in enumerate(TANGERANG.kelurahan) if area.code == code)
            first_water = next(hour for hour in range(24) if code in depths[hour])
            if first_water > 2:
                lag.append(first_water - int(TANGERANG.rain(day)[row, :first_water].argmax()))
            mine = [c for c in drains if c.kelurahan.code == code]
            after += sum(code in depths[c.received.hour] for c in mine)
            usual += sum(code not in depths[c.received.hour] for c in mine)
    assert 0 < len(flooded) < len(TANGERANG.kelurahan) / 8
    assert min(flooded.values()) >= 3
    assert all(1 <= hours <= 6 for hours in lag)
    assert np.median(lag) <= 2
    assert after > 5 * usual


def test_an_opd_worsens_for_months_and_recovers() -> None:
    span = [FRIDAY - timedelta(days=back) for back in range(900)][::-1]
    for slug in sorted({slug for _, slug, *_ in CATEGORIES}):
        pace = [TANGERANG.pace(slug, day) for day in span]
        assert min(pace) == 1.0
        if max(pace) > 1.5:
            worst = pace.index(max(pace))
            assert min(pace[max(worst - 200, 0) : worst + 200]) == 1.0
            assert sum(p > 1.3 for p in pace) > 60
            break
    else:
        pytest.fail("no OPD ever worsens")
    slow, well = ([d for d, p in zip(span, pace, strict=True) if (p > 2) is slow][-60::6] for slow in (True, False))

    def days(spell: list[date]) -> float:
        mine = [c for day in spell for c in TANGERANG.cases(day) if c.opd == slug and c.closed and c.system != "call112"]
        return float(np.median([((c.first_closed or c.closed or c.due) - c.received).total_seconds() for c in mine]))

    assert days(slow) > 1.25 * days(well)


def test_a_silent_counter_has_no_tickets_and_no_recap() -> None:
    day = next(d for back in range(60) if TANGERANG.working(d := FRIDAY - timedelta(days=back)) and TANGERANG.silent_counter(d))
    silent = TANGERANG.silent_counter(day)
    others = {ticket.kelurahan.code for ticket in TANGERANG.tickets(day)}
    assert silent not in others
    assert len(others) > 90
    assert list(TANGERANG.tickets(day, silent)) == []
    assert {recap.code for recap in TANGERANG.recaps(day)} == others


def test_the_recap_sums_the_tickets(world: World) -> None:
    tickets = world.tickets(FRIDAY)
    assert tickets
    for recap in world.recaps(FRIDAY):
        mine = [t for t in tickets if t.kelurahan.code == recap.code and t.service == recap.service]
        served = [(t.called, t.done, t.standard_minutes) for t in mine if t.called and t.done]
        assert (recap.queued, recap.served) == (len(mine), len(served))
        assert recap.on_time == sum(done - called <= timedelta(minutes=standard) for called, done, standard in served)
    for ticket in tickets:
        assert (ticket.called is None) == (ticket.done is None)
        if ticket.called and ticket.done:
            assert ticket.taken < ticket.called < ticket.done


def test_a_website_is_dead_for_a_while_and_not_for_ever() -> None:
    days = [TANGERANG.dead_sites(FRIDAY - timedelta(days=back)) for back in range(365)]
    hit = Counter(slug for dead in days for slug in dead)
    assert hit
    assert max(hit.values()) < 120
    assert any(not dead for dead in days)


def test_tenders_move_through_their_stages_in_order(world: World) -> None:
    order = ["rencana", "pemilihan", "kontrak", "selesai"]
    tenders = world.tenders(2026)
    assert len({t.code for t in tenders}) == len(tenders)
    for tender in tenders:
        stages = [
            moment
            for moment in (tender.planned, tender.announced, tender.selected, tender.contracted, tender.handed_over)
            if moment
        ]
        assert stages == sorted(stages)
        seen = [stage for day in range(-60, 700, 20) if (stage := tender.stage(NOON - timedelta(days=320) + timedelta(days=day)))]
        known = [order.index(stage) for stage in seen if stage != "batal"]
        assert known == sorted(known)
        assert (tender.cancelled is not None) == (tender.contracted is None)
        assert tender.hps is None or tender.hps <= tender.pagu
    stages = Counter(tender.stage(NOON) for tender in tenders)
    assert set(stages) >= {"pemilihan", "kontrak", "selesai", "batal"}


def test_closings_are_faked_in_bulk_minutes_before_the_deadline() -> None:
    fakes = [
        case
        for back in range(30, 400, 2)
        for case in TANGERANG.cases(FRIDAY - timedelta(days=back))
        if (closed := case.first_closed or case.closed) and timedelta(0) < case.due - closed < timedelta(minutes=12)
    ]
    by = Counter(case.transfers[-1][1] if case.transfers else case.opd for case in fakes)
    assert by.most_common(1)[0][1] > 0.7 * len(fakes) > 10
    assert sum(case.reopened is not None for case in fakes) > 0.3 * len(fakes)


def test_people_mistype_and_let_slip_who_they_are() -> None:
    cases: list[Case] = [case for back in range(20) for case in TANGERANG.cases(FRIDAY - timedelta(days=back))]
    wrong = sum(case.typo != case.kelurahan.name for case in cases)
    assert 0.05 < wrong / len(cases) < 0.2
    assert any(case.citizen.nik in case.text for case in cases)
    assert any(case.citizen.phone in case.text for case in cases)
    for case in cases:
        assert case.citizen.nik.startswith("3671")
        assert len(case.citizen.nik) == 16
        assert case.kelurahan.code.startswith("36.71")


def test_a_pack_without_points_leaves_the_place_open() -> None:
    cases = World.of(islands()).cases(FRIDAY)
    assert cases
    assert {(case.lat, case.lon) for case in cases} == {(None, None)}
    with pytest.raises(ValueError, match="simulasi perlu"):
        World.of(islands().model_copy(update={"areas": ()}))


def test_a_long_life_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.simulator.world.world._DRAFTS", 20)
    world = World.of(islands())
    for back in range(60):
        world.cases(FRIDAY - timedelta(days=back))
    assert len(world._drafts._kept) == 20
    assert len(world._cases._kept) == 8
    assert len(world._frame.weather._rain._kept) <= 96


def test_the_clock_face_is_the_citys(world: World) -> None:
    case = world.cases(FRIDAY)[0]
    assert case.received.date() == FRIDAY
    utc = case.received.astimezone(UTC)
    assert case in world.changed(None, utc - timedelta(seconds=1), utc)
