"""Accounts, their sessions and the audit: everybody sees and ends their own, an admin all, and each change leaves a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from layers import peopleschema as schema
from layers.accounts import Accounts, NoSuchAccountError, listing
from layers.auditlog import PAGE, plain, read_audit
from layers.model import Role, Scope
from layers.people import People
from layers.savedviews import SavedViews
from tests.conftest import SECRET
from tests.layers.made import NOW

PASSWORD, NEWER = "kuda-benar-baterai", "staples-benar-kuda"
ADMIN = Scope(user="admin", role=Role.ADMIN)
RINA = Scope(user="rina", role=Role.LEADER)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    held = People(f"sqlite:///{tmp_path}/p.sqlite", SECRET, PasswordHasher(1, 8, 1))
    held.open()
    for name, role in (("admin", Role.ADMIN), ("rina", Role.LEADER), ("budi", Role.ANALYST)):
        held.add_user(name, PASSWORD, role)
    yield held
    held.close()


@pytest.fixture
def accounts(people: People) -> Accounts:
    return Accounts(people)


def whats(people: People) -> list[str]:
    return [line.what for line in read_audit(ADMIN, people).lines]


def test_everybody_sees_their_own_sessions_and_an_admin_all(accounts: Accounts, people: People) -> None:
    people.start_session("rina", NOW, "Firefox · Linux")
    people.start_session("budi", NOW + MINUTE)
    assert [(s.name, s.device) for s in accounts.sessions(RINA, NOW + MINUTE)] == [("rina", "Firefox · Linux")]
    assert [s.name for s in accounts.sessions(ADMIN, NOW + MINUTE)] == ["budi", "rina"]
    assert accounts.sessions(ADMIN, NOW + timedelta(hours=1)) == (), "those that have run out are none"


def test_a_session_is_ended_on_the_server_by_whom_it_belongs_to(accounts: Accounts, people: People) -> None:
    mine, other, budis = (people.start_session(name, NOW) for name in ("rina", "rina", "budi"))
    ids = {s.name: s.id for s in accounts.sessions(ADMIN, NOW)}
    with pytest.raises(NoSuchAccountError):
        accounts.end(RINA, ids["budi"], NOW)
    with pytest.raises(NoSuchAccountError):
        accounts.end(RINA, "bukan heksa", NOW)
    assert people.session(budis, NOW)
    assert accounts.end_others(RINA, mine, NOW) == 1
    assert (people.session(mine, NOW) is None, people.session(other, NOW)) == (False, None)
    accounts.end(ADMIN, ids["budi"], NOW)
    assert people.session(budis, NOW) is None
    assert accounts.end_all(ADMIN, "rina", NOW) == 1
    assert people.session(mine, NOW) is None
    assert whats(people) == ["sesi akun diakhiri", "sesi diakhiri", "sesi lain diakhiri"]


def test_the_id_of_a_session_opens_nothing(accounts: Accounts, people: People) -> None:
    people.start_session("rina", NOW)
    assert people.session(accounts.sessions(RINA, NOW)[0].id, NOW) is None


def test_a_changed_password_ends_ones_other_sessions(accounts: Accounts, people: People) -> None:
    mine, other = people.start_session("rina", NOW), people.start_session("rina", NOW)
    assert not accounts.change_password(RINA, "salah-salah-salah", NEWER, mine, NOW)
    with pytest.raises(ValueError, match="sedikitnya 10 huruf"):
        accounts.change_password(RINA, PASSWORD, "pendek", mine, NOW)
    assert people.session(other, NOW)
    assert accounts.change_password(RINA, PASSWORD, NEWER, mine, NOW)
    assert people.session(mine, NOW)
    assert people.session(other, NOW) is None
    assert people.verify("rina", PASSWORD, NOW) is None
    assert people.verify("rina", NEWER, NOW)


def test_an_admin_sees_delays_and_lifts_them(accounts: Accounts, people: People) -> None:
    for _ in range(6):
        people.verify("rina", "salah-salah-salah", NOW)
    found = {account.scope.user: account for account in accounts.all(ADMIN, NOW)}
    assert (found["rina"].failures, found["budi"].failures) == (5, 0)
    assert found["rina"].until
    assert people.verify("rina", PASSWORD, NOW) is None
    assert "rina\tleader\tsemua\ttanpa kode kedua\t0 sesi\tditunda sampai" in listing(found.values())
    accounts.unlock(ADMIN, "Rina", NOW)
    assert people.verify("rina", PASSWORD, NOW)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_manages(accounts: Accounts, people: People, role: Role) -> None:
    scope = Scope(user="rina", role=role)
    for act in (
        lambda: accounts.all(scope, NOW),
        lambda: accounts.end_all(scope, "budi", NOW),
        lambda: accounts.unlock(scope, "budi", NOW),
        lambda: accounts.reset_password(scope, "budi", NEWER, NOW),
        lambda: accounts.remove(scope, "budi", NOW),
    ):
        with pytest.raises(NoSuchAccountError):
            act()
    with pytest.raises(PermissionError):
        read_audit(scope, people)
    assert people.verify("budi", PASSWORD, NOW)


def test_a_reset_or_removed_account_is_out(accounts: Accounts, people: People) -> None:
    rina, budi = people.start_session("rina", NOW), people.start_session("budi", NOW)
    views = SavedViews(people)
    for user in ("rina", "budi"):
        views.save(Scope(user=user, role=Role.ANALYST), user, "kpi=aduan_terbuka", "semua", NOW)
    accounts.reset_password(ADMIN, "rina", NEWER, NOW)
    accounts.remove(ADMIN, "budi", NOW)
    assert (people.session(rina, NOW), people.session(budi, NOW)) == (None, None)
    assert people.verify("rina", NEWER, NOW)
    assert people.verify("budi", PASSWORD, NOW) is None
    assert [view.owner for view in views.seen(ADMIN)] == ["rina"]
    for gone in (lambda: accounts.reset_password(ADMIN, "budi", NEWER, NOW), lambda: accounts.remove(ADMIN, "budi", NOW)):
        with pytest.raises(NoSuchAccountError, match="budi"):
            gone()


def test_an_account_from_elsewhere_has_the_rights_of_today_and_no_password(accounts: Accounts, people: People) -> None:
    known = ("https://sso.example", "u-1", "Siti")
    first = accounts.known_as(*known, "opd", {"opds": ["dlh"]} | NO_AREAS, NOW)
    assert (first.user, first.role, first.opds) == ("siti", Role.OPD_HEAD, {"dlh"})
    later = accounts.known_as(*known[:2], "nama lain", "analyst", {"opds": None} | NO_AREAS, NOW)
    assert (later.user, later.role, later.opds) == ("siti", Role.ANALYST, None)
    assert people.session(people.start_session("siti", NOW), NOW) == later
    assert not accounts.has_password("siti")
    assert people.verify("siti", "", NOW) is None
    with pytest.raises(NoSuchAccountError):
        accounts.reset_password(ADMIN, "siti", NEWER, NOW)


def test_nobody_from_elsewhere_takes_anothers_name(accounts: Accounts, people: People) -> None:
    with pytest.raises(ValueError, match="sudah dipakai"):
        accounts.known_as("https://sso.example", "u-1", "Rina", "leader", {"opds": None} | NO_AREAS, NOW)
    accounts.known_as("https://sso.example", "u-2", "siti", "leader", {"opds": None} | NO_AREAS, NOW)
    with pytest.raises(ValueError, match="sudah dipakai"):
        accounts.known_as("https://lain.example", "u-2", "siti", "admin", {"opds": None} | NO_AREAS, NOW)


NO_AREAS = {"areas": None, "categories": None}


def test_the_audit_is_read_in_pages_by_account_and_event(people: People) -> None:
    for n in range(PAGE + 5):
        people.audit("rina" if n % 2 else "budi", "ekspor" if n % 5 else "masuk", {"baris": n}, NOW + n * MINUTE)
    first, second = read_audit(ADMIN, people), read_audit(ADMIN, people, page=2)
    assert (first.total, first.pages, len(first.lines), len(second.lines)) == (PAGE + 5, 2, PAGE, 5)
    seqs = [line.seq for line in (*first.lines, *second.lines)]
    assert seqs == sorted(seqs, reverse=True)
    assert first.kinds == ("ekspor", "masuk")
    assert people.audit_broken_at(10) is None
    with people.write() as connection:
        connection.execute(update(schema.audit).where(schema.audit.c.seq == PAGE).values(who="lain"))
    assert [people.audit_broken_at(last) for last in (3, 10, None)] == [None, PAGE, PAGE]
    only = read_audit(ADMIN, people, who="Rina", what="ekspor")
    assert {(line.who, line.what) for line in only.lines} == {("rina", "ekspor")}
    assert plain(only.lines[-1]).startswith("2\t") and '{"baris": 1}' in plain(only.lines[-1])  # noqa: PT018


@pytest.mark.parametrize("name", ["-", "Publik", "metrics", "layar:depan", "ruang kendali", "ri\u200bna", ""])
def test_no_account_passes_for_the_room_itself(people: People, name: str) -> None:
    with pytest.raises(ValueError, match="nama akun"):
        people.add_user(name, PASSWORD, Role.ANALYST)
