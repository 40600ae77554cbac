"""Behaviours that take too long. ``seconds=None`` means for ever."""

from __future__ import annotations

from collections.abc import Iterator

from tests.upstreams.answer import Answer
from tests.upstreams.behaviour import behaviour
from tests.upstreams.step import Act, Pause, Step


def _wait(seconds: float | None) -> Step:
    return Act.HANG if seconds is None else Pause(seconds)


@behaviour()
def stall_before_headers(answer: Answer, seconds: float | None = None) -> Iterator[Step]:
    """Accept the request and say nothing for a while."""
    yield _wait(seconds)
    yield from answer.whole()


@behaviour()
def stall_before_first_event(answer: Answer, seconds: float | None = None) -> Iterator[Step]:
    """Send the headers, then nothing for a while."""
    yield answer.head()
    yield _wait(seconds)
    yield b"".join(answer.framed()) + answer.tail


@behaviour()
def stall_mid_stream(answer: Answer, after: int = 2, seconds: float | None = None) -> Iterator[Step]:
    """Stop for a while after some events (after half the body, if it is no stream)."""
    pieces = answer.framed()
    cut = after if answer.streams else 1
    yield answer.head() + b"".join(pieces[:cut])
    yield _wait(seconds)
    yield b"".join(pieces[cut:]) + answer.tail


@behaviour()
def slow(answer: Answer, per_second: float = 10) -> Iterator[Step]:
    """So many events a second."""
    yield answer.head()
    for piece in answer.framed():
        yield piece
        yield Pause(1 / per_second)
    yield answer.tail


@behaviour()
def slow_headers(answer: Answer, every: float = 0.01) -> Iterator[Step]:
    """The headers one byte at a time, so many seconds apart."""
    head = answer.head()
    for at in range(len(head)):
        yield head[at : at + 1]
        yield Pause(every)
    yield b"".join(answer.framed()) + answer.tail


@behaviour(when="head")
def never_read_body(answer: Answer) -> Iterator[Step]:
    """Read the request's head, leave its body in the kernel, and never answer."""
    yield Act.STOP_READING
    yield Act.HANG
