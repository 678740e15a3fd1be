"""The front door: one command line; every command hands over to the room that does the work."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from layers import peoplecommands, reportcommands
from layers.peoplecommands import audit

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Live Room, ruang kendali kota.", pretty_exceptions_enable=False
)
sources_app = typer.Typer(no_args_is_help=True, help="Sumber data: daftar, periksa, contoh, putar ulang karantina.")
areas_app = typer.Typer(no_args_is_help=True, help="Wilayah dan batasnya.")
brief_app = typer.Typer(no_args_is_help=True, help="Ringkasan pagi: lihat, kirim.")
person_app = typer.Typer(no_args_is_help=True, help="Data pribadi seorang warga: cari, hapus.")
notify_app = typer.Typer(no_args_is_help=True, help="Pesan alarm: tujuan, uji kirim.")
demo_app = typer.Typer(no_args_is_help=True, help="Gangguan pada kota simulasi.")
for name, group in (
    ("sources", sources_app),
    ("areas", areas_app),
    ("user", peoplecommands.user_app),
    ("screen", peoplecommands.screen_app),
    ("token", peoplecommands.token_app),
    ("brief", brief_app),
    ("person", person_app),
    ("notify", notify_app),
    ("report", reportcommands.report_app),
    ("demo", demo_app),
):
    app.add_typer(group, name=name)
app.command()(audit)


@app.command()
def up(demo: Annotated[bool, typer.Option(help="Kota simulasi, hanya di komputer ini.")] = False) -> None:
    """Jalankan semuanya: cache, konektor, web."""
    from layers.processes import run_room
    from layers.settings import data_folder, from_environment

    if demo:
        from connectors.simulator.upstream import prepare

        prepare(data_folder())
    settings = from_environment()
    if settings.demo:
        from connectors.simulator.users import make_users

        make_users(settings)
    run_room(settings)


@app.command()
def serve() -> None:
    """Jalankan server web saja."""
    from dashboard.serve import serve as run
    from layers.settings import from_environment

    run(from_environment())


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SUMBER]...")] = None,
    once: Annotated[bool, typer.Option(help="Satu putaran, lalu selesai.")] = False,
) -> None:
    """Tarik data dari sumber, terus-menerus atau sekali."""
    from connectors.runner import pull as run
    from layers.settings import from_environment

    raise typer.Exit(run(from_environment(), names or [], once=once))


@app.command()
def worker(
    queue: Annotated[list[str] | None, typer.Option(help="Antrean yang dilayani; tanpa ini: umum.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Sumber yang ditarik bersamaan.")] = 8,  # they mostly wait
) -> None:
    """Tarik data atas perintah beat, di mesin mana pun yang berbagi Redis dan basis data."""
    from connectors.queue import work
    from layers.settings import from_environment

    raise typer.Exit(work(from_environment(), queue or ["umum"], concurrency))


@app.command()
def beat() -> None:
    """Atur giliran sumber untuk para worker dan terbitkan angka; yang kedua bersiap menggantikan."""
    from connectors.queue import Beat
    from layers.settings import from_environment

    Beat(from_environment()).run_forever()


@app.command(hidden=True)
def simulate() -> None:
    """Jalankan sistem hulu tiruan untuk demo."""
    from connectors.simulator.upstream import run as run_upstream
    from layers.settings import from_environment

    run_upstream(from_environment())


@demo_app.command("fault")
def demo_fault(system: str, kind: str, minutes: Annotated[float, typer.Option(help="Lamanya.")] = 10) -> None:
    """Ganggu satu sistem tiruan: mati, lambat, masuk, rusak, batas, token, beku, berubah."""
    from connectors.simulator.faults import switch_on
    from layers.settings import data_folder

    typer.echo(switch_on(data_folder(), system, kind, minutes))


@demo_app.command("faults")
def demo_faults() -> None:
    """Gangguan yang sedang berlaku."""
    from connectors.simulator.faults import listing
    from layers.settings import data_folder

    typer.echo(listing(data_folder()))


@demo_app.command("clear")
def demo_clear(system: Annotated[str | None, typer.Argument()] = None) -> None:
    """Hentikan gangguan satu sistem, atau semuanya."""
    from connectors.simulator.faults import switch_off
    from layers.settings import data_folder

    typer.echo(switch_off(data_folder(), system))


@app.command()
def deadline(
    moment: Annotated[str, typer.Argument(help="Waktu terima, misalnya 2026-03-18T15:10.")],
    days: Annotated[int | None, typer.Option(min=0, help="Hari kerja.")] = None,
    hours: Annotated[int | None, typer.Option(min=0, help="Jam kerja.")] = None,
    rule: Annotated[str | None, typer.Option(help="profil:langkah[:klasifikasi], misalnya sp4n:verifikasi.")] = None,
    known_at: Annotated[str | None, typer.Option(help="Kalender sebagaimana diketahui pada tanggal ini.")] = None,
    opd: Annotated[str | None, typer.Option(help="OPD dengan jam layanan sendiri.")] = None,
    end: Annotated[Literal["jam_sama", "tutup_kantor"] | None, typer.Option(help="Tanpa ini: menurut paket.")] = None,
) -> None:
    """Kapan jatuh tempo, dan mengapa."""
    from layers.duewords import answered
    from layers.settings import from_environment

    city = from_environment().city
    typer.echo(answered(city, moment, days=days, hours=hours, rule=rule, known_at=known_at, opd=opd, end=end))


@app.command()
def doctor() -> None:
    """Periksa apa yang terpasang, terjangkau, basi, atau kurang."""
    from connectors.doctor import examine
    from layers.settings import from_environment

    findings = examine(from_environment())
    for finding in findings:
        typer.echo(finding.line)
    raise typer.Exit(int(any(finding.bad for finding in findings)))


@sources_app.command("list")
def sources_list() -> None:
    """Setiap sumber dengan keadaannya."""
    from connectors.doctor import list_sources
    from layers.settings import from_environment

    typer.echo(list_sources(from_environment()))


@sources_app.command("check")
def sources_check(name: str) -> None:
    """Coba satu sumber tanpa menyimpan apa pun."""
    from connectors.doctor import check_source
    from layers.settings import from_environment

    text, good = check_source(from_environment(), name)
    typer.echo(text)
    raise typer.Exit(0 if good else 1)


@sources_app.command("sample")
def sources_sample(connector: str) -> None:
    """Contoh deklarasi dan baris sebuah konektor."""
    from connectors.doctor import sample

    typer.echo(sample(connector))


@sources_app.command("replay")
def sources_replay(name: str) -> None:
    """Proses ulang baris karantina sebuah sumber, setelah perbaikan."""
    from connectors.doctor import replay_source
    from layers.settings import from_environment

    typer.echo(replay_source(from_environment(), name))


@sources_app.command("open")
def sources_open(file: Path, target: Path) -> None:
    """Buka berkas tersandi dari arsip inbox ke berkas lain yang hanya dapat dibaca pemiliknya."""
    from connectors.inbox import open_archived
    from layers.settings import from_environment

    open_archived(file, target, from_environment().secret)
    typer.echo(f"{target}: hapus lagi setelah dipakai, isinya mungkin data pribadi.")


@areas_app.command("import")
def areas_import(file: Path) -> None:
    """Pasang batas wilayah dari GeoJSON, TopoJSON, GeoPackage, Shapefile (zip), atau SQL wilayah_boundaries."""
    from layers.boundaries import import_boundaries
    from layers.settings import from_environment

    settings = from_environment()
    report = import_boundaries(file, settings.city, settings.data)
    typer.echo("\n".join(report.lines))
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def adopt(
    code: Annotated[str, typer.Argument(help="Kode kabupaten atau kota, misalnya 32.15.")],
    tables: Annotated[str | None, typer.Option(help="Tabel kode dan nama: berkas atau URL (CSV, SQL wilayah).")] = None,
    boundaries: Annotated[str | None, typer.Option(help="Batas kelurahan/desa: berkas atau URL.")] = None,
    population: Annotated[str | None, typer.Option(help="Tabel penduduk: berkas atau URL.")] = None,
    population_year: Annotated[int | None, typer.Option(help="Tahun angka penduduk, bila tabelnya tidak menyebut.")] = None,
    force: Annotated[bool, typer.Option(help="Timpa juga berkas yang sudah disunting.")] = False,
) -> None:
    """Buat paket sebuah kabupaten atau kota dari tabel umum kode dan batas."""
    from connectors.adopt import Wanted, adopt_city
    from layers.settings import packs_folder

    wanted = Wanted(code=code, tables=tables, boundaries=boundaries, population=population, population_year=population_year)
    made = adopt_city(wanted, packs_folder(), force=force)
    typer.echo("\n".join(made.lines))
    raise typer.Exit(0 if made.ok else 1)


@app.command("static")
def static_files(folder: Path) -> None:
    """Tulis skrip, gaya, dan huruf rilis ini ke folder, agar proksi melayaninya sendiri."""
    from dashboard.static import write_files
    from layers.settings import data_folder

    typer.echo(f"{len(write_files(folder, data_folder()))} berkas ditulis ke {folder}.")


@brief_app.command("show")
def brief_show(opd: Annotated[str | None, typer.Option(help="Ringkasan pekan sebuah OPD.")] = None) -> None:
    """Ringkasan terakhir sebagai teks; bila belum ada yang dibuat, dari angka saat ini."""
    from connectors.briefing import show
    from layers.settings import from_environment

    typer.echo(show(from_environment(), opd))


@brief_app.command("send")
def brief_send(opd: Annotated[str | None, typer.Option(help="Ringkasan pekan sebuah OPD.")] = None) -> None:
    """Kirim ringkasan terakhir sekarang juga ke tujuan pesan paket kota."""
    from connectors.briefing import send
    from layers.settings import from_environment

    text, good = send(from_environment(), opd)
    typer.echo(text)
    raise typer.Exit(0 if good else 1)


@person_app.command("find")
def person_find() -> None:
    """Cari data seorang warga menurut NIK, telepon, atau surel; yang dicari diminta, tidak pernah di baris perintah."""
    from layers.erasure import ask, find_and_say
    from layers.settings import from_environment

    typer.echo(find_and_say(from_environment(), ask(_secretly)))


@person_app.command("erase")
def person_erase() -> None:
    """Hapus data seorang warga dari semua versi, karantina, dan inbox; jumlah kasus tetap."""
    from layers.erasure import ask, erase_and_say, find_and_say
    from layers.settings import from_environment

    settings = from_environment()
    who = ask(_secretly)
    typer.echo(find_and_say(settings, who))
    typer.confirm("Hapus untuk selamanya?", abort=True)
    typer.echo(erase_and_say(settings, who))


@notify_app.command("list")
def notify_list() -> None:
    """Tujuan pesan alarm dengan keadaannya."""
    from connectors.notify import listing
    from layers.settings import from_environment

    typer.echo(listing(from_environment()))


@notify_app.command("test")
def notify_test(name: str) -> None:
    """Kirim pesan uji ke satu tujuan."""
    from connectors.notify import try_target
    from layers.settings import from_environment

    text, good = try_target(from_environment(), name)
    typer.echo(text)
    raise typer.Exit(0 if good else 1)


@reportcommands.report_app.command("send")
def report_send(
    name: str,
    to: Annotated[list[str] | None, typer.Option(help="Hanya untuk akun ini; tanpa ini: semua penerimanya.")] = None,
) -> None:
    """Susun dan kirim sebuah laporan sekarang juga, dengan hak setiap penerimanya."""
    from connectors.notify import deliver
    from dashboard.reports import put_now
    from layers.settings import from_environment

    settings = from_environment()
    text, good = deliver(settings, put_now(settings, name, to or [], peoplecommands.CONSOLE.user))
    typer.echo(text)
    raise typer.Exit(0 if good else 1)


def _secretly(question: str) -> str:
    return str(typer.prompt(question, hide_input=True))


THRIFT = {"ARROW_DEFAULT_MEMORY_POOL": "system", "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}
"""Arrow and Polars give memory back at once instead of keeping it for later; read when they are loaded, so set before."""


def main() -> None:
    """Run the command line; a mistake in settings or files is one plain line, not a traceback."""
    for name, value in THRIFT.items():
        os.environ.setdefault(name, value)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a turn that comes while the last is under way is no news
    try:
        app()
    except (ValueError, PermissionError, FileNotFoundError) as error:
        typer.echo(f"Tidak bisa: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
