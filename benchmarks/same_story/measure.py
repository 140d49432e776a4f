"""Measure: every setting of every peer on every set, kept raw; which settings to show is decided from that."""

from __future__ import annotations

import os
import platform
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.same_story.methods import NOISE, Input, Labels, Setting
from benchmarks.same_story.peers import Peer, missing_packages, settings_of
from benchmarks.same_story.sets import LabelledSet, SetAbout
from ranker.evaluation.metrics import b_cubed

_DIGITS = 4
_WARM_UP_ARTICLES = 64  # enough for every library to load and compile all that it uses
_LIBRARIES = ("ranker", "numpy", "scipy", "scikit-learn", "sentence-transformers", "torch")


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One setting on one set: B-cubed, number of groups (articles left alone counted), seconds of grouping alone."""

    f1: float
    precision: float
    recall: float
    groups: int
    seconds: float  # of the processor
    error: str = ""  # why the peer failed; its articles then count as left alone


class Run(msgspec.Struct, frozen=True):
    """One setting on all sets, in their order."""

    setting: dict[str, str | int | float | None]
    figures: list[Figure]

    @property
    def mean_f1(self) -> float:
        """Mean over the sets, each counted once whatever its size."""
        return float(np.mean([figure.f1 for figure in self.figures]))


class PeerResult(msgspec.Struct, frozen=True):
    """All runs of a peer, the default first; none if packages are missing."""

    key: str
    name: str
    taken: str
    packages: dict[str, str]
    missing: list[str]
    runs: list[Run]

    @property
    def default(self) -> Run:
        """The run with the peer's own default."""
        return self.runs[0]

    @property
    def one_cut(self) -> Run:
        """The run with the best mean F1 over all sets; of equal ones the first."""
        return max(self.runs, key=lambda run: run.mean_f1)

    def best_cut(self, place: int) -> Run:
        """The run with the best F1 on one set; of equal ones the first."""
        return max(self.runs, key=lambda run: run.figures[place].f1)


class Result(msgspec.Struct, frozen=True, rename="camel"):
    """Everything measured, and what it was measured on and with."""

    inputs: list[str]
    labels: str
    encoder: str
    fingerprint: str
    shares: list[float]
    seed: int
    machine: dict[str, str | int]
    libraries: dict[str, str]
    sets: list[SetAbout]
    peers: list[PeerResult]


def measured(peer: Peer, sets: Sequence[LabelledSet]) -> PeerResult:
    """A peer's figures for each of its settings on each set."""
    missing = missing_packages(peer)
    taken = datetime.now(tz=UTC).isoformat(timespec="seconds")
    if missing:
        return PeerResult(peer.key, peer.name, taken, {}, missing, [])
    versions = {name: metadata.version(name) for name in peer.packages}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries', about their own future and about small inputs
        _run(peer, peer.default, _first(sets[0].given, _WARM_UP_ARTICLES))  # imports and compilers are in nobody's time
        runs = [Run(dict(setting), [figure_of(peer, setting, each) for each in sets]) for setting in settings_of(peer)]
    return PeerResult(peer.key, peer.name, taken, versions, [], runs)


def figure_of(peer: Peer, setting: Setting, labelled: LabelledSet) -> Figure:
    """One setting on one set; articles without a label take part in the grouping and are left out of the figures."""
    labels, seconds, error = _run(peer, setting, labelled.given)
    groups = with_singletons(labels)
    rows = [row for row, article in enumerate(labelled.given.articles) if article.id in labelled.truth]
    truth = [labelled.truth[labelled.given.articles[row].id] for row in rows]
    agreement = b_cubed(truth, groups[rows].tolist())
    f1, precision, recall = (round(number, _DIGITS) for number in (agreement.f1, agreement.precision, agreement.recall))
    return Figure(f1, precision, recall, len(set(groups.tolist())), round(seconds, _DIGITS), error)


def with_singletons(labels: Labels) -> Labels:
    """The labels with each noise article in a group of its own."""
    result = labels.copy()
    noise = np.flatnonzero(labels == NOISE)
    result[noise] = max(int(labels.max(initial=NOISE)), NOISE) + 1 + np.arange(len(noise))
    return result


def libraries() -> dict[str, str]:
    """Versions of what every peer stands on."""
    return {name: metadata.version(name) for name in _LIBRARIES}


def machine() -> dict[str, str | int]:
    """What the figures were taken on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count() or 1,
        "threads": os.environ.get("OMP_NUM_THREADS", "any"),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def as_text(result: Result) -> str:
    """The result as JSON, a run a line."""
    lines = []
    for peer in result.peers:
        head = msgspec.json.encode(msgspec.structs.replace(peer, runs=[])).decode().removesuffix("]}")
        runs = ",\n   ".join(msgspec.json.encode(run).decode() for run in peer.runs)
        lines.append(f"{head}\n   {runs}]}}" if runs else f"{head}]}}")
    head = msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(result, peers=[])), indent=1).decode()
    return head.removesuffix("[]\n}") + "[\n  " + ",\n  ".join(lines) + "\n ]\n}\n"


def _run(peer: Peer, setting: Setting, given: Input) -> tuple[Labels, float, str]:
    """Labels, processor seconds, and what went wrong."""
    started = time.process_time()
    try:
        labels, error = peer.run(given, setting), ""
    except Exception as failure:
        if not peer.may_fail:
            raise
        labels, error = np.full(len(given.articles), NOISE, dtype=np.int64), f"{type(failure).__name__}: {failure}"
    return labels, time.process_time() - started, error


def _first(given: Input, number: int) -> Input:
    return replace(given, articles=given.articles[:number], vectors=given.vectors[:number])
