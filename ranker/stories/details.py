"""Details: the names, ordinals, quantities and the form that tell one event from another of its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ranker.articles.article import Article
from ranker.vectors.stop_words import STOP_WORDS

Detail = tuple[str, str]  # what is counted or measured, and its value

_TOKEN = re.compile(r"[^\W_][\w\u2019'-]*|[.!?:;\"\u201c\u201d\u201e\u2018\u00ab\u00bb]")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
# Above this share of capitals a text is a headline in title case, or all capitals: capitals say nothing.
_TITLE_CASE_SHARE = 0.75
_NAME_LETTERS = 6  # as in `words.stems`: "Iranians" and "Iranian" are one

_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,4})(?:st|nd|rd|th|er|re|e|\u00ba|\u00aa|o|a)\b|(?<=\u7b2c)(\d{1,4})", re.IGNORECASE)
# A number with the currency before it and the word or sign after it; no part of a longer number, date or time.
_QUANTITY = re.compile(
    r"(?<![\w.,:/-])([$\u20ac\u00a3\u00a5])?(\d++(?:[.,]\d++)*+)(?![.,]?[:/\d]|-\d)(?:[ \u00a0-]?(%|per ?cent|[^\W\d_]+))?",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"([^\W\d_]+)[ \u00a0-]*$")
_WORD_REACH = 24  # characters looked back for the word before a number
_UNIT_LETTERS = 5  # "magnitude" and "magnitudes", "dead" and "deaths" apart: a crude stem is enough for one unit

_FORMS = (
    ("digest", re.compile(r"\b(briefing|digest|round-?up|news in brief|newsletter|things to know|what to know|week in)\b", re.IGNORECASE)),
    (
        "opinion",
        re.compile(
            r"^(opinion|editorial|analysis|commentary|column|comment|review|op-ed|kommentar|opini\u00f3n)\s*[:|\u2013\u2014-]",
            re.IGNORECASE,
        ),
    ),
    ("live", re.compile(r"\b(live (updates|blog|coverage)|liveblog|live:|as it happened|liveticker|en directo)", re.IGNORECASE)),
    ("watching", re.compile(r"^(watch|video|photos?|gallery|in pictures|podcast|listen)\s*[:|\u2013\u2014-]", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Details:
    """What evidence looks at in an article's text, beside its words."""

    names: tuple[str, ...]  # of title and excerpt; repeats stay
    quantities: tuple[Detail, ...]
    ordinals: tuple[Detail, ...]
    form: str


def details_of(article: Article) -> Details:
    """The details of an article."""
    text = article.text
    found = (*names(article.title), *names(article.excerpt))
    return Details(found, tuple(quantities(text)), tuple(ordinals(text)), title_form(article.title) or "news")


def names(text: str) -> list[str]:
    """Words written with a capital inside a sentence, in lower case and cut to their first letters; repeats stay.

    Words at the beginning of a sentence or quotation are left out, for any word has a capital there, and so is a text in title
    case. Scripts without capitals have none.
    """
    tokens = _TOKEN.findall(text)
    lettered = [token for token in tokens if token[0].isalpha()]
    if not lettered or sum(token[0].isupper() for token in lettered) >= _TITLE_CASE_SHARE * len(lettered):
        return []
    found, begins = [], True
    for token in tokens:
        if not token[0].isalnum():
            begins = True
            continue
        word = _POSSESSIVE.sub("", token.casefold())
        if token[0].isupper() and not begins and len(word) > 1 and word not in STOP_WORDS:
            found.append(word[:_NAME_LETTERS])
        begins = False
    return found


def ordinals(text: str) -> list[Detail]:
    """The ordinals of a text: "the 12th package" and "the 13th package" are two events."""
    return [("ordinal", one or other) for one, other in _ORDINAL.findall(text)]


def quantities(text: str) -> list[Detail]:
    """Numbers with what they count or measure, by the words on both sides.

    ("magni", "6.8") in "magnitude 6.8", ("%", "3.1"), ("$milli", "40") in "$40 million", ("peopl", "25") in "25 people".
    """
    folded, found = text.casefold(), []
    for match in _QUANTITY.finditer(folded):
        currency, number, unit = match.groups()
        before = _LAST_WORD.search(folded[max(0, match.start() - _WORD_REACH) : match.start()])
        keys = {(currency or "") + _unit(unit), _unit(before[1] if before else None)} - {""}
        found += [(key, number.replace(",", "")) for key in sorted(keys)]
    return found


def title_form(title: str) -> str:
    """What kind of piece a title announces: "digest", "opinion", "live", "watching", or "" for plain news."""
    return next((form for form, pattern in _FORMS if pattern.search(title)), "")


def _unit(word: str | None) -> str:
    if not word or word in STOP_WORDS or word in {"st", "nd", "rd", "th"}:
        return ""
    return "%" if word.replace(" ", "") == "percent" else word[:_UNIT_LETTERS]
