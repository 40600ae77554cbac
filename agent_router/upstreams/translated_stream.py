"""A stream in an upstream's dialect becomes events: held back until it has begun, then told as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec

from agent_models.completion import Event, Stop
from agent_router.upstreams.error_words import meaning
from agent_router.upstreams.event_boundary import EventBoundary, EventTooLargeError, data_of
from agent_router.upstreams.event_errors import event_fault
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reader import ErrorEventError, Reader
from agent_router.upstreams.reply import Observed, StreamCutError, UpstreamFault


class TranslatedStream:
    """Call `begin` once, then `relay` once."""

    def __init__(self, name: str, pieces: Pieces, reader: Reader, key: str | None = None) -> None:
        """`key` is ours, and told to nobody."""
        self.observed = Observed()
        self._name = name
        self._key = key
        self._pieces = pieces
        self._reader = reader
        self._boundary = EventBoundary()
        self._held: list[Event] = []
        self.at_hand = False
        """Whether the next event is there already."""

    async def begin(self) -> bytes | None:
        """Wait for the first event that says something. UpstreamFault if the stream ends or goes wrong before it.

        What is no stream at all but looks like JSON or a page is returned whole.
        """
        looked = False
        start = b""
        try:
            async for piece in self._pieces:
                if not looked:
                    start = (start + piece).removeprefix(b"\xef\xbb\xbf").lstrip()
                    looked = bool(start)
                    if start[:1] in (b"{", b"[", b"<"):
                        return await self._pieces.whole(start)
                for data in data_of(self._boundary.feed(piece)):
                    self._held += self._reader.read(data)
                if self._begun():
                    return None
            for data in data_of(self._boundary.rest()):  # the last event may lack the blank line that ends it
                self._held += self._reader.read(data)
        except ErrorEventError as error:
            raise event_fault(self._name, error, key=self._key) from None
        except (msgspec.DecodeError, EventTooLargeError):
            raise UpstreamFault("garbled", f"Upstream {self._name} sent an event that is no JSON.") from None
        if self._begun():
            return None
        raise UpstreamFault("empty", f"Upstream {self._name} ended its stream without an answer.")

    def _begun(self) -> bool:
        # A stream that only says that it ended, without having said why, is none.
        self.observed.model, self.observed.usage = self._reader.model, self._reader.usage
        return bool(self._held) and not (self._reader.ended and isinstance(self._held[0], Stop))

    def _read(self, piece: bytes) -> tuple[list[Event], Exception | None]:
        """The events that a piece completes, and what went wrong behind them."""
        events: list[Event] = []
        try:
            for data in data_of(self._boundary.feed(piece)):
                events += self._reader.read(data)
        except (ErrorEventError, msgspec.DecodeError, EventTooLargeError) as error:
            return events, error
        return events, None

    def _last(self) -> list[Event]:
        """What a last event says that lacks the blank line which ends it; nothing if it was cut in the middle."""
        try:
            return [event for data in data_of(self._boundary.rest()) for event in self._reader.read(data)]
        except msgspec.DecodeError:
            return []

    async def relay(self) -> AsyncGenerator[Event, None]:
        """The events from the first. StreamCutError if the stream breaks off."""
        reader, lingering = self._reader, False
        try:
            for event in self._held:
                yield event
            try:
                async for piece in self._pieces:
                    events, problem = self._read(piece)
                    last = len(events) - 1
                    for number, event in enumerate(events):
                        self.at_hand = number < last
                        yield event
                    if problem is not None:
                        raise problem
                    if reader.ended and not lingering:
                        lingering = True
                        self._pieces.linger()
                for event in self._last():
                    yield event
            except StreamCutError:
                if not reader.finished:
                    raise
            except ErrorEventError as error:
                status, told = meaning(*error.words)
                said = f"Upstream {self._name} broke off: {error}."
                raise StreamCutError(said, "upstream_error_event", status=status, told=told) from None
            except (msgspec.DecodeError, EventTooLargeError):
                if not reader.finished:
                    what = "sent an event that is no JSON"
                    raise StreamCutError(f"Upstream {self._name} {what}.", "garbled") from None
            if not reader.finished:
                raise StreamCutError(f"Upstream {self._name} ended its stream before the answer was finished.")
            if reader.usage:
                yield reader.usage
        finally:
            self.observed.usage = reader.usage
            self.observed.model = reader.model
            await self._pieces.aclose()
