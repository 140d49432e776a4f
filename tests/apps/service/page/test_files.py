"""Files of the page: kept for good under their version, and none but those there are."""

from __future__ import annotations

import re

import pytest
from support.service import Service

from ranker.apps.service.page.files import address, files, version
from ranker.apps.service.page.routing import HEADERS


def test_every_file_is_served_under_the_address_that_pages_give(standing: Service) -> None:
    assert {"base.css", "stories.css", "early.js", "theme.js", "times.js", "stories.js", "icon.svg"} <= set(files())
    for name, file in files().items():
        answer = standing.client.get(address("", name))
        assert (answer.status_code, answer.content) == (200, file.body)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].partition(";")[0] in {"text/css", "text/javascript", "image/svg+xml"}
        assert {header: answer.headers.get(header) for header in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/page/base.css", "/page/0123456789ab/base.css", "/favicon.ico"])
def test_under_another_address_it_is_asked_for_each_time(standing: Service, path: str) -> None:
    answer = standing.client.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    again = standing.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/page/none.css", "/page/files.py", "/page/..%2ffiles.py", "/page/0123456789ab/..%2f..%2fkeys.py", "/page/"]
)
def test_nothing_else_is_served(standing: Service, path: str) -> None:
    assert standing.client.get(path).status_code == 404


def test_an_unknown_name_is_a_mistake_of_a_template() -> None:
    with pytest.raises(KeyError):
        address("", "none.css")


def test_scripts_name_no_file_that_is_not_there() -> None:
    for name, file in files().items():
        if name.endswith(".js"):
            for other in re.findall(r'(?:from|import) "\./([^"]+)"', file.body.decode()):
                assert other in files(), (name, other)
    assert re.fullmatch("[0-9a-f]{12}", version())


def test_style_sheets_load_nothing() -> None:
    for name, file in files().items():
        if name.endswith(".css"):
            assert not re.search(rb"url\(|@import", file.body), name
