"""A page of a list, for programs and for people: what it is while much is to be decided."""

from __future__ import annotations

from support.service import Service, item, planted_items


def test_a_later_page_is_never_that_of_a_moment_ago(service: Service) -> None:
    service.post(planted_items(6, 1, seed=1))
    first = service.get("/v1/stories", limit=2)
    wanted = [story["id"] for story in service.get("/v1/stories", limit=100)["stories"]]
    service.client.post("/v1/articles", json=[item("late", "Something that waits to be decided")])
    assert service.runner.backlog() == 1
    read, page = [story["id"] for story in first["stories"]], first
    while page["next"] is not None:
        page = service.get("/v1/stories", limit=2, cursor=page["next"])
        read += [story["id"] for story in page["stories"]]
    assert read == wanted


def test_a_later_page_does_not_stand_for_the_first_one(service: Service) -> None:
    service.post(planted_items(6, 1, seed=1))
    first = service.get("/v1/stories", limit=2)
    for _ in range(2):  # made, then known
        second = service.get("/v1/stories", limit=2, cursor=first["next"])
    service.client.post("/v1/articles", json=[item("one", "Something that is decided")])
    service.runner.step()
    service.client.post("/v1/articles", json=[item("two", "Something that waits to be decided")])
    answer = service.get("/v1/stories", limit=2)
    assert [story["id"] for story in answer["stories"]] != [story["id"] for story in second["stories"]]
