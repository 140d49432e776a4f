"""Settings files: `defaults.yaml`, one file of the user's over it, a profile over both, checked and typed."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec
import yaml

from ranker.errors import SettingsError, near
from ranker.settings import Settings

DEFAULT_PROFILE = "balanced"

# Below these keys a mapping is one value: the user's replaces the default's, nothing is merged into it.
_WHOLE = {("publishers", "groups"), ("order", "group_leads")}
_MAX_DEPTH = 16  # levels of nesting; the deepest setting has four, of a profile six
_MAX_SHOWN_CHARACTERS = 80


def load_settings(path: Path | None = None, *, profile: str | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
    """Settings of a run: the defaults, then the file, then the profile, then single overrides.

    Parameters
    ----------
    path : a YAML file whose keys replace defaults; None for the defaults alone.
    profile : one of the profiles in the defaults or in the file; None for "balanced".
    overrides : dotted key -> value ("encoder.name" -> "static"), the last word.

    Raises
    ------
    SettingsError : naming file, key, value and what is allowed.
    """
    source, tree, profiles = _sources(path)
    wanted = DEFAULT_PROFILE if profile is None else profile
    if wanted not in profiles:
        raise SettingsError(f"{source}: no profile {wanted!r}; there are {', '.join(sorted(profiles))}{near(wanted, profiles)}")
    _converted(tree, source)
    for name, overlay in sorted(profiles.items()):
        checked = _converted(_merged(tree, overlay), f"{source}, profile {name}")
        if name == wanted:
            chosen = checked
    if not overrides:
        return chosen
    tree = _merged(tree, profiles[wanted])
    for key, value in overrides.items():
        tree = _overridden(tree, key.split("."), value)
    return _converted(tree, "override")


def profile_names(path: Path | None = None) -> list[str]:
    """Names of all profiles that the defaults and the file at `path` hold, sorted."""
    return sorted(_sources(path)[2])


def profile_overlay(path: Path | None, name: str) -> dict[str, Any]:
    """What a profile changes, section by section."""
    return _sources(path)[2][name]


def defaults_text() -> str:
    """The text of `defaults.yaml`, comments and all."""
    return resources.files("ranker").joinpath("defaults.yaml").read_text("utf-8")


def _defaults() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.load(defaults_text(), Loader=yaml.CSafeLoader))


def _sources(path: Path | None) -> tuple[str, dict[str, Any], dict[str, dict[str, Any]]]:
    """What messages call the settings, the defaults with the file's keys laid over them, and the profiles of both."""
    source, tree = "defaults.yaml", _defaults()
    if path is not None:
        source, tree = str(path), _resolve_files(_merged(tree, _read_yaml(path)), path)
    profiles = _profiles(tree.pop("profiles"), source)
    return source, tree, profiles if path is None else {name: _resolve_files(overlay, path) for name, overlay in profiles.items()}


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 (byte {error.start})") from error
    try:
        _check_depth(text, path)
        tree = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        where = "" if error.problem_mark is None else f" line {error.problem_mark.line + 1}"
        raise SettingsError(f"{path}:{where} is not YAML ({error.problem})") from error
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise SettingsError(f"{path}: line {line} is not YAML (holds the character U+{error.character:04X})") from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SettingsError(f"{path}: must be a mapping of sections, not {type(tree).__name__}")
    return tree


