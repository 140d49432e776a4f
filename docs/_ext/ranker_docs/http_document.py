"""The OpenAPI document of the service, without a service that runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from ranker.apps.service.app import create_app
from ranker.apps.service.running import Running
from ranker.settings_file import load_settings

_METHODS = ("get", "post", "put", "patch", "delete")


class _NothingRuns:
    """Stands where a running desk would: describing the routes asks it nothing."""


@cache
def document() -> dict[str, Any]:
    """The document as `/openapi.json` answers it."""
    return create_app(cast("Running", _NothingRuns()), load_settings()).openapi()


def text() -> str:
    """The document as a file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation, in the document's order."""
    for path, item in document()["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def schemas() -> dict[str, Any]:
    """All named shapes."""
    return cast("dict[str, Any]", document()["components"]["schemas"])
