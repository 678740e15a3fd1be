"""A package that several systems report counts once, with the furthest of what they say."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from layers.areas import AreaTree
from layers.city import City
from layers.frames import Frames, schema
from layers.model import Kind, Package, Stage
from layers.packages import once
from tests.layers.made import NOW, complaint, give, opened

SIGNED = datetime(2026, 3, 1, tzinfo=UTC)


def packages(*rows: tuple[str, str, str | None, str, int | None], **more: Any) -> pl.DataFrame:
    """Rows of (source, source_id, plan_id, stage, pagu in sen)."""
    names = ("source", "source_id", "plan_id", "stage", "pagu")
    data = [dict.fromkeys(schema(Kind.PACKAGE)) | dict(zip(names, row, strict=True)) | more for row in rows]
    return pl.DataFrame(data, schema=schema(Kind.PACKAGE))


def left(frame: pl.DataFrame) -> list[tuple[str, str, int | None]]:
    return sorted(once(frame).select(pl.col("source").cast(pl.String), "source_id", "pagu").rows())


def test_a_plan_a_selection_and_a_publication_are_one_package() -> None:
    frame = packages(
        ("sirup", "r1", "62", "rencana", 100), ("spse", "t1", "62", "pemilihan", 100), ("ocds", "o1", "62", "kontrak", 100)
    )
    assert left(frame) == [("ocds", "o1", 100)]
    assert once(frame).schema == frame.schema


def test_a_plan_that_nobody_tells_further_stays_and_so_do_packages_without_a_plan() -> None:
    frame = packages(
        ("sirup", "r1", "62", "rencana", 100), ("spse", "t1", None, "kontrak", 5), ("spse", "t2", None, "kontrak", 5)
    )
    assert once(frame).equals(frame)


def test_one_plan_bought_in_several_orders_is_several_packages_and_its_sum_stands_once() -> None:
    frame = packages(
        ("sirup", "r1", "62", "rencana", 100),
        ("inaproc", "e1", "62", "kontrak", None),
        ("inaproc", "e2", "62", "pemilihan", None),
        ("isb", "e1", "62", "pemilihan", None),
    )
    assert left(frame) == [("inaproc", "e1", 100), ("inaproc", "e2", None)]


def test_a_package_of_several_plans_takes_the_place_of_each() -> None:
    frame = packages(
        ("sirup", "r1", "62", "rencana", 100),
        ("sirup", "r2", "63", "rencana", 50),
        ("sirup", "r3", "64", "rencana", 7),
        ("spse", "t1", "62;63", "pemilihan", None),
    )
    assert left(frame) == [("sirup", "r3", 7), ("spse", "t1", 150)]


def test_a_package_stays_while_it_alone_speaks_of_one_of_its_plans() -> None:
    frame = packages(("isb", "t1", "62;63", "pemilihan", 9), ("spse", "t1", "62", "kontrak", 9))
    assert left(frame) == [("isb", "t1", 9), ("spse", "t1", 9)]


def test_a_cancelled_selection_gives_its_plan_back() -> None:
    frame = packages(("sirup", "r1", "62", "rencana", 100), ("spse", "t1", "62", "batal", 100))
    assert left(frame) == [("sirup", "r1", 100)]


def test_of_equals_the_one_that_knows_the_contract_s_date_speaks() -> None:
    one = packages(("a", "1", "62", "kontrak", 1))
    other = packages(("b", "2", "62", "kontrak", 2), contracted=SIGNED)
    assert left(pl.concat([one, other])) == [("b", "2", 2)]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rows_does_not_matter_and_twice_is_once(seed: int) -> None:
    rng = random.Random(seed)
    stages = ("rencana", "pemilihan", "kontrak", "selesai", "batal")
    rows = [
        (f"s{rng.randrange(3)}", f"{n}", rng.choice(["1", "2", "1;2", "3", None]), rng.choice(stages), rng.choice([None, 10]))
        for n in range(30)
    ]
    frame = packages(*rows)
    mixed = packages(*rng.sample(rows, len(rows)))
    assert {row[:2] for row in left(frame)} == {row[:2] for row in left(mixed)}
    again = once(frame)
    assert once(again).height == again.height


def test_nothing_is_nothing() -> None:
    empty = packages()
    assert once(empty).equals(empty)


def test_what_everybody_computes_from_holds_a_package_once(tmp_path: Path, city: City) -> None:
    """A plan of one source and a contract of another are one package; both rows of one source stay."""

    def package(source: str, source_id: str, stage: Stage) -> Package:
        facts = {"seen_at": NOW, "announced": SIGNED, "year": 2026, "title": "Paket", "method": "tender"}
        return Package(source=source, source_id=source_id, plan_id="62", stage=stage, **facts)  # type: ignore[arg-type]

    def ids(frame: pl.DataFrame) -> set[str]:
        return set(frame["source_id"])

    with opened(f"sqlite:///{tmp_path}/s.sqlite") as store:
        frames = Frames(tmp_path / "frames", city, AreaTree.of(city))
        give(store, [package("sirup", "r1", Stage.PLANNED)], source="sirup")
        frames.refresh(store)
        assert ids(frames.frame(Kind.PACKAGE)) == {"r1"}
        give(store, [package("spse", "t1", Stage.CONTRACT), package("spse", "t2", Stage.SELECTION)], source="spse")
        frames.refresh(store)
        view = frames.view()
        assert ids(view.frame(Kind.PACKAGE)) == {"t1", "t2"}
        assert ids(view.told(Kind.PACKAGE)) == {"r1", "t1", "t2"}
        assert view.frame(Kind.PACKAGE) is view.frame(Kind.PACKAGE)
        give(store, [complaint()])
        frames.refresh(store)
        assert frames.view().frame(Kind.PACKAGE) is view.frame(Kind.PACKAGE)
        assert frames.frame(Kind.COMPLAINT).height == 1
