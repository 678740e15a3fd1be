"""Saved views: whose they are, who sees them, and that what is kept is a question and nothing else; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from layers import peopleschema as schema
from layers.analysis.ask import Ask
from layers.model import MendError, NotYoursError, Role, Scope
from layers.people import People
from layers.savedviews import MOST, SavedViews, canonical
from tests.layers.made import NOW, SECRET

SITI = Scope(user="siti", role=Role.ANALYST)
BUDI = Scope(user="budi", role=Role.ANALYST)
HEAD = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
ADMIN = Scope(user="admin", role=Role.ADMIN)
NOBODY = tuple(Scope(user="siti", role=role) for role in (Role.PUBLIC, Role.SCREEN))
QUERY = "kpi=selesai_tepat_waktu&by=opd&kurun=2026-10&banding=tahun&area=36.71.01"


@pytest.fixture(params=["sqlite", "postgresql"])
def people(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[People]:
    url = f"sqlite:///{tmp_path}/p.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    people = People(url, SECRET)
    people.open()
    yield people
    people.close()


def test_a_view_is_its_owners_and_those_it_is_shared_with(people: People) -> None:
    views = SavedViews(people)
    for name, audience in (("Punya saya", "saya"), ("untuk analis", "analyst"), ("Untuk semua", "semua"), ("Kepala OPD", "opd")):
        views.save(SITI, name, QUERY, audience, NOW)
    assert [v.title for v in views.seen(SITI)] == ["Kepala OPD", "Punya saya", "untuk analis", "Untuk semua"]
    assert [v.title for v in views.seen(BUDI)] == ["untuk analis", "Untuk semua"]
    assert [v.title for v in views.seen(HEAD)] == ["Kepala OPD", "Untuk semua"]
    assert all(v.mine for v in views.seen(SITI))
    assert not any(v.mine for v in views.seen(BUDI))
    assert [views.seen(nobody) for nobody in NOBODY] == [(), ()]
    assert Ask.read(dict(pair.split("=") for pair in views.seen(BUDI)[0].query.split("&"))).query() == QUERY


def test_only_its_owner_changes_a_view_and_all_of_it_is_in_the_audit(people: People) -> None:
    views = SavedViews(people)
    kept = views.save(SITI, "Awal", QUERY, "semua", NOW)
    for wrong in (BUDI, HEAD, ADMIN):
        with pytest.raises(NotYoursError):
            views.change(wrong, kept.id, "Lain", "saya", NOW)
    for wrong in (BUDI, HEAD, *NOBODY[1:]):
        with pytest.raises(NotYoursError):
            views.drop(Scope(user="lain", role=wrong.role), kept.id, NOW)
    assert views.change(SITI, kept.id, " Baru  sekali ", "saya", NOW + timedelta(hours=1)).title == "Baru sekali"
    with pytest.raises(NotYoursError):  # what is shared with nobody is not even an admin's
        views.drop(ADMIN, kept.id, NOW)
    views.change(SITI, kept.id, "Baru", "semua", NOW)
    views.drop(ADMIN, kept.id, NOW)
    assert views.seen(SITI) == ()
    with people.read() as connection:
        said = [row.what for row in connection.execute(select(schema.audit).order_by(schema.audit.c.seq))]
    assert said == ["tampilan disimpan", "tampilan diubah", "tampilan diubah", "tampilan dihapus"]
    assert people.audit_broken_at() is None


@pytest.mark.parametrize(
    ("title", "query", "audience", "why"),
    [
        ("  ", QUERY, "saya", "beri nama"),
        ("a" * 81, QUERY, "saya", "terlalu panjang"),
        ("x", "kurun=besok", "saya", "tulis misalnya"),
        ("x", QUERY, "public", "untuk siapa"),
        ("x", QUERY, "siti", "untuk siapa"),
    ],
)
def test_what_is_no_view_is_refused_in_words(tmp_path: Path, title: str, query: str, audience: str, why: str) -> None:
    people = People(f"sqlite:///{tmp_path}/p.sqlite", SECRET)
    people.open()
    with pytest.raises(MendError, match=why):
        SavedViews(people).save(SITI, title, query, audience, NOW)
    with pytest.raises(NotYoursError):
        SavedViews(people).save(NOBODY[0], "x", QUERY, "saya", NOW)
    people.close()


def test_a_person_keeps_only_so_many_and_a_name_keeps_no_identifier(tmp_path: Path) -> None:
    people = People(f"sqlite:///{tmp_path}/p.sqlite", SECRET)
    people.open()
    views = SavedViews(people)
    assert "3671010101010001" not in views.save(SITI, "NIK 3671010101010001", QUERY, "saya", NOW).title
    with people.write() as connection:
        row = {"owner": "siti", "title": "x", "query": QUERY, "audience": "saya", "changed": NOW}
        connection.execute(schema.saved_view.insert(), [row] * (MOST - 1))
    with pytest.raises(MendError, match="paling banyak"):
        views.save(SITI, "satu lagi", QUERY, "saya", NOW)
    people.close()


def test_an_address_is_kept_as_a_question_and_its_moment_alone() -> None:
    assert canonical(QUERY + "&bentuk=&dari=&jahat=%3Cscript%3E&pada=2026-11-01T08:00&menurut=kini") == (
        "kpi=selesai_tepat_waktu&by=opd&kurun=2026-10&banding=tahun&area=36.71.01&pada=2026-11-01T08%3A00&menurut=kini"
    )
    assert canonical("pada=kemarin&menurut=kini") == "kpi=aduan_masuk_30h"
