"""Details: what tells the 12th package from the 13th, in the languages that are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.stories.details import names, ordinals, quantities, title_form

TEXTS = st.text(alphabet="aBéЖ汉第 0123456789.,:;/-$%'\u2019\u201c\u00a0\n", max_size=60)


# Names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Talks in Geneva end as the envoy leaves", ["geneva"]),
        ("Ferry runs aground off Gannet Ledge", ["gannet", "ledge"]),
        ("Am Abend besucht der Kanzler die Stadt", ["abend", "kanzle", "stadt"]),
        ("Le président arrive à Genève avec Émilie", ["genève", "émilie"]),
        (
            "Премьер посетил Киев и Львов",
            ["киев", "львов"],
        ),
        (
            "Στην Αθήνα πυρκαγιά",
            ["αθήνα"],
        ),
    ],
    ids=["one", "two", "German nouns", "French", "Russian", "Greek"],
)
def test_a_capital_inside_a_sentence_makes_a_name(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "第13届会议在北京举行",
        "الرئيس في القاهرة",
        "นายกไปกร\u0e38งเทพ",
    ],
    ids=["Chinese", "Arabic", "Thai"],
)
def test_scripts_without_capitals_have_no_names(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize("text", ["", "   ", "...", "12 345", "7 \u2013 8?"])
def test_a_text_without_words_has_no_names(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize("text", ["Ferry Runs Aground off Gannet Ledge", "FERRY RUNS AGROUND OFF GANNET LEDGE", "Ferry Lady Corinne sinks"])
def test_title_case_gives_none(text: str) -> None:
    assert names(text) == []  # three capitals in four words and more are a headline's


def test_just_under_title_case_gives_names() -> None:
    assert names("Ferry Lady sinks fast") == ["lady"]  # 2 / 4
    assert names("Ferry Lady Corinne Anna sinks fast") == ["lady", "corinn", "anna"]  # 4 / 6 < .75


@pytest.mark.parametrize("mark", [".", "!", "?", ":", ";", '"', "\u201c", "\u201e", "\u00ab", "\u2018"])
def test_a_word_at_the_beginning_of_a_sentence_or_quotation_is_none(mark: str) -> None:
    assert names(f"The ferry is safe{mark} Gannet rocks stay where they are") == []


def test_only_the_first_word_of_a_sentence_is_left_out() -> None:
    assert names("the ferry is safe. Gannet Ledge stays where it is") == ["ledge"]


@pytest.mark.parametrize("word", ["Lagia's", "Lagia\u2019s", "Lagia'", "Lagia\u2019"])
def test_a_possessive_is_the_name_itself(word: str) -> None:
    assert names(f"talks on {word} border end") == ["lagia"]


def test_endings_of_a_name_make_no_difference() -> None:
    assert names("talks of Lagianer and Lagianers go on") == ["lagian", "lagian"]


def test_repeats_stay() -> None:
    assert names("from Lagia to Gannet and back to Lagia") == ["lagia", "gannet", "lagia"]


def test_single_letters_and_words_of_grammar_are_no_names() -> None:
    assert names("a plan B for the town, said The mayor of it And others there") == []


# Ordinals


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the 12th package is signed", "12"),
        ("the 13th package is signed", "13"),
        ("1st", "1"),
        ("THE 22ND ROUND", "22"),
        ("the 3rd day", "3"),
        ("la 1re réunion", "1"),
        ("le 1er mai", "1"),
        ("le 12e paquet", "12"),
        ("el 12\u00ba paquete", "12"),
        ("la 3\u00aa ronda", "3"),
        ("il 5o turno", "5"),
        ("第13届会议", "13"),
        ("中国第7次", "7"),
    ],
)
def test_ordinals_are_found(text: str, value: str) -> None:
    assert ordinals(text) == [("ordinal", value)]


@pytest.mark.parametrize("text", ["", "12 packages", "the twelfth", "1.12th", "A12th", "12345th", "12 th", "十三", "13届", "12thing"])
def test_other_numbers_are_no_ordinals(text: str) -> None:
    assert ordinals(text) == []


def test_every_ordinal_counts() -> None:
    assert ordinals("from the 12th to the 13th round") == [("ordinal", "12"), ("ordinal", "13")]


# Quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quake of magnitude 6.8", [("magni", "6.8")]),
        ("magnitude 6.8 quake", [("magni", "6.8"), ("quake", "6.8")]),
        ("up by 3.1%", [("%", "3.1")]),
        ("up by 3.1 %", [("%", "3.1")]),
        ("up by 3.1 percent", [("%", "3.1")]),
        ("up by 3.1 per cent", [("%", "3.1")]),
        ("at $40 million", [("$milli", "40")]),
        ("at \u20ac40 million", [("\u20acmilli", "40")]),
        ("at $40", [("$", "40")]),
        ("the 25 people", [("peopl", "25")]),
        ("the 25\u00a0people", [("peopl", "25")]),
        ("the 1,200 homes", [("homes", "1200")]),
        ("the 25", []),
        ("dead: 25", []),
        ("die 25 Menschen", [("mensc", "25")]),
        ("около 25 человек", [("около", "25"), ("челов", "25")]),
        ("", []),
    ],
)  # fmt: skip
def test_a_number_is_kept_with_what_it_counts(text: str, found: list[tuple[str, str]]) -> None:
    assert quantities(text) == found


def test_case_and_endings_make_no_difference() -> None:
    assert quantities("of MAGNITUDE 6.8") == quantities("of magnitudes 6.8")


def test_two_numbers_of_one_thing_are_both_kept() -> None:
    assert quantities("the 25 people, then the 40 people") == [("peopl", "25"), ("peopl", "40")]


@pytest.mark.parametrize("text", ["train of 14:30", "at 14:30:15 sharp", "report of 2026-03-02 here", "of 02/03/2026 here"])
def test_times_and_dates_are_no_quantities(text: str) -> None:
    assert quantities(text) == []


@pytest.mark.parametrize("text", ["won 3-1", "24/7 shop", "an F-16 jet", "G7 met", "v1.2.3 out"])
def test_results_and_names_are_no_quantities(text: str) -> None:
    assert quantities(text) == []


def test_an_ordinal_counts_nothing() -> None:
    assert quantities("the 12th package, the 1st, the 22nd and the 3rd") == []


@pytest.mark.parametrize(
    ("text", "part"),
    [("the strong 6.8-magnitude quake", "6"), ("at $2.5-3 million", "2"), ("time 14.30:15", "14"), ("of 1,200/300 homes", "1")],
)
def test_a_part_of_a_longer_number_is_no_quantity(text: str, part: str) -> None:
    assert part not in {value for _, value in quantities(text)}


# Forms of titles


@pytest.mark.parametrize(
    ("title", "form"),
    [
        ("Morning briefing: ferries and floods", "digest"),
        ("Weekly round-up", "digest"),
        ("Five things to know today", "digest"),
        ("Opinion: the harbour needs a wall", "opinion"),
        ("EDITORIAL | the harbour", "opinion"),
        ("Kommentar: Der Hafen", "opinion"),
        ("Opinión: el puerto", "opinion"),
        ("Ferry aground \u2013 live updates", "live"),
        ("Storm live: ferries stay in port", "live"),
        ("Tormenta en directo", "live"),
        ("Watch: ferry runs aground", "watching"),
        ("In pictures: the storm", "watching"),
        ("Ferry runs aground off Gannet Ledge", ""),
        ("Watchmen guard the harbour", ""),
        ("Experts share an opinion on the harbour", ""),
        ("People live near the harbour", ""),
        ("渡轮搁浅", ""),
        ("", ""),
    ],
)
def test_the_form_of_a_title(title: str, form: str) -> None:
    assert title_form(title) == form


# Of any text


@given(TEXTS)
def test_details_are_never_empty_and_in_lower_case(text: str) -> None:
    for name in names(text):
        assert 1 < len(name) <= 6
        assert name == name.casefold()
    for key, value in quantities(text) + ordinals(text):
        assert key
        assert value[0].isdigit()


@given(TEXTS, TEXTS)
def test_two_paragraphs_have_the_ordinals_and_quantities_of_both(one: str, other: str) -> None:
    together = f"{one} .\n{other}"
    assert ordinals(together) == ordinals(one) + ordinals(other)
    assert quantities(together) == quantities(f"{one} .") + quantities(other)
