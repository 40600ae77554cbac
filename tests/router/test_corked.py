"""Bytes leave in order, together, and before a close."""

from __future__ import annotations

import asyncio

from agent_router.corked import CorkedTransport


class Wire(asyncio.Transport):
    """Remembers what reached it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def test_what_is_written_in_one_turn_leaves_in_one_piece() -> None:
    wire = Wire()
    corked = CorkedTransport(wire, asyncio.get_running_loop())
    corked.write(b"head")
    corked.write(b"body")
    assert wire.written == []
    await asyncio.sleep(0)
    corked.write(b"more")
    await asyncio.sleep(0)
    assert wire.written == [b"headbody", b"more"]


async def test_a_close_sends_what_is_pending_first() -> None:
    wire = Wire()
    corked = CorkedTransport(wire, asyncio.get_running_loop())
    corked.write(b"last words")
    corked.close()
    assert (wire.written, wire.closed) == ([b"last words"], True)
    await asyncio.sleep(0)
    assert wire.written == [b"last words"]


async def test_nothing_is_written_to_a_client_that_is_gone() -> None:
    wire = Wire()
    corked = CorkedTransport(wire, asyncio.get_running_loop())
    corked.write(b"too late")
    wire.close()
    await asyncio.sleep(0)
    assert wire.written == []
    assert corked.is_closing()
