"""What reads the answers of an upstream: events out of a dialect, or only what has to be known of what passes by."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent_models.completion import CompletionRequest, Event, Usage
from agent_router.errors import ApiError
from agent_router.upstreams.reply import Observed


class ErrorEventError(Exception):
    """An error in place of an answer, or of the rest of one. `words` are short ones for it, the best first, and
    `message` the upstream's sentence, if it has one."""

    def __init__(self, *words: str, message: str = "") -> None:
        super().__init__(words[0])
        self.words = words
        self.message = message


class EmptyAnswerError(Exception):
    """A stream that ends before anything was said."""


class Reader(Protocol):
    """Makes events of one answer. `finished` once it has said why it stopped, `ended` once the stream has."""

    model: str | None
    finished: bool
    ended: bool

    @property
    def usage(self) -> Usage | None:
        """The tokens, as far as they are known."""
        ...

    def read(self, data: bytes) -> Iterator[Event]:
        """The events in the data of one server-sent event. ErrorEventError; msgspec.DecodeError for no such JSON."""
        ...

    def read_whole(self, data: bytes) -> Iterator[Event]:
        """The events of an answer that was not streamed. Raises as `read` does."""
        ...


class Observer(Protocol):
    """Watches a stream pass by, without touching it. `finished` and `done` as a reader's `finished` and `ended`."""

    observed: Observed
    finished: bool
    done: bool

    def begins(self, data: bytes) -> bool:
        """Whether an event has substance, so that the answer has begun. Raises as a reader does, and
        EmptyAnswerError."""
        ...

    def watch(self, block: bytes) -> None:
        """Take the next whole events. Never raises."""
        ...

    def is_event(self, data: bytes) -> bool:
        """Whether this is the whole data of an event."""
        ...

    def closing(self) -> bytes:
        """What must be added because the upstream forgot it."""
        ...

    def broken(self, error: ApiError) -> bytes:
        """The event that tells the caller that the stream broke."""
        ...


@dataclass(frozen=True)
class Dialect:
    """A dialect as an upstream speaks it. `path` is its endpoint's below the
    base URL, or makes it of (model, stream); `body` makes the request of
    (request, model, stream). `observe` reads a whole answer that passes by, and raises ErrorEventError or
    msgspec.DecodeError for none. `as_stream` tells a whole answer as the stream that was asked for, where it can.
    `takes_stops`: whether it can say all these stop sequences; else the router itself sees to them.
    `names_events`: its callers go by the names of events, which some servers leave out of a stream.
    `tells_stop`: it says which of them ended an answer. `answered` undoes in the events what `body` had to say
    otherwise."""

    name: str
    path: str | Callable[[str, bool], str]
    body: Callable[[CompletionRequest, str, bool], dict[str, Any]]
    reader: Callable[[], Reader]
    observer: Callable[[], Observer]
    observe: Callable[[bytes], Observed]
    as_stream: Callable[[dict[str, Any], bool], bytes] | None = None
    names_events: bool = False
    takes_stops: Callable[[Sequence[str]], bool] = lambda sequences: True
    tells_stop: bool = False
    answered: Callable[[AsyncGenerator[Event, None], CompletionRequest], AsyncGenerator[Event, None]] | None = None
