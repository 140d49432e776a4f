"""Typed, validated settings: `defaults.yaml`, one file of the user's over it, a profile over both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
import yaml

from ranker.errors import SettingsError

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
UnitInterval = Annotated[float, msgspec.Meta(ge=0, le=1)]
Cosine = Annotated[float, msgspec.Meta(ge=-1, le=1)]
PositiveInt = Annotated[int, msgspec.Meta(ge=1)]

DEFAULT_PROFILE = "balanced"


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every settings section: frozen, and an unknown key is an error."""


class ReadingSettings(_Section, frozen=True):
    """What is refused or mended while articles are read."""

    max_file_megabytes: Positive
    max_front_matter_kilobytes: Positive
    max_title_characters: PositiveInt
    max_excerpt_characters: PositiveInt
    future_tolerance_hours: NotNegative
    default_provider_from_domain: bool


class EncoderSettings(_Section, frozen=True):
    """Which encoder makes the vectors, and how."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    batch_size: PositiveInt
    precision: Literal["auto", "float32", "bfloat16"]


class CacheSettings(_Section, frozen=True):
    """Where vectors are kept between runs."""

    enabled: bool
    directory: str | None
    max_megabytes: Positive


class GroupingSettings(_Section, frozen=True):
    """How evidence becomes the log-odds of "same story" (first form: a fixed linear score)."""

    window_days: Positive
    dense_weight: NotNegative
    rare_word_weight: NotNegative
    time_penalty: NotNegative
    time_saturation_days: Positive
    join_at: float
    log_odds_per_point: Positive
    min_dense: Cosine
    min_rare_words: Annotated[float, msgspec.Meta(gt=0, le=1)]
    far_score: float
    block_rows: PositiveInt


class PublisherSettings(_Section, frozen=True):
    """Which providers belong to one owner."""

    groups: dict[str, list[str]]


class QualityPoints(_Section, frozen=True):
    """Points of the scorecard, one key a feature."""

    topic: float
    image: float
    amp: float
    types: dict[str, float]
    own_feed: float
    known_provider: float
    unknown_provider: float
    topic_term_in_title: float
    title_character_over: float


class QualitySettings(_Section, frozen=True):
    """The scorecard: what an article is worth by itself, in points."""

    base: float
    floor: float
    cap: float | None
    points: QualityPoints
    title_length_limit: Annotated[int, msgspec.Meta(ge=0)]
    own_feeds: list[str]
    known_providers: list[str]
    topic_terms: list[list[str]]
    publish_at: float


class HeatSettings(_Section, frozen=True):
    """How coverage becomes heat, in quality's points."""

    points_per_coverage: NotNegative
    half_life_hours: Positive | None
    coverage: Literal["story", "related"]
    non_lead: Literal["own"] | float


class RecencySettings(_Section, frozen=True):
    """How fast freshness halves."""

    half_life_hours: Positive


class BlendWeights(_Section, frozen=True):
    """Weights of the three normalised signals; their sum is the highest score there is."""

    quality: NotNegative
    heat: NotNegative
    recency: NotNegative


class BlendSettings(_Section, frozen=True):
    """How the three signals become one score."""

    weights: BlendWeights
    quality_scale: Positive
    heat_scale: Positive


class RelatedSettings(_Section, frozen=True):
    """What stands in an article's `related`."""

    limit: Annotated[int, msgspec.Meta(ge=0)]
    per_provider: PositiveInt
    same_story_first: bool
    min_similarity: Cosine
    window_days: Positive
    time_decay_days: Positive
    keep_unknown: bool


