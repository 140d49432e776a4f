"""Memory: what was freed goes back to the system."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    """The C library's own way, where it has one: glibc."""
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return found


def give_back() -> bool:
    """Give freed memory back to the system, which an allocator keeps for a long time after much came and went; whether any was.

    It takes some milliseconds, without Python's lock.
    """
    trim = _trim()
    return trim is not None and bool(trim(0))
