"""Logins in two steps, one's own account, an admin's pages and the demo's users, as a browser without scripts uses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from connectors.simulator.users import make_users
from dashboard import access as access_module
from layers import clock
from layers.accounts import Accounts
from layers.city import load
from layers.demousers import demo_file, demo_users
from layers.entry import Entry, EntryError, read_entry
from layers.model import ROWS, Role, Scope
from layers.people import People
from layers.peopleschema import audit
from layers.settings import Settings
from tests.conftest import ROOT
from tests.dashboard.server import CITY, PASSWORD, SECRET, Live, serving

NEWER = "staples-baterai-benar"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A room in which operators need a second factor."""
    with serving(tmp_path_factory.mktemp("akun"), demo=False, entry=Entry(second_factor=frozenset({Role.OPERATOR}))) as found:
        yield found


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the accounts' database says is asked anew each time."""
    monkeypatch.setattr(access_module, "REMEMBER", 0.0)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def phone_of(page: str) -> pyotp.TOTP:
    """A telephone that has typed the key of the enrolment's page."""
    found = re.search(r'class="secret-key">([A-Z2-7 ]+)<', page)
    assert found
    return pyotp.TOTP(found[1].replace(" ", ""))


def codes_of(page: str) -> list[str]:
    return re.findall(r"<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4})+)</code>", page)


def code(phone: pyotp.TOTP, steps: int = 0) -> str:
    return phone.at(clock.now().timestamp() + 30 * steps)


def enrol(client: httpx.Client, path: str) -> tuple[pyotp.TOTP, list[str]]:
    page = client.get(path).text
    phone = phone_of(page)
    wrong = client.post(path, data={"tiket": field(page, "tiket"), "kode": "000000"})
    assert wrong.status_code == 401
    assert phone_of(wrong.text).secret == phone.secret, "a mistyped code needs no new picture"
    done = client.post(path, data={"tiket": field(wrong.text, "tiket"), "kode": code(phone, -1)})
    assert done.status_code == 200
    return phone, codes_of(done.text)


def test_a_login_in_two_steps(live: Live) -> None:
    with closing(live.signed_in(Role.ANALYST)) as client:
        name = next(iter(re.findall(r"<dd>(analyst-\d+)</dd>", client.get("/akun").text)))
        phone, codes = enrol(client, "/akun/kode")
        assert len(codes) == 10
        assert "Kode cadangan yang tersisa: 10" in client.get("/akun").text
    with live.client() as client:
        first = client.post("/masuk", data={"nama": name, "sandi": PASSWORD, "lanjut": "/sumber"})
        assert (first.status_code, first.headers["location"]) == (303, "/masuk/kode")
        assert client.get("/sumber").status_code == 401, "half a login opens nothing"
        assert "<script" not in client.get("/masuk/kode").text
        assert client.post("/masuk/kode", data={"kode": code(phone, -1)}).status_code == 401, "the enrolment's code is used"
        right = code(phone)
        assert client.post("/masuk/kode", data={"kode": right}).headers["location"] == "/sumber"
        assert client.get("/sumber").status_code == 200
    with live.client() as client:
        client.post("/masuk", data={"nama": name, "sandi": PASSWORD})
        assert client.post("/masuk/kode", data={"kode": right}).status_code == 401, "a code is good once"
        assert client.post("/masuk/kode", data={"kode": codes[3].lower()}).status_code == 303
        assert "Kode cadangan yang tersisa: 9" in client.get("/akun").text
        gone = client.post("/akun/kode/ubah", data={"apa": "lepas", "kode": codes[4]})
        assert gone.headers["location"] == "/akun?sudah=lepas"
        assert "Belum terpasang" in client.get("/akun").text
    with live.people.read() as connection:
        lines = connection.execute(select(audit).where(audit.c.who == name).order_by(audit.c.seq)).all()
    assert [line.what for line in lines] == ["masuk", "kode kedua dipasang", "masuk", "masuk", "kode kedua dilepas"]
    said = " ".join(line.detail for line in lines)
    assert phone.secret not in said
    assert "127.0.0.0/24" in said
    assert "127.0.0.1" not in said


def test_the_second_step_needs_the_first(live: Live) -> None:
    with live.client() as client:
        for path in ("/masuk/kode", "/masuk/pasang"):
            assert client.get(path).headers["location"] == "/masuk"
            assert client.post(path, data={"kode": "123456"}).headers["location"] == "/masuk"
        client.cookies.set("liveroom-langkah", "dikarang")
        assert client.get("/masuk/kode").headers["location"] == "/masuk"
        foreign = live.people.vault.ticket("oidc", {"name": "admin", "lanjut": ""}, clock.now())
        client.cookies.set("liveroom-langkah", foreign)
        assert client.get("/masuk/kode").headers["location"] == "/masuk", "a ticket of another use is none"


