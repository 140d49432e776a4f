"""The door: a raw record becomes an article, or is refused with the field at fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from ranker.articles.article import Article, Origin, Provider
from ranker.articles.identity import article_id
from ranker.articles.record import Record, Refusal, article_from_record, key_of
from ranker.errors import ArticleError
from ranker.settings import ReadingSettings

URL = "https://harbour.example/bridge"
NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
Reader = Callable[[Mapping[str, object]], Article]


@pytest.fixture
def read(reading_settings: ReadingSettings) -> Reader:
    """Read fields as one article; a title and an address are there unless the fields say otherwise."""
    return lambda fields: article_from_record(Record({"title": "Bridge", "url": URL} | dict(fields), Origin("x", 3)), reading_settings)


@pytest.fixture
def refusal(read: Reader) -> Callable[[Mapping[str, object]], ArticleError]:
    def refused(fields: Mapping[str, object]) -> ArticleError:
        with pytest.raises(ArticleError) as caught:
            read(fields)
        return caught.value

    return refused


def test_every_field_of_the_format_is_read(reading_settings: ReadingSettings) -> None:
    image, item = {"url": "https://harbour.example/b.jpg", "width": 8}, {"title": "Ferry", "quality": "53"}
    fields = {
        "category": " News &amp; views ",
        "title": "Bridge reopens - Harbour Daily",
        "excerpt": "<p>At last</p>",
        "publishedDateTime": "2024-03-04T12:00:00Z",
        "originalUrl": "https://own.example/bridge",
        "webUrl": URL,
        "ampWebUrl": f"{URL}/amp",
        "type": " Video ",
        "quality": "83",
        "heat": "123",
        "published": "true",
        "provider": {"name": "Harbour&nbsp;Daily", "domain": "WWW.Harbour.example"},
        "topics": ["AI", " Bridges ", ""],
        "images": [image],
        "related": [item],
        "secured": "b3BhcXVl",
    }
    provider = Provider("Harbour Daily", "harbour.example")
    assert article_from_record(Record(fields, Origin("a.md")), reading_settings, needs_url=True) == Article(
        id=article_id(URL, provider=provider, title="", published=None),
        title="Bridge reopens",
        excerpt="At last",
        provider=provider,
        published=NOON,
        url=URL,
        category="News & views",
        type="video",
        topics=("AI", "Bridges"),
        images=(image,),
        has_amp=True,
        own_url="https://own.example/bridge",
        quality=83,
        heat=123,
        is_published=True,
        related=(item,),
        title_as_read="Bridge reopens - Harbour Daily",
        excerpt_as_read="<p>At last</p>",
        date_health="ok",
        origin=Origin("a.md"),
        extra={"secured": "b3BhcXVl"},
    )


def test_a_title_alone_makes_an_article(reading_settings: ReadingSettings) -> None:
    article = article_from_record(Record({"title": "Bridge"}, Origin("x", 3)), reading_settings)
    assert article == Article(
        id=article_id("", provider=Provider(), title="Bridge", published=None),
        title="Bridge",
        title_as_read="Bridge",
        date_health="missing",
        origin=Origin("x", 3),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"Title": "Other", "URL": "https://x.example/a", "PUBLISHER": "X", "HOSTNAME": "x.example", "TIMESTAMP": "1709553600000"},
        {
            "headline": "Other",
            "link": "https://x.example/a",
            "source": "X",
            "domain": "x.example",
            "pubDate": "Mon, 04 Mar 2024 12:00:00 GMT",
        },
        {
            "title": "Other",
            "web_url": "https://x.example/a",
            "outlet": "X",
            "host-name": "x.example",
            "Published At": "2024-03-04T12:00:00Z",
        },
        {"title": "Other", "href": "https://x.example/a", "provider": {"name": "X"}, "domain": "x.example", "date": NOON},
        {"title": "Other", "webUrl": "https://x.example/a", "provider": "X", "published": "2024-03-04T12:00:00Z"},
    ],
    ids=["capitals", "feed", "spelled apart", "nested", "published as a time"],
)
def test_other_names_of_a_field_are_known(fields: dict[str, object], reading_settings: ReadingSettings) -> None:
    article = article_from_record(Record(fields, Origin("x")), reading_settings)
    assert (article.title, article.url, article.provider, article.published) == (
        "Other",
        "https://x.example/a",
        Provider("X", "x.example"),
        NOON,
    )
    assert article.extra == {}


@pytest.mark.parametrize("better", [None, "", "  ", float("nan")])
def test_of_several_names_the_best_that_says_something_counts(better: object, read: Reader) -> None:
    assert read({"headline": "Other", "title": better}).title == "Other"
    assert read({"headline": "Other", "title": "Best"}).title == "Best"


def test_a_given_id_is_kept(read: Reader) -> None:
    assert read({"ID": 7}).id == "7"


@pytest.mark.parametrize("value", ["x" * 257, "a\nb", "a\x00"])
def test_an_unusable_id_is_refused(value: str, refusal: Callable[[Mapping[str, object]], ArticleError]) -> None:
    assert str(refusal({"id": value})) == "id: must be at most 256 printable characters"


@pytest.mark.parametrize(
    "topics", [["AI", "Bridges"], ("AI", "Bridges"), "AI, Bridges", "AI;Bridges", "AI|Bridges", ["AI", None, "Bridges"]]
)
def test_topics_may_be_a_list_or_text(topics: object, read: Reader) -> None:
    assert read({"tags": topics}).topics == ("AI", "Bridges")


@pytest.mark.parametrize("images", ["a.jpg", {"url": "a.jpg"}, ["a.jpg"], [{"url": "a.jpg"}]])
def test_images_may_be_an_address_a_mapping_or_a_list(images: object, read: Reader) -> None:
    assert read({"image": images}).images == ({"url": "a.jpg"},)


def test_sizes_and_flags_of_an_image_are_numbers_and_flags(read: Reader) -> None:
    image = {"url": "7", "width": "800", "height": 450, "isCached": "true", "alt": "1"}
    assert read({"images": [image]}).images == ({"url": "7", "width": 800, "height": 450, "isCached": True, "alt": "1"},)


@pytest.mark.parametrize("image", [{"width": "100%"}, {"width": "9" * 5000}, {"isCached": "maybe"}, {"height": None}])
def test_what_is_no_size_and_no_flag_stays_as_it_is(image: dict[str, object], read: Reader) -> None:
    assert read({"images": image}).images == (image,)


@pytest.mark.parametrize("field", ["topics", "images", "related"])
@pytest.mark.parametrize("value", [None, [], ""])
def test_an_empty_list_is_empty(field: str, value: object, read: Reader) -> None:
    assert getattr(read({field: value}), field) == ()


def test_a_mapping_called_related_is_refused_because_writing_would_destroy_it(read: Reader) -> None:
    with pytest.raises(ArticleError, match="related: must be a list, not a mapping"):
        read({"related": {"show": True}})


@pytest.mark.parametrize(
    ("value", "points"),
    [(83, 83), ("83", 83), (83.4, 83), ("-1", -1), ("1e2", 100), (Decimal(83), 83), (None, None), ("", None), (float("nan"), None)],
)
def test_points_are_whole_numbers(value: object, points: int | None, read: Reader) -> None:
    article = read({"quality": value, "heat": value})
    assert (article.quality, article.heat) == (points, points)


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (True, True),
        ("true", True),
        ("TRUE", True),
        ("yes", True),
        (1, True),
        ("1", True),
        (False, False),
        ("No", False),
        ("0", False),
        (None, None),
    ],
)
@pytest.mark.parametrize("name", ["published", "PUBLISHED"])
def test_published_is_a_flag_where_it_is_no_time(name: str, value: object, flag: bool | None, read: Reader) -> None:
    article = read({name: value, "date": "2024-03-04T12:00:00Z"})
    assert (article.is_published, article.published) == (flag, NOON)


@pytest.mark.parametrize("value", ["2024-03-04T12:00:00Z", 1_709_553_600, 1_709_553_600.0])
def test_published_is_a_time_where_it_is_no_flag(value: object, read: Reader) -> None:
    article = read({"published": value})
    assert (article.is_published, article.published) == (None, NOON)


@pytest.mark.parametrize(
    ("value", "health"),
    [("2024-03-04T12:00:00Z", "ok"), ("2024-03-04 12:00", "zoneless"), (date(2024, 3, 4), "zoneless"), (None, "missing"), (" ", "missing")],
)
def test_the_health_of_a_date_is_told(value: object, health: str, read: Reader) -> None:
    assert read({"publishedDateTime": value}).date_health == health


@pytest.mark.parametrize(
    ("fields", "provider"),
    [
        pytest.param({"provider": {"name": "A", "domain": "a.example"}}, Provider("A", "a.example"), id="both"),
        pytest.param({"provider": {"name": "A", "domain": None}, "domain": "a.example"}, Provider("A", "a.example"), id="domain beside it"),
        pytest.param({"provider": "A"}, Provider("A", "harbour.example"), id="name, domain of the address"),
        pytest.param({"domain": "WWW.a.example "}, Provider("a.example", "a.example"), id="domain alone"),
        pytest.param({}, Provider("harbour.example", "harbour.example"), id="address alone"),
    ],
)
def test_what_is_not_said_of_the_provider_is_taken_from_the_address(fields: dict[str, object], provider: Provider, read: Reader) -> None:
    assert read(fields).provider == provider


def test_the_address_says_nothing_of_the_provider_if_the_settings_say_so(reading_settings: ReadingSettings) -> None:
    settings = msgspec.structs.replace(reading_settings, default_provider_from_domain=False)
    assert article_from_record(Record({"title": "Bridge", "url": URL}, Origin("x")), settings).provider == Provider()


def test_the_publishers_own_address_stands_in_for_a_missing_one(reading_settings: ReadingSettings) -> None:
    article = article_from_record(Record({"title": "Bridge", "originalUrl": URL}, Origin("x")), reading_settings, needs_url=True)
    assert (article.url, article.own_url) == (URL, URL)


def test_a_front_matter_article_needs_an_address(reading_settings: ReadingSettings) -> None:
    with pytest.raises(ArticleError, match=r"^webUrl: missing .*; reading\.post_url can make it"):
        article_from_record(Record({"title": "Bridge"}, Origin("x")), reading_settings, needs_url=True)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": None}, "title: missing"),
        ({"title": "  "}, "title: missing"),
        ({"title": "<p></p>"}, "title: nothing is left of it after repair"),
        ({"title": ["a"]}, "title: must be text, not a list"),
        ({"title": {"a": 1}}, "title: must be text, not a mapping"),
        ({"title": True}, "title: must be text, not a value of type bool"),
        ({"title": b"a"}, "title: must be text, not a value of type bytes"),
        ({"title": "x" * 1001}, "title: has 1,001 characters; reading.max_title_characters allows 1,000"),
        ({"excerpt": "x" * 20_001}, "excerpt: has 20,001 characters; reading.max_excerpt_characters allows 20,000"),
        ({"excerpt": ["a"]}, "excerpt: must be text, not a list"),
        ({"url": "harbour.example/a"}, "webUrl: 'harbour.example/a' is no http or https address"),
        ({"url": "ftp://" + "x" * 200}, f"webUrl: 'ftp://{'x' * 74}' is no http or https address"),
        ({"url": f"{URL}?{'x' * 9000}"}, f"webUrl: has {len(URL) + 1 + 9000:,} characters; a web address has at most 8,192"),
        ({"originalUrl": "x"}, "originalUrl: 'x' is no http or https address"),
        ({"publishedDateTime": "2024-02-30"}, "publishedDateTime: '2024-02-30' is no date"),
        ({"publishedDateTime": "9999-01-01"}, "publishedDateTime: '9999-01-01' is outside the years 1900 to 2200"),
        ({"provider": ["a"]}, "provider: must be text, not a list"),
        ({"provider": {"name": {}}}, "provider.name: must be text, not a mapping"),
        ({"provider": {"domain": []}}, "provider.domain: must be text, not a list"),
        ({"domain": []}, "domain: must be text, not a list"),
        ({"topics": 7}, "topics: must be a list, not a value of type int"),
        ({"topics": [["a"]]}, "topics: must be text, not a list"),
        ({"images": 7}, "images: must be a list, not a value of type int"),
        ({"images": [7]}, "images: must be a list of mappings"),
        ({"related": "x"}, "related: must be a list, not text"),
        ({"related": ["x"]}, "related: must be a list of mappings"),
        ({"quality": "high"}, "quality: 'high' is no number"),
        ({"quality": "x" * 99}, f"quality: '{'x' * 40}' is no number"),
        ({"heat": float("inf")}, "heat: 'inf' is no number"),
        ({"heat": True}, "heat: must be a number, not a value of type bool"),
        ({"heat": [1]}, "heat: must be a number, not a list"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    fields: dict[str, object], message: str, refusal: Callable[[Mapping[str, object]], ArticleError]
) -> None:
    assert str(refusal(fields)) == message


def test_lengths_are_counted_after_repair(read: Reader) -> None:
    assert read({"title": "<b></b>" * 1000 + "x" * 1000}).title == "x" * 1000


@pytest.mark.parametrize(
    ("field", "keys", "key"),
    [
        ("publishedDateTime", ["title", "date"], "date"),
        ("publishedDateTime", ["date", "Published-Date-Time"], "Published-Date-Time"),
        ("title", ["webUrl"], None),
        ("nothing", ["nothing"], None),
    ],
)
def test_the_key_that_holds_a_field_can_be_asked_for(field: str, keys: list[str], key: str | None) -> None:
    assert key_of(field, keys) == key


def test_a_refusal_reads_as_place_field_and_reason() -> None:
    assert str(Refusal(Origin("a.csv", 7), "title", "missing")) == "a.csv:7: title: missing"


def test_an_article_carries_where_it_was_read(read: Reader) -> None:
    assert dataclasses.asdict(read({}).origin) == {"path": "x", "line": 3}
