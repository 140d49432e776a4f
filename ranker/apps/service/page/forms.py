"""Forms: the fields of a page's POST, read within limits; nothing of them is kept or told again but by who asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

from fastapi import Request

from ranker.apps.service.bodies import content_type, unread_type
from ranker.apps.service.problems import Problem

FORM_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 50


async def form_fields(request: Request, names: Sequence[str], *, most_bytes: int) -> dict[str, str]:
    """The named fields of a form, "" where one is missing; of one that comes twice the first.

    Raises
    ------
    Problem : 413 or 415, or 422 if the body is no form.
    """
    if content_type(request) != FORM_TYPE:
        raise unread_type(request, FORM_TYPE)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise Problem(413, "The form is too large", f"At most {most_bytes:,} bytes are read; shorten the texts.")
    try:
        found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Problem(422, "The form cannot be read", f"It has more than {_MOST_FIELDS} fields.") from None
    return {name: found.get(name, [""])[0] for name in names}
