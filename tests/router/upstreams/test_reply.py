"""Closing a reply stops the upstream, begun or not; a call knows what it holds."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from agent_models.completion import Event, TextDelta
from agent_router.errors import ApiError
from agent_router.upstreams.reply import Reply, UpstreamFault
from tests.chat_calls import call, stream


class Watched:
    """A source that knows how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1


async def events(log: list[str]) -> AsyncGenerator[Event, None]:
    try:
        yield TextDelta("a")
        yield TextDelta("b")
    finally:
        log.append("ended")


async def test_closing_ends_the_generator_and_the_source() -> None:
    log: list[str] = []
    source = Watched()
    reply = Reply(events=events(log), source=source)
    assert reply.events is not None
    await anext(reply.events)
    await reply.close()
    assert (log, source.closed) == (["ended"], 1)


async def test_closing_what_was_never_begun_closes_the_source() -> None:
    log: list[str] = []
    source = Watched()
    await Reply(events=events(log), source=source).close()
    assert (log, source.closed) == ([], 1)


async def test_the_source_is_closed_even_if_the_generator_fails() -> None:
    async def stubborn() -> AsyncGenerator[bytes, None]:
        try:
            yield b"a"
        finally:
            raise OSError

    source = Watched()
    reply = Reply(chunks=stubborn(), source=source)
    assert reply.chunks is not None
    await anext(reply.chunks)
    with pytest.raises(OSError):
        await reply.close()
    assert source.closed == 1


async def test_a_whole_reply_has_nothing_to_close() -> None:
    await Reply(body=b"{}").close()


def test_a_call_knows_its_images() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    text = {"type": "text", "text": "a"}
    assert not call().has_images
    assert not call(messages=[{"role": "user", "content": [text]}]).has_images
    assert call(messages=[{"role": "user", "content": "a"}, {"role": "user", "content": [text, image]}]).has_images


def test_a_call_is_translated_once() -> None:
    asked = stream()
    assert asked.stream
    assert asked.completion is asked.completion
    with pytest.raises(ApiError):
        _ = call(audio={"voice": "x"}).completion


def test_a_fault_says_what_it_is() -> None:
    fault = UpstreamFault("busy", "Full.", status=429, retry_after=3)
    assert (str(fault), fault.kind, fault.status, fault.retry_after) == ("Full.", "busy", 429, 3)
    assert UpstreamFault("connect", "x").status == 503
