"""Post address: where a site generator publishes a front matter file that does not say so itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from ranker.articles.article import Origin
from ranker.articles.dates import parsed_time
from ranker.errors import ArticleError

_DATED_NAME = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})-(?P<slug>.+)")  # as Jekyll names posts
_DATE_KEYS = ("publishedDateTime", "date")


def post_url(pattern: str, fields: Mapping[str, object], origin: Origin) -> str:
    """The address of a file: its `permalink` on the pattern's site, or the pattern filled in from its name and its date.

    Parameters
    ----------
    pattern : `reading.post_url`, an http(s) address with {year}, {month}, {day}, {slug}, {category}.

    Raises
    ------
    ArticleError : if the pattern needs what neither the file's name nor its fields say.
    """
    permalink = fields.get("permalink")
    if isinstance(permalink, str) and permalink.startswith("/") and ":" not in permalink:  # ":title" is for the generator to fill in
        site = urlsplit(pattern)
        return f"{site.scheme}://{site.netloc}{quote(permalink, safe='/%?=&')}"
    parts = _parts(fields, PurePath(origin.path).stem)
    missing = [name for name in re.findall(r"\{(\w+)\}", pattern) if not parts.get(name)]
    if missing:
        said = f"reading.post_url needs its {missing[0]}, which neither the file's name nor its fields say"
        raise ArticleError("webUrl", f"missing, and {said}")
    return pattern.format_map({name: quote(value, safe="") for name, value in parts.items()})


def named_day(origin: Origin) -> str | None:
    """The day in a file's name (2026-03-11-storm.md), as a site generator dates a post that says no date itself."""
    named = _DATED_NAME.fullmatch(PurePath(origin.path).stem)
    return None if named is None else f"{named['year']}-{named['month']}-{named['day']}"


def _parts(fields: Mapping[str, object], stem: str) -> dict[str, str]:
    named = _DATED_NAME.fullmatch(stem)
    parts = {"slug": stem} if named is None else named.groupdict()
    if named is None and (date := _date(fields)):
        parts |= date
    if isinstance(slug := fields.get("slug"), str) and slug.strip():
        parts["slug"] = slug.strip()
    category = fields.get("category", fields.get("categories"))
    first = category[0] if isinstance(category, list) and category else category
    if isinstance(first, str) and first.strip():
        parts["category"] = "-".join(first.lower().split())
    return parts


def _date(fields: Mapping[str, object]) -> dict[str, str]:
    for key in _DATE_KEYS:
        try:
            found = parsed_time(fields.get(key))
        except ArticleError:
            continue
        if found is not None:
            return {"year": f"{found[0]:%Y}", "month": f"{found[0]:%m}", "day": f"{found[0]:%d}"}
    return {}
