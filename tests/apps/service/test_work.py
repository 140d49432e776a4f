"""Work: the encoder is timed, and the newest texts are computed once."""

from __future__ import annotations

import numpy as np
import pytest
from support.hashing_encoder import HashingEncoder

from ranker.apps.service.work import WatchedEncoder, Work
from ranker.desk.records import Event


@pytest.fixture
def plain() -> HashingEncoder:
    return HashingEncoder()


def test_vectors_are_the_encoder_s_own(plain: HashingEncoder) -> None:
    watched = WatchedEncoder(plain, Work())
    assert watched.fingerprint == plain.fingerprint
    texts = ["one quake", "two ferries", "one quake", "three"]
    for _ in range(2):
        np.testing.assert_array_equal(watched.encode(texts), HashingEncoder().encode(texts))
    np.testing.assert_array_equal(watched.encode(["four", *texts]), HashingEncoder().encode(["four", *texts]))
    assert watched.encode([]).shape[0] == 0


def test_a_text_is_computed_once_and_counted(plain: HashingEncoder) -> None:
    work = Work()
    watched = WatchedEncoder(plain, work)
    told: list[int] = []
    watched.encode(["a", "b"], progress=told.append)
    watched.encode(["b", "c", "b"])
    assert plain.seen == ["a", "b", "c"]
    assert (work.embedded, work.known) == (5, 2)
    assert work.encoder_seconds > 0
    assert told == [2]


def test_only_the_newest_texts_are_kept(plain: HashingEncoder) -> None:
    watched = WatchedEncoder(plain, Work(), known_texts=2)
    watched.encode(["a", "b", "c"])
    watched.encode(["b", "c"])
    assert plain.seen == ["a", "b", "c"]
    watched.encode(["a"])
    watched.encode(["c", "b"])
    assert plain.seen == ["a", "b", "c", "a", "b"]


def test_a_kept_vector_does_not_hold_the_others(plain: HashingEncoder) -> None:
    watched = WatchedEncoder(plain, Work())
    watched.encode(["a", "b"])
    assert all(vector.base is None for vector in watched._known.values())


def test_a_text_may_hold_half_a_character(plain: HashingEncoder) -> None:
    assert WatchedEncoder(plain, Work()).encode(["\ud800 quake"]).shape == (1, 128)


def test_events_are_counted_by_kind() -> None:
    from support.serving import NOW

    work = Work()
    work.count([Event(3, "created", "s1", NOW, "x"), Event(4, "created", "s2", NOW, "x"), Event(6, "merged", "s1", NOW, "x")])
    assert dict(work.events) == {"created": 2, "merged": 1}
    assert work.last_event == 6
