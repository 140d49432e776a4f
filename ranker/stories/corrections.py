"""Corrections: what an editor says about stories, kept for ever, and what follows from all of it together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CorrectionAction = Literal["join", "part", "lead", "pin", "hide"]


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction.

    join : all of `articles` are in one story.
    part : no one of `articles` is in a story with one of `others`; without `others` each is in another story than the rest.
    lead : `articles` holds one, which leads its story.
    pin, hide : the stories of `articles` stand on top of every list, or in none.
    """

    id: str
    action: CorrectionAction
    articles: tuple[str, ...]  # article ids
    others: tuple[str, ...] = ()  # article ids
    by: str = ""
    at: datetime | None = None  # timezone-aware UTC
    why: str = ""
