"""The contract: every route answers what its OpenAPI document says, whatever is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi import checks as of_openapi
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.service import NEWSROOM, NOW

from ranker.apps.service.app import ROUTERS, create_app
from ranker.apps.service.keys import hashed_key
from ranker.apps.service.runner import DeskRunner
from ranker.articles.article import Origin
from ranker.articles.record import Record, article_from_record
from ranker.desk.desk import Desk
from ranker.desk.records import Change
from ranker.desk.sqlite import SqliteStore
from ranker.settings import KeySettings, Settings

_EXAMPLES = 40  # of each route: about a second
_CHECKS = [
    checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_schema_conformance,
    of_openapi.allow_header_conformance,
]
_REFUSING = [*_CHECKS, of_openapi.negative_data_rejection]
_BY_ITEM = {"/v1/articles", "/v1/rank"}  # one bad article among good ones is refused by itself

_KEY = "a key for tests"
_ENDLESS = "/v1/changes/stream"  # never ends by itself
_OPERATIONS = sorted(
    (route.path_format, method.lower())
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.path != _ENDLESS
    for method in route.methods or ()
)


class Impatient(DeskRunner):
    """Never lets a caller wait."""

    def wait_decided(self, number: int, timeout: float) -> bool:  # noqa: ARG002 - that is the point
        return super().wait_decided(number, 0)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, default_settings: Settings) -> Iterator[DeskRunner]:
    keys = {"tests": KeySettings(hash=hashed_key(_KEY), role="admin")}
    service = msgspec.structs.replace(default_settings.service, keys=keys, max_query_characters=100_000)
    chosen = msgspec.structs.replace(default_settings, service=service)
    with closing(SqliteStore(tmp_path_factory.mktemp("contract") / "desk.sqlite")) as store:
        made = Impatient(Desk(chosen, HashingEncoder(), store, now=NOW, same_story=SAME_STORY), chosen, clock=lambda: NOW)
        made._is_warm = True  # it is never started: what waits is decided when a test says so
        yield made


@pytest.fixture(scope="module")
def api(runner: DeskRunner) -> Any:
    """The document of a service with `NEWSROOM`."""
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(runner, runner.settings, profiles={}))


@pytest.fixture(autouse=True)
def _refill(runner: DeskRunner, default_settings: Settings) -> None:
    """Whatever was removed is there again."""
    articles = [article_from_record(Record(fields, Origin("")), default_settings.reading) for fields in NEWSROOM]
    runner.accept([Change("put", NOW, article=article) for article in articles])
    runner.step()


@pytest.mark.parametrize(("path", "method"), _OPERATIONS)
def test_answers_are_what_the_document_says(api: Any, runner: DeskRunner, path: str, method: str) -> None:
    operation = api[path][method.upper()]
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    has_parts = bool([*operation.path_parameters, *operation.query, *operation.body])
    strategies = [operation.as_strategy(generation_mode=mode) for mode in (modes if has_parts else modes[:1])]
    ids = _ids(runner, path)

    @settings(max_examples=_EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(strategies), real=st.sampled_from([None, *ids]))
    def check(case: Any, real: str | None) -> None:
        if real is not None and case.meta.generation.mode.is_positive:
            _name_real_things(case, real)
        response = case.call(headers={"X-API-Key": _KEY})
        case.validate_response(response, checks=_CHECKS if path in _BY_ITEM else _REFUSING)
        if method != "get":
            runner.step()

    check()


def _name_real_things(case: Any, real: str) -> None:
    """Put what there is in the place of what nobody knows: else nothing but errors would be looked at."""
    if "id" in (case.path_parameters or {}):
        case.path_parameters["id"] = real
    elif case.operation.path == "/v1/corrections" and isinstance(case.body, dict):
        case.body = case.body | {"articles": ["quake-1", "quake-2"], "others": [], "stories": [], "otherStories": []}


def _ids(runner: DeskRunner, path: str) -> list[str]:
    if path.startswith("/v1/stories"):
        return [story.id for story in runner.desk.edition.table.stories[:2]]
    return ["quake-1", "snooker"]
