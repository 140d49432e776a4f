"""The report's page: what it holds, that it is the same each time, and that nothing in it but its own scripts can run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.hostile import CHOICES, LINKS, hostile_articles
from support.html_page import Element, read_html

from ranker import __version__
from ranker.apps.report.drawings import _in_script
from ranker.apps.report.page import Source, page_bytes
from ranker.apps.screen import added_up
from ranker.articles.article import Article, Origin, Provider
from ranker.articles.record import Refusal
from ranker.pipeline import Ranking, rank_articles
from ranker.settings_file import load_settings

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
SOURCE = Source(
    inputs=("desk", "more.jsonl"),
    profile="newest",
    settings=("recency.half_life_hours = 6 (default 12), profile newest",),
    encoder="hashing:1",
    counts=("2 files", "1 refused"),
    refusals=(Refusal(Origin("more.jsonl", line=7), "title", "missing"),),
)


def page(ranking: Ranking, *, source: Source = SOURCE, title: str = "Night desk", limit: int = 100, with_plots: bool = False) -> str:
    return page_bytes(ranking, source, title=title, limit=limit, with_plots=with_plots).decode()


def ranked(articles: list[Article], **overrides: object) -> Ranking:
    settings = load_settings(overrides={key.replace("__", "."): value for key, value in overrides.items()})
    return rank_articles(articles, settings, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY)


def own_code(text: str) -> list[tuple[str, str]]:
    """The scripts and styles of a page that are its own: (tag, text)."""
    return [(tag, code) for tag, code in re.findall(r"<(script|style)>(.*?)</\1>", text, re.DOTALL)]


def read(text: str) -> Element:
    """The page without its own code and the data of its plots; whatever else is in it must be harmless."""
    assert text.count("<style>") == 1
    for tag, code in own_code(text):
        text = text.replace(f"<{tag}>{code}</{tag}>", "")
    return read_html(re.sub(r'<script type="application/json" class="\w+">[^<]*</script>', "", text))


def stories(root: Element) -> list[Element]:
    return root.one("ol", id="stories").all("li", class_="story")


def test_stories_stand_in_order_with_their_numbers(ranking: Ranking) -> None:
    cards = stories(read(page(ranking)))
    assert [card["data-story"] for card in cards] == [story.story.id for story in ranking.stories]
    for card, story in zip(cards, ranking.stories, strict=True):
        assert card.one("h2").text == story.lead.title
        assert card.one("h2").one("a")["href"] == story.lead.url
        blend = story.blend
        *terms, score = added_up([blend.quality.contribution, blend.heat.contribution, blend.recency.contribution], 3)
        assert card.one("p", class_="score").text == score
        assert card.one("p", class_="terms").text == " ".join(terms)
        counts = story.counts
        assert card.one("p", class_="coverage").text.startswith(f"{counts.articles} article")
        assert card.one("svg", class_="blend")["aria-label"].startswith(f"Score {story.score:.3f}: quality ")
        assert "hours: " in card.one("svg", class_="timeline").text


def test_members_are_folded_with_what_they_are_worth(ranking: Ranking) -> None:
    card = stories(read(page(ranking)))[0]
    members, total = card.one("details").all("table")
    rows = [[cell.text for cell in row.all("td")] for row in members.one("tbody").all("tr")]
    story = ranking.stories[0]
    assert [row[1] for row in rows] == [str(ranking.quality_points[article.id]) for article in story.story.articles]
    assert [article.title in row[3] for article, row in zip(story.story.articles, rows, strict=True)] == [True] * 3
    assert sum("lead" in row[3].split() for row in rows) == 1
    assert total.one("tfoot").one("td").text == f"{story.score:.4f}"
    assert "open" not in card.one("details").attributes
    assert card.one("p", class_="why").text.startswith(f"Why above {ranking.stories[1].lead.title}?")
    assert stories(read(page(ranking)))[-1].all("p", class_="why") == []


def test_where_it_comes_from_stands_at_the_end(ranking: Ranking) -> None:
    root = read(page(ranking))
    made = root.one("section", id="made").text
    for words in (
        "2026-03-11T18:00:00Z",
        "desk, more.jsonl: 2 files, 1 refused",
        "newest",
        "recency.half_life_hours = 6 (default 12), profile newest",
        "hashing:1",
        f"ranker {__version__}",
    ):
        assert words in made
    assert [cell.text for cell in root.one("section", id="refused").all("td")] == ["more.jsonl:7", "title", "missing"]
    assert "How it was made" in page(ranking, source=replace(SOURCE, refusals=()))
    assert read(page(ranking, source=replace(SOURCE, refusals=()))).all("section", id="refused") == []


def test_what_the_limit_leaves_out_is_counted(ranking: Ranking) -> None:
    root = read(page(ranking, limit=1))
    assert len(stories(root)) == 1
    assert f"{len(ranking.stories) - 1} more stories not shown; --limit shows more." in root.text
    assert "not shown" not in read(page(ranking)).text


def test_nothing_to_show_is_told() -> None:
    root = read(page(ranked([])))
    assert stories(root) == []
    assert "There is no story: no article was read." in root.text


def test_copies_stand_behind_the_first_and_say_whose_text_they_have() -> None:
    told = [
        Article(
            f"a{number}",
            title,
            excerpt=title,
            provider=Provider(name),
            published=AS_OF - timedelta(hours=hours),
            url=f"https://{number}.example",
        )
        for number, (title, name, hours) in enumerate(
            [
                ("Ferry aground on a ledge", "Wire", 5),
                ("Ferry on a ledge aground, all saved", "Herald", 4),
                ("Ferry aground on a ledge", "Post", 3),
            ]
        )
    ]
    members = stories(read(page(ranked(told))))[0].one("details").all("table")[0].one("tbody").all("tr")
    assert [row.all("td")[3].text.replace(" lead", "") for row in members] == [
        "Ferry aground on a ledge Wire",
        "Ferry aground on a ledge Post same text as Wire",
        "Ferry on a ledge aground, all saved Herald",
    ]
    assert [row.is_a("tr", class_="copy") for row in members] == [False, True, False]


def test_rules_of_the_list_say_what_they_moved(ranking: Ranking) -> None:
    articles = list(ranking.grouping.corpus.articles)
    last = ranking.stories[-1]
    first = stories(read(page(ranked(articles, order__pinned=[last.story.id]))))[0]
    assert first["data-story"] == last.story.id
    assert first.one("p", class_="rule").text == f"pinned: #{len(ranking.stories)} by score, #1 here"


def test_hidden_stories_are_counted(ranking: Ranking) -> None:
    root = read(page(ranked(list(ranking.grouping.corpus.articles), order__hidden=[ranking.stories[0].story.id])))
    assert "1 story hidden by order.hidden or a correction." in root.text


def test_the_same_ranking_gives_the_same_bytes(ranking: Ranking) -> None:
    assert page(ranking, with_plots=True) == page(ranked(list(reversed(ranking.grouping.corpus.articles))), with_plots=True)


# What is hostile


@pytest.mark.parametrize("together", [False, True])
def test_hostile_texts_are_text_everywhere(together: bool) -> None:
    articles = hostile_articles(together=together)
    refusals = tuple(Refusal(Origin(text), text, text) for text in CHOICES)
    source = Source(CHOICES, CHOICES[0], CHOICES, CHOICES[1], CHOICES, refusals)
    text = page(ranked(articles), source=source, title=CHOICES[0], with_plots=True)
    root = read(text)
    assert [each for each in root.walk() if "hostile" in each.attributes] == []
    shown = root.text
    assert all(
        markup in shown for markup in CHOICES if markup.isascii() and markup.isprintable() and "  " not in markup and len(markup) < 300
    )
    assert root.one("head").one("title").text == CHOICES[0]


def test_an_address_is_followed_only_on_the_web() -> None:
    articles = [
        Article(f"a{number}", f"Title {number}", url=address, published=AS_OF - timedelta(hours=number))
        for number, address in enumerate(LINKS.values())
    ]
    links = [link for card in stories(read(page(ranked(articles)))) for link in card.all("a")]
    assert links
    assert all(link["href"].startswith(("https://", "http://")) for link in links)
    assert {link["rel"] for link in links} == {"noopener noreferrer nofollow"}


# What may run


@pytest.mark.parametrize("with_plots", [False, True])
def test_the_policy_names_each_of_its_own_scripts_and_styles_and_nothing_else(with_plots: bool, ranking: Ranking) -> None:
    text = page(ranking, with_plots=with_plots)
    policy = _policy(text)
    hashes = {
        tag: {
            f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for each, code in own_code(text) if each == tag
        }
        for tag in ("script", "style")
    }
    empty = f"'sha256-{base64.b64encode(hashlib.sha256(b'').digest()).decode()}'"
    assert set(policy["script-src"].split()) == hashes["script"]
    assert len(hashes["script"]) == (3 if with_plots else 2)
    assert set(policy["style-src"].split()) == hashes["style"] | ({empty} if with_plots else set())
    assert (policy["default-src"], policy["base-uri"], policy["form-action"]) == ("'none'", "'none'", "'none'")
    assert policy["img-src"] == ("data: blob:" if with_plots else "'none'")
    assert policy["style-src-attr"] == ("'unsafe-inline'" if with_plots else "'none'")
    assert text.index("Content-Security-Policy") < text.index("<style>")


def _policy(text: str) -> dict[str, str]:
    (meta,) = [each for each in read(text).all("meta") if each.attributes.get("http-equiv") == "Content-Security-Policy"]
    return {name: value for name, _, value in (part.partition(" ") for part in meta["content"].split("; "))}


def test_a_page_without_plots_is_small_and_names_no_other_place(ranking: Ranking) -> None:
    text = page(ranking)
    assert len(text) < 100_000
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", text))
    known = {article.url for article in ranking.grouping.corpus.articles}
    assert {address for address in addresses if address not in known} == set()


def test_the_plots_are_data_and_one_library(ranking: Ranking) -> None:
    text = page(ranking, with_plots=True)
    figures = re.findall(r'<script type="application/json" class="(light|dark)">([^<]*)</script>', text)
    assert [theme for theme, _ in figures] == ["light", "dark"] * 4
    assert all(json.loads(figure)["data"] is not None for _, figure in figures)
    assert sum(len(code) > 1_000_000 for _, code in own_code(text)) == 1
    captions = [caption.text for caption in read(text).all("figcaption")]
    assert len(captions) == 4
    assert all(captions)


def test_too_little_to_plot_is_left_out() -> None:
    assert "data-plot" not in page(ranked([Article("a1", "Ferry aground", published=AS_OF)]), with_plots=True)
    assert "data-plot" not in page(ranked([Article(f"a{number}", f"Ferry {number}") for number in range(9)]), with_plots=True)


def test_nothing_in_a_plot_ends_the_script_around_it() -> None:
    class Figure:
        def to_json(self) -> str:
            return json.dumps({"title": "</script><!--<script>\u2028\u2029"}, ensure_ascii=False)

    text = _in_script(Figure())
    assert not set("<\u2028\u2029") & set(text)
    assert json.loads(text) == {"title": "</script><!--<script>\u2028\u2029"}
