"""Shapes of the OpenAPI document in words: what a value is, and the fields of each named shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ranker_docs.http_document import schemas
from ranker_docs.markdown import anchor, code, plain, table

_KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null", "object": "object"}
_FORMATS = {"date-time": "moment, ISO 8601", "uri": "address"}


def shape_link(name: str) -> str:
    """A link to a named shape."""
    return f"[{name}](#shape-{name})"


def words(schema: Mapping[str, Any]) -> str:
    """What values of a schema are: "list of [StoryOut](#shape-StoryOut)"."""
    if "$ref" in schema:
        return shape_link(schema["$ref"].rpartition("/")[2])
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(words(each) for each in several)
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    if "const" in schema:
        return code(str(schema["const"]))
    kind = schema.get("type")
    if kind is None:
        return "anything"
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(_of_kind(each, schema) for each in kinds)


def _of_kind(kind: str, schema: Mapping[str, Any]) -> str:
    if kind == "array":
        return f"list of {words(schema.get('items', {}))}{_limits(schema, 'minItems', 'maxItems')}"
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""), _KINDS[kind]) + _limits(schema, "minLength", "maxLength", " characters")
    return _KINDS[kind] + _limits(schema, "minimum", "maximum")


def _limits(schema: Mapping[str, Any], low: str, high: str, of: str = "") -> str:
    least, most = schema.get(low), schema.get(high)
    if least is not None and most is not None:
        return f" ({least:,g} to {most:,.0f}{of})"
    if most is not None:
        return f" (≤ {most:,.0f}{of})"
    return f" (≥ {least:,g}{of})" if least is not None else ""


def meaning(schema: Mapping[str, Any], description: str = "") -> str:
    """What is said of a value, its default and an example."""
    told = [plain(description or schema.get("description", ""))]
    if schema.get("default") not in (None, "", [], {}):
        told.append(f"Default: {code(_shown(schema['default']))}.")
    examples = [each for each in schema.get("examples", ()) if each not in ([], {})]
    if examples:
        told.append(f"Example: {code(_shown(examples[0]))}.")
    return " ".join(_sentence(each) for each in told if each)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shapes() -> str:
    """A section for each named shape, with a table of its fields."""
    return "\n".join(_shape(name, schema) for name, schema in sorted(schemas().items()))


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    rows = [
        [code(field), words(of), "always" if field in needed else "", meaning(of)] for field, of in schema.get("properties", {}).items()
    ]  # fmt: skip
    about = plain(schema.get("description", ""))
    return "\n".join([f"### {name}\n", anchor(f"shape-{name}") + about + "\n", table(["Field", "What it is", "Given", "Meaning"], rows)])
