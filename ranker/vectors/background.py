"""The background: how many ordinary news texts hold each word, so that twenty articles know what is rare as well as 200,000 do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ranker.errors import ArtifactError
from ranker.vectors.words import stems

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Background:
    """Number of texts looked at, and of those that hold each stem."""

    texts: int = 0
    holding: Mapping[str, int] = field(default_factory=dict)


NO_BACKGROUND = Background()


class _File(msgspec.Struct, frozen=True):
    format: int
    texts: int
    holding: dict[str, int]


def counted_background(texts: Iterable[str], *, at_least: int) -> Background:
    """The background that some texts give; stems in fewer than `at_least` of them are left out (they are rare anyway)."""
    holding: Counter[str] = Counter()
    number = 0
    for text in texts:
        holding.update(set(stems(text)))
        number += 1
    return Background(number, {stem: count for stem, count in sorted(holding.items()) if count >= at_least})


def load_background(path: Path) -> Background:
    """The background in a file.

    Raises
    ------
    ArtifactError : if it is missing, damaged or of another format.
    """
    try:
        read = msgspec.json.decode(path.read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); `ranker models background` makes it") from error
    if read.format != FORMAT_VERSION:
        raise ArtifactError(f"{path}: format {read.format}, this version of ranker reads {FORMAT_VERSION}")
    return Background(read.texts, read.holding)


def write_background(background: Background, path: Path) -> None:
    """Write a background, one stem a line so that versions can be compared."""
    content = _File(FORMAT_VERSION, background.texts, dict(background.holding))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=0) + b"\n")
