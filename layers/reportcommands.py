"""Commands about scheduled reports; sending one by hand needs both arms of the house and stands in the front door."""

from __future__ import annotations

import typer

from layers import clock

report_app = typer.Typer(no_args_is_help=True, help="Laporan terjadwal lewat surat: daftar, kirim.")


@report_app.command("list")
def report_list() -> None:
    """Laporan dengan halaman, jadwal, penerima, kiriman terakhir, dan giliran berikutnya."""
    from contextlib import closing

    from layers.accounts import rights
    from layers.people import People
    from layers.reportbook import ReportBook, listing
    from layers.settings import from_environment
    from layers.store import Store

    settings = from_environment()
    with closing(Store.of(settings)) as store, closing(People.of(settings)) as people:
        closed = {account for account in settings.reports.recipients if rights(people, account) is None}
        typer.echo(listing(settings.reports, ReportBook(store), closed, clock.now(), settings.city.zone))
