"""Behaviours that spoil a stream of server-sent events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from tests.upstreams.answer import LAST_CHUNK, Answer, chunk
from tests.upstreams.behaviour import behaviour
from tests.upstreams.step import Act, Step

CUTS = ("close", "reset", "no_terminator", "hang")


def _cut(how: str) -> Iterator[Step]:
    """close: as a clean end of HTTP (last chunk, FIN); reset; no_terminator: FIN without the last chunk; hang."""
    if how not in CUTS:
        raise ValueError(f"how is one of {', '.join(CUTS)}, not {how!r}")
    if how == "close":
        yield LAST_CHUNK
    yield {"reset": Act.RESET, "hang": Act.HANG}.get(how, Act.CLOSE)


@behaviour()
def cut_after(answer: Answer, events: int = 2, how: str = "no_terminator") -> Iterator[Step]:
    """Send some whole events, then end the connection. how: close, reset, no_terminator, hang."""
    pieces = answer.framed()
    if not answer.streams:
        yield answer.head() + pieces[0]
        yield Act.RESET if how == "reset" else Act.CLOSE
        return
    yield answer.head() + b"".join(pieces[:events])
    yield from _cut(how)


@behaviour()
def truncate_mid_event(answer: Answer, after: int = 2, how: str = "no_terminator") -> Iterator[Step]:
    """Send some whole events and half of the next, then end the connection."""
    payloads = answer.payloads()
    half = payloads[min(after, len(payloads) - 1)]
    yield answer.head() + b"".join(answer.framed()[:after]) + chunk(half[: len(half) // 2])
    yield from _cut(how)


@behaviour()
def split(answer: Answer, sizes: int | Sequence[int] = 1, raw: bool = False) -> Iterator[Step]:
    """Cut the bytes without regard to events, the sizes taken in turn.

    Each cut is a chunk and a write of its own; raw: the HTTP bytes themselves are cut, chunk sizes included.
    """
    lengths = cycle([sizes] if isinstance(sizes, int) else list(sizes))
    if raw:
        data, tail = answer.head() + b"".join(answer.framed()) + answer.tail, b""
    else:
        data, tail = b"".join(answer.payloads()), answer.tail
        yield answer.head()
    chunked = answer.streams and not raw
    at = 0
    while at < len(data):
        size = next(lengths)
        part = data[at : at + size]
        yield chunk(part) if chunked else part
        yield Act.FLUSH
        at += size
    yield tail


def _inserted(answer: Answer, after: int, data: bytes) -> bytes:
    pieces = answer.framed()
    return answer.head() + b"".join(pieces[:after]) + chunk(data) + b"".join(pieces[after:]) + answer.tail


def _some_delta(answer: Answer) -> bytes:
    """A delta that carries text, if there is one."""
    deltas = [event.data for event in answer.events or () if event.kind == "delta"]
    return next((data for data in deltas if b'"content":"' in data or b"text_delta" in data), deltas[0])


@behaviour()
def bad_utf8(answer: Answer, after: int = 2) -> Iterator[Step]:
    """An event in good form whose text is not UTF-8, among good ones."""
    if not answer.streams:
        yield from answer.plain(answer.body.replace(b'"content":"', b'"content":"\xff\xfe\xc3(', 1)).whole()
        return
    yield _inserted(answer, after, _some_delta(answer).replace(b'"}', b'\xff\xfe\xc3("}', 1))


@behaviour()
def big_event(answer: Answer, size: int = 3_000_000, after: int = 2) -> Iterator[Step]:
    """One more delta of `size` characters, among small ones."""
    if not answer.streams:
        yield from answer.plain(answer.body.replace(b'"content":"', b'"content":"' + b"x" * size, 1)).whole()
        return
    yield _inserted(answer, after, _some_delta(answer).replace(b'"}', b"x" * size + b'"}', 1))


@behaviour()
def error_event(answer: Answer, after: int = 0, message: str = "overloaded", then: str = "close") -> Iterator[Step]:
    """The dialect's error event after so many good ones. then: close, reset, no_terminator, hang."""
    pieces = answer.framed()[:after]
    yield answer.head() + b"".join(pieces) + chunk(answer.dialect.error_event(message))
    yield from _cut(then)


@behaviour()
def empty_stream(answer: Answer, kind: str = "nothing") -> Iterator[Step]:
    """A stream without an answer in it. kind: nothing, comments, role (the first event alone), done ([DONE])."""
    events = answer.events or ()
    data = {
        "nothing": b"",
        "comments": b": working\n\n" * 3,
        "role": b"".join(event.data for event in events if event.kind == "role"),
        "done": b"".join(event.data for event in events if event.kind == "done"),
    }[kind]
    yield answer.head(framing="chunked") + (chunk(data) if data else b"") + LAST_CHUNK


@behaviour()
def no_done(answer: Answer) -> Iterator[Step]:
    """Everything but [DONE] (message_stop in Anthropic's dialect)."""
    yield from answer.without("done").whole()


@behaviour()
def no_usage(answer: Answer) -> Iterator[Step]:
    """Everything but the usage, though it was asked for."""
    yield from answer.without("usage").whole()


@behaviour()
def crlf(answer: Answer) -> Iterator[Step]:
    """Lines that end in CRLF."""
    yield from answer.rewritten(lambda data: data.replace(b"\n", b"\r\n")).whole()


@behaviour()
def comments(answer: Answer, every: int = 1) -> Iterator[Step]:
    """A keep-alive comment before every n-th event."""
    yield answer.head()
    for nth, piece in enumerate(answer.framed()):
        if answer.streams and nth % every == 0:
            yield chunk(b": keep-alive\n\n")
        yield piece
        yield Act.FLUSH
    yield answer.tail


@behaviour()
def mislabelled(answer: Answer, content_type: str = "application/json") -> Iterator[Step]:
    """A stream that is labelled as something else."""
    yield answer.head(content_type=content_type) + b"".join(answer.framed()) + answer.tail
