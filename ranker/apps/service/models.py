"""Models of what goes out, for the OpenAPI document: what is sent is made elsewhere, and a test holds it to these."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

STORY_ID, ARTICLE_ID, MOMENT = "s8d1f3a5b7c9e0f21", "a3f5c7e9b1d2f4a60", "2026-03-11T18:00:00Z"


class Shape(BaseModel):
    """Base: names in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ProviderOut(Shape):
    """Who published."""

    name: str = Field(examples=["Pressline"])
    domain: str = Field(examples=["pressline.example"])


class ShortArticle(Shape):
    """An article in a list."""

    id: str = Field(examples=[ARTICLE_ID])
    title: str = Field(examples=["Quake of magnitude 6.8 strikes off Tarapay coast"])
    provider: ProviderOut
    published_date_time: datetime | None = Field(examples=[MOMENT])
    web_url: str = Field(examples=["https://www.pressline.example/quake"])
    type: str = Field(examples=["article"])
    quality: int = Field(description="Points of the scorecard", examples=[14])


class FullArticle(ShortArticle):
    """An article with everything that is shown of it."""

    excerpt: str
    category: str
    topics: list[str] = Field(examples=[["Earthquakes", "Peru"]])
    images: list[dict[str, Any]]
    date_health: Literal["ok", "zoneless", "missing", "clamped"]


class KeptArticleOut(FullArticle):
    """A kept article and the story it is in."""

    story: str = Field(examples=[STORY_ID])
    state: Literal["live", "sealed"] = Field(description="sealed: its story has left the window, nothing is decided about it any more")


class MembershipOut(Shape):
    """Why an article is in its story."""

    probability: float | None = Field(description="P(same story) at its mean score with the others; null if it is alone")
    similarity: float | None = Field(description="Cosine with the nearest member")
    nearest: str | None = Field(description="Id of the nearest member")


class Member(ShortArticle):
    """An article of a story."""

    membership: MembershipOut


class SignalOut(Shape):
    """One signal of a story."""

    value: float
    scale: float
    normalised: float = Field(description="From 0 to 1")
    weight: float
    contribution: float = Field(description="What it adds to the score; the three add up to it exactly")
    parts: Any = Field(description="What the value is made of")


class Signals(Shape):
    """The three signals."""

    quality: SignalOut
    heat: SignalOut
    recency: SignalOut


class AdjustmentOut(Shape):
    """What moved a story after scoring."""

    rule: str
    because: str
    by_score: int
    place: int


class CountsOut(Shape):
    """How much coverage a story has."""

    articles: int
    unique_texts: int
    providers: int
    publisher_groups: int


class Hour(Shape):
    """An hour in which a story was told."""

    hour: datetime
    articles: int
    providers: int


class Lineage(Shape):
    """Where a story comes from, and where it went."""

    state: Literal["live", "sealed", "merged", "split", "emptied"]
    created: datetime
    changed: datetime = Field(description="When its articles last changed")
    merged_from: list[str] = Field(description="Ids that lead here")
    split_from: str | None
    heirs: list[str]


class StoryOut(Shape):
    """A story. One that is sealed has no rank, score, signals and phase."""

    id: str = Field(examples=[STORY_ID])
    rank: int | None = Field(description="Its place in the whole list, from 1; 0 if it is hidden")
    score: float | None
    as_of: datetime
    signals: Signals | None
    adjustments: list[AdjustmentOut]
    counts: CountsOut
    phase: Literal["breaking", "developing", "sustained", "fading"] | None
    first_published: datetime | None
    last_published: datetime | None
    lead: FullArticle | None
    articles: list[Member]
    topics: list[str]
    folded: list[str] = Field(description="Ids of follow-ups that are shown under it")
    timeline: list[Hour]
    lineage: Lineage | None
    phase_parts: dict[str, Any] | None = Field(None, description="With explain=true: what the phase was read from")
    why_above_next: dict[str, Any] | None = Field(None, description="With explain=true: why it stands above the next story of the list")


class DiversityOut(Shape):
    """How varied the first stories are, from 0 (all alike) to 1; null where there are fewer than two to compare."""

    stories: int
    topics: float | None
    publisher_groups: float | None
    meaning: float | None


class StoriesOut(Shape):
    """A page of stories."""

    as_of: datetime = Field(description="The moment that scores are of")
    edition: int = Field(description="Rises whenever anything changes")
    total: int = Field(description="Stories of the whole list")
    stories: list[StoryOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


class TimelineOut(Shape):
    """When a story was told."""

    id: str
    timeline: list[Hour]


class RelatedItem(ShortArticle):
    """An item of a related list."""

    similarity: float = Field(description="Cosine")
    same_story: bool
    probability: float = Field(description="P(same story)")


class RelatedOut(Shape):
    """The related list of an article."""

    id: str
    story: str = Field(examples=[STORY_ID])
    edition: int
    related: list[RelatedItem]


class TextRelatedOut(Shape):
    """The related list of a text that is not kept."""

    story: str | None = Field(description="The story it would belong to")
    edition: int
    related: list[RelatedItem]


class FieldProblem(Shape):
    """Why an article was refused."""

    field: str = Field(examples=["publishedDateTime"])
    reason: str = Field(examples=["'yesterday' is no date"])


class ItemOut(Shape):
    """What became of one article of a POST."""

    index: int | None = Field(None, description="Its place in the array, from 0")
    line: int | None = Field(None, description="Its line of the stream, from 1")
    id: str | None
    status: Literal["created", "updated", "unchanged", "refused"]
    story: str | None = Field(None, description="With wait: the story it is in; null if that took longer")
    problem: FieldProblem | None = None


class TakenOut(Shape):
    """What became of the articles of a POST. Those that were not refused are kept for good, and in their stories within a second or so."""

    accepted: int
    refused: int
    items: list[ItemOut]


class RemovedOut(Shape):
    """An article that is removed."""

    id: str
    status: Literal["removed"]


class RefusedItem(Shape):
    """An article that was not ranked."""

    index: int
    problem: FieldProblem


class RankedOut(Shape):
    """Articles as ranked stories; nothing of it is kept."""

    as_of: datetime
    total: int
    stories: list[StoryOut]
    refused: list[RefusedItem]
    diversity: DiversityOut
