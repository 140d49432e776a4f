"""The page at /docs: every request can be tried, and nothing is loaded from elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import FileResponse, HTMLResponse

PAGE = "/docs"
_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}

router = APIRouter(include_in_schema=False)


@router.get(PAGE)
async def docs(request: Request) -> HTMLResponse:
    """The OpenAPI document as a page."""
    app: FastAPI = request.app
    root = request.scope.get("root_path", "")
    return get_swagger_ui_html(
        openapi_url=f"{root}{app.openapi_url}",
        title=f"{app.title}: requests",
        swagger_js_url=f"{root}{PAGE}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{PAGE}/swagger-ui.css",
        swagger_favicon_url=f"{root}{PAGE}/favicon.png",
    )


@router.get(f"{PAGE}/swagger-ui-bundle.js")
@router.get(f"{PAGE}/swagger-ui.css")
@router.get(f"{PAGE}/favicon.png")
async def part(request: Request) -> FileResponse:
    """A file of the page, which comes with the package fastapi-offline."""
    name = request.url.path.rpartition("/")[2]
    return FileResponse(_folder() / name, media_type=_FILES[name], headers={"Cache-Control": "public, max-age=86400"})


def _folder() -> Path:
    found = find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package fastapi-offline, which holds the files of /docs, is not installed")
    return Path(found.origin).parent / "static"
