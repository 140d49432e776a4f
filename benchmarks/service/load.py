"""Load: requests over kept-open connections, as fast as answers come or at a steady rate, with the time of each.

Plain sockets and no HTTP library: on two cores the client must cost little, or it measures itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_HEADER_END = b"\r\n\r\n"
_OK = (200, 207)


@dataclass
class Timed:
    """What came back: seconds of each answer, statuses that were not fine, and how long it all took."""

    seconds: list[float] = field(default_factory=list)
    failed: dict[int, int] = field(default_factory=dict)
    wall: float = 0.0

    def told(self) -> dict[str, float]:
        """Rate and quantiles, in milliseconds."""
        ordered = sorted(self.seconds)

        def at(share: float) -> float:
            return round(1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else 0.0

        return {
            "requests": len(ordered),
            "failed": sum(self.failed.values()),
            "perSecond": round(len(ordered) / self.wall, 1) if self.wall else 0.0,
            "p50": at(0.5),
            "p95": at(0.95),
            "p99": at(0.99),
            "max": at(1.0),
        }


class Connection:
    """One connection that asks one thing at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._writer is None or self._reader is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(request)
        head = await self._reader.readuntil(_HEADER_END)
        status = int(head[9:12])
        lower = head.lower()
        place = lower.find(b"content-length:")
        if place < 0:
            return status, await self._chunks()
        length = int(lower[place + 15 : lower.index(b"\r\n", place)])
        return status, await self._reader.readexactly(length) if length else b""

    async def _chunks(self) -> bytes:
        if self._reader is None:
            return b""
        body = b""
        while size := int((await self._reader.readline()).strip() or b"0", 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return body

    def close(self) -> None:
        """Let go of it."""
        if self._writer is not None:
            self._writer.close()


def get(path: str) -> bytes:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, body: bytes, kind: str = "application/json") -> bytes:
    """A POST request."""
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def as_fast_as_possible(host: str, port: int, requests: Callable[[int], bytes], *, connections: int, seconds: float) -> Timed:
    """Every connection asks again as soon as it has its answer."""
    result, end, number = Timed(), time.perf_counter() + seconds, 0
    begun = time.perf_counter()

    async def one() -> None:
        nonlocal number
        connection = Connection(host, port)
        while time.perf_counter() < end:
            number += 1
            await _ask(connection, requests(number), time.perf_counter(), result)
        connection.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    result.wall = time.perf_counter() - begun
    return result


async def at_rate(host: str, port: int, requests: Callable[[int], bytes], *, rate: float, seconds: float, connections: int = 64) -> Timed:
    """Requests at a steady rate whatever the answers do; a wait for a free connection counts as waiting for the answer."""
    result, begun = Timed(), time.perf_counter()
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        idle.put_nowait(Connection(host, port))

    async def one(number: int, due: float) -> None:
        connection = await idle.get()
        await _ask(connection, requests(number), due, result)
        idle.put_nowait(connection)

    tasks = []
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    result.wall = time.perf_counter() - begun
    while not idle.empty():
        idle.get_nowait().close()
    return result


async def _ask(connection: Connection, request: bytes, since: float, result: Timed) -> None:
    status, _ = await connection.ask(request)
    if status in _OK:
        result.seconds.append(time.perf_counter() - since)
    else:
        result.failed[status] = result.failed.get(status, 0) + 1
