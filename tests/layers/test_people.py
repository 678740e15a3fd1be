"""Accounts, sessions, screens and the audit, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from layers import people as module
from layers import peopleschema as schema
from layers.model import Role, Scope
from layers.people import ABSOLUTE, FORGET, FREE_FAILURES, IDLE, LONGEST_DELAY, TOUCH, People
from layers.settings import Settings
from tests.layers.made import DAY, HOUR, NOW, SECRET

PASSWORD = "kunci-yang-benar"
SECOND = timedelta(seconds=1)


class Counting(PasswordHasher):
    """Argon2id with the smallest cost, counting what it computes."""

    def __init__(self, time_cost: int = 1) -> None:
        super().__init__(time_cost=time_cost, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        self.verified += str(hash).startswith("$argon2id$")  # anything else costs nothing and so says much
        return super().verify(hash, password)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    found: str = f"sqlite:///{tmp_path}/p.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def hasher() -> Counting:
    return Counting()


@pytest.fixture
def people(url: str, hasher: Counting) -> Iterator[People]:
    people = People(url, SECRET, hasher)
    people.open()
    people.add_user("Ani", PASSWORD, Role.OPERATOR, now=NOW)
    yield people
    people.close()


def everything(people: People) -> str:
    """All that the database holds, as text."""
    with people.read() as connection:
        tables = [connection.execute(select(text("*")).select_from(table)).all() for table in schema.people.sorted_tables]
    return repr(tables)


# --- accounts ----------------------------------------------------------------------------------


def test_the_right_password_gives_the_accounts_rights(people: People) -> None:
    people.add_user("kadis", PASSWORD, "opd", opds=["dlh"], areas=["36.71.01", "36.71.02"])
    assert people.verify(" ANI ", PASSWORD, NOW) == Scope(user="ani", role=Role.OPERATOR)
    both = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}), areas=frozenset({"36.71.01", "36.71.02"}))
    assert people.verify("kadis", PASSWORD, NOW) == both
    assert people.verify("ani", PASSWORD + " ", NOW) is None
    assert people.verify("budi", PASSWORD, NOW) is None


@pytest.mark.parametrize(
    ("name", "password", "role", "says"),
    [
        ("ani", PASSWORD, "admin", "sudah ada"),
        ("ANI", PASSWORD, "admin", "sudah ada"),
        ("  ", PASSWORD, "admin", "nama akun"),
        ("budi", "pendek", "admin", "kata sandi"),
        ("budi-santoso", "Budi-Santoso", "admin", "kata sandi"),
        ("budi", "x" * 300, "admin", "kata sandi"),
        ("budi", PASSWORD, "raja", "peran tidak dikenal"),
        ("budi", PASSWORD, "public", "bukan untuk akun"),
        ("budi", PASSWORD, "screen", "bukan untuk akun"),
        ("budi", PASSWORD, "opd", "OPD"),
    ],
)
def test_a_bad_account_is_refused_with_the_reason(people: People, name: str, password: str, role: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        people.add_user(name, password, role)
    assert people.verify("ani", PASSWORD, NOW) is not None


def test_an_account_limited_to_nothing_sees_nothing_rather_than_all(people: People) -> None:
    people.add_user("tamu", PASSWORD, Role.ANALYST, opds=[])
    scope = people.verify("tamu", PASSWORD, NOW)
    assert scope is not None
    assert scope.opds == frozenset()


def test_no_password_or_token_rests_readable(people: People) -> None:
    token = people.start_session("ani", NOW)
    screen = people.add_screen("lobi")
    people.verify("kata-sandi-di-kolom-nama", "salah", NOW)
    held = everything(people)
    assert "$argon2id$" in held
    for secret in (PASSWORD, token, screen, "kata-sandi-di-kolom-nama"):
        assert secret not in held
    assert SECRET not in f"{people!r}{vars(people)!r}"


@pytest.mark.parametrize(("name", "password"), [("ani", PASSWORD), ("ani", "salah"), ("tak-ada", PASSWORD), ("", "")])
def test_one_hash_is_computed_whoever_asks(people: People, hasher: Counting, name: str, password: str) -> None:
    """So the time of an answer does not say whether an account exists."""
    people.verify(name, password, NOW)
    assert hasher.verified == 1


def test_the_unknown_are_hashed_at_the_same_cost(people: People, hasher: Counting) -> None:
    with people.read() as connection:
        held = connection.execute(select(schema.account.c.hash)).scalar_one()
    assert people._nobody.rsplit("$", 2)[0] == held.rsplit("$", 2)[0]
    assert not hasher.check_needs_rehash(people._nobody)


def test_a_password_hashed_too_cheaply_is_hashed_anew_at_the_next_login(people: People, url: str) -> None:
    dearer = People(url, SECRET, Counting(time_cost=2))
    assert dearer.verify("ani", PASSWORD, NOW) is not None
    with people.read() as connection:
        assert "t=2" in connection.execute(select(schema.account.c.hash)).scalar_one()
    assert people.verify("ani", PASSWORD, NOW) is not None
    dearer.close()


def test_a_damaged_hash_lets_nobody_in(people: People) -> None:
    with people.write() as connection:
        connection.execute(update(schema.account).values(hash="bukan hash"))
    assert people.verify("ani", PASSWORD, NOW) is None


# --- rate limit --------------------------------------------------------------------------------


def blocked_until(people: People, name: str, now: datetime) -> datetime | None:
    """When a name may be tried again, or ``None`` for now."""
    attempt = schema.attempt.c
    with people.read() as connection:
        until = connection.execute(select(attempt.until).where(attempt.name == people.try_key(name))).scalar()
    return until if until and until > now else None


@pytest.mark.parametrize("name", ["ani", "tak-ada"])
def test_after_five_failures_each_further_try_waits_longer(people: People, hasher: Counting, name: str) -> None:
    for _ in range(FREE_FAILURES):
        assert blocked_until(people, name, NOW) is None
        people.verify(name, "salah", NOW)
    now, waits = NOW, []
    for _ in range(12):
        until = blocked_until(people, name, now)
        assert until is not None
        waits.append(until - now)
        before = hasher.verified
        assert people.verify(name, PASSWORD, until - SECOND) is None, "even the right one has to wait"
        assert hasher.verified == before, "and costs us nothing"
        now = until
        people.verify(name, "salah", now)
    assert waits == sorted(waits)
    assert waits[:4] == [2 * SECOND, 4 * SECOND, 8 * SECOND, 16 * SECOND]
    assert waits[-1] == LONGEST_DELAY


def test_a_success_and_a_day_of_rest_forget_the_failures(people: People) -> None:
    for start in (NOW, NOW + HOUR):
        for _ in range(FREE_FAILURES - 1):
            people.verify("ani", "salah", start)
        assert people.verify("ani", PASSWORD, start) is not None
    for _ in range(FREE_FAILURES):
        people.verify("ani", "salah", NOW)
    people.verify("orang-lain", "salah", NOW + FORGET)
    assert blocked_until(people, "ani", NOW) is None


def test_many_tries_at_once_are_no_way_around(people: People, hasher: Counting) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: people.verify("ani", f"tebakan-{n}", NOW), range(40)))
    assert hasher.verified <= FREE_FAILURES


def test_names_do_not_block_each_other(people: People) -> None:
    for _ in range(FREE_FAILURES + 1):
        people.verify("budi", "salah", NOW)
    assert people.verify("ani", PASSWORD, NOW) is not None


# --- sessions and screens ------------------------------------------------------------------------


def test_a_session_lives_while_it_is_used_and_at_most_twelve_hours(people: People) -> None:
    token = people.start_session("ani", NOW)
    now = NOW
    while now < NOW + ABSOLUTE:
        assert people.session(token, now) == Scope(user="ani", role=Role.OPERATOR)
        now += IDLE - SECOND
    assert people.session(token, NOW + ABSOLUTE) is None


def test_a_session_that_is_not_used_ends(people: People) -> None:
    token = people.start_session("ani", NOW)
    assert people.session(token, NOW + IDLE - SECOND, active=False) is not None
    assert people.session(token, NOW + IDLE) is None
    other = people.start_session("ani", NOW + IDLE)
    assert people.session(other, NOW + IDLE) is not None
    assert everything(people).count("'ani'") == 2, "the account and one session: what ran out was swept away"


def test_use_is_noted_once_a_minute(people: People) -> None:
    token = people.start_session("ani", NOW)
    for at, noted in ((TOUCH - SECOND, NOW), (TOUCH, NOW + TOUCH)):
        people.session(token, NOW + at)
        with people.read() as connection:
            assert connection.execute(select(schema.session.c.used)).scalar_one() == noted


def test_a_session_ends_by_logout_or_with_its_account_and_follows_its_role(people: People) -> None:
    first, second = people.start_session("ani", NOW), people.start_session("ani", NOW)
    people.end_session(first)
    people.end_session("tak-dikenal")
    assert people.session(first, NOW) is None
    with people.write() as connection:
        connection.execute(update(schema.account).values(role="leader"))
    scope = people.session(second, NOW)
    assert scope is not None
    assert scope.role is Role.LEADER
    with people.write() as connection:
        connection.execute(delete(schema.account))
    assert people.session(second, NOW) is None


def test_a_screen_sees_aggregates_until_it_is_revoked(people: People) -> None:
    token, other = people.add_screen("Lobi Utama"), people.add_screen("ruang rapat")
    assert len({token, other}) == 2
    assert people.screen(token, NOW) == Scope(user="layar:lobi utama", role=Role.SCREEN)
    with pytest.raises(ValueError, match="sudah ada"):
        people.add_screen("lobi utama")
    people.revoke_screen("LOBI UTAMA")
    assert people.screen(token) is None
    assert people.screen(other) is not None
    with pytest.raises(ValueError, match="tidak ada layar"):
        people.revoke_screen("lobi utama")
    with pytest.raises(ValueError, match="nama"):
        people.add_screen("  ")


@given(token=st.text(max_size=60))
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_a_token_by_chance(people: People, token: str) -> None:
    assert people.session(token, NOW) is None
    assert people.screen(token, NOW) is None


# --- audit -------------------------------------------------------------------------------------


@pytest.fixture
def audited(people: People) -> People:
    for n in range(4):
        people.audit("ani", "lihat", {"n": n, "isi": "NIK 3671012309870004"}, NOW + n * HOUR)
    return people


def test_the_audit_is_a_chain_and_masks_identifiers(audited: People) -> None:
    assert audited.audit_broken_at() is None
    assert "3671012309870004" not in everything(audited)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"who": "budi"}, 2),
        ({"what": "hapus"}, 2),
        ({"detail": "{}"}, 2),
        ({"at": NOW + DAY}, 2),
        ({"digest": b"x" * 32}, 2),
        (None, 2),
    ],
)
def test_a_line_altered_or_taken_out_is_found(audited: People, change: dict[str, object] | None, at: int) -> None:
    mine = schema.audit.c.seq == at
    with audited.write() as connection:
        connection.execute(update(schema.audit).where(mine).values(change) if change else delete(schema.audit).where(mine))
    assert audited.audit_broken_at() == at


def test_a_chain_forged_without_the_secret_is_found(audited: People, url: str) -> None:
    forger = People(url, SECRET[::-1], Counting())
    forger.audit("ani", "lihat", {}, NOW)
    assert audited.audit_broken_at() == 5
    forger.close()


def test_lines_written_at_once_form_one_chain(people: People) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: people.audit("ani", "lihat", {"n": n}, NOW), range(30)))
    assert people.audit_broken_at() is None
    with people.read() as connection:
        assert connection.execute(select(schema.audit.c.seq)).scalars().all()[-1] == 30


def test_a_room_has_its_people_in_a_database_of_their_own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PasswordHasher", Counting)
    people = People.of(settings)
    people.add_user("ani", PASSWORD, "admin")
    people.close()
    again = People.of(settings)
    assert again.verify("ani", PASSWORD) == Scope(user="ani", role=Role.ADMIN)
    again.close()
    assert (settings.data / "people.sqlite").stat().st_mode & 0o077 == 0
    assert not (settings.data / "liveroom.sqlite").exists()
