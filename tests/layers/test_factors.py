"""The second factor: a code is good once, a wrong one slows the next try, a lost telephone has ten ways back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from layers import peopleschema as schema
from layers.factors import Factors
from layers.model import Role
from layers.people import People
from tests.conftest import SECRET
from tests.layers.made import NOW

STEP = timedelta(seconds=30)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    held = People(f"sqlite:///{tmp_path}/p.sqlite", SECRET, PasswordHasher(1, 8, 1))
    held.open()
    held.add_user("Rina", "kuda-benar-baterai", Role.ADMIN)
    yield held
    held.close()


@pytest.fixture
def factors(people: People) -> Factors:
    return Factors(people)


def enrolled(factors: Factors) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    offer = factors.offer("rina")
    phone = pyotp.TOTP(offer.secret)
    codes = factors.enrol("rina", offer.secret, phone.at(NOW), NOW)
    assert codes is not None
    return phone, codes


def test_a_telephone_reads_the_secret_from_the_address(factors: Factors) -> None:
    offer = factors.offer("rina")
    phone = pyotp.parse_uri(offer.address)
    assert (phone.secret, phone.name, phone.issuer) == (offer.secret, "rina", "Live Room")
    assert offer.secret not in repr(offer)


def test_a_secret_is_in_force_once_the_telephone_has_proved_it(factors: Factors, people: People) -> None:
    offer = factors.offer("rina")
    assert factors.enrol("rina", offer.secret, "000000", NOW) is None
    assert not factors.has("rina")
    phone, _ = enrolled(factors)
    assert factors.has("RINA ")
    with people.read() as connection:
        kept = connection.execute(select(schema.account.c.totp)).scalar_one()
    assert phone.secret.encode() not in kept
    with pytest.raises(ValueError, match="sudah terpasang"):
        factors.enrol("rina", phone.secret, phone.at(NOW + STEP), NOW + STEP)


def test_no_code_is_good_twice_nor_one_older_than_the_last(factors: Factors) -> None:
    phone, _ = enrolled(factors)
    assert factors.passes("rina", phone.at(NOW), NOW) is None, "the code of the enrolment is used"
    later = NOW + 3 * STEP
    assert factors.passes("rina", phone.at(later), later) == "kode"
    assert factors.passes("rina", phone.at(later), later) is None
    assert factors.passes("rina", phone.at(later - STEP), later) is None
    assert factors.passes("rina", phone.at(later + STEP), later + STEP) == "kode"


@pytest.mark.parametrize(("steps", "right"), [(-2, None), (-1, "kode"), (1, "kode"), (2, None)])
def test_a_clock_may_be_off_by_one_step(factors: Factors, steps: int, right: str | None) -> None:
    phone, _ = enrolled(factors)
    later = NOW + 10 * STEP
    assert factors.passes("rina", phone.at(later + steps * STEP), later) == right


def test_wrong_codes_slow_the_next_try_and_leave_the_password_alone(factors: Factors, people: People) -> None:
    phone, _ = enrolled(factors)
    later = NOW + 10 * STEP
    for _ in range(5):
        assert factors.passes("rina", "123456", later) is None
    assert factors.passes("rina", phone.at(later), later) is None, "the right one has to wait too"
    after = later + 2 * STEP
    assert people.verify("rina", "kuda-benar-baterai", later) is not None
    assert factors.passes("rina", phone.at(after), after) == "kode"


def test_a_recovery_code_stands_in_once(factors: Factors, people: People) -> None:
    _, codes = enrolled(factors)
    assert len(set(codes)) == 10
    assert factors.passes("rina", codes[0].lower().replace("-", " "), NOW) == "kode cadangan"
    assert factors.passes("rina", codes[0], NOW) is None
    assert factors.left("rina") == 9
    with people.read() as connection:
        kept = connection.execute(select(schema.recovery.c.code)).scalars().all()
    assert not any(code.replace("-", "").encode() in row for code in codes for row in kept)
    fresh = factors.renew("rina", NOW)
    assert factors.passes("rina", codes[1], NOW) is None
    assert factors.passes("rina", fresh[1], NOW) == "kode cadangan"


def test_one_persons_codes_open_nothing_of_anothers(factors: Factors, people: People) -> None:
    people.add_user("budi", "kuda-benar-baterai", Role.LEADER)
    phone, codes = enrolled(factors)
    offer = factors.offer("budi")
    assert factors.enrol("budi", offer.secret, pyotp.TOTP(offer.secret).at(NOW), NOW)
    later = NOW + 3 * STEP
    assert factors.passes("budi", codes[0], later) is None
    assert factors.passes("budi", phone.at(later), later) is None


def test_taking_it_away_takes_all_of_it_away(factors: Factors) -> None:
    phone, codes = enrolled(factors)
    factors.remove("rina", "admin", NOW)
    later = NOW + 3 * STEP
    assert (factors.has("rina"), factors.left("rina")) == (False, 0)
    assert factors.passes("rina", phone.at(later), later) is None
    assert factors.passes("rina", codes[0], later) is None
