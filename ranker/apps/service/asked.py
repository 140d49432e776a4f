"""What is asked for: the parameters of GETs and the bodies of POSTs, with the limits and examples that the OpenAPI document shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from ranker.apps.service.models import ARTICLE_ID, MOMENT, STORY_ID
from ranker.apps.service.views import Sort
from ranker.articles.dates import parsed_time
from ranker.articles.identity import MAX_URL_CHARACTERS
from ranker.desk.edition import Filter
from ranker.errors import ArticleError
from ranker.stories.corrections import MOST_ARTICLES

_MOST_WORDS = 200  # characters of one filter
_MOST_CURSOR = 64
_MOST_IDS = MOST_ARTICLES  # of one side of a correction
_MOST_ID = 256  # characters, as the door of articles has it
_MOST_SAID = 2000  # characters of who and why
MOST_WAIT = 30  # seconds
MOST_RELATED = 100
MOST_PAGE = 1000  # items of lists that are short


def _whole_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character (a lone surrogate)") from None
    if "\0" in text:
        raise ValueError("holds the character NUL")
    return text


def _moment(value: object) -> object:
    if isinstance(value, datetime) or value is None:
        return value
    try:
        found = parsed_time(value)
    except ArticleError as error:
        raise ValueError(f"{error.reason}; write it as {MOMENT}") from None
    if found is None:
        raise ValueError(f"is empty; write it as {MOMENT}")
    return found[0].astimezone(UTC)


Text = Annotated[str, AfterValidator(_whole_text)]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Id = Annotated[Text, Field(min_length=1, max_length=_MOST_ID)]
Words = Annotated[Text, Field(min_length=1, max_length=_MOST_WORDS)]
Cursor = Annotated[Text, Field(min_length=1, max_length=_MOST_CURSOR, description="What the page before gave as `next`")]
Profile = Annotated[
    Words, Field(description="Which way of ordering; the settings name them", examples=["balanced", "newest", "hottest", "editorial"])
]
Weights = Annotated[
    Words,
    Field(
        description="Weights of the three signals, in place of a profile's", examples=["quality:0.2,heat:0.5,recency:0.3"],
        pattern=r"^\s*(quality|heat|recency)\s*:[^,]+(,\s*(quality|heat|recency)\s*:[^,]+){0,2}$",
    ),
]  # fmt: skip


class _Asked(BaseModel):
    """Base: names in camelCase, others are refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class _Page(_Asked):
    """Base of lists that come in pages."""

    cursor: Cursor | None = None

    def filters(self) -> dict[str, object]:
        """What was given of all that makes the list another one, by its name on the wire."""
        given = self.model_dump(by_alias=True, exclude_unset=True, exclude={"cursor", "limit", "explain"})
        return {name: value for name, value in given.items() if value is not None}


class Ordering(_Asked):
    """Which scores are wanted."""

    profile: Profile | None = None
    weights: Weights | None = None
    as_of: Moment | None = Field(
        None, description="Another moment than now: later articles are left out, ages are counted to it", examples=[MOMENT]
    )


class StoriesAsked(Ordering, _Page):
    """A page of stories."""

    sort: Sort = Field("score", description="What comes first")
    topic: Words | None = Field(None, description="Some article has this topic", examples=["Earthquakes"])
    provider: Words | None = Field(None, description="Some article is by this provider: a domain or a name", examples=["pressline.example"])
    category: Words | None = Field(None, description="Some article is of this category", examples=["world"])
    language: Words | None = Field(None, description="Some article says it is in this language", examples=["en"])
    since: Moment | None = Field(None, description="The newest article is no older", examples=["2026-03-10T00:00:00Z"])
    until: Moment | None = Field(None, description="The oldest article is older", examples=["2026-03-12T00:00:00Z"])
    min_providers: int = Field(1, ge=1, le=1_000_000, description="At least so many providers tell it", examples=[3])
    q: Words | None = Field(None, description="All of these words stand in the title and excerpt of one article", examples=["quake coast"])
    explain: bool = Field(False, description="With each story: why it is in its phase, and why it stands above the next")
    limit: int | None = Field(None, ge=1, description="Stories a page; at most service.page_limit, and 20 unless said", examples=[20])

    def wanted(self) -> Filter:
        """The filter for an edition."""
        return Filter(
            topic=self.topic or "", provider=self.provider or "", category=self.category or "", language=self.language or "",
            words=self.q or "", since=self.since, until=self.until, min_providers=self.min_providers,
        )  # fmt: skip


class AddressAsked(_Asked):
    """The article of an address."""

    web_url: Annotated[Text, Field(min_length=1, max_length=MAX_URL_CHARACTERS)] = Field(
        description="Its web address, as it was posted or written otherwise (tracking parameters, www., a slash at the end)",
        examples=["https://www.pressline.example/quake"],
    )


