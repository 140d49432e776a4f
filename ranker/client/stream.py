"""The stream of events as it is read: server-sent events cut out of its bytes, and where to go on after a break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx
import msgspec

from ranker.client.asks import wire_params
from ranker.client.errors import Malformed
from ranker.client.records import Event

PATH = "/v1/changes/stream"
_MEDIA_TYPE = "text/event-stream"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_MOST_BYTES = 4_000_000  # of one line; the longest event of the service is far shorter
_MILLISECONDS = 1000
_PAUSE_SECONDS = 2.0  # before it comes again, unless the service says another time


def is_stream(response: httpx.Response) -> bool:
    """Whether an answer, which may never end, is a stream; if not, it is an error."""
    return response.status_code == httpx.codes.OK and response.headers.get("content-type", "").startswith(_MEDIA_TYPE)


@dataclass
class Reading:
    """Where a reader of the stream is.

    Parameters
    ----------
    since : number of the event after which to begin; None begins with what happens from now on.
    kinds : of the events that are wanted; all if empty.
    last : number of the last event that was told, or passed over because it was of another kind; go on after it.
    pause : seconds before it comes again after a break.
    """

    since: int | None = None
    kinds: Iterable[str] = ()
    last: int | None = None
    pause: float = _PAUSE_SECONDS
    _rest: bytes = b""
    _data: list[bytes] = field(default_factory=list)
    _id: bytes | None = None

    def params(self) -> dict[str, str]:
        """What to ask with."""
        return wire_params({"since": self.since, "kinds": ",".join(self.kinds) or None})

    def headers(self) -> dict[str, str]:
        """What to ask with, beside that; an answer that is compressed would come in lumps."""
        headers = {"Accept": _MEDIA_TYPE, "Accept-Encoding": "identity"}
        return headers if self.last is None else headers | {"Last-Event-ID": str(self.last)}

    def broken(self) -> None:
        """Forget the message that a break has cut in two: it is told again."""
        self._rest, self._data, self._id = b"", [], None

    def events(self, piece: bytes) -> Iterator[Event]:
        """The events that are whole with one more piece.

        Raises
        ------
        Malformed : if the stream is none of the service's.
        """
        text = self._rest + piece
        held = b"\r" if text.endswith(b"\r") else b""  # the second half of this line's end may be in the next piece
        *lines, rest = _LINE_END.split(text.removesuffix(held))
        self._rest = rest + held
        if len(self._rest) > _MOST_BYTES:
            raise Malformed("The stream is none of the service's", f"a line of more than {_MOST_BYTES:,} bytes")
        for line in lines:
            if line:
                self._note(*line.partition(b":")[::2])
            else:
                yield from self._told()

    def _note(self, name: bytes, value: bytes) -> None:
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"id":
            self._id = value
        elif name == b"retry" and value.isdigit():
            self.pause = int(value) / _MILLISECONDS

    def _told(self) -> Iterator[Event]:
        """A message is whole: the event in it, if there is one that was not told before."""
        data, number = b"\n".join(self._data), self._id
        self._data, self._id = [], None
        if data:
            try:
                event = msgspec.json.decode(data, type=Event)
            except (msgspec.MsgspecError, UnicodeError) as error:
                raise Malformed("The stream is none of the service's", str(error)) from error
            if self.last is None or event.number > self.last:
                self.last = event.number
                yield event
        elif number is not None and number.isdigit():
            self.last = max(int(number), -1 if self.last is None else self.last)