def test_a_role_that_needs_a_second_factor_enrols_before_it_comes_in(live: Live) -> None:
    live.people.add_user("op", PASSWORD, Role.OPERATOR)
    with live.client() as client:
        first = client.post("/masuk", data={"nama": "op", "sandi": PASSWORD, "lanjut": "/sumber"})
        assert first.headers["location"] == "/masuk/pasang"
        assert client.get("/sumber").status_code == 401
        _, codes = enrol(client, "/masuk/pasang")
        assert len(codes) == 10
        assert client.get("/sumber").status_code == 200
        assert "Lepas kode kedua" not in client.get("/akun").text
        assert client.post("/akun/kode/ubah", data={"apa": "lepas", "kode": codes[0]}).status_code == 400


def test_ones_own_sessions_and_password(live: Live) -> None:
    live.people.add_user("rina", PASSWORD, Role.LEADER)
    login = {"nama": "rina", "sandi": PASSWORD}
    agent = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    with live.client(headers=agent) as here, live.client() as there, live.client() as third:
        for client in (here, there, third):
            assert client.post("/masuk", data=login).status_code == 303
        page = here.get("/akun").text
        assert "Firefox · Linux" in page
        assert page.count('action="/akun/sesi"') == 2, "this session is not ended from the list"
        assert here.post("/akun/sesi", data={"sesi": field(page, "sesi")}).status_code == 303
        assert sorted(client.get("/sumber").status_code for client in (there, third)) == [200, 401]
        wrong = here.post("/akun/sandi", data={"lama": "salah-salah-salah", "baru": NEWER, "ulang": NEWER})
        assert (wrong.status_code, "tidak cocok" in wrong.text) == (422, True)
        weak = here.post("/akun/sandi", data={"lama": PASSWORD, "baru": "pendek", "ulang": "pendek"})
        assert (weak.status_code, "sedikitnya 10 huruf" in weak.text) == (422, True)
        twice = here.post("/akun/sandi", data={"lama": PASSWORD, "baru": NEWER, "ulang": NEWER + "x"})
        assert (twice.status_code, "tidak sama" in twice.text) == (422, True)
        assert here.post("/akun/sandi", data={"lama": PASSWORD, "baru": NEWER, "ulang": NEWER}).status_code == 303
        assert here.get("/sumber").status_code == 200
        assert [client.get("/sumber").status_code for client in (there, third)] == [401, 401]
        assert third.post("/masuk", data=login).status_code == 401


def test_nobody_ends_anothers_session(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with closing(live.signed_in(Role.LEADER)) as mine, closing(live.signed_in(Role.ADMIN)) as admin:
        boss = Scope(user="x", role=Role.ADMIN)
        theirs = [s.id for s in Accounts(live.people).sessions(boss, clock.now()) if s.name.startswith("admin-")]
        assert mine.post("/akun/sesi", data={"sesi": theirs[0]}).status_code == 404
        assert "/akun/sesi: refused to role leader" in caplog.text
        assert admin.get("/pengguna").status_code == 200


def test_an_admin_sees_everybody_and_ends_their_sessions(live: Live) -> None:
    live.people.add_user("wati", PASSWORD, Role.LURAH, areas=["36.71.01.1001"])
    with live.client() as wati, closing(live.signed_in(Role.ADMIN)) as admin:
        assert wati.post("/masuk", data={"nama": "wati", "sandi": PASSWORD}).status_code == 303
        for _ in range(6):
            live.people.verify("wati", "salah-salah-salah", clock.now())
        page = admin.get("/pengguna").text
        row = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if ">wati<" in row)
        assert "Lurah" in row
        assert "ditunda sampai" in row
        assert admin.post("/pengguna/buka", data={"akun": "wati"}).status_code == 303
        assert live.people.verify("wati", PASSWORD, clock.now())
        assert admin.post("/pengguna/sesi", data={"akun": "wati"}).status_code == 303
        assert wati.get("/sumber").status_code == 401
        log = admin.get("/audit", params={"akun": "wati", "apa": "masuk"}).text
        assert log.count("<td>wati</td>") == 1
        assert "Rantai utuh" in log
        assert admin.get("/audit?halaman=x").status_code == 400


def test_a_logout_is_in_the_audit_and_leaves_no_name(live: Live) -> None:
    with closing(live.signed_in(Role.ANALYST)) as client:
        assert "liveroom-nama" in client.cookies
        assert client.post("/keluar", data={"keluar": "1"}).status_code == 303
        assert not client.cookies
    with live.people.read() as connection:
        last = connection.execute(select(audit).order_by(audit.c.seq.desc()).limit(1)).one()
    assert (last.who.partition("-")[0], last.what) == ("analyst", "keluar")


