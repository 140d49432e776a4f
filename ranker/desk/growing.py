"""Growing: arrays that rows are added to, at a cost that does not rise with their length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ranker.desk.parts import Parts

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_FIRST_ROWS = 64
Scalar = TypeVar("Scalar", bound=np.generic)


class Growing(Generic[Scalar]):
    """Rows of one type. `rows` is a view: of rows that are there already it stays true while others are added."""

    def __init__(self, dtype: type[Scalar], *shape: int) -> None:
        self._held: NDArray[Scalar] = np.zeros((_FIRST_ROWS, *shape), dtype=dtype)
        self._n = 0

    @classmethod
    def of(cls, values: NDArray[Scalar]) -> Growing[Scalar]:
        """Rows that are there already; the array is taken over and not copied."""
        result: Growing[Scalar] = cls(values.dtype.type, 0)
        result._held, result._n = values, len(values)
        return result

    def __len__(self) -> int:
        return self._n

    @property
    def rows(self) -> NDArray[Scalar]:
        """(n, ...) what was added."""
        return self._held[: self._n]

    def add(self, values: NDArray[Any]) -> None:
        """Add rows at the end."""
        wanted = self._n + len(values)
        if wanted > len(self._held):
            larger = np.zeros((max(wanted, len(self._held) * 3 // 2), *self._held.shape[1:]), dtype=self._held.dtype)
            larger[: self._n] = self._held[: self._n]
            self._held = larger
        self._held[self._n : wanted] = values
        self._n = wanted


class GrowingRows:
    """Sparse rows, as `csr_array` holds them, that rows are added to."""

    def __init__(self) -> None:
        self.columns = 1
        self._starts = Growing(np.int64)
        self._starts.add(np.zeros(1, dtype=np.int64))
        self._indices = Growing(np.int32)
        self._data = Growing(np.float32)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def parts(self) -> Parts:
        """What `restored` makes them of again."""
        arrays: dict[str, NDArray[Any]] = {"starts": self._starts.rows, "indices": self._indices.rows, "data": self._data.rows}
        return Parts(arrays, {"columns": self.columns})

    @classmethod
    def restored(cls, parts: Parts) -> GrowingRows:
        """Rows of their parts."""
        result = cls()
        result.columns = parts.values["columns"]
        result._starts, result._indices, result._data = (Growing.of(parts.arrays[name]) for name in ("starts", "indices", "data"))
        return result

    def add(self, rows: csr_array) -> None:
        """Add rows; columns may be more than before."""
        self.columns = max(self.columns, rows.shape[1])
        rows = rows if rows.has_sorted_indices else rows.sorted_indices()  # products of rows need it
        self._starts.add(self._starts.rows[-1] + rows.indptr[1:])
        self._indices.add(rows.indices)
        self._data.add(rows.data)

    def of(self, rows: NDArray[np.integer]) -> csr_array:
        """Some rows."""
        from scipy.sparse import csr_array  # 190 ms to import

        starts = self._starts.rows
        begin = starts[rows]
        lengths = starts[np.asarray(rows) + 1] - begin
        indptr = np.concatenate(([0], np.cumsum(lengths)))
        places = np.repeat(begin - indptr[:-1], lengths) + np.arange(indptr[-1])
        return csr_array((self._data.rows[places], self._indices.rows[places], indptr), shape=(len(lengths), self.columns))

    def all(self) -> csr_array:
        """All rows, not copied."""
        from scipy.sparse import csr_array  # 190 ms to import

        return csr_array((self._data.rows, self._indices.rows, self._starts.rows), shape=(len(self), self.columns))

    def put(self, rows: csr_array) -> None:
        """Other values in the same places of all rows."""
        self._data.rows[:] = rows.data
