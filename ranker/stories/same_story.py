"""Same story: the learned weights of evidence, kept in a readable file, and the probability that a score stands for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.articles.writing import write_atomically
from ranker.errors import ArtifactError
from ranker.stories.evidence import SIDES, Evidence
from ranker.stories.score import Score, weighted_score

FORMAT_VERSION = 1
_MOST_LOG_ODDS = 50.0  # beyond this a float64 probability is 0 or 1 anyway


class Calibration(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """From a score to log-odds: slope x score + intercept."""

    slope: float
    intercept: float


class SameStory(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The decision for one encoder: a weighted sum of evidence against a constant, and what a score means as a probability.

    Two articles are likelier one story the higher their score; groups are joined while their mean score is above 0. No weight is on
    the wrong side of `SIDES`, so more likeness never lowers a score and more time between two articles never raises it.
    """

    weights: dict[str, float]  # by name of the evidence
    join_at: float  # what the weighted evidence must exceed
    calibration: Calibration

    def score(self, evidence: Sequence[Evidence]) -> Score:
        """The score of a corpus's articles."""
        return weighted_score(evidence, self.weights, -self.join_at)

    def log_odds(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Natural log-odds of "same story" for scores."""
        return np.asarray(self.calibration.slope * scores + self.calibration.intercept, dtype=np.float64)


class SameStoryFile(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What `models/same-story.json` holds: a decision for each encoder it was trained for."""

    format: int
    created_by: str
    trained_on: list[str]
    encoders: dict[str, SameStory]  # by the encoder's name in the settings
    fallback: str  # which of them stands in for an encoder that is not among them

    def for_encoder(self, name: str) -> SameStory:
        """The decision for an encoder, or the fallback's."""
        return self.encoders.get(name, self.encoders[self.fallback])


def load_same_story(path: Path) -> SameStoryFile:
    """The decisions that a file holds.

    Raises
    ------
    ArtifactError : naming the file and what is wrong: missing, damaged, another format, an unknown kind of evidence, a weight on the
        wrong side, a slope that is not above 0.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=SameStoryFile)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror}); `ranker train same-story` makes such a file") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: is no same-story model ({error})") from error
    if found.format != FORMAT_VERSION:
        raise ArtifactError(f"{path}: format {found.format}, this version of ranker reads {FORMAT_VERSION}")
    if found.fallback not in found.encoders:
        raise ArtifactError(f"{path}: fallback {found.fallback!r} is not among its encoders ({', '.join(sorted(found.encoders))})")
    for name, model in found.encoders.items():
        _check(model, f"{path}: encoders.{name}")
    return found


def write_same_story(model: SameStoryFile, path: Path) -> None:
    """Write a file that `load_same_story` reads, one number a line; at any moment it is the old one or the new one.

    Raises
    ------
    ArtifactError : if it cannot be written.
    """
    try:
        write_atomically(path, msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be written ({error.strerror})") from error


def probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability, 0 to 1, that natural log-odds stand for."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -_MOST_LOG_ODDS, _MOST_LOG_ODDS))))


def _check(model: SameStory, where: str) -> None:
    for name, weight in model.weights.items():
        if name not in SIDES:
            raise ArtifactError(f"{where}: unknown evidence {name!r}; known: {', '.join(SIDES)}")
        if weight * SIDES[name] < 0:
            side = "below" if weight < 0 else "above"
            raise ArtifactError(f"{where}: weight {weight} of {name} must not be {side} 0: that evidence speaks for the other side")
    if model.calibration.slope <= 0:
        raise ArtifactError(f"{where}: calibration slope {model.calibration.slope} must be above 0")
