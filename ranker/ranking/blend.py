"""Blend: three signals on fixed scales, weighted and added to the score that orders stories."""

from __future__ import annotations

from dataclasses import dataclass

from ranker.settings import BlendSettings

# Contributions are multiples of 2^-20: sums of such numbers are exact in binary floating point, in any order, so the
# contributions in an answer add up to the score in it to the last digit.
_QUANTUM = 2.0**-20


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
    return Blend(
        _signal(quality, quality / settings.quality_scale, weights.quality),
        _signal(heat, heat / settings.heat_scale, weights.heat),
        _signal(recency, recency, weights.recency),
    )


def _signal(value: float, scaled: float, weight: float) -> Signal:
    normalised = min(1.0, max(0.0, scaled))
    return Signal(value, normalised, weight, round(weight * normalised / _QUANTUM) * _QUANTUM)
