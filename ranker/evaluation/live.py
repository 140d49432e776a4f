"""Live: how near stories that are kept up to date come to those of a batch, and how well articles keep the story id they had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ranker.articles.article import Article
from ranker.desk.desk import Desk
from ranker.desk.edition import Edition
from ranker.desk.memory import MemoryStore
from ranker.desk.records import Change, Event
from ranker.evaluation.metrics import Agreement, b_cubed
from ranker.evaluation.sweep import RememberingEncoder
from ranker.pipeline import group_articles
from ranker.settings import Settings
from ranker.stories.corrections import NO_CORRECTIONS, Corrections
from ranker.stories.same_story import SameStory
from ranker.vectors.background import NO_BACKGROUND, Background
from ranker.vectors.corpus import build_corpus
from ranker.vectors.encoder import Encoder, Progress

_NO_DATES = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LivePlan:
    """How articles are fed to a desk, and how often its stories are held against a batch's."""

    every: timedelta = timedelta(hours=1)  # from step to step
    comparisons: int = 10  # spread evenly over the articles; the last is at the end


@dataclass(frozen=True, slots=True)
class Comparison:
    """The live stories of one moment beside those of a batch on the same articles."""

    at: datetime
    articles: int  # that lived
    stories: int
    batch_stories: int
    agreement: Agreement  # B-cubed, the batch taken as the truth


@dataclass(slots=True)
class IdentityTally:
    """Article-hours: each step of each article, from the second on while it lives, and what became of its story id."""

    kept: int = 0
    merged: int = 0  # another id, and the events of merges lead from the old one to it
    split: int = 0  # ..., those of splits, or of both
    unrecorded: int = 0  # another id, and nothing tells why

    @property
    def total(self) -> int:
        """All article-hours."""
        return self.kept + self.merged + self.split + self.unrecorded

    @property
    def share_kept(self) -> float:
        """Share of article-hours with the id of the step before; 1 if there is none."""
        return self.kept / self.total if self.total else 1.0

    @property
    def share_kept_or_recorded(self) -> float:
        """The same, changes that a recorded merge or split explains left out."""
        told = self.kept + self.unrecorded
        return self.kept / told if told else 1.0


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What feeding a desk showed."""

    articles: int
    steps: int
    sealed: int  # articles that had left the desk in the end
    comparisons: tuple[Comparison, ...]
    identity: IdentityTally
    events: Mapping[str, int] = field(default_factory=dict)  # by kind

    @property
    def mean_f1(self) -> float:
        """B-cubed F1 against a batch, the mean over all comparisons; 1 without any."""
        found = [each.agreement.f1 for each in self.comparisons]
        return sum(found) / len(found) if found else 1.0

    @property
    def worst_f1(self) -> float:
        """The same, the worst."""
        return min((each.agreement.f1 for each in self.comparisons), default=1.0)


def live_result(  # noqa: PLR0913 - all but two are keywords
    articles: Sequence[Article],
    settings: Settings,
    *,
    encoder: Encoder,
    same_story: SameStory | None = None,
    background: Background = NO_BACKGROUND,
    corrections: Corrections = NO_CORRECTIONS,
    plan: LivePlan | None = None,
    progress: Progress | None = None,
) -> LiveResult:
    """Feed articles to a desk in the order of their times, step by step, and watch its stories.

    Parameters
    ----------
    articles : each id once. An article without a date comes with the first; a store in memory takes them all.
    same_story : by default the one that the settings name.
    corrections : made before the first article comes.
    progress : told of the articles of each step.
    """
    chosen = plan or LivePlan()
    steps = _steps(articles, chosen.every)
    remembering = RememberingEncoder(encoder)
    start = steps[0][0] if steps else _NO_DATES
    desk = Desk(settings, remembering, MemoryStore(), now=start, same_story=same_story, background=background)
    desk.accept([Change("correct", start, correction=correction) for correction in corrections])
    watch = _Watch()
    found: list[Comparison] = []
    fed = 0
    for moment, batch in steps:
        desk.advance(moment)
        desk.accept([Change("put", moment, article=article) for article in batch])
        edition = desk.decide(now=moment)
        watch.step(edition, desk)
        before, fed = fed, fed + len(batch)
        if before * chosen.comparisons // len(articles) < fed * chosen.comparisons // len(articles):
            found.append(_compared(edition, settings, remembering, same_story, background))
        if progress is not None and batch:
            progress(len(batch))
    return LiveResult(
        len(articles), len(steps), len(articles) - len(desk.edition), tuple(found), watch.tally, dict(sorted(watch.kinds.items()))
    )


def _steps(articles: Sequence[Article], every: timedelta) -> list[tuple[datetime, list[Article]]]:
    """Moments from the first article's to the last one's, and what came up to each since the one before."""
    times = [article.dated for article in articles if article.dated is not None]
    first = min(times, default=_NO_DATES)
    count = 1 if not times else (max(times) - first) // every + 1
    steps: list[tuple[datetime, list[Article]]] = [(first + every * (number + 1), []) for number in range(count if articles else 0)]
    for article in sorted(articles, key=lambda article: (article.dated or first, article.id)):
        steps[((article.dated or first) - first) // every][1].append(article)
    return steps


def _compared(edition: Edition, settings: Settings, encoder: Encoder, same_story: SameStory | None, background: Background) -> Comparison:
    """An edition's stories beside those of a batch on its articles."""
    table = edition.table
    live = {article.id: table.stories[number].id for article, number in zip(table.articles, table.numbers.tolist(), strict=True)}
    corpus = build_corpus(table.articles, encoder, None, background=background, background_texts=settings.grouping.background_texts)
    grouping, _ = group_articles(corpus, settings, same_story, corrections=edition.corrections)
    truth = {article.id: story.id for story in grouping.stories for article in story.articles}
    agreement = b_cubed(list(truth.values()), [live[name] for name in truth])
    return Comparison(edition.as_of, len(live), len(table.stories), len(grouping.stories), agreement)


