"""A stream in the caller's own dialect on its way through: held back until it has begun, then passed on."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec

from agent_router.errors import ApiError
from agent_router.upstreams.event_boundary import EventBoundary, EventTooLargeError, data_of, is_named, named
from agent_router.upstreams.event_errors import event_fault
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reader import EmptyAnswerError, ErrorEventError, Observer
from agent_router.upstreams.reply import FaultKind, Observed, StreamCutError, UpstreamFault
from agent_router.upstreams.statuses import redact


class NativeStream:
    """What is passed on is what came, byte for byte, in whole events; an end that the upstream forgot is added.

    Call `begin` once, then `relay` once.
    """

    def __init__(
        self, name: str, pieces: Pieces, observer: Observer, key: str | None = None, *, names: bool = False
    ) -> None:
        """`key` is ours; an upstream that repeats it in an error is not passed on word for word. `names`: events that
        have none are named."""
        self._name = name
        self._key = key
        self._pieces = pieces
        self._boundary = EventBoundary()
        self._observer = observer
        self._held = b""
        self._names = names
        self._unnamed = False

    @property
    def observed(self) -> Observed:
        """What was seen so far; filled until the stream has ended."""
        return self._observer.observed

    async def begin(self) -> bytes | None:
        """Wait for the first event of substance. UpstreamFault if the stream ends or goes wrong before it.

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
                whole = self._boundary.feed(piece)
                if whole:
                    self._held += whole
                    if self._begins(whole):
                        self._observer.watch(self._held)
                        return None
        except EventTooLargeError:
            raise self._fault("garbled", "sent an endless event") from None
        # The last event may lack the blank line that ends it.
        if self._begins(self._boundary.rest()):
            return None
        raise self._fault("empty", "ended its stream without an answer")

    def _begins(self, block: bytes) -> bool:
        try:
            return any(self._observer.begins(data) for data in data_of(block))
        except EmptyAnswerError:
            raise self._fault("empty", "ended its stream without an answer") from None
        except msgspec.DecodeError:
            raise self._fault("garbled", "began its stream with an event that is no JSON") from None
        except ErrorEventError as error:
            raise event_fault(self._name, error, key=self._key) from None

    def _fault(self, kind: FaultKind, what: str) -> UpstreamFault:
        return UpstreamFault(kind, f"Upstream {self._name} {what}.")

    def broken(self, error: ApiError) -> bytes:
        """The event that tells the caller that the stream broke."""
        return self._observer.broken(error)

    async def relay(self) -> AsyncGenerator[bytes, None]:
        """The stream from its beginning, in whole events. StreamCutError if it breaks off."""
        observer = self._observer
        lingering = False
        try:
            if self._held:
                self._unnamed = self._names and not is_named(self._held)
                yield self._passed(self._held)
                self._held = b""
            try:
                async for piece in self._pieces:
                    whole = self._boundary.feed(piece)
                    if whole:
                        observer.watch(whole)
                        yield self._passed(whole)
                    if not lingering and (observer.done or observer.observed.error is not None):
                        lingering = True
                        self._pieces.linger()
            except StreamCutError:
                if not observer.finished:
                    raise
            except EventTooLargeError:
                raise StreamCutError(f"Upstream {self._name} sent an endless event.", "event_too_large") from None
            last = self._last()
            if last:
                observer.watch(last)
                yield self._passed(last)
            if not observer.finished:
                raise StreamCutError(f"Upstream {self._name} ended its stream before the answer was finished.")
            if closing := observer.closing():
                yield closing
        finally:
            await self._pieces.aclose()

    def _passed(self, events: bytes) -> bytes:
        if self._unnamed:
            events = named(events)
        return events if self._observer.observed.error is None else redact(events, self._key)

    def _last(self) -> bytes:
        """A last event that lacks the blank line which ends it, if it is whole; nothing of one cut in the middle."""
        rest = self._boundary.rest().rstrip()
        events = list(data_of(rest))
        if events and all(map(self._observer.is_event, events)):
            return rest + b"\n\n"
        return b""
