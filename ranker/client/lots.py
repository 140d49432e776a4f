"""Lots: articles packed into requests of bounded size, and the receipts for them, each once and in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from ranker.client.answers import FieldProblem, Receipt
from ranker.client.asks import NDJSON_TYPE, Ask, wire_params
from ranker.client.errors import ClientError, Malformed, TooLarge
from ranker.client.records import Item, Taken
from ranker.client.replies import Reply

_ENOUGH_BYTES = 4_000_000  # of one request: far below what the service takes, and no more is sent again after a broken connection
_WHOLE = "item"  # the field that the service names if it is the article as a whole


@dataclass(frozen=True, slots=True)
class Line:
    """An article on its way: as it is sent, or why it cannot be."""

    index: int
    text: bytes
    problem: FieldProblem | None = None


class Packer:
    """Packs articles into lots.

    Parameters
    ----------
    per_request : articles of one request, at most.
    wait : seconds that the service waits with each answer until the articles are in their stories.
    """

    def __init__(self, *, per_request: int, wait: float) -> None:
        if per_request < 1:
            raise ValueError(f"per_request = {per_request}: a request holds at least one article")
        self._most, self._params = per_request, wire_params({"wait": wait or None})
        self._numbers = count()
        self._lines: list[Line] = []
        self._bytes = 0

    def put(self, article: Any) -> Iterator[Lot]:
        """Take one more article; the lot that it does not fit into, or that it fills."""
        line = _line(next(self._numbers), article)
        if self._bytes + len(line.text) > _ENOUGH_BYTES:
            yield from self.rest()
        self._lines.append(line)
        self._bytes += len(line.text)
        if len(self._lines) >= self._most:
            yield from self.rest()

    def rest(self) -> Iterator[Lot]:
        """The lot of what is left."""
        if self._lines:
            lot = Lot(self._lines, self._params)
            self._lines, self._bytes = [], 0
            yield lot

    def packed(self, articles: Iterable[Any]) -> Iterator[Lot]:
        """All lots of some articles."""
        for article in articles:
            yield from self.put(article)
        yield from self.rest()


class Lot:
    """Articles that are sent together, until there is a receipt for each.

    Ask, then settle what came of it, as long as `ask` gives something to send.
    """

    def __init__(self, lines: Iterable[Line], params: dict[str, str]) -> None:
        self._waiting = deque(lines)
        self._params = params
        self._at_once = len(self._waiting)
        self._sent: list[Line] = []

    def unsent(self) -> Iterator[Receipt]:
        """Receipts for the articles at the head that cannot be sent at all."""
        while self._waiting and self._waiting[0].problem is not None:
            yield _refused(self._waiting.popleft())

    def ask(self) -> Ask | None:
        """The request for what still waits; None if nothing does."""
        self._sent = [line for line in self._waiting if line.problem is None][: self._at_once]
        if not self._sent:
            return None
        return Ask("POST", "/v1/articles", self._params, b"".join(line.text for line in self._sent), NDJSON_TYPE)

    def settle(self, outcome: Reply | ClientError) -> Iterator[Receipt]:
        """Receipts for what was sent, as far as the outcome tells of it; what it does not tell of waits to be sent again.

        Raises
        ------
        ClientError : if nothing came of it, and sending it again would not help.
        """
        items = outcome.read(Taken).items if isinstance(outcome, Reply) else _items(outcome)
        if [item.line for item in items] != list(range(1, len(items) + 1)) or len(items) > len(self._sent):
            raise Malformed("The answer is none of the service's", "it tells of other lines than those that were sent")
        if isinstance(outcome, Reply) and len(items) < len(self._sent):
            raise Malformed("The answer is none of the service's", f"{len(self._sent)} articles were sent, it tells of {len(items)}")
        if isinstance(outcome, ClientError) and not items:
            yield from self._unsettled(outcome)
        for item in items:
            line = self._waiting.popleft()
            yield Receipt(index=line.index, id=item.id, status=item.status, story=item.story, problem=item.problem)
            yield from self.unsent()

    def _unsettled(self, error: ClientError) -> Iterator[Receipt]:
        """Send less at once if it was too much; a single article that is too large is refused, so that it does not hold up the others."""
        if not isinstance(error, TooLarge):
            raise error
        if len(self._sent) > 1:
            self._at_once = (len(self._sent) + 1) // 2
            return
        line = self._waiting.popleft()
        yield _refused(Line(line.index, b"", FieldProblem(field=_WHOLE, reason=error.detail)))
        yield from self.unsent()


def _line(index: int, article: Any) -> Line:
    """An article as a line of JSON; anything that msgspec can encode is one."""
    try:
        text = msgspec.json.encode(article)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        return Line(index, b"", FieldProblem(field=_WHOLE, reason=f"cannot be written as JSON: {error}"))
    if not text.strip():
        return Line(index, b"", FieldProblem(field=_WHOLE, reason="is empty"))
    return Line(index, text.replace(b"\n", b" ") + b"\n")  # JSON that was made elsewhere may go over several lines


def _refused(line: Line) -> Receipt:
    return Receipt(index=line.index, id=None, status="refused", problem=line.problem)


def _items(error: ClientError) -> tuple[Item, ...]:
    """What an error tells of articles that were taken in before it, or refused."""
    try:
        return msgspec.convert(error.extensions.get("items", []), tuple[Item, ...])
    except msgspec.ValidationError as wrong:
        raise Malformed("The answer is none of the service's", str(wrong), status=error.status) from error
