"""Identity: the id that an article keeps however its address is decorated."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from ranker.articles.article import Provider

# Query keys that say where a reader came from, never what is shown. Prefixes end in an underscore.
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "hsa_", "at_", "ns_", "wt_", "mc_", "oly_", "vero_")
_TRACKING_KEYS = frozenset(
    "fbclid gclid dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh cmpid cmp ocid ito smid smtyp _ga _gl ref_src sref xtor "
    "guccounter guce_referrer guce_referrer_sig partner feedtype __twitter_impression".split()
)
_AMP_QUERY = {("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("outputtype", "amp-type"), ("output", "amp")}
_AMP_CACHE = re.compile(r"(?:[a-z0-9-]+\.)?cdn\.ampproject\.org$")
_AMP_CACHE_PATH = re.compile(r"^/[a-z](?:/s)?/(?=[^/]+\.[a-z])", re.IGNORECASE)
_AMP_GOOGLE_PATH = re.compile(r"^/amp/(?:s/)?(?=[^/]+\.[a-z])", re.IGNORECASE)
_AMP_TAIL = re.compile(r"(?:/amp(?:\.html?)?|\.amp(?:\.html?)?)$", re.IGNORECASE)
_ID_HEX_DIGITS = 16  # 64 bits: a collision among a million articles has odds of about 1 in 37 million


def canonical_url(url: str) -> str:
    """The part of a web address that names the item: host, path and meaningful query, without the scheme.

    Case of the host, `www.` and `amp.`, default ports, credentials, fragments, tracking parameters, order of
    parameters, AMP variants (path, query, cache address) and a trailing slash make no difference. Returns
    "" for anything that is no absolute http(s) address.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return ""
    path = parts.path
    inner = _AMP_CACHE_PATH if _AMP_CACHE.search(host) else _AMP_GOOGLE_PATH if _bare(host).startswith("google.") else None
    if inner is not None and inner.match(path):
        wrapped = inner.sub("", path) + (f"?{parts.query}" if parts.query else "")
        return canonical_url(f"https://{wrapped}")
    if port not in {None, 80, 443}:
        host = f"{host}:{port}"
    path = _AMP_TAIL.sub("", quote(unquote(path), safe="/:@!$&'()*+,;=~-._").rstrip("/")).rstrip("/")
    query = _meaningful_query(parts.query)
    return f"{_bare(host)}{path}{'?' if query else ''}{query}"


def article_id(url: str, *, provider: Provider, title: str, published: datetime | None) -> str:
    """A stable id: from the canonical address, else from provider, title and day.

    Returns "a" and 16 hexadecimal digits of a SHA-256.
    """
    canonical = canonical_url(url)
    if canonical:
        return hashed_id("a", "url", canonical)
    day = published.date().isoformat() if published is not None else ""
    return hashed_id("a", "item", provider.key, " ".join(title.casefold().split()), day)


def hashed_id(prefix: str, *parts: str) -> str:
    """`prefix` and 16 hexadecimal digits of the SHA-256 of the parts, each kept apart from the next."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{prefix}{digest[:_ID_HEX_DIGITS]}"


def domain_of(url: str) -> str:
    """The host of a web address without `www.` or `amp.`, "" where there is none."""
    return canonical_url(url).split("/", 1)[0].split("?", 1)[0].split(":", 1)[0]


def _bare(host: str) -> str:
    for prefix in ("www.", "amp."):
        if host.startswith(prefix) and "." in host[len(prefix) :]:
            host = host[len(prefix) :]
    return host


def _meaningful_query(query: str) -> str:
    kept = [
        (key, value)
        for key, value in parse_qsl(query, keep_blank_values=True)
        if key.lower() not in _TRACKING_KEYS
        and not key.lower().startswith(_TRACKING_PREFIXES)
        and (key.lower(), value.lower()) not in _AMP_QUERY
    ]
    return urlencode(sorted(kept))
