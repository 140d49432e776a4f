"""What a terminal shows: within its width, and with sums that add up as they are shown."""

from __future__ import annotations

import io
import re
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder

from ranker.apps import screen
from ranker.articles.article import Article, Provider
from ranker.pipeline import Ranking, rank_articles
from ranker.ranking.order import Adjustment, Listing
from ranker.ranking.ranked import RankedStories
from ranker.settings import Settings
from ranker.settings_file import load_settings

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
WIDTH = 80
HEAD = "  # score qual heat  rec grps  age  story"
INDENT = 36  # cells before a title


def ranked(*articles: Article, settings: Settings | None = None) -> Ranking:
    return rank_articles(articles, settings or load_settings(), as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY)


def one(title: str, *, provider: str = "The Albion", hours: float | None = 1) -> Article:
    published = None if hours is None else AS_OF - timedelta(hours=hours)
    return Article("a1", title, provider=Provider(provider), published=published)


def table(ranking: Ranking, *, limit: int = 20, coverage: int = 3, width: int = WIDTH) -> list[str]:
    return [line.plain for line in screen.ranking_lines(ranking, limit=limit, coverage=coverage, width=width)]


def test_the_table_shows_rank_score_and_terms_publishers_age_and_title(ranking: Ranking) -> None:
    story = ranking.stories[0]
    blend = story.blend
    *terms, score = screen.added_up([blend.quality.contribution, blend.heat.contribution, blend.recency.contribution], 3)
    title = f"{story.lead.title} (Pressline)"
    assert title == "Quake of magnitude 6.8 strikes off Tarapay coast (Pressline)"
    assert table(ranking)[:3] == [
        HEAD,
        f"  1 {score} {' '.join(term.removeprefix('0') for term in terms)}    3   6h  Quake of magnitude 6.8 strikes off Tarapay",
        f"{'':{INDENT}}coast (Pressline)",
    ]


def test_the_terms_of_a_line_add_up_to_its_score_as_they_are_shown(ranking: Ranking) -> None:
    shown = [re.match(r" *\d+ (\d\.\d{3}) (\d?\.\d{3}) (\d?\.\d{3}) (\d?\.\d{3}) ", line) for line in table(ranking, coverage=0)]
    sums = [[Decimal(number) for number in match.groups()] for match in shown if match]
    assert len(sums) == len(ranking.stories)
    assert all(score == sum(terms) for score, *terms in sums)
    assert [float(score) for score, *_ in sums] == pytest.approx([story.score for story in ranking.stories], abs=5.1e-4)


def test_other_coverage_stands_under_the_lead_best_first(ranking: Ranking) -> None:
    assert [line.strip() for line in table(ranking)[3:5]] == [
        "\u00b7 Nineline TV: Tarapay coast struck by quake of magnitude 6.8",
        "\u00b7 Continental Wire: Magnitude 6.8 quake strikes Tarapay coast, towns evac\u2026",
    ]


@pytest.mark.parametrize(("coverage", "more"), [(3, []), (1, ["        and 1 more"]), (0, [])])
def test_coverage_that_is_not_shown_is_counted(coverage: int, more: list[str], ranking: Ranking) -> None:
    assert [line for line in table(ranking, coverage=coverage) if "more" in line] == more


def test_the_table_ends_at_its_limit(ranking: Ranking) -> None:
    assert [line[:3] for line in table(ranking, limit=2, coverage=0) if line[:3].strip()] == ["  #", "  1", "  2"]


def test_the_table_of_nothing_is_its_heading() -> None:
    assert table(ranked()) == [HEAD]


LONG = "Regierungskrise in Marenien nach verlorener Vertrauensfrage " * 4
WIDE_TITLES = [
    LONG,
    "\u706b\u707d\u5411\u3051\u306e\u907f\u96e3\u8a13\u7df4\u304c\u5168\u56fd\u3067\u59cb\u307e\u308b" * 8,
    "\u706b\u707d \u907f\u96e3 " * 30,
    "x" * 300,
    "\U0001f525\U0001f600" * 60,
    "e\u0301\u0323" * 100,
    "Quake \u0e19\u0e49\u0e33\u0e17\u0e48\u0e27\u0e21" * 20,
]


