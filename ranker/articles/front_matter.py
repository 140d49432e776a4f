"""Front matter: a Markdown file's YAML head read with positions, and owned keys spliced back byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeGuard

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

_FENCE_LINE = re.compile(r"^(?:---|\.\.\.)[ \t]*\r*$", re.MULTILINE)
# What may be an anchor, an alias, a tag, a complex key or a flow collection, outside or inside quotes: better one check too many.
_REFERENCE = re.compile(r"(?:^|[\s\[{,:-])[&*!?{\[|>]\S*", re.MULTILINE)
_FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*$")
_COLON = re.compile(r"(?:[ \t]|#[^\n]*\n|\r?\n)*:(?=\s)")  # behind a key; a key of its own line ("? key") may have it later
_BLOCK_HEADER = re.compile(r"(?:[&!]\S*[ \t]+)*[|>][-\d]*(?P<keep>\+)?")
_LINE_BREAK = re.compile(r"\r?\n")
_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*")
# What a scalar is written as without quotes: words, a time, a number, a truth value.
_PLAIN_WORDS = re.compile(r"[^\W\d_](?:[\w .&'()-]*[\w.)])?")
_PLAIN_OTHER = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|-?(?:[1-9]\d{0,14}|0)(?:\.\d{1,9})?|[Tt]rue|[Ff]alse|TRUE|FALSE", re.ASCII)
_RESERVED = frozenset("y n yes no on off true false null none".split())
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}  # of YAML 1.1
_MAX_SHOWN_CHARACTERS = 60
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_QUOTED_KEYS = frozenset("title excerpt webUrl url".split())  # the format quotes their values, needed or not
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
    is_plain: bool  # no anchors, aliases or tags, every key at the start of its line: a splice cannot reach beyond its key


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
    head = text[start:end]
    is_plain = not _REFERENCE.search(head) and all(text[span.key - 1] == "\n" for span in spans.values())
    return FrontMatter(text, fields, spans, "\r\n" if "\r\n" in text[:end] else "\n", is_plain)


def splice(front_matter: FrontMatter, updates: Mapping[str, object]) -> str:
    """The file's text with some top-level keys set, every other character as it was.

    Parameters
    ----------
    updates : key -> int, bool or list of mappings (see `render_list_item`); None removes the key.

    Raises
    ------
    ArticleError : if the result would not read back as exactly the wanted change (anchors on an owned key, say). A plain head is not
        read back: there a splice cannot reach beyond its key.
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
    if not front_matter.is_plain:
        _check_splice(front_matter, text, updates)
    return text


def same_value(old: object, new: object, *, present: bool) -> bool:
    """Whether a value as read (scalars are text) already says what would be written."""
    if new is None:
        return not present
    return present and _says(old, new)


