"""`Newsroom`: articles, read from anywhere, as an analyst looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranker.articles.article import Article
from ranker.articles.reading import known_at, newest_time, read_articles
from ranker.articles.record import Refusal
from ranker.errors import InputError
from ranker.notebook.articles import Articles, ArticleView
from ranker.notebook.finding import found_article, found_story
from ranker.notebook.frames import articles_of_frame
from ranker.notebook.loading import Loaded, loaded
from ranker.notebook.measuring import LabelledRoom
from ranker.notebook.pairs import Pairs, PairView, borderline_pairs, near_pairs
from ranker.notebook.plotting import Plots
from ranker.notebook.providers import Providers
from ranker.notebook.service import fetched, service_quality
from ranker.notebook.stories import Stories, StoryView
from ranker.places import newsroom_folder
from ranker.stories.corrections import NO_CORRECTIONS, Corrections
from ranker.stories.corrections_file import read_corrections
from ranker.stories.reasons import pair_told

if TYPE_CHECKING:
    import pandas as pd

_NO_DATES = datetime(1970, 1, 1, tzinfo=UTC)
_SAMPLE_NOW = datetime(2026, 3, 12, tzinfo=UTC)  # the sample ends on the day before; some of its dates are years ahead, on purpose


class Newsroom(LabelledRoom, Plots):
    """Articles, and what `ranker` makes of them: stories, pairs, what-if rankings, figures against labels, providers, plots.

    A room does not change: `ranked`, `labelled` give another one. The ranking is made when it is first asked for; what is asked in the
    same room, or in one that differs in weights alone, is not grouped again. Frames have snake_case columns and UTC times.

    >>> from ranker.notebook import Newsroom
    >>> room = Newsroom.sample(encoder="static")
    >>> room
    Newsroom: 386 articles, 41 providers, as of 2026-03-11 18:20 UTC, balanced
    >>> room.stories[0].title
    'Climate marchers back on Parliament Green, this time 9,000 strong'
    >>> hot = room.ranked(weights={"quality": 0.1, "heat": 0.8, "recency": 0.1})
    >>> room.compare(hot).summary
    'balanced -> quality 0.1 heat 0.8 recency 0.1: 0 entered, 0 left, 68 moved, 52 in their place'
    >>> room.story(3).why().sentences[0]
    'Heat decides, against quality.'
    >>> room.pair(*(article.id for article in room.story(1).articles)).joined
    True
    >>> room.providers.frame()[["provider", "first", "shared"]].head(2).to_numpy().tolist()
    [['Continental Wire', 14, 25], ['Pressline', 12, 22]]
    >>> round(room.evaluation().evaluation.b_cubed.f1, 3)
    0.92
    >>> room.bars().layout.title.text
    'What each signal adds to the score'
    """

    # Where a room comes from

    @classmethod
    def read(  # noqa: PLR0913 - all but one are keywords
        cls,
        inputs: str | Path | Sequence[str | Path],
        *,
        config: str | Path | None = None,
        profile: str | None = None,
        encoder: str | None = None,
        as_of: datetime | None = None,
        settings: Mapping[str, object] | None = None,
        labels: str | Path | None = None,
        corrections: str | Path | None = None,
        now: datetime | None = None,
    ) -> Newsroom:
        """A room of files, folders or globs, in any format that `ranker rerank` reads.

        Parameters
        ----------
        config : a settings file (YAML).
        profile : one of the settings' profiles.
        encoder : by name; `static` takes milliseconds where the default takes seconds, and keeps less of the meaning.
        as_of : timezone-aware; articles dated later are left out. By default the time of the newest article.
        settings : single settings by dotted key, such as {"grouping.window_days": 3}.
        labels : a labels file, or the field of the articles that holds the true story.
        corrections : a file of corrections.
        now : the clock, which tells wrong dates; by default this moment.

        Raises
        ------
        RankerError : if an input, a settings file or labels cannot be read; what is refused of an input is in `refusals`.
        """
        found = loaded(config, profile, encoder, settings)
        names = [inputs] if isinstance(inputs, str | Path) else list(inputs)
        reading = read_articles([str(name) for name in names], found.settings.reading)
        given = NO_CORRECTIONS if corrections is None else read_corrections(Path(corrections))
        room = _room(found, reading.articles, reading.refusals, as_of=as_of, now=now or datetime.now(tz=UTC), corrections=given)
        return room if labels is None else room.labelled(labels)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        config: str | Path | None = None,
        profile: str | None = None,
        encoder: str | None = None,
        as_of: datetime | None = None,
        settings: Mapping[str, object] | None = None,
        now: datetime | None = None,
    ) -> Newsroom:
        """A room of a frame's rows, an article each; see `ranker.notebook.frames` for the columns. Parameters as in `read`.

        >>> import pandas as pd
        >>> frame = pd.DataFrame({"headline": ["Quake strikes Tarapay coast"], "source": ["Pressline"], "date": ["2026-03-11T09:00Z"]})
        >>> Newsroom.from_frame(frame, encoder="static")
        Newsroom: 1 article, 1 provider, as of 2026-03-11 09:00 UTC, balanced
        """
        found = loaded(config, profile, encoder, settings)
        articles, refusals = articles_of_frame(frame, found.settings.reading)
        return _room(found, articles, refusals, as_of=as_of, now=now or datetime.now(tz=UTC))

    @classmethod
    def from_service(
        cls,
        url: str,
        *,
        key: str | None = None,
        config: str | Path | None = None,
        profile: str | None = None,
        encoder: str | None = None,
        settings: Mapping[str, object] | None = None,
        transport: Any = None,
    ) -> Newsroom:
        """A room of the articles that a running service lists, grouped and ranked here for the moment of its list.

        With the service's own settings and encoder, stories and their ids are those of a batch of its articles. The quality of each
        article is what the service says, so other rules of quality make no difference here. A service keeps the id of a story while it
        changes; `articles.frame()` has that id in the column `service_story`.

        Parameters
        ----------
        url, key, transport : as `ranker.client.RankerClient` takes them. Others as in `read`.

        Raises
        ------
        ranker.client.ClientError : if the service cannot be asked.
        """
        from ranker.client import RankerClient

        first = loaded(config, profile, encoder, settings)
        found = loaded(config, profile, encoder, dict(settings or {}) | service_quality(first.settings))
        with RankerClient(url, key=key, transport=transport) as client:
            client.readiness()  # waits until it is ready
            told = fetched(client)
        as_of = told.as_of or _NO_DATES
        return replace(_room(found, told.articles, (), as_of=as_of, now=as_of), more={"service_story": told.stories})

    @classmethod
    def sample(cls, *, profile: str | None = None, encoder: str | None = None, settings: Mapping[str, object] | None = None) -> Newsroom:
        """The sample newsroom that comes with `ranker`, with its settings and labels: ten days, 386 articles, 41 invented providers."""
        folder = newsroom_folder()
        return cls.read(
            folder / "articles",
            config=folder / "ranker.yaml",
            profile=profile,
            encoder=encoder,
            settings=settings,
            labels=folder / "labels.csv",
            now=_SAMPLE_NOW,
        )

    # What is in it

    @property
    def stories(self) -> Stories:
        """The ranked stories."""
        return Stories(self.ranking)

    @property
    def articles(self) -> Articles:
        """All articles, in the order of their stories."""
        return Articles(self.ranking, self.more)

    @property
    def providers(self) -> Providers:
        """Who is first, who follows, and who tells the same."""
        return Providers(self.ranking)

    def frame(self) -> pd.DataFrame:
        """All articles as a frame, a row each; the same as `articles.frame()`."""
        return self.articles.frame()

    def story(self, wanted: str | int) -> StoryView:
        """A story by its id or rank, or by the id, address or file of one of its articles.

        Raises
        ------
        InputError : if there is none.
        """
        found = found_story(self.ranking, str(wanted))
        if found is None:
            raise InputError(f"{wanted}: no such story; give its id, its rank, or an article's id, web address or file")
        return StoryView(found, self.ranking)

    def article(self, wanted: str) -> ArticleView:
        """An article by its id, address or file.

        Raises
        ------
        InputError : if there is none.
        """
        found = found_article(self.ranking, wanted)
        if found is None:
            raise InputError(f"{wanted}: no such article; give its id, web address or file")
        return ArticleView(found, self.ranking)

    # Pairs

    def pairs(self, *, low: float = 0.0, high: float = 1.0) -> Pairs:
        """Near pairs whose P(same story) lies within bounds, likeliest first."""
        return near_pairs(self.ranking, self.labels, low=low, high=high)

    def borderline(self, *, limit: int = 20) -> Pairs:
        """The pairs that were hardest to decide, with their strongest evidence."""
        return borderline_pairs(self.ranking, self.labels, limit=limit)

    def pair(self, one: str, other: str) -> PairView:
        """Any two articles, by id, address or file: P(same story) and the evidence.

        Raises
        ------
        InputError : if there is no such article.
        """
        rows = [self.ranking.rows[self.article(wanted).id] for wanted in (one, other)]
        return PairView(pair_told(self.ranking.grouping, *rows), self.ranking, self.labels)

    def explorer(self) -> Any:
        """Sliders for weights and half-lives with the list under them, for notebooks.

        Raises
        ------
        RankerError : if ipywidgets is not installed.
        """
        from ranker.notebook.explorer import explorer

        return explorer(self)


def _room(
    found: Loaded,
    articles: Sequence[Article],
    refusals: Sequence[Refusal],
    *,
    as_of: datetime | None,
    now: datetime,
    corrections: Corrections = NO_CORRECTIONS,
) -> Newsroom:
    known = tuple(articles) if as_of is None else known_at(articles, as_of)
    moment = as_of or newest_time(known, now=now) or _NO_DATES
    return Newsroom(
        known, found.settings, moment, found.config, found.profile, found.overrides, corrections=corrections, refusals=tuple(refusals)
    )
