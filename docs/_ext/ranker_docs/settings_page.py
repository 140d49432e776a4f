"""The reference of all settings: names, types and limits from the settings' types, defaults and comments from `defaults.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from msgspec import NODEFAULT
from msgspec import inspect as msgspec_kinds

from ranker.settings import Settings
from ranker.settings_file import defaults_text, profile_names, profile_overlay
from ranker_docs import kinds
from ranker_docs.markdown import anchor, code, fenced, plain, table

_SERVICE = "service"
_PAGE = re.compile(r"docs/([\w-]+\.md)")
_COMMENT = re.compile(r"\s*#\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Written:
    """What `defaults.yaml` says of one key."""

    value: Any
    comment: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Parameters
    ----------
    key : dotted; names that users choose stand as NAME.
    default : as YAML on one line; empty where there is none.
    allowed : its type, limits and unit, in words.
    """

    key: str
    default: str
    allowed: str
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it for the service."""
        return "RANKER_" + self.key.replace(".", "_").upper()


def page() -> str:
    """The whole reference, in Markdown."""
    written = comments()
    parts = [_section(name, struct, written) for name, struct in _sections()]
    return "\n".join([*parts, _profiles(written)])


def _sections() -> Iterator[tuple[str, msgspec_kinds.StructType]]:
    """Name and type of every section."""
    for field in kinds.fields_of(msgspec_kinds.type_info(Settings)):
        struct = kinds.struct_of(field.type)
        if struct is not None:
            yield field.name, struct


def comments() -> dict[str, Written]:
    """Every key of `defaults.yaml`, dotted -> its value and the comment on its line."""
    text = defaults_text()
    return dict(_written(yaml.compose(text, Loader=yaml.SafeLoader), "", text.splitlines()))


def _written(node: yaml.Node | None, key: str, lines: list[str]) -> Iterator[tuple[str, Written]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for name, value in node.value:
        at, dotted = name.start_mark.line, f"{key}.{name.value}".lstrip(".")
        start = value.end_mark.column if value.end_mark.line == at else name.end_mark.column + 1
        comment = "" if node.flow_style else _COMMENT.match(lines[at][start:])
        plain_value = yaml.safe_load(yaml.serialize(value, Dumper=yaml.SafeDumper))
        yield dotted, Written(plain_value, comment[1] if comment else "")
        yield from _written(value, dotted, lines)


def _of(struct: msgspec_kinds.StructType | None, prefix: str, written: dict[str, Written]) -> Iterator[Setting]:
    """The settings of a section, those of sections inside it behind the key that holds them."""
    for field in kinds.fields_of(struct):
        key = f"{prefix}.{field.encode_name}"
        inner = kinds.struct_of(field.type)
        yield Setting(key, _default(key, field, written), _allowed(field), written[key].comment if key in written else "")
        chosen = isinstance(field.type, msgspec_kinds.DictType)
        yield from _of(inner, f"{key}.NAME" if chosen else key, written)


def _default(key: str, field: msgspec_kinds.Field, written: dict[str, Written]) -> str:
    if key in written:
        value = written[key].value
        named = isinstance(field.type, msgspec_kinds.DictType) and kinds.struct_of(field.type) is not None
        return "as below" if named and value else _flow(value)
    if field.required:
        return ""
    return _flow(field.default if field.default is not NODEFAULT else field.default_factory())


def _flow(value: object) -> str:
    """A value as YAML on one line."""
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True).removesuffix("...\n").strip()


def _allowed(field: msgspec_kinds.Field) -> str:
    told, unit = kinds.words(field.type), kinds.unit(field.encode_name)
    return f"{told} ({unit})" if unit and "number" in told else told


def _section(name: str, struct: msgspec_kinds.StructType, written: dict[str, Written]) -> str:
    comment = written[name].comment
    about = [plain((struct.cls.__doc__ or "").strip()), _linked(f"{comment[:1].upper()}{comment[1:]}.") if comment else ""]
    head = ["Setting", "Default", "What it may be", "Meaning", *(["Variable"] if name == _SERVICE else [])]
    rows = [_row(each, name) for each in _of(struct, name, written)]
    parts = [f"## {name}\n", *(f"{text}\n" for text in about if text), table(head, rows)]
    if name == "quality":
        parts.append(_rules(written))
    return "\n".join(parts)


def _row(setting: Setting, section: str) -> list[str]:
    shown = setting.key.removeprefix(f"{section}.")
    default = setting.default if setting.default == "as below" else code(setting.default)
    row = [f"{anchor(setting.key)}{code(shown)}", default, setting.allowed, _linked(setting.meaning)]
    return [*row, code(setting.variable)] if section == _SERVICE else row


def _linked(comment: str) -> str:
    """A comment, with the pages that it names as links."""
    return _PAGE.sub(r"[\g<0>](../\1)", plain(comment))


def _rules(written: dict[str, Written]) -> str:
    """The scorecard as it comes."""
    rules = written["quality.rules"].value
    rows = [[f"{anchor(f'quality.rules.{name}')}{code(name)}", code(_flow(rule))] for name, rule in rules.items()]
    return "The rules as they come:\n\n" + table(["Rule", "What it says"], rows)


def _profiles(written: dict[str, Written]) -> str:
    parts = ["## profiles\n", "A profile is a set of changes to the settings above, chosen by `--profile` or `?profile=`.\n"]
    for name in profile_names():
        overlay = profile_overlay(None, name)
        text = yaml.safe_dump({"profiles": {name: overlay}}, sort_keys=False, allow_unicode=True)
        changes = fenced(text, "yaml") if overlay else "The defaults.\n"
        comment = written[f"profiles.{name}"].comment if f"profiles.{name}" in written else ""
        parts += [f"### {name}\n", *([_linked(f"{comment[:1].upper()}{comment[1:]}.\n")] if comment else []), changes]
    return "\n".join(parts)
