"""Environment: settings of the service from variables `RANKER_*`, any setting by its path in upper case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

import msgspec
import yaml

from ranker.errors import SettingsError
from ranker.settings import Settings
from ranker.settings_file import load_settings

PREFIX = "RANKER_"
_NO_SETTINGS = frozenset({"RANKER_CACHE_DIR"})  # read elsewhere, see docs/service.md
_NEAR_NAMES = 3
_OF_OVERRIDES = "override: "  # how a complaint about an override begins


def service_settings(
    path: Path | None, *, profile: str | None = None, environ: Mapping[str, str], options: Mapping[str, object] | None = None
) -> Settings:
    """Settings of the service: the file, the profile, the environment, and options of the command line over all of them.

    Parameters
    ----------
    options : dotted key -> value.

    Raises
    ------
    SettingsError : naming file or variable, value and what is allowed.
    """
    plain = load_settings(path, profile=profile)
    return load_settings(path, profile=profile, overrides={**checked_overrides(path, profile, environ, plain), **(options or {})})


def checked_overrides(path: Path | None, profile: str | None, environ: Mapping[str, str], plain: Settings) -> dict[str, object]:
    """What the environment sets, dotted key -> value, a section before what is in it; a mistake is named by its variable.

    Parameters
    ----------
    plain : the settings without the environment; they say which rules there are.
    """
    names = variables(plain)
    found = {name: _value(name, text) for name, text in environ.items() if name.startswith(PREFIX) and name not in _NO_SETTINGS}
    for name in sorted(found):
        if name not in names:
            raise SettingsError(f"{name}: {_unknown(name, names)}")
    overrides = {names[name]: found[name] for name in sorted(found, key=lambda name: (len(names[name]), name))}
    try:
        load_settings(path, profile=profile, overrides=overrides)
    except SettingsError as error:
        raise SettingsError(_by_variable(str(error), overrides)) from error
    return overrides


def variables(settings: Settings) -> dict[str, str]:
    """Every variable there is -> the dotted key of its setting, sections too."""
    return {PREFIX + key.replace(".", "_").upper(): key for key in _keys(settings, "")}


def _keys(value: object, key: str) -> Iterator[str]:
    if key:
        yield key
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _keys(getattr(value, name), f"{key}.{name}".lstrip("."))
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, msgspec.Struct):  # a rule or a key by its name
                yield from _keys(item, f"{key}.{name}")


def _value(name: str, text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{name}: is not YAML ({getattr(error, 'problem', None) or 'an odd character'})") from error


def _unknown(name: str, names: Mapping[str, str]) -> str:
    known = [each.removeprefix(PREFIX) for each in names]
    near = get_close_matches(name.removeprefix(PREFIX), known, n=_NEAR_NAMES)
    if near:
        return f"there is no such setting; near it: {', '.join(PREFIX + each for each in near)}"
    return "there is no such setting; a setting's name is its path in upper case, as RANKER_SERVICE_PORT"


def _by_variable(complaint: str, overrides: Mapping[str, object]) -> str:
    """The complaint about a dotted key, begun with the variable that set it."""
    told = complaint.removeprefix(_OF_OVERRIDES)
    for key in sorted(overrides, key=len, reverse=True):
        if told != complaint and (told == key or told[len(key) :].startswith((" ", ".", ":", "["))) and told.startswith(key):
            return f"{PREFIX}{key.replace('.', '_').upper()}: {told}"
    return complaint if told == complaint else f"{PREFIX}*: {told}"
