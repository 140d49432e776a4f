"""Parts come back as they were, and a file that is not whole is refused."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ranker.desk.parts import Parts, read_parts, write_parts
from ranker.errors import ArtifactError

PARTS = Parts(
    {"whole": np.arange(6, dtype=np.int32).reshape(2, 3), "none": np.zeros((0, 4), dtype=np.float32), "flags": np.array([True, False])},
    {"name": "é", "numbers": [1, 2.5, None]},
    {"inside": Parts({"other": np.linspace(0, 1, 7)})},
)


def told(parts: Parts) -> object:
    """All that parts hold, as values that can be compared."""
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in parts.arrays.items()}
    return arrays, dict(parts.values), {name: told(each) for name, each in parts.inner.items()}


def test_parts_come_back_as_they_were_and_may_be_written_to(tmp_path: Path) -> None:
    write_parts(tmp_path / "x", PARTS)
    again = read_parts(tmp_path / "x")
    assert told(again) == told(PARTS)
    assert all(array.flags.writeable and array.flags.owndata for array in again.arrays.values())
    write_parts(tmp_path / "x", Parts(values={"new": 1}))
    assert told(read_parts(tmp_path / "x")) == told(Parts(values={"new": 1}))


@given(st.data())
@examples(max_examples=60)
def test_whatever_is_changed_or_cut_off_or_added_is_seen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("parts") / "x"
    write_parts(path, PARTS)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    path.write_bytes(data.draw(st.sampled_from([whole[:place], changed, whole + b"\0", whole + whole])))
    with pytest.raises(ArtifactError):
        read_parts(path)


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ([{"x": ["|O", [2]]}, {}, {}], "holds an array of object"),
        ([{"x": ["<f8", [-1]]}, {}, {}], "holds an array of float64"),
        ([{"x": ["<f8", [1 << 40]]}, {}, {}], "ends too early"),
        ([{"x": ["what", [1]]}, {}, {}], "cannot be read"),
        ({"other": 1}, "cannot be read"),
    ],
)
def test_a_header_of_something_else_is_refused(tree: object, says: str, tmp_path: Path) -> None:
    header = msgspec.msgpack.encode(tree)
    (tmp_path / "x").write_bytes(
        b"rankpart" + len(header).to_bytes(8, "little") + zlib.crc32(header).to_bytes(8, "little") + bytes(8) + header + bytes(200)
    )
    with pytest.raises(ArtifactError, match=says):
        read_parts(tmp_path / "x")
