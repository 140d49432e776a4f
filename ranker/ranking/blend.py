"""Blend: three signals on fixed scales, weighted and added to the score that orders stories."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ranker.errors import SettingsError
from ranker.ranking.table import Floats
from ranker.settings import MOST_WEIGHT, BlendSettings, BlendWeights

# Contributions are multiples of a power of two, 2^-16 for weights that add up to 1: sums of such numbers are exact in
# binary floating point, in any order, and so few digits that JSON writes each one out in full. A finer step would be
# rounded there, and a reader who adds decimals would find another score.
_STEPS = 16  # binary digits of the highest score there can be
SIGNALS = ("quality", "heat", "recency")


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a story: as measured, its scale, from 0 to 1, its weight, and what it adds to the score."""

    value: float
    scale: float  # what normalises it, see `blended`
    normalised: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Blend:
    """The three signals and the score, which is the sum of their contributions."""

    quality: Signal
    heat: Signal
    recency: Signal

    @property
    def score(self) -> float:
        """The sum of the contributions."""
        return self.quality.contribution + self.heat.contribution + self.recency.contribution


@dataclass(frozen=True, slots=True)
class BlendColumns:
    """The blend of all stories; columns in order of `SIGNALS`."""

    scales: tuple[float, float, float]
    normalised: Floats  # (n_stories, 3)
    weights: tuple[float, float, float]
    contributions: Floats  # (n_stories, 3)
    scores: Floats  # (n_stories,) the exact sums of the contributions


def blended(*, quality: Floats, warmth: Floats, recency: Floats, settings: BlendSettings) -> BlendColumns:
    """The blend of all stories' signals.

    On fixed scales quality / quality_scale, held within 0 and 1; warmth / (warmth + heat_half), which never reaches 1, so that of two
    hot stories the hotter one is ahead (a saturating scale, as term frequency has in BM25: Robertson and Walker, 1994,
    doi:10.1007/978-1-4471-2099-5_24); recency as it is. A story's score does not move because another story appeared.
    On the list's scale each signal is divided by the highest in the list.

    Parameters
    ----------
    quality : (n_stories,) of the stories, in points.
    warmth : (n_stories,) heat above the lead's quality, in points: quality counts once.
    recency : (n_stories,) from 0 to 1.
    """
    weights = (settings.weights.quality, settings.weights.heat, settings.weights.recency)
    if settings.scale == "list":
        scales = tuple(float(max(values.max(initial=0.0), 0.0)) for values in (quality, warmth, recency))
        columns = [
            np.maximum(values, 0.0) / scale if scale else np.zeros(len(values))
            for values, scale in zip((quality, warmth, recency), scales, strict=True)
        ]
    else:
        scales = (settings.quality_scale, settings.heat_half, 1.0)
        columns = [np.clip(quality / settings.quality_scale, 0.0, 1.0), warmth / (warmth + settings.heat_half), recency]
    normalised = np.stack(columns, axis=1) if len(quality) else np.zeros((0, 3))
    step = _step(settings.weights)
    contributions = np.round(normalised * np.array(weights) / step) * step
    return BlendColumns((scales[0], scales[1], scales[2]), normalised, weights, contributions, contributions.sum(axis=1))


def blend_of(columns: BlendColumns, story: int, *, values: tuple[float, float, float]) -> Blend:
    """The blend of one story.

    Parameters
    ----------
    values : its quality, warmth and recency as measured.
    """
    parts = zip(values, columns.scales, columns.normalised[story], columns.weights, columns.contributions[story], strict=True)
    return Blend(
        *(Signal(value, scale, float(normalised), weight, float(contribution)) for value, scale, normalised, weight, contribution in parts)
    )


def parsed_weights(text: str) -> BlendWeights:
    """The weights that "quality:0.2,heat:0.5,recency:0.3" says; a signal left out weighs nothing.

    Raises
    ------
    SettingsError : saying what is wrong and what is allowed.
    """
    allowed = "write quality:0.2,heat:0.5,recency:0.3"
    weights = dict.fromkeys(SIGNALS, 0.0)
    seen: set[str] = set()
    for item in text.split(","):
        name, colon, number = (part.strip() for part in item.partition(":"))
        if not colon or name not in weights or name in seen:
            raise SettingsError(f"weights {text!r}: {item.strip()!r} names no signal, or one twice; {allowed}")
        seen.add(name)
        try:
            weights[name] = float(number)
        except ValueError as error:
            raise SettingsError(f"weights {text!r}: {number!r} is no number; {allowed}") from error
        if not 0 <= weights[name] <= MOST_WEIGHT:
            raise SettingsError(f"weights {text!r}: {number} must be a number from 0 to {MOST_WEIGHT:,}")
    if not any(weights.values()):
        raise SettingsError(f"weights {text!r}: at least one must be above 0")
    return BlendWeights(**weights)


def _step(weights: BlendWeights) -> float:
    """What contributions are multiples of; coarser for weights that add up to 2 or more, so that digits stay few."""
    exponent = math.frexp(weights.quality + weights.heat + weights.recency)[1]
    return math.ldexp(1.0, max(1, exponent) - 1 - _STEPS)
