"""Templates: HTML made of what is known, with everything escaped that somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ranker.apps.service.page.filters import FILTERS, shown
from ranker.apps.service.page.frame import frame_of
from ranker.desk.edition import Edition

_FOLDER = Path(__file__).parent / "templates"
HTML = "text/html; charset=utf-8"


@cache
def environment() -> Environment:
    """Where templates come from: each compiled once; a name that is not there is an error, never a gap."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, finalize=shown, auto_reload=False, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(FILTERS)
    return made


def html_of(request: Request, template: str, context: Mapping[str, Any], *, edition: Edition | None = None) -> bytes:
    """A page of a template.

    Parameters
    ----------
    context : what the template names, beside `frame`.
    edition : what it shows; the newest unless said.
    """
    text = environment().get_template(template).render({"frame": frame_of(request, edition), **context})
    return text.encode("utf-8", "replace")


def rendered(
    request: Request, template: str, context: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer that is a page of a template, which nobody may keep."""
    told = {"Cache-Control": "no-store", **(headers or {})}
    return Response(html_of(request, template, context), status, {**told, "Content-Type": HTML})