class ListAsked(_Page):
    """A page of a short list."""

    limit: int = Field(100, ge=1, le=MOST_PAGE, description="Items a page", examples=[100])


class CorrectionsAsked(ListAsked):
    """A page of corrections."""

    undone: bool = Field(False, description="Those that were undone, too")


class ChangesAsked(_Asked):
    """Events."""

    since: int | None = Field(
        None, ge=0, le=2**53, description="Events after this number; all that are kept if it is left out", examples=[0, 1041]
    )
    limit: int = Field(100, ge=1, le=MOST_PAGE, description="At most so many", examples=[100])


class RelatedAsked(_Asked):
    """A related list."""

    limit: int | None = Field(
        None, ge=1, le=MOST_RELATED, description="At most so many; related.limit of the settings unless said", examples=[5]
    )


class WaitAsked(_Asked):
    """Whether to wait."""

    wait: float = Field(
        0, ge=0, le=MOST_WAIT, description="Seconds to wait until it is decided; the answer then names the stories", examples=[2]
    )


class NothingAsked(_Asked):
    """No parameters."""


# Bodies

ARTICLE_SCHEMA: dict[str, Any] = {
    "title": "Article",
    "type": "object",
    "description": "An article. Usual other names are understood (headline, summary, url, publishedAt, source, ...); others are kept.",
    "required": ["title"],
    "additionalProperties": True,
    "properties": {
        "id": {"type": "string", "maxLength": _MOST_ID, "description": "Made of the address, or of provider, title and time, unless given"},
        "title": {"type": "string"},
        "excerpt": {"type": ["string", "null"], "description": "A few sentences; never the full text"},
        "publishedDateTime": {"type": ["string", "null"], "format": "date-time"},
        "webUrl": {"type": ["string", "null"], "format": "uri"},
        "provider": {
            "type": ["object", "null"],
            "properties": {"name": {"type": "string"}, "domain": {"type": "string"}},
        },
        "category": {"type": ["string", "null"]},
        "topics": {"type": ["array", "null"], "items": {"type": "string"}},
        "images": {"type": ["array", "null"], "items": {"type": "object"}},
    },
    "examples": [
        {
            "title": "Quake of magnitude 6.8 strikes off Tarapay coast",
            "excerpt": "A magnitude 6.8 quake struck the Tarapay coast before dawn and three fishing towns were evacuated.",
            "publishedDateTime": "2026-03-11T09:00:00Z",
            "webUrl": "https://www.pressline.example/quake",
            "provider": {"name": "Pressline", "domain": "pressline.example"},
            "topics": ["Earthquakes", "Peru"],
        }
    ],
}  # fmt: skip
_ARTICLE_REF = {"$ref": "#/components/schemas/Article"}
RawArticles = Annotated[list[Any], Field(min_length=1), WithJsonSchema({"type": "array", "items": _ARTICLE_REF, "minItems": 1})]


class TextAsked(_Asked):
    """A text that is not to be kept: a draft, say."""

    title: str = Field(examples=["Strong quake off Tarapay"])
    excerpt: str = Field("", examples=["Towns along the coast were evacuated."])
    provider: dict[str, Any] | str | None = Field(None, examples=[{"name": "Pressline", "domain": "pressline.example"}])
    published_date_time: Moment | None = Field(None, description="Now unless said", examples=["2026-03-11T12:00:00Z"])
    limit: int | None = Field(None, ge=1, le=MOST_RELATED, examples=[5])


class RankAsked(Ordering):
    """Articles to be ranked."""

    articles: RawArticles
    corrections: list[dict[str, Any]] = Field(
        [], max_length=_MOST_IDS, description="As POST /v1/corrections takes them, with article ids", examples=[[]]
    )
    limit: int | None = Field(None, ge=1, description="At most so many stories; all unless said", examples=[20])


class CorrectionAsked(_Asked):
    """A correction."""

    action: Literal["join", "part", "lead", "pin", "hide"] = Field(
        description="join: all are in one story; part: none of one side is with one of the other (or each by itself); "
        "lead: the article leads its story; pin, hide: their stories stand on top of every list, or in none",
        examples=["part"],
    )
    articles: list[Id] = Field([], max_length=_MOST_IDS, description="Ids of articles", examples=[[ARTICLE_ID]])
    others: list[Id] = Field([], max_length=_MOST_IDS, description="Ids of articles of the other side", examples=[["a9b8c7d6e5f4a3b21"]])
    stories: list[Id] = Field([], max_length=_MOST_IDS, description="Ids of stories: all the articles they have now", examples=[[STORY_ID]])
    other_stories: list[Id] = Field([], max_length=_MOST_IDS, description="The same for the other side", examples=[[STORY_ID]])
    by: Annotated[Text, Field(max_length=_MOST_SAID)] = Field("", description="Who says so; the key's name unless said", examples=["Ann"])
    why: Annotated[Text, Field(max_length=_MOST_SAID)] = Field("", examples=["Two quakes, not one"])
