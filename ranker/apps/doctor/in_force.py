"""In force: the settings that differ from the defaults, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ranker.apps.service.environment import PREFIX
from ranker.errors import SettingsError
from ranker.settings import Settings
from ranker.settings_file import DEFAULT_PROFILE, load_settings, profile_overlay

_KEYS, _HASH = "service.keys", ".hash"  # how a setting begins and ends that is never shown
_SET = "set"
_OPTIONS = {"encoder.name": "--encoder", "blend.weights": "--weights", "cache.enabled": "--no-cache"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Where settings are taken from: a file, a profile, options of the command line, variables of the environment."""

    config: Path | None
    profile: str | None
    options: Mapping[str, object]  # dotted key -> value
    variables: Mapping[str, object]  # dotted key -> value, of RANKER_* variables


@dataclass(frozen=True, slots=True)
class Changed:
    """A setting that is not at its default.

    Parameters
    ----------
    value, default : None where there is none; a secret is "set".
    origin : "ranker.yaml:12", "profile newest", "RANKER_SERVICE_PORT", "--encoder".
    """

    key: str
    value: object
    default: object
    origin: str


def changed_settings(settings: Settings, asked: Asked) -> list[Changed]:
    """What differs from the defaults, in the order of the settings; the last that said it is the origin."""
    now, before = flat(settings), flat(load_settings())
    origin = _Origins(asked)
    return [
        Changed(key, _shown(key, value), _shown(key, before.get(key)), origin.of(key))
        for key, value in now.items()
        if key not in before or value != before[key]
    ]


def flat(value: object, key: str = "") -> dict[str, object]:
    """Dotted key -> value of every setting; lists and mappings whole, but rules and keys of the service by their names."""
    return dict(_leaves(value, key))


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name), f"{key}.{name}".lstrip("."))
    elif isinstance(value, dict) and any(isinstance(item, msgspec.Struct) for item in value.values()):
        for name, item in value.items():
            if key == _KEYS:
                yield from _leaves(item, f"{key}.{name}")
            else:
                yield f"{key}.{name}", msgspec.to_builtins(item)
    else:
        yield key, value


def _shown(key: str, value: object) -> object:
    return _SET if value is not None and key.startswith(f"{_KEYS}.") and key.endswith(_HASH) else value


class _Origins:
    """Who said a setting last: an option, a variable, the profile, the file."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._lines = {} if asked.config is None else key_lines(asked.config)
        self._profile = asked.profile or DEFAULT_PROFILE
        try:
            overlay = profile_overlay(asked.config, self._profile)
        except (SettingsError, KeyError):
            overlay = {}
        self._overlay = set(_paths(overlay, ""))

    def of(self, key: str) -> str:
        """The origin of one setting."""
        asked, in_profile = self._asked, f"profiles.{self._profile}.{key}"
        if option := _around(key, asked.options):
            return _OPTIONS.get(option, f"--{option.rpartition('.')[2].replace('_', '-')}")
        if variable := _around(key, asked.variables):
            return PREFIX + variable.replace(".", "_").upper()
        if in_profile in self._lines:
            return f"{asked.config}:{self._lines[in_profile]}, profile {self._profile}"
        if key in self._overlay:
            return f"profile {self._profile}"
        line = _around(key, self._lines)
        return f"{asked.config}:{self._lines[line]}" if line else "default"


def _around(key: str, known: Mapping[str, object]) -> str:
    """The key, or the nearest section around it, that is known; "" if there is none."""
    parts = key.split(".")
    return next((name for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) in known), "")


def _paths(tree: Mapping[Any, Any], at: str) -> Iterator[str]:
    """Dotted keys of all that a profile names."""
    for name, value in tree.items():
        key = f"{at}.{name}".lstrip(".")
        yield key
        if isinstance(value, dict):
            yield from _paths(value, key)


def key_lines(path: Path) -> dict[str, int]:
    """Dotted key -> the line in a settings file where it stands; of a file that is no YAML, nothing."""
    try:
        root = yaml.compose(path.read_text("utf-8-sig"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return dict(_node_lines(root, ""))


def _node_lines(node: yaml.Node | None, at: str) -> Iterator[tuple[str, int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for name, value in node.value:
        key = f"{at}.{name.value}".lstrip(".")
        yield key, name.start_mark.line + 1
        yield from _node_lines(value, key)
