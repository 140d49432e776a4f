"""The reference of the HTTP service, from its OpenAPI document and from what the service answers on the sample newsroom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranker.apps.service.keys import OPEN_PATHS, wanted_role
from ranker_docs import http_document, http_examples
from ranker_docs.http_shapes import meaning, shapes, words
from ranker_docs.markdown import anchor, code, fenced, plain, table

_ERRORS = 400  # answers from here on are problems
_NONE = "Successful Response"  # what FastAPI writes where nobody said anything


def page() -> str:
    """The whole reference, in Markdown: the operations, what all may answer, and the shapes."""
    shared = shared_answers()
    examples = http_examples.examples()
    parts = [_overview(), _shared(shared)]
    parts += [
        _operation(method, path, told, shared, examples.get((method, path))) for method, path, told in http_document.operations()
    ]  # fmt: skip
    return "\n".join([*parts, "## Shapes\n", shapes()])


def slug(method: str, path: str) -> str:
    """The anchor of an operation, as GitHub makes it of its heading."""
    return f"{method.lower()}-{''.join(letter for letter in path.lower() if letter.isalnum() or letter in '-_')}"


def shared_answers() -> dict[str, str]:
    """Status -> what it says, of the problems that every operation which takes a key may answer."""
    kept: dict[str, str] | None = None
    for _, path, told in http_document.operations():
        if path not in OPEN_PATHS:
            found = {status: answer["description"] for status, answer in told["responses"].items() if int(status) >= _ERRORS}
            kept = found if kept is None else {status: kept[status] for status in kept if status in found}
    return kept or {}


def _overview() -> str:
    rows = [
        [f"[{code(f'{method} {path}')}](#{slug(method, path)})", plain(told.get("summary", "")), _role(method, path)]
        for method, path, told in http_document.operations()
    ]
    return table(["Request", "What it does", "Role of the key"], rows)


def _role(method: str, path: str) -> str:
    return "none" if path in OPEN_PATHS else wanted_role(method, path)


def _shared(answers: Mapping[str, str]) -> str:
    rows = [[code(status), plain(told)] for status, told in sorted(answers.items())]
    about = "Whatever is asked may be answered by one of these, a [problem document](#shape-Problem). They are not named again below.\n"
    return "\n".join(["## Answers of all requests\n", about, table(["Status", "When"], rows)])


def _operation(method: str, path: str, told: Mapping[str, Any], shared: Mapping[str, str], example: http_examples.Example | None) -> str:
    about = f"{plain(told.get('summary', ''))}. {plain(told.get('description', ''))}"
    parts = [f"## {method} {path}\n", about + "\n"]
    base = slug(method, path)
    parameters = [_parameter(each, base) for each in told.get("parameters", ())]
    if parameters:
        parts.append(table(["Parameter", "In", "What it is", "Meaning"], parameters))
    if "requestBody" in told:
        parts.append(_body(told["requestBody"]))
    rows = [_answer(status, answer) for status, answer in sorted(told["responses"].items()) if status not in shared]
    parts.append(table(["Status", "When", "Body"], rows))
    if example is not None:
        parts.append(_example(example, base))
    return "\n".join(parts)


def _parameter(told: Mapping[str, Any], base: str) -> list[str]:
    schema = told["schema"]
    name = anchor(f"{base}--{told['name']}") + code(told["name"]) + (" (needed)" if told.get("required") else "")
    return [name, told["in"], words(schema), meaning(schema, told.get("description", ""))]


def _body(told: Mapping[str, Any]) -> str:
    about = plain(told.get("description", ""))
    head = "Body" + (f": {about[:1].lower()}{about[1:]}." if about else ".")
    rows = [
        [code(kind), words(of["schema"]), "" if "$ref" in of["schema"] else meaning(of["schema"])] for kind, of in told["content"].items()
    ]
    return "\n".join([head, "", table(["Content type", "What it is", "Meaning"], rows)])


def _answer(status: str, told: Mapping[str, Any]) -> list[str]:
    description = told["description"]
    bodies = [f"{words(of.get('schema', {}))} ({code(kind)})" for kind, of in told.get("content", {}).items()]
    return [code(status), "" if description == _NONE else plain(description), ", ".join(bodies)]


def _example(example: http_examples.Example, base: str) -> str:
    """A request that was made, and the answer to it, shut until it is opened."""
    asked = fenced(example.asked, "text")
    answered = fenced(example.answer, example.language)
    cut = " (lists are cut to their first item)" if example.is_cut else ""
    return f'<details id="{base}--example">\n<summary>Example: {example.status}{cut}</summary>\n\n{asked}\n{answered}\n</details>\n'
