"""A client runs anywhere: it loads nothing of what ranks or serves."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import ranker.client
from ranker.client import AsyncRankerClient, RankerClient, table

SCRIPT = "import sys, ranker.client; print(*sys.modules)"
TABLE = [name for name, value in vars(table).items() if inspect.isfunction(value) and value.__module__ == table.__name__ and name[0] != "_"]


def test_it_loads_httpx_and_neither_service_nor_numbers() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"httpx", "msgspec", "tenacity"} <= loaded
    assert {name for name in loaded if name.split(".")[0] == "ranker"} <= {"ranker", "ranker.errors"} | {
        name for name in loaded if name.startswith("ranker.client")
    }
    assert loaded & {"numpy", "scipy", "sklearn", "fastapi", "starlette", "uvicorn", "pydantic", "yaml", "sqlite3"} == set()


def test_what_it_exports_is_there_and_sorted() -> None:
    assert ranker.client.__all__ == sorted(ranker.client.__all__)
    assert all(hasattr(ranker.client, name) for name in ranker.client.__all__)


def test_both_clients_have_every_request_of_the_table() -> None:
    assert len(TABLE) == 18
    for kind in (RankerClient, AsyncRankerClient):
        missing = [name for name in TABLE if not callable(getattr(kind, name, None))]
        assert missing == []


@pytest.mark.parametrize("name", TABLE)
def test_a_method_has_the_words_and_parameters_of_its_request(name: str) -> None:
    request = inspect.signature(getattr(table, name))
    for kind in (RankerClient, AsyncRankerClient):
        method = getattr(kind, name)
        signature = inspect.signature(method)
        assert list(signature.parameters) == ["self", *request.parameters]
        assert (method.__name__, method.__doc__) == (name, getattr(table, name).__doc__)
        assert "Talk" not in str(signature.return_annotation)
        assert "Listing" not in str(signature.return_annotation)


def test_help_shows_what_comes_back() -> None:
    assert inspect.signature(RankerClient.related).return_annotation == "Related"
    assert inspect.signature(RankerClient.stories).return_annotation == "Iterator[Story]"
    assert inspect.signature(AsyncRankerClient.stories).return_annotation == "AsyncIterator[Story]"
    assert str(inspect.signature(RankerClient("http://127.0.0.1:1").story)).startswith("(id: ")
