"""Asking a JSON service: its token or login, where things stand in its answers, and how it says that it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.answer import Answer
from connectors.declared.derived import Name
from connectors.fields import digest
from connectors.http import Http
from connectors.source import AskForAccess, Config, FormChanged, SlowDown, TryLater
from layers import privacy

Url = Annotated[str, Field(pattern=r"^https?://")]


def _query(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"bukan JMESPath yang sah: {text[:60]!r}") from error
    return text


Query = Annotated[str, AfterValidator(_query)]
"""Where something stands in an answer, as JMESPath."""


def found(query: str, document: Any) -> Any:
    """What stands there; raises :class:`FormChanged` where the answer is of another form."""
    try:
        return jmespath.search(query, document)
    except (JMESPathError, RecursionError) as error:
        raise FormChanged(f"jawaban tidak dapat dibaca dengan {query!r}") from error


class Login(Config):
    """A question that gives a token: ``body`` is posted as JSON (or as a form), ``token`` says where it stands."""

    url: Url
    body: Mapping[str, SecretStr]
    form: bool = False
    token: Query = "token"  # noqa: S105 - where it stands, not what it is


class Auth(Config):
    """How to be let in: a ``token`` that was issued, or a ``login``; sent in ``header`` after the word ``scheme``."""

    token: SecretStr | None = None
    login: Login | None = None
    header: Name = "Authorization"
    scheme: str = "Bearer"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.token is not None and self.login is not None:
            raise ValueError("nyatakan token atau login, salah satu saja")
        return self


class Fault(Config):
    """How an answer with status 200 says that it is none: ``text`` finds its message, and nothing in a good answer.

    A message with one of the words ``empty`` means that there are no rows, ``auth`` that the access has to be
    mended, ``wait`` that it asks for a pause; any other that the service is unwell.
    """

    text: Query
    empty: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()
    wait: tuple[str, ...] = ()

    def judge(self, document: Any) -> bool:
        """Whether the answer says that there are no rows; raises for the other messages."""
        message = found(self.text, document)
        if not message:
            return False
        said = str(message).casefold()
        if any(word.casefold() in said for word in self.empty):
            return True
        shown = privacy.mask(" ".join(str(message).split()))[:120]
        if any(word.casefold() in said for word in self.auth):
            raise AskForAccess(f"sumber menolak akses: {shown}")
        if any(word.casefold() in said for word in self.wait):
            raise SlowDown(f"sumber meminta jeda: {shown}")
        raise TryLater(f"sumber menjawab galat: {shown}")


_tokens: dict[str, str] = {}
"""Tokens that logins gave in this process, by the fingerprint of the login: one login serves many runs."""


class Service:
    """A service as its configuration says how to ask it; a token that is no longer believed is asked for anew, once."""

    def __init__(self, http: Http, auth: Auth, headers: Mapping[str, str], fault: Fault | None = None) -> None:
        self._http = http
        self._auth = auth
        self._fault = fault
        self._headers = dict(headers)

    def get(self, url: str, params: Mapping[str, Any]) -> Answer:
        return self._let_in(lambda headers: self._heard(self._http.get(url, params=params, headers=headers)))

    def post(self, url: str, body: Mapping[str, Any]) -> Answer:
        return self._let_in(lambda headers: self._heard(self._http.post(url, json=body, headers=headers)))

    def save(self, url: str, path: Path) -> Answer:
        return self._let_in(lambda headers: _data(self._http.save(url, path, headers=headers)))

    def _heard(self, answer: Answer) -> Answer:
        """An answer with data. Where tokens end, one that says so with status 200 is judged here: see :meth:`_let_in`."""
        if self._auth.login is not None and self._fault is not None and _data(answer).body.strip():
            self._fault.judge(answer.json())
        return _data(answer)

    def _let_in(self, ask: Callable[[Mapping[str, str]], Answer]) -> Answer:
        login = self._auth.login
        if login is None:
            issued = self._auth.token
            return ask(self._headers if issued is None else self._headers | self._bearing(issued.get_secret_value()))
        mark = digest(login.url, sorted((name, value.get_secret_value()) for name, value in login.body.items()))
        known = _tokens.get(mark)
        if known is not None:
            try:
                return ask(self._headers | self._bearing(known))
            except AskForAccess:
                _tokens.pop(mark, None)
        token = self._login(login)
        answer = ask(self._headers | self._bearing(token))
        _tokens[mark] = token
        return answer

    def _bearing(self, token: str) -> dict[str, str]:
        return {self._auth.header: f"{self._auth.scheme} {token}".strip()}

    def _login(self, login: Login) -> str:
        body = {name: value.get_secret_value() for name, value in login.body.items()}
        answer = self._http.post(login.url, data=body) if login.form else self._http.post(login.url, json=body)
        token = found(login.token, answer.json())
        if not isinstance(token, str) or not token:
            raise AskForAccess(f"login tidak memberi token di {login.token!r}: {answer.url}")
        return token


def _data(answer: Answer) -> Answer:
    answer.need_data()
    return answer
