"""`Article` and the small values it is made of."""

from __future__ import annotations

import dataclasses

import pytest

from ranker.articles.article import Article, Origin, Provider


@pytest.mark.parametrize(
    ("provider", "key"),
    [
        pytest.param(Provider("The Daily Harbour", "Harbour.Example"), "harbour.example", id="domain first"),
        pytest.param(Provider("The Daily Harbour"), "the daily harbour", id="name without domain"),
        pytest.param(Provider(), "", id="nothing known"),
    ],
)
def test_provider_key_is_the_domain_else_the_name_in_lower_case(provider: Provider, key: str) -> None:
    assert provider.key == key


@pytest.mark.parametrize(("origin", "text"), [(Origin("a.md"), "a.md"), (Origin("a.jsonl", 7), "a.jsonl:7")])
def test_origin_reads_as_path_and_line(origin: Origin, text: str) -> None:
    assert str(origin) == text


def test_text_is_title_and_excerpt() -> None:
    assert Article("a1", "Bridge reopens", "Traffic flows again").text == "Bridge reopens. Traffic flows again"


def test_text_is_the_title_alone_without_an_excerpt() -> None:
    assert Article("a1", "Bridge reopens").text == "Bridge reopens"


def test_article_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Article("a1", "Bridge reopens").title = "Other"  # type: ignore[misc]  # what is refused here


@pytest.mark.parametrize("show", [str, repr])
def test_opaque_values_are_never_printed(show: type[str]) -> None:
    article = Article(
        "a1", "Bridge reopens", extra={"secured": "hush1"}, images=({"secured": "hush2"},), related=({"title": "x", "secured": "hush3"},)
    )
    assert "hush" not in show(article)
    assert "secured" not in show(article)
