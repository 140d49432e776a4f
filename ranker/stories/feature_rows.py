"""Feature rows: the words, labels and details of articles as sparse rows of length 1."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ranker.articles.article import Article
from ranker.stories.details import Detail, Details

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_BEHIND_ALL = 1 << 30  # columns that no kind of evidence ever has


class Columns:
    """The columns of sparse rows of each kind of evidence, by name: rows made with the same columns can be compared."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, int]] = {}

    def of(self, kind: str) -> dict[str, int]:
        """Name -> column of one kind; new names are added at the end."""
        return self._places.setdefault(kind, {})

    def overlaid(self) -> Columns:
        """These columns, to which nothing is added: names that they do not have get columns from `_BEHIND_ALL` on."""
        result = Columns()
        result._places = {kind: _Overlaid(places) for kind, places in self._places.copy().items()}
        return result

    def names(self) -> dict[str, list[str]]:
        """The names of each kind in order of their columns."""
        return {kind: list(places) for kind, places in self._places.items()}

    @classmethod
    def named(cls, names: Mapping[str, Sequence[str]]) -> Columns:
        """Columns of these names, in order."""
        result = cls()
        result._places = {kind: {name: place for place, name in enumerate(those)} for kind, those in names.items()}
        return result


class _Overlaid(dict[str, int]):
    """New names over another dict's, which is not changed and not copied; the columns of the new ones lie behind all that may come."""

    def __init__(self, known: Mapping[str, int]) -> None:
        super().__init__()
        self._known = known

    def __contains__(self, name: object) -> bool:
        return name in self._known or super().__contains__(name)

    def __missing__(self, name: str) -> int:
        return self._known[name]

    def __len__(self) -> int:
        return _BEHIND_ALL + super().__len__()


def weighted_rows(lists: Sequence[Sequence[str]], holding: Mapping[str, int], texts: int, columns: Columns | None = None) -> csr_array:
    """Lists of names as unit rows, a name weighing -ln of the share of texts that hold it; an empty list is a row of zeros."""
    weighed = [{word: -math.log(max(1, holding.get(word, 0)) / (texts + 1)) for word in words} for words in lists]
    return _unit_rows(weighed, _of(columns, "names"))


def topic_rows(articles: Sequence[Article], columns: Columns | None = None) -> csr_array:
    """Topics as unit rows; an article without topics is a row of zeros."""
    return _unit_rows([{topic.casefold(): 1.0 for topic in article.topics} for article in articles], _of(columns, "topics"))


def category_rows(articles: Sequence[Article], columns: Columns | None = None) -> csr_array:
    """Categories as unit rows."""
    found: list[dict[str, float]] = [{article.category.casefold(): 1.0} if article.category else {} for article in articles]
    return _unit_rows(found, _of(columns, "category"))


def provider_rows(articles: Sequence[Article], columns: Columns | None = None) -> csr_array:
    """Providers as unit rows. A provider seldom tells one event twice, and often tells two like events of one day."""
    return _unit_rows([{article.provider.key: 1.0} if article.provider.key else {} for article in articles], _of(columns, "provider"))


def form_rows(details: Sequence[Details], columns: Columns | None = None) -> csr_array:
    """Forms of titles as unit rows: a digest and a report of one event are not told alike by chance."""
    return _unit_rows([{told.form: 1.0} for told in details], _of(columns, "form"))


def detail_rows(lists: Sequence[Iterable[Detail]], columns: Columns | None = None, kind: str = "details") -> tuple[csr_array, csr_array]:
    """Two sets of rows for details in conflict: what each counts or measures, and that with its value.

    Of two articles the first inner product less the second is 0 where they count nothing in common or agree in all of it, 1 where
    they count the same things and agree in none.
    """
    keys = [{key: 1.0 for key, _ in details} for details in lists]
    # Where one key has several values in one text, each value is an equal part of the key.
    values: list[dict[str, float]] = []
    for details in lists:
        distinct = sorted(set(details))
        parts = {key: sum(other == key for other, _ in distinct) for key, _ in distinct}
        values.append({f"{key} {value}": 1 / math.sqrt(parts[key]) for key, value in distinct})
    lengths = [math.sqrt(len(row)) or 1.0 for row in keys]
    return _unit_rows(keys, _of(columns, f"{kind} counted")), _sparse(
        [{name: weight / length for name, weight in row.items()} for row, length in zip(values, lengths, strict=True)],
        _of(columns, f"{kind} valued"),
    )


def _of(columns: Columns | None, kind: str) -> dict[str, int]:
    return {} if columns is None else columns.of(kind)


def _unit_rows(weights: Sequence[dict[str, float]], columns: dict[str, int]) -> csr_array:
    lengths = [math.sqrt(sum(weight * weight for weight in row.values())) or 1.0 for row in weights]
    return _sparse([{name: weight / length for name, weight in row.items()} for row, length in zip(weights, lengths, strict=True)], columns)


def _sparse(weights: Sequence[dict[str, float]], columns: dict[str, int]) -> csr_array:
    from scipy.sparse import csr_array  # 190 ms to import

    for name in sorted({name for row in weights for name in row if name not in columns}):
        columns[name] = len(columns)
    indptr = np.concatenate(([0], np.cumsum([len(row) for row in weights], dtype=np.int64)))
    indices = np.array([columns[name] for row in weights for name in sorted(row)], dtype=np.int32)
    data = np.array([row[name] for row in weights for name in sorted(row)], dtype=np.float32)
    return csr_array((data, indices, indptr), shape=(len(weights), max(1, len(columns))))
