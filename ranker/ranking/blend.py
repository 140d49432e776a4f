"""Blend: three signals on fixed scales, weighted and added to the score that orders stories."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ranker.settings import BlendSettings, BlendWeights

# Contributions are multiples of a power of two, 2^-16 for weights that add up to 1: sums of such numbers are exact in
# binary floating point, in any order, and so few digits that JSON writes each one out in full. A finer step would be
# rounded there, and a reader who adds decimals would find another score.
_STEPS = 16  # binary digits of the highest score there can be


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a story: as measured, from 0 to 1, its weight, and what it adds to the score."""

    value: float
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


def blended(*, quality: float, heat: float, recency: float, settings: BlendSettings) -> Blend:
    """The blend of a story's signals.

    Each is divided by its scale and held within 0 to 1, on scales from the settings: a story's score does not move
    because another story appeared.
    """
    weights = settings.weights
    step = _step(weights)
    return Blend(
        _signal(quality, quality / settings.quality_scale, weights.quality, step),
        _signal(heat, heat / settings.heat_scale, weights.heat, step),
        _signal(recency, recency, weights.recency, step),
    )


def _step(weights: BlendWeights) -> float:
    """What contributions are multiples of; coarser for weights that add up to 2 or more, so that digits stay few."""
    exponent = math.frexp(weights.quality + weights.heat + weights.recency)[1]
    return math.ldexp(1.0, max(1, exponent) - 1 - _STEPS)


def _signal(value: float, scaled: float, weight: float, step: float) -> Signal:
    normalised = min(1.0, max(0.0, scaled))
    return Signal(value, normalised, weight, round(weight * normalised / step) * step)
