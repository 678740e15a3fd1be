"""The alarm page: who sees and does what, what is posted and kept, and the wall with alarms and in a flood."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from dashboard.page import document
from dashboard.pages import alarm as page
from dashboard.pages import wall
from layers import clock
from layers.alarmbook import AlarmLog, acts_on
from layers.alarmtypes import Alarm, AlarmState
from layers.model import Role, Scope
from layers.peopleschema import audit
from layers.snapshot import Snapshot
from tests.dashboard.alarmed import STATE, alarms, log_of
from tests.dashboard.server import PASSWORD, Live, room, serving
from tests.dashboard.snapshots import NOW, OPERATOR, snapshot
from tests.dashboard.views import view


def shown(**fields: object) -> Snapshot:
    return snapshot(**{"alarms": alarms(NOW), "state": STATE, **fields})  # type: ignore[arg-type]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    now = clock.now()
    made = snapshot(int(now.timestamp()), now=now, alarms=alarms(now), state=STATE)
    known: dict[str, Live] = {}

    def log(names: object) -> AlarmLog:
        return replace(log_of(now), acts=acts_on(known["live"].people, names))  # type: ignore[arg-type]

    with serving(tmp_path, made, room=room(tmp_path, alarm_log=log)) as running:
        known["live"] = running
        yield running


def form(live: Live, which: int, **fields: str) -> dict[str, str]:
    assert live.hub.snapshot
    alarm: Alarm = live.hub.snapshot.alarms[which]
    return {"alarm": alarm.id, "raised": alarm.raised_at.isoformat(), **fields}


def lines(live: Live) -> list[tuple[str, str]]:
    with live.people.read() as connection:
        rows = connection.execute(select(audit.c.what, audit.c.detail).where(audit.c.what.startswith("alarm"))).all()
    return [(row.what, row.detail) for row in rows]


# --- acts ------------------------------------------------------------------------------------


def test_an_alarm_is_taken_by_name_and_the_page_says_by_which_office(live: Live) -> None:
    with closing(live.signed_in(Role.LEADER)) as leader:
        answer = leader.post("/alarm/terima", data=form(live, 0))
        assert (answer.status_code, answer.headers["location"]) == (303, "/alarm")
        text = leader.get("/alarm").text
        assert "diterima Pimpinan" in text.split("respons_112:36.71")[1][:2500]
        assert lines(live)[0][0] == "alarm: terima"
        assert "respons_112:36.71" in lines(live)[0][1]


def test_an_alarm_is_silenced_with_a_reason_for_at_most_a_day_and_let_ring_again(live: Live) -> None:
    with closing(live.signed_in(Role.OPERATOR)) as operator:
        for wrong in (
            {"jam": "48", "alasan": "perbaikan"},
            {"jam": "2"},
            {"jam": "2", "alasan": " "},
            {"jam": "x", "alasan": "abc"},
        ):
            assert operator.post("/alarm/diamkan", data=form(live, 1, **wrong)).status_code == 400
        good = form(live, 1, jam="2", alasan="perbaikan, hubungi 0812-3456-7890")
        assert operator.post("/alarm/diamkan", data=good).status_code == 303
        assert "diam sampai" in operator.get("/alarm").text
        assert "3456" not in lines(live)[0][1]
        assert "perbaikan" in lines(live)[0][1]
        assert operator.post("/alarm/bunyikan", data=form(live, 1)).status_code == 303
        assert acts_on(live.people, ["data_terlambat:laksa"]).silenced_until("data_terlambat:laksa", clock.now()) is None


def test_who_may_not(live: Live) -> None:
    named = form(live, 0)
    with live.client() as nobody:
        assert nobody.post("/alarm/terima", data=named).status_code == 404
        assert "Terima" not in nobody.get("/alarm").text
    with live.client() as screen:
        screen.get(f"/layar/{live.people.add_screen('tv')}")
        assert screen.post("/alarm/terima", data=named).status_code == 404
    with closing(live.signed_in(Role.ANALYST)) as analyst:
        assert analyst.post("/alarm/terima", data=named).status_code == 404
    with closing(live.signed_in(Role.OPD_HEAD, opds=["dpupr"])) as other:
        assert other.post("/alarm/terima", data=form(live, 3)).status_code == 404
        assert "Tenggat mendekat" not in other.get("/alarm").text
    with closing(live.signed_in(Role.OPD_HEAD, opds=["dlh"])) as head:
        assert head.post("/alarm/terima", data=form(live, 3)).status_code == 303
        assert head.post("/alarm/terima", data=named).status_code == 404
    assert len(lines(live)) == 1


def test_another_sites_page_and_an_unknown_alarm_do_nothing(live: Live) -> None:
    with closing(live.signed_in(Role.LEADER)) as leader:
        posted = leader.post("/alarm/terima", data=form(live, 0), headers={"sec-fetch-site": "cross-site"})
        assert posted.status_code == 403
        assert leader.get("/alarm/terima").status_code in (404, 405)
        for wrong in ({"alarm": "entah:x"}, {"raised": "kemarin"}, {"raised": NOW.replace(year=2020).isoformat()}):
            assert leader.post("/alarm/terima", data=form(live, 0) | wrong).status_code == 404
        assert leader.get("/alarm?pilih=%3Cscript%3E").status_code == 400
    assert lines(live) == []


def test_the_log_names_persons_to_those_who_may_see_rows_alone() -> None:
    log, operator = log_of(NOW), view(scope=OPERATOR, alarm_log=lambda _: log_of(NOW))
    public = view(alarm_log=lambda _: log)
    assert "bu sekda" in str(page.parts(shown(), operator)["alarm-history"])
    assert "bu sekda" not in str(page.parts(shown(), public)["alarm-history"])
    assert "Pimpinan" in str(page.parts(shown(), public)["alarm-history"])


# --- what is drawn ---------------------------------------------------------------------------


def test_the_page_says_what_is_asked_of_whom_and_how_good_the_alarms_are() -> None:
    parts = {name: str(part) for name, part in page.parts(shown(), view(alarm_log=lambda _: log_of(NOW))).items()}
    assert "Hubungi pusat panggilan 112" in parts["alarm-list"]
    assert "11,5\N{NO-BREAK SPACE}menit, batas 10\N{NO-BREAK SPACE}menit" in parts["alarm-list"]
    assert parts["alarm-list"].index("Kritis") < parts["alarm-list"].index("Tinggi") < parts["alarm-list"].index("Sudah reda")
    assert "Data terlambat LAKSA: aduan warga (3x)" in parts["alarm-quality"]
    assert ">4 </span>Siaga<" in str(page.parts(shown(), view())["alarm-head"])


def test_without_the_store_it_says_so_and_shows_what_rings() -> None:
    parts = {name: str(part) for name, part in page.parts(shown(), view(alarm_log=lambda _: None)).items()}
    assert "tidak dapat dibaca" in parts["alarm-history"]
    assert "tidak dapat dibaca" in parts["alarm-quality"]
    assert "Respons 112" in parts["alarm-list"]


def test_in_english_nothing_is_left_in_indonesian() -> None:
    parts = page.parts(shown(), view(lang="en", scope=OPERATOR, alarm_log=lambda _: log_of(NOW)))
    text = str(parts["alarm-list"]) + str(parts["alarm-quality"]) + str(parts["alarm-head"])
    assert not {"sejak", "batas", "Pemilik", "Terima", "Diamkan", "Rata-rata", "Kondisi"} & set(text.replace(">", " ").split())


def test_the_wall_has_alarms_first_each_thing_once_and_no_person() -> None:
    part = document(wall.PAGE, shown(), view()).parts["attention"]
    assert part.index("Respons 112") < part.index("Data terlambat") < part.index("lewat tenggat")
    assert "diterima Pimpinan" in part
    assert "Lonjakan" not in part  # it is over
    assert "Siaga" in document(wall.PAGE, shown(), view()).parts["head"]


def test_a_critical_alarm_that_nobody_has_taken_and_a_flood_stop_the_rotation() -> None:
    def hold(**fields: object) -> bool:
        return 'data-hold="kota"' in document(wall.PAGE, shown(**fields), view()).parts["head"]

    first, *others = alarms(NOW)
    assert hold()
    assert not hold(alarms=tuple(others))
    assert not hold(alarms=(replace(first, state=AlarmState.ACKNOWLEDGED),))
    assert not hold(alarms=(replace(first, silenced_until=NOW.replace(year=2027)),))
    assert hold(alarms=(), state=replace(STATE, flood=12))


def test_in_a_flood_the_wall_says_so_and_groups_by_cause() -> None:
    late = alarms(NOW)[1]
    many = tuple(replace(late, id=f"data_terlambat:s{k}", place=f"Sumber {k}") for k in range(23))
    part = document(wall.PAGE, shown(alarms=many, state=replace(STATE, flood=23)), view()).parts["attention"]
    assert "BANJIR ALARM: 23 dalam 10 menit" in part
    assert "23 x Data terlambat" in part
    assert "Sumber 0, Sumber 1, Sumber 2 +20" in part


def test_the_navigation_counts_what_nobody_has_taken(live: Live) -> None:
    with closing(live.signed_in(Role.OPERATOR)) as operator:
        assert ">2 alarm belum diterima<" in operator.get("/sumber").text
    with closing(live.signed_in(Role.OPD_HEAD, opds=["dpupr"])) as other:
        assert 'id="alarm-count" hidden' in other.get("/alarm").text


def test_in_a_browser_without_scripts_an_alarm_is_taken_and_another_silenced(live: Live, browser: Browser) -> None:
    live.people.add_user("ani", PASSWORD, Role.OPERATOR)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    tab = context.new_page()
    tab.goto(f"{live.url}/masuk?lanjut=/alarm")
    tab.fill("#nama", "ani")
    tab.fill("#sandi", PASSWORD)
    tab.press("#sandi", "Enter")
    tab.locator("[data-alarm='respons_112:36.71'] button", has_text="Terima").click()
    assert "diterima Operator" in tab.inner_text("[data-alarm='respons_112:36.71']")
    tab.locator("[data-alarm='data_terlambat:laksa'] a", has_text="Diamkan").click()
    tab.fill("[name=alasan]", "perbaikan jaringan")
    tab.locator("#diamkan button").click()
    assert "diam sampai" in tab.inner_text("[data-alarm='data_terlambat:laksa']")
    context.close()


def test_nobody_but_a_scope_that_may_sees_a_button() -> None:
    for role, buttons in ((Role.PUBLIC, False), (Role.ANALYST, False), (Role.LEADER, True)):
        parts = page.parts(shown(), view(scope=Scope(user="x", role=role)))
        assert ("<button" in str(parts["alarm-list"])) is buttons
