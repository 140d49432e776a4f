"""Keys and rates: who may do what, how often, and from where."""

from __future__ import annotations

import msgspec
import pytest
import yaml
from fastapi.testclient import TestClient
from support.service import BASE_URL, NEWSROOM, Make, Service

from ranker.apps.service.keys import COOKIE, hashed_key, new_key
from ranker.settings import KeySettings

ROLES = ("read", "write", "admin")
KEYS = {role: KeySettings(hash=hashed_key(f"key of {role}"), role=role) for role in ROLES}  # type: ignore[arg-type] # literals
CALLS = [
    ("GET", "/v1/stories", None, "read"),
    ("HEAD", "/v1/stories", None, "read"),
    ("GET", "/feeds/stories.json", None, "read"),
    ("GET", "/metrics", None, "read"),
    ("GET", "/v1/corrections", None, "read"),
    ("POST", "/v1/related", {"title": "Quake"}, "read"),
    ("POST", "/v1/rank", {"articles": NEWSROOM}, "read"),
    ("POST", "/v1/articles", NEWSROOM, "write"),
    ("DELETE", "/v1/articles/quake-1", None, "write"),
    ("POST", "/v1/corrections", {"action": "pin", "articles": ["snooker"]}, "admin"),
    ("DELETE", "/v1/corrections/c0", None, "admin"),
]


@pytest.fixture
def locked(make_service: Make) -> Service:
    return make_service(keys=KEYS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_it_may(locked: Service, role: str) -> None:
    for method, path, body, wanted in CALLS:
        answer = locked.client.request(method, path, json=body, headers={"Authorization": f"Bearer key of {role}"})
        assert (answer.status_code == 403) == (ROLES.index(role) < ROLES.index(wanted)), path
        assert answer.status_code != 401


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic a2V5"}, {"X-API-Key": "key of nobody"}, {"Authorization": "Bearer "}],
)
def test_nobody_comes_in_without_a_key(locked: Service, headers: dict[str, str]) -> None:
    answer = locked.client.get("/v1/stories", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert locked.client.get("/nothing", headers=headers).status_code == 401  # not even what there is is told


def test_a_key_may_stand_in_a_header_of_its_own(locked: Service) -> None:
    answer = locked.client.get("/v1/stories", headers={"X-API-Key": "key of read"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-cache"


def test_some_paths_are_open(locked: Service) -> None:
    assert locked.client.get("/healthz").status_code == 200
    assert locked.client.get("/readyz").status_code in {200, 503}
    assert locked.client.get("/docs").status_code == 200
    assert locked.client.get("/openapi.json").status_code == 200


def test_without_keys_it_is_open_on_this_machine_alone(make_service: Make) -> None:
    service = make_service()
    assert service.client.get("/v1/stories").status_code == 200
    for host in ("localhost:8710", "[::1]:8710", "127.0.0.1"):
        assert service.client.get("/v1/stories", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "evil.example:8710", "127.0.0.1.evil.example"):
        assert service.client.get("/v1/stories", headers={"Host": host}).status_code == 403
    for address in ("192.0.2.1", "::ffff:192.0.2.1", "somebody"):
        other = TestClient(service.app, base_url=BASE_URL, client=(address, 1))
        assert other.get("/v1/stories").status_code == 403
    assert TestClient(service.app, base_url=BASE_URL, client=("::1", 1)).get("/v1/stories").status_code == 200


def test_it_is_open_to_nobody_if_the_settings_say_so(make_service: Make) -> None:
    assert make_service(open_on_loopback=False).client.get("/v1/stories").status_code == 403


def test_a_new_key_fits_the_settings() -> None:
    key, line = new_key("night desk", "write")
    held = yaml.safe_load(line)["service"]["keys"]["night desk"]
    assert msgspec.convert(held, KeySettings) == KeySettings(hash=hashed_key(key), role="write")
    assert new_key("x", "read")[0] != key


def test_a_caller_has_so_many_requests_a_minute(make_service: Make) -> None:
    service = make_service(keys=KEYS, rate_per_minute=2)
    first, second, third = (service.client.get("/v1/stories", headers={"X-API-Key": "key of read"}) for _ in range(3))
    assert first.headers["ratelimit-policy"] == '"minute";q=2;w=60'
    assert first.headers["ratelimit"].startswith('"minute";r=1;t=')
    assert (second.status_code, third.status_code) == (200, 429)
    assert 1 <= int(third.headers["retry-after"]) <= 60
    assert third.headers["ratelimit"].startswith('"minute";r=0;t=')
    assert service.client.get("/v1/stories", headers={"X-API-Key": "key of write"}).status_code == 200
    assert service.client.get("/healthz").status_code == 200


def test_without_a_limit_nothing_is_told_of_one(service: Service) -> None:
    assert "ratelimit" not in service.client.get("/v1/stories").headers


def test_pages_of_other_sites_ask_as_the_settings_allow(make_service: Make) -> None:
    service = make_service(cors_origins=["https://site.example"], keys=KEYS)
    asked = {"Origin": "https://site.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    allowed = service.client.options("/v1/stories", headers=asked)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://site.example")
    assert service.client.options("/v1/stories", headers=asked | {"Origin": "https://other.example"}).status_code == 400
    answer = service.client.get("/v1/stories", headers={"Origin": "https://site.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "https://site.example")
    assert "access-control-allow-origin" not in make_service().client.get("/v1/stories", headers={"Origin": "https://site.example"}).headers


def test_a_role_is_checked_below_another_root(locked: Service) -> None:
    below = TestClient(locked.app, base_url=BASE_URL, client=("127.0.0.1", 1), root_path="/news", headers={"X-API-Key": "key of write"})
    assert below.get("/news/v1/stories").status_code == 200
    assert below.post("/news/v1/corrections", json={"action": "pin", "articles": ["snooker"]}).status_code == 403
    assert below.get("/news/healthz", headers={"X-API-Key": ""}).status_code == 200


def test_who_gives_no_key_tries_none(make_service: Make) -> None:
    service = make_service(keys=KEYS, rate_per_minute=5)
    assert {service.client.get("/v1/stories").status_code for _ in range(8)} == {401}
    assert service.client.post("/sign-in", data={"key": "key of read"}).status_code == 303


def test_wrong_keys_are_counted_wherever_they_are_tried(make_service: Make) -> None:
    service = make_service(keys=KEYS, rate_per_minute=5)
    wrong = {"Authorization": "Bearer wrong"}
    statuses = [service.client.get("/v1/stories", headers=wrong).status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert (
        service.client.get("/v1/stories", headers={"Authorization": "Bearer key of read"}).status_code == 200
    )  # who has a key is another caller
    assert service.client.post("/sign-in", data={"key": "wrong"}).status_code == 429
    assert service.client.get("/sign-in", headers={"Cookie": f"{COOKIE}=guessed"}).status_code == 429
    assert service.client.get("/sign-in").status_code == 200  # the form itself may be looked at
