"""Files of corrections: what an editor writes down, read with the place of every mistake, and written as the wire has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import yaml

from ranker.articles.dates import iso_text, parsed_time
from ranker.errors import ArticleError, CorrectionError
from ranker.stories.corrections import Correction, CorrectionAction, Corrections, checked, correction_id

_FORMS = "a YAML list, a JSON array, or one JSON object a line"
_MAX_DEPTH = 4  # levels of nesting: a list of corrections, their keys, their articles; the C parser overflows on very deep input


class _Item(msgspec.Struct):
    """A correction as it is written down."""

    action: str
    articles: list[str]
    others: list[str] | None = None
    by: str | None = None
    at: Any = None
    why: str | None = None
    id: str | None = None


def read_corrections(path: Path) -> Corrections:
    """The corrections of a file: a YAML list, a JSON array, or one JSON object a line.

    Raises
    ------
    CorrectionError : naming the file, the line or item, and what is wrong with it or contradicts it.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CorrectionError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CorrectionError(f"{path}: is not UTF-8 (byte {error.start})") from error
    read: list[Correction] = []
    places: list[str] = []
    for place, value in _reader(path, text)(path, text):
        try:
            read.append(correction_of(value))
        except CorrectionError as error:
            raise CorrectionError(f"{place}: {error}", correction=error.correction) from error
        places.append(place)
    try:
        return Corrections.of(read)
    except CorrectionError as error:
        place = next(place for place, item in zip(reversed(places), reversed(read), strict=True) if item.id == error.correction)
        raise CorrectionError(f"{place}: {error}", correction=error.correction, chain=error.chain, against=error.against) from error


def correction_of(value: object) -> Correction:
    """A correction from what JSON or YAML gives: `action`, `articles`, and if wanted `others`, `by`, `at`, `why`, `id`.

    Without an id it has the one that `correction_id` makes of what it says.

    Raises
    ------
    CorrectionError : saying which key is wrong, and what is allowed.
    """
    if not isinstance(value, dict):
        raise CorrectionError(f"is no mapping; allowed: {', '.join(_Item.__struct_fields__)}")
    unknown = next((key for key in value if key not in _Item.__struct_fields__), None)
    if unknown is not None:
        raise CorrectionError(f"{unknown!r}: unknown key; allowed: {', '.join(_Item.__struct_fields__)}")
    if value.get("action") not in get_args(CorrectionAction):
        raise CorrectionError(f"action {value.get('action')!r}; allowed: {', '.join(get_args(CorrectionAction))}")
    try:
        item = msgspec.convert(value, _Item)
        at = parsed_time(item.at, field="at")
    except msgspec.ValidationError as error:
        raise CorrectionError(f"{_in_words(str(error))}") from error
    except ArticleError as error:
        raise CorrectionError(f"at: {error.reason}; write it as 2026-03-11T18:00:00Z") from error
    articles, others = tuple(item.articles), tuple(item.others or ())
    return checked(
        Correction(
            correction_id(item.action, articles, others) if item.id is None else item.id,
            cast("CorrectionAction", item.action),
            articles,
            others,
            item.by or "",
            None if at is None else at[0],
            item.why or "",
        )
    )


def correction_json(correction: Correction) -> dict[str, Any]:
    """A correction as the wire has it."""
    return {
        "id": correction.id,
        "action": correction.action,
        "articles": list(correction.articles),
        "others": list(correction.others),
        "by": correction.by,
        "at": None if correction.at is None else iso_text(correction.at),
        "why": correction.why,
    }


def corrections_lines(corrections: Iterable[Correction]) -> bytes:
    """Corrections as JSON Lines, which `read_corrections` reads."""
    return b"".join(msgspec.json.encode(correction_json(correction)) + b"\n" for correction in corrections)


_Items = Iterator[tuple[str, object]]  # what messages call the place, and the value that stands there


def _reader(path: Path, text: str) -> Callable[[Path, str], _Items]:
    """By the name for YAML, else by the first character."""
    start = "" if path.suffix.lower() in {".yaml", ".yml"} else text.lstrip()[:1]
    return {"[": _from_array, "{": _from_lines}.get(start, _from_yaml)


def _from_array(path: Path, text: str) -> _Items:
    values = _decoded(text, str(path))
    for number, value in enumerate(values if isinstance(values, list) else [], start=1):
        yield f"{path}: item {number}", value


def _from_lines(path: Path, text: str) -> _Items:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", _decoded(line, f"{path}:{number}")


def _decoded(text: str, place: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise CorrectionError(f"{place}: is not JSON ({error}); a file of corrections is {_FORMS}") from error


def _from_yaml(path: Path, text: str) -> _Items:
    try:
        _refuse_depth_and_aliases(path, text)
        loader = yaml.CSafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return
        if not isinstance(root, yaml.SequenceNode):
            raise CorrectionError(f"{path}: is no list of corrections; a file of corrections is {_FORMS}")
        for node in root.value:
            place = f"{path}:{node.start_mark.line + 1}"
            yield place, _mapping(loader, node, place) if isinstance(node, yaml.MappingNode) else _value(loader, node, place)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f"{error.problem_mark.line + 1}"
        raise CorrectionError(f"{path}:{line}: is not YAML ({error.problem}); a file of corrections is {_FORMS}") from error
    except yaml.reader.ReaderError as error:
        line = str(text.encode()[: error.position].count(b"\n") + 1)
        raise CorrectionError(f"{path}:{line}: is not YAML (holds the character U+{error.character:04X})") from error


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode, place: str) -> dict[object, object]:
    found: dict[object, object] = {}
    for key_node, value_node in node.value:
        key = _value(loader, key_node, place)
        if not isinstance(key, str) or key in found:
            raise CorrectionError(f"{place}: the key {key!r} {'stands twice' if isinstance(key, str) else 'is no text'}")
        found[key] = _value(loader, value_node, place)
    return found


def _value(loader: yaml.CSafeLoader, node: yaml.Node, place: str) -> object:
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:  # looks like a time or a number, and is none
        raise CorrectionError(f"{place}: {node.value!r} cannot be read ({error}); put it in quotes") from error


def _refuse_depth_and_aliases(path: Path, text: str) -> None:
    """Before anything is built: a list of corrections is flat, and says everything where it stands."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if depth > _MAX_DEPTH:
            raise CorrectionError(f"{path}:{line}: is nested deeper than {_MAX_DEPTH} levels; a file of corrections is {_FORMS}")
        if isinstance(event, yaml.AliasEvent):
            raise CorrectionError(f"{path}:{line}: holds an alias (*{event.anchor}); write out what it stands for")


def _in_words(complaint: str) -> str:
    """The decoder's complaint, the key first: "articles[0]: expected text, got `int`; put it in quotes"."""
    wrong, _, place = complaint.partition(" - at `$.")
    if wrong.startswith("Object missing required field"):
        return f"{wrong.split('`')[1]} is missing"
    wrong = wrong.replace("`str`", "text").replace("`str | null`", "text").replace("`array`", "a list").replace("`array | null`", "a list")
    hint = "; put it in quotes" if wrong.startswith("Expected text") and not wrong.endswith(("a list", "`object`")) else ""
    key = place.rstrip("`")
    return f"{key}{': ' if key else ''}{wrong[:1].lower()}{wrong[1:]}{hint}"
