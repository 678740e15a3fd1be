"""The connector `ckan`: a portal's datastore by pages, a resource that is only a file, and what the portal says of changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.sources.ckan import SAMPLE
from layers.city import City
from layers.model import Kind, Outcome
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import declared, served

TestCkan = contract_for("ckan")

API = "/api/3/action"
CONFIG = dict(SAMPLE.config)


class Portal:
    """A portal with one table of ``count`` rows."""

    def __init__(self, count: int, **resource: Any) -> None:
        facts = {
            "id": "r1",
            "name": "Puskesmas",
            "format": "CSV",
            "last_modified": "2026-01-01T00:00:00",
            "datastore_active": True,
        }
        self.resource = facts | resource
        self.rows = [
            {"_id": n, "tahun": 2000 + n % 20, "kode": "", "kecamatan": f"K{n}", "puskesmas": str(n)} for n in range(1, count + 1)
        ]
        self.token: str | None = None

    def __call__(self, asked: Asked) -> Reply | None:
        if self.token and asked.headers.get("Authorization") != self.token:
            return Reply(status=403, body=b'{"success": false}')
        if asked.path.endswith("package_show"):
            picture = {"id": "r0", "name": "Gambar", "format": "PNG", "last_modified": "2026-09-09T00:00:00"}
            return self._said({"resources": [picture, self.resource]})
        if asked.path.endswith("resource_show"):
            return self._said(self.resource)
        if asked.path.endswith("datastore_search"):
            assert asked.params["sort"] == "_id"
            start = int(asked.params["offset"])
            return self._said({"total": len(self.rows), "records": self.rows[start : start + int(asked.params["limit"])]})
        if asked.path == "/unduh/data.csv":
            lines = ["tahun;kode;kecamatan;puskesmas", *(f"{r['tahun']};;{r['kecamatan']};{r['puskesmas']}" for r in self.rows)]
            return Reply(body="\n".join(lines).encode(), content_type="text/csv")
        return None

    def _said(self, result: Any) -> Reply:
        return Reply(body=json.dumps({"success": True, "result": result}).encode())


def test_pages_until_the_total_and_nothing_more_until_it_changes(city: City, settings: Settings) -> None:
    portal = Portal(2_501)
    with served("ckan", CONFIG | {"page_size": 1_000}, city, settings, answer=portal) as real:
        assert real.pull().kept == 2_501
        assert [a.params["offset"] for a in real.upstream.asked if a.path.endswith("search")] == ["0", "1000", "2000"]
        before = len(real.upstream.asked)
        assert real.pull().outcome is Outcome.NOTHING_NEW
        assert len(real.upstream.asked) == before + 1
        portal.rows[7]["puskesmas"] = "99"
        portal.resource["last_modified"] = "2026-02-01T00:00:00"
        again = real.pull()
        assert (again.kept, again.unchanged) == (1, 2_500)


def test_a_table_that_is_only_a_file(city: City, settings: Settings) -> None:
    portal = Portal(40, datastore_active=False)
    with served("ckan", CONFIG | {"form": {"delimiter": ";"}}, city, settings, answer=portal) as real:
        portal.resource["url"] = f"{real.upstream.url}/unduh/data.csv"
        assert real.pull().kept == 40
        found: list[Any] = real.records(Kind.MEASUREMENT)
        assert sum(record.value for record in found) == sum(range(41))
        portal.resource |= {"url": "http://localhost:9/data.csv", "last_modified": "2026-03-01T00:00:00"}
        assert real.pull().outcome is Outcome.REFUSED


def test_a_named_resource_and_a_token(city: City, settings: Settings) -> None:
    portal = Portal(3)
    portal.token = "kunci"
    config = {**{name: value for name, value in CONFIG.items() if name != "package"}, "resource": "r1"}
    with served("ckan", config, city, settings, answer=portal) as real:
        assert real.pull().outcome is Outcome.AUTH
        assert real.pull(token="kunci").kept == 3


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: p.resource.update(format="PDF", datastore_active=False), "tidak punya tabel"),
        (lambda p: [row.pop("puskesmas") for row in p.rows], "kolom hilang: puskesmas"),
        (lambda p: setattr(p, "rows", [1, 2]), "tidak memuat baris"),
        (lambda p: p.resource.pop("id"), "daftar sumber daya"),
    ],
)
def test_another_form_than_agreed_is_said(city: City, settings: Settings, spoil: Callable[[Portal], Any], says: str) -> None:
    portal = Portal(3)
    spoil(portal)
    with served("ckan", CONFIG, city, settings, answer=portal) as real:
        done = real.pull()
        assert done.outcome is Outcome.DRIFT
        assert says in str(done.message)


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("ckan")
