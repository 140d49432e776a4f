"""Keys: who calls, and what a caller may do."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.datastructures import Headers
from starlette.types import Scope

from ranker.apps.service.problems import Problem
from ranker.settings import ServiceSettings

Role = Literal["read", "write", "admin"]
ROLES: tuple[Role, ...] = ("read", "write", "admin")  # each may do what those before it may
OPEN_PATHS = frozenset({"/", "/healthz", "/readyz", "/docs", "/openapi.json", "/favicon.ico"})  # hold nothing that is secret
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
    """

    name: str
    role: Role
    id: str


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
        if given is None:
            raise _unauthorised("Send a key: Authorization: Bearer KEY, or X-API-Key: KEY.")
        hashed, found = hashed_key(given), None
        for name, known, role in self._known:  # all of them, so that the time tells nothing
            if hmac.compare_digest(hashed, known):
                found = Caller(name, role, f"key {name}")
        if found is None:
            raise _unauthorised("The key is none of ours.")
        return found


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
    if method in {"GET", "HEAD", "OPTIONS"} or path in _READING_POSTS:
        return "read"
    return "admin" if path.startswith("/v1/corrections") else "write"


_READING_POSTS = frozenset({"/v1/related", "/v1/rank"})
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
