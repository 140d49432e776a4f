"""Keys: who calls, and what a caller may do."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from ranker.apps.service.problems import Problem
from ranker.settings import ServiceSettings

Role = Literal["read", "write", "admin"]
ROLES: tuple[Role, ...] = ("read", "write", "admin")  # each may do what those before it may
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json", "/favicon.ico"})  # hold nothing that is secret
COOKIE = "ranker_key"  # holds the key of a browser that signed in
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY_BYTES = 32  # of chance; a hash without salt is enough for what cannot be guessed
_PREFIX = "sha256:"
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls.

    Parameters
    ----------
    name : of the key; empty for one without.
    id : what requests are counted by: the key's name or the address.
    by_cookie : whether a browser that signed in sent the key along.
    """

    name: str
    role: Role
    id: str
    by_cookie: bool = False


def new_key(name: str, role: Role) -> tuple[str, str]:
    """A key that nobody guesses, and the line that makes the settings know it."""
    key = secrets.token_urlsafe(_KEY_BYTES)
    return key, f'service: {{keys: {{{json.dumps(name)}: {{hash: "{hashed_key(key)}", role: {role}}}}}}}'


def hashed_key(key: str) -> str:
    """What the settings hold of a key."""
    return _PREFIX + hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Keys:
    """The keys of the settings. Without any, whoever is on this machine may do everything, if the settings say so."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._known = [(name, each.hash.lower(), each.role) for name, each in settings.keys.items()]
        self._open = settings.open_on_loopback

    def caller(self, scope: Scope, headers: Headers) -> Caller:
        """Who sent a request.

        A browser's cookie counts as a key.

        Raises
        ------
        Problem : 401 or 403, if nobody who may.
        """
        address = (scope.get("client") or ("", 0))[0]
        if not self._known:
            if self._open and _is_loopback(address) and _local_host(headers.get("host", "")):
                return Caller("", "admin", address)
            raise Problem(403, "Only callers on this machine", "The service has no keys, so it answers on the loopback address alone.")
        given = _given_key(headers)
        by_cookie = given is None
        if by_cookie:
            given = cookie_key(headers)
        if given is None:
            raise _unauthorised("Send a key: Authorization: Bearer KEY, or X-API-Key: KEY.")
        found = self.named(given)
        if found is None:
            raise _unauthorised("The key is none of ours.")
        return replace(found, by_cookie=by_cookie)

    def named(self, key: str) -> Caller | None:
        """Whose key this is; None if it is none of ours."""
        hashed, found = hashed_key(key), None
        for name, known, role in self._known:  # all of them, so that the time tells nothing
            if hmac.compare_digest(hashed, known):
                found = Caller(name, role, f"key {name}")
        return found


def check_origin(caller: Caller, method: str, path: str, headers: Headers) -> None:
    """Refuse a change that a browser sends with its cookie and that no page of this service asked for.

    Raises
    ------
    Problem : 403.
    """
    if caller.by_cookie and method not in _SAFE_METHODS and path not in _KEPT_NOWHERE and not from_own_page(headers):
        raise Problem(403, "Not from a page of this service", "A browser that is signed in may change things from its pages alone.")


def check_role(caller: Caller, wanted: Role) -> None:
    """Refuse a caller who may not do what a role may.

    Raises
    ------
    Problem : 403.
    """
    if ROLES.index(caller.role) < ROLES.index(wanted):
        raise Problem(403, "The key may not do this", f"It takes a key of the role {wanted}; this one has {caller.role}.")


def wanted_role(method: str, path: str) -> Role:
    """What a request takes: reading for what changes nothing, writing for articles, admin for what an editor says."""
    if method in _SAFE_METHODS or path in _READING_POSTS:
        return "read"
    return "admin" if path.startswith("/v1/corrections") else "write"


def key_cookie(key: str) -> str:
    """A key as the value of a cookie, whatever letters it is made of."""
    return base64.urlsafe_b64encode(key.encode("utf-8", "surrogateescape")).decode().rstrip("=")


def cookie_key(headers: Headers) -> str | None:
    """The key in a browser's cookie; None without one, or if it holds none."""
    value = cookie_parser(headers.get("cookie", "")).get(COOKIE)
    if not value:
        return None
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return None


def from_own_page(headers: Headers) -> bool:
    """Whether a browser says that a request comes from a page of this service: a page elsewhere may send one, too, with the cookie."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "")  # browsers leave `Sec-Fetch-Site` out where the address is neither https nor this machine's
    return origin.partition("://")[2].lower() == headers.get("host", "").lower() != ""


_KEPT_NOWHERE = frozenset({"/related"})  # a form: of one without a script a browser may not say where it comes from
_READING_POSTS = frozenset({"/v1/related", "/v1/rank"}) | _KEPT_NOWHERE
SECURITY_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of the settings, `service.keys`."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in a header of its own."},
}


def _given_key(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key") or None


def _unauthorised(detail: str) -> Problem:
    return Problem(401, "A key is needed", detail, headers={"WWW-Authenticate": 'Bearer realm="ranker"'})


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _local_host(host: str) -> bool:
    """Whether the address in the browser is this machine's: a page elsewhere may have its name lead here (DNS rebinding)."""
    name, _, port = host.rpartition(":")
    return (name if port.isdecimal() and name else host).lower() in _LOCAL_HOSTS