@pytest.mark.parametrize("title", WIDE_TITLES)
@pytest.mark.parametrize("width", [80, 60])
def test_no_line_of_the_table_is_wider_than_the_terminal(title: str, width: int) -> None:
    copy = replace(one(title, hours=2), id="a2", excerpt="Other words altogether.", provider=Provider("\u671d\u65e5\u65b0\u805e" * 9))
    lines = table(ranked(one(title), copy), width=width)
    assert len(lines) > 3
    assert max(map(cell_len, lines)) <= width


def test_a_wrapped_title_is_whole_and_stands_under_itself() -> None:
    title = " ".join(["Lady Corinne aground"] * 7)
    first, *rest = table(ranked(one(title)))[1:]
    assert " ".join((first[INDENT:], *(line[INDENT:] for line in rest))) == f"{title} (The Albion)"
    assert all(line[:INDENT].isspace() for line in rest)


def test_a_terminal_that_is_too_narrow_still_shows_words() -> None:
    head, *lines = table(ranked(one("Lady Corinne aground")), width=30)
    assert head == "  # score grps  age  story"
    assert [line[len(head) - len("story") :] for line in lines] == ["Lady Corinne aground", "(The Albion)"]


def test_a_narrow_table_leaves_out_what_the_signals_add(ranking: Ranking) -> None:
    story = ranking.stories[0]
    assert table(ranking, width=63)[1].startswith(f"  1 {story.score:.3f}    3   6h  Quake of magnitude 6.8")
    assert table(ranking, width=64)[0] == HEAD


@pytest.mark.parametrize("width", [24, 40, 60, 80])
@pytest.mark.parametrize(
    "line", ["balanced  0.6278 (0.517-0.732)  0.7080 (0.621-0.785)", "  aground on a ledge, 61 passengers ashore: 0.25"]
)
def test_a_line_that_is_too_long_is_broken_between_words(line: str, width: int) -> None:
    pieces = screen.broken(line, width)
    assert " ".join(" ".join(pieces).split()) == " ".join(line.split())
    assert max(map(cell_len, pieces)) <= width
    assert all(piece.startswith("    ") for piece in pieces[1:])


def test_a_line_is_not_broken_where_there_is_room_or_no_screen() -> None:
    assert screen.broken("a  b", 4) == ["a  b"]
    assert screen.broken("word " * 40, None) == ["word " * 40]
    assert screen.broken("unbreakable", 4) == ["unbreakable"]


# Rules of the list


def listed(ranking: Ranking, listing: Listing) -> Ranking:
    """A ranking whose list is another."""
    return replace(ranking, stories=RankedStories(ranking.scores, ranking.scores.blended(ranking.settings.blend), listing))


def test_what_moved_a_story_stands_under_its_title_and_room_made_does_not(ranking: Ranking) -> None:
    moves = {
        1: (Adjustment("pinned", "", by_score=3, place=1),),
        0: (Adjustment("made_room", "", by_score=1, place=2), Adjustment("topic_in_a_row", "Sea", by_score=1, place=2)),
    }
    lines = table(listed(ranking, Listing((1, 0), moves, {}, (2,))), coverage=0)
    said = [line for line in lines if "#" in line and line != HEAD]
    assert said == ["      pinned: #3 by score, #1 here", "      topic in a row (Sea): #1 by score, #2 here"]
    assert lines.index(said[0]) < lines.index(said[1])


def test_a_follow_up_stands_under_its_leader_s_coverage(ranking: Ranking) -> None:
    leader, under = (ranked.number for ranked in ranking.stories[:2])
    lines = table(listed(ranking, Listing((leader,), {}, {under: leader}, ())))
    assert [line[:3].strip() for line in lines if line[:3].strip()] == ["#", "1"]
    title = ranking.stories[1].lead
    assert lines[-1] == f"      + follow-up: {title.title} ({title.provider.name})"


