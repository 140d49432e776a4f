"""Settings: those of the file, the profile and the variables, read as the commands read them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ranker.apps.doctor.finding import Finding
from ranker.apps.doctor.in_force import Asked, Changed, changed_settings
from ranker.apps.service.environment import checked_overrides
from ranker.errors import SettingsError
from ranker.settings import Settings
from ranker.settings_file import DEFAULT_PROFILE, load_settings

_SHOWN_CHARACTERS = 60  # of a value


def settings_findings(
    config: Path | None, profile: str | None, encoder: str | None, environ: Mapping[str, str]
) -> tuple[Settings, Settings, list[Finding]]:
    """The settings of batch commands, those of the service, and how both stand; where they are wrong, the defaults stand in."""
    options: dict[str, object] = {} if encoder is None else {"encoder.name": encoder}
    try:
        plain = load_settings(config, profile=profile, overrides=options)
    except SettingsError as error:
        advice = "mend that; the rest of this report is of the defaults"
        plain = load_settings()
        return plain, plain, [Finding("settings", "fault", str(error), advice)]
    found = [_in_force(plain, Asked(config, profile, options, {}), config, profile)]
    try:
        variables = checked_overrides(config, profile, environ, plain)
    except SettingsError as error:
        found.append(Finding("variables", "fault", str(error), "mend or unset it; `ranker serve` does not start with it"))
        return plain, plain, found
    if not variables:
        return plain, plain, found
    service = load_settings(config, profile=profile, overrides={**variables, **options})
    return plain, service, [*found, _variables(service, Asked(config, profile, options, variables))]


def _in_force(settings: Settings, asked: Asked, config: Path | None, profile: str | None) -> Finding:
    changed = changed_settings(settings, asked)
    source = "the defaults" if config is None else str(config)
    found = f"{source}, profile {profile or DEFAULT_PROFILE}; {_differ(len(changed))}"
    details = {
        "config": None if config is None else str(config),
        "profile": profile or DEFAULT_PROFILE,
        "changed": [_changed_json(item) for item in changed],
    }
    return Finding("settings", "ok", found, notes=tuple(map(setting_line, changed)), details=details)


def _differ(count: int) -> str:
    return f"{count or 'none'} {'differs' if count == 1 else 'differ'} from the defaults"


def _variables(settings: Settings, asked: Asked) -> Finding:
    """What `RANKER_*` variables change: for the service alone."""
    from ranker.apps.service.environment import PREFIX

    changed = [item for item in changed_settings(settings, asked) if item.origin.startswith(PREFIX)]
    found = f"{len(asked.variables)} RANKER_* set; `ranker serve` alone reads them"
    details = {"changed": [_changed_json(item) for item in changed]}
    return Finding("variables", "ok", found, notes=tuple(map(setting_line, changed)), details=details)


def setting_line(item: Changed) -> str:
    """A changed setting for people: "recency.half_life_hours = 6 (default 12), profile newest"."""
    before = "" if item.default is None else f" (default {_text(item.default)})"
    return f"{item.key} = {_text(item.value)}{before}, {item.origin}"


def _text(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}\u2026"


def _changed_json(item: Changed) -> dict[str, object]:
    return {"key": item.key, "value": msgspec.to_builtins(item.value), "default": msgspec.to_builtins(item.default), "origin": item.origin}
