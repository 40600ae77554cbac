"""A local model as an upstream: the engine's events, and its failures as faults."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from itertools import dropwhile, takewhile
from typing import cast

from msgspec import structs

from agent_models.completion import CompletionRequest, Event, Signals, Usage
from agent_models.engine.engine import Engine
from agent_models.engine.protocol import Adapter
from agent_models.errors import (
    ContextOverflowError,
    EngineBusyError,
    EngineCrashedError,
    ModelError,
    ModelFileError,
    ModelMemoryError,
    UnsupportedRequestError,
)
from agent_router.upstreams.custom_calls import custom_calls, functions_only
from agent_router.upstreams.reply import EmbeddingCall, Observed, Reply, StreamCutError, UpstreamFault
from agent_router.wire.call import Call
from agent_telemetry.usage_record import Place

PROVIDER = "local"


class LocalUpstream:
    """All local models, by name. Each has an engine, which starts with the first request for it."""

    name = PROVIDER
    place: Place = "device"
    vision = False

    def __init__(self, engines: dict[str, Engine], adapters: Mapping[str, tuple[str, Adapter]] | None = None) -> None:
        """`adapters`: further models by name, each a LoRA adapter on top of one of these."""
        self.engines = engines
        self._adapters = adapters or {}

    def engine(self, model: str) -> Engine:
        """What answers for a model, be it one with an adapter. KeyError."""
        return self.engines[self._adapters[model][0] if model in self._adapters else model]

    async def close(self) -> None:
        """Stop the worker processes."""
        for engine in self.engines.values():
            await engine.stop()

    async def make_room(self, engine: Engine) -> bool:
        """Unload the model that has been idle for longest, for another that does not fit; False if there is none."""
        idle = [
            (since, other) for other in self.engines.values() if other is not engine and (since := other.idle_since)
        ]
        if not idle:
            return False
        await min(idle, key=lambda each: each[0])[1].unload()
        return True

    async def open(self, call: Call, model: str) -> Reply:
        """See `Upstream`."""
        request = functions_only(call.completion)
        while True:
            try:
                return await self._open(request, call, model)
            except UpstreamFault as fault:
                shorter = shortened(request) if fault.kind == "context" and request.truncate else None
                if shorter is None:
                    raise
                request = shorter

    async def _open(self, request: CompletionRequest, call: Call, model: str) -> Reply:
        engine = self._engine(model)
        adapter = self._adapters[model][1] if model in self._adapters else None
        events = _faults(
            cast(AsyncGenerator[Event, None], engine.complete(request, client=call.client, adapter=adapter))
        )
        events = custom_calls(events, call.completion)
        observed = Observed(model=model)
        held: list[Event] = []
        try:
            # Streamed, one event is enough to begin; otherwise nothing is released before the end.
            async for event in events:
                held.append(event)
                if call.stream:
                    break
        except BaseException:
            await events.aclose()
            raise
        if not held:
            raise UpstreamFault("empty", "The local model gave no answer.")
        return Reply(observed=observed, events=_relay(held, events, observed, call), source=events)

    async def count(self, request: CompletionRequest, model: str) -> int:
        """The tokens of a request's prompt. UpstreamFault."""
        try:
            return await self._engine(model).count_tokens(functions_only(request))
        except ModelError as error:
            raise _fault(error, text="messages") from None

    async def embed(self, call: EmbeddingCall, model: str) -> Reply:
        """See `Upstream`."""
        try:
            embeddings = await self._engine(model).embed(call.body.request)
        except ModelError as error:
            raise _fault(error, text="input") from None
        observed = Observed(model=model, usage=Usage(embeddings.prompt_tokens, 0))
        return Reply(observed=observed, embeddings=embeddings)

    def _engine(self, model: str) -> Engine:
        try:
            return self.engine(model)
        except KeyError:
            raise UpstreamFault("unusable", f"There is no local model {model!r}.", status=404) from None


async def _faults(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The engine's errors as UpstreamFault, before and after the first event alike."""
    try:
        async for event in events:
            yield event
    except ModelError as error:
        raise _fault(error, text="messages") from None
    finally:
        await events.aclose()


def _fault(error: ModelError, *, text: str) -> UpstreamFault:
    """What an engine's error means. `text` is the request's field that can be too long."""
    match error:
        case ContextOverflowError():
            return UpstreamFault("context", str(error), status=400, param=text)
        case UnsupportedRequestError():
            return UpstreamFault("unsupported", str(error), status=400, param=error.param)
        case EngineBusyError():
            return UpstreamFault("busy", str(error), status=429, retry_after=error.retry_after)
        case EngineCrashedError():
            return UpstreamFault("crashed", str(error))
        case ModelMemoryError():
            return UpstreamFault("busy", str(error), code="not_enough_memory", retry_after=60)
        case ModelFileError():
            return UpstreamFault("unusable", str(error), status=404)  # lasting, so that nobody should try again
    return UpstreamFault("unusable", str(error))


async def _relay(
    held: list[Event], events: AsyncGenerator[Event, None], observed: Observed, call: Call
) -> AsyncGenerator[Event, None]:
    try:
        for event in held:
            if _is_answer(event, observed):
                yield _told(event, call)
        try:
            async for event in events:
                if _is_answer(event, observed):
                    yield _told(event, call)
        except UpstreamFault as error:
            raise StreamCutError(error.message, f"local_{error.kind}") from None
    finally:
        await events.aclose()


def _told(event: Event, call: Call) -> Event:
    """In Anthropic's dialect only what the caller has marked is ever read from a cache; what the engine did not have to
    read again is then no less of the prompt."""
    if isinstance(event, Usage) and call.wire == "messages" and b'"cache_control"' not in call.raw:
        return structs.replace(event, input=event.prompt, cache_read=0, cache_write=0)
    return event


def _is_answer(event: Event, observed: Observed) -> bool:
    """Whether the caller gets this event; what it says of the answer is noted."""
    if isinstance(event, Usage):
        observed.usage = event
    elif isinstance(event, Signals):
        observed.signals = event
        return False
    return True


def shortened(request: CompletionRequest) -> CompletionRequest | None:
    """The same conversation without the older half of its turns; None if there is nothing to leave out. What stands in
    front of it stays, and no result is left without its call."""
    fixed = sum(1 for _ in takewhile(lambda message: message.role == "system", request.messages))
    turns = request.messages[fixed:]
    left = turns[(len(turns) + 1) // 2 :] if len(turns) > 1 else ()
    left = tuple(dropwhile(lambda message: message.role == "tool", left))
    return structs.replace(request, messages=request.messages[:fixed] + left) if left else None
