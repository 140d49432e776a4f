"""Caching: answers that were made before, and the tags by which a caller asks whether his is still good."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

from fastapi import Request, Response

JSON = "application/json"
_TAG_BYTES = 12
_MOST_BYTES = 16_000_000  # of answers that are kept


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, and the tag that is the same for equal ones."""

    body: bytes
    tag: str


@dataclass(slots=True)
class Answers:
    """Answers by edition and question, as many as fit, the latest used last; and tags.

    Tags hold a part of chance: the editions of the next process have the same numbers and are others.
    """

    most_bytes: int = _MOST_BYTES
    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(_TAG_BYTES))
    _kept: OrderedDict[Hashable, Answer] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    def tag(self, *parts: object) -> str:
        """The tag of what such parts determine."""
        return _tag(hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=_TAG_BYTES, key=self._salt).hexdigest())

    def get(self, key: Hashable) -> Answer | None:
        """An answer that is kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, body: bytes, *, tag: str) -> Answer:
        """Keep an answer; the least used ones go when there is no room."""
        made = Answer(body, tag)
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += len(body) - (0 if before is None else len(before.body))
            self._kept[key] = made
            while self._bytes > self.most_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1].body)
        return made


def tag_of(body: bytes) -> str:
    """The tag of a body that no edition determines."""
    return _tag(hashlib.blake2b(body, digest_size=_TAG_BYTES).hexdigest())


def is_known(request: Request, tag: str) -> bool:
    """Whether the caller has what carries a tag, of something that exists: `*` names any."""
    return request.headers.get("if-none-match", "").strip() == "*" or has_tag(request, tag)


def has_tag(request: Request, tag: str) -> bool:
    """Whether the caller names this very tag, which he has from us: to be asked before it is known whether there is anything."""
    return tag in (part.strip() for part in request.headers.get("if-none-match", "").split(","))


def answered(request: Request, answer: Answer, media_type: str = JSON) -> Response:
    """The answer to a GET: the body, or that the caller has it already."""
    headers = {"ETag": answer.tag, "Cache-Control": cache_control(request)}
    if is_known(request, answer.tag):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, 200, headers, media_type)


def cache_control(request: Request) -> str:
    """May be kept and must be asked about each time; not by what several callers share where there are keys."""
    return "private, no-cache" if request.app.state.has_keys else "no-cache"


def unkept(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer that nobody may keep."""
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def _tag(digest: str) -> str:
    return f'W/"{digest}"'  # weak: the same answer may come compressed or not
