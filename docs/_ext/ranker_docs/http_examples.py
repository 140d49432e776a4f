"""Examples of requests and answers: the service is started on the sample newsroom, asked, and stopped."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx

from ranker_docs.http_document import schemas

_SERVE = [
    sys.executable, "-c", "from ranker.apps.cli import main; main()", "serve", "--demo", "--encoder", "static", "--port", "0",
]  # fmt: skip
_READY_SECONDS, _STOP_SECONDS = 60, 30
logging.getLogger("httpx").setLevel(logging.WARNING)  # a colour scheme of the theme lets every library talk
_MOST_LINES = 30  # of an answer that is no JSON


@dataclass(frozen=True, slots=True)
class Example:
    """A request and the answer to it.

    Parameters
    ----------
    asked : method, address and body, as text.
    answer : its body; lists in it cut to their first item.
    """

    asked: str
    status: int
    answer: str
    language: str
    is_cut: bool


@cache
def examples() -> Mapping[tuple[str, str], Example]:
    """Method and path of an operation -> an example; none of the stream, which does not end."""
    with _service() as client:
        return dict(_asked(client))


@contextlib.contextmanager
def _service() -> Iterator[httpx.Client]:
    """A client of a service that is ready."""
    with subprocess.Popen(_SERVE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - a fixed command
        try:
            listening = re.search(r"listening on ([^\s,]+)", process.stdout.readline() if process.stdout is not None else "")
            if listening is None:
                raise RuntimeError("the service, asked for examples, does not start")
            with httpx.Client(base_url=listening[1], trust_env=False, timeout=_READY_SECONDS) as client:
                _wait_until_ready(client)
                yield client
        finally:
            process.terminate()
            process.communicate(timeout=_STOP_SECONDS)


def _wait_until_ready(client: httpx.Client) -> None:
    end = time.monotonic() + _READY_SECONDS
    while client.get("/readyz").status_code != httpx.codes.OK:
        if time.monotonic() > end:
            raise RuntimeError("the service, asked for examples, does not become ready")
        time.sleep(0.1)


def _asked(client: httpx.Client) -> Iterator[tuple[tuple[str, str], Example]]:
    """Every operation, asked once; what is taken in is removed at the end."""
    article = schemas()["Article"]["examples"][0]
    story = client.get("/v1/stories?minProviders=3&limit=1").json()["stories"][0]
    yield ("POST", "/v1/articles"), (taken := _ask(client, "POST", "/v1/articles?wait=10", [article, {"title": ""}]))
    known = json.loads(taken.answer)["items"][0]["id"]
    members = [member["id"] for member in story["articles"]]
    correction = {"action": "lead", "articles": [members[-1]], "by": "Ann", "why": "tells most"}
    yield ("POST", "/v1/corrections"), (corrected := _ask(client, "POST", "/v1/corrections?wait=10", correction))
    one, rule = f"/v1/stories/{story['id']}", f"/v1/corrections/{json.loads(corrected.answer)['id']}"
    text = {name: of["examples"][0] for name, of in schemas()["TextAsked"]["properties"].items() if name in {"title", "excerpt"}}
    for method, path, address, body in (
        ("GET", "/v1/stories", "/v1/stories?limit=1&minProviders=3&explain=true", None),
        ("GET", "/v1/stories/{id}", one, None),
        ("GET", "/v1/stories/{id}/explanation", f"{one}/explanation", None),
        ("GET", "/v1/stories/{id}/timeline", f"{one}/timeline", None),
        ("GET", "/v1/articles/{id}", f"/v1/articles/{known}", None),
        ("GET", "/v1/articles", f"/v1/articles?webUrl={quote(article['webUrl'], safe='')}", None),
        ("GET", "/v1/articles/{id}/related", f"/v1/articles/{members[0]}/related?limit=1", None),
        ("POST", "/v1/related", "/v1/related", text),
        ("POST", "/v1/rank", "/v1/rank", {"articles": [article], "asOf": "2026-03-11T18:00:00Z"}),
        ("GET", "/v1/changes", "/v1/changes?limit=1", None),
        ("GET", "/v1/corrections", "/v1/corrections", None),
        ("GET", "/v1/corrections/{id}", rule, None),
        ("DELETE", "/v1/corrections/{id}", rule, None),
        ("DELETE", "/v1/articles/{id}", f"/v1/articles/{known}", None),
        ("GET", "/v1/topics", "/v1/topics?limit=1", None),
        ("GET", "/v1/providers", "/v1/providers?limit=1", None),
        ("GET", "/feeds/stories.rss", "/feeds/stories.rss?limit=1", None),
        ("GET", "/feeds/stories.json", "/feeds/stories.json?limit=1", None),
        ("GET", "/healthz", "/healthz", None),
        ("GET", "/readyz", "/readyz", None),
        ("GET", "/metrics", "/metrics", None),
    ):
        yield (method, path), _ask(client, method, address, body)


def _ask(client: httpx.Client, method: str, address: str, body: object) -> Example:
    answer = client.request(method, address, json=body)
    if answer.is_error:
        raise RuntimeError(f"{method} {address}, asked for an example, answers {answer.status_code}: {answer.text[:500]}")
    asked = f"{method} {address}" + ("" if body is None else f"\n\n{json.dumps(body, indent=2, ensure_ascii=False)}")
    if "json" not in answer.headers.get("content-type", ""):
        lines = answer.text.splitlines()
        language = "xml" if lines and lines[0].startswith("<?xml") else "text"
        return Example(asked, answer.status_code, "\n".join(lines[:_MOST_LINES]), language, is_cut=len(lines) > _MOST_LINES)
    told = answer.json()
    kept = told if method == "POST" and "items" in told else _cut(told)
    return Example(asked, answer.status_code, json.dumps(kept, indent=2, ensure_ascii=False), "json", is_cut=kept != told)


def _cut(value: Any) -> Any:
    """The value with every list cut to its first item."""
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    return [_cut(item) for item in value[:1]] if isinstance(value, list) else value
