"""What a simulated system says when a fault is switched on, over real HTTP, and how one command does it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from typer.testing import CliRunner

import liveroom
from connectors.http import Http, origin
from connectors.run import run_once
from connectors.simulator import faults, serve
from connectors.simulator.faults import Faults
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.model import Outcome
from layers.store import Store
from tests.connectors.simulator.demo import NOON, Demo, served, stand


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with served(tmp_path_factory.mktemp("faults"), days=3) as demo:
        yield demo


@pytest.fixture
def demo(running: Demo) -> Iterator[Demo]:
    stand()
    yield running
    running.systems.faults.clear()


def ask(demo: Demo, path: str = "/laksa/api/v1/aduan", **params: str) -> httpx.Response:
    return httpx.get(f"{demo.url}{path}", params=params, headers={"Authorization": f"Bearer {demo.token}"})


def test_a_healthy_system_answers_only_who_bears_its_token(demo: Demo) -> None:
    healthy = ask(demo)
    assert healthy.status_code == 200
    assert healthy.json()["data"]
    assert httpx.get(f"{demo.url}/laksa/api/v1/aduan").status_code == 401
    assert httpx.get(f"{demo.url}/open311/v2/requests.json").status_code == 403
    assert ask(demo, "/tidak-ada").status_code == 404


def test_it_limits_its_requests(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    bearer = {"Authorization": f"Bearer {demo.token}"}
    with httpx.Client(base_url=demo.url, headers=bearer) as client:
        answers = [client.get("/laksa/api/v1/aduan", params={"per_page": "1"}).status_code for _ in range(260)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert int(ask(demo).headers["Retry-After"]) >= 1
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 61)  # for the desk alone: a loop has timers by the same clock
    monkeypatch.setattr("connectors.simulator.upstreams._desk.time", later)
    assert ask(demo).status_code == 200


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("mati", Outcome.TRANSIENT),
        ("masuk", Outcome.AUTH),
        ("rusak", Outcome.TRANSIENT),
        ("batas", Outcome.RATE_LIMITED),
        ("token", Outcome.AUTH),
        ("berubah", Outcome.DRIFT),
        ("lambat", Outcome.TRANSIENT),
    ],
)
def test_each_fault_has_its_outcome(
    demo: Demo, kind: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("connectors.http.REQUEST_SECONDS", 1.0)
    city = demo.settings.city
    configured = next(source for source in city.sources if source.name == "demo_open311")
    configured = configured.model_copy(update={"deadline": timedelta(seconds=2)})
    store = Store.of(dataclasses.replace(demo.settings, database_url=f"sqlite:///{tmp_path / 'store.sqlite'}"))
    places = Places(AreaTree.of(city), load_boundaries(city, demo.settings.data))
    demo.systems.faults.begin("open311", kind, 5)
    run = run_once(configured, store, places, city, demo.settings)
    store.close()
    assert run is not None
    assert run.outcome is outcome, run.message
    assert run.seen == 0


def test_a_frozen_system_answers_as_of_the_moment_it_froze(demo: Demo) -> None:
    demo.systems.faults.begin("laksa", "beku", 5)
    before = ask(demo).json()
    stand(NOON + timedelta(hours=3))
    assert ask(demo).json() == before
    demo.systems.faults.clear("laksa")
    assert ask(demo).json()["meta"]["total"] > before["meta"]["total"]


def test_a_fault_is_of_one_system_and_ends_by_itself(demo: Demo) -> None:
    demo.systems.faults.begin("laksa", "mati", 5)
    assert ask(demo).status_code == 503
    assert ask(demo, "/call112/api/tiket").status_code == 200
    demo.systems.faults.begin("laksa", "mati", 0.2 / 60)
    time.sleep(0.25)
    assert demo.systems.faults.of("laksa") is None
    assert ask(demo).status_code in (200, 429)


def test_what_drips_still_arrives(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "DRIP_SECONDS", 0.001)
    demo.systems.faults.begin("call112", "lambat", 5)
    assert ask(demo, "/call112/api/tiket", limit="1").json()["data"]


def test_fields_are_renamed_in_every_form() -> None:
    assert (
        serve.renamed("application/json", b'{"data": [{"a": 1, "b": {"c": 2}}]}')
        == b'{"data": [{"a_baru": 1, "b_baru": {"c_baru": 2}}]}'
    )
    assert serve.renamed("text/csv", b"a,b\r\n1,2\r\n") == b"a_baru,b_baru\r\n1,2\r\n"
    assert serve.renamed("text/xml", b"<a><b>1</b></a>") == b"<a_baru><b_baru>1</b_baru></a_baru>"
    assert serve.renamed("text/html", b"<html>") == b"<html>"


def test_the_commands_switch_list_and_clear(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEROOM_DATA", str(demo.settings.data))
    run = CliRunner().invoke
    assert run(liveroom.app, ["demo", "faults"]).output == "Tidak ada gangguan.\n"
    assert "laksa: menjawab 503" in run(liveroom.app, ["demo", "fault", "laksa", "mati", "--minutes", "3"]).output
    assert run(liveroom.app, ["demo", "faults"]).output == "laksa: mati (menjawab 503), 3 menit lagi\n"
    assert ask(demo).status_code == 503
    assert "laksa" in run(liveroom.app, ["demo", "clear", "laksa"]).output
    assert demo.systems.faults.all() == {}


def test_a_mistaken_command_says_what_there_is(demo: Demo, tmp_path: Path) -> None:
    data = demo.settings.data
    with pytest.raises(ValueError, match=r"sistem 'x' tidak ada; yang ada: .*laksa"):
        faults.switch_on(data, "x", "mati", 1)
    with pytest.raises(ValueError, match="gangguan 'x' tidak ada; yang ada: mati"):
        faults.switch_on(data, "laksa", "x", 1)
    with pytest.raises(ValueError, match="lebih dari 0"):
        faults.switch_on(data, "laksa", "mati", 0)
    with pytest.raises(ValueError, match="bukan folder demo"):
        faults.listing(tmp_path)


def test_two_hands_on_the_file_see_each_other(tmp_path: Path) -> None:
    one, other = Faults(tmp_path), Faults(tmp_path)
    one.begin("a", "mati", 1)
    assert other.of("a") is not None
    other.begin("b", "beku", 1)
    assert sorted(one.all()) == ["a", "b"]
    other.clear("a")
    assert sorted(one.all()) == ["b"]
    other.clear()
    assert one.all() == {}


def test_the_rooms_own_client_may_only_ask_the_simulator(demo: Demo) -> None:
    with Http(frozenset({origin(demo.url)})) as http:
        assert http.get(f"{demo.url}/open311/v2/services.json").json()[0]["service_code"] == "001"
