"""Cleaning: text as its author meant it, and titles without their provider's name."""

# ruff: noqa: RUF001 - typographic characters are what is tested

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ranker.articles.article import Provider
from ranker.articles.cleaning import repaired_text, without_provider_tail


def misread(text: str, *, times: int = 1, encoding: str = "cp1252") -> str:
    """`text` in UTF-8, read as another encoding, so many times over."""
    for _ in range(times):
        text = text.encode("utf-8").decode(encoding)
    return text


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("text", ["The mayor’s plan – “now or never”", "Zürich gets its café back", "Prix à la hausse"])
def test_mojibake_is_read_back(text: str, times: int) -> None:
    assert repaired_text(misread(text, times=times, encoding="latin-1")) == text


def test_mojibake_that_lost_its_control_characters_is_read_back() -> None:
    assert repaired_text(misread("It’s over")) == "It’s over"


def test_mojibake_inside_entities_is_read_back() -> None:
    assert repaired_text("It&acirc;&euro;&trade;s over") == "It’s over"


@pytest.mark.parametrize(
    "text", ["Café São Paulo", "Ärger in Łódź", "Ångström’s “law” … – —", "ﬁn ｆｕｌｌ １２", "Привет, мир", "東京で地震", "naïve"]
)
def test_sound_text_is_left_alone(text: str) -> None:
    assert repaired_text(text) == text


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("It&amp;amp;amp;#8217;s", "It’s"),
        ("It&#x2019;s &quot;on&quot;", 'It’s "on"'),
        ("&lt;b&gt;Bold&lt;/b&gt; claim", "Bold claim"),
        ("&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;", "One"),
        ("5 &lt; 6 &gt; 4", "5 < 6 > 4"),
        ("One&nbsp;two", "One two"),
        ("Smith &notes; Sons", "Smith &notes; Sons"),
        ("Q&A: R&D, AT&T &copy 2024", "Q&A: R&D, AT&T &copy 2024"),
        ("&#0;&#xD800;", "\ufffd\ufffd"),
        ("&#128; 5", "€ 5"),
    ],
)
def test_entities_become_characters(text: str, repaired: str) -> None:
    assert repaired_text(text) == repaired


def test_entities_nested_a_thousand_deep_are_undone() -> None:
    assert repaired_text(f"Fish &{'amp;' * 1000} chips") == "Fish & chips"


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("One<br/>two", "One two"),
        ("A <b>bo</b>ld word", "A bold word"),
        ("See <a href=\"https://example.com/?a>b\" title='x > y'>this</a>", "See this"),
        ("<b and it's here>One", "One"),
        ("One<!-- two > three -->", "One"),
        ("One <!-- never closed", "One"),
        ("<script>if (a < b) { '<p>' }</script>One<style>p {}</style>", "One"),
        ("One <script>never closed", "One"),
        ("<![CDATA[One]]>", "One"),
        ("<<b>b>One", "One"),
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 this", "I <3 this"),
    ],
)
def test_markup_goes_and_its_text_stays(text: str, repaired: str) -> None:
    assert repaired_text(text) == repaired


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("  One \t\n two\r\n", "One two"),
        ("One\u00a0two\u2003three\u2028four\u3000five", "One two three four five"),
        ("One\x0btwo\x1fthree", "One two three"),
        ("O\x00n\x07e\x7f", "One"),
        ("\ufeffO\u200bn\u2060e\u00ad", "One"),
        ("\u202aOne\u202c \u200ftwo\u2066", "One two"),
        ("\x1b[31mOne\x1b[0m", "One"),
        ("\x1b[31mÉté\x1b[0m", "Été"),
        ("O\u200dne \u200d two\u200d", "One two"),
        ("\ud800One", "\ufffdOne"),
        ("One\ufffe", "One"),
    ],
)
def test_what_cannot_be_seen_goes_and_white_space_is_one_space(text: str, repaired: str) -> None:
    assert repaired_text(text) == repaired


