"""Feeds: RSS, Atom and JSON Feed as raw records, OPML as a list of local files; nothing is fetched."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from ranker.articles.feeds import json_feed_records, opml_files, xml_feed_records
from ranker.articles.record import Record, Refusal


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a feed reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def rss(items: str, channel: str = "<title>Harbour Daily</title><link>https://www.harbour.example/</link>") -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>{channel}\n{items}</channel></rss>'.encode()


def fields(items: Iterable[Record | Refusal]) -> list[dict[str, object]]:
    """The fields of records that are all there is; what a feed leaves empty is left out."""
    records = list(items)
    assert all(isinstance(record, Record) for record in records), [str(record) for record in records]
    return [{key: value for key, value in record.fields.items() if value} for record in records if isinstance(record, Record)]


def refusals(items: Iterable[Record | Refusal]) -> list[str]:
    return [str(item) for item in items if isinstance(item, Refusal)]


# RSS


def test_an_rss_item_is_a_record_and_the_channel_its_provider() -> None:
    data = rss(
        "<item><title>Bridge reopens</title><description>At last.</description><link>https://harbour.example/bridge</link>"
        "<pubDate>Mon, 04 Mar 2024 13:00:00 CET</pubDate><category>Bridges</category><category>Traffic</category></item>"
    )
    assert fields(xml_feed_records(data, "x")) == [
        {
            "title": "Bridge reopens",
            "excerpt": "At last.",
            "webUrl": "https://harbour.example/bridge",
            "publishedDateTime": "Mon, 04 Mar 2024 13:00:00 CET",
            "provider": {"name": "Harbour Daily", "domain": "harbour.example"},
            "topics": ["Bridges", "Traffic"],
        }
    ]


def test_items_are_numbered_from_one() -> None:
    assert [item.origin.line for item in xml_feed_records(rss("<item><title>a</title></item><item><title>b</title></item>"), "x")] == [1, 2]


def test_an_items_own_source_is_its_provider() -> None:
    data = rss('<item><title>a</title><link>https://agg.example/1</link><source url="https://quay.example/rss">Quay Post</source></item>')
    assert fields(xml_feed_records(data, "x"))[0]["provider"] == {"name": "Quay Post", "domain": "quay.example"}


def test_a_source_without_an_address_takes_the_items() -> None:
    data = rss("<item><title>a</title><link>https://quay.example/1</link><source>Quay Post</source></item>")
    assert fields(xml_feed_records(data, "x"))[0]["provider"] == {"name": "Quay Post", "domain": "quay.example"}


def test_a_channel_without_an_address_takes_the_items() -> None:
    data = rss("<item><title>a</title><link>https://quay.example/1</link></item>", channel="<title>Quay</title>")
    assert fields(xml_feed_records(data, "x"))[0]["provider"] == {"name": "Quay", "domain": "quay.example"}


def test_cdata_and_escaped_html_come_through_as_text_to_repair() -> None:
    data = rss("<item><title><![CDATA[Fish & chips]]></title><description>&lt;p&gt;One &amp;amp; two&lt;/p&gt;</description></item>")
    (item,) = fields(xml_feed_records(data, "x"))
    assert (item["title"], item["excerpt"]) == ("Fish & chips", "<p>One &amp; two</p>")


def test_content_stands_in_for_a_missing_description() -> None:
    data = rss("<item><title>a</title><content:encoded>Whole text</content:encoded></item>").replace(
        b"<rss", b'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    assert fields(xml_feed_records(data, "x"))[0]["excerpt"] == "Whole text"


def test_a_permanent_guid_stands_in_for_a_missing_link() -> None:
    data = rss("<item><title>a</title><guid>https://harbour.example/1</guid></item>")
    assert fields(xml_feed_records(data, "x"))[0]["webUrl"] == "https://harbour.example/1"


def test_images_are_media_and_enclosures_of_that_kind_each_once() -> None:
    data = rss(
        '<item><title>a</title><media:content url="https://i.example/1.jpg" medium="image"/>'
        '<media:content url="https://i.example/v" medium="video"/>'
        '<media:content url="https://i.example/a" type="audio/mpeg"/><media:thumbnail url="https://i.example/1.jpg"/>'
        '<enclosure url="https://i.example/2.png" type="image/png"/><enclosure url="https://i.example/p.mp3" type="audio/mpeg"/></item>'
    ).replace(b"<rss", b'<rss xmlns:media="http://search.yahoo.com/mrss/"')
    assert fields(xml_feed_records(data, "x"))[0]["images"] == [{"url": "https://i.example/1.jpg"}, {"url": "https://i.example/2.png"}]


def test_a_wrong_encoding_label_is_no_damage() -> None:
    data = rss("<item><title>Café</title></item>").replace(b"utf-8", b"ascii")
    assert fields(xml_feed_records(data, "x"))[0]["title"] == "Café"


def test_an_empty_feed_is_no_records() -> None:
    assert fields(xml_feed_records(rss(""), "x")) == []


def test_what_a_damaged_feed_still_yields_is_read_and_the_damage_reported_with_its_line() -> None:
    data = rss("<item><title>One</title></item>\n<item><title>Two</title>\n<b></item>")
    items = list(xml_feed_records(data, "x"))
    assert [item.fields["title"] for item in items if isinstance(item, Record)] == ["One", "Two"]
    assert refusals(items) == ["x:5: feed: is damaged (mismatched tag); entries may be missing"]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"<html><body>Not found</body></html>", "x: feed: is no RSS or Atom feed (no known root element)"),
        (b'<rss version="2.0">\n<', "x:2: feed: is damaged (unclosed token); entries may be missing"),
        (b'<?xml version="1.0"?>\n<rss version="2.0">\n<', "x:3: feed: is damaged (unclosed token); entries may be missing"),
        (b"<html>\n<p></html>", "x:2: feed: is no RSS or Atom feed (mismatched tag)"),
        (b"", "x: feed: is no RSS or Atom feed ("),
        (b"words", "x:1: feed: is no RSS or Atom feed (syntax error)"),
        (b"http://harbour.example/rss", "x:1: feed: is no RSS or Atom feed (not well-formed"),
    ],
)
def test_what_is_no_feed_is_refused(data: bytes, refusal: str) -> None:
    (refused,) = refusals(xml_feed_records(data, "x"))
    assert refused.startswith(refusal)


def test_a_feed_that_consists_of_a_files_name_does_not_open_that_file(tmp_path: Path) -> None:
    other = tmp_path / "other.rss"
    other.write_bytes(rss("<item><title>a</title></item>"))
    assert refusals(xml_feed_records(str(other).encode(), "x"))


def test_external_entities_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    data = rss("<item><title>a &x; b</title></item>").replace(
        b"<rss", f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>\n<rss'.encode()
    )
    assert not any("hush" in str(item) for item in xml_feed_records(data, "x"))


def test_exploding_entities_are_refused() -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    data = rss("<item><title>&a11;</title></item>").replace(b"<rss", f'<!DOCTYPE rss [<!ENTITY a0 "ha">{levels}]>\n<rss'.encode())
    assert refusals(xml_feed_records(data, "x"))


# Atom


def atom(entries: str) -> bytes:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Quay Post</title><link href="https://quay.example/"/>{entries}</feed>'.encode()
    )


def test_an_atom_entry_is_a_record() -> None:
    data = atom(
        '<entry><title>Ferry</title><summary type="html">&lt;b&gt;Sails&lt;/b&gt;</summary><link href="https://quay.example/ferry"/>'
        '<published>2024-03-04T12:00:00Z</published><updated>2024-03-05T12:00:00Z</updated><category term="Ferries"/></entry>'
    )
    assert fields(xml_feed_records(data, "x")) == [
        {
            "title": "Ferry",
            "excerpt": "<b>Sails</b>",
            "webUrl": "https://quay.example/ferry",
            "publishedDateTime": "2024-03-04T12:00:00Z",
            "provider": {"name": "Quay Post", "domain": "quay.example"},
            "topics": ["Ferries"],
        }
    ]


def test_an_atom_entry_that_says_less_is_read_from_what_it_has() -> None:
    data = atom(
        '<entry><title>Ferry</title><content>Whole text</content><link rel="enclosure" href="https://quay.example/ferry.jpg"/>'
        "<updated>2024-03-05T12:00:00Z</updated></entry>"
    )
    (entry,) = fields(xml_feed_records(data, "x"))
    assert (entry["excerpt"], entry["publishedDateTime"]) == ("Whole text", "2024-03-05T12:00:00Z")


def test_an_atom_entrys_own_source_is_its_provider() -> None:
    data = atom('<entry><title>a</title><source><title>Bay News</title><link href="https://bay.example/"/></source></entry>')
    assert fields(xml_feed_records(data, "x"))[0]["provider"] == {"name": "Bay News", "domain": "bay.example"}


# JSON Feed


def json_feed(*items: object, **feed: object) -> bytes:
    head: dict[str, object] = {"version": "https://jsonfeed.org/version/1.1", "title": "Bay News", "home_page_url": "https://bay.example/"}
    return json.dumps(head | feed | {"items": items}).encode()


def test_a_json_feed_item_is_a_record() -> None:
    item = {
        "title": "Pier",
        "summary": "Opens",
        "content_text": "Whole text",
        "url": "https://bay.example/pier",
        "date_published": "2024-03-04T12:00:00Z",
        "tags": ["Piers"],
        "image": "https://bay.example/pier.jpg",
    }
    assert fields(json_feed_records(json_feed(item), "x")) == [
        {
            "title": "Pier",
            "excerpt": "Opens",
            "webUrl": "https://bay.example/pier",
            "publishedDateTime": "2024-03-04T12:00:00Z",
            "provider": {"name": "Bay News", "domain": "bay.example"},
            "topics": ["Piers"],
            "images": [{"url": "https://bay.example/pier.jpg"}],
        }
    ]


@pytest.mark.parametrize(
    ("item", "name", "value"),
    [
        ({"content_text": "Whole"}, "excerpt", "Whole"),
        ({"content_html": "<p>Whole"}, "excerpt", "<p>Whole"),
        ({"external_url": "https://a.example/1"}, "webUrl", "https://a.example/1"),
        ({"date_modified": "2024-03-05"}, "publishedDateTime", "2024-03-05"),
        ({"tags": "Piers"}, "topics", None),
        ({"image": {"url": "x"}}, "images", None),
    ],
)
def test_what_a_json_feed_item_lacks_is_taken_from_the_next_best(item: dict[str, object], name: str, value: object) -> None:
    assert fields(json_feed_records(json_feed(item), "x"))[0].get(name) == value


def test_a_json_feed_without_a_home_takes_the_items_domain() -> None:
    (item,) = fields(json_feed_records(json_feed({"url": "https://a.example/1"}, home_page_url=None), "x"))
    assert item["provider"] == {"name": "Bay News", "domain": "a.example"}


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b'{"items": [\n}', "x:2: json: is not JSON ("),
        (b"[]", "x: json: is not JSON (Expected `object`, got `array`)"),
        (b'{"version": "1"}', "x: feed: has no list of items"),
        (b'{"items": {}}', "x: feed: has no list of items"),
        (b'\n{"items": "\xff"}', "x:2: json: is not UTF-8 (byte 12)"),
    ],
)
def test_a_broken_json_feed_is_refused(data: bytes, refusal: str) -> None:
    (refused,) = refusals(json_feed_records(data, "x"))
    assert refused.startswith(refusal)


def test_an_item_that_is_no_object_is_refused_by_its_number() -> None:
    items = list(json_feed_records(json_feed({"title": "a"}, 7), "x"))
    assert [type(item) for item in items] == [Record, Refusal]
    assert str(items[1]) == "x:2: feed: an item is no object"


# OPML


def opml(*targets: str) -> bytes:
    outlines = "".join(f'<outline text="a"><outline xmlUrl="{target}"/></outline>' for target in targets)
    return f'<opml version="2.0"><body>{outlines}<outline text="a heading"/></body></opml>'.encode()


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("a.rss", "lists/a.rss"),
        ("feeds/a.rss", "lists/feeds/a.rss"),
        ("/feeds/a.rss", "/feeds/a.rss"),
        ("file:///feeds/a%20b.rss", "/feeds/a b.rss"),
    ],
)
def test_a_list_names_files_from_its_own_folder(target: str, path: str) -> None:
    assert list(opml_files(opml(target), "lists/all.opml")) == [Path(path)]


def test_a_list_on_standard_input_names_files_from_the_working_folder() -> None:
    assert list(opml_files(opml("a.rss"), "-")) == [Path("a.rss")]


@pytest.mark.parametrize("target", [f"{scheme}://a.example/rss" for scheme in ("http", "https", "HTTPS", "ftp", "feed")])
def test_a_feed_on_the_network_is_refused(target: str) -> None:
    assert [str(item) for item in opml_files(opml(target), "x.opml")] == [
        f"x.opml: xmlUrl: {target} is on the network; only local files are read"
    ]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"<opml>\n<body>", "x.opml:2: opml: is not XML (no element found: line 2, column 6)"),
        (b"", "x.opml:1: opml: is not XML (no element found: line 1, column 0)"),
        (b"<opml/>", "x.opml: opml: names no feed (no outline with xmlUrl)"),
    ],
)
def test_a_broken_list_is_refused(data: bytes, refusal: str) -> None:
    assert [str(item) for item in opml_files(data, "x.opml")] == [refusal]
