"""Signing in at a provider, over real HTTP: who comes in with which rights, and every answer that is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from sqlalchemy import select

from dashboard import attempts
from dashboard.oidc import BACK
from layers.entry import Entry
from layers.peopleschema import account, audit
from tests.dashboard.provider import CLIENT, CLIENT_SECRET, Provider, provided
from tests.dashboard.server import Live, free_port, serving

GROUPS = (
    {"group": "dlh-kepala", "role": "opd", "opds": ["dlh"]},
    {"group": "kec-01", "role": "camat", "areas": ["36.71.01"]},
    {"group": "data", "role": "analyst"},
)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def provider(port: int) -> Iterator[Provider]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the server's side refuses plain http even on this machine
    with provided(f"http://127.0.0.1:{port}{BACK}") as found:
        yield found
    patch.undo()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, provider: Provider, port: int) -> Iterator[Live]:
    facts = {
        "label": "SSO Pemkot",
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret": CLIENT_SECRET,
        "groups": GROUPS,
    }
    entry = Entry.model_validate({"oidc": facts, "second_factor": ["opd"]})
    with serving(tmp_path_factory.mktemp("oidc"), demo=False, entry=entry, port=port) as found:
        yield found


@pytest.fixture
def client(live: Live, provider: Provider) -> Iterator[httpx.Client]:
    provider.user = {"sub": "u-1", "preferred_username": "Siti", "groups": ["lain", "dlh-kepala"]}
    provider.faults, provider.groups_in = set(), "token"
    with live.client() as found:
        yield found


def there(client: httpx.Client, onward: str = "/sumber") -> str:
    """To the provider and, signed in there, the address that it sends the browser back to."""
    leaves = client.get("/masuk/oidc", params={"lanjut": onward})
    assert leaves.status_code == 303
    return httpx.get(leaves.headers["location"], trust_env=False).headers["location"]


def test_who_is_vouched_for_comes_in_with_the_rights_of_a_group(live: Live, client: httpx.Client, provider: Provider) -> None:
    assert "Masuk dengan SSO Pemkot" in client.get("/masuk?lanjut=/sumber").text
    answer = client.get(there(client))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sumber")
    page = client.get("/akun").text
    assert "siti" in page
    assert "Kepala OPD" in page
    assert "kata sandi diatur di sana" in page
    assert client.get("/ringkasan/dlh").status_code == 200
    assert client.get("/ringkasan/dpupr").status_code == 404
    asked = parse_qs(urlsplit(provider.asked[-1]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 32
    assert len(asked["nonce"][0]) >= 32
    with live.people.read() as connection:
        line = connection.execute(select(audit).where(audit.c.what == "masuk").order_by(audit.c.seq.desc()).limit(1)).one()
    assert line.who == "siti"
    assert "penyedia" in line.detail


def test_rights_are_those_of_today_and_the_name_stays(live: Live, client: httpx.Client, provider: Provider) -> None:
    client.get(there(client))
    provider.user = provider.user | {"groups": ["kec-01"], "preferred_username": "siti-baru"}
    client.get(there(client))
    assert "Camat" in client.get("/akun").text
    with live.people.read() as connection:
        rows = connection.execute(select(account.c.name, account.c.role).where(account.c.subject == "u-1")).all()
    assert [tuple(row) for row in rows] == [("siti", "camat")]


def test_groups_may_come_with_the_user_info(client: httpx.Client, provider: Provider) -> None:
    provider.groups_in = "userinfo"
    assert client.get(there(client)).status_code == 303


def test_without_a_known_group_nobody_comes_in(client: httpx.Client, provider: Provider) -> None:
    provider.user = {"sub": "u-2", "preferred_username": "budi", "groups": ["lain"]}
    answer = client.get(there(client))
    assert answer.status_code == 401
    assert "belum diberi peran" in answer.text
    assert client.get("/sumber").status_code == 401


def test_a_name_of_an_account_here_is_not_taken_over(live: Live, client: httpx.Client, provider: Provider) -> None:
    live.people.add_user("andi", "kuda-benar-baterai", "admin")
    provider.user = {"sub": "u-3", "preferred_username": "Andi", "groups": ["data"]}
    answer = client.get(there(client))
    assert answer.status_code == 401
    assert client.get("/sumber").status_code == 401


@pytest.mark.parametrize("fault", ["nonce", "audience", "issuer", "key", "late"])
def test_a_token_that_is_not_right_opens_nothing(client: httpx.Client, provider: Provider, fault: str) -> None:
    provider.faults = {fault}
    answer = client.get(there(client))
    assert answer.status_code == 401
    assert "tidak dapat dipercaya" in answer.text
    assert client.get("/sumber").status_code == 401


def test_an_answer_without_its_question_opens_nothing(live: Live, client: httpx.Client) -> None:
    back = there(client)
    with live.client() as other:  # somebody else's browser: the code of one person must not sign in another
        assert other.get(back).headers["location"] == "/masuk"
        assert other.get("/sumber").status_code == 401
    assert client.get(back.replace("state=", "state=x")).status_code == 401
    again = there(client)
    assert client.get(again.replace("code=", "kode=")).status_code == 401
    good = there(client)
    assert client.get(good).status_code == 303
    assert client.get(good).headers["location"] == "/masuk", "the way back is good once"


def test_a_ticket_does_not_ask_the_provider_without_end(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever shows the same ticket again with made-up codes is held up as after failed logins."""
    back, ticket = there(client), dict(client.cookies)
    wrong = back.replace("code=", "code=x")
    assert client.get(wrong).status_code == 401
    monkeypatch.setattr(attempts, "TRIES", 1)
    client.cookies.update(ticket)
    assert client.get(wrong).status_code == 429


def test_a_code_is_worth_nothing_without_the_verifier(client: httpx.Client, provider: Provider) -> None:
    code = parse_qs(urlsplit(there(client)).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{str(client.base_url).rstrip(chr(47))}{BACK}"}
    auth = (CLIENT, quote(CLIENT_SECRET, safe=""))
    stolen = httpx.post(f"{provider.issuer}/token", data=form, auth=auth, trust_env=False)
    assert stolen.status_code == 400
    assert "code_verifier" in stolen.text
