"""Holds an answer's events back until it may be released."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from agent_models.completion import CompletionRequest, Event, TextDelta, ToolCallDelta
from agent_router.upstreams.reply import Observed, StreamCutError
from agent_router.verification.answer import Answer
from agent_router.verification.tool_text import may_become_call
from agent_router.verification.verifier import Verifier
from agent_router.verification.verifiers import problem

# A whole sentence tells a refusal, a wrong language, a call as text. Of a short one more is waited for.
_SENTENCE = re.compile(r"[.!?。！？।؟](?:\s|$)|\n\s*\S|[。！？]")
_LEAST = 24  # characters


class RefusedError(Exception):
    """The answer has a problem, `code`, and no byte of it was released. `answer` is what there was of it."""

    def __init__(self, code: str, answer: Answer) -> None:
        super().__init__(code)
        self.code = code
        self.answer = answer


class Source:
    """The events, of which the next can be waited for no longer than so long, and is not lost then."""

    def __init__(self, events: AsyncGenerator[Event, None]) -> None:
        self.ended = False
        self._events = events
        self._pending: asyncio.Task[Event] | None = None

    async def next(self, seconds: float | None = None) -> Event | None:
        """The next event; None at the end, or if it takes longer."""
        if self._pending is None:
            if seconds is None:
                event = await anext(self._events, None)
                self.ended = event is None
                return event
            self._pending = asyncio.ensure_future(_next(self._events))
        await asyncio.wait({self._pending}, timeout=seconds)
        if not self._pending.done():
            return None
        task, self._pending = self._pending, None
        try:
            return task.result()
        except _EndError:
            self.ended = True
            return None

    async def close(self) -> None:
        """Stop what gives the events."""
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.wait({self._pending})
        await self._events.aclose()


async def _next(events: AsyncGenerator[Event, None]) -> Event:
    try:
        return await anext(events)
    except StopAsyncIteration:
        raise _EndError from None


class _EndError(Exception):
    """The events have ended. StopAsyncIteration cannot leave a task."""


@dataclass(slots=True)
class Held:
    """An answer that may be released. `events` are all of them from the first; `problem` and `answer` are known whole
    when they have passed: what is found only then can teach, and not take anything back.

    Closing a generator that was never begun does nothing, so that `aclose` stops the source itself.
    """

    events: AsyncGenerator[Event, None]
    answer: Answer
    source: Source
    problem: str | None = None
    seconds: float = 0.0  # that it was held back

    async def aclose(self) -> None:
        """Stop what gives the events, if it still does."""
        await self.events.aclose()
        await self.source.close()


async def hold_back(
    events: AsyncGenerator[Event, None],
    observed: Observed,
    request: CompletionRequest,
    verifiers: Sequence[Verifier],
    *,
    late: Sequence[Verifier] | None = None,
    stream: bool,
    seconds: float,
    now: Callable[[], float] = time.monotonic,
) -> Held:
    """Wait until enough is known of an answer, and look at it. RefusedError if it has a problem; `events` are closed
    then.

    An answer that is not streamed, a call, and text of which JSON is demanded or a call is, are waited for until they
    are whole, and so is text that may yet be a call; other text until its first sentence is, or for `seconds` after its
    first word. Without verifiers nothing is waited for but the first event. `observed` is what the upstream notes of
    the answer meanwhile. `late` are the verifiers that look at the whole after it was released, if others than those
    that decide whether it is. StreamCutError if the events end before the answer is whole.
    """
    answer = Answer()
    source = Source(events)
    held: list[Event] = []
    structured = request.output_format.kind != "text" or request.tool_choice not in ("auto", "none")
    until_whole = bool(verifiers) and (structured or not stream)
    began: float | None = None
    try:
        while True:
            left = None
            if verifiers and not until_whole:
                until_whole = bool(answer.calls) or may_become_call(answer.text, request)
            if began is not None and not until_whole:
                left = seconds - (now() - began)
                if left <= 0 or _says_enough(answer):
                    break
            event = await source.next(left)
            if event is None:
                if source.ended and not answer.whole:
                    raise StreamCutError("The local model's answer ended before it was whole.", "unfinished")
                break
            if began is None and (_says_something(event) or not verifiers):
                began = now()
            held.append(event)
            answer.add(event)
        answer.signals = observed.signals
        found = problem(answer, request, verifiers)
    except BaseException:
        await source.close()
        raise
    if found is not None:
        await source.close()
        answer.usage = observed.usage or answer.usage
        raise RefusedError(found, answer)
    released = Held(events, answer, source, seconds=now() - began if began is not None else 0.0)
    released.events = _rest(held, source, observed, request, late or verifiers, released, strict=bool(verifiers))
    return released


def _says_something(event: Event) -> bool:
    return isinstance(event, ToolCallDelta) or (isinstance(event, TextDelta) and bool(event.text.strip()))


def _says_enough(answer: Answer) -> bool:
    return answer.length >= _LEAST and _SENTENCE.search(answer.text, _LEAST // 2) is not None


async def _rest(
    held: list[Event],
    source: Source,
    observed: Observed,
    request: CompletionRequest,
    verifiers: Sequence[Verifier],
    released: Held,
    *,
    strict: bool,
) -> AsyncGenerator[Event, None]:
    """What was held, then what comes. A call that begins behind text is held until it is whole, and breaks the stream
    if it is wrong (`strict`; where there is nobody else, it is what there is)."""
    answer = released.answer
    waiting: list[Event] = []
    try:
        for event in held:
            yield event
        while (following := await source.next()) is not None:
            answer.add(following)
            if not answer.whole and (waiting or isinstance(following, ToolCallDelta)):
                waiting.append(following)
                continue
            if waiting:
                found = problem(answer, request, verifiers)
                if found is not None and strict:
                    # The text before it is out: the agent is better off with a broken stream, which it repeats, than
                    # with a call that nobody asked for.
                    released.problem = found
                    raise StreamCutError("The local model's tool call is broken.", f"local_{found}")
                for event in waiting:
                    yield event
                waiting = []
            yield following
        if not answer.whole:
            raise StreamCutError("The local model's answer ended before it was whole.", "unfinished")
        answer.signals = observed.signals
        released.problem = problem(answer, request, verifiers)
    finally:
        await source.close()