def _check_depth(text: str, path: Path) -> None:
    """Refuse nesting that no setting has: the C parser's own composer overflows the stack on very deep input."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark is not None else 1
            raise SettingsError(f"{path}: line {line} is nested deeper than {_MAX_DEPTH} levels")


class _UniqueKeyLoader(yaml.CSafeLoader):
    """The safe loader; a key that stands twice is an error, where the last value would have won."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _resolve_files(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    """Replace `known_providers: {file: PATH}` by the lines of that file; paths in a settings file are relative to it."""
    grouping = tree.get("grouping")
    if isinstance(grouping, dict) and isinstance(grouping.get("same_story_model"), str):
        tree = tree | {"grouping": grouping | {"same_story_model": str(path.parent / grouping["same_story_model"])}}
    publishers = tree.get("publishers")
    if isinstance(publishers, dict) and isinstance(publishers.get("files"), list):
        files = [str(path.parent / name) if isinstance(name, str) else name for name in publishers["files"]]
        tree = tree | {"publishers": publishers | {"files": files}}
    quality = tree.get("quality")
    if not isinstance(quality, dict) or not isinstance(quality.get("known_providers"), dict):
        return tree
    reference = quality["known_providers"]
    if set(reference) != {"file"} or not isinstance(reference["file"], str):
        raise SettingsError(f"{path}: quality.known_providers: {_shown(reference)}; allowed: a list of domains, or {{file: PATH}}")
    listed = path.parent / reference["file"]
    try:
        lines = listed.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise SettingsError(f"{path}: quality.known_providers: {listed} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: quality.known_providers: {listed} is not UTF-8 (byte {error.start})") from error
    domains = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tree | {"quality": quality | {"known_providers": domains}}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], at: tuple[str, ...] = ()) -> dict[str, Any]:
    """`base` with the keys of `over` laid over it, mapping by mapping."""
    result = dict(base)
    for key, value in over.items():
        path = (*at, key)
        below = result.get(key)
        below_profile = path[2:] if path[0] == "profiles" else path
        # A rule that names its test is a new rule, not a change of the one that had its name.
        is_whole = below_profile in _WHOLE or (below_profile[:-1] == ("quality", "rules") and isinstance(value, dict) and "test" in value)
        result[key] = _merged(below, value, path) if isinstance(below, dict) and isinstance(value, dict) and not is_whole else value
    return result


def _overridden(tree: Mapping[str, Any], keys: Sequence[str], value: object, at: tuple[str, ...] = ()) -> dict[str, Any]:
    """`tree` with the value at a path of keys set; what stands beside it stays."""
    head, *rest = keys
    if not rest:
        return _merged(tree, {head: value}, at)
    below = tree.get(head)
    return {**tree, head: _overridden(below if isinstance(below, dict) else {}, rest, value, (*at, head))}


def _profiles(tree: object, source: str) -> dict[str, dict[str, Any]]:
    if not isinstance(tree, dict):
        raise SettingsError(f"{source}: profiles: must map a name to the settings it changes")
    for name, overlay in tree.items():
        if not isinstance(name, str) or not isinstance(overlay, dict):
            raise SettingsError(f"{source}: profiles.{name}: {overlay!r}; allowed: a mapping of settings")
    return tree


def _converted(tree: Mapping[str, Any], source: str) -> Settings:
    try:
        settings = msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{source}: {_explained(tree, str(error))}") from error
    for key, number in _numbers(settings, ""):
        if not math.isfinite(number):
            raise SettingsError(f"{source}: {key} = {number}: expected a finite number")
    return settings


def _numbers(value: object, key: str) -> Iterator[tuple[str, float]]:
    """Dotted key and value of every number."""
    if isinstance(value, float):
        yield key, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _numbers(getattr(value, name), f"{key}.{name}".lstrip("."))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(item, f"{key}.{name}")


def _explained(tree: Mapping[str, Any], message: str) -> str:
    """The decoder's complaint as key, value and what is allowed."""
    complaint, _, location = message.partition(" - at ")
    key, value, kind = _found(tree, re.findall(r"\[(?:\.\.\.|\d+)\]|[^.\[\]`]+", location.partition("`$")[2]))
    dot = "." if key else ""
    if location.startswith("`key`"):
        wrong = next(name for name in value if not isinstance(name, str))
        return f"{key}{dot}{_shown(wrong)}: a key must be text"
    unknown = re.fullmatch("Object contains unknown field `(.*)`", complaint, re.DOTALL)
    if unknown is not None:
        names = _section(kind).__struct_fields__
        return f"{key}{dot}{unknown[1]}: unknown key; allowed: {', '.join(names)}{near(unknown[1], names)}"
    options = [repr(option) for part in (kind, *get_args(kind)) if get_origin(part) is Literal for option in get_args(part)]
    if options:
        complaint = f"expected {' or '.join(options)}{' or a number' if float in get_args(kind) else ''}"
    shown = "" if isinstance(value, dict) or key.startswith(_HIDDEN) else f" = {_shown(value)}"
    for theirs, ours in _KINDS.items():
        complaint = complaint.replace(theirs, ours)
    return f"{key}{shown}: {complaint[:1].lower()}{complaint[1:]}"


_HIDDEN = "service.keys"  # what stands there by mistake may be a key, which no message shows
_KINDS = {"`object`": "a mapping", "`array`": "a list", "`object | null`": "a mapping or `null`", "`str | array`": "`str` or a list"}


def _found(tree: Any, path: Sequence[str]) -> tuple[str, Any, Any]:
    """Name, value and type at the decoder's path; "[...]" is the first entry of a mapping that does not fit its type."""
    key, value, kind = "", tree, cast("Any", Settings)
    for part in path:
        if part == "[...]":
            kind = get_args(_of_origin(dict, kind))[1]
            name = next(name for name in value if not _fits(value[name], kind))
            key, value = f"{key}.{name}", value[name]
        elif part.startswith("["):
            kind = get_args(_of_origin(list, kind))[0]
            key, value = f"{key}{part}", value[int(part[1:-1])]
        else:
            kind = get_type_hints(_section(kind))[part]
            key, value = f"{key}.{part}".lstrip("."), value[part]
    return key, value, kind


def _section(kind: Any) -> Any:
    """The section among the types that a value may have."""
    return next(part for part in (kind, *get_args(kind)) if isinstance(part, msgspec.StructMeta))


def _of_origin(origin: type, kind: Any) -> Any:
    """The list or mapping among the types that a value may have."""
    return next(part for part in (kind, *get_args(kind)) if get_origin(part) is origin)


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _shown(value: object) -> str:
    """`value` for a message: a long or deep one is cut."""
    short = reprlib.Repr()
    short.maxlevel = 2
    short.maxstring = short.maxother = _MAX_SHOWN_CHARACTERS
    return short.repr(value)
