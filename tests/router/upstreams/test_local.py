"""The engine's events and errors, as an upstream's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from agent_models.completion import CompletionRequest, Event, Stop, TextDelta, Usage
from agent_models.embedding import EmbeddingRequest, Embeddings
from agent_models.engine.engine import Engine
from agent_models.errors import (
    ContextOverflowError,
    EngineBusyError,
    EngineCrashedError,
    ModelError,
    ModelFileError,
    UnsupportedRequestError,
)
from agent_router.upstreams.local import LocalUpstream
from agent_router.upstreams.reply import Reply, StreamCutError, UpstreamFault
from tests import embedding_calls
from tests.chat_calls import call, stream

ANSWER: list[Event | ModelError] = [TextDelta("a"), TextDelta("b"), Stop("stop"), Usage(3, 2)]


class Scripted:
    """An engine that answers as told; the real one has its own tests."""

    def __init__(self, *script: Event | ModelError | None) -> None:
        self.script = script
        self.cancelled = asyncio.Event()
        self.stopped = False

    async def complete(
        self, request: CompletionRequest, *, client: str = "", adapter: object = None
    ) -> AsyncIterator[Event]:
        try:
            for step in self.script:
                if step is None:
                    await asyncio.Event().wait()
                elif isinstance(step, ModelError):
                    raise step
                else:
                    yield step
        finally:
            self.cancelled.set()

    async def embed(self, request: EmbeddingRequest) -> Embeddings:
        (step,) = self.script
        try:
            if isinstance(step, ModelError):
                raise step
            assert step is None
            if request.inputs == ("wait",):
                await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        return Embeddings(bytes(4 * len(request.inputs)), 1, 5)

    async def stop(self) -> None:
        self.stopped = True


def local(*script: Event | ModelError | None) -> tuple[LocalUpstream, Scripted]:
    engine = Scripted(*script)
    return LocalUpstream({"pocket": cast(Engine, engine)}), engine


async def collected(reply: Reply) -> list[Event]:
    assert reply.events is not None
    return [event async for event in reply.events]


@pytest.mark.parametrize("asked", [call(), stream()])
async def test_an_answer(asked: Any) -> None:
    upstream, _ = local(*ANSWER)
    reply = await upstream.open(asked, "pocket")
    assert await collected(reply) == ANSWER
    assert reply.observed.model == "pocket"
    assert reply.observed.usage == Usage(3, 2)


ERRORS: list[tuple[ModelError, str, int]] = [
    (ContextOverflowError("Too long.", prompt_tokens=9, context_window=8), "context", 400),
    (UnsupportedRequestError("No.", param="logit_bias"), "unsupported", 400),
    (EngineBusyError("Full.", retry_after=3), "busy", 429),
    (EngineCrashedError("Gone."), "crashed", 503),
    (ModelFileError("Truncated."), "unusable", 404),
    (ModelError("Odd."), "unusable", 503),
]


@pytest.mark.parametrize(("error", "kind", "status"), ERRORS)
@pytest.mark.parametrize("asked", [call(), stream()])
async def test_errors_before_an_answer_are_faults(error: ModelError, kind: str, status: int, asked: Any) -> None:
    upstream, _ = local(error)
    with pytest.raises(UpstreamFault) as caught:
        await upstream.open(asked, "pocket")
    assert (caught.value.kind, caught.value.status, caught.value.message) == (kind, status, str(error))
    assert caught.value.retry_after == (3 if kind == "busy" else None)


async def test_vectors() -> None:
    upstream, _ = local(None)
    reply = await upstream.embed(embedding_calls.call("a"), "pocket")
    assert reply.embeddings == Embeddings(bytes(4), 1, 5)
    assert (reply.observed.model, reply.observed.usage) == ("pocket", Usage(5, 0))


@pytest.mark.parametrize(("error", "kind", "status"), ERRORS)
async def test_errors_of_vectors_are_faults(error: ModelError, kind: str, status: int) -> None:
    upstream, _ = local(error)
    with pytest.raises(UpstreamFault) as caught:
        await upstream.embed(embedding_calls.call(), "pocket")
    assert (caught.value.kind, caught.value.status, caught.value.message) == (kind, status, str(error))
    if kind == "context":
        assert caught.value.param == "input"


async def test_vectors_of_an_unknown_model_are_a_fault_and_leaving_cancels() -> None:
    upstream, engine = local(None)
    with pytest.raises(UpstreamFault) as caught:
        await upstream.embed(embedding_calls.call(), "nope")
    assert (caught.value.kind, caught.value.status) == ("unusable", 404)
    task = asyncio.ensure_future(upstream.embed(embedding_calls.call("wait"), "pocket"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.cancelled.is_set()


async def test_a_crash_in_a_stream_is_a_cut() -> None:
    upstream, _ = local(TextDelta("a"), EngineCrashedError("Gone."))
    reply = await upstream.open(stream(), "pocket")
    assert reply.events is not None
    assert await anext(reply.events) == TextDelta("a")
    with pytest.raises(StreamCutError) as cut:
        await anext(reply.events)
    assert cut.value.code == "local_crashed"


async def test_a_crash_of_an_answer_that_is_not_streamed_is_a_fault() -> None:
    upstream, _ = local(TextDelta("a"), EngineCrashedError("Gone."))
    with pytest.raises(UpstreamFault) as caught:
        await upstream.open(call(), "pocket")
    assert caught.value.kind == "crashed"


async def test_no_answer_at_all_is_a_fault() -> None:
    upstream, _ = local()
    with pytest.raises(UpstreamFault) as caught:
        await upstream.open(stream(), "pocket")
    assert caught.value.kind == "empty"


async def test_an_unknown_model_is_a_fault() -> None:
    upstream, _ = local(*ANSWER)
    with pytest.raises(UpstreamFault) as caught:
        await upstream.open(stream(), "../../etc/passwd")
    assert (caught.value.kind, caught.value.status) == ("unusable", 404)


@pytest.mark.parametrize("script", [(None,), (TextDelta("a"), None)])
@pytest.mark.parametrize("asked", [call(), stream()])
async def test_leaving_cancels_the_request(script: tuple[Event | None, ...], asked: Any) -> None:
    upstream, engine = local(*script)

    async def serve() -> None:
        await collected(await upstream.open(asked, "pocket"))

    task = asyncio.ensure_future(serve())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.cancelled.is_set()


async def test_an_answer_that_nobody_began_to_read_is_cancelled() -> None:
    upstream, engine = local(TextDelta("a"), None)
    reply = await upstream.open(stream(), "pocket")
    assert not engine.cancelled.is_set()
    await reply.close()
    assert engine.cancelled.is_set()


async def test_closing_stops_the_engines() -> None:
    upstream, engine = local()
    await upstream.close()
    assert engine.stopped