def test_what_is_shared_names_nobody(live: Live) -> None:
    """A page that is drawn once for all with the same rights must not carry the name of whoever asked first."""
    with closing(live.signed_in(Role.LEADER)) as one, closing(live.signed_in(Role.LEADER)) as other:
        for path in ("/sumber", "/dinding", "/metrik"):
            pages = [client.get(path).text for client in (one, other)]
            assert not any(re.search(r"leader-\d+", page) for page in pages)
        assert 'action="/keluar"' in other.get("/sumber").text


# --- the demo's users -----------------------------------------------------------------------------------


def settings(data: Path, **more: object) -> Settings:
    facts = {"city": CITY, "data": data, "demo": True, "database_url": "sqlite://", "people_url": "sqlite://", "secret": SECRET}
    return Settings(**(facts | more))  # type: ignore[arg-type]


def quick(data: Path) -> Callable[[Settings], People]:
    """The people of a folder, whose passwords cost no second each."""
    return lambda _settings: People(f"sqlite:///{data}/people.sqlite", SECRET, PasswordHasher(1, 8, 1))


def test_the_demo_shows_a_user_for_each_role_and_they_come_in(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    with serving(tmp_path) as live:
        make_users(
            settings(tmp_path), lambda _settings: People(f"sqlite:///{tmp_path}/people.sqlite", SECRET, PasswordHasher(1, 8, 1))
        )
        users = demo_users(settings(tmp_path))
        assert {user.role for user in users} == ROWS
        assert len({user.password for user in users}) == len(users)
        assert demo_file(settings(tmp_path)).stat().st_mode & 0o077 == 0
        with live.client() as client:
            page = client.get("/masuk").text
            assert all(user.name in page and user.password in page for user in users)
            for user in users:
                assert client.post("/masuk", data={"nama": user.name, "sandi": user.password}).status_code == 303
                assert client.get("/akun").status_code == 200
            assert "demo-lurah" not in client.get("/masuk", headers={"x-forwarded-for": "203.0.113.9"}).text
            assert "demo-lurah" not in client.get("/masuk", headers={"host": "kota.example"}).text
        before = demo_file(settings(tmp_path)).read_bytes()
        make_users(settings(tmp_path), lambda _settings: pytest.fail("made twice"))
        assert demo_file(settings(tmp_path)).read_bytes() == before


def test_only_the_demo_on_loopback_has_users_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    for other in ({"demo": False}, {"host": "0.0.0.0"}):
        make_users(settings(tmp_path, **other), lambda _settings: pytest.fail("made an account"))
        demo_file(settings(tmp_path)).write_text("[]")
        assert demo_users(settings(tmp_path, **other)) == ()
        demo_file(settings(tmp_path)).unlink()


# --- how people come in ---------------------------------------------------------------------------------

OIDC = """
second_factor = ["admin"]
[oidc]
label = "SSO"
issuer = "{issuer}"
client_id = "liveroom"
client_secret = "${{SSO_SECRET}}"
[[oidc.groups]]
group = "dlh"
role = "{role}"
opds = ["{opd}"]
"""


def test_the_examples_of_the_page_are_true(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "access.md").read_text("utf-8"), re.DOTALL)
    path = tmp_path / "access.toml"
    entries = []
    for example in examples:
        path.write_text(example, "utf-8")
        entries.append(read_entry(path, load("36.71"), {"LIVEROOM_OIDC_SECRET": "x"}))
    assert [entry.second_factor for entry in entries] == [{Role.ADMIN, Role.OPERATOR}] * 2
    provider = entries[1].oidc
    assert provider
    held = provider.group(["kecamatan-batuceper", "dlh-kepala"])
    assert held
    assert (held.role, held.limits["opds"]) == (Role.OPD_HEAD, ("dlh",)), "the first of the file counts"


@pytest.mark.parametrize(
    ("facts", "env", "why"),
    [
        ({"issuer": "http://sso.example"}, {"SSO_SECRET": "x"}, "https"),
        ({"opd": "bukan-opd"}, {"SSO_SECRET": "x"}, "bukan-opd"),
        ({"role": "camat"}, {"SSO_SECRET": "x"}, "wilayah"),
        ({"role": "screen"}, {"SSO_SECRET": "x"}, "bukan untuk akun orang"),
        ({}, {}, "SSO_SECRET"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, facts: dict[str, str], env: dict[str, str], why: str) -> None:
    given = {"issuer": "https://sso.example", "role": "opd", "opd": "dlh"}
    path = tmp_path / "access.toml"
    path.write_text(OIDC.format(**(given | facts)))
    with pytest.raises(EntryError, match=why):
        read_entry(path, CITY, env)
    path.write_text(OIDC.format(**given))
    entry = read_entry(path, CITY, {"SSO_SECRET": "sangat-rahasia"})
    assert entry.second_factor == {Role.ADMIN}
    assert entry.oidc
    assert "sangat-rahasia" not in repr(entry)
