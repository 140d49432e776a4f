"""The connection: what both clients hand to httpx, and how a request of the table becomes a method of theirs."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

from ranker import __version__

DEFAULT_URL = "http://127.0.0.1:8710"
TIMEOUT_SECONDS = 30.0
QUIET_SECONDS = 60.0  # the stream says at least every quarter of this that it lives (service.stream_heartbeat_seconds)
PER_REQUEST = 500  # articles: as many as the service takes in together

F = TypeVar("F", bound=Callable[..., Any])


def options(base_url: str, key: str | None, timeout: float | None) -> dict[str, Any]:
    """What httpx takes. It follows no redirects by itself: the key goes nowhere else, and a merged story's heir is asked for by its id."""
    headers = {"User-Agent": f"ranker/{__version__}", "Accept": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return {"base_url": base_url, "headers": headers, "timeout": timeout, "follow_redirects": False}


def as_method(method: F, request: Callable[..., object], *, listed: str) -> F:
    """A method with the name, the parameters and the words of the request that it makes, for `help` and for editors.

    Parameters
    ----------
    listed : the type of what a list gives, around the type of its items.
    """
    functools.update_wrapper(method, request, assigned=("__name__", "__doc__"), updated=())
    del method.__wrapped__  # type: ignore[attr-defined] # else its signature would be taken, which has no `self`
    signature = inspect.signature(request)
    returned = re.sub(r"Listing\[\w+, (\w+)\]", rf"{listed}[\1]", re.sub(r"Talk\[(\w+)\]", r"\1", str(signature.return_annotation)))
    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    parameters = [self, *signature.parameters.values()]
    method.__signature__ = signature.replace(parameters=parameters, return_annotation=returned)  # type: ignore[attr-defined]
    return method
