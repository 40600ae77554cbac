"""The load generator: requests encoded beforehand, kept-alive connections, answers read but not parsed.

One connection is a blocking socket, whose clock is the steadiest; many are asyncio protocols on uvloop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import socket
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from tests.bench.processes import cpu_seconds
from tests.bench.targets import Target

T = TypeVar("T")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
TURN, SETTLING = 20, 2
_END = b"\r\n0\r\n\r\n"


class WrongAnswer(RuntimeError):
    """The answer was not a 200, or not whole."""


@dataclass
class Latencies:
    """Seconds of each request: to the first byte of the answer's body, and to its last."""

    first_byte: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Rate:
    """requests: answered within `seconds`. server_cpu: CPU seconds of the server's processes meanwhile."""

    requests: int
    seconds: float
    server_cpu: float | None

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def per_cpu_second(self) -> float | None:
        """Requests a second that one whole core of the server would answer."""
        return self.requests / self.server_cpu if self.server_cpu else None


class _Reader:
    """Knows when an answer is complete, by its length or by its last chunk."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self._head = b""
        self._left: int | None = None  # bytes of the body still to come; None while the head is incomplete
        self._tail = b""
        self.body_began = False

    def feed(self, data: bytes) -> bool:
        """True once the answer is complete. WrongAnswer if it is no 200."""
        if self._left is None:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            if not self._head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
                raise WrongAnswer(self._head[:600].decode("latin-1"))
            length = _LENGTH.search(self._head, 0, end + 2)
            self._left = int(length[1]) if length else -1
            data = self._head[end + 4 :]
        if data:
            self.body_began = True
        if self._left >= 0:
            self._left -= len(data)
            return self._left <= 0
        self._tail = data[-7:] if len(data) >= 7 else (self._tail + data)[-7:]
        return self._tail == _END


class Line:
    """One kept-alive connection of a blocking socket."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._reader = _Reader()
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._target.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[float, float]:
        """Sends a request; returns the seconds to the first body byte and to the last. WrongAnswer if cut."""
        reader, receive = self._reader, self._socket.recv
        reader.begin()
        self._target.sent += 1
        first = 0.0
        began = time.perf_counter()
        self._socket.sendall(request)
        while True:
            data = receive(262_144)
            if not data:
                raise WrongAnswer(f"{self._target.name} closed the connection")
            complete = reader.feed(data)
            if not first and reader.body_began:
                first = time.perf_counter() - began
            if complete:
                return first, time.perf_counter() - began

    def close(self) -> None:
        self._socket.close()


def interleaved(targets: Sequence[Target], bodies: Sequence[bytes], rounds: int) -> list[Latencies]:
    """At one connection each: `rounds` requests to each target, by turns of TURN requests.

    A turn of one would charge what a server does after its answer to whoever comes next, and let the servers evict
    each other from the caches; the first SETTLING requests of a turn are not counted, nor is the first turn.
    """
    lines = [Line(target) for target in targets]
    requests = [target.request(body) for target, body in zip(targets, bodies, strict=True)]
    taken = [Latencies() for _ in targets]
    with _no_collector():
        for turn in range(1 + -(-rounds // TURN)):
            for line, request, latencies in zip(lines, requests, taken, strict=True):
                for nth in range(SETTLING + TURN):
                    first, whole = line.ask(request)
                    if turn and nth >= SETTLING:
                        latencies.first_byte.append(first)
                        latencies.whole.append(whole)
    for line in lines:
        line.close()
    return taken


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Client(asyncio.Protocol):
    """Asks again as soon as it is answered, until the run is over."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._reader = _Reader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        run = self._run
        if run.over():
            self._transport.close()
            return
        run.sent += 1
        self._reader.begin()
        self._transport.write(run.request)

    def data_received(self, data: bytes) -> None:
        try:
            complete = self._reader.feed(data)
        except WrongAnswer as error:
            self._run.fail(error)
            return
        if complete:
            self._run.answered += 1
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.lost(exc)


class _Run:
    """One stretch of load; over after `seconds`, or after `most` requests."""

    def __init__(self, request: bytes, connections: int, seconds: float | None, most: int | None) -> None:
        self.request = request
        self.answered = self.sent = 0
        self._open = connections
        self._most = most
        self._until = time.perf_counter() + seconds if seconds else float("inf")
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def over(self) -> bool:
        return self.done.done() or time.perf_counter() >= self._until or self.sent == self._most

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def lost(self, error: Exception | None) -> None:
        self._open -= 1
        if not self.over():
            self.fail(WrongAnswer(f"the connection was lost: {error}"))
        elif not self._open and not self.done.done():
            self.done.set_result(None)


async def _many(target: Target, body: bytes, connections: int, seconds: float | None, most: int | None) -> Rate:
    loop = asyncio.get_running_loop()
    assert target.process is not None
    run = _Run(target.request(body), connections, seconds, most)
    before, began = cpu_seconds(target.process.pid), time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(run), "127.0.0.1", target.port)
    try:
        await run.done
    finally:
        target.sent += run.sent
    took = time.perf_counter() - began
    after = cpu_seconds(target.process.pid)
    return Rate(run.answered, took, after - before if after and before else None)


def many(target: Target, body: bytes, connections: int, seconds: float | None = None, most: int | None = None) -> Rate:
    """Keeps so many connections busy for `seconds`, or until `most` requests are answered."""
    with _no_collector():
        return _event_loop(_many(target, body, connections, seconds, most))


def _event_loop(work: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)