class _Watch:
    """What story each article was in at the step before, and what happened since."""

    def __init__(self) -> None:
        self.tally = IdentityTally()
        self.kinds: Counter[str] = Counter()
        self._story_of: dict[str, str] = {}
        self._last_event = 0

    def step(self, edition: Edition, desk: Desk) -> None:
        """Look at one more step."""
        events = self._new_events(desk)
        self.kinds.update(event.kind for event in events)
        led = _led(events)
        table = edition.table
        now = {article.id: table.stories[number].id for article, number in zip(table.articles, table.numbers.tolist(), strict=True)}
        for name, story in now.items():
            before = self._story_of.get(name)
            if before is None:
                continue
            if before == story:
                self.tally.kept += 1
            elif story in led.get(before, {}):
                kind = led[before][story]
                self.tally.merged += kind == "merged"
                self.tally.split += kind == "split"
            else:
                self.tally.unrecorded += 1
        self._story_of = now

    def _new_events(self, desk: Desk) -> list[Event]:
        found: list[Event] = []
        while more := desk.events(after=self._last_event):
            found += more
            self._last_event = more[-1].number
        return found


def _led(events: Sequence[Event]) -> dict[str, dict[str, str]]:
    """For each story that merged or split the stories its articles may be in now, and by what: merges alone, or a split as well."""
    led: dict[str, dict[str, str]] = {}
    for event in reversed(events):  # what happened to heirs later in the same step is known by then
        if event.kind in {"merged", "split"}:
            onward = led.setdefault(event.story, {})
            for heir in event.stories:
                onward.setdefault(heir, event.kind)
                for further, kind in led.get(heir, {}).items():
                    onward.setdefault(further, "split" if "split" in {kind, event.kind} else "merged")
    return led
