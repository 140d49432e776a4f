"""A process that is killed at any moment loses nothing it acknowledged and leaves nothing half done."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ranker.desk.sqlite import SqliteStore

KILLS = 60
MOST_LINES = 30  # heard of a process before it is killed, so that a busy machine kills it no earlier in its work than an idle one
LONGEST_SECONDS = 0.005  # from the last of these to the kill; opening, accepting and deciding each take about as long

# Loads once what takes long to load; then makes a child of itself for each line it is given, and says when that is dead.
NURSERY = r"""
import os, random, sys
from datetime import UTC, datetime
from pathlib import Path
from ranker.articles.article import Article
from ranker.desk.records import Change, Decided, Event, KeptArticle, StoryRecord
from ranker.desk.sqlite import SqliteStore

NOW = datetime(2026, 3, 11, 18, tzinfo=UTC)


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # whole or not at all


def work(path, seed):
    rng = random.Random(seed)
    store = SqliteStore(path)
    events = store.last_event_number()
    known = [kept.article.id for kept in store.load().articles]
    say("open")
    while True:
        names = [f"{seed}-{rng.getrandbits(64):x}" for _ in range(rng.randint(1, 5))]
        say("accepted", *store.accept([Change("put", NOW, Article(name, "Title " * rng.randint(1, 200))) for name in names]))
        if rng.random() < 0.5:
            continue
        changes = store.waiting(limit=rng.randint(1, 20))
        put = tuple(KeptArticle(change.article, NOW, f"s{change.number % 50}", os.urandom(256)) for change in changes)
        moved = {name: f"s{rng.randrange(50)}" for name in rng.sample(known, min(len(known), 5))}
        removed = tuple(rng.sample(known, len(known) // 20))
        stories = tuple(StoryRecord(f"s{i}", "sealed", NOW, NOW) for i in range(50))
        told = [("grown", change.article.id) for change in changes] + [("shrunk", name) for name in removed]
        events_now = tuple(Event(events + i, kind, "s0", NOW, "killed?", (name,)) for i, (kind, name) in enumerate(told, start=1))
        up_to = changes[-1].number if changes else 0
        store.commit(Decided(up_to, put=put, moved=moved, removed=removed, stories=stories, events=events_now))
        say("decided", up_to, events + len(told))
        events += len(told)
        known = [name for name in known if name not in removed] + [kept.article.id for kept in put]
        if rng.random() < 0.1:
            store.compact()
            say("compacted")


for line in sys.stdin:
    path, seed = line.split()
    child = os.fork()
    if not child:
        say("born", os.getpid())
        try:
            work(Path(path), int(seed))
        except BaseException as error:
            say("failed", repr(error))
        os._exit(1)
    os.waitpid(child, 0)
    say("dead")
"""


@dataclass
class Told:
    """What the killed processes said so far."""

    accepted: set[int] = field(default_factory=set)
    decided: int = 0
    events: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def hear(self, line: str) -> None:
        word, *numbers = line.split()
        assert word not in {"failed", "dead"}, line
        self.counts[word] = self.counts.get(word, 0) + 1
        if word == "accepted":
            assert self.accepted.isdisjoint(map(int, numbers)), "a number was given twice"
            self.accepted.update(map(int, numbers))
        elif word == "decided":
            self.decided, self.events = max(self.decided, int(numbers[0])), int(numbers[1])


@pytest.fixture
def nursery() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a loaded process is copied by fork, to be killed 60 times in seconds")
def test_nothing_acknowledged_is_lost_and_nothing_is_half_there_after_any_kill(nursery: subprocess.Popen[str], tmp_path: Path) -> None:
    path, told, rng = tmp_path / "desk.sqlite", Told(), random.Random(20260311)
    for seed in range(KILLS):
        kill(nursery, path, seed, rng, told)
        check(path, told)
    assert min(told.counts[word] for word in ("open", "accepted", "decided", "compacted")) >= 10


def kill(nursery: subprocess.Popen[str], path: Path, seed: int, rng: random.Random, told: Told) -> None:
    """Let a process work for a while, kill it and hear what it had said."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{path} {seed}\n")
    nursery.stdin.flush()
    born = re.fullmatch(r"born (\d+)\n", nursery.stdout.readline())
    assert born is not None
    for _ in range(rng.randint(0, MOST_LINES)):
        told.hear(nursery.stdout.readline())
    time.sleep(rng.uniform(0, LONGEST_SECONDS))
    os.kill(int(born[1]), signal.SIGKILL)
    while (line := nursery.stdout.readline()) != "dead\n":
        told.hear(line)


def check(path: Path, told: Told) -> None:
    if not path.exists():  # killed before it was made
        assert told.accepted == set()
        return
    with closing(SqliteStore(path)) as store:
        assert store.verify() == []
        decided, waiting = store.load().decided, [change.number for change in store.waiting(limit=1_000_000)]
        assert decided >= told.decided
        assert store.last_event_number() >= told.events
        assert {number for number in told.accepted if number > decided} <= set(waiting)
        # A round puts and removes articles, tells of each and takes its change from those that wait: all of it or nothing.
        events = store.events(after=0, limit=1_000_000)
        came: set[str] = set()
        for event in events:
            (came.update if event.kind == "grown" else came.difference_update)(event.articles)
        assert {kept.article.id for kept in store.load().articles} == came
        assert sum(event.kind == "grown" for event in events) == decided
