"""Replies: an answer as it came, read as what was asked for or as the error that it tells."""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
import msgspec

from ranker.client.errors import KINDS, ClientError, Malformed, Problem

T = TypeVar("T")
_JSON = "json"
_ERRORS_FROM = 300
_SHOWN = 200  # characters of a foreign answer that an error repeats
_OWN = frozenset({"type", "title", "status", "detail", "instance"})


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def read(self, kind: type[T]) -> T:
        """What it tells.

        Raises
        ------
        Malformed : if it tells something else.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise Malformed("The answer is none of the service's", f"{error}: {self._start()}", status=self.status) from error

    def _start(self) -> str:
        return repr(self.body[:_SHOWN].decode("utf-8", "replace"))


def reply_of(response: httpx.Response) -> Reply:
    """An answer that is no error.

    Raises
    ------
    ClientError : that which the answer tells.
    """
    reply = Reply(response.status_code, response.content, response.headers)
    if reply.status >= _ERRORS_FROM:
        raise error_of(reply)
    return reply


def error_of(reply: Reply) -> ClientError:
    """The error that an answer tells; a proxy's, which is no problem document, as far as its status goes."""
    kind, told = KINDS.get(reply.status, Problem), _document(reply)
    if kind is Problem and (told is None or reply.status < _ERRORS_FROM):
        return Malformed("The answer is none of the service's", f"status {reply.status}", status=reply.status)
    document = told or {}
    return kind(
        str(document.get("title") or httpx.codes.get_reason_phrase(reply.status) or "No success"),
        str(document.get("detail") or "no problem document came with it"),
        status=reply.status,
        extensions={name: value for name, value in document.items() if name not in _OWN},
        retry_after=_seconds(reply.headers.get("retry-after")),
    )


def _document(reply: Reply) -> dict[str, Any] | None:
    if _JSON not in reply.headers.get("content-type", ""):
        return None
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _seconds(text: str | None) -> float | None:
    """What a `Retry-After` says: seconds, or a date."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(tz=UTC)).total_seconds())
