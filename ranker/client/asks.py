"""Asks: what a request is, how it is written, and what a list is that comes in pages."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from ranker.client.replies import Reply

T = TypeVar("T")
Page = TypeVar("Page")
JSON_TYPE = "application/json"
NDJSON_TYPE = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = JSON_TYPE

    def arguments(self, timeout: float | None) -> dict[str, Any]:
        """What httpx takes.

        Parameters
        ----------
        timeout : seconds; an answer that is to wait may take as much longer.
        """
        headers = {} if self.body is None else {"Content-Type": self.content_type}
        patient = None if timeout is None else timeout + float(self.params.get("wait", 0))
        return {
            "method": self.method, "url": self.path, "params": dict(self.params), "content": self.body, "headers": headers,
            "timeout": httpx.Timeout(timeout, read=patient),
        }  # fmt: skip


Talk = Generator[Ask, Reply, T]
"""A talk with the service: yields a request, is sent the reply or thrown the error, and at last returns what came of it.

It knows nothing of how requests are sent, so that one that waits and one that does not can both conduct it.
"""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Page, T]):
    """A list that comes in pages.

    Parameters
    ----------
    after : what to give with the request for the page after one; None after the last.
    """

    first: Ask
    kind: type[Page]
    items: Callable[[Page], Sequence[T]]
    after: Callable[[Page], Mapping[str, str] | None]

    def next(self, page: Page) -> Ask | None:
        """The request for the page after one."""
        more = self.after(page)
        return None if more is None else replace(self.first, params={**self.first.params, **more})


def get(path: str, **values: object) -> Ask:
    """A request that reads, with parameters as `wire_params` has them."""
    return Ask("GET", path, wire_params(values))


def post(path: str, body: Mapping[str, object], **values: object) -> Ask:
    """A request with a JSON body, without those of its fields that are None."""
    fields = {camel(name): value for name, value in body.items() if value is not None}
    return Ask("POST", path, wire_params(values), msgspec.json.encode(fields))


def asking(ask: Ask, kind: type[T]) -> Talk[T]:
    """One request and its answer."""
    return (yield ask).read(kind)


def place(*parts: str) -> str:
    """A path whose parts are ids and names, whatever stands in them.

    Raises
    ------
    ValueError : if one is empty: the path would lead elsewhere.
    """
    if not all(parts):
        raise ValueError("an id is empty")
    return "/" + "/".join(quote(part, safe="").replace(".", "%2E") for part in ("v1", *parts))  # `..` would lead up


def wire_params(values: Mapping[str, object]) -> dict[str, str]:
    """Parameters as they stand in an address; those that are None are left out."""
    return {camel(name): _text(name, value) for name, value in values.items() if value is not None}


def camel(name: str) -> str:
    """A name as it is on the wire."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name}: {value} has no time zone")
        return value.isoformat()
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{weight}" for key, weight in value.items())
    return str(value)
