"""The page about closings: what everybody sees of it, the cases for those who may, and that it fits a desk and a telephone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboard.page import View, document
from dashboard.pages import closing
from dashboard.parts.evidence import evidence
from layers.model import Role, Scope
from layers.snapshot import Evidence, Snapshot
from layers.suspicion import NO_PROOF, Suspect, Suspicion
from tests.dashboard.pages.test_desk import CONTRAST, OVERFLOWS
from tests.dashboard.server import serving
from tests.dashboard.snapshots import NOW, reading, snapshot
from tests.dashboard.views import html, view

ANALYST = Scope(user="analis", role=Role.ANALYST)
CASE = Suspect(
    source="laksa",
    source_id="LKS-2611170165",
    area="36.71.01.1001",
    opd="dlh",
    category="Pengangkutan sampah dan kebersihan lingkungan",
    closed=NOW - timedelta(hours=3),
    due=None,
)
FOUND = tuple(
    Suspicion(
        id=f"{pattern}:{k}",
        pattern=pattern,
        opd=("dlh", None)[k],
        several=k == 1,
        n=60,
        cases=(CASE,) * 3,
        since=NOW - timedelta(days=9),
        until=NOW,
        detail="60 aduan ditutup berdekatan, tenggatnya paling lama 24 jam lagi",
    )
    for pattern in ("foto_sama", "massal")
    for k in range(2)
)


def shown() -> Snapshot:
    """The funnel of two OPDs, one of which has too few closings to be judged."""
    whole = snapshot()
    funnel = []
    for opd, n in ((None, 47), ("dlh", 40), ("dpupr", 7)):
        funnel.append(reading("aduan_ditutup_30h", opd=opd, value=n, n=n, evidence=Evidence(sources=("laksa",))))
        proof = Evidence(sources=("laksa",), numerator=float(n // 2), denominator=float(n))
        share = {"value": 100 * (n // 2) / n} if n >= 20 else {"value": None, "why_none": f"belum cukup data: n = {n}, perlu 20"}
        shares = ("penutupan_divalidasi", "penutupan_dikonfirmasi", "aduan_dibuka_kembali")
        funnel.extend(reading(kpi, opd=opd, n=n, evidence=proof, **share) for kpi in shares)
    funnel.append(reading("curiga_foto_sama", value=12, n=12))
    funnel.append(reading("curiga_foto_sama", opd="dlh", value=12, n=12))
    return replace(whole, readings=(*whole.readings, *funnel))


def seen(scope: Scope = ANALYST, **fields: Any) -> View:
    return view(scope=scope, suspicions=(lambda: FOUND) if scope.may_see_rows else None, **fields)


def test_the_four_words_stand_apart_for_each_opd() -> None:
    table = document(closing.PAGE, shown(), seen()).parts["closing-opds"]
    assert table.index(">DLH<") < table.index(">DPUPR<"), "most closings first"
    assert all(word in table for word in ("Ditutup 30 hari", "Divalidasi", "Dikonfirmasi pelapor", "Dibuka kembali"))
    assert '<strong>20</strong> <span class="quiet">50,0' in table
    assert '<strong>3</strong> <span class="quiet">dari 7</span>' in table, "no percentage on seven cases"
    assert 'data-kpi="penutupan_divalidasi"' in table


def test_everybody_sees_the_counts_and_that_they_are_no_proof() -> None:
    parts = document(closing.PAGE, shown(), seen(Scope(user="x", role=Role.PUBLIC))).parts
    assert "DLH 12" in parts["patterns"]
    assert NO_PROOF in parts["findings"]
    assert "LKS-" not in "".join(parts.values())
    assert "hanya tampil bagi yang berhak" in parts["findings"]


def test_who_may_see_rows_sees_the_cases_of_each_pattern() -> None:
    findings = document(closing.PAGE, shown(), seen()).parts["findings"]
    assert NO_PROOF in findings
    assert findings.index("Ditutup massal") < findings.index("Foto bukti dipakai lagi")
    assert "LKS-2611170165" in findings
    assert "Kel. Melati, Kec. Kecamatan Satu" in findings
    assert "57 lagi tidak ditampilkan" in findings
    assert "beberapa OPD" in findings
    none = document(closing.PAGE, shown(), replace(seen(), suspicions=lambda: ())).parts["findings"]
    assert "Tidak ada kasus" in none
    early = document(closing.PAGE, shown(), replace(seen(), suspicions=None)).parts["findings"]
    assert "setelah data pertama" in early


def test_the_evidence_says_whose_cases_an_opds_figure_counts() -> None:
    whole = shown()
    for kpi, words in (("selesai_tepat_waktu", "saat tenggat atau selesai"), ("aduan_terbuka", "sekarang dipegang")):
        card = str(evidence(reading(kpi, opd="dlh", value=1.0), seen().catalog[kpi], whole, seen()))
        assert words in card


def test_it_is_english_where_asked() -> None:
    drawn = "".join(document(closing.PAGE, shown(), seen(lang="en")).parts.values())
    assert "A pattern is no proof" in drawn
    assert "Pola yang perlu diperiksa" not in drawn


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_its_screen_and_can_be_read(browser: Browser, tmp_path: Path, width: int, height: int, scheme: Any) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    try:
        page.goto(html(closing.PAGE, shown(), seen(), tmp_path).as_uri())
        page.evaluate("document.fonts.ready")
        page.evaluate("document.querySelectorAll('details').forEach(line => line.open = true)")
        assert page.evaluate(OVERFLOWS) == []
        assert page.evaluate(CONTRAST) == []
    finally:
        page.close()


def test_a_server_gives_each_role_what_it_may_see(tmp_path: Path) -> None:
    with serving(tmp_path, shown()) as live:
        assert live.room is not None
        object.__setattr__(live.hub.room, "suspicions", lambda scope: FOUND if scope.may_see_rows else 1 / 0)
        with live.client() as public:
            body = public.get("/penutupan").text
            assert "Penutupan aduan" in body
            assert "LKS-" not in body
        analyst = live.signed_in(Role.ANALYST)
        assert "LKS-2611170165" in analyst.get("/penutupan").text
        analyst.close()
