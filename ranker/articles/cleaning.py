"""Cleaning: text repaired once, at the door (mojibake, entities, markup, control characters, provider tails)."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from ranker.articles.article import Provider

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufffe\uffff]"
)
_JOINER_BETWEEN_WORDS = re.compile("\u200d(?=[\\w\\s]|$)")
_SPACE = re.compile(r"\s+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_TAIL = re.compile(r"^(?P<title>.+\S)\s+[-|\u2013\u2014\u00b7\u2022]\s+(?P<tail>\S[^|]{0,60})$")
_MAX_ENTITY_PASSES = 3  # `&amp;amp;#8217;` has been seen in feeds; deeper nesting has not
_BLOCK_TAGS = frozenset("p br div li td th tr ul ol table h1 h2 h3 h4 h5 h6 blockquote".split())
_SILENT_TAGS = frozenset({"script", "style"})


def repaired_text(text: str) -> str:
    """`text` as its author meant it, on one line.

    UTF-8 that was read as another encoding is read back (ftfy), HTML entities (nested ones too) and markup
    become text, control and zero-width characters go, white space is one space. Quotes, dashes, ligatures and
    full-width forms stay as written. Idempotent.
    """
    if text.isascii() and text.isprintable() and "&" not in text and "<" not in text:
        return _SPACE.sub(" ", text).strip()
    for _ in range(_MAX_ENTITY_PASSES):
        mended = _repaired_once(text)
        if mended == text:
            break
        text = mended
    return text


def without_provider_tail(title: str, provider: Provider) -> str:
    """`title` without a closing " - Provider" or " | Provider", if that tail names this very provider.

    A tail naming anyone else stays: "Rates - what next?" has one as well.
    """
    match = _TAIL.match(title)
    if match is None:
        return title
    tail = _folded(match["tail"])
    names = {_folded(provider.name), _folded(provider.domain), _folded(provider.domain.split(".", 1)[0])}
    return match["title"] if tail and tail in names else title


def _repaired_once(text: str) -> str:
    for _ in range(_MAX_ENTITY_PASSES):
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    if not text.isascii():
        text = _fixed_encoding(text)
    if _MARKUP.search(text):
        text = _text_of_markup(text)
    text = _JOINER_BETWEEN_WORDS.sub("", _CONTROL.sub("", text))
    return _SPACE.sub(" ", text).strip()


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


def _folded(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _text_of_markup(text: str) -> str:
    reader = _TextReader()
    reader.feed(text)
    reader.close()
    return "".join(reader.parts)


class _TextReader(HTMLParser):
    """Collects the text of an HTML fragment; block tags part words, scripts and styles are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base class's signature
        if tag in _SILENT_TAGS:
            self._silent_depth += 1
        elif tag in _BLOCK_TAGS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT_TAGS:
            self._silent_depth = max(0, self._silent_depth - 1)
        elif tag in _BLOCK_TAGS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent_depth:
            self.parts.append(data)
