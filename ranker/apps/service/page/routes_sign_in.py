"""Signing in: a key given once, kept by the browser in a cookie that no script reads and no other site sends along."""

from __future__ import annotations

import re
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.datastructures import Headers

from ranker.apps.service.keys import COOKIE, Caller, Keys, cookie_key, key_cookie
from ranker.apps.service.page.filters import shown
from ranker.apps.service.page.forms import form_fields
from ranker.apps.service.page.frame import root_of
from ranker.apps.service.page.routing import PageRoute
from ranker.apps.service.page.templates import rendered
from ranker.apps.service.problems import Problem
from ranker.apps.service.serving import serving_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_MOST_BYTES = 8192  # of the form: a key has 43 letters
# A path of this service. Browsers read "//host" and "/\host" as addresses of hosts, and leave out control characters before they look.
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_KEPT_IN_PATHS = "/?&=%:+,;@!$'()*~"
_ELSEWHERE = frozenset({"cross-site", "same-site"})


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    """The form that takes a key; whoever is signed in is led on, or told so where nothing comes next.

    A link on another site brings no cookie along, so whoever follows it comes here, signed in or not; a script asks once more, with it.
    """
    caller, wanted = _signed_in(request, _keys(request)), request.query_params.get("next")
    if caller is not None and wanted is not None:
        return _led_to(request, next_path(wanted))
    return _form(request, next_path(wanted), caller=caller)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Take a key: lead on with the cookie set, or say that it is none of ours."""
    keys = _keys(request)
    _check_sender(request)
    fields = await form_fields(request, ("key", "next"), most_bytes=_MOST_BYTES)
    after, key = next_path(fields["next"]), fields["key"].strip()
    if not key:
        return _form(request, after, wrong="Give a key.", status=422)
    if keys.named(key) is None:
        return _form(request, after, wrong="This key is none of ours. Keys are told apart by every letter, capitals too.", status=401)
    response = _led_to(request, after)
    response.set_cookie(
        COOKIE, key_cookie(key), path=root_of(request) or "/", secure=request.url.scheme == "https", httponly=True, samesite="strict"
    )
    return response


@router.get("/sign-out")
async def sign_out_page(request: Request) -> Response:
    """Who is signed in, and the button that ends it."""
    return _form(request, "/", caller=_signed_in(request, _keys(request)))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Have the browser forget the key."""
    _keys(request)
    _check_sender(request)
    response = _led_to(request, "/sign-in")
    response.delete_cookie(COOKIE, path=root_of(request) or "/", secure=request.url.scheme == "https", httponly=True, samesite="strict")
    return response


def next_path(wanted: str | None) -> str:
    """Where a sign-in leads on to: a path of this service; the list of stories for anything else.

    Nor may it hold what no page shows: without that it would be another path, or the address of a host.
    """
    return wanted if wanted and _OWN_PATH.fullmatch(wanted) and shown(wanted) == wanted else "/"


def _keys(request: Request) -> Keys:
    settings = serving_of(request).settings
    if not settings.keys:
        raise Problem(404, "Nobody signs in here", "The service has no keys: whoever is on this machine may do everything.")
    return Keys(settings)


def _signed_in(request: Request, keys: Keys) -> Caller | None:
    key = cookie_key(request.headers)
    return None if key is None else keys.named(key)


def _check_sender(request: Request) -> None:
    """Refuse a form that a page elsewhere sent, as far as the browser says so.

    Raises
    ------
    Problem : 403.
    """
    headers: Headers = request.headers
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "null")  # "null": the browser was told to keep it to itself
    is_elsewhere = origin != "null" and origin.partition("://")[2].lower() != headers.get("host", "").lower()
    if site in _ELSEWHERE or (not site and is_elsewhere):
        raise Problem(403, "Not from a page of this service", "Open /sign-in here and give the key there.")


def _form(request: Request, after: str, *, caller: Caller | None = None, wrong: str = "", status: int = 200) -> Response:
    return rendered(request, "sign_in.html", {"after": after, "caller": caller, "wrong": wrong}, status=status)


def _led_to(request: Request, path: str) -> Response:
    location = root_of(request) + quote(path, safe=_KEPT_IN_PATHS)
    return Response(status_code=303, headers={"Location": location, "Cache-Control": "no-store"})
