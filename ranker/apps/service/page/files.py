"""Files: style sheets, scripts and the icon of the page, under addresses that change with what is in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ranker.apps.service.caching import tag_of

PREFIX = "/page"
_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_VERSION_BYTES = 6


@dataclass(frozen=True, slots=True)
class File:
    """A file in memory."""

    body: bytes
    media_type: str
    tag: str


@cache
def files() -> dict[str, File]:
    """All files by name, read once."""
    found = {path.name: path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
    return {name: File(body := path.read_bytes(), _TYPES[path.suffix], tag_of(body)) for name, path in found.items()}


@cache
def version() -> str:
    """A name for the contents of all files together: scripts name each other without it, and stay together."""
    digest = hashlib.blake2b(digest_size=_VERSION_BYTES)
    for name, file in files().items():
        digest.update(f"{name}\0{len(file.body)}\0".encode() + file.body)
    return digest.hexdigest()


def address(root: str, name: str) -> str:
    """The address of a file.

    Raises
    ------
    KeyError : if there is none of that name.
    """
    if name not in files():
        raise KeyError(name)
    return f"{root}{PREFIX}/{version()}/{name}"
