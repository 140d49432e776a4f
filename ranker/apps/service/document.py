"""The OpenAPI document: what FastAPI writes, and what it cannot know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ranker.apps.service.asked import ARTICLE_SCHEMA
from ranker.apps.service.keys import OPEN_PATHS, SECURITY_SCHEMES
from ranker.apps.service.problems import NOT_MODIFIED, problems

_DEFAULT_ERRORS = ("HTTPValidationError", "ValidationError")
_OF_ALL = (401, 403, 414, 422, 429, 500, 503)  # the layers around the routes answer so, whatever the route
_OF_BODIES = (400, 413, 415)


class Wrong(BaseModel):
    """A parameter that is wrong."""

    in_: str = Field(alias="in", examples=["query"])
    name: str = Field(examples=["minProviders"])
    reason: str = Field(examples=["Input should be greater than or equal to 1"])


class ProblemOut(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["A parameter is wrong"], description="The kind of problem, the same each time")
    status: int = Field(examples=[422])
    detail: str = Field(description="What is wrong this time, and what to do")
    instance: str = Field(description="The path that was asked", examples=["/v1/stories"])
    requestId: str | None = Field(None, description="Finds it in the log")  # noqa: N815 - as the document has it
    errors: list[Wrong] | None = Field(None, description="Each parameter that is wrong")
    chain: list[str] | None = Field(
        None, description="How corrections contradict: article, correction, article, ...; or the stories on the way"
    )
    heirs: list[str] | None = Field(None, description="Stories that hold what this one held")


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with articles, problems and keys in it, and with the errors that every route may answer."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _DEFAULT_ERRORS:
        schemas.pop(name, None)
    problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas |= {"Problem": problem, "Article": ARTICLE_SCHEMA}
    components["securitySchemes"] = dict(SECURITY_SCHEMES)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, is_open=path in OPEN_PATHS)
    return document


def _complete(operation: dict[str, Any], *, is_open: bool) -> None:
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):  # FastAPI's own shape, which is never sent
        del responses["422"]
    if not is_open:
        operation["security"] = [{}, *({name: []} for name in SECURITY_SCHEMES)]
        shared = problems(*_OF_ALL, *(_OF_BODIES if "requestBody" in operation else ()))
        operation["responses"] = {str(status): told for status, told in shared.items()} | responses
    for told in operation["responses"].values():
        if told["description"] == NOT_MODIFIED:
            told.pop("content", None)
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter: one that is left out is not null, and no address says null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    kind: dict[str, Any] = kinds[0]
    return {name: value for name, value in schema.items() if name != "anyOf"} | kind
