"""Extras: libraries that only notebooks need, and what to do where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ranker.errors import RankerError


def needed(module: str, purpose: str) -> Any:
    """A module of the extra `notebook`.

    Raises
    ------
    RankerError : if it is not installed, naming the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] != module.split(".", maxsplit=1)[0]:
            raise
        raise RankerError(f"{purpose} needs {module}, which is not installed: pip install 'ranker[notebook]'") from error
