"""What a dialect is to its callers: how its requests are read and its answers written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from agent_models.completion import Event
from agent_router.errors import ApiError
from agent_router.wire.call import Call


class Answer(Protocol):
    """Collects events into one body."""

    def add(self, event: Event) -> None:
        """Take the next event."""
        ...

    def body(self) -> bytes:
        """The whole answer."""
        ...


class Stream(Protocol):
    """Renders events as they come. Every call returns whole server-sent events, or nothing. `final`: behind `end`
    or `fail`, the answer as JSON, where the dialect's last event holds it."""

    final: bytes | None

    def begin(self) -> bytes:
        """What comes before the first event."""
        ...

    def add(self, event: Event) -> bytes:
        """One more event."""
        ...

    def end(self) -> bytes:
        """What comes behind the last event."""
        ...

    def fail(self, error: ApiError) -> bytes:
        """What ends a stream that broke after bytes were released."""
        ...


class Errors(Protocol):
    """How a dialect, which has this name, tells its callers of errors."""

    name: str

    def error_body(self, error: ApiError) -> bytes:
        """An error in place of an answer."""
        ...

    def error_event(self, error: ApiError) -> bytes:
        """An error in a stream of which nothing else is known."""
        ...


class Wire(Errors, Protocol):
    """`name` is in the ledger; an upstream of the same dialect gets bodies as they came. `alive` may be sent in a
    stream's silences, if anything may."""

    alive: bytes

    def content_type(self, call: Call) -> bytes:
        """Of a streamed answer."""
        ...

    def read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str) -> Call:
        """The request; ApiError names what is wrong with it."""
        ...

    def answer(self, call: Call, id: str, model: str, created: int) -> Answer:
        """Begin a whole answer. `id` is unique and in no dialect; `created` seconds since 1970."""
        ...

    def stream(self, call: Call, id: str, model: str, created: int) -> Stream:
        """Begin a streamed answer."""
        ...
