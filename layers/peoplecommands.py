"""Commands about who may enter: accounts, screens, programs' tokens, and the audit of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layers import clock
from layers.model import Role, Scope

if TYPE_CHECKING:
    from layers.accounts import Accounts

CONSOLE = Scope(user="konsol", role=Role.ADMIN)
"""Who sits at the machine itself; the audit names them so."""

user_app = typer.Typer(no_args_is_help=True, help="Akun orang.")
screen_app = typer.Typer(no_args_is_help=True, help="Layar dinding.")
token_app = typer.Typer(no_args_is_help=True, help="Token untuk program: buat, daftar, cabut.")


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
    role: Annotated[str, typer.Option(help="public, leader, opd, bidang, camat, lurah, analyst, operator, admin")],
    opd: Annotated[list[str] | None, typer.Option(help="OPD yang boleh dibaca; tanpa ini: semua.")] = None,
    area: Annotated[list[str] | None, typer.Option(help="Kode wilayah yang boleh dibaca; tanpa ini: semua.")] = None,
    kategori: Annotated[list[str] | None, typer.Option(help="Kategori aduan yang boleh dibaca; tanpa ini: semua.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Berlaku sekian hari; tanpa ini: sampai dicabut.")] = None,
) -> None:
    """Buat token untuk program yang membaca REST API; hanya ditampilkan sekali."""
    from datetime import timedelta

    from layers.people import People
    from layers.settings import from_environment
    from layers.tokens import Tokens

    settings, now = from_environment(), clock.now()
    settings.city.check(opd or [], area or [])
    until = now + timedelta(days=days) if days else None
    tokens = Tokens(People.of(settings))
    typer.echo(tokens.add(name, role, now, opds=opd, areas=area, categories=kategori, until=until))


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
    from layers.people import People
    from layers.settings import from_environment
    from layers.tokens import Tokens

    Tokens(People.of(from_environment())).revoke(name, clock.now())
    typer.echo(f"Token {name} dicabut.")
