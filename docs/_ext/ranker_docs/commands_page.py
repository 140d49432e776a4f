"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import Enum

import click

from ranker.apps.cli import commands
from ranker_docs.markdown import anchor, code, fenced, plain, table

_PROGRAM = "ranker"


def page() -> str:
    """The whole reference, in Markdown: a section for each command, groups before what is in them."""
    return "\n".join(_section(command, context) for command, context in walk())


def walk() -> Iterator[tuple[click.Command, click.Context]]:
    """Every command that is not hidden, each with the context that it runs in, groups before what is in them."""
    yield from _below(commands, click.Context(commands, info_name=_PROGRAM))


def _below(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _below(below, click.Context(below, info_name=name, parent=context))


def option_anchor(path: str, parameter: click.Parameter) -> str:
    """Where links to an option lead: `ranker-rerank--in-place`."""
    return path.replace(" ", "-") + max(parameter.opts, key=len)


def options(command: click.Command) -> list[click.Option]:
    """The options of a command that are not hidden, but `--help`, which all have."""
    return [each for each in command.params if isinstance(each, click.Option) and not each.hidden]


def _section(command: click.Command, context: click.Context) -> str:
    path = context.command_path
    usage = f"{path} {' '.join(command.collect_usage_pieces(context))}"
    parts = [f"## {path}\n", fenced(usage, "text"), _help(command)]
    if isinstance(command, click.Group):
        parts.append(table(["Command", "What it does"], _members(command, context)))
    parts.append(table(["Option", "Meaning"], [_row(path, each, context) for each in options(command)]))
    return "\n".join(part for part in parts if part)


def _help(command: click.Command) -> str:
    text = inspect.cleandoc(command.help or "").partition("\f")[0]
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(_paragraph(each) for each in paragraphs) + "\n"


def _paragraph(text: str) -> str:
    """A paragraph; one that click would not wrap keeps its lines."""
    if text.startswith("\b\n"):
        return fenced(text.removeprefix("\b\n"), "text").rstrip()
    return plain(" ".join(text.split()))


def _members(command: click.Group, context: click.Context) -> Iterator[list[str]]:
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None and not below.hidden:
            path = f"{context.command_path} {name}"
            yield [f"[{code(path)}](#{path.replace(' ', '-')})", plain(below.get_short_help_str(limit=200))]


def _row(path: str, option: click.Option, context: click.Context) -> list[str]:
    names = ", ".join([*option.opts, *option.secondary_opts])
    takes = "" if option.is_flag or option.count else f" {option.make_metavar(context)}"
    told = [plain(option.help or "")]
    told += ["Needed."] if option.required else []
    told += ["May be given several times."] if option.multiple else []
    told += [f"Default: {code(default)}."] if (default := _default(option)) else []
    return [anchor(option_anchor(path, option)) + code(names + takes), " ".join(part for part in told if part)]


def _default(option: click.Option) -> str:
    """The default, where the option says it; a switch's is to be off."""
    value = option.default
    if option.is_flag or option.multiple or value is None or callable(value) or isinstance(value, Enum):
        return ""
    return str(value)