@pytest.mark.parametrize("emoji", ["👩\u200d💻", "👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "🏳\ufe0f\u200d🌈", "👍🏽", "🇫🇷"])
def test_emoji_keep_their_joiners(emoji: str) -> None:
    assert repaired_text(f"Launch {emoji} day") == f"Launch {emoji} day"


@pytest.mark.parametrize("text", ["Été", "E\u0301te\u0301"])
def test_composed_and_decomposed_letters_become_one(text: str) -> None:
    assert repaired_text(text) == "Été"


@pytest.mark.parametrize("text", ["", " ", "\u200b", "<p></p>", "\x00"])
def test_nothing_is_left_of_nothing(text: str) -> None:
    assert repaired_text(text) == ""


def test_a_tower_of_tags_within_tags_ends() -> None:
    assert "<" not in repaired_text("<" * 500 + "b>" * 500)


FRAGMENTS = st.sampled_from(
    ["&amp;", "&", "amp;", "lt;", "gt;", "#38;", "<", ">", "</b>", "<p ", "b>", "<!--", "-->", "<script>", "<![CDATA[", "]]>", '"', "'",
     "Ã©", "â€™", "Ã¢â‚¬â„¢", "\xc3", "\xa0", "\x85", "\u200d", "👩", "\u200b", "\ufeff", "e\u0301", "\u0958", "\ud83d",
     "\x1b[1m", "\x1b", " ", "a", "\r"]
)  # fmt: skip


@given(st.text(max_size=40) | st.lists(FRAGMENTS, max_size=14).map("".join))
@example("\x1b\u200b[1mOne")
@example("Ã\u200b©")
@example("&\u200bamp;")
@example("<\u200bb>")
def test_law_repairing_twice_is_repairing_once(text: str) -> None:
    repaired = repaired_text(text)
    assert repaired_text(repaired) == repaired


REUTERS = Provider("Reuters", "reuters.com")


@pytest.mark.parametrize("separator", [" - ", " | ", " – ", " — ", " · ", " • ", "  -  "])
def test_a_tail_that_names_the_provider_goes(separator: str) -> None:
    assert without_provider_tail(f"Bridge reopens{separator}Reuters", REUTERS) == "Bridge reopens"


@pytest.mark.parametrize(
    ("tail", "provider"),
    [
        pytest.param("REUTERS", REUTERS, id="case"),
        pytest.param("reuters.com", REUTERS, id="domain"),
        pytest.param("Reuters", Provider("", "reuters.com"), id="label of the domain"),
        pytest.param("BBC", Provider("", "news.bbc.co.uk"), id="label under a second level"),
        pytest.param("Le Monde.fr", Provider("Le Monde", "lemonde.fr"), id="domain with blanks"),
        pytest.param("The Guardian", Provider("Guardian"), id="with The"),
        pytest.param("Guardian", Provider("The Guardian"), id="without The"),
        pytest.param("The Hill", Provider("The Hill"), id="The on both sides"),
        pytest.param("Foo - Bar", Provider("Foo - Bar"), id="a name with a separator in it"),
        pytest.param("Reuters | Reuters", REUTERS, id="twice"),
        pytest.param("日経", Provider("日経"), id="letters of any script"),
    ],
)
def test_the_tail_may_name_the_provider_in_its_own_way(tail: str, provider: Provider) -> None:
    assert without_provider_tail(f"Bridge reopens - {tail}", provider) == "Bridge reopens"


@pytest.mark.parametrize(
    ("title", "provider"),
    [
        pytest.param("Rates - what next?", REUTERS, id="a dash of the sentence"),
        pytest.param("Bridge reopens - AP News", REUTERS, id="someone else"),
        pytest.param("Bridge reopens - Reuters Breakingviews", REUTERS, id="more than the name"),
        pytest.param("Bridge reopens-Reuters", REUTERS, id="no blanks"),
        pytest.param("Reuters - Bridge reopens", REUTERS, id="at the front"),
        pytest.param("Big day - News", Provider("", "news.sky.com"), id="a subdomain"),
        pytest.param("Bridge reopens - co", Provider("", "bbc.co.uk"), id="a second level"),
        pytest.param("Bridge reopens - ?", Provider("?"), id="no letters"),
        pytest.param("Bridge reopens - ", Provider(), id="no provider"),
        pytest.param(" - Reuters", Provider("Reuters"), id="nothing before it"),
        pytest.param("Reuters", REUTERS, id="the name alone"),
    ],
)
def test_any_other_tail_stays(title: str, provider: Provider) -> None:
    assert without_provider_tail(title, provider) == title
