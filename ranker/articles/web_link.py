"""Web link: whether an address that somebody else wrote may be followed."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# What browsers leave out of an address or read as a slash: what is left could lead elsewhere than it says.
_NO_ADDRESS = re.compile(r"[\s\x00-\x20\x7f-\x9f\\]")


def web_link(url: str | None) -> str:
    """The address if a reader may follow it, else ""; `javascript:`, `data:` and the like are none, nor is one with blanks in it."""
    if not url or _NO_ADDRESS.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme.lower() in {"http", "https"} and parts.netloc else ""