def test_a_topic_of_any_length_fits_the_terminal(ranking: Ranking) -> None:
    moves = {0: (Adjustment("topic_in_a_row", "Fisheries of the northern coast " * 5, by_score=1, place=2),)}
    lines = table(listed(ranking, Listing((1, 0), moves, {}, ())))
    assert max(map(cell_len, lines)) <= WIDTH
    assert any(line.startswith("      topic in a row (Fisheries") and line.endswith("\u2026") for line in lines)


def test_an_article_of_nobody_stands_without_brackets() -> None:
    nobody = one("Lady Corinne aground", provider="")
    assert table(ranked(nobody))[1].endswith("Lady Corinne aground")
    others = [replace(nobody, id=f"a{i}", excerpt=f"Lady Corinne ran aground, report {i}.") for i in (1, 2)]
    assert "      \u00b7 Lady Corinne aground" in table(ranked(*others))


@pytest.mark.parametrize(
    ("hours", "age"), [(0, "0h"), (0.4, "0h"), (3, "3h"), (47, "47h"), (48, "2d"), (24 * 9, "9d"), (None, "-"), (-0.5, "0h")]
)
def test_ages_are_hours_and_from_two_days_on_days(hours: float | None, age: str) -> None:
    ranking = ranked(one("Lady Corinne aground", hours=hours))
    assert screen.story_age(ranking.stories[0], ranking) == age


def test_a_story_is_as_old_as_its_newest_article(ranking: Ranking) -> None:
    assert screen.story_age(ranking.by_article[ranking.stories[0].lead.id], ranking) == "6h"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zeit f\u00fcr \u706b\u707d", "Zeit f\u00fcr \u706b\u707d"),
        ("red \x1b[31m and\nbell\x07", "red \\x1b[31m and\\nbell\\x07"),
        ("bad-\udcff.md", "bad-\\udcff.md"),
        ("left \u202e right", "left \\u202e right"),
    ],
)
def test_what_would_steer_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert screen.printable(text) == shown


@given(st.lists(st.floats(0, 300), max_size=9), st.integers(0, 6))
def test_rounded_terms_add_up_to_their_rounded_sum(terms: list[float], digits: int) -> None:
    *rounded, total = map(Decimal, screen.added_up(terms, digits))
    assert sum(rounded) == total
    assert float(total) == pytest.approx(sum(terms), abs=0.51 * 10**-digits)
    assert [float(number) for number in rounded] == pytest.approx(terms, abs=10**-digits)


def test_the_largest_remainder_is_rounded_up() -> None:
    assert screen.added_up([0.333, 0.333, 0.334], 2) == ["0.33", "0.33", "0.34", "1.00"]


class Terminal(io.StringIO):
    """A text stream that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_with_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with screen.progress_bar("embedding", 4, shown=True) as progress:
        progress(1)
        time.sleep(0.002)
        progress(3)
    assert "embedding" in terminal.getvalue()
    assert "4/4" in terminal.getvalue()
    assert "/s" in terminal.getvalue()


def test_a_pipe_gets_a_plain_line_every_few_seconds(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([0.0, 1.0, 6.0, 7.0, 12.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with screen.progress_bar("embedding", 400, shown=True) as progress:
        for _ in range(4):
            progress(100)
    assert capsys.readouterr().err == "ranker: embedding: 200 of 400, 33/s\nranker: embedding: 400 of 400, 33/s\n"


@pytest.mark.parametrize(("total", "shown"), [(0, True), (5, False)])
def test_no_work_and_no_wish_show_no_progress(total: int, shown: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with screen.progress_bar("embedding", total, shown=shown) as progress:
        progress(5)
    assert capsys.readouterr() == ("", "")
