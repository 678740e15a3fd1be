"""Signing in at a provider of OpenID Connect: code flow with PKCE, state and nonce; ID tokens are checked by Authlib."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from layers.entry import LOOPBACK, Group, Provider

BACK = "/masuk/oidc/kembali"
"""Where the provider sends the browser: to be registered there, behind the room's address."""
SCOPES = "openid profile"
ALGORITHMS = ["RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA"]
"""Signatures of a key pair alone: a token cannot be made by who knows only what is public."""
TIMEOUT, LARGEST, BELIEVED = 5.0, 1 << 20, 3600.0
"""Seconds that one answer is waited for; bytes of the largest; seconds that the provider's own facts are believed."""
LEEWAY = 60
"""Seconds that the clocks may differ."""


class OidcError(Exception):
    """Nobody was signed in; the message says why in words for the person."""


AWAY = "Penyedia tidak dapat dihubungi. Coba lagi, atau masuk dengan nama dan kata sandi."
UNTRUE = "Jawaban penyedia tidak dapat dipercaya. Mulai lagi dari halaman masuk."
NO_RIGHTS = "Akun Anda dikenal, tetapi belum diberi peran di ruang kendali. Hubungi admin."
DENIED = "Penyedia tidak memberi izin. Mulai lagi dari halaman masuk."


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody for whom the provider vouches."""

    issuer: str
    subject: str
    name: str
    group: Group


class Oidc:
    """One provider; ``address`` is the room's own, as people type it."""

    def __init__(self, provider: Provider, address: str) -> None:
        self._provider, self._redirect = provider, address.rstrip("/") + BACK
        self._facts: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._at = -BELIEVED

    async def begin(self) -> tuple[str, dict[str, str]]:
        """The provider's address to send the browser to, and what must come back with it."""
        async with self._client() as http:
            facts = await self._discover(http)
        step = {name: generate_token(48) for name in ("state", "nonce", "verifier")}
        address = prepare_grant_uri(
            facts["authorization_endpoint"],
            client_id=self._provider.client_id,
            response_type="code",
            redirect_uri=self._redirect,
            scope=SCOPES,
            state=step["state"],
            nonce=step["nonce"],
            code_challenge=create_s256_code_challenge(step["verifier"]),
            code_challenge_method="S256",
        )
        return address, step

    async def finish(self, given: Mapping[str, str], step: Mapping[str, str]) -> Known:
        """Who came back, by what the provider answers to their code; :class:`OidcError` for anybody who cannot be believed."""
        if not hmac.compare_digest(given.get("state", "").encode(), step["state"].encode()):
            raise OidcError(UNTRUE)
        if given.get("iss", self._provider.issuer) != self._provider.issuer:  # RFC 9207
            raise OidcError(UNTRUE)
        if "error" in given or not given.get("code"):
            raise OidcError(DENIED)
        async with self._client() as http:
            facts = await self._discover(http)
            token = await self._token(http, facts, given["code"], step["verifier"])
            claims = await self._claims(http, facts, token, step["nonce"])
            if self._provider.groups_claim not in claims and "userinfo_endpoint" in facts:
                claims = {**await self._userinfo(http, facts, token, claims["sub"]), **claims}
        held = claims.get(self._provider.groups_claim) or ()
        group = self._provider.group([held] if isinstance(held, str) else held)
        name = claims.get(self._provider.name_claim)
        if group is None or not isinstance(name, str):
            raise OidcError(NO_RIGHTS)
        return Known(issuer=self._provider.issuer, subject=str(claims["sub"]), name=name, group=group)

    async def _token(self, http: httpx.AsyncClient, facts: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any]:
        """What the code is worth; a client with a secret proves itself as the provider wants it."""
        provider, auth = self._provider, None
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect, "code_verifier": verifier}
        if provider.client_secret is None:
            form["client_id"] = provider.client_id
        elif "client_secret_basic" in facts.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            secret = provider.client_secret.get_secret_value()
            auth = httpx.BasicAuth(quote(provider.client_id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret.get_secret_value()}
        return await self._json(http, "POST", facts["token_endpoint"], data=form, auth=auth)

    async def _claims(
        self, http: httpx.AsyncClient, facts: Mapping[str, Any], token: Mapping[str, Any], nonce: str
    ) -> dict[str, Any]:
        """The ID token's claims once signature, issuer, audience, times, nonce and the access token's hash are right."""
        client = self._provider.client_id
        options = {"iss": {"essential": True, "value": self._provider.issuer}, "aud": {"essential": True, "value": client}}
        params = {"nonce": nonce, "client_id": client, "access_token": token.get("access_token")}
        for again in (False, True):  # the provider may have changed its keys since
            keys = await self._key_set(http, facts, fresh=again)
            try:
                read = jwt.decode(str(token.get("id_token", "")), keys, algorithms=ALGORITHMS)
                claims = CodeIDToken(read.claims, read.header, options, params)
                claims.validate(leeway=LEEWAY)
            except (JoseError, AuthlibBaseError, ValueError) as error:
                if again:
                    raise OidcError(UNTRUE) from error
            else:
                return dict(claims)
        raise OidcError(UNTRUE)

    async def _userinfo(
        self, http: httpx.AsyncClient, facts: Mapping[str, Any], token: Mapping[str, Any], subject: str
    ) -> dict[str, Any]:
        told = await self._json(
            http, "GET", facts["userinfo_endpoint"], headers={"authorization": f"Bearer {token.get('access_token', '')}"}
        )
        if told.get("sub") != subject:
            raise OidcError(UNTRUE)
        return told

    async def _discover(self, http: httpx.AsyncClient) -> dict[str, Any]:
        """The provider's own facts; all its addresses must be as safe as its name."""
        if monotonic() - self._at < BELIEVED:
            return self._facts
        facts = await self._json(http, "GET", self._provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
        needed = [facts.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if facts.get("issuer") != self._provider.issuer or not all(map(_safe, needed)):
            raise OidcError(UNTRUE)
        self._facts, self._keys, self._at = facts, None, monotonic()
        return facts

    async def _key_set(self, http: httpx.AsyncClient, facts: Mapping[str, Any], *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            try:
                self._keys = KeySet.import_key_set(await self._json(http, "GET", facts["jwks_uri"]))  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError) as error:
                raise OidcError(UNTRUE) from error
        return self._keys

    async def _json(self, http: httpx.AsyncClient, method: str, address: str, **sent: Any) -> dict[str, Any]:
        """One bounded answer of the provider."""
        try:
            async with http.stream(method, address, headers=sent.pop("headers", None), **sent) as answer:
                answer.raise_for_status()
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > LARGEST:
                        raise OidcError(AWAY)
            told = httpx.Response(200, content=body).json()
        except (httpx.HTTPError, ValueError) as error:
            raise OidcError(AWAY) from error
        if not isinstance(told, dict):
            raise OidcError(UNTRUE)
        return told

    @staticmethod
    def _client() -> httpx.AsyncClient:
        """No redirects, no proxy and no certificates from the environment."""
        return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


def _safe(address: object) -> bool:
    parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
