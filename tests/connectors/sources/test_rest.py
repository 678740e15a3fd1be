"""Any JSON service: pages of every kind, tokens, what is new, the past as a file, and services that are not what they say."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.declared import mapped, service
from connectors.job import connector
from connectors.source import Refused, TryLater
from connectors.sources import rest
from connectors.sources.rest import Rest, flat
from layers import clock
from layers.city import City, SourceConfig
from layers.model import Kind, Outcome
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.server import LOGIN, Asked, Reply, bomb, gzipped, status
from tests.connectors.sources.real import Real, served

TestRest = contract_for("rest")

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
FIELDS = {
    "known_at": {"column": "diubah"},
    "received": {"column": "masuk"},
    "status": {"column": "status", "values": {"Baru": "menunggu", "Selesai": "selesai"}},
    "category": {"column": "isi.kategori"},
    "channel": {"constant": "Aplikasi"},
    "closed": {"column": "isi.selesai"},
}
CONFIG: dict[str, Any] = {"kind": "complaint", "url": "{base}/aduan", "rows": "data", "id": "nomor", "fields": FIELDS}


def row(number: int, **changes: Any) -> dict[str, Any]:
    moment = START + timedelta(minutes=number)
    made = {"nomor": number, "masuk": moment.isoformat(), "diubah": moment.isoformat(), "status": "Baru"}
    return made | {"isi": {"kategori": "Sampah", "selesai": None}} | changes


class Desk:
    """A service with rows in the order of their change; ``cap`` is its own bound of a page, ``total`` what it claims."""

    def __init__(self, count: int, *, cap: int = 1_000) -> None:
        self.rows = [row(number) for number in range(1, count + 1)]
        self.cap = cap
        self.total: int | None = None
        self.asked: list[Mapping[str, str]] = []
        self.host = "127.0.0.1"

    def answer(self, asked: Asked) -> Reply | None:
        if asked.path != "/aduan":
            return None
        self.asked.append(asked.params)
        params = asked.params
        rows = [r for r in self.rows if r["diubah"] >= params["sejak"]] if "sejak" in params else self.rows
        size = min(int(params.get("per_page", self.cap)), self.cap)
        at = int(params.get("offset", params.get("after", 0))) or (int(params.get("page", 1)) - 1) * size
        more = at + size < len(rows)
        body = {"data": rows[at : at + size], "total": len(rows) if self.total is None else self.total}
        body |= {"meta": {"kursor": at + size, "lagi": more}}
        after = f"http://{self.host}:9999/aduan?{urlencode({'after': at + size, 'per_page': size})}"
        link = f'<{after}>; rel="next"' if more else ""
        return Reply(body=json.dumps(body).encode(), headers={"Link": link})


@contextmanager
def desk(
    city: City, settings: Settings, count: int, config: Mapping[str, Any] | None = None, cap: int = 1_000
) -> Iterator[tuple[Desk, Real]]:
    made = Desk(count, cap=cap)
    with served("rest", CONFIG | (config or {}), city, settings, answer=made.answer) as real:
        yield made, real


def numbers(real: Real) -> list[str]:
    return sorted((record.source_id for record in real.records(Kind.COMPLAINT)), key=int)


def every(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


# --- pages ---

KINDS: Mapping[str, Mapping[str, Any]] = {
    "page": {"kind": "page", "size": 10},
    "page with a total": {"kind": "page", "size": 10, "total": "total"},
    "offset": {"kind": "offset", "size": 10},
    "cursor": {"kind": "cursor", "name": "after", "size": 10, "next": "meta.lagi && meta.kursor"},
}


@pytest.mark.parametrize("paging", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("count", [1, 10, 25], ids=["one row", "a full page", "two and a half"])
def test_every_kind_of_pages_brings_every_row_once(city: City, settings: Settings, paging: Mapping[str, Any], count: int) -> None:
    with desk(city, settings, count, {"paging": paging}) as (_, real):
        run = real.pull()
        assert (run.outcome, run.seen, run.kept) == (Outcome.OK, count, count), run.message
        assert numbers(real) == every(count)
        assert real.pull().outcome is Outcome.NOTHING_NEW


def test_links_of_the_header_are_followed_at_the_address_that_was_asked(city: City, settings: Settings) -> None:
    """A service behind a proxy names itself by its inner port; another host is not followed."""
    with desk(city, settings, 25, {"paging": {"kind": "link", "size": 10}}) as (_, real):
        assert real.pull().kept == 25


def test_a_link_to_another_host_is_not_followed(city: City, settings: Settings) -> None:
    with desk(city, settings, 25, {"paging": {"kind": "link", "size": 10}}) as (made, real):
        made.host = "localhost"
        run = real.pull()
        assert run.outcome is Outcome.REFUSED
        assert run.kept == 10


@pytest.mark.parametrize("total", [0, 7, 25, 99], ids=["none", "too few", "right", "too many"])
@pytest.mark.parametrize("kind", ["page", "offset"])
def test_a_smaller_page_than_asked_for_and_a_total_that_lies_lose_nothing(
    city: City, settings: Settings, kind: str, total: int
) -> None:
    with desk(city, settings, 25, {"paging": {"kind": kind, "size": 100, "total": "total"}}, cap=10) as (made, real):
        made.total = total
        assert real.pull(paging={"kind": kind, "total": "total", "size": 100}).kept == 25


def test_the_total_saves_the_last_question(city: City, settings: Settings) -> None:
    with desk(city, settings, 25, {"paging": KINDS["page with a total"]}) as (made, real):
        real.pull()
        assert len(made.asked) == 3


def test_a_service_that_goes_in_circles_is_stopped(city: City, settings: Settings) -> None:
    def same(asked: Asked) -> Reply:
        return Reply(body=json.dumps({"data": [row(1)], "meta": {"kursor": asked.params.get("after", "") + "x"}}).encode())

    for paging in ({"kind": "page"}, {"kind": "offset"}, {"kind": "cursor", "name": "after", "next": "meta.kursor"}):
        with served("rest", CONFIG | {"paging": paging}, city, settings, answer=same) as real:
            run = real.pull()
            assert run.outcome is Outcome.DRIFT
            assert "mengulang" in (run.message or "")
            assert len(real.upstream.asked) == 2


def test_the_same_cursor_again_is_a_circle(city: City, settings: Settings) -> None:
    def answer(asked: Asked) -> Reply:
        number = len(asked.params)
        return Reply(body=json.dumps({"data": [row(number)], "meta": {"kursor": "sama"}}).encode())

    with served("rest", CONFIG | {"paging": {"kind": "cursor", "next": "meta.kursor"}}, city, settings, answer=answer) as real:
        run = real.pull()
        assert run.outcome is Outcome.DRIFT
        assert "yang sama" in (run.message or "")


def test_a_run_that_was_cut_off_goes_on_with_its_page(city: City, settings: Settings) -> None:
    with desk(city, settings, 35, {"paging": {"kind": "page", "size": 10}}) as (made, real):
        real.upstream.moods = [None, None, status(429, retry_after="7")]
        assert real.pull().outcome is Outcome.RATE_LIMITED
        assert numbers(real) == every(20)
        made.asked.clear()
        assert real.pull().kept == 15
        assert [asked["page"] for asked in made.asked] == ["3", "4", "5"]


def test_a_place_that_the_service_has_forgotten_is_begun_again(city: City, settings: Settings) -> None:
    with desk(city, settings, 35, {"paging": KINDS["cursor"]}) as (made, real):
        real.upstream.moods = [None, status(503, retry_after="3")]
        real.pull()
        real.upstream.moods = [status(404)]
        made.asked.clear()
        run = real.pull()
        assert (run.outcome, run.kept, run.unchanged) == (Outcome.OK, 25, 10)
        assert "after" not in made.asked[-4]


def test_an_answer_of_many_rows_is_committed_in_parts(city: City, settings: Settings) -> None:
    with desk(city, settings, 12_000, cap=20_000) as (made, real):
        assert real.pull().kept == 12_000
        assert real.pull().outcome is Outcome.NOTHING_NEW
        made.rows[3] |= {"status": "Selesai", "diubah": (START + timedelta(days=9)).isoformat()}
        run = real.pull()
        assert (run.kept, run.unchanged) == (1, 11_999)


# --- what is new ---

SINCE = {"since": {"name": "sejak", "column": "diubah", "lag": "5m"}, "zone": "UTC", "paging": {"kind": "page", "size": 10}}


def test_only_what_is_new_is_asked_for_with_a_stretch_before(city: City, settings: Settings) -> None:
    with desk(city, settings, 25, SINCE) as (made, real):
        real.pull()
        assert "sejak" not in made.asked[0]
        made.asked.clear()
        made.rows.append(row(40))
        run = real.pull()
        assert made.asked[0]["sejak"] == (START + timedelta(minutes=20)).isoformat(timespec="seconds")
        assert (run.seen, run.kept, run.unchanged) == (7, 1, 6)


def test_the_first_question_may_have_a_beginning_and_another_form(city: City, settings: Settings) -> None:
    since = {"name": "sejak", "column": "diubah", "start": "2026-03-01T08:20:00Z", "format": "%d/%m/%Y %H.%M"}
    with desk(city, settings, 25, {"since": since, "zone": "Asia/Jakarta"}) as (made, real):
        real.pull()
        assert made.asked[0]["sejak"] == "01/03/2026 15.20"


def test_a_clock_that_runs_ahead_there_does_not_end_what_is_new(city: City, settings: Settings) -> None:
    with desk(city, settings, 5, SINCE) as (made, real):
        tomorrow = (clock.now() + timedelta(days=1)).isoformat()
        made.rows.append(row(6, diubah=tomorrow))
        run = real.pull()
        assert (run.kept, run.quarantined) == (5, 1)
        made.asked.clear()
        real.pull()
        assert made.asked[0]["sejak"] == START.isoformat(timespec="seconds")


def test_a_walk_that_ended_without_news_is_not_gone_on_with(city: City, settings: Settings) -> None:
    with desk(city, settings, 25, SINCE) as (made, real):
        for _ in range(3):
            made.asked.clear()
            real.pull()
            assert made.asked[0]["page"] == "1"
        made.rows.append(row(26))
        assert real.pull().kept == 1


@pytest.mark.parametrize("kind", ["page", "offset"])
def test_a_row_that_slips_between_two_pages_is_met_when_they_are_walked_again(city: City, settings: Settings, kind: str) -> None:
    """In the order of change, a row that changes during the walk goes to the end: all others move up, one past the border."""
    config = SINCE | {"paging": {"kind": kind, "size": 10}}
    made = Desk(25)
    moves = [2]

    def answer(asked: Asked) -> Reply | None:
        reply = made.answer(asked)
        if moves:
            moved = made.rows.pop(moves.pop())
            made.rows.append(moved | {"diubah": clock.now().isoformat(), "status": "Selesai"})
        return reply

    with served("rest", CONFIG | config, city, settings, answer=answer) as real:
        assert real.pull().kept == 25, "the row that changed came twice, and one was lost"
        assert numbers(real) != every(25)
        assert real.pull().kept == 1
        assert numbers(real) == every(25)
        made.asked.clear()
        assert real.pull().outcome is Outcome.NOTHING_NEW
        assert "sejak" in made.asked[0], "once is enough"


@pytest.mark.parametrize("form", ["epoch", "%s"])
def test_seconds_since_1970_know_no_zone(city: City, settings: Settings, form: str) -> None:
    since = {"name": "sejak", "column": "diubah", "start": "2026-03-01T08:20:00Z", "format": form}
    with desk(city, settings, 0, {"since": since, "zone": "Asia/Jayapura"}) as (made, real):
        real.pull()
        assert made.asked[0]["sejak"] == str(int(datetime(2026, 3, 1, 8, 20, tzinfo=UTC).timestamp()))


# --- the past ---


def export_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO()
    cells = [flat(r) for r in rows]
    writer = csv.DictWriter(out, list(cells[0]))
    writer.writeheader()
    writer.writerows(cells)
    return out.getvalue().encode()


def stop_after(calls: int) -> Callable[..., None]:
    """What ends a run at its so-manieth page, as a lost connection would."""
    left = iter(range(calls - 1))

    def newest(*_: Any) -> None:
        if next(left, None) is None:
            raise TryLater("uji")

    return newest


def test_the_past_comes_as_a_file_once_and_then_only_what_is_new(city: City, settings: Settings) -> None:
    made = Desk(40)
    past = export_of(made.rows[:30])

    def answer(asked: Asked) -> Reply | None:
        return Reply(content_type="text/csv", body=past) if asked.path == "/ekspor.csv" else made.answer(asked)

    with served("rest", CONFIG | SINCE | {"export": {"url": "{base}/ekspor.csv"}}, city, settings, answer=answer) as real:
        run = real.pull()
        assert (run.outcome, run.kept) == (Outcome.OK, 40)
        assert made.asked[0]["sejak"] == (START + timedelta(minutes=25)).isoformat(timespec="seconds")
        assert len(made.asked) == 3
        real.pull()
        assert [asked.path for asked in real.upstream.asked].count("/ekspor.csv") == 1


def test_a_past_that_was_cut_off_is_gone_on_with_at_its_row(
    city: City, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "ROWS", 10)
    made = Desk(30)
    whole = export_of(made.rows)
    renewed = export_of([*made.rows, row(31)])
    bodies = [whole, whole, renewed]

    def answer(asked: Asked) -> Reply | None:
        return Reply(content_type="text/csv", body=bodies.pop(0)) if asked.path == "/ekspor.csv" else made.answer(asked)

    with served("rest", CONFIG | {"export": {"url": "{base}/ekspor.csv"}}, city, settings, answer=answer) as real:
        with monkeypatch.context() as patched:
            patched.setattr(rest, "_newest", stop_after(2))
            assert real.pull().kept == 10
        made.rows = [row(40)]
        second = real.pull()
        assert (second.outcome, second.seen, second.kept) == (Outcome.OK, 21, 21)
        real.pull()
        assert len(bodies) == 1


# --- being let in ---


def test_a_token_is_sent_as_declared(city: City, settings: Settings) -> None:
    with desk(city, settings, 1, {"auth": {"token": "rahasia", "header": "X-Api-Key", "scheme": ""}}) as (_, real):
        real.pull()
        assert real.upstream.asked[0].headers["X-Api-Key"] == "rahasia"


class Guarded:
    """A service whose login gives a token that is believed for so many questions."""

    def __init__(self, believed: int) -> None:
        self.desk = Desk(35)
        self.believed = believed
        self.given = 0
        self.left = 0

    def answer(self, asked: Asked) -> Reply | None:
        if asked.path == "/login":
            if json.loads(asked.body) != {"user": "ruang", "sandi": "kunci"}:
                return Reply(status=401)
            self.given, self.left = self.given + 1, self.believed
            return Reply(body=json.dumps({"hasil": {"token": f"t{self.given}"}}).encode())
        if asked.headers.get("Authorization") != f"Bearer t{self.given}" or self.left < 1:
            return LOGIN
        self.left -= 1
        return self.desk.answer(asked)


def guarded(word: str = "kunci") -> dict[str, Any]:
    login = {"url": "{base}/login", "body": {"user": "ruang", "sandi": word}, "token": "hasil.token"}
    return CONFIG | {"auth": {"login": login}, "paging": {"kind": "page", "size": 10}}


def test_a_login_gives_a_token_that_serves_many_runs_and_is_asked_for_again_when_it_ends(city: City, settings: Settings) -> None:
    door = Guarded(believed=7)
    with served("rest", guarded(), city, settings, answer=door.answer) as real:
        assert real.pull().kept == 35
        assert door.given == 1
        run = real.pull()
        assert (run.outcome, door.given) == (Outcome.NOTHING_NEW, 2)
    service._tokens.clear()


def test_a_token_that_ends_by_an_error_with_status_200_is_asked_for_anew(city: City, settings: Settings) -> None:
    guarded = Guarded(believed=1)

    def answer(asked: Asked) -> Reply | None:
        reply = guarded.answer(asked)
        return Reply(body=b'{"success": false, "message": "Token kedaluwarsa"}') if reply is LOGIN else reply

    login = {"url": "{base}/login", "body": {"user": "ruang", "sandi": "kunci"}, "token": "hasil.token"}
    error = {"text": "success == `false` && message", "auth": ["token"]}
    with served("rest", CONFIG | {"auth": {"login": login}, "error": error}, city, settings, answer=answer) as real:
        assert real.pull().kept == 35
        run = real.pull()
        assert (run.outcome, guarded.given) == (Outcome.NOTHING_NEW, 2), run.message


def test_a_login_that_is_refused_asks_for_access_and_says_no_secret(city: City, settings: Settings) -> None:
    door = Guarded(believed=7)
    with served("rest", guarded("salah-sandi"), city, settings, answer=door.answer) as real:
        run = real.pull()
        assert run.outcome is Outcome.AUTH
        assert "salah-sandi" not in (run.message or "")
        assert len(real.upstream.asked) == 1


def test_a_new_token_is_no_new_map(city: City, settings: Settings) -> None:
    with desk(city, settings, 25, SINCE) as (made, real):
        real.pull(auth={"token": "satu"})
        made.asked.clear()
        real.pull(auth={"token": "dua"})
        assert "sejak" in made.asked[0]


def test_a_question_may_be_posted(city: City, settings: Settings) -> None:
    bodies: list[Any] = []

    def answer(asked: Asked) -> Reply:
        assert asked.method == "POST"
        bodies.append(json.loads(asked.body))
        return Reply(body=json.dumps({"data": [row(1)] if bodies[-1]["hal"] == 1 else []}).encode())

    config = CONFIG | {"method": "POST", "params": {"tahun": "{tahun}"}, "paging": {"kind": "page", "name": "hal"}}
    with served("rest", config, city, settings, answer=answer) as real:
        assert real.pull().kept == 1
        year = str(clock.now().astimezone(city.zone).year)
        assert bodies == [{"tahun": year, "hal": 1}, {"tahun": year, "hal": 2}]


# --- what is no answer ---

FAULT = {"text": "gagal && pesan", "empty": ["tidak ditemukan"], "auth": ["token"], "wait": ["terlalu banyak"]}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"gagal": True, "pesan": "Data tidak ditemukan"}, Outcome.NOTHING_NEW),
        ({"gagal": True, "pesan": "Token kedaluwarsa"}, Outcome.AUTH),
        ({"gagal": True, "pesan": "Terlalu banyak permintaan"}, Outcome.RATE_LIMITED),
        ({"gagal": True, "pesan": "Basis data penuh, hubungi 081234567890"}, Outcome.TRANSIENT),
        ({"gagal": False, "pesan": "OK", "data": []}, Outcome.NOTHING_NEW),
        ({"hasil": []}, Outcome.DRIFT),
        ({"data": {"1": {}}}, Outcome.DRIFT),
        ({"data": [1, 2]}, Outcome.DRIFT),
        ([], Outcome.DRIFT),
    ],
    ids=["empty", "token", "wait", "unwell", "no rows", "renamed", "object", "numbers", "list"],
)
def test_an_error_with_status_200_is_what_it_says(city: City, settings: Settings, body: Any, outcome: Outcome) -> None:
    with served(
        "rest", CONFIG | {"error": FAULT}, city, settings, {"/aduan": ("application/json", json.dumps(body).encode())}
    ) as real:
        run = real.pull()
        assert run.outcome is outcome, run.message
        assert "081234567890" not in (run.message or "")


@pytest.mark.parametrize(("blank", "outcome"), [("later", Outcome.TRANSIENT), ("none", Outcome.NOTHING_NEW)])
def test_an_empty_body_means_what_is_declared(city: City, settings: Settings, blank: str, outcome: Outcome) -> None:
    with served("rest", CONFIG | {"blank": blank}, city, settings, {"/aduan": ("application/json", b" \n")}) as real:
        assert real.pull().outcome is outcome


def test_bodies_are_unpacked_within_their_bound(city: City, settings: Settings) -> None:
    with desk(city, settings, 3) as (_, real):
        real.upstream.mood = bomb(80)
        assert real.pull().outcome is Outcome.DRIFT
        real.upstream.mood = gzipped
        assert real.pull().kept == 3


def test_a_renamed_field_is_named_and_nothing_of_it_is_taken(city: City, settings: Settings) -> None:
    with desk(city, settings, 3) as (made, real):
        for item in made.rows:
            item["isi"] = {"kategori": "Sampah", "ditutup": "2026-03-02"}
        run = real.pull()
        assert run.outcome is Outcome.DRIFT
        assert "kolom hilang: isi.selesai" in (run.message or "")
        assert real.records(Kind.COMPLAINT) == []


def test_a_service_that_leaves_out_empty_fields_is_declared_sparse(city: City, settings: Settings) -> None:
    with desk(city, settings, 3) as (made, real):
        for item in made.rows:
            item["isi"] = {"kategori": "Sampah"}
        assert real.pull().outcome is Outcome.DRIFT
        assert real.pull(sparse=True).kept == 3
        made.rows = [{key: value for key, value in item.items() if key != "status"} for item in made.rows]
        run = real.pull(sparse=True)
        assert "kolom hilang: status" in (run.message or "")


def test_an_empty_object_is_not_a_missing_field(city: City, settings: Settings) -> None:
    with desk(city, settings, 2) as (made, real):
        made.rows[0]["isi"], made.rows[1]["isi"] = None, {}
        run = real.pull()
        assert (run.outcome, run.quarantined) == (Outcome.OK, 2)
        assert {reason for _, reason, _ in real.reasons()} == {"kosong"}


def test_a_retyped_field_is_quarantined_with_its_reason(city: City, settings: Settings) -> None:
    with desk(city, settings, 3) as (made, real):
        made.rows[1]["masuk"] = 1772352000
        run = real.pull()
        assert (run.kept, run.quarantined) == (2, 1)


# --- objects laid flat ---

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), JSON, max_size=4))
@given_settings(max_examples=80, deadline=None)
def test_laid_flat_every_value_stands_at_the_way_to_it(item: dict[str, Any]) -> None:
    def leaves(inner: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, Any]]:
        for name, value in inner.items():
            if isinstance(value, dict) and value:
                yield from leaves(value, f"{way}{name}.")
            else:
                yield way + name, value if value != {} else None

    assert flat(item) == dict(leaves(item))


# --- configuration ---

WRONG = [
    ({"url": "aduan.go.id"}, "url: harus alamat yang diawali http:// atau https://"),
    ({"rows": "data["}, "rows: bukan JMESPath yang sah: 'data['"),
    ({"paging": {"kind": "cursor"}}, "paging: next: belum diisi"),
    ({"paging": {"kind": "halaman"}}, "paging.kind: harus salah satu dari 'none', 'page'"),
    ({"paging": {"kind": "page", "size": 0}}, "paging.size: harus sedikitnya 1"),
    ({"since": {"name": "sejak"}}, "since.column: belum diisi"),
    ({"since": {"name": "s", "column": "c", "start": "2026-01-01T00:00:00"}}, "since.start: harus waktu dengan zona"),
    ({"auth": {"token": "a", "login": {"url": "http://x", "body": {}}}}, "auth: nyatakan token atau login"),
    ({"halaman": 1}, "halaman: tidak dikenal"),
    ({"id": None}, "id: "),
    ({"unpivot": {"columns": {"a": "b"}, "name": "unsur", "value": "nilai"}}, "id: harus memuat 'unsur'"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=[said.split(":")[0] + str(n) for n, (_, said) in enumerate(WRONG)])
def test_a_mistake_is_said_in_one_sentence_that_names_the_field(changes: Mapping[str, Any], said: str) -> None:
    config = CONFIG | {"url": "http://contoh"} | changes
    made = SourceConfig(
        name="uji", connector="rest", title="Uji", owner="x", interval=timedelta(1), budget=timedelta(1), config=config
    )
    with pytest.raises(Refused, match="konfigurasi sumber salah") as error:
        connector(made)
    assert said in str(error.value)


def test_a_secret_is_never_printed() -> None:
    config = Rest.model_validate(CONFIG | {"url": "http://contoh", "auth": {"token": "sangat-rahasia"}})
    assert "sangat-rahasia" not in repr(config) + config.model_dump_json()
    with pytest.raises(ValidationError) as error:
        Rest.model_validate(CONFIG | {"url": "http://contoh", "auth": {"token": ["sangat-rahasia"]}})
    assert "sangat-rahasia" not in str(error.value.errors(include_input=False))
