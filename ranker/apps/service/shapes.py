"""Shapes: what the service tells beyond the wire shapes of a ranking: lineage, sealed stories, events, corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ranker.apps.service.views import View
from ranker.apps.wire import article_json, explained_json, member_json, story_json, timeline
from ranker.articles.article import Article
from ranker.articles.dates import iso_text
from ranker.desk.edition import Edition
from ranker.desk.records import Event, KeptArticle, StoryRecord
from ranker.desk.store import KeptCorrection
from ranker.ranking.quality import Scorecard
from ranker.ranking.ranked import RankedStory, story_topics
from ranker.stories.corrections_file import correction_json
from ranker.stories.story import Membership, Story
from ranker.stories.syndication import text_key

_ALONE = Membership(None, None, None)


def live_story_json(ranked: RankedStory, view: View, record: StoryRecord | None, *, explain: bool = False) -> dict[str, Any]:
    """A story of an edition."""
    told = explained_json(ranked, view) if explain else story_json(ranked, view)
    told["lineage"] = None if record is None else lineage_json(record)
    return told


def lineage_json(record: StoryRecord) -> dict[str, Any]:
    """Where a story comes from, and where it went."""
    return {
        "state": record.state,
        "created": iso_text(record.created),
        "changed": iso_text(record.changed),
        "mergedFrom": list(record.merged_from),
        "splitFrom": record.split_from,
        "heirs": list(record.heirs),
    }


class Qualities(Mapping[str, int]):
    """The quality of articles that are in no ranking: each is weighed when it is asked for. It stands in for a ranking on the wire."""

    def __init__(self, edition: Edition, articles: Sequence[Article]) -> None:
        self._by_id = {article.id: article for article in articles}
        self._edition = edition
        self._card = Scorecard(edition.settings.quality)
        self.as_of, self.settings, self.stories = edition.as_of, edition.settings, edition.ranking().stories

    @property
    def quality_points(self) -> Mapping[str, int]:
        """Itself."""
        return self

    def __getitem__(self, article_id: str) -> int:
        return self._card.points_of(self._by_id[article_id], self.as_of)

    def __iter__(self) -> Any:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)


def sealed_story_json(record: StoryRecord, kept: Sequence[KeptArticle], edition: Edition) -> dict[str, Any]:
    """A story that has left the window: told as any other, without scores."""
    articles = tuple(each.article for each in kept)
    story, qualities = Story(record.id, articles, {}), Qualities(edition, articles)
    times = [article.dated for article in articles if article.dated is not None]
    lead = max(
        articles, key=lambda article: (qualities[article.id], "" if article.dated is None else iso_text(article.dated)), default=None
    )
    return {
        "id": record.id,
        "rank": None,
        "score": None,
        "asOf": iso_text(edition.as_of),
        "signals": None,
        "adjustments": [],
        "counts": {
            "articles": len(articles),
            "uniqueTexts": len({text_key(article) for article in articles}),
            "providers": len({article.provider.key for article in articles}),
            "publisherGroups": len({edition.publishers.group_of(article) for article in articles}),
        },
        "phase": None,
        "firstPublished": iso_text(min(times)) if times else None,
        "lastPublished": iso_text(max(times)) if times else None,
        "lead": None if lead is None else article_json(lead, qualities),
        "articles": [member_json(article, qualities, _ALONE) for article in articles],
        "topics": list(story_topics(story)),
        "folded": [],
        "timeline": timeline(articles),
        "lineage": lineage_json(record),
    }


def event_json(event: Event) -> dict[str, Any]:
    """Something that happened to a story."""
    return {
        "number": event.number,
        "kind": event.kind,
        "story": event.story,
        "at": iso_text(event.at),
        "cause": event.cause,
        "articles": list(event.articles),
        "stories": list(event.stories),
    }


def kept_correction_json(kept: KeptCorrection, *, waits: bool = False) -> dict[str, Any]:
    """A correction and what became of it."""
    undone = None if kept.undone_at is None else {"by": kept.undone_by, "at": iso_text(kept.undone_at)}
    state = "undone" if undone else "waiting" if waits else "stands"
    return correction_json(kept.correction) | {"state": state, "undone": undone}
