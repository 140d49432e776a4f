"""Rates: how many requests a key or an address may send a minute."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from ranker.apps.service.problems import Problem

_MINUTE = 60  # seconds


class Rates:
    """Counts requests by caller, minute by minute; what is past is forgotten.

    Parameters
    ----------
    per_minute : of each caller; None for no limit.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._item = None if per_minute is None else RateLimitItemPerMinute(per_minute)

    def counted(self, caller: str) -> dict[str, str]:
        """Count a request; the headers that tell its caller what is left.

        Raises
        ------
        Problem : 429, if nothing was left.
        """
        if self._item is None:
            return {}
        taken = self._limiter.hit(self._item, caller)
        window = self._limiter.get_window_stats(self._item, caller)
        seconds = min(_MINUTE, max(1, math.ceil(window.reset_time - time.time())))
        headers = {
            "RateLimit-Policy": f'"minute";q={self._item.amount};w={_MINUTE}',
            "RateLimit": f'"minute";r={max(0, window.remaining)};t={seconds}',
        }
        if not taken:
            detail = f"{self._item.amount:,} requests a minute are allowed; try again in {seconds} seconds."
            raise Problem(429, "Too many requests", detail, headers=headers | {"Retry-After": str(seconds)})
        return headers
