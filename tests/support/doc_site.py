"""The site of the documentation, as a test has built it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Site:
    """A built site, and what was said while it was built.

    Parameters
    ----------
    told : warnings and errors; empty if there are none.
    """

    folder: Path
    exit_code: int
    told: str
