"""Stop sequences that an upstream's dialect cannot say: the answer is cut here, and the upstream stopped.

Its tokens then stay unknown, because an upstream tells them at its own end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from agent_models.completion import Event, Stop, TextDelta
from agent_models.engine.released_text import ReleasedText


async def cut_at(events: AsyncGenerator[Event, None], sequences: Sequence[str]) -> AsyncGenerator[Event, None]:
    """The events up to the first of the sequences, which itself is left out."""
    released = ReleasedText(sequences)
    try:
        async for event in events:
            if isinstance(event, TextDelta) and event.text:
                text = released.feed(event.text.encode("utf-8", "replace"))
                if text or event.logprobs:
                    yield TextDelta(text, event.logprobs)
                if released.stopped is not None:
                    yield Stop("stop", released.stopped)
                    return
                continue
            if (held := released.finish()) != "":
                yield TextDelta(held)
            yield event
    finally:
        await events.aclose()
