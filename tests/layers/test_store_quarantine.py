"""Quarantine: nothing readable at rest, masked to look at, originals for operators and not for long; on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from layers.model import Role, Scope
from layers.quarantine import KEPT, cause
from layers.schema import quarantine as table
from layers.store import Reject, Store
from layers.vault import Vault
from tests.layers.made import ANALYST, DAY, HOUR, NOW, OPERATOR, SECRET, complaint, give, new_store

NIK = "3671012309870004"
ROW = {"id": "Q-1", "nama_pelapor": "Siti Aminah", "nik": NIK, "isi": f"NIK {NIK} hp 0812-3456-7890", "closed": "kemarin"}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    found: str = f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = new_store(url)
    yield store
    store.close()


def reject(original: Mapping[str, Any] = ROW, source_id: str | None = "Q-1", reason: str = "bukan waktu: 'kemarin'") -> Reject:
    return Reject(source_id=source_id, field="closed", reason=reason, original=original)


def deliver(store: Store, *rejects: Reject, now: datetime = NOW) -> None:
    give(store, rejects=rejects, now=now)


def originals(store: Store) -> list[dict[str, Any]]:
    return [row for _, row in store.quarantine_originals(OPERATOR, "laksa")]


def test_nothing_that_names_a_person_can_be_read_at_rest(store: Store, url: str, tmp_path: Path) -> None:
    deliver(store, reject(), reject({"nik": NIK}, source_id=NIK, reason=f"NIK ganda: {NIK}"))
    with store.read() as connection:
        stored = " ".join(str(row) for row in connection.execute(select(text("*")).select_from(table)).all())
        stored += " ".join(bytes(row[0]).decode("latin-1") for row in connection.execute(select(table.c.original)))
    if store.sqlite:
        stored += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.glob("s.sqlite*"))
        assert "kemarin" in stored, "the excerpt itself is there, so this test looks in the right place"
    for secret in (NIK, "Siti Aminah", "3456-7890"):
        assert secret not in stored
    assert ROW in originals(store)


def test_an_excerpt_is_masked_and_the_row_is_in_no_repr(store: Store) -> None:
    deliver(store, reject())
    (row,) = store.quarantine(ANALYST)
    assert row.masked == {
        "id": "Q-1",
        "nama_pelapor": "[disamarkan]",
        "nik": "[disamarkan]",
        "isi": "NIK [nik] hp [telepon]",
        "closed": "kemarin",
    }
    assert (row.source, row.source_id, row.field, row.times) == ("laksa", "Q-1", "closed", 1)
    assert NIK not in repr(reject())


def test_the_same_row_again_counts_up_and_is_stored_once(store: Store) -> None:
    backwards = dict(reversed(ROW.items()))
    deliver(store, reject(), reject(backwards))
    deliver(store, reject(reason="alasan baru"), now=NOW + DAY)
    (row,) = store.quarantine(OPERATOR)
    assert (row.times, row.first_seen, row.last_seen, row.reason) == (3, NOW, NOW + DAY, "alasan baru")
    assert store.source_states()[0].quarantined == 3
    assert store.source_states()[0].quarantine_open == 1


def test_everybody_gets_counts_and_reasons_without_anything_of_the_row(store: Store) -> None:
    rows = [reject({"n": n}, source_id=str(n), reason=f"bukan waktu yang dikenal: 'Budi {n}'") for n in range(3)]
    deliver(store, *rows, reject({"n": 9}, reason="ditutup sebelum diterima"))
    assert store.quarantine_reasons("laksa") == [
        ("closed", "bukan waktu yang dikenal: …", 3),
        ("closed", "ditutup sebelum diterima", 1),
    ]
    assert store.quarantine_reasons("lain") == []


@pytest.mark.parametrize(
    ("reason", "public"),
    [
        ("di luar daftar: 'a', 'b'", "di luar daftar: …"),
        ('"it\'s Budi"', "…"),
        (f"NIK {NIK} ganda", "NIK [nik] ganda"),
        ("lintang -6.175110 di luar kota", "lintang -… di luar kota"),
        ("lebih dari 5 menit di masa depan", "lebih dari 5 menit di masa depan"),
    ],
)
def test_a_cause_quotes_nothing(reason: str, public: str) -> None:
    assert cause(reason) == public


def test_rows_of_unknown_owner_are_for_those_who_may_see_all(store: Store) -> None:
    deliver(store, reject())
    limited = replace(ANALYST, opds=frozenset({"dlh"}))
    for scope in (limited, replace(ANALYST, areas=frozenset({"36.71"}))):
        with pytest.raises(PermissionError):
            store.quarantine(scope)
    for role in (Role.ANALYST, Role.LEADER, Role.OPD_HEAD, Role.SCREEN, Role.PUBLIC):
        with pytest.raises(PermissionError):
            store.quarantine_originals(Scope(user="x", role=role), "laksa")


def test_quarantine_is_paged_and_by_source(store: Store) -> None:
    for n in range(3):
        deliver(store, reject({"n": n}, source_id=str(n)), now=NOW + n * HOUR)
    give(store, source="lain", rejects=[reject({"n": 7}, source_id="7")])
    assert [row.source_id for row in store.quarantine(OPERATOR, "laksa", limit=2, offset=1)] == ["1", "0"]
    assert len(store.quarantine(OPERATOR)) == 4


def test_originals_come_oldest_first_in_many_chunks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.quarantine.CHUNK", 2)
    deliver(store, *(reject({"n": n}) for n in range(5)))
    assert [row["n"] for row in originals(store)] == [0, 1, 2, 3, 4]


def test_a_resolved_row_loses_its_original_at_once_and_opens_again_when_it_comes_back(store: Store) -> None:
    deliver(store, reject())
    store.resolve_quarantine([row.id for row in store.quarantine(OPERATOR)], NOW)
    assert store.quarantine(OPERATOR) == []
    with store.read() as connection:
        assert connection.execute(select(table.c.original)).scalars().all() == [None]
    deliver(store, reject(), now=NOW + DAY)
    (row,) = store.quarantine(OPERATOR)
    assert (row.first_seen, row.times) == (NOW + DAY, 2)
    assert originals(store) == [ROW]


def test_a_row_that_the_source_mends_leaves_quarantine(store: Store) -> None:
    deliver(store, reject(), reject({"id": "Q-2"}, source_id="Q-2"))
    give(store, [complaint("Q-1", seen_at=NOW + HOUR)], now=NOW + HOUR)
    assert [row.source_id for row in store.quarantine(OPERATOR)] == ["Q-2"]
    give(store, [complaint("Q-2", source="lain")])
    assert len(store.quarantine(OPERATOR)) == 1


def test_a_row_that_goes_back_to_what_it_was_leaves_quarantine(store: Store) -> None:
    give(store, [complaint("Q-1")])
    deliver(store, reject(), reject({"id": "Q-2"}, source_id="Q-2"), now=NOW + HOUR)
    result, _ = give(store, [complaint("Q-1", seen_at=NOW + 2 * HOUR)], now=NOW + 2 * HOUR)
    assert (result.kept, result.unchanged) == (0, 1)
    assert [row.source_id for row in store.quarantine(OPERATOR)] == ["Q-2"]


def test_one_that_is_bad_and_good_in_one_batch_stays(store: Store) -> None:
    deliver(store, reject())
    give(store, [complaint("Q-1")], rejects=[reject()])
    assert [row.times for row in store.quarantine(OPERATOR)] == [2]


def test_originals_go_after_thirty_days_even_of_rows_that_keep_coming(store: Store) -> None:
    deliver(store, reject(), reject({"id": "Q-2"}, source_id="Q-2"))
    deliver(store, reject(), now=NOW + 29 * DAY)
    assert store.purge_quarantine(NOW + KEPT - HOUR) == 0
    assert len(originals(store)) == 2
    assert store.purge_quarantine(NOW + KEPT) == 2
    assert originals(store) == []
    deliver(store, reject(), now=NOW + KEPT)
    assert originals(store) == []
    assert [row.source_id for row in store.quarantine(OPERATOR)] == ["Q-1"]
    assert store.purge_quarantine(NOW + 2 * KEPT) == 1
    assert store.quarantine(OPERATOR) == []


HOSTILE = st.dictionaries(
    st.text(st.characters(), max_size=8),
    st.text(st.characters(), max_size=20) | st.floats() | st.none() | st.integers(),
    max_size=6,
)


def test_hostile_text_neither_breaks_a_batch_nor_gets_lost(store: Store) -> None:
    row = {"a\x00b": "nul \x00 dan \ud800 separuh", "dalam": {"x": [1, {"nik": NIK}]}, "angka": 1e308, "kosong": None}
    deliver(store, Reject(source_id="\x00\ud800", field="\x00", reason="alasan '\ud800'", original=row))
    assert originals(store) == [row]
    (shown,) = store.quarantine(OPERATOR)
    assert NIK not in repr(shown)
    assert shown.source_id == "\ufffd?"


@given(row=HOSTILE)
def test_any_row_is_sealed_and_unsealed(row: dict[str, Any]) -> None:
    vault = Vault(SECRET)
    assert repr(vault.unseal(vault.seal(row))) == repr(dict(sorted(row.items())))
    assert vault.digest(row) == vault.digest(dict(reversed(row.items())))


def test_another_secret_opens_nothing_and_knows_no_digest() -> None:
    mine, other = Vault(SECRET), Vault(SECRET[::-1])
    with pytest.raises(InvalidToken):
        other.unseal(mine.seal(ROW))
    assert mine.digest(ROW) != other.digest(ROW)
    assert SECRET not in f"{mine!r}{vars(mine)!r}"
