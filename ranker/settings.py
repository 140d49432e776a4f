"""Settings: every section and setting with its type and what it may be."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
UnitInterval = Annotated[float, msgspec.Meta(ge=0, le=1)]
Cosine = Annotated[float, msgspec.Meta(ge=-1, le=1)]
WindowDays = Annotated[float, msgspec.Meta(gt=0, le=366)]  # wider, and there is no window: times would take more memory than texts
PositiveInt = Annotated[int, msgspec.Meta(ge=1)]
MOST_WEIGHT = 1_000_000  # only proportions matter to an order; sums of greater numbers lose digits
Weight = Annotated[float, msgspec.Meta(ge=0, le=MOST_WEIGHT)]
ServiceSeconds = Annotated[float, msgspec.Meta(ge=0.05, le=3600)]  # a thread that waits less does nothing else
HalfLife = Annotated[float, msgspec.Meta(ge=0.01, le=87_660)]  # hours: from half a minute to ten years


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every settings section: frozen, and an unknown key is an error."""


# An http(s) address whose path may hold these names in braces.
POST_URL = r"^https?://[^\s{}/?#]+(/([^\s{}]|\{(year|month|day|slug|category)\})*)?$"


class ReadingSettings(_Section, frozen=True):
    """What is refused or mended while articles are read."""

    max_file_megabytes: Positive
    max_front_matter_kilobytes: Positive
    max_title_characters: PositiveInt
    max_excerpt_characters: PositiveInt
    future_tolerance_hours: NotNegative
    default_provider_from_domain: bool
    post_url: Annotated[str, msgspec.Meta(pattern=POST_URL)] | None


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
    """How articles are put into stories; the weights of the decision itself are learned and stand in the model."""

    window_days: WindowDays
    neighbours: PositiveInt
    neighbours_on_other_days: PositiveInt
    background_texts: NotNegative
    same_story_model: str | None


class PublisherSettings(_Section, frozen=True):
    """Which providers belong to one owner."""

    known: bool
    files: list[str]
    groups: dict[str, list[str]]

    def __post_init__(self) -> None:
        owners: dict[str, str] = {}
        for owner, members in self.groups.items():
            for member in members:
                if owners.setdefault(member.strip().casefold(), owner) != owner:
                    raise ValueError(f"groups: {member!r} stands in {owners[member.strip().casefold()]!r} and in {owner!r}")


RuleTest = Literal["present", "absent", "equals", "contains", "length", "count", "domain", "address", "age", "always"]


class QualityRule(_Section, frozen=True):
    """One line of the scorecard: what is looked at, how, and the points it gives, once or for each unit."""

    feature: Annotated[str, msgspec.Meta(min_length=1)]
    test: RuleTest
    points: float
    values: str | list[str | list[str]] = msgspec.field(default_factory=list)
    above: NotNegative = 0.0
    up_to: Positive | None = None
    one_of: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.values, str) and self.values not in QUALITY_LISTS:
            raise ValueError(f"values = {self.values!r}: expected a list, or one of {', '.join(QUALITY_LISTS)}")
        if self.test in _TESTS_OF_VALUES and isinstance(self.values, list) and not self.values:
            raise ValueError(f"values: the test {self.test} needs some")
        if self.up_to is not None and self.up_to <= self.above:
            raise ValueError(f"up_to = {self.up_to:g} must be greater than above = {self.above:g}")


QUALITY_LISTS = ("own_feeds", "known_providers", "topic_terms")
_TESTS_OF_VALUES = ("equals", "contains", "domain", "address")


class QualitySettings(_Section, frozen=True):
    """The scorecard: what an article is worth by itself, in points, and how a story's quality comes of its articles'."""

    base: float
    floor: float
    cap: float | None
    own_feeds: list[str]
    known_providers: list[str]
    topic_terms: list[list[str]]
    rules: dict[str, QualityRule | None]
    story_weights: Annotated[list[UnitInterval], msgspec.Meta(min_length=1)]
    publish_at: float

    def __post_init__(self) -> None:
        if self.cap is not None and self.cap < self.floor:
            raise ValueError(f"cap = {self.cap:g} must not be below floor = {self.floor:g}")
        if self.story_weights != sorted(self.story_weights, reverse=True):
            raise ValueError(f"story_weights = {self.story_weights} must not rise: the better article counts more")


