"""HTML page: what a parser finds in a page that a test got, and what no page may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_ADDRESSES = frozenset({"href", "src", "action", "formaction"})
_HARMLESS = re.compile(r"(https?://[^\s]+|/[^/\\][^\s]*|/|[#?][^\s]*)")  # or nothing but a fragment or a query


@dataclass
class Element:
    """An element with its attributes and what it holds."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """Itself and all elements in it, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Elements in it of a kind; `class_` names one of the classes."""
        return [each for each in self.walk() if each is not self and each.is_a(tag, **attributes)]

    def one(self, tag: str = "", **attributes: str) -> Element:
        """The only one of a kind."""
        (found,) = self.all(tag, **attributes)
        return found

    def is_a(self, tag: str, **attributes: str) -> bool:
        """Whether it is of a kind."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        classes = self.attributes.get("class", "").split()
        return (not tag or self.tag == tag) and all(
            value in classes if name == "class" else self.attributes.get(name) == value for name, value in wanted.items()
        )

    @property
    def text(self) -> str:
        """What is read, white space as one space."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            yield from [child] if isinstance(child, str) else child._texts()

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]


class _Reader(HTMLParser):
    """Builds the tree, and notes what is not closed or closed twice."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.faults.append(f"{tag} has an attribute twice: {names}")
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes <{self._open[-1].tag}>")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read_html(text: str) -> Element:
    """The tree of a page, every element of which is closed, and which holds nothing that a browser could run.

    No script or style but from files of the service, no attribute that is a script or a style, no address but of this service or http(s).
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.faults == []
    assert [each.tag for each in reader._open] == [""], "something is left open"
    for element in reader.root.walk():
        check_harmless(element)
    return reader.root


def check_harmless(element: Element) -> None:
    """Fail if an element could run something."""
    assert element.tag not in {"iframe", "object", "embed", "base", "style", "img", "math"}, element
    if element.tag == "script":
        assert element["src"].startswith("/"), element
        assert element.children == [], "a script in the page"
    for name, value in element.attributes.items():
        assert not name.startswith("on"), (element.tag, name)
        assert name not in {"style", "srcdoc", "xlink:href"}, (element.tag, name)
        if name in _ADDRESSES:
            assert _HARMLESS.fullmatch(value), (element.tag, name, value)
        assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", value), (element.tag, name, value)
