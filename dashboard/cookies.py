"""The cookies of the room, and a browser's name as its owner knows it."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dashboard.prefix import prefix_of

SESSION, SCREEN, STEP = "liveroom", "liveroom-layar", "liveroom-langkah"
"""Names of the cookies that let somebody in, before the prefix; no script can read them."""
NAME = "liveroom-nama"
"""The account's name for the navigation, which is drawn once for all with the same rights. It opens nothing; scripts read it."""

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari"}
SYSTEMS = {name: name for name in ("Android", "iPhone", "iPad", "Windows")} | {"Mac OS": "macOS", "Linux": "Linux"}
"""What a user agent says of itself, and the words for it; the first that fits."""


def https(request: Request) -> bool:
    return request.url.scheme == "https"


def cookie_name(name: str, request: Request) -> str:
    """Over https a cookie is bound to this host by its prefix."""
    if not https(request):
        return name
    return f"__Secure-{name}" if prefix_of(request) else f"__Host-{name}"  # the latter must have the path /


def cookie_path(request: Request) -> str:
    """The room's own part of the host."""
    return prefix_of(request) or "/"


def put_cookie(answer: Response, name: str, value: str, request: Request, age: int | None) -> None:
    """Set a cookie that no script can read, for ``age`` seconds or until the browser is closed."""
    answer.set_cookie(
        cookie_name(name, request),
        value,
        max_age=age,
        path=cookie_path(request),
        secure=https(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(answer: Response, name: str, request: Request) -> None:
    """Take it away again."""
    answer.delete_cookie(cookie_name(name, request), cookie_path(request), secure=https(request), httponly=True, samesite="lax")


def put_name(answer: Response, name: str, request: Request) -> None:
    """Let the navigation say who has signed in."""
    answer.set_cookie(NAME, quote(name, safe=""), path=cookie_path(request), secure=https(request), samesite="lax")


def drop_name(answer: Response, request: Request) -> None:
    """Nobody has signed in."""
    answer.delete_cookie(NAME, cookie_path(request), secure=https(request), samesite="lax")


def device_of(agent: str) -> str | None:
    """A browser in words that its owner knows it by, ``None`` where it is none; the rest of its name is not kept."""
    browser = next((words for mark, words in BROWSERS.items() if mark in agent), None)
    system = next((words for mark, words in SYSTEMS.items() if mark in agent), None)
    return f"{browser} · {system}" if browser and system else browser
