"""A client that is answered by a script, in this process, without any service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from ranker.client import Patience, RankerClient

BRISK = Patience(attempts=6, seconds=10.0, first_pause=0.001, longest_pause=0.01)
Played = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Script:
    """A transport that gives one answer after the other, and keeps what was asked; an exception is raised in place of an answer."""

    answers: list[Played]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def client(self, **options: Any) -> RankerClient:
        """A client that is answered so."""
        return RankerClient(transport=httpx.MockTransport(self), **({"patience": BRISK} | options))


def problem(status: int, title: str = "No", detail: str = "why", *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    """A problem document."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": "/", **more}
    return httpx.Response(status, json=told, headers={"content-type": "application/problem+json", **(headers or {})})
