"""Signing in: who holds a key comes in and no page elsewhere comes in with him."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import structlog
from fastapi.testclient import TestClient
from support.service import BASE_URL, Make, Service, item

from ranker.apps.service.keys import COOKIE, cookie_key, hashed_key, key_cookie
from ranker.apps.service.logs import set_up_logs
from ranker.apps.service.page.routes_sign_in import next_path
from ranker.settings import KeySettings, Settings

ROLES = ("read", "write", "admin")


def _key(role: str) -> str:
    return f"the {role} key \u00fc"


KEYS = {f"{role}er <b>": KeySettings(hash=hashed_key(_key(role)), role=role) for role in ROLES}  # type: ignore[arg-type] # literals
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def locked(make_service: Make) -> Service:
    service = make_service(keys=KEYS)
    answer = service.client.post(
        "/v1/articles", json=[item("snooker", "Schoolboy makes a maximum break")], headers={"Cookie": _cookie("admin")} | OWN
    )
    assert answer.status_code == 200, answer.text
    service.step()
    return service


def _cookie(role: str) -> str:
    return f"{COOKIE}={key_cookie(_key(role))}"


def _client(service: Service, role: str, *, host: str = BASE_URL) -> TestClient:
    """A browser that signed in."""
    headers = {"Cookie": _cookie(role)}
    return TestClient(
        service.app, base_url=host, client=("127.0.0.1", 5), raise_server_exceptions=False, follow_redirects=False, headers=headers
    )


# Without a key


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("/", "/"),
        ("/?q=quake%20coast&topic=a%26b", "/%3Fq%3Dquake%2520coast%26topic%3Da%2526b"),
        ("/stories/s0", "/stories/s0"),
        ("/stories/s0?page=2", "/stories/s0%3Fpage%3D2"),
        ("/related", "/related"),
    ],
)
def test_pages_lead_to_the_sign_in_and_back(locked: Service, path: str, after: str) -> None:
    answer = locked.client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={after}")
    assert answer.content == b""
    page = locked.client.get(answer.headers["location"])
    assert page.status_code == 200
    back = re.findall(r'name="next" value="([^"]*)"', page.text)[0].replace("&amp;", "&")
    assert back == path


@pytest.mark.parametrize(
    "path", ["/", "/stories/s0", "/related", "/v1/stories", "/v1/changes/stream", "/feeds/stories.rss", "/metrics", "/nothing"]
)
def test_nothing_of_the_stories_is_told_without_a_key(locked: Service, path: str) -> None:
    for headers in ({}, {"Cookie": f"{COOKIE}=wrong"}, {"Cookie": f"{COOKIE}={key_cookie('none of ours')}"}, {"Cookie": f"{COOKIE}=%%%"}):
        answer = locked.client.get(path, headers=headers)
        assert answer.status_code in {303, 401}
        assert "Schoolboy" not in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/sign-in?next=/stories/s0"])
def test_the_sign_in_tells_nothing_of_the_stories(locked: Service, path: str) -> None:
    text = locked.client.get(path).text
    assert "As of" not in text
    assert "1 story" not in text
    assert "1 article" not in text
    assert "data-as-of" not in text


def test_a_script_is_told_that_a_key_is_missing(locked: Service) -> None:
    answer = locked.client.get("/stories/s0?part=story", headers={"Sec-Fetch-Dest": "empty"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_a_long_address_is_not_gone_back_to(locked: Service) -> None:
    answer = locked.client.get("/?q=" + "%20" * 500)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_what_a_page_is_made_of_is_open(locked: Service) -> None:
    page = locked.client.get("/sign-in").text
    files = re.findall(r'(?:href|src)="(/page/[^"]+)"', page)
    assert len(files) >= 3
    assert {locked.client.get(file).status_code for file in files} == {200}


# Signing in


def test_a_key_sets_a_cookie_that_no_script_reads_and_no_site_sends(locked: Service) -> None:
    answer = locked.client.post("/sign-in", data={"key": f" {_key('read')} ", "next": "/stories/s0?page=2"}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/stories/s0?page=2")
    name, *flags = [part.strip() for part in answer.headers["set-cookie"].split(";")]
    assert name == _cookie("read")
    assert {flag.lower() for flag in flags} == {"httponly", "path=/", "samesite=strict"}
    assert answer.headers["cache-control"] == "no-store"
    assert locked.client.get("/v1/stories").status_code == 200  # the client keeps the cookie


def test_under_https_the_cookie_goes_that_way_alone(locked: Service) -> None:
    secure = TestClient(locked.app, base_url="https://desk.example", client=("127.0.0.1", 5), follow_redirects=False)
    answer = secure.post("/sign-in", data={"key": _key("read")}, headers=OWN)
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert "; secure" in secure.post("/sign-out", headers=OWN).headers["set-cookie"].lower()


@pytest.mark.parametrize(("key", "status"), [("", 422), ("   ", 422), ("guessed", 401), ("THE READ KEY", 401), ("x" * 9000, 413)])
def test_a_wrong_key_is_told_and_not_shown_again(locked: Service, key: str, status: int) -> None:
    answer = locked.client.post("/sign-in", data={"key": key, "next": "/related"}, headers=OWN)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers
    assert not key.strip() or key.strip() not in answer.text
    if status != 413:
        assert 'role="alert"' in answer.text
        assert 'name="next" value="/related"' in answer.text


def test_tries_are_counted(make_service: Make) -> None:
    service = make_service(keys=KEYS, rate_per_minute=2)
    tries = [service.client.post("/sign-in", data={"key": f"guess {number}"}, headers=OWN).status_code for number in range(3)]
    assert tries == [401, 401, 429]
    assert service.client.post("/sign-in", data={"key": _key("read")}, headers=OWN).status_code == 429  # not even the right one
    assert service.client.get("/sign-in").status_code == 200
    assert service.client.get("/v1/stories", headers={"Cookie": _cookie("read")}).status_code == 200


OUTWARD = [
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:/evil.example", "javascript:alert(1)",
    "evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "/ok\r\nSet-Cookie: a=b",
    "///evil.example", "/a\\b", "", "/\x00", "/\ufeff/evil.example", "/\u202e/evil.example", "/a\ufeff", "/\x85/evil.example",
]  # fmt: skip


@pytest.mark.parametrize("wanted", OUTWARD)
def test_only_paths_of_the_service_are_gone_on_to(wanted: str) -> None:
    assert next_path(wanted) == "/"


def test_a_sign_in_leads_nowhere_else(locked: Service) -> None:
    pages = [locked.client.get("/sign-in?next=" + quote(wanted, safe="")).text for wanted in OUTWARD]
    assert all('name="next" value="/"' in page for page in pages)
    for wanted in OUTWARD:
        answer = locked.client.post("/sign-in", data={"key": _key("read"), "next": wanted}, headers=OWN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_sign_in_leads_to_paths_with_any_letters(locked: Service) -> None:
    answer = locked.client.post("/sign-in", data={"key": _key("read"), "next": "/?q=Z\u00fcrich&x=<b>"}, headers=OWN)
    assert answer.headers["location"] == "/?q=Z%C3%BCrich&x=%3Cb%3E"


def test_below_another_root_all_leads_there(locked: Service) -> None:
    below = TestClient(locked.app, base_url=BASE_URL, client=("127.0.0.1", 5), root_path="/news", follow_redirects=False)
    assert below.get("/news/stories/s0").headers["location"] == "/news/sign-in?next=/stories/s0"
    answer = below.post("/news/sign-in", data={"key": _key("read"), "next": "/stories/s0"}, headers=OWN)
    assert answer.headers["location"] == "/news/stories/s0"


def test_who_is_signed_in_is_shown(locked: Service) -> None:
    for role in ROLES:
        page = _client(locked, role).get("/related").text
        assert f"Signed in as <bdi>{role}er &lt;b&gt;</bdi> ({role})" in page
        out = _client(locked, role).get("/sign-out").text
        assert f"The key has the role {role}" in out
        assert 'method="post" action="/sign-out"' in out


def test_who_is_signed_in_is_led_on(locked: Service) -> None:
    browser = _client(locked, "read")
    answer = browser.get("/sign-in?next=/stories/s0%3Fpage%3D2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/stories/s0?page=2")
    assert browser.get("/sign-in?next=//evil.example").headers["location"] == "/"
    assert "Signed in as <bdi>reader" in browser.get("/sign-in").text


def test_signing_out_forgets_the_key(locked: Service) -> None:
    locked.client.post("/sign-in", data={"key": _key("read")}, headers=OWN)
    assert locked.client.get("/related").status_code == 200
    answer = locked.client.post("/sign-out", headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert locked.client.get("/related").status_code == 303


def test_a_sign_in_or_out_of_another_site_is_refused(locked: Service) -> None:
    for path in ("/sign-in", "/sign-out"):
        for headers in (
            {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
            {"Origin": "http://127.0.0.1:9999"}, {"Sec-Fetch-Site": "cross-site", "Origin": BASE_URL},
        ):  # fmt: skip
            answer = locked.client.post(path, data={"key": _key("read")}, headers=headers)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), headers
        for headers in (OWN, {"Origin": BASE_URL}, {"Origin": "null"}, {}):
            assert locked.client.post(path, data={"key": _key("read")}, headers=headers).status_code == 303, headers


# What a cookie may do


@pytest.mark.parametrize("role", ROLES)
def test_a_cookie_may_do_what_its_key_may(locked: Service, role: str) -> None:
    browser = _client(locked, role)
    assert browser.get("/v1/stories").status_code == 200
    assert browser.get("/feeds/stories.json").status_code == 200
    assert browser.post("/v1/related", json={"title": "Quake"}, headers=OWN).status_code == 200
    put = browser.post("/v1/articles", json=[item("quake", "Quake")], headers=OWN)
    pin = browser.post("/v1/corrections", json={"action": "pin", "articles": ["snooker"]}, headers=OWN)
    assert (put.status_code == 200, pin.status_code == 201) == (role != "read", role == "admin")
    assert {put.status_code, pin.status_code} <= {200, 201, 403}


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Origin": "http://127.0.0.1:8711"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "cross-site", "Origin": BASE_URL}, {"Origin": ""},
    ],
)  # fmt: skip
def test_a_cookie_changes_nothing_for_a_page_elsewhere(locked: Service, headers: dict[str, str]) -> None:
    browser = _client(locked, "admin")
    for method, path, body in (
        ("POST", "/v1/corrections", {"action": "pin", "articles": ["snooker"]}),
        ("POST", "/v1/articles", [item("quake", "Quake")]),
        ("POST", "/v1/rank", {"articles": [item("quake", "Quake")]}),
        ("DELETE", "/v1/articles/snooker", None),
        ("DELETE", "/v1/corrections/c0", None),
    ):
        answer = browser.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["title"]) == (403, "Not from a page of this service"), path
    assert browser.get("/v1/stories", headers=headers).status_code == 200
    assert locked.desk.waiting() == 0


@pytest.mark.parametrize("headers", [OWN, {"Origin": BASE_URL}, {"Origin": BASE_URL.upper()}])
def test_a_cookie_changes_what_an_own_page_asks_for(locked: Service, headers: dict[str, str]) -> None:
    answer = _client(locked, "admin").post("/v1/corrections", json={"action": "pin", "articles": ["snooker"]}, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["by"] == "adminer <b>"  # the name of the key


def test_a_form_without_a_script_finds_related_articles(locked: Service) -> None:
    answer = _client(locked, "read").post("/related", data={"title": "Schoolboy makes a maximum break"}, headers={"Origin": "null"})
    assert answer.status_code == 200
    assert "Schoolboy" in answer.text


def test_a_key_in_a_header_goes_before_the_cookie_and_may_come_from_anywhere(locked: Service) -> None:
    browser = _client(locked, "admin")
    wrong = browser.get("/v1/stories", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    answer = browser.post("/v1/articles", json=[item("quake", "Quake")], headers={"X-API-Key": "wrong", **OWN})
    assert answer.status_code == 401


def test_requests_by_cookie_are_counted_with_those_of_the_key(make_service: Make) -> None:
    service = make_service(keys={"a": KeySettings(hash=hashed_key("plain"), role="read")}, rate_per_minute=2)
    by_cookie = {"Cookie": f"{COOKIE}={key_cookie('plain')}"}
    answers = [service.client.get("/v1/stories", headers=headers).status_code for headers in (by_cookie, {"X-API-Key": "plain"}, by_cookie)]
    assert answers == [200, 200, 429]


@pytest.mark.parametrize("key", ["plain", 'with spaces; and=signs, "quotes"', "\u00fcml\u00e4ut \u4e2d\u6587", "a" * 200])
def test_any_key_survives_the_cookie(key: str) -> None:
    from starlette.datastructures import Headers

    value = key_cookie(key)
    assert re.fullmatch("[A-Za-z0-9_-]+", value)
    assert cookie_key(Headers({"cookie": f"other=1; {COOKIE}={value}; more=2"})) == key
    assert base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode() == key


# Without keys


def test_without_keys_nobody_signs_in(standing: Service) -> None:
    for method in ("GET", "POST"):
        for path in ("/sign-in", "/sign-out"):
            answer = standing.client.request(method, path)
            assert (answer.status_code, "Nobody signs in here" in answer.text) == (404, True)
    assert "Signed in as" not in standing.client.get("/related").text


@pytest.mark.parametrize("path", ["/", "/related", "/stories/s0", "/sign-in"])
def test_without_keys_pages_are_for_this_machine_alone(standing: Service, path: str) -> None:
    assert standing.client.get(path, headers={"Host": "evil.example"}).status_code == 403
    elsewhere = TestClient(standing.app, base_url=BASE_URL, client=("192.0.2.1", 1))
    assert elsewhere.get(path).status_code == 403


def test_the_files_of_pages_tell_nothing_to_other_hosts(standing: Service) -> None:
    answer = standing.client.get("/page/nothing.css", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "As of" not in answer.text


# Logs


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("logs_as_before")
def test_keys_are_never_logged(capfdbinary: pytest.CaptureFixture[bytes], default_settings: Settings, make_service: Make) -> None:
    set_up_logs(default_settings.service)
    service = make_service(keys={"editors": KeySettings(hash=hashed_key("secret-key"), role="read")})
    service.client.post("/sign-in", data={"key": "secret-guess"}, headers=OWN)
    service.client.post("/sign-in", data={"key": "secret-key"}, headers=OWN)
    service.client.get("/related")
    service.client.get("/sign-in?next=/secret-path")
    lines = [json.loads(line) for line in capfdbinary.readouterr().err.splitlines() if line.startswith(b"{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["status"], line.get("key")) for line in requests] == [
        ("/sign-in", 401, None), ("/sign-in", 303, None), ("/related", 200, "editors"), ("/sign-in", 303, None),
    ]  # fmt: skip
    assert not re.search(f"secret|{key_cookie('secret-key')}", json.dumps(requests))
