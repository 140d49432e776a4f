"""Words: a text as the words and stems it is compared by, in any script."""

from __future__ import annotations

import re
import unicodedata

from ranker.vectors.stop_words import STOP_WORDS

# Vowel signs and accents that follow their letter (Hindi, Thai, decomposed Latin): regular expressions do not count them as letters.
_MARKS = "".join(sign for sign in map(chr, range(0x300, 0x2000)) if unicodedata.category(sign) in {"Mn", "Mc"})
# Numbers keep their points ("6.8", "1,200"); words are runs of letters, their marks and digits of any script.
_WORD = re.compile(rf"\d+(?:[.,]\d+)+|[^\W_](?:[^\W_]|[{_MARKS}])*")
# Scripts written without blanks between words: CJK ideographs, kana, Hangul is spaced and stays a word; Thai, Lao, Khmer, Burmese.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_DIGIT = re.compile(r"\d")
_POSSESSIVE = re.compile(r"['\u2019]s\b")
_GRAM = 2  # characters in a gram of an unspaced script: most Chinese words have two


# Measured on text and time alone, B-cubed F1 on headlines / round-ups / newsroom: 4 letters .879/.903/.882, 6 .890/.901/.896,
# 8 .886/.904/.893, whole words .885/.904/.888.
_STEM_LETTERS = 6


def stems(text: str) -> list[str]:
    """What a text is compared by: its words without those of grammar, each cut to its first letters.

    A crude stemmer, but the same for every language: "sanctions", "sanctioned" and "sanction" are one. Numbers and words
    with digits stay whole.
    """
    return [word[:_STEM_LETTERS] if word.isalpha() or not _DIGIT.search(word) else word for word in words(text) if word not in STOP_WORDS]


def words(text: str) -> list[str]:
    """The words of a text in lower case, in order; runs of an unspaced script as overlapping pairs of characters."""
    result: list[str] = []
    for word in _WORD.findall(_POSSESSIVE.sub("", text.casefold())):
        if word.isascii() or not _UNSPACED.search(word):
            result.append(word)
            continue
        for run in _UNSPACED.findall(word):
            result += [run[i : i + _GRAM] for i in range(max(1, len(run) - _GRAM + 1))]
        result += [rest for rest in _UNSPACED.split(word) if rest]
    return result
