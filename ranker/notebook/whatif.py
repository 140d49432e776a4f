"""What if: the settings that a question changes, and how much of a ranking has to be made anew for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ranker.errors import SettingsError
from ranker.ranking.blend import SIGNALS, parsed_weights
from ranker.settings import Settings
from ranker.settings_file import DEFAULT_PROFILE

Weights: TypeAlias = str | Mapping[str, float]
HalfLives: TypeAlias = float | Mapping[str, float | None]

_HALF_LIVES = ("heat", "recency")
_NOT_GIVEN = "not given"
_UNNAMED_SECTIONS = ("encoder.", "quality.")  # said of a room by other means, or too much to be said in a name
_GROUPING_SECTIONS = ("reading", "encoder", "grouping", "related")  # what stories and related lists depend on


def overrides_of(
    *, weights: Weights | None = None, half_life_hours: HalfLives | None = None, settings: Mapping[str, object] | None = None
) -> dict[str, object]:
    """The settings that a question changes, dotted key -> value; `settings` has the last word.

    Parameters
    ----------
    weights : of quality, heat and recency; one that is left out weighs nothing, as in `--weights`.
    half_life_hours : of heat and recency alike, or of each by name (None for heat: coverage never cools).

    Raises
    ------
    SettingsError : saying what is wrong and what is allowed.
    """
    found: dict[str, object] = {}
    if weights is not None:
        parsed = parsed_weights(weights if isinstance(weights, str) else ",".join(f"{name}:{value}" for name, value in weights.items()))
        found["blend.weights"] = {name: getattr(parsed, name) for name in SIGNALS}
    if half_life_hours is not None:
        hours = half_life_hours if isinstance(half_life_hours, Mapping) else dict.fromkeys(_HALF_LIVES, half_life_hours)
        for name, value in hours.items():
            if name not in _HALF_LIVES:
                raise SettingsError(f"half_life_hours: {name!r} has no half-life; allowed: {' and '.join(_HALF_LIVES)}")
            found[f"{name}.half_life_hours"] = value
    return found | dict(settings or {})


def same_groups(before: Settings, after: Settings) -> bool:
    """Whether stories and related lists made under one are those of the other."""
    return all(getattr(before, section) == getattr(after, section) for section in _GROUPING_SECTIONS)


def named(profile: str | None, overrides: Mapping[str, object]) -> str:
    """What plots and comparisons call a ranking of such settings."""
    left = {key: value for key, value in overrides.items() if not key.startswith(_UNNAMED_SECTIONS)}
    weights = left.pop("blend.weights", None)
    told = [" ".join(f"{name} {weight:g}" for name, weight in weights.items())] if isinstance(weights, Mapping) else []
    lives = [left.get(f"{name}.half_life_hours", _NOT_GIVEN) for name in _HALF_LIVES]
    if lives[0] == lives[1] != _NOT_GIVEN:
        left = {key: value for key, value in left.items() if not key.endswith(".half_life_hours")}
        told.append(f"half-lives {lives[0]} h")
    told += [f"{key} {value}" for key, value in left.items()]
    return ", ".join([*([profile or DEFAULT_PROFILE] if profile or not told else []), *told])
