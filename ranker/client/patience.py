"""Patience: which requests are made again, when, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import tenacity

from ranker.client.errors import Busy, ClientError, Malformed, Unreachable

_UNTAKEN = frozenset({429, 503})  # nothing was done when these are answered; of what a proxy says nobody knows


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request is made again that failed for now: no connection, a broken one, or a service with too much to do.

    All requests may be made twice: the second changes nothing.

    Parameters
    ----------
    attempts : at most so many in all; 1 never tries again.
    seconds : no new attempt begins later than this after the first.
    first_pause, longest_pause : seconds between attempts where the service does not say when to come again; each pause is about twice
        the one before.
    """

    attempts: int = 30
    seconds: float = 600.0  # the service asks for no more than half of it at once
    first_pause: float = 0.25
    longest_pause: float = 10.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts = {self.attempts}: there is at least one")

    def options(self) -> dict[str, Any]:
        """What tenacity takes."""
        return {
            "retry": tenacity.retry_if_exception(_is_passing),
            "wait": self._pause,
            "stop": tenacity.stop_after_attempt(self.attempts) | tenacity.stop_before_delay(self.seconds),
            "reraise": True,
        }

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = None if state.outcome is None else state.outcome.exception()
        if isinstance(error, ClientError) and error.retry_after is not None:
            return error.retry_after
        # A part by chance, so that many clients of one service do not all come again at the same moment.
        return tenacity.wait_random_exponential(self.first_pause, self.longest_pause, min=self.first_pause)(state)


def _is_passing(error: BaseException) -> bool:
    """Whether the same request may have more luck soon. One that got on before it failed goes on with the rest instead."""
    return isinstance(error, Unreachable) or (isinstance(error, Busy) and not error.extensions.get("items"))


@dataclass(slots=True)
class Tries:
    """The attempts of one request."""

    _is_doubtful: bool = field(default=False)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Turn what goes wrong inside into the errors of a client.

        Raises
        ------
        ClientError : with whether an earlier attempt may have done its work.
        """
        try:
            with connected():
                yield
        except ClientError as error:
            error.is_after_doubt = self._is_doubtful
            self._is_doubtful |= isinstance(error, Unreachable) or (isinstance(error, Busy) and error.status not in _UNTAKEN)
            raise


@contextmanager
def connected() -> Iterator[None]:
    """Turn what goes wrong with a connection into the errors of a client.

    Raises
    ------
    Unreachable, Malformed : what went wrong.
    """
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):
        raise  # a mistake in the address or in a header
    except httpx.TransportError as error:
        raise Unreachable("The service cannot be reached", f"{type(error).__name__}: {error}") from error
    except httpx.DecodingError as error:
        raise Malformed("The answer is none of the service's", str(error)) from error
