"""Divisions of items into groups, in one form that tells nothing of the labels' names."""

from __future__ import annotations

from collections.abc import Hashable, Iterable


def canonical(labels: Iterable[Hashable]) -> list[int]:
    """Each item's group by its first appearance: [7, 7, 2] and ["x", "x", "y"] are both [0, 0, 1]."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]
