"""Work: what the deciding thread and the encoder did, in numbers that any thread may read."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from ranker.desk.records import Event
from ranker.vectors.encoder import Encoder, Progress, Vectors

_KNOWN_TEXTS = 4096  # vectors of the newest texts, 6 MB: the same agency copy comes from many providers within hours


@dataclass(slots=True)
class Work:
    """Counters since the start. One thread writes each of them, so that nobody has to wait for a lock."""

    decide_seconds: float = 0.0
    advance_seconds: float = 0.0
    encoder_seconds: float = 0.0
    decided: int = 0  # changes
    rounds: int = 0
    embedded: int = 0  # texts
    known: int = 0  # texts whose vector was known from before
    dropped: int = 0  # articles that retention dropped
    failed_rounds: int = 0
    set_aside: int = 0  # changes
    events: Counter[str] = field(default_factory=Counter)  # by kind
    last_event: int = 0  # number of the last event that the published edition holds

    def count(self, events: Iterable[Event]) -> None:
        """Count events that an edition now holds."""
        for event in events:
            self.events[event.kind] += 1
            self.last_event = event.number

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Time a round of the desk."""
        started = time.perf_counter()
        yield
        self.decide_seconds += time.perf_counter() - started
        self.rounds += 1

    @contextmanager
    def advancing(self) -> Iterator[None]:
        """Time what goes on without a change."""
        started = time.perf_counter()
        yield
        self.advance_seconds += time.perf_counter() - started


class WatchedEncoder:
    """An encoder that is timed, and that computes the newest texts once."""

    def __init__(self, encoder: Encoder, work: Work, *, known_texts: int = _KNOWN_TEXTS) -> None:
        self._encoder = encoder
        self._work = work
        self._most = known_texts
        self._known: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """See `Encoder.encode`."""
        if not texts:
            return self._encoder.encode(texts)
        hashes = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        with self._lock:
            vectors = {text_hash: self._known[text_hash] for text_hash in hashes if text_hash in self._known}
        known = sum(text_hash in vectors for text_hash in hashes)
        missing = {text_hash: text for text_hash, text in zip(hashes, texts, strict=True) if text_hash not in vectors}
        started = time.perf_counter()
        if missing:
            vectors |= dict(zip(missing, self._encoder.encode(list(missing.values()), progress=progress), strict=True))
        seconds = time.perf_counter() - started
        with self._lock:
            self._work.encoder_seconds += seconds
            self._work.embedded += len(texts)
            self._work.known += known
            for text_hash in list(missing)[-self._most :]:
                self._known[text_hash] = vectors[text_hash].copy()  # a row alone, not the table that it is a view of
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return np.stack([vectors[text_hash] for text_hash in hashes])