class Settings(_Section, frozen=True):
    """All settings of one run."""

    reading: ReadingSettings
    encoder: EncoderSettings
    cache: CacheSettings
    grouping: GroupingSettings
    publishers: PublisherSettings
    quality: QualitySettings
    heat: HeatSettings
    recency: RecencySettings
    blend: BlendSettings
    related: RelatedSettings


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
    tree = _defaults()
    source = "defaults.yaml"
    if path is not None:
        source = str(path)
        tree = _merged(tree, _resolve_files(_read_yaml(path), path), ())
    profiles = _profiles(tree.pop("profiles"), source)
    wanted = DEFAULT_PROFILE if profile is None else profile
    if wanted not in profiles:
        raise SettingsError(f"{source}: no profile {wanted!r}; there are {', '.join(sorted(profiles))}")
    for name, overlay in sorted(profiles.items()):
        checked = _converted(_merged(tree, overlay, ("profiles", name)), f"{source}, profile {name}")
        if name == wanted:
            chosen = checked
    if not overrides:
        return chosen
    tree = _merged(tree, profiles[wanted], ("profiles", wanted))
    for key, value in overrides.items():
        tree = _merged(tree, _nested(key, value), ("override",))
    return _converted(tree, "override")


def profile_names(path: Path | None = None) -> list[str]:
    """Names of all profiles that the defaults and the file at `path` hold, sorted."""
    tree = _defaults()
    if path is not None:
        tree = _merged(tree, _read_yaml(path), ())
    return sorted(_profiles(tree["profiles"], str(path)))


def defaults_text() -> str:
    """The text of `defaults.yaml`, comments and all."""
    return resources.files("ranker").joinpath("defaults.yaml").read_text("utf-8")


def _defaults() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.load(defaults_text(), Loader=yaml.CSafeLoader))


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 (byte {error.start})") from error
    try:
        tree = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise SettingsError(f"{path}:{where} is not YAML ({getattr(error, 'problem', error)})") from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SettingsError(f"{path}: must be a mapping of sections, not {type(tree).__name__}")
    return tree


def _resolve_files(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    """Replace `known_providers: {file: PATH}` (relative to the settings file) by the lines of that file."""
    quality = tree.get("quality")
    if not isinstance(quality, dict) or not isinstance(quality.get("known_providers"), dict):
        return tree
    reference = quality["known_providers"]
    if set(reference) != {"file"} or not isinstance(reference["file"], str):
        raise SettingsError(f"{path}: quality.known_providers: {reference!r}; allowed: a list of domains, or {{file: PATH}}")
    listed = path.parent / reference["file"]
    try:
        lines = listed.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: quality.known_providers: {listed} cannot be read ({error})") from error
    domains = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tree | {"quality": quality | {"known_providers": domains}}


# Below these keys a mapping is one value: the user's replaces the default's, nothing is merged into it.
_WHOLE = {("publishers", "groups"), ("quality", "points", "types")}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], at: Sequence[str]) -> dict[str, Any]:
    """`base` with the keys of `over` laid over it, mapping by mapping."""
    result = dict(base)
    for key, value in over.items():
        path = (*at, key)
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict) and path not in _WHOLE:
            result[key] = _merged(below, value, path)
        else:
            result[key] = value
    return result


def _profiles(tree: object, source: str) -> dict[str, dict[str, Any]]:
    if not isinstance(tree, dict):
        raise SettingsError(f"{source}: profiles: must map a name to the settings it changes")
    for name, overlay in tree.items():
        if not isinstance(name, str) or not isinstance(overlay, dict):
            raise SettingsError(f"{source}: profiles.{name}: {overlay!r}; allowed: a mapping of settings")
    return tree


def _nested(dotted: str, value: object) -> dict[str, Any]:
    head, _, rest = dotted.partition(".")
    return {head: _nested(rest, value) if rest else value}


def _converted(tree: Mapping[str, Any], source: str) -> Settings:
    try:
        return msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        message, _, location = str(error).partition(" - at `$")
        key = location.rstrip("`").lstrip(".")
        value = _value_at(tree, key)
        shown = f" = {value!r}" if key and not isinstance(value, dict) else ""
        place = f"{key}{shown}: " if key else ""
        raise SettingsError(f"{source}: {place}{message[:1].lower()}{message[1:]}") from error


def _value_at(tree: Any, key: str) -> object:
    """The value that msgspec's path points to (`a.b[0].c`, `a[...]` for "some entry")."""
    value = tree
    for part in key.replace("[", ".[").split("."):
        if part.startswith("[") and isinstance(value, list) and part[1:-1].isdigit():
            value = value[int(part[1:-1])]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return value
    return value