class HeatSettings(_Section, frozen=True):
    """How coverage becomes heat, in quality's points."""

    points_per_coverage: NotNegative
    half_life_hours: HalfLife | None
    burst: NotNegative
    past_half_life_hours: HalfLife
    audience_fields: list[str]
    audience_points: NotNegative
    audience_cap: NotNegative
    coverage: Literal["story", "related"]
    non_lead: Literal["own"] | float


class PhaseSettings(_Section, frozen=True):
    """When a story is breaking, developing, sustained or fading."""

    half_life_hours: HalfLife
    breaking_hours: NotNegative
    breaking_groups: PositiveInt
    fading_below: UnitInterval


class RecencySettings(_Section, frozen=True):
    """How fast freshness halves."""

    half_life_hours: HalfLife


class BlendWeights(_Section, frozen=True):
    """Weights of the three normalised signals; their sum is the highest score there is."""

    quality: Weight
    heat: Weight
    recency: Weight


class BlendSettings(_Section, frozen=True):
    """How the three signals become one score."""

    weights: BlendWeights
    quality_scale: Positive
    heat_half: Positive
    scale: Literal["fixed", "list"]


class GroupLeads(_Section, frozen=True):
    """How many of the first places one publisher group may lead."""

    at_most: PositiveInt
    of_top: PositiveInt


class OrderSettings(_Section, frozen=True):
    """Rules of the list, applied after scoring."""

    top: PositiveInt
    topic_in_a_row: PositiveInt | None
    group_leads: GroupLeads | None
    stale_after_hours: Positive | None
    follow_ups: Literal["leave", "near", "fold"]
    follow_up_similarity: Cosine
    pinned: list[str]
    hidden: list[str]


class RelatedSettings(_Section, frozen=True):
    """What stands in an article's `related`."""

    limit: Annotated[int, msgspec.Meta(ge=0)]
    per_provider: PositiveInt
    same_story_first: bool
    min_similarity: Cosine
    window_days: WindowDays
    time_decay_days: Positive
    keep_unknown: bool


class KeySettings(_Section, frozen=True):
    """An API key: what it hashes to, never the key itself, and what its holder may do."""

    hash: str
    role: Literal["read", "write", "admin"]

    def __post_init__(self) -> None:
        if not _KEY_HASH.fullmatch(self.hash):  # the message does not show it: it may be the key, put there by mistake
            raise ValueError('hash: expected "sha256:" and 64 hexadecimal digits, as `ranker serve --new-key NAME` prints it')


_KEY_HASH = re.compile("sha256:[0-9a-f]{64}")


class ServiceSettings(_Section, frozen=True):
    """Where `ranker serve` listens, who may ask it what, and how much it takes in."""

    host: Annotated[str, msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    root_path: Annotated[str, msgspec.Meta(pattern=r"^(/[A-Za-z0-9._~-]+)*$")]
    store: str | None
    watch: str | None
    keys: dict[str, KeySettings]
    open_on_loopback: bool
    cors_origins: list[str]
    max_body_megabytes: Positive
    max_items: PositiveInt
    max_query_characters: PositiveInt
    rate_per_minute: PositiveInt | None
    backlog_limit: PositiveInt
    page_limit: PositiveInt
    cursor_minutes: Positive
    tick_seconds: ServiceSeconds
    keep_days: Annotated[float, msgspec.Meta(gt=0, le=36_525)] | None
    stream_heartbeat_seconds: ServiceSeconds
    stream_limit: PositiveInt
    stop_seconds: ServiceSeconds
    log_format: Literal["json", "console"]


class Settings(_Section, frozen=True):
    """All settings of one run."""

    reading: ReadingSettings
    encoder: EncoderSettings
    cache: CacheSettings
    grouping: GroupingSettings
    publishers: PublisherSettings
    quality: QualitySettings
    heat: HeatSettings
    phase: PhaseSettings
    recency: RecencySettings
    blend: BlendSettings
    order: OrderSettings
    related: RelatedSettings
    service: ServiceSettings
