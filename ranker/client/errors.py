"""What goes wrong between a client and the service. Every error has the fields of the problem document that told it.

ClientError
├── Unreachable        no whole answer came: the connection failed or broke
├── Malformed          an answer came that is none of the service's
└── Problem            the service says no
    ├── NotAllowed     401, 403: the key is missing, unknown, or may not do this
    ├── NotFound       404: there is nothing of that id
    ├── Contradiction  409: a correction contradicts others; `chain` says how
    ├── Gone           410: it was there; `heirs` have what it had
    ├── Refused        400, 414, 415, 422: something sent is wrong; `fields` says what
    │   └── TooLarge   413: the body is too large, or holds too many items
    ├── Busy           429, 502, 503, 504: come again later, `retry_after` says when
    └── Moved          308: the story was merged; the client follows, so that only a circle of heirs would show it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranker.errors import RankerError


class ClientError(RankerError):
    """Root of every error of a client.

    Parameters
    ----------
    status : of the answer; None if there was none.
    title : what kind of problem it is, the same each time.
    detail : what is wrong this time, and what to do.
    extensions : all that the problem document says beyond that, by its names on the wire.
    retry_after : seconds to wait before it is asked again, if the service said so.
    """

    def __init__(
        self,
        title: str,
        detail: str,
        *,
        status: int | None = None,
        extensions: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(" ".join(filter(None, (str(status or ""), f"{title}:", detail))))
        self.status, self.title, self.detail = status, title, detail
        self.extensions: Mapping[str, Any] = dict(extensions or {})
        self.retry_after = retry_after
        self.is_after_doubt = False  # an earlier try of the same request may have done its work without our hearing of it

    @property
    def request_id(self) -> str | None:
        """What finds the request in the log of the service."""
        return _text(self.extensions.get("requestId"))

    def _texts(self, name: str) -> tuple[str, ...]:
        """A list of texts among the extensions; empty if there is none."""
        found = self.extensions.get(name)
        return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list) else ()


class Unreachable(ClientError):  # noqa: N818 - the root says that they are errors
    """No whole answer came, as often as it was tried."""


class Malformed(ClientError):  # noqa: N818 - as above
    """An answer is none of the service's: another program or a proxy has given it, or the service is of another version."""


class Problem(ClientError):  # noqa: N818 - as above
    """The service answered with a problem document."""


class NotAllowed(Problem):
    """The key is missing, unknown, or may not do this."""


class NotFound(Problem):
    """There is nothing of that id."""


class Contradiction(Problem):
    """A correction contradicts those that stand."""

    @property
    def chain(self) -> tuple[str, ...]:
        """How joins connect what must not be: article id, id of a join, article id, and so on."""
        return self._texts("chain")

    @property
    def against(self) -> tuple[str, ...]:
        """Ids of the corrections that it contradicts."""
        return self._texts("against")


class Gone(Problem):
    """It was there: a story that was split or emptied, a cursor that was forgotten, events that are kept no more."""

    @property
    def heirs(self) -> tuple[str, ...]:
        """Ids of the stories that have the articles of a split one."""
        return self._texts("heirs")


class Refused(Problem):
    """Something that was sent is wrong."""

    @property
    def fields(self) -> Mapping[str, str]:
        """Why, by the name of the parameter or field; articles of a list are numbered (`0.title`)."""
        found: dict[str, str] = {}
        for error in self._objects("errors"):
            found.setdefault(str(error.get("name") or error.get("in") or ""), str(error.get("reason", "")))
        for item in (*self._objects("items"), *self._objects("refused")):
            problem = item.get("problem")
            if isinstance(problem, dict):
                found[f"{item.get('index', item.get('line'))}.{problem.get('field')}"] = str(problem.get("reason", ""))
        return found

    def _objects(self, name: str) -> list[dict[str, Any]]:
        found = self.extensions.get(name)
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


class TooLarge(Refused):
    """The body is too large, or holds too many items."""


class Busy(Problem):
    """The service, or what stands before it, has too much to do or is not ready."""


class Moved(Problem):
    """A story was merged into another."""

    @property
    def heir(self) -> str | None:
        """The story that it is part of now."""
        return _text(self.extensions.get("heir"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


KINDS: Mapping[int, type[Problem]] = {
    308: Moved, 400: Refused, 401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Contradiction, 410: Gone, 413: TooLarge, 414: Refused,
    415: Refused, 422: Refused, 429: Busy, 502: Busy, 503: Busy, 504: Busy,
}  # fmt: skip
