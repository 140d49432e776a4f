"""Web link: http and https lead somewhere, all else nowhere, however it is written."""

from __future__ import annotations

import pytest

from ranker.articles.web_link import web_link


@pytest.mark.parametrize(
    "url", ["http://a.example", "https://a.example/b?c=d#e", "HTTPS://A.EXAMPLE/", "https://[::1]/", "https://z\u00fcrich.example/"]
)
def test_addresses_of_the_web_may_be_followed(url: str) -> None:
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "ftp://a.example",
        "//a.example", "https:a.example", "https:/a.example", "https://", "http:// a", "https://\n", "https://a.example/b c",
        "https:\\\\a.example", "https://a.example\\@b.example", " https://a.example",
        "https://a.example\u2028", "https://[a", "mailto:a@a.example", "a.example",
        "java\tscript:alert(1)", "/path", "https:", "https:///x", "https://a.example/\x00", "http://[broken/",
    ],
)  # fmt: skip
def test_nothing_else_may(url: str | None) -> None:
    assert web_link(url) == ""
