"""Writing: whole files replaced atomically, and front matter files updated in place."""

from __future__ import annotations

import contextlib
import difflib
import glob
import hashlib
import os
import stat
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ranker.articles.article import Origin
from ranker.articles.front_matter import hide_opaque, parse_front_matter, splice
from ranker.articles.record import Refusal
from ranker.errors import ArticleError

_TEMPORARY_SUFFIX = ".ranker-tmp"
_UMASK = threading.Lock()  # the mask can only be read by setting it, and files are written by several threads
_MAX_PREFIX_CHARACTERS = 50  # of up to four bytes each; a file's name may have 255 bytes


@dataclass(frozen=True, slots=True)
class FileUpdate:
    """A front matter file and the values that its owned keys shall have (None: the key goes)."""

    path: str
    digest: bytes  # SHA-256 of the bytes that the values were computed from
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file's bytes before and after an update; equal if nothing is to be written."""

    path: str
    before: bytes
    after: bytes

    def diff(self) -> str:
        """A unified diff for people: opaque values are not shown."""
        old, new = (hide_opaque(parse_front_matter(side)).split("\n") for side in (self.before, self.after))
        lines = difflib.unified_diff(old, new, fromfile=self.path, tofile=self.path, lineterm="", n=1)
        return "".join(f"{line.rstrip(chr(13))}\n" for line in lines)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content, or create the file, so that at any moment it is wholly old or wholly new.

    A temporary file in the same folder is written, flushed to disk and renamed; permissions are kept, a
    symbolic link is followed.

    Raises
    ------
    OSError : if the folder or the disk does not allow it; the old file is then as it was.
    """
    target = Path(os.path.realpath(path))
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:_MAX_PREFIX_CHARACTERS]}.", suffix=_TEMPORARY_SUFFIX, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), _mode_for(target))
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def remove_leftovers(folder: Path, *, before: float, of: str = "") -> int:
    """Remove the temporary files that killed runs left in a folder; returns how many.

    Parameters
    ----------
    before : seconds since 1970; younger ones may belong to a run that is still at work, and stay.
    of : the name of the only file that is meant, by default any.
    """
    name = f"{glob.escape(of[:_MAX_PREFIX_CHARACTERS])}." if of else ""
    removed = 0
    for path in sorted(folder.glob(f".{name}*{_TEMPORARY_SUFFIX}")):
        with contextlib.suppress(OSError):  # another process may have been quicker
            if path.stat().st_mtime < before:
                path.unlink()
                removed += 1
    return removed


def sync_folder(folder: Path) -> None:
    """Make the renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def planned_change(update: FileUpdate) -> FileChange | Refusal:
    """What an update would do to its file, which must still be the one that was read."""
    try:
        before = Path(update.path).read_bytes()
        if hashlib.sha256(before).digest() != update.digest:
            return Refusal(Origin(update.path), "file", "was changed by someone else while the job ran; left as it is")
        after = splice(parse_front_matter(before), update.values).encode("utf-8")
    except OSError as error:
        return Refusal(Origin(update.path), "file", f"cannot be read again ({error.strerror})")
    except ArticleError as error:
        return Refusal(Origin(update.path, error.line), error.field, error.reason)
    return FileChange(update.path, before, after)


def _mode_for(target: Path) -> int:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        with _UMASK:
            mask = os.umask(0)
            os.umask(mask)
        return 0o666 & ~mask
