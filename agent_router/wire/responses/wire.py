"""OpenAI's responses as a wire. A request may name an earlier response instead of repeating the conversation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from agent_models.completion import CompletionRequest
from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.chat.stream import CONTENT_TYPE, KEEP_ALIVE
from agent_router.wire.responses import errors
from agent_router.wire.responses.body import ResponsesBody, read
from agent_router.wire.responses.input_items import check_item, kind_of
from agent_router.wire.responses.items import Item, given, without_ours
from agent_router.wire.responses.parse import completion_request
from agent_router.wire.responses.prompt import prompt
from agent_router.wire.responses.sealed import Sealed, unseal
from agent_router.wire.responses.store import ResponseStore, Stored
from agent_router.wire.responses.stream import Answer, ResponseStream

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_input = msgspec.json.Decoder(dict[str, Any])


class Asked(Struct):
    """A checked body; `input` is the whole conversation, where it is not what the body holds (None), and `missing` the
    id of what it names and is not known here. `private`: something that it names must not leave the machine."""

    body: ResponsesBody
    previous: Stored | None
    input: list[Item] | None
    missing: str | None
    private: bool = False


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
        return Call(
            wire=self.name,
            raw=raw,
            model=str(body.model),
            prompt=prompt(shown),
            parse=lambda: _completion(asked),
            body=asked,
            stream=bool(body.stream),
            include_usage=True,
            native=lambda provider: _native(asked, raw, provider),
            meant=meant + "\n".join(each.text for each in sealed).encode("utf-8", "replace"),
            private=asked.private or any(each.private for each in sealed),
        )

    def _asked(self, body: ResponsesBody, raw: bytes) -> Asked:
        previous = self._known.get(body.previous_response_id) if body.previous_response_id else None
        missing = body.previous_response_id if previous is None else None
        refers = isinstance(body.input, list) and any(map(_refers, body.input))
        if previous is None and not refers:
            return Asked(body, None, None, missing)
        items = given(_input.decode(raw).get("input"))
        private = previous is not None and previous.private
        for number, item in enumerate(items):
            if _refers(item) and (found := self._known.item(str(item.get("id")))) is not None:
                items[number] = found[0]
                private = private or found[1].private
        missing = missing or next((str(item.get("id")) for item in items if _refers(item)), None)
        return Asked(body, previous, (previous.conversation if previous else []) + items, missing, private)

    def keep(self, call: Call, response: bytes, provider: str | None, *, private: bool = False) -> None:
        """Keep the answer to a call, if the caller wants it. `provider` answered in this dialect itself, and may have
        kept it as well. `private`: the request had to stay on this machine."""
        asked: Asked = call.body
        stored = asked.body.store is not False
        if self._connection is None and not stored:
            return
        told = _input.decode(response)
        if not isinstance(told.get("id"), str) or told.get("status") in ("failed", "in_progress", "queued"):
            return
        before = asked.input if asked.input is not None else given(_input.decode(call.raw).get("input"))
        held = provider if stored else None
        size = len(response) + len(call.raw)
        for keeping in (self.store if stored else None, self._connection):
            if keeping is not None:
                keeping.put(Stored(told["id"], response, before, held, size, time.time(), private))

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


def _completion(asked: Asked) -> CompletionRequest:
    if asked.missing is not None:
        previous = asked.missing == asked.body.previous_response_id
        raise ApiError(
            400,
            f"{'Previous response' if previous else 'Item'} with id {asked.missing[:80]!r} not found.",
            code="previous_response_not_found" if previous else "item_not_found",
            param="previous_response_id" if previous else "input",
        )
    if asked.input is None:
        return completion_request(asked.body, given(asked.body.input))
    for i, item in enumerate(asked.input):  # an earlier response's may be of an upstream of its own mind
        check_item(item, f"input[{i}]")
    return completion_request(asked.body, asked.input)


def _native(asked: Asked, raw: bytes, provider: str) -> bytes:
    """The body for a provider of this dialect. One that has the earlier response itself is told its id only."""
    if asked.missing is not None or (asked.previous is not None and asked.previous.provider == provider):
        return raw
    if asked.input is None and b'"reasoning"' not in raw:
        return raw
    fields = _fields(raw)
    items = asked.input if asked.input is not None else given(_input.decode(raw).get("input"))
    left = without_ours(items)
    if asked.input is None and len(left) == len(items):
        return raw
    fields.pop("previous_response_id", None)
    fields["input"] = msgspec.Raw(msgspec.json.encode(left))
    return msgspec.json.encode(fields)
