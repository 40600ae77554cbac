"""Behaviours below the answer: TCP, and HTTP's own framing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.upstreams.answer import Answer
from tests.upstreams.behaviour import behaviour
from tests.upstreams.step import Act, Step


@behaviour(when="accept")
def reset_on_accept(answer: Answer) -> Iterator[Step]:
    """Reset the connection before anything is read."""
    yield Act.RESET


@behaviour(when="accept")
def close_on_accept(answer: Answer) -> Iterator[Step]:
    """Close the connection before anything is read."""
    yield Act.CLOSE


@behaviour()
def reset_on_request(answer: Answer) -> Iterator[Step]:
    """Read the request, then reset."""
    yield Act.RESET


@behaviour()
def close_without_answer(answer: Answer) -> Iterator[Step]:
    """Read the request, then close."""
    yield Act.CLOSE


@behaviour()
def close_if_reused(answer: Answer, how: str = "close") -> Iterator[Step]:
    """Answer rightly on a new connection; on a kept-alive one close (or reset) when the next request arrives.

    This is the race that every pooling client meets: the server gave up an idle connection while a request was
    on its way.
    """
    if answer.request.nth:
        yield Act.RESET if how == "reset" else Act.CLOSE
    else:
        yield from answer.whole()


@behaviour()
def close_after_answer(answer: Answer, announce: bool = False) -> Iterator[Step]:
    """Answer rightly, then close; announce: with a ``connection: close`` header."""
    yield answer.head(extra=["connection: close"] if announce else []) + b"".join(answer.framed()) + answer.tail
    yield Act.CLOSE


@behaviour()
def http10(answer: Answer) -> Iterator[Step]:
    """HTTP/1.0: neither a length nor chunks, the end is where the connection ends."""
    yield answer.head(framing="close", version="1.0") + b"".join(answer.payloads())
    yield Act.CLOSE


@behaviour()
def informational(answer: Answer, code: int = 100) -> Iterator[Step]:
    """A 1xx response before the real one (100 Continue, 103 Early Hints), asked for or not."""
    yield f"HTTP/1.1 {code} {'Continue' if code == 100 else 'Early Hints'}\r\n\r\n".encode()
    yield Act.FLUSH
    yield from answer.whole()


@behaviour()
def huge_headers(answer: Answer, size: int = 64_000, count: int = 1) -> Iterator[Step]:
    """`count` headers of `size` characters each, before the usual ones."""
    extra = [f"x-padding-{nth}: {'x' * size}" for nth in range(count)]
    yield answer.head(extra=extra) + b"".join(answer.framed()) + answer.tail


@behaviour()
def not_http(answer: Answer) -> Iterator[Step]:
    """Bytes that are no HTTP at all, then a close."""
    yield b"SSH-2.0-OpenSSH_9.9\r\n"
    yield Act.CLOSE
