"""Identity: the id that an article keeps however its address is decorated."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from ranker.articles.article import Provider

# Query keys that say where a reader came from, never what is shown. Prefixes end in an underscore.
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "hsa_", "at_", "ns_", "wt_", "mc_", "oly_", "vero_",
                      "amp_")  # fmt: skip
_TRACKING_KEYS = frozenset(
    "fbclid gclid dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh cmpid cmp ocid ito smid smtyp _ga _gl ref_src sref xtor "
    "guccounter guce_referrer guce_referrer_sig partner feedtype __twitter_impression usqp aoh".split()
)
_AMP_QUERY = {("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("outputtype", "amp-type"), ("output", "amp")}
_AMP_CACHE = re.compile(r"(?:[a-z0-9-]+\.)?(?:cdn\.ampproject\.org|bing-amp\.com)")
_AMP_CACHE_PATH = re.compile(r"/[a-z]{1,2}(?:/s)?/(?=[^/]+\.[a-z])", re.IGNORECASE)
_AMP_GOOGLE_PATH = re.compile(r"/amp/(?:s/)?(?=[^/]+\.[a-z])", re.IGNORECASE)
_AMP_TAIL = re.compile(r"(?:/amp(?:\.html?)?|\.amp(?:\.html?)?)$", re.IGNORECASE)
MAX_URL_CHARACTERS = 8192  # browsers and servers take 2,000 to 8,000
_MAX_AMP_TAIL_CHARACTERS = len("/amp.html")
_MAX_WRAPPINGS = 4  # an AMP address inside another; nobody nests them deeper
_HOST = re.compile(r"""[^\s\x00-\x20\x7f-\xa0!"#$%&'()*+,/:;<=>?@\[\\\]^`{|}~]+|\[[0-9a-f:.]+\]""")
_PORT = re.compile(r":\d+$")
_PREFIXES = re.compile(r"(?:(?:www|amp)\.)+(?=.*\.)")
_PATH_CHARACTERS = ":@!$&'()*+,;=~-._"  # what stands in a path as it is (RFC 3986); all else is percent-encoded
_ID_HEX_DIGITS = 16  # 64 bits: a collision among a million articles has odds of about 1 in 37 million


@lru_cache(maxsize=1 << 16)  # a batch asks for each address a dozen times
def canonical_url(url: str) -> str:
    """The part of a web address that names the item: host, path and meaningful query, without the scheme.

    Case of the host, `www.` and `amp.`, default ports, credentials, fragments, tracking parameters, order of
    parameters, percent-encoding, AMP variants (path, query, cache address) and a trailing slash make no
    difference. Returns "" for anything that is no absolute http(s) address of at most `MAX_URL_CHARACTERS`.
    Idempotent, the scheme put back.
    """
    address = url.strip()
    if len(address) > MAX_URL_CHARACTERS:
        return ""
    for _ in range(_MAX_WRAPPINGS):
        try:
            parts = urlsplit(address)
            host, port = _bare((parts.hostname or "").lower().rstrip(".")), parts.port
        except ValueError:
            return ""
        host = f"[{host}]" if ":" in host else host
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
            return ""
        path = _quoted_path(parts.path)
        wrapped = _wrapped(host, path)
        if not wrapped:
            authority = host if port in {None, 80, 443} else f"{host}:{port}"
            return f"{authority}{_without_amp_tail(path)}{_meaningful_query(parts.query)}"
        inner_host, slash, rest = wrapped.partition("/")
        address = f"https://{unquote(inner_host)}{slash}{rest}?{parts.query}"
    return ""


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
    return _PORT.sub("", re.split("[/?]", canonical_url(url), maxsplit=1)[0])


def _bare(host: str) -> str:
    """`host` without leading `www.` and `amp.`, as long as a dotted name is left."""
    match = _PREFIXES.match(host)
    return host if match is None else host[match.end() :]


def _quoted_path(path: str) -> str:
    """`path` percent-encoded in one way; an encoded slash stays apart from a slash."""
    parts = (unquote(part, errors="surrogateescape") for part in path.split("/"))
    return "/".join(quote(part, safe=_PATH_CHARACTERS, errors="surrogateescape") for part in parts)


def _wrapped(host: str, path: str) -> str:
    """The address that an AMP cache's or Google's AMP address stands for, without scheme; "" where it is none."""
    opening = _AMP_CACHE_PATH if _AMP_CACHE.fullmatch(host) else _AMP_GOOGLE_PATH if host.startswith("google.") else None
    match = None if opening is None else opening.match(path)
    return "" if match is None else path[match.end() :]


def _without_amp_tail(path: str) -> str:
    path = path.rstrip("/")
    while match := _AMP_TAIL.search(path, max(0, len(path) - _MAX_AMP_TAIL_CHARACTERS)):
        path = path[: match.start()].rstrip("/")
    return path


def _meaningful_query(query: str) -> str:
    kept = [
        (key, value)
        for key, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
        if key.lower() not in _TRACKING_KEYS
        and not key.lower().startswith(_TRACKING_PREFIXES)
        and (key.lower(), value.lower()) not in _AMP_QUERY
    ]
    return f"?{urlencode(sorted(kept), encoding='utf-8', errors='surrogateescape')}" if kept else ""
