"""Kept: what the window makes of an article, as bytes that a store keeps beside it, so that a start computes nothing again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from ranker.desk.window import FoundPairs, Told, Window
from ranker.stories.details import Details

FORMAT = 1  # of these bytes; another one is computed anew


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    stems: dict[str, int]
    details: Details
    near: list[str]  # ids of the articles that were there before and are near
    dense: bytes  # float32, of each
    rare: bytes
    score: bytes


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Kept)


def derived_of(window: Window, slot: int, told: Told) -> bytes:
    """What is kept of the article in a slot."""
    pairs = window.pairs
    places = pairs.owned_by(np.array([slot]))
    near = [window.articles[other].id for other in pairs.earlier[places].tolist()]
    columns = (pairs.dense[places].tobytes(), pairs.rare[places].tobytes(), pairs.score[places].tobytes())
    return _encoder.encode(_Kept(told.stems, told.details, near, *columns))


def restored(derived: Sequence[bytes], places: Mapping[str, int], *, first: int = 0) -> tuple[list[Told], FoundPairs]:
    """What was kept of articles, and their pairs by place; pairs with articles that are gone are left out.

    Parameters
    ----------
    places : by id, of these articles, which lie together, and of others that were there before.
    first : where the first of these is.

    Raises
    ------
    msgspec.DecodeError : if something is no such bytes.
    """
    kept = [_decoder.decode(each) for each in derived]
    told = [Told(Counter(each.stems), each.details) for each in kept]
    other = np.fromiter((places.get(name, -1) for each in kept for name in each.near), dtype=np.int64)
    own = np.repeat(np.arange(first, first + len(kept)), [len(each.near) for each in kept])
    dense, rare, score = (
        np.frombuffer(b"".join(getattr(each, name) for each in kept), dtype=np.float32) for name in ("dense", "rare", "score")
    )
    later, earlier = np.maximum(own, other), np.minimum(own, other)
    order = np.lexsort((earlier, later))
    order = order[other[order] >= 0]
    return told, FoundPairs(later[order], earlier[order], dense[order], rare[order], score[order])


__all__ = ["FORMAT", "derived_of", "restored"]
