"""The generated reference: every setting, command, option, route, shape, error and public name has its place in it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest
from support.doc_links import Page, read_page

import ranker
import ranker.client
from ranker import errors
from ranker.apps.cli import commands
from ranker.apps.service.app import create_app
from ranker.apps.service.environment import variables
from ranker.apps.service.running import Running
from ranker.client import errors as client_errors
from ranker.settings import Settings
from ranker.settings_file import defaults_text, profile_names

pytestmark = pytest.mark.xdist_group("site")  # one process builds the site


@pytest.fixture(scope="module")
def reference(site: Path) -> dict[str, Page]:
    """Every page of the reference, by its name."""
    return {path.stem: read_page(path) for path in (site / "docs" / "reference").glob("*.html")}


def test_every_setting_has_its_anchor(reference: dict[str, Page], default_settings: Settings) -> None:
    keys = [key for key in variables(default_settings).values() if not key.startswith("quality.rules.") or key.count(".") == 2]
    assert len(keys) > 90
    assert [key for key in keys if key not in reference["settings"].anchors] == []


def test_every_setting_of_the_service_tells_its_variable(reference: dict[str, Page], default_settings: Settings) -> None:
    names = [name for name, key in variables(default_settings).items() if key.startswith("service.")]
    assert [name for name in names if name not in reference["settings"].text] == []


def test_comments_of_the_defaults_are_in_it(reference: dict[str, Page]) -> None:
    comments = [line.partition(" # ")[2] for line in defaults_text().splitlines() if " # " in line and not line.startswith("#")]
    shown = " ".join(reference["settings"].text.split()).casefold()
    missing = [comment for comment in comments if " ".join(comment.replace("`", "").split()).casefold() not in shown]
    assert len(comments) > 60
    assert missing == []


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_has_its_anchor(name: str, reference: dict[str, Page]) -> None:
    assert name in reference["settings"].anchors


def walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it."""
    yield path, command
    for name, below in command.commands.items() if isinstance(command, click.Group) else ():
        if not below.hidden:
            yield from walk(below, f"{path} {name}")


ALL_COMMANDS = dict(walk(commands, "ranker"))


@pytest.mark.parametrize("path", ALL_COMMANDS)
def test_every_command_and_option_has_its_anchor(path: str, reference: dict[str, Page]) -> None:
    options = [each for each in ALL_COMMANDS[path].params if isinstance(each, click.Option) and not each.hidden]
    base = path.replace(" ", "-")
    wanted = {base, *(base + max(option.opts, key=len) for option in options)}
    assert wanted - reference["commands"].anchors == set()
    shown = " ".join(reference["commands"].text.split())
    assert [option.help for option in options if " ".join((option.help or "").replace("`", "").split()) not in shown] == []


def operations(settings: Settings) -> Iterator[tuple[str, str, list[str]]]:
    """Method, path and names of the parameters of every request."""
    document = create_app(cast("Running", object()), settings).openapi()
    for path, item in document["paths"].items():
        for method, told in item.items():
            yield method.upper(), path, [parameter["name"] for parameter in told.get("parameters", ())]


def slug(method: str, path: str) -> str:
    """GitHub's anchor of a heading "GET /v1/stories/{id}"."""
    return f"{method.lower()}-{''.join(letter for letter in path if letter.isalnum() or letter in '-_')}"


def test_every_request_and_parameter_has_its_anchor(reference: dict[str, Page], default_settings: Settings) -> None:
    found = list(operations(default_settings))
    wanted = {slug(method, path) for method, path, _ in found}
    wanted |= {f"{slug(method, path)}--{name}" for method, path, names in found for name in names}
    assert len(wanted) > 60
    assert wanted - reference["http-api"].anchors == set()


def test_every_request_but_the_endless_one_has_an_example(reference: dict[str, Page], default_settings: Settings) -> None:
    wanted = {f"{slug(method, path)}--example" for method, path, _ in operations(default_settings) if path != "/v1/changes/stream"}
    assert wanted - reference["http-api"].anchors == set()


def test_every_shape_has_its_anchor(reference: dict[str, Page], default_settings: Settings) -> None:
    shapes = create_app(cast("Running", object()), default_settings).openapi()["components"]["schemas"]
    assert [name for name in shapes if f"shape-{name}" not in reference["http-api"].anchors] == []


@pytest.mark.parametrize(
    "name", [*(f"ranker.{each}" for each in ranker.__all__), *(f"ranker.client.{each}" for each in ranker.client.__all__)]
)
def test_every_public_name_has_its_anchor(name: str, reference: dict[str, Page]) -> None:
    assert name in reference["python"].anchors | reference["errors"].anchors


@pytest.mark.parametrize("module", ["ranker.plots", "ranker.notebook"])
def test_names_of_the_heavier_modules_have_their_anchors(module: str, reference: dict[str, Page]) -> None:
    exported = importlib.import_module(module).__all__
    assert exported
    assert [name for name in exported if f"{module}.{name}" not in reference["python"].anchors] == []


@pytest.mark.parametrize("name", ["ranker.desk.desk.Desk.accept", "ranker.stories.corrections.Corrections.with_added"])
def test_methods_have_their_anchors(name: str, reference: dict[str, Page]) -> None:
    assert name in reference["python"].anchors


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_its_anchor_and_its_exit_code(name: str, reference: dict[str, Page]) -> None:
    assert f"ranker.errors.{name}" in reference["errors"].anchors
    assert name in reference["exit-codes"].text


def test_every_error_of_the_client_has_its_anchor(reference: dict[str, Page]) -> None:
    kinds = [each for each in vars(client_errors).values() if isinstance(each, type) and each.__module__ == client_errors.__name__]
    assert [kind for kind in kinds if f"{client_errors.__name__}.{kind.__name__}" not in reference["errors"].anchors] == []


@pytest.mark.parametrize("code", range(4))
def test_every_exit_code_has_its_anchor(code: int, reference: dict[str, Page]) -> None:
    assert f"exit-code-{code}" in reference["exit-codes"].anchors
