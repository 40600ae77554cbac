"""Behaviours whose status says 200 and whose body says otherwise."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from tests.upstreams.answer import LAST_CHUNK, Answer, chunk
from tests.upstreams.behaviour import behaviour
from tests.upstreams.step import Act, Step

PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


@behaviour()
def html(answer: Answer, status: int = 200) -> Iterator[Step]:
    """A page where an answer should be."""
    page = answer.plain(PAGE, status)
    yield page.head(content_type="text/html; charset=utf-8") + page.body


@behaviour()
def half_json(answer: Answer) -> Iterator[Step]:
    """The first half of the JSON, in a response that is complete as HTTP."""
    yield from answer.plain(answer.body[: len(answer.body) // 2]).whole()


@behaviour()
def empty_body(answer: Answer) -> Iterator[Step]:
    """Status 200 and no body at all."""
    yield from answer.plain(b"").whole()


@behaviour()
def wrong_length(answer: Answer, off: int = 100, then: str = "close") -> Iterator[Step]:
    """A content-length that is `off` bytes more than the body (less, if negative). then: close, hang, keep."""
    body = b"".join(answer.payloads())
    head = answer.head(framing="length", length=max(0, len(body) + off))
    yield head + body
    if then != "keep":
        yield Act.CLOSE if then == "close" else Act.HANG


@behaviour()
def plain_json(answer: Answer) -> Iterator[Step]:
    """The whole answer as JSON, though a stream was asked for."""
    yield from answer.plain(answer.body).whole()


@behaviour()
def gzip(answer: Answer) -> Iterator[Step]:
    """Compressed, whether or not the client said that it can read that."""
    squeeze = zlib.compressobj(wbits=31)
    if not answer.streams:
        body = squeeze.compress(answer.body) + squeeze.flush()
        yield answer.head(length=len(body), extra=["content-encoding: gzip"]) + body
        return
    yield answer.head(extra=["content-encoding: gzip"])
    for data in answer.payloads():
        yield chunk(squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH))
        yield Act.FLUSH
    yield chunk(squeeze.flush()) + LAST_CHUNK
