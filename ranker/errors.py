"""The errors that `ranker` raises on purpose; all else is a programming mistake.

RankerError
├── SettingsError      a settings file or an override is wrong
├── InputError         an input cannot be read at all (missing, unreadable, unknown format)
├── ArticleError       one article is refused: which field, and why
├── CorrectionError    a correction makes no sense, or contradicts others: which, and by what chain
├── EncoderError       an encoder is unknown, or its model cannot be loaded
├── ArtifactError      a file in `models/` is missing or damaged
└── StoreError         a store is in use, damaged, no store at all, or out of space
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ArticleError", "ArtifactError", "CorrectionError", "EncoderError", "InputError", "RankerError", "SettingsError", "StoreError"]


class RankerError(Exception):
    """Root of every error a caller may want to catch."""


class SettingsError(RankerError):
    """A settings file, profile or override is wrong; the message names file, key, value and what is allowed."""


class InputError(RankerError):
    """An input as a whole cannot be read: missing, unreadable, or of no known format."""


class ArticleError(RankerError):
    """One article is refused.

    Parameters
    ----------
    field : the format's name of the field at fault ("title", "publishedDateTime", "file", ...).
    reason : what is wrong with it, in words for the person who owns the file.
    line : 1-based line inside the file where the fault was seen, if known.
    """

    def __init__(self, field: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.line = line


class CorrectionError(RankerError):
    """A correction makes no sense by itself, or contradicts those that hold already.

    Parameters
    ----------
    correction : its id, "" where it has none.
    chain : how joins connect what must not be connected: article id, id of a join, article id, and so on; empty without a contradiction.
    against : ids of the corrections that it contradicts.
    """

    def __init__(self, message: str, *, correction: str = "", chain: tuple[str, ...] = (), against: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.correction = correction
        self.chain = chain
        self.against = against


class EncoderError(RankerError):
    """An encoder is unknown, its library is not installed, or its model cannot be loaded."""


class ArtifactError(RankerError):
    """A shipped or trained model file is missing, damaged or of another version."""


class StoreError(RankerError):
    """A store cannot be opened, read or written; the message names it and says what to do."""


def near(wrong: str, known: Iterable[str]) -> str:
    """What of the known names is like a wrong one, as the end of a message: "; near it: newest"; "" where nothing is."""
    from difflib import get_close_matches

    found = get_close_matches(wrong, list(known))
    return f"; near it: {', '.join(found)}" if found else ""
