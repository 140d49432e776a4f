"""Front matter: a Markdown file's YAML head read with positions, and owned keys spliced back byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from ranker.errors import ArticleError

# The format's own order of keys; a key that is missing is added where this order wants it.
KEY_ORDER = (
    "category", "title", "excerpt", "publishedDateTime", "originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl", "type",
    "quality", "heat", "published", "featuredContent", "provider", "topics", "images", "related", "secured",
)  # fmt: skip
# Keys whose value means nothing to `ranker` and may be private: never shown, not even in a diff.
_SHOWN_KEYS = frozenset(KEY_ORDER) - {"secured", "featuredContent"}

MAX_DEPTH = 32  # levels of nesting; the C parser's own composer overflows the stack on very deep input
MAX_NODES = 20_000  # values after aliases are followed: a "billion laughs" file is refused before it is built

_FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*$")
_PLAIN = re.compile(r"^[^\W\d_](?:[\w .&'()-]*[\w.)])?$")
_PLAIN_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
_RESERVED = frozenset("y n yes no on off true false null none".split())
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class KeySpan:
    """Where a top-level key and its value stand, in characters from the start of the file.

    `key` is the start of the key, `colon` the place after its name, `value`..`value_end` the value as
    written, `end` the end of the last line that the value touches (without the line break).
    """

    key: int
    colon: int
    value: int
    value_end: int
    end: int


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A parsed file: its whole text, the values of its head (scalars as text, null as None), and their places."""

    text: str
    fields: Mapping[str, object]
    spans: Mapping[str, KeySpan]
    newline: str


def parse_front_matter(data: bytes) -> FrontMatter:
    """The head of a Markdown file.

    Raises
    ------
    ArticleError : field "file" (not UTF-8, no or two heads), "yaml" (not YAML, or not a mapping), with the line.
    """
    text = _decoded(data)
    start, end = _head(text)
    _refuse_second_head(text, end)
    fields, spans = _fields(text, start, end)
    return FrontMatter(text, fields, spans, "\r\n" if "\r\n" in text[:end] else "\n")


def splice(front_matter: FrontMatter, updates: Mapping[str, object]) -> str:
    """The file's text with some top-level keys set, every other character as it was.

    Parameters
    ----------
    updates : key -> int, bool or list of mappings (see `render_list`); None removes the key.

    Raises
    ------
    ArticleError : if the result would not read back as exactly the wanted change (anchors on an owned key, say).
    """
    edits: list[tuple[int, int, str]] = []
    for key, value in sorted(updates.items(), key=lambda item: KEY_ORDER.index(item[0]), reverse=True):
        if not same_value(front_matter.fields.get(key), value, present=key in front_matter.fields):
            edits.append(_edit(front_matter, key, value))
    if not edits:
        return front_matter.text
    text = front_matter.text
    # From the end of the file to its start, so that earlier places stay true. Of insertions at one place the
    # key that comes later in the format's order goes in first, and the next one before it.
    for start, end, replacement in sorted(edits, key=lambda edit: edit[0], reverse=True):
        text = text[:start] + replacement + text[end:]
    _check_splice(front_matter, text, updates)
    return text


def same_value(old: object, new: object, *, present: bool) -> bool:
    """Whether a value as read (scalars are text) already says what would be written."""
    if new is None:
        return not present
    if not present:
        return False
    return _comparable(old) == _comparable(new)


def hide_opaque(front_matter: FrontMatter) -> str:
    """The file's text with the values of all keys that are not the format's own (and `secured`) left out."""
    text = front_matter.text
    for key, span in sorted(front_matter.spans.items(), key=lambda item: item[1].key, reverse=True):
        if key not in _SHOWN_KEYS:
            text = f"{text[: span.colon]} (not shown){text[span.end :]}"
    return text


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ArticleError("file", f"is not UTF-8 (byte {error.start})", line=line) from error


def _lines(text: str, start: int) -> Iterator[tuple[int, int, str]]:
    """Start, end (after the line break) and content of each line from `start` on."""
    while start < len(text):
        cut = text.find("\n", start)
        end = len(text) if cut < 0 else cut + 1
        yield start, end, text[start:end].rstrip("\r\n")
        start = end


def _head(text: str) -> tuple[int, int]:
    """Start and end of the YAML between the two fences."""
    lines = _lines(text, 1 if text.startswith("\ufeff") else 0)
    first = next(lines, None)
    if first is None:
        raise ArticleError("file", "is empty", line=1)
    if first[2].rstrip(" \t") != "---":
        raise ArticleError("file", "has no front matter: the first line is not ---", line=1)
    for start, _, line in lines:
        if _FENCE.match(line):
            return first[1], start
    raise ArticleError("file", "its front matter is never closed by a line of ---", line=1)


def _refuse_second_head(text: str, end: int) -> None:
    """Refuse a body that opens with another head; a rule (---) inside a body is none."""
    body = _lines(text, text.find("\n", end) + 1 or len(text))
    opening = next((line for line in body if line[2].strip()), None)
    if opening is None or opening[2].rstrip(" \t") != "---":
        return
    closing = next((line for line in body if _FENCE.match(line[2])), None)
    if closing is None:
        return
    between = text[opening[1] : closing[0]]
    if re.search(r"^(?:title|webUrl|originalUrl|publishedDateTime|category)[ \t]*:", between, re.MULTILINE):
        raise ArticleError("file", "has two front matters", line=text.count("\n", 0, opening[0]) + 1)


