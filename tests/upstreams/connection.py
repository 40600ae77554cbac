"""One client's connection: reads requests, runs the steps of the behaviour that each one gets."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Protocol, cast

from tests.upstreams.received import Received
from tests.upstreams.step import Act, Pause, Step

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.I)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.I)


class Host(Protocol):
    """Whoever decides what a connection does."""

    def connected(self, connection: Connection) -> Iterable[Step] | None: ...
    def early(self, request: Received) -> Iterable[Step] | None: ...
    def answer(self, request: Received) -> Iterable[Step]: ...
    def left(self, request: Received) -> None: ...
    def closed(self, connection: Connection) -> None: ...


class _Chunks:
    """Takes the chunked coding off a request body that arrives in parts."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, buffer: bytearray) -> bool:
        """Consumes whole chunks from the buffer; True once the last one was among them."""
        while (end := buffer.find(b"\r\n")) >= 0:
            size = int(bytes(buffer[:end]).partition(b";")[0], 16)
            if len(buffer) < end + 4 + size:
                return False
            self.data += buffer[end + 2 : end + 2 + size]
            del buffer[: end + 4 + size]
            if size == 0:
                return True
        return False


class Connection(asyncio.Protocol):
    """Callbacks only, no task: a step costs about a microsecond."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._head: bytes | None = None  # of the request whose body is still arriving
        self._missing = 0  # bytes of that body, unless it is chunked
        self._chunks: _Chunks | None = None
        self._nth = 0
        self._request: Received | None = None  # the one that is being answered
        self._steps: Iterator[Step] | None = None
        self._timer: asyncio.Handle | None = None
        self._choked = False
        self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        steps = self._host.connected(self)
        if steps is not None:
            self._run(steps)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._steps is None and not self._gone and self._read():
            pass

    def _read(self) -> bool:
        """One step of reading; False when more data is needed first."""
        buffer = self._buffer
        if self._head is None:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._head = bytes(buffer[:end])
            del buffer[: end + 4]
            return self._head_read(self._head)
        if self._chunks is not None:
            if not self._chunks.feed(buffer):
                return False
            body = bytes(self._chunks.data)
        else:
            if len(buffer) < self._missing:
                return False
            body = bytes(buffer[: self._missing])
            del buffer[: self._missing]
        self._answer(self._head, body)
        return True

    def _head_read(self, head: bytes) -> bool:
        length = _LENGTH.search(head)
        self._missing = int(length[1]) if length else 0
        self._chunks = _Chunks() if _CHUNKED.search(head) else None
        request = Received(head, b"", time.monotonic(), self._nth)
        steps = self._host.early(request)
        if steps is not None:
            self._request = request
            self._run(steps)
            return False
        if _EXPECT.search(head):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _answer(self, head: bytes, body: bytes) -> None:
        request = Received(head, body, time.monotonic(), self._nth)
        self._nth += 1
        self._head = None
        self._request = request
        self._run(self._host.answer(request))

    def _run(self, steps: Iterable[Step]) -> None:
        self._steps = iter(steps)
        self._advance()

    def _advance(self) -> None:
        """Takes steps until one has to wait."""
        self._timer = None
        steps = self._steps
        if steps is None or self._gone or self._choked:
            return
        write = self._transport.write
        for step in steps:
            if isinstance(step, bytes):
                write(step)
                if self._choked:
                    return  # resume_writing goes on
            elif step is Act.FLUSH:
                self._timer = self._loop.call_soon(self._advance)
                return
            elif isinstance(step, Pause):
                self._timer = self._loop.call_later(step.seconds, self._advance)
                return
            elif step is Act.STOP_READING:
                self._transport.pause_reading()
            elif step is Act.HANG:
                return
            else:
                self._finish()
                self._end(step)
                return
        self._finish()
        if self._buffer:  # a pipelined request
            self._timer = self._loop.call_soon(self.data_received, b"")

    def _finish(self) -> None:
        self._steps = None
        if self._request is not None:
            self._request.answered = True
            self._request = None

    def _end(self, step: Step) -> None:
        self._gone = True
        if step is Act.CLOSE:
            self._transport.close()
        else:
            self._reset()

    def _reset(self) -> None:
        if self._transport.get_write_buffer_size():
            self._loop.call_later(0.001, self._reset)
            return
        with contextlib.suppress(OSError):
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False
        if self._timer is None:
            self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True
        if self._timer is not None:
            self._timer.cancel()
        if self._request is not None:
            self._request.disconnected_after = time.monotonic() - self._request.at
            self._host.left(self._request)
            self._request = self._steps = None
        self._host.closed(self)

    def abort(self) -> None:
        """Drops the connection because the upstream itself stops; the client is not said to have left."""
        self._request = None
        self._gone = True
        self._transport.abort()
