"""A server that answers each request with the bytes it is told, however wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

HOLD = b""
"""In an answer: wait until the client is gone."""


class RawServer:
    """`answers` holds for each request the pieces to write, each a write of its own; then the connection stays open,
    unless the last one is None, which closes it. The last answer is given again and again."""

    def __init__(self, answers: Sequence[Sequence[bytes | None]]) -> None:
        self._answers = list(answers)
        self.connections = self.open = 0
        self.requests: list[bytes] = []
        self.gone = asyncio.Event()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                for piece in self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]:
                    if piece is None:
                        return
                    if piece == HOLD:
                        await reader.read()
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.001)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.gone.set()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self.open -= 1


@asynccontextmanager
async def raw_server(*answers: Sequence[bytes | None]) -> AsyncIterator[RawServer]:
    """A running server on a free port of 127.0.0.1."""
    told = RawServer(answers)
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()
        async with asyncio.timeout(5):  # whoever asked has closed by now
            while told.open:
                await asyncio.sleep(0.001)
