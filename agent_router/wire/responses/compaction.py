"""`POST /v1/responses/compact`: a conversation becomes its user's messages and one item that tells the rest.

The item is written by the model that is asked, and can be read by every other one: what providers seal themselves only
they can read. Source: the Open Responses specification, "Compact a response".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from agent_models.completion import CompletionRequest, Event, Message, RefusalDelta, Text, TextDelta, Usage
from agent_router.errors import ApiError
from agent_router.wire.call import Call
from agent_router.wire.chat.stream import CONTENT_TYPE
from agent_router.wire.responses import errors
from agent_router.wire.responses.asked import Asked
from agent_router.wire.responses.items import Item, given, listed
from agent_router.wire.responses.kept import asked_items
from agent_router.wire.responses.response import usage_object
from agent_router.wire.responses.sealed import seal
from agent_router.wire.responses.stream import ResponseStream
from agent_router.wire.responses.wire import ResponsesWire

INSTRUCTION = (
    "Summarise this conversation so that the work can go on from your summary alone. State what the user wants, every "
    "decision, name, path, number and result that is still needed, what has been done, and what is left to do. Write "
    "the summary only."
)
PREFACE = "This is a summary of the conversation so far:\n\n"


class CompactionWire:
    """See `Wire`. `responses` reads the conversation."""

    name = "compaction"
    alive = b""

    def __init__(self, responses: ResponsesWire) -> None:
        self._responses = responses

    def content_type(self, call: Call) -> bytes:
        """See `Wire`."""
        return CONTENT_TYPE

    def read(self, raw: bytes, headers: Mapping[bytes, bytes], path: str = "") -> Call:
        """See `Wire`."""
        call = self._responses.read(raw, headers, path)
        return Call(
            wire=self.name,
            raw=raw,
            model=call.model,
            prompt=structs.replace(call.prompt, tools=()),
            parse=lambda: _asking(call.completion),
            body=(call.body, raw),
            meant=call.meant,
            private=call.private,
        )

    def answer(self, call: Call, id: str, model: str, created: int) -> Compaction:
        """See `Wire`."""
        asked, raw = call.body
        return Compaction(_users(asked, raw, id), id, created, private=call.private)

    def stream(self, call: Call, id: str, model: str, created: int) -> ResponseStream:
        """Never asked for."""
        raise NotImplementedError

    def error_body(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return errors.error_body(error)

    def error_event(self, error: ApiError) -> bytes:
        """See `Wire`."""
        return errors.error_event(error)


def _asking(request: CompletionRequest) -> CompletionRequest:
    """The conversation, and behind it what is wanted of it. No tool may be called."""
    last = Message("user", (Text(INSTRUCTION),))
    choice = "none" if request.tools else "auto"
    return CompletionRequest(
        messages=(*request.messages, last),
        tools=request.tools,
        tool_choice=choice,  # type: ignore[arg-type]
        notes=request.notes,
    )


def _users(asked: Asked, raw: bytes, id: str) -> list[tuple[str, Item]]:
    """The user's messages, which stay as they are, with their ids."""
    items = asked.input if asked.input is not None else given(msgspec.json.decode(raw).get("input"))
    kept = asked_items(items, asked.known or [None] * len(items), id, private=False)
    return [(each.id, item) for each, item in zip(kept, items, strict=True) if item.get("role") == "user"]


class Compaction:
    """See `wire.Answer`."""

    def __init__(self, users: list[tuple[str, Item]], id: str, created: int, *, private: bool) -> None:
        self._private = private
        self._users = users
        self._id, self._created = id, created
        self._text: list[str] = []
        self._usage = Usage(0, 0)

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case TextDelta() | RefusalDelta():
                self._text.append(event.text)
            case Usage():
                self._usage = event

    def body(self) -> bytes:
        """The compacted conversation."""
        id = f"resp_ar{self._id}"
        told: dict[str, Any] = {
            "type": "compaction",
            "id": f"cmp_ar{self._id}",
            "encrypted_content": seal(PREFACE + "".join(self._text), private=self._private),
        }
        return msgspec.json.encode(
            {
                "id": id,
                "object": "response.compaction",
                "created_at": self._created,
                "output": [*listed(self._users), told],
                "usage": usage_object(self._usage),
            }
        )
