"""Why an article is in its story and in no other, and which pairs were in doubt: in JSON, in tables, and as commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder

from ranker.apps import reasoning, screen
from ranker.articles.article import Article, Provider
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.stories.corrections import Correction, Corrections
from ranker.stories.reasons import DoubtfulPair, Reason, doubtful_pairs, mistaken_pairs, stories_apart

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static")
AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
WIDTH = 80


def ranked(*articles: Article, settings: Settings | None = None, corrections: Sequence[Correction] = ()) -> Ranking:
    return rank_articles(
        articles,
        settings or load_settings(),
        as_of=AS_OF,
        encoder=HashingEncoder(),
        same_story=SAME_STORY,
        corrections=Corrections.of(corrections),
    )


def article(key: str, title: str, *, hours: float | None = 1, provider: str = "", excerpt: str = "") -> Article:
    published = None if hours is None else AS_OF - timedelta(hours=hours)
    return Article(key, title, excerpt=excerpt, provider=Provider(provider), published=published)


FERRY = (
    article("f1", "Ferry Lady Corinne aground on Gannet Ledge", provider="The Albion", hours=9),
    article("f2", "Lady Corinne ferry runs aground on Gannet Ledge", provider="Herald", hours=8),
    article("f3", "Gannet Ledge: ferry Lady Corinne is aground", provider="Pressline", hours=7),
)
QUAKE = (
    article("q1", "Quake of magnitude 6.8 strikes off Tarapay coast", provider="Herald", hours=5),
    article("q2", "Tarapay coast struck by quake of magnitude 6.8", provider="Nineline TV", hours=4),
)
LONE = article(
    "z", "Schoolboy aground at snooker: no maximum break in his village club, says his proud father", provider="Touchline", hours=2
)


@pytest.fixture(scope="module")
def known() -> Ranking:
    """Three reports of a ferry, two of a quake, and one of a match that has a word in common with the ferry."""
    ranking = ranked(*FERRY, *QUAKE, LONE)
    assert {tuple(each.id for each in story.articles) for story in ranking.grouping.stories} == {("f1", "f2", "f3"), ("q1", "q2"), ("z",)}
    return ranking


def printed(parts: Sequence[Any], width: int = WIDTH) -> str:
    paper = screen.console(width=width)
    with paper.capture() as captured:
        for part in parts:
            paper.print(part)
    return captured.get()


# JSON


def test_the_points_that_are_told_add_up_to_the_score(known: Ranking) -> None:
    seen = 0
    for each in known.grouping.corpus.articles:
        for told in reasoning.reasons_json(each, known).values():
            if told is not None:
                seen += 1
                # Six digits each, so half of the last one is lost for each number at most.
                assert sum(reason["points"] for reason in told["reasons"]) - told["joinAt"] == pytest.approx(told["score"], abs=1e-5)
    assert seen > 5


def test_both_comparisons_name_their_story_and_its_nearest_article(known: Ranking) -> None:
    told = reasoning.reasons_json(FERRY[0], known)
    assert list(told) == ["ownStory", "nearestOtherStory"]
    assert told["ownStory"]["storyId"] == known.by_article["f2"].story.id
    assert told["ownStory"]["nearest"] in {"f2", "f3"}
    assert told["nearestOtherStory"]["storyId"] == known.by_article["z"].story.id
    assert told["nearestOtherStory"]["nearest"] == "z"
    assert told["ownStory"]["score"] > 0 > told["nearestOtherStory"]["score"]
    assert told["ownStory"]["probability"] > 0.5 > told["nearestOtherStory"]["probability"]
    assert told["ownStory"]["nearestScore"] >= told["ownStory"]["score"]


def test_an_article_alone_has_no_own_story_to_tell_of(known: Ranking) -> None:
    told = reasoning.reasons_json(LONE, known)
    assert told["ownStory"] is None
    assert told["nearestOtherStory"]["storyId"] == known.by_article["f1"].story.id


def test_where_nothing_is_near_there_is_nothing_to_tell() -> None:
    ranking = ranked(LONE)
    assert reasoning.reasons_json(LONE, ranking) == {"ownStory": None, "nearestOtherStory": None}


# Corrections

JOIN = Correction("c1", "join", ("f1", "gone"), by="Ann")
JOIN_ON = Correction("c2", "join", ("gone",), ("z",), why="his father was\non board")
PART = Correction("c3", "part", ("f2",), ("f3",), by="Bob")


def test_an_article_that_corrections_keep_in_its_story_is_said_to_be_so() -> None:
    ranking = ranked(*FERRY, *QUAKE, LONE, corrections=[JOIN, JOIN_ON])
    told = reasoning.reasons_json(LONE, ranking)
    assert told["ownStory"]["storyId"] == ranking.by_article["f1"].story.id
    assert [item["id"] for item in told["ownStory"]["corrections"]] == ["c1", "c2"]
    shown = printed(reasoning.reasons_shown(LONE, ranking), width=120)
    assert "kept in it by correction c1 (join, by Ann)\nkept in it by correction c2 (join): his father was\\non board\n" in shown


def test_an_article_that_is_in_its_story_by_itself_is_not_said_to_be_kept_there() -> None:
    ranking = ranked(*FERRY, *QUAKE, LONE, corrections=[JOIN, JOIN_ON])
    assert reasoning.reasons_json(FERRY[1], ranking)["ownStory"]["corrections"] == []
    # The one that it is joined with is not there.
    alone = ranked(*FERRY, corrections=[JOIN])
    assert reasoning.reasons_json(FERRY[0], alone)["ownStory"]["corrections"] == []
    assert "correction" not in printed(reasoning.reasons_shown(FERRY[0], alone))


def test_an_article_that_a_correction_keeps_out_of_a_story_is_said_to_be_so() -> None:
    ranking = ranked(*FERRY, corrections=[PART])
    for each in FERRY:  # the third is with one of the two
        told = reasoning.reasons_json(each, ranking)["nearestOtherStory"]["stories"]
        assert [item["id"] for item in told["corrections"]] == ["c3"]
        shown = printed(reasoning.reasons_shown(each, ranking))
        assert "not joined by correction c3 (part, by Bob)\n" in shown
        assert "mean score" not in shown


def test_without_corrections_none_is_told(known: Ranking) -> None:
    told = reasoning.reasons_json(FERRY[0], known)
    assert (told["ownStory"]["corrections"], told["nearestOtherStory"]["stories"]["corrections"]) == ([], [])


# Tables


def test_the_tables_show_what_the_json_tells(known: Ranking) -> None:
    told = reasoning.reasons_json(FERRY[0], known)
    shown = printed(reasoning.reasons_shown(FERRY[0], known))
    own, other = shown.split("the nearest other story, ")
    for side, comparison in ((own, told["ownStory"]), (other, told["nearestOtherStory"])):
        rows = re.findall(r"^(\w[\w ]*?) +(-?[\d.]+) +([+-][\d.]+) +([+-][\d.]+) *$", side, re.MULTILINE)
        assert rows == [
            (each["evidence"].replace("_", " "), f"{each['value']:.3f}", f"{each['weight']:+.3f}", f"{each['points']:+.3f}")
            for each in comparison["reasons"]
            if abs(each["points"]) >= 0.0005
        ]
        assert re.findall(r"^less what it takes to join +(\S+)", side, re.MULTILINE) == [f"{-comparison['joinAt']:+.3f}"]
        assert re.findall(r"^score +(\S+)", side, re.MULTILINE) == [f"{comparison['score']:+.3f}"]


def test_the_numbers_of_a_table_add_up_but_for_their_rounding(known: Ranking) -> None:
    for each in (*FERRY, *QUAKE, LONE):
        shown = re.sub(r"not joined:.*?[+-]\d\.\d{3}", "", printed(reasoning.reasons_shown(each, known)), flags=re.DOTALL)
        for table in re.split("why it is|the nearest other story", shown)[1:]:
            *terms, score = map(float, re.findall(r" ([+-]\d+\.\d{3}) *$", table, re.MULTILINE))
            assert len(terms) > 1
            assert sum(terms) == pytest.approx(score, abs=0.0005 * (len(SAME_STORY.weights) + 2))


def test_a_heading_says_how_likely_it_is_and_by_which_article(known: Ranking) -> None:
    shown = " ".join(printed(reasoning.reasons_shown(QUAKE[0], known)).split())
    membership = known.by_article["q1"].story.memberships["q1"]
    assert f"why it is in its story: P {membership.probability:.2f}, nearest {QUAKE[1].title} evidence" in shown


def test_the_heading_of_the_other_story_names_its_lead(known: Ranking) -> None:
    shown = " ".join(printed(reasoning.reasons_shown(LONE, known)).split())
    other = known.by_article["f1"]
    assert shown.startswith("alone in its story ")
    assert re.search(rf"the nearest other story, {other.story.id}: P 0\.\d\d, {re.escape(other.lead.title)} evidence", shown)


def test_two_stories_stay_apart_by_the_mean_over_all_their_articles(known: Ranking) -> None:
    told = reasoning.reasons_json(FERRY[0], known)["nearestOtherStory"]
    grouping = known.grouping
    own = np.flatnonzero(grouping.labels == grouping.labels[known.rows[FERRY[0].id]])
    other = [row for row, article in enumerate(grouping.corpus.articles) if known.by_article[article.id].story.id == told["storyId"]]
    pairs = np.array([(left, right) for left in own for right in other])
    mean = float(grouping.score.of_pairs(pairs[:, 0], pairs[:, 1]).mean())
    assert told["stories"]["score"] == pytest.approx(mean, abs=1e-5)
    assert told["stories"]["tooLong"] is False
    assert mean <= 0
    shown = printed(reasoning.reasons_shown(FERRY[0], known))
    assert f"not joined: over all their articles the two stories have a mean score of {mean:+.3f}" in " ".join(shown.split())


def test_two_stories_that_would_be_too_long_are_said_to_be_so(known: Ranking) -> None:
    grouping = replace(known.grouping, window_days=0.0)
    own, other = grouping.stories[:2]
    row = known.rows[own.first.id]
    assert stories_apart(grouping, row, other).too_long
    assert not stories_apart(known.grouping, row, other).too_long


def test_where_nothing_is_near_a_table_would_be_empty() -> None:
    assert printed(reasoning.reasons_shown(LONE, ranked(LONE))).split("\n") == ["alone in its story", "", ""]


@pytest.mark.parametrize(
    "title",
    ["Regierungskrise in Marenien nach verlorener Vertrauensfrage " * 4, "\u706b\u707d\u5411\u3051\u306e\u907f\u96e3" * 20, "x" * 300],
)
def test_no_line_of_the_tables_is_wider_than_the_terminal(title: str) -> None:
    own = (article("a", f"{title} one", excerpt="Of the first kind."), article("b", f"{title} two", excerpt="Of the second kind.", hours=2))
    ranking = ranked(*own, article("c", f"One of {title}", excerpt="Wholly other words than those.", hours=99))
    shown = printed(reasoning.reasons_shown(own[0], ranking))
    assert "why it is" in shown
    assert max(map(cell_len, shown.splitlines())) <= WIDTH


def test_a_title_steers_no_terminal() -> None:
    own = (article("a", "Ferry aground \x1b[31m today"), article("b", "Ferry aground \x1b[31m again", hours=2))
    ranking = ranked(*own)
    assert "\x1b" not in printed(reasoning.reasons_shown(own[0], ranking))


# Pairs


def pair_of(*points: float, left: str = "f1", right: str = "f2") -> DoubtfulPair:
    return DoubtfulPair(left, right, 0.25, False, tuple(Reason(f"kind_{place}", 1.0, each, each) for place, each in enumerate(points)))


def told_of(
    ranking: Ranking,
    pairs: Sequence[DoubtfulPair],
    capsys: pytest.CaptureFixture[str],
    *,
    labels: Mapping[str, str] | None = None,
    as_json: bool = False,
) -> list[str]:
    capsys.readouterr()
    reasoning.tell_pairs(ranking, pairs, labels or {}, as_json=as_json)
    return capsys.readouterr().out.splitlines()


def test_a_pair_is_three_lines_of_text(known: Ranking, capsys: pytest.CaptureFixture[str]) -> None:
    assert told_of(known, [pair_of(0.5, -0.25)], capsys) == [
        "P 0.25  apart: kind 0 +0.50, kind 1 -0.25",
        "  03-11 09:00  Ferry Lady Corinne aground on Gannet Ledge (The Albion)",
        "  03-11 10:00  Lady Corinne ferry runs aground on Gannet Ledge (Herald)",
    ]


def test_the_four_strongest_reasons_are_told_whichever_side_they_are_on(known: Ranking, capsys: pytest.CaptureFixture[str]) -> None:
    (line, *_) = told_of(known, [pair_of(0.3, 0.1, 0.02, -0.05, -0.2)], capsys)
    assert line == "P 0.25  apart: kind 0 +0.30, kind 4 -0.20, kind 1 +0.10, kind 3 -0.05"


@pytest.mark.parametrize(
    ("labels", "truth"),
    [
        ({"f1": "x", "f2": "x"}, ", labelled one story"),
        ({"f1": "x", "f2": "y"}, ", labelled two stories"),
        ({"f1": "x"}, ""),
        ({"f2": "x"}, ""),
    ],
)
def test_the_labels_are_told_where_both_are_known(
    labels: dict[str, str], truth: str, known: Ranking, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told_of(known, [pair_of(0.5)], capsys, labels=labels)[0] == f"P 0.25  apart{truth}: kind 0 +0.50"
    (line,) = told_of(known, [pair_of(0.5)], capsys, labels=labels, as_json=True)
    expected = {", labelled one story": True, ", labelled two stories": False}
    assert json.loads(line).get("sameStory", "") == expected.get(truth, "")


def test_a_pair_as_json_is_one_object_a_line(known: Ranking, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told_of(known, [pair_of(0.5), pair_of(0.25, left="q1", right="z")], capsys, as_json=True)
    assert len(lines) == 2
    assert json.loads(lines[1]) == {
        "probability": 0.25,
        "joined": False,
        "articles": [
            {"id": "q1", "title": QUAKE[0].title, "storyId": known.by_article["q1"].story.id},
            {"id": "z", "title": LONE.title, "storyId": known.by_article["z"].story.id},
        ],
        "reasons": [{"evidence": "kind_0", "value": 1.0, "weight": 0.25, "points": 0.25}],
    }


def test_a_joined_pair_is_said_to_be_joined(known: Ranking, capsys: pytest.CaptureFixture[str]) -> None:
    joined = replace(pair_of(0.5), joined=True)
    assert told_of(known, [joined], capsys)[0].startswith("P 0.25  joined: ")
    assert json.loads(told_of(known, [joined], capsys, as_json=True)[0])["joined"] is True


def test_undated_articles_of_nobody_are_told_without_time_and_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    ranking = ranked(article("a", "Ferry aground", hours=None), article("b", "Ferry \x1b aground", hours=None))
    assert told_of(ranking, [pair_of(0.5, left="a", right="b")], capsys)[1:] == ["  -  Ferry aground", "  -  Ferry \\x1b aground"]


def test_borderline_pairs_come_before_mistakes_and_each_only_if_asked_for(known: Ranking, capsys: pytest.CaptureFixture[str]) -> None:
    labels = {"f1": "x", "f2": "y", "q1": "x"}
    stories = [labels.get(each.id) for each in known.grouping.corpus.articles]
    doubtful, mistaken = doubtful_pairs(known.grouping, limit=2), mistaken_pairs(known.grouping, stories, limit=2)
    assert doubtful != mistaken != []
    for borderline, mistakes in ((2, 2), (2, 0), (0, 2), (0, 0)):
        expected = told_of(known, [*doubtful[:borderline], *mistaken[:mistakes]], capsys, labels=labels)
        reasoning.tell_doubts(known, labels, borderline=borderline, mistakes=mistakes, as_json=False)
        assert capsys.readouterr().out.splitlines() == expected


def test_a_mistake_has_two_labels(known: Ranking, capsys: pytest.CaptureFixture[str]) -> None:
    reasoning.tell_doubts(known, {"f1": "x", "f2": "y", "q1": "x"}, borderline=0, mistakes=99, as_json=True)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found
    for pair in found:
        assert {each["id"] for each in pair["articles"]} <= {"f1", "f2", "q1"}
        assert pair["joined"] != pair["sameStory"]


# Commands


@pytest.fixture
def labels(desk: Path) -> Path:
    """Labels that part the quake, join it with the ferry, and say nothing of the match."""
    rows = ["quake-pressline.md,q", "quake-nineline.md,r", "quake-continental.md,r", "ferry-albion.md,q", "ferry-herald.md,q"]
    path = desk.parent / "labels.csv"
    path.write_text("file,story\n" + "".join(f"desk/{row}\n" for row in rows))
    return path


def chances(told: CompletedProcess[str]) -> list[float]:
    return [json.loads(line)["probability"] for line in told.stdout.splitlines()]


def test_an_article_is_explained_with_both_comparisons(desk: Path, ranker: Command) -> None:
    wanted = ("explain", desk, *STATIC, "--article", desk / "quake-pressline.md")
    told = json.loads(ranker(*wanted, "--json").stdout)
    assert told["why"]["ownStory"]["storyId"] == told["storyId"] != told["why"]["nearestOtherStory"]["storyId"]
    assert told["why"]["ownStory"]["probability"] == pytest.approx(told["membership"]["probability"], abs=1e-4)
    for why in told["why"].values():
        assert sum(reason["points"] for reason in why["reasons"]) - why["joinAt"] == pytest.approx(why["score"], abs=1e-5)
    shown = ranker(*wanted).stdout
    assert "why it is in its story: P " in shown
    assert f"the nearest other story, {told['why']['nearestOtherStory']['storyId']}: P " in shown
    assert max(map(cell_len, shown.splitlines())) <= WIDTH


def test_the_pairs_to_review_are_the_most_doubtful_first(desk: Path, ranker: Command) -> None:
    told = ranker("review", desk, *STATIC, "--json")
    assert told.returncode == 0
    found = chances(told)
    assert len(found) > 4
    assert found == sorted(found, key=lambda chance: abs(chance - 0.5))
    assert "sameStory" not in told.stdout


def test_no_more_pairs_are_reviewed_than_asked_for(desk: Path, ranker: Command) -> None:
    every = ranker("review", desk, *STATIC, "--json").stdout.splitlines()
    assert ranker("review", desk, *STATIC, "--json", "--limit", "2").stdout.splitlines() == every[:2]
    assert len(ranker("review", desk, *STATIC, "--limit", "2").stdout.splitlines()) == 2 * 3


def test_the_order_of_the_files_makes_no_difference_to_a_review(desk: Path, ranker: Command) -> None:
    files = sorted(desk.iterdir())
    assert ranker("review", *files, *STATIC, "--json").stdout == ranker("review", *reversed(files), *STATIC, "--json").stdout != ""


def test_there_is_nothing_to_review_in_an_empty_folder(tmp_path: Path, ranker: Command) -> None:
    told = ranker("review", tmp_path, *STATIC)
    assert (told.returncode, told.stdout) == (0, "")


def test_a_review_ends_with_3_if_some_input_was_refused(ranker: Command) -> None:
    told = ranker("review", "-", *STATIC, stdin=b'{"title": "Ferry aground"}\n{"title": ""}\n{"title": "Ferry runs aground"}\n')
    assert (told.returncode, told.stdout.count("\n")) == (3, 3)


def test_borderline_pairs_are_told_with_what_their_labels_say(desk: Path, labels: Path, ranker: Command) -> None:
    given = ("evaluate", desk, *STATIC, "--labels", labels, "--borderline", "99")
    told = ranker(*given, "--json")
    assert told.returncode == 0
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert chances(told) == sorted(chances(told), key=lambda chance: abs(chance - 0.5))
    for pair in found:
        assert ("sameStory" in pair) == all("Schoolboy" not in each["title"] for each in pair["articles"])
    assert {pair.get("sameStory") for pair in found} == {True, False, None}
    shown = ranker(*given).stdout
    assert shown.count("\n") == 3 * len(found)
    assert shown.count(", labelled ") == sum("sameStory" in pair for pair in found)


def test_mistakes_are_told_surest_first_and_without_unlabelled_articles(desk: Path, labels: Path, ranker: Command) -> None:
    told = ranker("evaluate", desk, *STATIC, "--labels", labels, "--mistakes", "99", "--json")
    assert told.returncode == 0
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert "Schoolboy" not in told.stdout
    assert {pair["joined"] for pair in found} == {True, False}
    assert all(pair["joined"] != pair["sameStory"] for pair in found)
    sureness = [pair["probability"] if pair["joined"] else 1 - pair["probability"] for pair in found]
    assert sureness == sorted(sureness, reverse=True)


def test_no_more_pairs_are_listed_than_asked_for(desk: Path, labels: Path, ranker: Command) -> None:
    for option in ("--borderline", "--mistakes"):
        told = ranker("evaluate", desk, *STATIC, "--labels", labels, option, "2", "--json")
        assert told.stdout.count("\n") == 2


def test_right_labels_leave_no_mistake(desk: Path, ranker: Command) -> None:
    (desk.parent / "labels.csv").write_text(
        "file,story\n" + "".join(f"desk/{path.name},{path.name.split('-')[0]}\n" for path in desk.iterdir())
    )
    told = ranker("evaluate", desk, *STATIC, "--labels", desk.parent / "labels.csv", "--mistakes", "9")
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("review",), "Missing argument 'INPUT...'"),
        (("review", ".", "--limit", "0"), "0 is not in the range x>=1"),
        (("review", "nowhere.md"), "nowhere.md: no such file or folder"),
        (("evaluate", ".", "--borderline", "3"), "give --labels, or --ranking"),
        (("evaluate", ".", "--labels", "story", "--borderline", "0"), "0 is not in the range x>=1"),
        (("evaluate", ".", "--labels", "story", "--mistakes", "-1"), "-1 is not in the range x>=1"),
        (
            ("evaluate", ".", "--labels", "story", "--mistakes", "3", "--by-input"),
            "list pairs of one run; leave out --by-input",
        ),
        (("evaluate", ".", "--labels", "story", "--borderline", "3", "--sweep", "heat.half_life_hours=1,2"), "list pairs of one run"),
        (("explain", "."), "name one --story or one --article"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(
    arguments: tuple[str, ...], reason: str, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ranker(*arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert reason in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr
