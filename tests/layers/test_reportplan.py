"""When reports are due, over month ends and in any zone; a mistake in the file is said with its field."""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from layers.alarmrules import NotifyTarget
from layers.briefplan import WEEK
from layers.city import City
from layers.reportplan import Report, ReportError, Reports, read_reports
from tests.conftest import ROOT

ZONES = st.sampled_from([ZoneInfo(name) for name in ("Asia/Jakarta", "Asia/Jayapura", "UTC", "America/New_York")])
MOMENTS = st.datetimes(datetime(2000, 3, 1), datetime(2099, 10, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
HOURS = st.times().map(lambda at: at.replace(second=0, microsecond=0))
DATES = st.sets(st.integers(1, 31), min_size=1, max_size=4)
DAYS = st.sets(st.sampled_from(WEEK), min_size=1)


def planned(at: time, *, dates: set[int] | None = None, days: set[str] | None = None) -> Report:
    facts = {"name": "a", "page": "/opd/dlh", "to": ["x"], "at": f"{at:%H.%M}"}
    return Report.model_validate(facts | ({"dates": sorted(dates)} if dates else {"days": sorted(days or ())}))


@given(now=MOMENTS, at=HOURS, dates=DATES, zone=ZONES)
@example(now=datetime(2027, 2, 28, 23, 59, tzinfo=UTC), at=time(7), dates={31}, zone=ZoneInfo("Asia/Jakarta"))
@example(now=datetime(2028, 2, 29, 0, 0, tzinfo=UTC), at=time(7), dates={30, 31}, zone=ZoneInfo("Asia/Jakarta"))
def test_a_month_has_each_of_its_dates_once_and_the_last_day_for_those_it_lacks(
    now: datetime, at: time, dates: set[int], zone: ZoneInfo
) -> None:
    report = planned(at, dates=dates)
    last, following = report.last(now, zone), report.next(now, zone)
    assert last <= now < following
    day = last.astimezone(zone).date()
    if zone.key != "America/New_York":  # where an hour is skipped once a year
        assert last.astimezone(zone).time() == following.astimezone(zone).time() == at
    ends = {date(y, m, min(d, monthrange(y, m)[1])) for y, m in around(day) for d in dates}
    between = [end for end in ends if last < datetime.combine(end, at, zone).astimezone(UTC) < following]
    assert not between
    assert day in ends


def around(day: date) -> list[tuple[int, int]]:
    """The month of a day and those beside it, as year and month."""
    months = [day.year * 12 + day.month - 1 + k for k in range(-1, 3)]
    return [(month // 12, month % 12 + 1) for month in months]


@given(now=MOMENTS, at=HOURS, days=DAYS, zone=ZONES)
def test_a_week_has_each_of_its_days_once(now: datetime, at: time, days: set[str], zone: ZoneInfo) -> None:
    report = planned(at, days=days)
    turn, seen = report.last(now, zone), []
    for _ in days:
        turn = report.next(turn, zone)
        seen.append(WEEK[turn.astimezone(zone).weekday()])
    assert sorted(seen) == sorted(days)
    assert timedelta() < report.next(now, zone) - report.last(now, zone) <= timedelta(days=7, hours=1)


GOOD = """
[addresses]
"Kadis DLH" = "${SURAT}&to=kadis@kota.id"
sekda = "sekda"

[[reports]]
name = "pekan"
page = "/opd/dlh"
to = ["kadis dlh", "sekda"]
days = ["senin", "kamis"]
at = "07.00"
"""
SURAT = {"SURAT": "mailto://127.0.0.1:25/?from=ruang@kota.id"}


def read(folder: Path, city: City, written: str, env: Mapping[str, str] = SURAT) -> Reports:
    path = folder / "reports.toml"
    path.write_text(written)
    told = city.model_copy(update={"notify": (NotifyTarget.model_validate({"name": "sekda", "url": "json://127.0.0.1"}),)})
    return read_reports(path, told, env)


def test_the_file_is_read_with_its_secrets_from_the_environment(tmp_path: Path, city: City) -> None:
    assert read_reports(tmp_path / "reports.toml", city, {}) == Reports()
    found = read(tmp_path, city, GOOD)
    assert found.recipients["kadis dlh"].url.get_secret_value() == f"{SURAT['SURAT']}&to=kadis@kota.id"
    assert found.recipients["sekda"].name == "sekda"
    assert [recipient.account for recipient in found.own] == ["kadis dlh"]
    assert "kadis" not in found.own[0].name
    assert "kota.id" not in repr(found)
    assert found.report("pekan").plan == "senin, kamis 07.00"
    with pytest.raises(ValueError, match="yang ada: pekan"):
        found.report("entah")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('page = "/opd/dlh"', 'page = "https://tempat.lain/"', "reports[1].page: "),
        ('days = ["senin", "kamis"]', 'days = ["monday"]', "reports[1].days[1]: "),
        ('days = ["senin", "kamis"]', "dates = [32]", "reports[1].dates[1]: "),
        ('days = ["senin", "kamis"]', "", "reports[1]: Value error, isi salah satu: days"),
        ('at = "07.00"', 'at = "25.00"', "reports[1].at: "),
        ('at = "07.00"', "", "reports[1].at: "),
        ('at = "07.00"', 'at = "07.00"\nsandi = "x"', "reports[1].sandi: "),
        ('to = ["kadis dlh", "sekda"]', 'to = ["lurah"]', "reports[1].to: belum ada alamat di [addresses] untuk lurah"),
        ('to = ["kadis dlh", "sekda"]', 'to = ["sekda", "Sekda"]', "reports[1].to: satu akun dinyatakan dua kali"),
        ('sekda = "sekda"', 'sekda = "walikota"', "addresses.sekda: bukan alamat"),
        ('sekda = "sekda"', 'sekda = "mailto://u:rahasia@h/"', "addresses.sekda: sandi tidak ditulis di berkas"),
        ('sekda = "sekda"', 'sekda = "mailto://u:rahasia${SURAT}@h/"', "addresses.sekda: sandi tidak ditulis di berkas"),
        ("${SURAT}", "${LAIN}", "addresses.Kadis DLH: variabel lingkungan LAIN belum diisi"),
        ("[addresses]", "[addresses", "reports.toml: "),
    ],
)
def test_a_mistake_is_said_with_its_field_and_no_secret(tmp_path: Path, city: City, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ReportError, match=re.escape(said)) as error:
        read(tmp_path, city, GOOD.replace(old, new))
    assert "reports.toml" in str(error.value)
    assert "rahasia" not in str(error.value)
    twice = GOOD + GOOD[GOOD.index("[[reports]]") :]
    with pytest.raises(ReportError, match=r"reports\[2\]\.name: pekan dinyatakan dua kali"):
        read(tmp_path, city, twice)


def test_the_example_of_the_document_is_read(tmp_path: Path, city: City) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "reports.md").read_text("utf-8"), re.DOTALL)
    found = read(tmp_path, city, block)
    assert [report.name for report in found.reports] == [report["name"] for report in tomllib.loads(block)["reports"]]
    assert found.report("bulanan").plan == "tanggal 1, 31 08.30"
