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

_SECRET = ("service.keys.", ".hash")  # how a setting begins and ends that is never shown
_SET = "set"


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
    keys = [*now, *(key for key in before if key not in now)]
    return [
        Changed(key, _shown(key, now.get(key)), _shown(key, before.get(key)), origin.of(key))
        for key in keys
        if now.get(key) != before.get(key)
    ]


def flat(value: object, key: str = "") -> dict[str, object]:
    """Dotted key -> value of every setting; rules and keys by their names, lists and other mappings whole."""
    return dict(_leaves(value, key))


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name), f"{key}.{name}".lstrip("."))
    elif isinstance(value, dict) and any(isinstance(item, msgspec.Struct) for item in value.values()):
        for name, item in value.items():
            yield from _leaves(item, f"{key}.{name}")
    else:
        yield key, value


def _shown(key: str, value: object) -> object:
    begin, end = _SECRET
    return _SET if value is not None and key.startswith(begin) and key.endswith(end) else value


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
        asked = self._asked
        if _named(key, asked.options):
            return f"--{key.split('.')[-2 if key.endswith('.name') else -1].replace('_', '-')}"
        if variable := _named(key, asked.variables):
            return PREFIX + variable.replace(".", "_").upper()
        line = _named(f"profiles.{self._profile}.{key}", self._lines, least=3)
        if line:
            return f"{asked.config}:{self._lines[line]}, profile {self._profile}"
        if _named(key, self._overlay):
            return f"profile {self._profile}"
        line = _named(key, self._lines)
        return f"{asked.config}:{self._lines[line]}" if line else "default"


def _named(key: str, known: Mapping[str, object] | set[str], *, least: int = 1) -> str:
    """The key, or the nearest section around it of at least so many parts, that is known; "" if there is none."""
    parts = key.split(".")
    return next((name for end in range(len(parts), least - 1, -1) if (name := ".".join(parts[:end])) in known), "")


def _paths(tree: Mapping[Any, Any], at: str) -> Iterator[str]:
    """Dotted keys of what a profile sets: of values, not of the sections that hold them."""
    for name, value in tree.items():
        key = f"{at}.{name}".lstrip(".")
        if isinstance(value, dict) and value:
            yield from _paths(value, key)
        else:
            yield key


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
