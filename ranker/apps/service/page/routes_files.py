"""Routes of files: style sheets, scripts and the icon."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ranker.apps.service.caching import is_known
from ranker.apps.service.page.files import PREFIX, files, version
from ranker.apps.service.page.routing import PageRoute
from ranker.apps.service.problems import Problem

_FOR_GOOD = "public, max-age=31536000, immutable"  # the address of other contents is another one
_ASKED_EACH_TIME = "no-cache"

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(f"{PREFIX}/{{asked_version}}/{{name}}")
async def versioned(request: Request, asked_version: str, name: str) -> Response:
    """A file under the address that pages give; of another version it is not kept."""
    return _sent(request, name, _FOR_GOOD if asked_version == version() else _ASKED_EACH_TIME)


@router.get(f"{PREFIX}/{{name}}")
async def plain(request: Request, name: str) -> Response:
    """A file under its plain name."""
    return _sent(request, name, _ASKED_EACH_TIME)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The icon, for whoever asks without looking at the page."""
    return _sent(request, "icon.svg", _ASKED_EACH_TIME)


def _sent(request: Request, name: str, cache_control: str) -> Response:
    file = files().get(name)
    if file is None:
        raise Problem(404, "Not Found", "There is no such file of the page.")
    headers = {"ETag": file.tag, "Cache-Control": cache_control}
    if is_known(request, file.tag):
        return Response(status_code=304, headers=headers)
    return Response(file.body, 200, {**headers, "Content-Type": file.media_type})
