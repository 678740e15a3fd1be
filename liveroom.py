"""The front door: one command line; every command hands over to the room that does the work."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from layers import clock
from layers.model import Role, Scope

if TYPE_CHECKING:
    from layers.accounts import Accounts

CONSOLE = Scope(user="konsol", role=Role.ADMIN)
"""Who sits at the machine itself; the audit names them so."""

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Live Room, ruang kendali kota.", pretty_exceptions_enable=False
)
sources_app = typer.Typer(no_args_is_help=True, help="Sumber data: daftar, periksa, contoh, putar ulang karantina.")
areas_app = typer.Typer(no_args_is_help=True, help="Wilayah dan batasnya.")
user_app = typer.Typer(no_args_is_help=True, help="Akun orang.")
screen_app = typer.Typer(no_args_is_help=True, help="Layar dinding.")
token_app = typer.Typer(no_args_is_help=True, help="Token untuk program: buat, daftar, cabut.")
brief_app = typer.Typer(no_args_is_help=True, help="Ringkasan pagi: lihat, kirim.")
person_app = typer.Typer(no_args_is_help=True, help="Data pribadi seorang warga: cari, hapus.")
notify_app = typer.Typer(no_args_is_help=True, help="Pesan alarm: tujuan, uji kirim.")
demo_app = typer.Typer(no_args_is_help=True, help="Gangguan pada kota simulasi.")
for name, group in (
    ("sources", sources_app),
    ("areas", areas_app),
    ("user", user_app),
    ("screen", screen_app),
    ("token", token_app),
    ("brief", brief_app),
    ("person", person_app),
    ("notify", notify_app),
    ("demo", demo_app),
):
    app.add_typer(group, name=name)


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
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Sumber yang ditarik bersamaan.")] = 8,
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


@user_app.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="leader, opd, bidang, camat, lurah, analyst, operator, admin")],
    opd: Annotated[list[str] | None, typer.Option(help="OPD yang boleh dilihat; tanpa ini: semua.")] = None,
    area: Annotated[list[str] | None, typer.Option(help="Kode wilayah yang boleh dilihat; tanpa ini: semua.")] = None,
    kategori: Annotated[list[str] | None, typer.Option(help="Kategori aduan yang boleh dilihat; tanpa ini: semua.")] = None,
) -> None:
    """Buat akun; kata sandi diminta, tidak pernah di baris perintah."""
    from layers.people import People
    from layers.settings import from_environment

    settings = from_environment()
    settings.city.check(opd or [], area or [])
    password = typer.prompt("Kata sandi", hide_input=True, confirmation_prompt=True)
    people = People.of(settings)
    people.add_user(name, password, role, opds=opd, areas=area, categories=kategori)
    people.audit(CONSOLE.user, "akun dibuat", {"akun": name, "peran": role}, clock.now())
    typer.echo(f"Akun {name} ({role}) dibuat.")


@user_app.command("list")
def user_list() -> None:
    """Akun yang ada: peran, kode kedua, sesi, dan penundaan setelah gagal masuk."""
    from layers.accounts import listing

    typer.echo(listing(_accounts().all(CONSOLE, clock.now())))


@user_app.command("password")
def user_password(name: str) -> None:
    """Atur ulang kata sandi sebuah akun; sesinya berakhir."""
    password = typer.prompt("Kata sandi baru", hide_input=True, confirmation_prompt=True)
    _accounts().reset_password(CONSOLE, name, password, clock.now())
    typer.echo(f"Kata sandi {name} diganti.")


@user_app.command("remove")
def user_remove(name: str) -> None:
    """Hapus sebuah akun dengan sesi dan kodenya."""
    _accounts().remove(CONSOLE, name, clock.now())
    typer.echo(f"Akun {name} dihapus.")


@user_app.command("unlock")
def user_unlock(name: str) -> None:
    """Hapus penundaan setelah gagal masuk."""
    _accounts().unlock(CONSOLE, name, clock.now())
    typer.echo(f"{name} boleh mencoba lagi.")


def _accounts() -> Accounts:
    from layers.accounts import Accounts
    from layers.people import People
    from layers.settings import from_environment

    return Accounts(People.of(from_environment()))


@app.command()
def audit(
    akun: Annotated[str | None, typer.Option(help="Hanya akun ini.")] = None,
    apa: Annotated[str | None, typer.Option(help="Hanya kejadian ini, misalnya masuk.")] = None,
    banyak: Annotated[int, typer.Option(min=1, max=10_000, help="Sekian catatan terakhir.")] = 50,
) -> None:
    """Catatan audit, yang terbaru dahulu."""
    from layers.auditlog import plain, read_audit
    from layers.people import People
    from layers.settings import from_environment

    found = read_audit(CONSOLE, People.of(from_environment()), who=akun, what=apa, most=banyak)
    typer.echo("\n".join(map(plain, found.lines)) or "Tidak ada catatan.")


@app.command("static")
def static_files(folder: Path) -> None:
    """Tulis skrip, gaya, dan huruf rilis ini ke folder, agar proksi melayaninya sendiri."""
    from dashboard.static import write_files
    from layers.settings import data_folder

    typer.echo(f"{len(write_files(folder, data_folder()))} berkas ditulis ke {folder}.")


@screen_app.command("add")
def screen_add(
    name: str,
    inci: Annotated[float | None, typer.Option(help="Diagonal layar dalam inci.")] = None,
    jarak: Annotated[float | None, typer.Option(help="Meter ke orang yang terjauh.")] = None,
    piksel: Annotated[str | None, typer.Option(help="Lebar x tinggi, bila bukan 16:9: 5760x2160.")] = None,
) -> None:
    """Daftarkan layar; alamatnya hanya ditampilkan sekali."""
    from dataclasses import asdict

    from layers.people import People
    from layers.screens import SPARSE, Panel
    from layers.settings import from_environment

    if (inci is None) != (jarak is None):
        raise ValueError("--inci dan --jarak diberikan bersama")
    panel = None if inci is None else Panel.read(f"{inci}", f"{jarak}", piksel)
    settings = from_environment()
    token = People.of(settings).add_screen(name, panel=asdict(panel) if panel else None)
    typer.echo(f"{settings.address}/layar/{token}")
    if panel and panel.units > SPARSE:
        typer.echo(f"Layar {panel.inches:g} inci hanya terbaca sampai {panel.farthest:.1f} m.", err=True)


@screen_app.command("revoke")
def screen_revoke(name: str) -> None:
    """Cabut sebuah layar."""
    from layers.people import People
    from layers.settings import from_environment

    People.of(from_environment()).revoke_screen(name)
    typer.echo(f"Layar {name} dicabut.")


@token_app.command("add")
def token_add(
    name: str,
    role: Annotated[str, typer.Option(help="public, leader, opd, analyst, operator, admin")],
    opd: Annotated[list[str] | None, typer.Option(help="OPD yang boleh dibaca; tanpa ini: semua.")] = None,
    area: Annotated[list[str] | None, typer.Option(help="Kode wilayah yang boleh dibaca; tanpa ini: semua.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Berlaku sekian hari; tanpa ini: sampai dicabut.")] = None,
) -> None:
    """Buat token untuk program yang membaca REST API; hanya ditampilkan sekali."""
    from datetime import timedelta

    from layers import clock
    from layers.people import People
    from layers.settings import from_environment
    from layers.tokens import Tokens

    settings, now = from_environment(), clock.now()
    settings.city.check(opd or [], area or [])
    until = now + timedelta(days=days) if days else None
    typer.echo(Tokens(People.of(settings)).add(name, role, now, opds=opd, areas=area, until=until))


@token_app.command("list")
def token_list() -> None:
    """Token yang ada, dengan hak dan masa berlakunya."""
    from layers.people import People
    from layers.settings import from_environment
    from layers.tokens import Tokens, listing

    typer.echo(listing(Tokens(People.of(from_environment())).all()))


@token_app.command("revoke")
def token_revoke(name: str) -> None:
    """Cabut sebuah token."""
    from layers import clock
    from layers.people import People
    from layers.settings import from_environment
    from layers.tokens import Tokens

    Tokens(People.of(from_environment())).revoke(name, clock.now())
    typer.echo(f"Token {name} dicabut.")


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
