"""A right answer, before a behaviour spoils it: the pieces, and how HTTP frames them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal, NamedTuple

from tests.upstreams.received import Received

Framing = Literal["chunked", "length", "close"]


class Event(NamedTuple):
    """One server-sent event with its blank line; kind: role, delta, finish, usage, ping or done."""

    kind: str
    data: bytes


class Dialect(NamedTuple):
    """How one API says that something went wrong.

    error: status, message, code → the JSON body.
    error_event: message → the event inside a stream.
    """

    error: Callable[[int, str, str], bytes]
    error_event: Callable[[str], bytes]


def chunk(data: bytes) -> bytes:
    """One chunk of HTTP's chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an upstream in good health would say to `request`.

    events: the stream, or None when none was asked for; then `body` is the whole answer.
    """

    request: Received
    dialect: Dialect
    status: int = 200
    body: bytes = b""
    events: tuple[Event, ...] | None = None

    @property
    def streams(self) -> bool:
        return self.events is not None

    def head(
        self,
        status: int | None = None,
        content_type: str | None = None,
        framing: Framing | None = None,
        length: int | None = None,
        extra: Iterable[str] = (),
        version: str = "1.1",
    ) -> bytes:
        """Status line and headers with the blank line; what is not given follows from the answer."""
        status = self.status if status is None else status
        framing = framing or ("chunked" if self.streams else "length")
        kind = content_type or ("text/event-stream; charset=utf-8" if self.streams else "application/json")
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Overloaded"
        lines = [
            f"HTTP/{version} {status} {phrase}",
            f"content-type: {kind}",
            "x-request-id: req_scripted",
            *extra,
        ]
        if framing == "chunked":
            lines.append("transfer-encoding: chunked")
        elif framing == "length":
            lines.append(f"content-length: {len(self.body) if length is None else length}")
        else:
            lines.append("connection: close")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"

    def payloads(self) -> list[bytes]:
        """What is sent after the head, unframed: the events, or the body in two halves."""
        if self.events is not None:
            return [event.data for event in self.events]
        middle = len(self.body) // 2
        return [self.body[:middle], self.body[middle:]]

    def framed(self) -> list[bytes]:
        """`payloads`, each as it goes over the wire under `head()`'s own framing, without `tail`."""
        return [chunk(data) for data in self.payloads()] if self.streams else self.payloads()

    @property
    def tail(self) -> bytes:
        return LAST_CHUNK if self.streams else b""

    def without(self, *kinds: str) -> Answer:
        """The same stream lacking the events of these kinds."""
        if self.events is None:
            return self
        return replace(self, events=tuple(event for event in self.events if event.kind not in kinds))

    def rewritten(self, change: Callable[[bytes], bytes]) -> Answer:
        """The same answer with every event's bytes changed."""
        if self.events is None:
            return self
        return replace(self, events=tuple(Event(event.kind, change(event.data)) for event in self.events))

    def plain(self, body: bytes, status: int = 200) -> Answer:
        """Not a stream but this body."""
        return replace(self, events=None, body=body, status=status)

    def whole(self) -> Iterator[bytes]:
        """The answer as one write."""
        yield self.head() + b"".join(self.framed()) + self.tail
