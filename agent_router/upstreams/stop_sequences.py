"""Stop sequences: those that an upstream's dialect cannot say are seen to here, and what ended an answer is told where
the dialect does not tell it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from agent_models.completion import Event, Stop, TextDelta, Usage
from agent_models.engine.released_text import ReleasedText

DRAINED_SECONDS = 1.0
"""An upstream tells the tokens at its own end. One that does not come to it so soon is stopped; they stay unknown."""
_ENDS = frozenset(".!?:;)]}>\"'`*…。！？」』》）")


async def cut_at(events: AsyncGenerator[Event, None], sequences: Sequence[str]) -> AsyncGenerator[Event, None]:
    """The events up to the first of the sequences, which itself is left out."""
    released = ReleasedText(sequences)
    try:
        async for event in events:
            if isinstance(event, TextDelta):  # one without text holds log-probabilities, and ends nothing
                text = released.feed(event.text.encode("utf-8", "replace"))
                if text or event.logprobs:
                    yield TextDelta(text, event.logprobs)
                if released.stopped is not None:
                    yield Stop("stop", released.stopped)
                    usage = await _usage(events)
                    if usage is not None:
                        yield usage
                    return
                continue
            if (held := released.finish()) != "":
                yield TextDelta(held)
            yield event
    finally:
        await events.aclose()


async def _usage(events: AsyncGenerator[Event, None]) -> Usage | None:
    """The tokens, if the upstream comes to its end soon."""

    async def drained() -> Usage | None:
        found = None
        async for event in events:
            found = event if isinstance(event, Usage) else found
        return found

    try:
        return await asyncio.wait_for(drained(), DRAINED_SECONDS)
    except TimeoutError:
        return None


async def told(events: AsyncGenerator[Event, None], sequences: Sequence[str]) -> AsyncGenerator[Event, None]:
    """The same events, where a dialect says `stop` for an end and for a stop sequence alike.

    That it was the sequence is taken from what was left of the text: models end on a mark, and not on white space or in
    mid-sentence. Only if there is one: else which it was is not known.
    """
    last = ""
    try:
        async for event in events:
            if isinstance(event, TextDelta) and event.text:
                last = event.text[-1]
            if isinstance(event, Stop) and event.reason == "stop" and event.sequence is None and len(sequences) == 1:
                yield event if last in _ENDS else Stop("stop", sequences[0])
            else:
                yield event
    finally:
        await events.aclose()
