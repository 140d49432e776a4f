"""Listing: a page of ranked stories, found once for whoever asks, a program or a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastapi import Request

from ranker.apps.service.asked import StoriesAsked
from ranker.apps.service.caching import Answer, is_known
from ranker.apps.service.lineage import living
from ranker.apps.service.paging import Frozen
from ranker.apps.service.serving import Serving, limit_of, serving_of
from ranker.apps.service.views import View
from ranker.desk.records import StoryRecord
from ranker.ranking.ranked import RankedStory

_USUAL = 20  # stories a page


@dataclass(frozen=True, slots=True)
class Listed:
    """What a page holds.

    Parameters
    ----------
    stories : in order; of those that left the window since the list was begun the records.
    """

    view: View
    stories: list[RankedStory | StoryRecord]
    total: int  # of the whole list
    next: str | None  # the cursor of the page after it


class ListPage:
    """A page that is asked for.

    Parameters
    ----------
    asked : with a cursor, what the list was made with stands in `asked` afterwards, and the page is not `is_first`.

    Raises
    ------
    Problem : 410 or 422, if there is no such list, profile or weights, or the page would be too long.
    """

    def __init__(self, request: Request, asked: StoriesAsked) -> None:
        self.serving: Serving = serving_of(request)
        self.edition = self.serving.edition
        self.limit = limit_of(asked.limit, usual=_USUAL, most=self.serving.settings.page_limit)
        found, self._position = None, 0
        if asked.cursor is not None:
            found, self._position = self.serving.cursors.found(asked.cursor, asked.filters())
            asked = StoriesAsked.model_validate({**found.asked, "explain": asked.explain})
        self.asked, self.is_first = asked, found is None
        self._settings = self.serving.settings_for(asked)
        self._filters = asked.filters()
        self._list_key = ("stories", self.edition.number, repr(sorted(self._filters.items())))
        self._frozen = found or self.serving.cursors.kept(self._list_key)

    @property
    def is_quick(self) -> bool:
        """Whether it is made in a moment: the order is there already, and no article is looked through."""
        is_there = self._frozen is not None or not self.asked.wanted()
        return is_there and self.serving.views.known(self.edition, self._settings, self.asked.as_of) is not None

    async def answer(self, request: Request, form: tuple[object, ...], write: Callable[[Listed], bytes]) -> Answer:
        """The page as it is written; without its body if the caller has it.

        While changes wait to be decided, one edition follows the other: then a first page may be that of a moment ago, and nobody
        waits for the new one, which is made meanwhile.

        Parameters
        ----------
        form : what the way of writing depends on, beside what is listed.
        """
        recent = self.serving.recent_pages
        question = (self.limit, self.asked.explain, repr(sorted(self._filters.items())), *form)
        answer = self.known(request, form)
        if answer is not None:
            return recent.keep(question, answer) if self.is_first else answer
        make = partial(self.serving.soon if self.is_quick else self.serving.apart, partial(self.made, form, write))
        if not self.is_first:
            return await make()
        if self.serving.running.backlog() and (last := recent.last(question)) is not None:
            recent.renew(question, make)
            return last
        return recent.keep(question, await make())

    def known(self, request: Request, form: tuple[object, ...]) -> Answer | None:
        """The page, if it was made before; without its body if the caller has it."""
        if self._frozen is None:
            return None
        key = self._key(self._frozen, form)
        tag = self.serving.answers.tag(*key)
        return Answer(b"", tag) if is_known(request, tag) else self.serving.answers.get(key)

    def made(self, form: tuple[object, ...], write: Callable[[Listed], bytes]) -> Answer:
        """The page."""
        serving, asked = self.serving, self.asked
        view = serving.views.of(self.edition, self._settings, asked.as_of)
        frozen = self._frozen or serving.cursors.frozen(self._list_key, self._filters, lambda: view.listed(asked.wanted(), asked.sort))
        key = self._key(frozen, form)
        made = serving.answers.get(key)
        if made is not None:  # by somebody who asked at the same time
            return made
        end = min(self._position + self.limit, len(frozen.items))
        found = [self._story(view, frozen, place) for place in range(self._position, end)]
        listed = Listed(view, [story for story in found if story is not None], len(frozen.items), frozen.cursor(end))
        return serving.answers.keep(key, write(listed), tag=serving.answers.tag(*key))

    def _key(self, frozen: Frozen, form: tuple[object, ...]) -> tuple[object, ...]:
        return "stories", self.edition.number, frozen.id, self._position, self.limit, self.asked.explain, *form

    def _story(self, view: View, frozen: Frozen, place: int) -> RankedStory | StoryRecord | None:
        """What stands at a place of the list now; None where that is nothing, or stands elsewhere in it."""
        story_id = frozen.items[place]
        ranked = view.story(story_id)
        if ranked is None and (led := living(self.serving.desk, story_id)) is not None:
            if led.id != story_id and (frozen.holds(led.id) or frozen.shown.setdefault(led.id, place) != place):
                return None
            if led.state == "sealed":
                return led
            ranked = view.story(led.id)
        return None if ranked is None or ranked.rank == 0 else ranked  # emptied, or hidden meanwhile
