"""Loading: the settings of a room, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ranker.settings import Settings
from ranker.settings_file import load_settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings and where they come from."""

    settings: Settings
    config: Path | None
    profile: str | None
    overrides: dict[str, object]


def loaded(config: str | Path | None, profile: str | None, encoder: str | None, settings: Mapping[str, object] | None) -> Loaded:
    """The settings of a file, a profile and single overrides, as `load_settings` has them.

    Raises
    ------
    SettingsError : naming file, key, value and what is allowed.
    """
    overrides = ({} if encoder is None else {"encoder.name": encoder}) | dict(settings or {})
    path = None if config is None else Path(config)
    return Loaded(load_settings(path, profile=profile, overrides=overrides), path, profile, overrides)
