"""The evidence card and a source's card: everything a number and a row can be walked back to."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dashboard.parts.evidence import area_words, evidence
from dashboard.parts.marks import sources_words
from dashboard.parts.source import source_card
from layers.catalog import catalog
from layers.model import UNPLACED, Outcome
from layers.snapshot import Evidence
from tests.dashboard.snapshots import reading, snapshot, source
from tests.dashboard.views import STALE, view

SEEN = view()
KPI = catalog()["selesai_tepat_waktu"]


def card(**fields: object) -> str:
    return str(evidence(reading("selesai_tepat_waktu", value=91.25, **fields), KPI, snapshot(version=4127), SEEN))


def test_the_card_walks_back_to_rows_rules_and_sources() -> None:
    proof = Evidence(
        sources=("laksa", "lpse", "gaib"),
        numerator=73,
        denominator=80,
        low=83.0,
        high=95.6,
        excluded={"bukan_kewenangan": 4},
        quarantined=2,
        unplaced=1,
    )
    drawn = card(evidence=proof, target=95.0, change=-1.8, opd="dlh")
    for words in (
        "Dinas Lingkungan Hidup",
        "73 ÷ 80 = 91,2\u00a0%" if KPI.decimals == 1 else "73 ÷ 80",
        "83,0 sampai 95,6",
        KPI.formula["id"],
        KPI.rule.name,
        "berlaku sejak",
        "bukan kewenangan",
        "LAKSA",
        "gangguan sementara, dicoba lagi",
        "belum pernah diambil",
        "Potret versi 4.127, disusun 22 Nov 2026 14.32 WIB",
        "Data contoh",
    ):
        assert words in drawn, words


def test_the_card_of_a_missing_value_says_why() -> None:
    drawn = str(evidence(reading("selesai_tepat_waktu"), KPI, snapshot(), SEEN))
    assert "Belum cukup data (n = 3, perlu 20)" in drawn


def test_an_area_is_named_with_what_it_lies_in() -> None:
    assert area_words("36.71.01.1001", SEEN) == "Kel. Melati, Kec. Kecamatan Satu"
    assert area_words("36.71", SEEN) == "Kota Contoh"
    assert area_words(UNPLACED, SEEN) == "Tanpa lokasi"


def test_the_identity_of_a_source_adds_up_on_the_screen() -> None:
    drawn = str(source_card(source("laksa"), SEEN, [("closed", "ditutup sebelum diterima", 2)]))
    counts = dict(re.findall(r'data-count="([^"]+)" data-value="(\d+)"', drawn))
    seen = int(counts.pop("dilihat"))
    assert seen == sum(map(int, counts.values())) == 1008
    assert 'data-adds-up="true"' in drawn
    assert "closed: ditutup sebelum diterima" in drawn
    assert "belum diuji" not in drawn


def test_a_sum_that_does_not_add_up_is_shown_and_not_hidden() -> None:
    drawn = str(source_card(replace(source("laksa"), seen=1010), SEEN, []))
    assert 'data-adds-up="false"' in drawn
    assert "selisih 2 baris" in drawn


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_every_outcome_has_words(outcome: Outcome | None) -> None:
    drawn = str(source_card(source("laksa", outcome=outcome, failures=3, tested_on_real=False), SEEN, []))
    assert ('class="outcome bad"' in drawn) == (outcome is not None and not outcome.good)
    assert "Gagal 3 kali" in drawn
    assert "belum diuji pada sistem asli" in drawn


def test_the_state_of_all_sources_names_the_latest_one() -> None:
    fine, late = source("laksa"), replace(source("lpse"), freshness=STALE)
    assert sources_words((fine,), SEEN) == "1 dari 1 sumber segar"
    assert sources_words((fine, late), SEEN) == "1 dari 2 sumber segar · LPSE: data terlambat 2\u00a0hari"
    assert sources_words((), SEEN) == "belum ada sumber yang diatur"