def _fields(text: str, start: int, end: int) -> tuple[dict[str, object], dict[str, KeySpan]]:
    builder = _Builder(text, start, end)
    try:
        for event in yaml.parse(text[start:end], Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else builder.line_of(start + mark.index)
        raise ArticleError("yaml", str(error.problem or error.context or "is not YAML"), line=line) from error
    except yaml.reader.ReaderError as error:
        line = builder.line_of(start + min(error.position, end - start))
        raise ArticleError("yaml", f"holds a character that YAML does not allow (#x{_code(error.character):04x})", line=line) from error
    return builder.fields, builder.spans


def _code(character: object) -> int:
    return ord(character) if isinstance(character, str) else int(character) if isinstance(character, int) else 0


class _Open:
    """A list or mapping that is being filled."""

    def __init__(self, value: list[Any] | dict[str, Any], nodes: int = 1) -> None:
        self.value = value
        self.nodes = nodes
        self.key: str | None = None
        self.anchor: str | None = None


class _Builder:
    """Builds values and places from the parser's events without recursion, within `MAX_DEPTH` and `MAX_NODES`."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.fields: dict[str, object] = {}
        self.spans: dict[str, KeySpan] = {}
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0
        self._key_place = (0, 0)
        self._value_start = 0
        self._content_end = 0

    def _place(self, mark: Any) -> int:
        """Characters from the start of the file."""
        return self.start + int(mark.index)

    def line_of(self, place: int) -> int:
        """1-based line of the file."""
        return self.text.count("\n", 0, place) + 1

    def take(self, event: yaml.Event) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse("holds two YAML documents", event)
        elif isinstance(event, yaml.ScalarEvent):
            self._leaf(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._finish(event)
        elif isinstance(event, yaml.StreamEndEvent) and not self._documents:
            raise ArticleError("yaml", "the front matter is empty", line=self.line_of(self.start))

    def _refuse(self, reason: str, event: yaml.Event) -> NoReturn:
        raise ArticleError("yaml", reason, line=self.line_of(self._place(event.start_mark)))

    def _check_tag(self, event: Any) -> None:
        tag = event.tag
        if tag is not None and tag != "!" and not tag.startswith("tag:yaml.org,2002:"):
            self._refuse(f"the tag {tag!r} is not allowed", event)
        if tag is not None and tag.startswith("tag:yaml.org,2002:python"):
            self._refuse(f"the tag {tag!r} is not allowed", event)

    def _leaf(self, event: yaml.ScalarEvent) -> None:
        self._check_tag(event)
        value = None if event.style is None and event.value in _NULLS and event.implicit[0] else event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._content_end = max(self._content_end, self._end_of(event))
        self._put(value, 1, event)

    def _end_of(self, event: Any) -> int:
        """End of what the event wrote, without the line break that a block scalar's mark includes."""
        end = self._place(event.end_mark)
        return self.start + len(self.text[self.start : end].rstrip("\r\n")) if event.style in {"|", ">"} else end

    def _alias(self, event: yaml.AliasEvent) -> None:
        value, nodes = self._anchors.get(event.anchor or "", (None, 0))
        if not nodes:
            self._refuse(f"the alias *{event.anchor} names nothing before it", event)
        self._content_end = max(self._content_end, self._place(event.end_mark))
        self._put(value, nodes, event)

    def _begin(self, event: Any) -> None:
        self._check_tag(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if not self._stack:
            if not is_mapping or event.flow_style:
                self._refuse("the front matter must be a mapping, one key a line", event)
        elif self._at_key():
            self._refuse("a key must be plain text", event)
        elif len(self._stack) == 1:
            self._value_start = self._place(event.start_mark)
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(f"is nested deeper than {MAX_DEPTH} levels", event)
        opened = _Open({} if is_mapping else [])
        opened.anchor = event.anchor
        self._stack.append(opened)

    def _finish(self, event: Any) -> None:
        closed = self._stack.pop()
        if self._place(event.end_mark) > self._place(event.start_mark):  # a closing bracket; a block's end has no width
            self._content_end = max(self._content_end, self._place(event.end_mark))
        if closed.anchor is not None:
            self._anchors[closed.anchor] = (closed.value, closed.nodes)
        if self._stack:
            self._put(closed.value, closed.nodes, event)

    def _at_key(self) -> bool:
        return isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _put(self, value: Any, nodes: int, event: Any) -> None:
        if not self._stack:
            self._refuse("the front matter must be a mapping, one key a line", event)
        top = self._stack[-1]
        top.nodes += nodes
        if top.nodes > MAX_NODES:
            self._refuse(f"holds more than {MAX_NODES:,} values once its aliases are followed", event)
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            self._open_key(top, value, event)
        else:
            top.value[top.key] = value
            if len(self._stack) == 1:
                self._close_key(top.key, value, event)
            top.key = None

    def _open_key(self, top: _Open, value: Any, event: Any) -> None:
        if not isinstance(value, str | None):
            self._refuse("a key must be plain text", event)
        key = "null" if value is None else value
        if key in top.value:
            self._refuse(f"the key {key!r} stands twice", event)
        top.key = key
        if len(self._stack) == 1:
            self._key_place = (self._place(event.start_mark), self._place(event.end_mark))

    def _close_key(self, key: str, value: object, event: Any) -> None:
        self.fields[key] = value
        if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            self._value_start = self._place(event.start_mark)
        colon = self.text.index(":", self._key_place[1]) + 1
        # An empty value has its mark wherever the next token is; it stands behind its colon.
        value_end = max(self._content_end, colon)
        value_start = min(max(self._value_start, colon), value_end)
        line_end = self.text.find("\n", value_end, self.end)
        line_end = self.end if line_end < 0 else line_end
        end = max(value_end, line_end - (self.text[line_end - 1] == "\r"))
        self.spans[key] = KeySpan(self._key_place[0], colon, value_start, value_end, end)


def _comparable(value: object) -> object:
    """`value` with numbers and texts of numbers alike, so that 83, "83" and "83.0" are one."""
    if isinstance(value, Mapping):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_comparable(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        return _number_or_text(value)
    return value


def _number_or_text(text: str) -> object:
    if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text.lower()
    if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,6})?", text):
        return float(text)
    return text


def _edit(front_matter: FrontMatter, key: str, value: object) -> tuple[int, int, str]:
    """Start, end and replacement that set one key."""
    span = front_matter.spans.get(key)
    if span is None:
        return _insertion(front_matter, key, value)
    if value is None:
        return _removal(front_matter, span)
    if isinstance(value, list):
        return span.key, span.end, _rendered(key, value, front_matter.newline)
    if span.value == span.value_end:
        return span.colon, span.colon, f" {_scalar(value)}"
    return span.value, span.value_end, _scalar(value)


def _insertion(front_matter: FrontMatter, key: str, value: object) -> tuple[int, int, str]:
    block = _rendered(key, value, front_matter.newline)
    gap = front_matter.newline * (2 if isinstance(value, list) else 1)
    position = KEY_ORDER.index(key)
    for earlier in reversed(KEY_ORDER[:position]):
        if earlier in front_matter.spans:
            place = front_matter.spans[earlier].end
            return place, place, f"{gap}{block}"
    first = min(span.key for span in front_matter.spans.values())
    return first, first, f"{block}{gap}"


def _removal(front_matter: FrontMatter, span: KeySpan) -> tuple[int, int, str]:
    """The whole key with its line break, and the blank line before it, which came with it."""
    text, newline = front_matter.text, front_matter.newline
    end = span.end + len(newline) if text.startswith(newline, span.end) else span.end
    start = span.key
    if text[:start].endswith(newline * 2):
        start -= len(newline)
    return start, end, ""


def _rendered(key: str, value: object, newline: str) -> str:
    if isinstance(value, list):
        return newline.join([f"{key}:", *(line for item in value for line in render_list_item(item))])
    return f"{key}: {_scalar(value)}"


def render_list_item(item: Mapping[str, object]) -> list[str]:
    """The lines of one item of a list, as the format lays them out: two blanks a level, prose in double quotes."""
    lines = _mapping_lines(item, "    ")
    return [f"  - {lines[0][4:]}", *lines[1:]]


def _mapping_lines(mapping: Mapping[str, object], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{_scalar(key)}:", *_mapping_lines(value, f"{indent}  ")]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            lines += [f"{indent}{_scalar(key)}:", *_sequence_lines(value, f"{indent}  ")]
        else:
            quoted = key in {"title", "excerpt", "webUrl", "url"}
            lines.append(f"{indent}{_scalar(key)}: {_quoted(str(value)) if quoted else _scalar(value)}")
    return lines


def _sequence_lines(items: Sequence[object], indent: str) -> list[str]:
    lines: list[str] = []
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping_lines(item, f"{indent}  ")
            lines += [f"{indent}- {first.lstrip(' ')}", *rest]
        else:
            lines.append(f"{indent}- {_scalar(item)}")
    return lines


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    plain = (_PLAIN.match(text) and text.casefold() not in _RESERVED) or _PLAIN_TIME.match(text)
    return text if plain or text in {"true", "false"} or re.fullmatch(r"-?[1-9]\d{0,14}|0", text) else _quoted(text)


def _quoted(text: str) -> str:
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def _check_splice(before: FrontMatter, text: str, updates: Mapping[str, object]) -> None:
    after = parse_front_matter(text.encode("utf-8", "surrogatepass"))
    wanted = {key: value for key, value in before.fields.items() if key not in updates}
    kept = {key: value for key, value in after.fields.items() if key not in updates}
    written = all(same_value(after.fields.get(key), value, present=key in after.fields) for key, value in updates.items())
    if wanted != kept or not written:
        raise ArticleError("yaml", f"{', '.join(updates)} cannot be set without touching other keys")
