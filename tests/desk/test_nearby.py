"""Near articles in memory against comparing each with all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array, random_array
from sklearn.preprocessing import normalize

from ranker.desk import nearby
from ranker.desk.growing import Growing, GrowingRows
from ranker.desk.nearby import Band, Nearby
from ranker.vectors.selection import Effort

DAY = 86_400.0
N, COLUMNS = 260, 40
EXACT = Effort()
CELLS = Effort(exact_rows=50, cell_rows=20, cells=1000, postings=1 << 20)  # everything is in cells, and all of them are looked at
BANDS = (Band(0, 3, 5), Band(3, 8, 2))


@dataclass
class Held:
    """Random articles, and the index over them."""

    vectors: NDArray[np.float32]
    rare: csr_array
    times: NDArray[np.float64]
    alive: Growing[np.bool_]
    nearby: Nearby


def held(effort: Effort, *, lots: int = 1, seed: int = 1) -> Held:
    rng = np.random.default_rng(seed)
    vectors = normalize(rng.normal(size=(N, 8)) + 0.3).astype(np.float32)
    rare = csr_array(normalize(csr_array(random_array((N, COLUMNS), density=0.08, rng=rng, dtype=np.float32))))
    times = rng.uniform(0, 12 * DAY, N)
    times[::17] = np.nan
    columns = Growing(np.float32, 8), GrowingRows(), Growing(np.float64), Growing(np.bool_)
    index = Nearby(*columns, effort)
    for rows in np.array_split(np.arange(N), lots):
        columns[0].add(vectors[rows])
        columns[1].add(csr_array(rare[rows]))
        columns[2].add(times[rows])
        columns[3].add(np.ones(len(rows), dtype=np.bool_))
        index.grow()
    return Held(vectors, rare, times, columns[3], index)


def oracle(data: Held, slots: NDArray[np.int64], band: Band, shortlist: float) -> set[tuple[int, int]]:
    """All pairs of the nearest by vectors, and of the nearest by words."""
    found: set[tuple[int, int]] = set()
    words = (data.rare @ data.rare.T).toarray()
    for slot in slots.tolist():
        inside = band.holds(np.abs(data.times - data.times[slot])) & data.alive.rows
        inside[slot] = False
        for cosine, least, number in (
            (data.vectors @ data.vectors[slot], nearby._BARS["vectors"], band.neighbours),
            (words[slot], 0.0, int(band.neighbours * shortlist)),
        ):
            level = np.rint(cosine * (1 << 20)).astype(np.int64)
            near = np.flatnonzero(inside & (cosine > least))
            found |= {(slot, int(other)) for other in near[np.lexsort((near, -level[near]))][:number]}
    return found


def pairs_of(found: tuple[NDArray[np.int64], NDArray[np.int64]]) -> set[tuple[int, int]]:
    return set(zip(found[0].tolist(), found[1].tolist(), strict=True))


@pytest.mark.parametrize("lots", [1, 13])
@pytest.mark.parametrize("effort", [EXACT, CELLS], ids=["all compared", "cells"])
def test_the_nearest_are_found_in_each_band(effort: Effort, lots: int) -> None:
    data = held(effort, lots=lots)
    data.alive.rows[[3, 50, 200]] = False
    asked = np.arange(0, N, 7)
    for band, found in zip(BANDS, data.nearby.of(asked, BANDS), strict=True):
        assert pairs_of(found) == oracle(data, asked, band, effort.shortlist)


@pytest.mark.parametrize("bar", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("effort", [EXACT, CELLS], ids=["all compared", "cells"])
def test_a_bar_changes_no_answer(effort: Effort, bar: float) -> None:
    data, plain = held(effort, lots=3), held(effort, lots=3)
    data.nearby._bars = {"vectors": bar, "words": bar}
    asked = np.arange(N)
    for one, other in zip(data.nearby.of(asked, BANDS), plain.nearby.of(asked, BANDS), strict=True):
        assert pairs_of(one) == pairs_of(other)


def test_the_bar_rises_while_few_are_asked_for_again_and_falls_when_many_are() -> None:
    data, asked = held(EXACT), np.arange(N)
    low = dict(data.nearby._bars)
    data.nearby.of(asked, BANDS)
    assert data.nearby._bars["vectors"] > low["vectors"]
    data.nearby._bars["vectors"] = 0.99
    data.nearby.of(asked, BANDS)
    assert data.nearby._bars["vectors"] < 0.99
    settled = [dict(data.nearby._bars) for _ in range(80) if data.nearby.of(asked, BANDS)]
    assert low["vectors"] < settled[-1]["vectors"] < 0.9


def test_a_reader_s_text_of_very_many_words_never_turns_what_another_thread_may_be_adding_to(monkeypatch: pytest.MonkeyPatch) -> None:
    data = held(EXACT)
    expected = data.nearby.of_text(data.vectors[[1]], csr_array(data.rare[[1]]), float(data.times[1]), BANDS[0])
    monkeypatch.setattr(nearby, "_MANY_WORDS", 1)
    monkeypatch.setattr(Nearby, "_all_by_word", None)
    assert data.nearby.of_text(data.vectors[[1]], csr_array(data.rare[[1]]), float(data.times[1]), BANDS[0]).tolist() == expected.tolist()


@pytest.mark.parametrize("effort", [EXACT, CELLS], ids=["all compared", "cells"])
def test_many_words_at_once_are_looked_up_as_few_are(effort: Effort, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = np.arange(N)
    few = held(effort).nearby.of(asked, BANDS)
    monkeypatch.setattr(nearby, "_MANY_WORDS", 1)
    assert [pairs_of(found) for found in held(effort).nearby.of(asked, BANDS)] == [pairs_of(found) for found in few]


@pytest.mark.parametrize("effort", [EXACT, CELLS], ids=["all compared", "cells"])
def test_a_text_that_is_not_there_finds_what_it_would_find_if_it_were(effort: Effort) -> None:
    data = held(effort)
    band = BANDS[0]
    for slot in (0, 1, 40):
        as_text = data.nearby.of_text(data.vectors[[slot]], csr_array(data.rare[[slot]]), float(data.times[slot]), band)
        expected = {other for _, other in oracle(data, np.array([slot]), Band(0, band.to_days, band.neighbours + 1), 1)}
        assert set(as_text.tolist()) - {slot} <= expected
        assert slot in as_text.tolist()


def test_few_cells_still_find_most() -> None:
    effort = Effort(exact_rows=50, cell_rows=20, cells=6, postings=1 << 20)
    data, asked = held(effort), np.arange(N)
    (found, _), expected = data.nearby.of(asked, BANDS), oracle(held(EXACT), asked, BANDS[0], effort.shortlist)
    assert len(pairs_of(found) & expected) > 0.8 * len(expected)


def test_words_that_very_many_share_are_left_out_where_there_are_many_articles() -> None:
    few = Effort(exact_rows=50, cell_rows=20, cells=1000, postings=8)
    data = held(few)
    (found, _), (whole, _) = data.nearby.of(np.arange(N), BANDS), held(CELLS).nearby.of(np.arange(N), BANDS)
    assert 0 < len(pairs_of(found)) < len(pairs_of(whole))


def test_an_empty_index_and_nobody_asking() -> None:
    columns = Growing(np.float32, 8), GrowingRows(), Growing(np.float64), Growing(np.bool_)
    index = Nearby(*columns, EXACT)
    index.grow()
    none = index.of(np.zeros(0, dtype=np.int64), BANDS)
    assert [pairs_of(found) for found in none] == [set(), set()]
    assert index.of_text(np.ones((1, 8), dtype=np.float32), csr_array((1, 1), dtype=np.float32), np.nan, BANDS[0]).tolist() == []
    assert index.holding(3).tolist() == []


def test_slots_that_hold_a_word() -> None:
    data = held(EXACT, lots=5)
    for column in range(COLUMNS):
        assert sorted(data.nearby.holding(column).tolist()) == np.flatnonzero(data.rare[:, [column]].toarray().ravel()).tolist()
    assert data.nearby.holding(COLUMNS + 5).tolist() == []


@pytest.mark.parametrize(("gap", "inside"), [(0, True), (3 * DAY, True), (3.1 * DAY, False), (np.nan, True)])
def test_a_band_holds_its_edges_and_an_unknown_gap_if_it_begins_at_none(gap: float, inside: bool) -> None:
    assert bool(Band(0, 3, 5).holds(np.array([gap]))[0]) is inside
    assert not Band(3.5, 8, 5).holds(np.array([gap]))[0]
