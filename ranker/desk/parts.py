"""Parts: arrays and small values under names, and the one file they are kept in."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.articles.writing import write_atomically
from ranker.errors import ArtifactError

_MAGIC = b"rankpart"
_ALIGNED = 64  # bytes; where an array begins
_KINDS = "biuf"  # of numbers: nothing else is read
_CHECKED = 8  # bytes of the header's length, its check sum and that of all arrays


@dataclass(frozen=True, slots=True)
class Parts:
    """What something is made of: arrays, values that msgpack knows, and parts of parts, each under a name."""

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    inner: Mapping[str, Parts] = field(default_factory=dict)


class _Placed(msgspec.Struct, frozen=True, array_like=True):
    dtype: str
    shape: tuple[int, ...]


class _Tree(msgspec.Struct, frozen=True, array_like=True):
    arrays: dict[str, _Placed]
    values: dict[str, Any]
    inner: dict[str, _Tree]


_TREES = msgspec.msgpack.Decoder(_Tree)


def write_parts(path: Path, parts: Parts) -> None:
    """Keep parts in a file, which is wholly old or wholly new at any moment.

    Raises
    ------
    OSError : if the folder or the disk does not allow it.
    """
    found: list[NDArray[Any]] = []
    header = msgspec.msgpack.encode(_tree(parts, found))
    blocks: list[bytes | memoryview] = []
    place = len(_MAGIC) + 3 * _CHECKED + len(header)
    for array in found:
        blocks += [b"\0" * (-place % _ALIGNED), array.reshape(-1).view(np.uint8).data]
        place += -place % _ALIGNED + array.nbytes
    check = 0
    for block in blocks:
        check = zlib.crc32(block, check)
    numbers = [number.to_bytes(_CHECKED, "little") for number in (len(header), zlib.crc32(header), check)]
    write_atomically(path, b"".join((_MAGIC, *numbers, header, *blocks)))


def read_parts(path: Path) -> Parts:
    """The parts in a file; their arrays are nobody else's and may be written to.

    Raises
    ------
    OSError : if it is not there or cannot be read.
    ArtifactError : if it is no such file, or not as it was written.
    """
    with path.open("rb") as stream:
        reader = _Reader(stream, path.stat().st_size)
        if reader.bytes(len(_MAGIC)) != _MAGIC:
            raise ArtifactError("is no file of this kind")
        length, *checks = (int.from_bytes(reader.bytes(_CHECKED), "little") for _ in range(3))
        header = reader.bytes(length)
        reader.check = 0
        try:
            parts = _parts(_TREES.decode(header if zlib.crc32(header) == checks[0] else b""), reader)
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            raise ArtifactError(f"has a header that cannot be read ({error})") from error
        if reader.check != checks[1] or reader.left:
            raise ArtifactError("is not as it was written")
        return parts


class _Reader:
    """A file read from its beginning to its end, with the check sum of what was read."""

    def __init__(self, stream: BufferedReader, size: int) -> None:
        self._stream, self._size, self.left, self.check = stream, size, size, 0

    def bytes(self, number: int) -> bytes:
        """The next bytes."""
        self._claim(number)
        found = self._stream.read(number)
        self.check = zlib.crc32(found, self.check)
        return found

    def array(self, placed: _Placed) -> NDArray[Any]:
        """The next array."""
        dtype = np.dtype(placed.dtype)
        if dtype.kind not in _KINDS or min(placed.shape, default=0) < 0:
            raise ArtifactError(f"holds an array of {dtype}, {placed.shape}")
        self.bytes(-(self._size - self.left) % _ALIGNED)
        count = math.prod(placed.shape)
        self._claim(count * dtype.itemsize)
        found = np.empty(placed.shape, dtype)
        block = found.reshape(-1).view(np.uint8).data
        if self._stream.readinto(block) != len(block):
            raise ArtifactError("ends too early")
        self.check = zlib.crc32(block, self.check)
        return found

    def _claim(self, number: int) -> None:
        if number > self.left:
            raise ArtifactError("ends too early")
        self.left -= number


def _tree(parts: Parts, found: list[NDArray[Any]]) -> _Tree:
    """The names and shapes of parts; their arrays are added to those found, in order."""
    arrays = {}
    for name, array in parts.arrays.items():
        whole = np.ascontiguousarray(array)
        found.append(whole)
        arrays[name] = _Placed(whole.dtype.str, whole.shape)
    return _Tree(arrays, dict(parts.values), {name: _tree(each, found) for name, each in parts.inner.items()})


def _parts(tree: _Tree, reader: _Reader) -> Parts:
    arrays = {name: reader.array(placed) for name, placed in tree.arrays.items()}
    return Parts(arrays, tree.values, {name: _parts(each, reader) for name, each in tree.inner.items()})
