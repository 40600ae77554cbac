"""A local model as an upstream: the engine's events, and its failures as faults."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import cast

from agent_models.completion import Event, Usage
from agent_models.engine.engine import Engine
from agent_models.errors import (
    ContextOverflowError,
    EngineBusyError,
    EngineCrashedError,
    ModelError,
    ModelFileError,
    ModelMemoryError,
    UnsupportedRequestError,
)
from agent_router.upstreams.reply import Call, Observed, Reply, StreamCutError, UpstreamFault
from agent_telemetry.usage_record import Place

PROVIDER = "local"


class LocalUpstream:
    """All local models, by name. Each has an engine, which starts with the first request for it."""

    name = PROVIDER
    place: Place = "device"
    vision = False

    def __init__(self, engines: dict[str, Engine]) -> None:
        self.engines = engines

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
        engine = self.engines.get(model)
        if engine is None:
            raise UpstreamFault("unusable", f"There is no local model {model!r}.", status=404)
        events = _faults(cast(AsyncGenerator[Event, None], engine.complete(call.completion, client=call.client)))
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
        return Reply(observed=observed, events=_relay(held, events, observed), source=events)


async def _faults(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The engine's errors as UpstreamFault, before and after the first event alike."""
    try:
        async for event in events:
            yield event
    except ContextOverflowError as error:
        raise UpstreamFault("context", str(error), status=400, param="messages") from None
    except UnsupportedRequestError as error:
        raise UpstreamFault("unsupported", str(error), status=400, param=error.param) from None
    except EngineBusyError as error:
        raise UpstreamFault("busy", str(error), status=429, retry_after=error.retry_after) from None
    except EngineCrashedError as error:
        raise UpstreamFault("crashed", str(error)) from None
    except ModelMemoryError as error:
        raise UpstreamFault("busy", str(error), code="not_enough_memory", retry_after=60) from None
    except ModelFileError as error:
        raise UpstreamFault("unusable", str(error), status=404) from None  # lasting, so that nobody should try again
    except ModelError as error:
        raise UpstreamFault("unusable", str(error)) from None
    finally:
        await events.aclose()


async def _relay(
    held: list[Event], events: AsyncGenerator[Event, None], observed: Observed
) -> AsyncGenerator[Event, None]:
    try:
        for event in held:
            if isinstance(event, Usage):
                observed.usage = event
            yield event
        try:
            async for event in events:
                if isinstance(event, Usage):
                    observed.usage = event
                yield event
        except UpstreamFault as error:
            raise StreamCutError(error.message, f"local_{error.kind}") from None
    finally:
        await events.aclose()
