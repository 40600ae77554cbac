"""OpenAI's responses as a wire. A request may name an earlier response instead of repeating the conversation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from agent_models.completion import CompletionRequest
from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.chat.stream import CONTENT_TYPE, KEEP_ALIVE
from agent_router.wire.loose import mapping, sequence, string
from agent_router.wire.responses import errors
from agent_router.wire.responses.asked import Asked
from agent_router.wire.responses.body import ResponsesBody, read
from agent_router.wire.responses.input_items import check_item, kind_of
from agent_router.wire.responses.items import Item, given
from agent_router.wire.responses.kept import asked_items, told_items
from agent_router.wire.responses.native import native_body
from agent_router.wire.responses.parse import completion_request
from agent_router.wire.responses.prompt import prompt
from agent_router.wire.responses.sealed import Sealed, unseal
from agent_router.wire.responses.store import ResponseStore, Stored
from agent_router.wire.responses.stream import Answer, ResponseStream

_input = msgspec.json.Decoder(dict[str, Any])


class ResponsesWire:
    """See `Wire`. `store` holds earlier responses; `connection` those of one WebSocket, whether they are to be stored
    or not."""

    name = "responses"
    alive = KEEP_ALIVE

    def content_type(self, call: Call) -> bytes:
        """See `Wire`."""
        return CONTENT_TYPE

    def __init__(self, store: ResponseStore, connection: ResponseStore | None = None) -> None:
        self.store = store
        self._connection = connection
        self._known = store if connection is None else connection

    def read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str = "") -> Call:
        """See `Wire`."""
        body = read(raw)
        asked = self._asked(body, raw)
        shown = msgspec.to_builtins(body)
        meant = raw
        if asked.input is not None:
            shown["input"] = asked.input
            meant = raw + msgspec.json.encode(asked.input)
        sealed = _sealed(shown["input"]) if b'"encrypted_content"' in meant else []
        native = partial(native_body, asked, raw, self._known.item)
        return Call(
            wire=self.name,
            raw=raw,
            model=str(body.model),
            prompt=prompt(shown),
            parse=lambda: _completion(asked),
            body=asked,
            stream=bool(body.stream),
            include_usage=True,
            native=native,
            native_whole=None if asked.previous is None else partial(native, whole=True),
            meant=meant + "\n".join(each.text for each in sealed).encode("utf-8", "replace"),
            private=asked.private or any(each.private for each in sealed),
        )

    def _asked(self, body: ResponsesBody, raw: bytes) -> Asked:
        if body.background:  # an upstream's answer in the background could not be fetched here
            raise ApiError(
                400,
                "Nothing runs in the background here; ask without 'background'.",
                code="unsupported_parameter",
                param="background",
            )
        named = body.previous_response_id
        previous = self._known.get(named) if named else None
        if previous is not None and previous.failed:
            previous = None
        missing = named if previous is None else None
        if missing is not None and self._connection is not None:
            raise _not_found(missing, previous=True)  # over HTTP the upstream may know it
        refers = isinstance(body.input, list) and any(map(_refers, body.input))
        if previous is None and not refers:
            return Asked(body, missing=missing)
        items = given(_input.decode(raw).get("input"))
        found = [self._known.item(string(item.get("id"))) if _refers(item) else None for item in items]
        items = [item if kept is None else kept.item for item, kept in zip(items, found, strict=True)]
        private = any(kept is not None and kept.private for kept in found)
        missing = missing or next((string(item.get("id")) for item in items if _refers(item)), None)
        if previous is None:
            return Asked(body, None, items, found, missing, private)
        before = previous.conversation
        items = [kept.item for kept in before] + items
        return Asked(body, previous, items, [*before, *found], missing, private or previous.private)

    def keep(self, call: Call, response: bytes, provider: str | None, *, private: bool = False) -> None:
        """Keep the answer to a call, if the caller wants it. `provider` answered in this dialect itself, and may have
        kept it as well. `private`: the request had to stay on this machine."""
        asked: Asked = call.body
        stored = asked.body.store is not False
        if self._connection is None and not stored:
            return
        try:
            told = _input.decode(response)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return  # an upstream's own way of writing, which passes on and cannot be gone on from
        id, status = told.get("id"), told.get("status")
        if not isinstance(id, str) or status in ("in_progress", "queued"):
            return
        items = asked.input if asked.input is not None else given(_input.decode(call.raw).get("input"))
        held = provider is not None and stored and told.get("store") is True  # some keep nothing, and say so
        kept = Stored(
            id,
            response,
            asked_items(items, asked.known or [None] * len(items), id, private=private),
            told_items(map(mapping, sequence(told.get("output"))), id, provider, held=held, private=private),
            time.time(),
            provider,
            held,
            private,
            status == "failed",
        )
        for keeping in (self.store if stored else None, self._connection):
            if keeping is not None:
                keeping.put(kept)

    def answer(self, call: Call, id: str, model: str, created: int) -> Answer:
        """See `Wire`."""
        return Answer(self.stream(call, id, model, created))

    def stream(self, call: Call, id: str, model: str, created: int) -> ResponseStream:
        """See `Wire`."""
        return ResponseStream(call.body.body, id, model, created, private=call.private)

    def error_body(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return errors.error_body(error)

    def error_event(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return errors.error_event(error)


def _sealed(items: Any) -> list[Sealed]:
    """What the router itself has sealed among the items."""
    found = [unseal(item.get("encrypted_content")) for item in items if isinstance(item, dict)] if items else []
    return [each for each in found if each is not None]


def _refers(item: Item) -> bool:
    return bool(kind_of(item) == "item_reference")


def _not_found(id: str, *, previous: bool) -> ApiError:
    return ApiError(
        400,
        f"{'Previous response' if previous else 'Item'} with id {id[:80]!r} not found.",
        code="previous_response_not_found" if previous else "item_not_found",
        param="previous_response_id" if previous else "input",
    )


def _completion(asked: Asked) -> CompletionRequest:
    if asked.missing is not None:
        raise _not_found(asked.missing, previous=asked.missing == asked.body.previous_response_id)
    if asked.input is None:
        return completion_request(asked.body, given(asked.body.input))
    for i, item in enumerate(asked.input):  # an earlier response's may be of an upstream of its own mind
        check_item(item, f"input[{i}]")
    return completion_request(asked.body, asked.input)
