"""A provider of OpenID Connect for the tests: Authlib's server side over real HTTP, with faults to switch on.

Whoever is ``user`` has signed in there and consents at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import uvicorn
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, UserInfo
from authlib.oidc.core.grants import OpenIDCode
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT, CLIENT_SECRET = "liveroom", "rahasia klien & titik:dua"
"""A secret with signs that have to be encoded on the way."""


class Client(ClientMixin):
    def __init__(self, redirect: str) -> None:
        self._redirect = redirect

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self._redirect

    def check_client_secret(self, client_secret: str) -> bool:
        return unquote(client_secret) == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Code(AuthorizationCodeMixin, dict):  # type: ignore[type-arg]
    def get_redirect_uri(self) -> str:
        return str(self["redirect_uri"])

    def get_scope(self) -> str:
        return str(self["scope"])

    def get_nonce(self) -> str:
        return str(self["nonce"])

    def get_auth_time(self) -> int:
        return int(self["at"])

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None

    @property
    def code_challenge(self) -> str | None:
        return self.get("code_challenge")

    @property
    def code_challenge_method(self) -> str | None:
        return self.get("code_challenge_method")


class Asked(OAuth2Request):
    """A Starlette request in Authlib's words."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.method, str(request.url), headers=request.headers)
        self._form = dict(parse_qsl(body.decode()))
        self.payload = BasicOAuth2Payload({**dict(request.query_params), **self._form})
        self._query = dict(request.query_params)

    @property
    def args(self) -> dict[str, str]:
        return self._query

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):
    def __init__(self, client: Client, tokens: dict[str, Any]) -> None:
        super().__init__()
        self._client, self._tokens = client, tokens
        self.register_token_generator("default", BearerTokenGenerator(lambda **_: f"akses-{time.monotonic_ns()}"))

    def query_client(self, client_id: str) -> Client | None:
        return self._client if client_id == CLIENT else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        self._tokens[token["access_token"]] = request.user

    def create_oauth2_request(self, request: Asked) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        return JSONResponse(body, status, dict(headers)) if isinstance(body, dict) else Response(body, status, dict(headers))

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""


class Provider:
    """The provider, once ``issuer`` is where it listens. ``faults``: ``nonce``, ``audience``, ``issuer``, ``key``, ``late``."""

    def __init__(self, redirect: str) -> None:
        self.user: dict[str, Any] = {"sub": "u-1", "preferred_username": "Siti", "groups": ["dlh-kepala"]}
        self.groups_in = "token"
        self.faults: set[str] = set()
        self.issuer = ""
        self.asked: list[str] = []
        self._keys = KeySet([RSAKey.generate_key(2048, {"kid": "satu"})])
        self._foreign = KeySet([RSAKey.generate_key(2048, {"kid": "satu"})])
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, Any] = {}
        self._server = Server(Client(redirect), self._tokens)
        self._register()

    def _register(self) -> None:
        provider = self

        class Grant(AuthorizationCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012 - as Authlib declares it

            def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
                kept = {k: request.payload.data.get(k) for k in ("nonce", "code_challenge", "code_challenge_method")}
                provider._codes[code] = Code(
                    **kept,
                    code=code,
                    redirect_uri=request.payload.redirect_uri,
                    scope=request.payload.scope,
                    at=int(time.time()),
                    user=request.user,
                )

            def query_authorization_code(self, code: str, client: Client) -> Code | None:
                return provider._codes.get(code)

            def delete_authorization_code(self, authorization_code: Code) -> None:
                del provider._codes[authorization_code["code"]]

            def authenticate_user(self, authorization_code: Code) -> dict[str, Any]:
                return dict(authorization_code["user"])

        class IdToken(OpenIDCode):
            def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
                return any(code["nonce"] == nonce for code in provider._codes.values())

            def resolve_client_private_key(self, client: Client) -> KeySet:
                return provider._foreign if "key" in provider.faults else provider._keys

            def get_client_claims(self, client: Client) -> dict[str, Any]:
                now = int(time.time())
                claims: dict[str, Any] = {"iss": provider.issuer, "aud": [CLIENT]}
                wrong = {
                    "issuer": {"iss": "https://lain.example"},
                    "audience": {"aud": ["lain"]},
                    "late": {"iat": now - 7200, "exp": now - 3600},
                }
                for fault in provider.faults & set(wrong):
                    claims |= wrong[fault]
                return claims

            def get_authorization_code_claims(self, authorization_code: AuthorizationCodeMixin) -> dict[str, Any]:
                claims = super().get_authorization_code_claims(authorization_code)
                return claims | ({"nonce": "lain"} if "nonce" in provider.faults else {})

            def generate_user_info(self, user: dict[str, Any], scope: str) -> UserInfo:
                shown = user if provider.groups_in == "token" else {k: v for k, v in user.items() if k != "groups"}
                return UserInfo(shown)

        self._server.register_grant(Grant, [IdToken(require_nonce=True), CodeChallenge(required=True)])

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self._configuration),
            Route("/jwks", self._jwks),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/userinfo", self._userinfo),
        ]

    async def _configuration(self, _request: Request) -> Response:
        at = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in ENDPOINTS.items()}
        return JSONResponse({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **at})

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(self._keys.as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        asked = Asked(request, b"")
        self.asked.append(str(request.url))
        grant = self._server.get_consent_grant(asked, end_user=self.user)
        answer: Response = self._server.create_authorization_response(asked, grant_user=self.user, grant=grant)
        return answer

    async def _token(self, request: Request) -> Response:
        answer: Response = self._server.create_token_response(Asked(request, await request.body()))
        return answer

    async def _userinfo(self, request: Request) -> Response:
        user = self._tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return JSONResponse(user) if user else JSONResponse({"error": "invalid_token"}, 401)


ENDPOINTS = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}


@contextlib.contextmanager
def provided(redirect: str) -> Iterator[Provider]:
    """A provider on a free port of this machine, that knows one client with one address to come back to."""
    provider = Provider(redirect)
    config = uvicorn.Config(Starlette(routes=provider.routes()), host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    provider.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