def hide_opaque(front_matter: FrontMatter) -> str:
    """The file's text without `secured` and all keys that are not the format's own."""
    text = front_matter.text
    for key, span in sorted(front_matter.spans.items(), key=lambda item: item[1].key, reverse=True):
        if key not in _SHOWN_KEYS:
            text = f"{text[: span.key]}(not shown){text[span.end :]}"
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
    first = next(_lines(text, 1 if text.startswith("\ufeff") else 0), None)
    if first is None:
        raise ArticleError("file", "is empty", line=1)
    if first[2].rstrip(" \t") != "---":
        raise ArticleError("file", "has no front matter: the first line is not ---", line=1)
    closing = _FENCE_LINE.search(text, first[1])
    if closing is None:
        raise ArticleError("file", "its front matter is never closed by a line of ---", line=1)
    return first[1], closing.start()


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
    start += text.startswith("\ufeff", start)  # the parser skips such a mark, and does not count it
    builder = _Builder(text, start, end)
    try:
        for event in yaml.parse(text[start:end], Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        # Of a quotation that is never closed the opening matters, not the far place where its end was missed.
        is_quotation = "quoted" in (error.context or "")
        mark = error.context_mark if is_quotation else error.problem_mark
        line = None if mark is None else builder.line_of(start + mark.index)
        raise ArticleError("yaml", " ".join(filter(None, (error.problem, error.context))), line=line) from error
    except yaml.reader.ReaderError as error:
        place = start + len(text[start:end].encode()[: error.position].decode("utf-8", "ignore"))
        raise ArticleError(
            "yaml", f"holds a character that YAML does not allow (U+{error.character:04X})", line=builder.line_of(place)
        ) from error
    return builder.fields, builder.spans


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
        if isinstance(event, yaml.ScalarEvent):  # nine of ten are
            self._leaf(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse("holds two YAML documents", event)
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

    def _named(self, text: str) -> str:
        """The closing words of a message that names `text`; none inside a key whose value is not to be shown."""
        key = self._stack[0].key if self._stack else None
        if key is None:
            key = text
        return f": {text[:_MAX_SHOWN_CHARACTERS]!r}" if key in _SHOWN_KEYS else ""

    def _check_tag(self, event: Any) -> None:
        tag = event.tag
        if tag is None:
            return
        if tag == "!" or (tag.startswith("tag:yaml.org,2002:") and not tag.startswith("tag:yaml.org,2002:python")):
            return
        self._refuse(f"holds a tag that is not allowed{self._named(tag)}", event)

    def _leaf(self, event: yaml.ScalarEvent) -> None:
        self._check_tag(event)
        value = None if event.implicit[0] and event.value in _NULLS else event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._content_end = max(self._content_end, self._end_of(event))
        self._put(value, 1, event)

    def _end_of(self, event: Any) -> int:
        """End of what the event wrote, without the line break that a block scalar's mark includes.

        The blank lines behind a block scalar are a part of it only where its header says so ("|+").
        """
        end = self._place(event.end_mark)
        if event.style != "|" and event.style != ">":  # noqa: PLR1714 - half a million times a batch, and a set costs twice as much
            return end
        header = _BLOCK_HEADER.match(self.text, self._place(event.start_mark))
        if header is not None and header["keep"]:
            end -= self.text[end - 1] == "\n"
            return end - (self.text[end - 1] == "\r")
        while self.text[end - 1] in "\r\n":
            end -= 1
        return end

    def _alias(self, event: yaml.AliasEvent) -> None:
        value, nodes = self._anchors.get(event.anchor or "", (None, 0))
        if not nodes:
            self._refuse(f"holds an alias to nothing before it{self._named(str(event.anchor))}", event)
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
            self._refuse(f"holds a key twice{self._named(key)}", event)
        top.key = key
        if len(self._stack) == 1:
            self._key_place = (self._place(event.start_mark), self._place(event.end_mark))

    def _close_key(self, key: str, value: object, event: Any) -> None:
        self.fields[key] = value
        if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            self._value_start = self._place(event.start_mark)
        match = _COLON.match(self.text, self._key_place[1], self.end)
        colon = self._key_place[1] if match is None else match.end()  # "? key" may do without
        # An empty value has its mark wherever the next token is; it stands behind its colon.
        value_end = max(self._content_end, colon)
        value_start = min(max(self._value_start, colon), value_end)
        line_end = self.text.find("\n", value_end, self.end)
        line_end = self.end if line_end < 0 else line_end
        end = max(value_end, line_end - (self.text[line_end - 1] == "\r"))
        self.spans[key] = KeySpan(self._key_place[0], colon, value_start, value_end, end)


def _says(old: object, new: object) -> bool:
    """Whether `old` as read is `new`: 83 is written 83, "83" or 83.0, true is written true or yes."""
    if isinstance(new, Mapping):
        return isinstance(old, Mapping) and old.keys() == new.keys() and all(_says(old[key], item) for key, item in new.items())
    if _is_list(new):
        return _is_list(old) and len(old) == len(new) and all(map(_says, old, new))
    if isinstance(old, str) and isinstance(new, bool):
        return _TRUTHS.get(old.lower()) is new
    if isinstance(old, str) and isinstance(new, int | float):
        return _NUMBER.fullmatch(old) is not None and float(old) == new
    return old == new


def _edit(front_matter: FrontMatter, key: str, value: object) -> tuple[int, int, str]:
    """Start, end and replacement that set one key."""
    span = front_matter.spans.get(key)
    if span is None:
        return _insertion(front_matter, key, value)
    if value is None:
        return _removal(front_matter, span)
    if isinstance(value, list):
        head = _comment_of_list(front_matter.text, span)
        return span.colon, span.end, front_matter.newline.join([f"{'' if value else ' []'}{head}", *_list_lines(front_matter, value)])
    if span.value == span.value_end:
        return span.colon, span.colon, f" {_scalar(value)}"
    return span.value, span.value_end, _scalar(value)


def _comment_of_list(text: str, span: KeySpan) -> str:
    """The comment behind a list's key, or behind a list that stands on the key's line; with the blanks before it."""
    line_end = _LINE_BREAK.search(text, span.colon, span.value)
    rest = text[span.value_end : span.end] if line_end is None else text[span.colon : line_end.start()]
    return rest.rstrip() if "#" in rest else ""


def _insertion(front_matter: FrontMatter, key: str, value: object) -> tuple[int, int, str]:
    newline, indent = front_matter.newline, _indent(front_matter)
    first_line = f"{key}: {_scalar(value)}" if not isinstance(value, list) else f"{key}:" if value else f"{key}: []"
    block = newline.join([first_line, *(_list_lines(front_matter, value) if isinstance(value, list) else ())])
    gap = newline * (2 if isinstance(value, list) else 1)
    for earlier in reversed(KEY_ORDER[: KEY_ORDER.index(key)]):
        if earlier in front_matter.spans:
            place = front_matter.spans[earlier].end
            return place, place, f"{gap}{indent}{block}"
    first = min(span.key for span in front_matter.spans.values())
    return first, first, f"{block}{gap}{indent}"


def _indent(front_matter: FrontMatter) -> str:
    """The blanks before each top-level key: none in the format, but YAML allows some."""
    first = min(span.key for span in front_matter.spans.values())
    line = front_matter.text[front_matter.text.rfind("\n", 0, first) + 1 : first]
    return line if not line.strip(" ") else ""


def _removal(front_matter: FrontMatter, span: KeySpan) -> tuple[int, int, str]:
    """The whole key with its line break, and the blank line before it, which came with it."""
    text = front_matter.text
    line_break = _LINE_BREAK.match(text, span.end)
    start, end = text.rfind("\n", 0, span.key) + 1, span.end if line_break is None else line_break.end()
    if text[start : span.key].strip(" ?"):  # a byte order mark stays
        start = span.key
    line_before = text.rfind("\n", 0, max(0, start - 1)) + 1
    if text[line_before:start].strip():
        return start, end, ""
    if not any(other.key < line_before <= other.end for other in front_matter.spans.values()):
        return line_before, end, ""
    # The blank line is the end of a block that keeps its end ("|+"), and blank lines behind the key would join it.
    blanks = _BLANK_LINES.match(text, end)
    return start, end if blanks is None else blanks.end(), ""


def _list_lines(front_matter: FrontMatter, items: Sequence[Mapping[str, object]]) -> list[str]:
    indent = _indent(front_matter)
    return [f"{indent}{line}" for item in items for line in render_list_item(item)]


def render_list_item(item: Mapping[str, object]) -> list[str]:
    """The lines of one item of a list, as the format lays them out: two blanks a level, prose in double quotes."""
    return _item_lines(item, "  ")


def _item_lines(item: object, indent: str) -> list[str]:
    """An item of a list: its first line behind a dash, the others in line with it."""
    inner = f"{indent}  "
    if isinstance(item, Mapping) and item:
        lines = _mapping_lines(item, inner)
    elif _is_list(item) and item:
        lines = _sequence_lines(item, inner)
    else:
        lines = [f"{inner}{_scalar(item)}"]
    return [f"{indent}- {lines[0][len(inner) :]}", *lines[1:]]


def _mapping_lines(mapping: Mapping[str, object], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in mapping.items():
        name = f"{indent}{_scalar(key)}:"
        if isinstance(value, Mapping) and value:
            lines += [name, *_mapping_lines(value, f"{indent}  ")]
        elif _is_list(value) and value:
            lines += [name, *_sequence_lines(value, f"{indent}  ")]
        elif isinstance(value, str) and key in _QUOTED_KEYS:
            lines.append(f"{name} {_quoted(value)}")
        else:
            lines.append(f"{name} {_scalar(value)}")
    return lines


def _sequence_lines(items: Sequence[object], indent: str) -> list[str]:
    return [line for item in items for line in _item_lines(item, indent)]


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if not value and not isinstance(value, str):
        return "{}" if isinstance(value, Mapping) else "[]"
    text = str(value)
    is_plain = _PLAIN_WORDS.fullmatch(text) and text.casefold() not in _RESERVED
    return text if is_plain or _PLAIN_OTHER.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def _check_splice(before: FrontMatter, text: str, updates: Mapping[str, object]) -> None:
    after = parse_front_matter(text.encode("utf-8", "surrogatepass"))
    wanted = {key: value for key, value in before.fields.items() if key not in updates}
    kept = {key: value for key, value in after.fields.items() if key not in updates}
    written = all(same_value(after.fields.get(key), value, present=key in after.fields) for key, value in updates.items())
    if wanted != kept or not written:
        raise ArticleError("yaml", f"{', '.join(updates)} cannot be set without touching other keys")
