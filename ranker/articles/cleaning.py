"""Cleaning: text repaired once, at the door (mojibake, entities, markup, control characters, provider tails)."""

from __future__ import annotations

import html
import re
from html.entities import html5

from ranker.articles.article import Provider

# Terminal escapes, control, direction and zero-width characters; those that part lines count as white space instead.
_CONTROL = re.compile(
    "\x1b\\[[0-9;?]*[A-Za-z]|"
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufffe\uffff]"
)
_JOINER_BESIDE_WORDS = re.compile("(?:^|(?<=[\\w\\s]))\u200d+|\u200d+(?=[\\w\\s]|$)")
_SPACE = re.compile(r"\s+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_NESTED_AMPERSAND = re.compile(r"&(?:(?:amp|AMP|#0{0,3}38|#[xX]0{0,3}26);)+")
_BLOCK_TAGS = frozenset(
    "p br hr div li td th tr ul ol dl dt dd table h1 h2 h3 h4 h5 h6 blockquote pre section article header footer figure figcaption".split()
)
# Comments, scripts and styles go with what is in them (to the end of the text where they are not closed, as in
# browsers), a CDATA section's marks and tags alone. A quoted attribute may hold a ">".
_MARKUP = re.compile(
    r"""<!--(?:.*?-->|.*)|<!\[CDATA\[|\]\]>
      |<(?P<silent>script|style)\b[^<>]*>(?:.*?</(?P=silent)\s*>|.*)
      |</?(?P<tag>[a-z][^\s<>/"']*)(?:(?:[^<>"']++|"[^"]*+"|'[^']*+')*+|[^<>]*+)>""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_MAX_PASSES = 8  # two settle what feeds hold; text that is still changing then is made of nothing but nested markup
_SEPARATOR = re.compile(r"\s+[-|\u2013\u2014\u00b7\u2022]\s+")
_ARTICLE = re.compile(r"^the\s+", re.IGNORECASE)
_SECOND_LEVEL_LABELS = frozenset("co com org net gov edu ac".split())  # as in bbc.co.uk


def repaired_text(text: str) -> str:
    """`text` as its author meant it, on one line.

    UTF-8 that was read as another encoding is read back (ftfy), HTML entities (nested ones too) and markup
    become text, control and zero-width characters go, white space is one space. Quotes, dashes, ligatures and
    full-width forms stay as written. Idempotent.
    """
    if text.isascii() and text.isprintable() and "&" not in text and "<" not in text:
        return _SPACE.sub(" ", text).strip()
    for _ in range(_MAX_PASSES):
        mended = _repaired_once(text)
        if mended == text:
            return text
        text = mended
    return repaired_text(text.replace("<", " ").replace("&", " "))


def without_provider_tail(title: str, provider: Provider) -> str:
    """`title` without closing " - Provider" or " | Provider", if that tail names this very provider.

    Case, punctuation and a leading "The" make no difference; the provider's name, its domain and its domain's
    own label ("bbc" of "news.bbc.co.uk") count. A tail naming anyone else stays: "Rates - what next?" has one as well.
    """
    names = {*_folded(provider.name), *_folded(provider.domain), *_folded(_own_label(provider.domain))}
    for separator in reversed(list(_SEPARATOR.finditer(title))):
        if separator.start() and not names.isdisjoint(_folded(title[separator.end() :])):
            title = title[: separator.start()]
    return title


def _repaired_once(text: str) -> str:
    if "&" in text:
        text = _ENTITY.sub(_character, _NESTED_AMPERSAND.sub("&", text))
    if not text.isascii():
        text = _fixed_encoding(text)
    if "<" in text or "]]>" in text:
        text = _MARKUP.sub(lambda match: " " if (match["tag"] or "").lower() in _BLOCK_TAGS else "", text)
    text = _JOINER_BESIDE_WORDS.sub("", _CONTROL.sub("", text))
    return _SPACE.sub(" ", text).strip()


def _character(entity: re.Match[str]) -> str:
    """What one entity stands for; a name that HTML does not know stays as it is."""
    name = entity[0][1:]
    return html.unescape(entity[0]) if name.startswith("#") else html5.get(name, entity[0])


def _fixed_encoding(text: str) -> str:
    import ftfy  # 50 ms to import, and most files are plain ASCII

    return ftfy.fix_text(
        text,
        unescape_html=False,
        uncurl_quotes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        remove_terminal_escapes=True,
        normalization="NFC",
    )


def _folded(name: str) -> set[str]:
    """`name` in its letters and digits alone, with and without a leading "The"; nothing for an empty one."""
    spellings = (name, _ARTICLE.sub("", name))
    return {folded for text in spellings if (folded := "".join(character for character in text.casefold() if character.isalnum()))}


def _own_label(domain: str) -> str:
    """The label of a domain that its owner chose: "bbc" of "news.bbc.co.uk"."""
    labels = domain.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in _SECOND_LEVEL_LABELS:
        labels = labels[:-1]
    return labels[-1] if labels else ""
