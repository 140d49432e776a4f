"""Sizes: numbers of bytes as people say them."""

from __future__ import annotations

_UNITS = ("B", "kB", "MB", "GB", "TB")
_UNIT_STEP = 1000


def size_text(count: float) -> str:
    """Bytes for people: "512 B", "12.3 MB"."""
    step = 0
    while round(count, 1) >= _UNIT_STEP and step < len(_UNITS) - 1:
        count, step = count / _UNIT_STEP, step + 1
    return f"{count:.1f} {_UNITS[step]}" if step else f"{count:.0f} B"
