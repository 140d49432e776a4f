"""Identity: which addresses are one item, and which are not."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.article import Provider
from ranker.articles.identity import article_id, canonical_url, domain_of, hashed_id

PLAIN = "https://example.com/news/2024/harbour-bridge"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/news/2024/harbour-bridge",
        "HTTPS://EXAMPLE.com/news/2024/harbour-bridge",
        "  https://example.com/news/2024/harbour-bridge\n",
        "https://www.example.com/news/2024/harbour-bridge",
        "https://amp.example.com/news/2024/harbour-bridge",
        "https://amp.www.example.com/news/2024/harbour-bridge",
        "https://example.com./news/2024/harbour-bridge",
        "https://example.com:443/news/2024/harbour-bridge",
        "http://example.com:80/news/2024/harbour-bridge",
        "https://user:secret@example.com/news/2024/harbour-bridge",
        "https://example.com/news/2024/harbour-bridge/",
        "https://example.com/news/2024/harbour-bridge//",
        "https://example.com/news/2024/harbour-bridge#comments",
        "https://example.com/news/2024/harbour-bridge?",
        "https://example.com/news/2024/harbour-bridge?utm_source=feed&utm_medium=rss&UTM_Campaign=x",
        "https://example.com/news/2024/harbour-bridge?fbclid=1&gclid=2&mc_cid=3&at_medium=4&xtor=5",
        "https://example.com/news/2024/harbour-bridge?usqp=mq331&amp_js_v=0.1",
        "https://example.com/news/2024/harbour%2Dbridge",
        "https://example.com/news/%32024/harbour-bridge",
        "https://example.com/news/2024/harbour-bridge/amp",
        "https://example.com/news/2024/harbour-bridge/amp/",
        "https://example.com/news/2024/harbour-bridge/amp.html",
        "https://example.com/news/2024/harbour-bridge.amp",
        "https://example.com/news/2024/harbour-bridge.amp.html",
        "https://example.com/news/2024/harbour-bridge?amp=1",
        "https://example.com/news/2024/harbour-bridge?amp",
        "https://example.com/news/2024/harbour-bridge?outputType=amp",
        "https://example.com/news/2024/harbour-bridge?output=AMP",
        "https://example-com.cdn.ampproject.org/c/s/example.com/news/2024/harbour-bridge",
        "https://example-com.cdn.ampproject.org/v/s/www.example.com/news/2024/harbour-bridge/amp/?usqp=mq331",
        "https://example-com.cdn.ampproject.org/c/example.com/news/2024/harbour-bridge",
        "https://cdn.ampproject.org/c/s/example.com/news/2024/harbour-bridge",
        "https://example-com.cdn.ampproject.org/wp/s/example.com/news/2024/harbour-bridge",
        "https://www-example-com.bing-amp.com/c/s/example.com/news/2024/harbour-bridge",
        "https://www.google.com/amp/s/example.com/news/2024/harbour-bridge",
        "https://www.google.co.uk/amp/s/amp.example.com/news/2024/harbour-bridge/amp",
        "https://google.com/amp/example.com/news/2024/harbour-bridge",
        "https://google.com/%61mp/s/example.com/news/2024/harbour-bridge",
    ],
)
def test_decoration_makes_no_difference(url: str) -> None:
    assert canonical_url(url) == canonical_url(PLAIN) == "example.com/news/2024/harbour-bridge"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("?id=7&page=2", "?page=2&id=7", id="order of parameters"),
        pytest.param("?q=a%20b", "?q=a+b", id="two ways to write a blank"),
        pytest.param("?q=%c3%a9", "?q=é", id="encoded or not"),
        pytest.param("?id=7&utm_source=x", "?id=7", id="tracking beside meaning"),
        pytest.param("?id", "?id=", id="empty value"),
        pytest.param("/caf%c3%a9", "/caf%C3%A9", id="case of percent-encoding"),
        pytest.param("/caf%C3%A9", "/café", id="encoded path or not"),
        pytest.param("/amp/amp", "", id="amp twice"),
    ],
)
def test_two_spellings_of_one_address_are_equal(one: str, other: str) -> None:
    assert canonical_url(PLAIN + one) == canonical_url(PLAIN + other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://example.com/a", "https://example.com/b", id="path"),
        pytest.param("https://example.com/a", "https://example.com/A", id="case of the path"),
        pytest.param("https://example.com/a", "https://example.org/a", id="host"),
        pytest.param("https://example.com/a", "https://news.example.com/a", id="subdomain"),
        pytest.param("https://example.com/a", "https://example.com:8080/a", id="unusual port"),
        pytest.param("https://example.com/a?id=1", "https://example.com/a?id=2", id="meaningful query"),
        pytest.param("https://example.com/a?id=1", "https://example.com/a", id="query or none"),
        pytest.param("https://example.com/a?amp=2", "https://example.com/a", id="an amp parameter of another meaning"),
        pytest.param("https://example.com/a?tag=x&tag=y", "https://example.com/a?tag=x", id="repeated parameter"),
        pytest.param("https://example.com/camp", "https://example.com/c", id="a word that ends in amp"),
        pytest.param("https://example.com/amp/a", "https://example.com/a", id="amp at another place"),
        pytest.param("https://example.com/a%2Fb", "https://example.com/a/b", id="encoded slash"),
        pytest.param("https://example.com/%E9", "https://example.com/%E8", id="bytes that are not UTF-8"),
        pytest.param("https://example.com/?q=%E9", "https://example.com/?q=%E8", id="query bytes that are not UTF-8"),
        pytest.param("https://www.com/", "https://com/", id="www as the name itself"),
        pytest.param("https://notcdn.ampproject.org/c/s/example.com/a", "https://example.com/a", id="no AMP cache"),
        pytest.param("https://google.com/amp/s/about", "https://about/", id="no wrapped host"),
    ],
)
def test_different_items_stay_apart(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)
    assert canonical_url(one) != ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "  ",
        "example.com/a",
        "//example.com/a",
        "/a/b",
        "mailto:desk@example.com",
        "ftp://example.com/a",
        "file:///a/b",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://./a",
        "https://exa mple.com/a",
        "https://example.com\u3000/a",
        "https://ex%61mple.com/a",
        "https://[::1/a",
        "https://example.com:port/a",
        "https://example.com:99999/a",
        "https://google.com" + "/amp/s/google.com" * 9 + "/amp/s/example.com/a",
        "https://example.com/" + "x" * 8192,
    ],
    ids=lambda url: url[:40],
)
def test_what_is_no_web_address_is_empty(url: str) -> None:
    assert canonical_url(url) == ""


@pytest.mark.parametrize("path", ["/amp" * 2000, "/.amp" * 1600, "/amp" * 2000 + "/", "/amp.html" * 900])
def test_many_amp_tails_are_taken_off_at_once(path: str) -> None:
    assert canonical_url(f"https://example.com/a{path}") == "example.com/a"


def test_many_prefixes_of_a_host_are_taken_off_at_once() -> None:
    assert canonical_url(f"https://{'www.' * 2000}example.com/a") == "example.com/a"


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.Example.com:8080/a?b=c", "example.com"),
        ("https://example.com?b=c", "example.com"),
        ("https://example-com.cdn.ampproject.org/c/s/example.com/a", "example.com"),
        ("https://münchen.example/a", "münchen.example"),
        ("http://[2001:DB8::1]:8080/a", "[2001:db8::1]"),
        ("nothing", ""),
    ],
)
def test_domain_is_the_bare_host(url: str, domain: str) -> None:
    assert domain_of(url) == domain


HOSTS = st.sampled_from(
    ["example.com", "WWW.Example.com", "amp.www.example.org.", "google.com", "www.google.de", "cdn.ampproject.org",
     "x-y.cdn.ampproject.org", "amp.x.cdn.ampproject.org", "www.amp.dev", "bücher.example", "[::1]", "10.0.0.1", "www.", "a..b",
     "user:p@a.example"]
)  # fmt: skip
PIECES = st.sampled_from(
    ["amp", "AMP.html", ".amp", "s", "c", "wp", "a.b", "example.com", "%61mp", "%2F", "%25", "%3F", "%E9", "%zz", "é", "x y", "", ";v=1"]
)
PAIRS = st.sampled_from(
    ["amp=1", "amp", "utm_x=1", "id=2", "id=1", "q=%E9", "q=é", "a=b=c", "=", "", "x=%26", "r=http://u.example/?amp=1", "%61mp=1"]
)
URLS = st.builds(
    lambda scheme, host, port, pieces, pairs, end: f"{scheme}://{host}{port}/{'/'.join(pieces)}?{'&'.join(pairs)}{end}",
    st.sampled_from(["http", "HTTPS"]),
    HOSTS,
    st.sampled_from(["", ":80", ":443", ":8443", ":"]),
    st.lists(PIECES, max_size=6),
    st.lists(PAIRS, max_size=4),
    st.sampled_from(["", "#top", "/", "\u3000", "%0A"]),
)


@given(URLS | st.text(max_size=30).map(lambda text: f"https://{text}"))
def test_law_the_canonical_address_is_its_own_canonical_address(url: str) -> None:
    canonical = canonical_url(url)
    assert canonical_url(f"https://{canonical}") == canonical


@given(
    st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4),
    st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=4),
)
def test_law_decorating_an_address_changes_nothing(path: list[str], query: list[tuple[str, str]]) -> None:
    pairs = [f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in query]
    address = f"example.com/{'/'.join(quote(part, safe='') for part in path)}"
    plain = f"https://{address}?{'&'.join(pairs)}"
    decorated = f"http://WWW.{address}/?utm_source=x&{'&'.join(reversed(pairs))}&fbclid=y#part"
    assert canonical_url(decorated) == canonical_url(plain)


HARBOUR = Provider("Harbour Daily", "harbour.example")
DAY = datetime(2024, 3, 4, 9, tzinfo=UTC)


def test_an_id_is_an_a_and_16_hexadecimal_digits() -> None:
    digest = hashlib.sha256(b"url\x1fexample.com/news/2024/harbour-bridge").hexdigest()
    assert article_id(PLAIN, provider=HARBOUR, title="Bridge reopens", published=DAY) == f"a{digest[:16]}"


def test_one_address_is_one_id_whatever_else_is_said() -> None:
    ids = {
        article_id(url, provider=provider, title=title, published=published)
        for url in (PLAIN, f"{PLAIN}/?utm_source=x")
        for provider in (HARBOUR, Provider())
        for title in ("Bridge reopens", "Bridge reopens at last")
        for published in (DAY, None)
    }
    assert len(ids) == 1


def test_without_an_address_provider_title_and_day_are_the_identity() -> None:
    def id_of(*, provider: Provider = HARBOUR, title: str = "Bridge reopens", published: datetime | None = DAY) -> str:
        return article_id("", provider=provider, title=title, published=published)

    same = [id_of(title=" BRIDGE  reopens "), id_of(published=DAY.replace(hour=23)), id_of(provider=Provider("", "HARBOUR.example"))]
    others = [id_of(provider=Provider("Other")), id_of(title="Bridge closes"), id_of(published=DAY.replace(day=5)), id_of(published=None)]
    assert set(same) == {id_of()}
    assert len({id_of(), *others}) == 1 + len(others)


def test_parts_of_a_hash_do_not_run_together() -> None:
    assert hashed_id("s", "ab", "c") != hashed_id("s", "a", "bc")


def test_a_lone_surrogate_can_be_hashed() -> None:
    assert hashed_id("s", "\ud800").startswith("s")
