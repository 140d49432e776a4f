"""The page of a story: everything that its template names, made of what the wire tells and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from ranker.apps.service.keys import Caller
from ranker.apps.service.page.map_drawing import MOST_DRAWN, drawn
from ranker.apps.service.page.moment import Moment
from ranker.apps.service.page.story_history import MOST_SHOWN, SHOWN, history_of, named_story
from ranker.apps.service.page.story_members import TEXTS_A_PAGE, Members, members_of
from ranker.apps.service.page.story_nearest import nearest_stories
from ranker.apps.service.page.story_signals import phase_reason, taken_apart
from ranker.apps.service.page.story_times import times_of
from ranker.apps.service.page.story_why import why_above_next, why_below
from ranker.apps.service.page.templates import html_of
from ranker.apps.service.problems import wrong_parameter
from ranker.apps.service.serving import Json, Serving
from ranker.apps.service.shapes import live_story_json, sealed_story_json
from ranker.apps.service.views import View
from ranker.desk.records import KeptArticle, StoryRecord
from ranker.ranking.ranked import RankedStory
from ranker.ranking.sentences import moved
from ranker.stories.corrections import MOST_ARTICLES
from ranker.stories.syndication import text_key

COPIES_SHOWN = 50  # of one text
_NO_SCORES: Json = {
    **dict.fromkeys(("apart", "phase_reason", "blend", "listed", "map")), "colours": {}, "moves": [], "folded": [], "nearest": [],
    "whys": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A page that is asked for.

    Parameters
    ----------
    page : of the list of articles, from 1.
    is_whole : whether all of its history is told.
    template : the whole page, or what of it is put in place anew.
    note : of a story that was merged into this one and led here: its record.
    """

    request: Request
    caller: Caller
    serving: Serving
    moment: Moment
    page: int
    is_whole: bool
    template: str
    note: StoryRecord | None

    @property
    def view(self) -> View:
        """The edition."""
        return self.moment.view

    def live(self, ranked: RankedStory) -> bytes:
        """The page of a story of the edition."""
        view, edition = self.view, self.view.edition
        told = live_story_json(ranked, view, edition.records.get(ranked.story.id), explain=True)
        table = view.ranking.scores.table
        rows = slice(int(table.starts[ranked.number]), int(table.starts[ranked.number] + table.sizes[ranked.number]))
        groups = [table.group_names[group] for group in table.groups[rows].tolist()]
        members = members_of(told["articles"], ranked.story.articles, texts=table.texts[rows].tolist(), groups=groups, lead=ranked.lead.id)
        slots = {article: edition.row_of(article) for article in members.by_id}
        vectors = {article: edition.window.vectors.rows[slot] for article, slot in slots.items() if slot is not None}
        near, map_ = nearest_stories(edition, ranked.story.articles), drawn(members, vectors)
        return self._made(
            told,
            members,
            {
                "apart": taken_apart(told["signals"]),
                "phase_reason": phase_reason(told["phaseParts"]),
                "blend": view.settings.blend,
                "listed": len(view.stories),
                "moves": [moved(move) for move in ranked.adjustments],
                "folded": [named_story(story, view) for story in told["folded"]],
                "map": map_,
                "colours": {name: f"colour-{colour}" for name, _, colour, _ in map_.groups},
                "nearest": [(each, named_story(each.story, view)) for each in near],
                "whys": [why for why in (why_above_next(ranked, view), why_below(ranked, view)) if why is not None],
                "times": times_of(ranked.story.articles),
            },
        )

    def sealed(self, record: StoryRecord, kept: Sequence[KeptArticle]) -> bytes:
        """The page of a story that left the window: without scores, and without what comes from vectors."""
        edition = self.view.edition
        told = sealed_story_json(record, kept, edition)
        articles = [each.article for each in kept]
        groups = [edition.publishers.group_of(article) for article in articles]
        lead = "" if told["lead"] is None else told["lead"]["id"]
        members = members_of(told["articles"], articles, texts=[text_key(article) for article in articles], groups=groups, lead=lead)
        return self._made(told, members, {**_NO_SCORES, "times": times_of(articles)})

    def _made(self, told: Json, members: Members, more: Mapping[str, Any]) -> bytes:
        if self.page > members.pages:
            raise wrong_parameter("page", f"the list has {members.pages:,} pages")
        history = history_of(
            told["id"], list(members.by_id), self.serving.desk.store, self.moment.standing, self.view,
            limit=MOST_SHOWN if self.is_whole else SHOWN,
        )  # fmt: skip
        context = {
            "story": told,
            "members": members,
            "page": self.page,
            "texts": members.page(self.page),
            "texts_a_page": TEXTS_A_PAGE,
            "copies_shown": COPIES_SHOWN,
            "most_drawn": MOST_DRAWN,
            "history": history,
            "history_is_whole": self.is_whole,
            "last_event": self.moment.last_event,
            "most_corrected": MOST_ARTICLES,
            "may_correct": self.caller.role == "admin" and told["signals"] is not None,
            "is_named": bool(self.caller.name),
            "note": self.note,
        }
        return html_of(self.request, self.template, {**context, **more}, edition=self.view.edition)
