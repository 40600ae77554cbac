"""Events become server-sent events in the responses dialect, each with its number, in the order that is prescribed.

Source: OpenAI's API reference, "Streaming events", and the Open Responses specification.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from agent_router.errors import ApiError
from agent_router.wire.chat.render import logprob_object
from agent_router.wire.chat.stream import DONE
from agent_router.wire.in_turn import InTurn
from agent_router.wire.responses.body import ENCRYPTED, LOGPROBS, ResponsesBody
from agent_router.wire.responses.errors import failed_event, failed_response, sse
from agent_router.wire.responses.response import response_object, usage_object
from agent_router.wire.responses.sealed import OURS, seal
from agent_router.wire.responses.tools import spaces

_encode = msgspec.json.encode
_BEFORE_NUMBER = b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":'
_BEHIND_TEXT = b',"logprobs":[]}\n\n'


class ResponseStream:
    """See `wire.Stream`. One item is open at a time: of calls at the same time the first is told as it comes, the
    others when it is whole. `final` is the response object of the last event."""

    def __init__(
        self,
        body: ResponsesBody,
        id: str,
        model: str,
        created: int,
        *,
        private: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.final: bytes | None = None
        self._id = id
        self._private = private
        self._clock = clock
        self._response = response_object(body, f"resp_ar{id}", model, created)
        self._logprobs = LOGPROBS in (body.include or ()) or bool(body.top_logprobs)
        self._sealed = ENCRYPTED in (body.include or ())
        self._spaces = spaces(body.tools or ())
        self._output: list[dict[str, Any]] = self._response["output"]
        self._number = 0
        self._before_text = b""
        self._open: str | None = None  # message, reasoning, or the call whose item is open
        self._part: dict[str, Any] | None = None  # of the open message
        self._turn = InTurn()
        self._pieces: list[str] = []  # of the text that is being told
        self._stop: Stop | None = None
        self._usage: Usage | None = None

    def begin(self) -> bytes:
        """`response.created` and `response.in_progress`."""
        created = self._event("response.created", response=self._response)
        return created + self._event("response.in_progress", response=self._response)

    def add(self, event: Event) -> bytes:
        """The events for one more event."""
        part = self._part
        if part is not None and part["type"] == "output_text" and isinstance(event, TextDelta) and not event.logprobs:
            return self._more_text(event.text)  # nearly all: only the text is new
        return b"".join(map(self._told, self._turn.add(event)))

    def _told(self, event: Event) -> bytes:
        match event:
            case TextDelta() if event.text or (event.logprobs and self._open == "message"):
                return self._text(event)
            case RefusalDelta():
                return self._refusal(event)
            case ReasoningDelta():
                return self._thought(event)
            case ToolCallDelta():
                return self._called(event) + self._arguments(event)
            case Stop():
                self._stop = event
            case Usage():
                self._usage = event
        return b""

    def end(self) -> bytes:
        """The last item's end, `response.completed` or `response.incomplete`, and (Open Responses) `[DONE]`."""
        reason = self._stop.reason if self._stop else "stop"
        cut = reason in ("length", "content_filter")
        last = b"".join(map(self._told, self._turn.rest())) + self._close("incomplete" if cut else "completed")
        self._response |= {
            "status": "incomplete" if cut else "completed",
            "completed_at": None if cut else int(self._clock()),
            "usage": usage_object(self._usage) if self._usage else None,
        }
        if cut:
            why = "max_output_tokens" if reason == "length" else "content_filter"
            self._response["incomplete_details"] = {"reason": why}
        self.final = msgspec.json.encode(self._response)
        return last + self._event(f"response.{self._response['status']}", response=self._response) + DONE

    def fail(self, error: ApiError) -> bytes:
        """`response.failed`, with what was told until then."""
        number = self._number  # of the open item's end nothing is told
        self._close("incomplete")
        failed = failed_response(error, self._response)
        self.final = msgspec.json.encode(failed)
        return failed_event(failed, number) + DONE

    def _event(self, kind: str, **fields: Any) -> bytes:
        told = sse({"type": kind, "sequence_number": self._number, **fields})
        self._number += 1
        return told

    @property
    def _index(self) -> int:
        return len(self._output) - 1

    @property
    def _item(self) -> dict[str, Any]:
        return self._output[-1]

    def _begin(self, name: str, item: dict[str, Any]) -> bytes:
        """Have this item open; empty if it is."""
        if self._open == name:
            return b""
        closed = self._close()
        self._open = name
        self._output.append(item)
        return closed + self._event("response.output_item.added", output_index=self._index, item=item)

    def _made(self, kind: str) -> str:
        """A new item's id."""
        return f"{kind}_ar{self._id}{len(self._output):02x}"

    def _message(self) -> bytes:
        """Have a message open."""
        id, status = self._made("msg"), "in_progress"
        return self._begin(
            "message", {"type": "message", "id": id, "role": "assistant", "status": status, "content": []}
        )

    def _text(self, event: TextDelta) -> bytes:
        told = self._message()
        told += self._into({"type": "output_text", "text": "", "annotations": [], "logprobs": []})
        assert self._part is not None
        logprobs = [logprob_object(token) for token in event.logprobs] if self._logprobs else []
        self._part["logprobs"] += logprobs
        if not event.text:
            return told
        self._pieces.append(event.text)
        at = {"item_id": self._item["id"], "output_index": self._index, "content_index": self._within}
        return told + self._event("response.output_text.delta", **at, delta=event.text, logprobs=logprobs)

    def _more_text(self, text: str) -> bytes:
        if not text:
            return b""
        self._pieces.append(text)
        number, self._number = self._number, self._number + 1
        return b"".join((_BEFORE_NUMBER, str(number).encode(), self._before_text, _encode(text), _BEHIND_TEXT))

    def _refusal(self, event: RefusalDelta) -> bytes:
        told = self._message() + self._into({"type": "refusal", "refusal": ""})
        self._pieces.append(event.text)
        at = {"item_id": self._item["id"], "output_index": self._index, "content_index": self._within}
        return told + self._event("response.refusal.delta", **at, delta=event.text)

    @property
    def _within(self) -> int:
        return len(self._item["content"]) - 1

    def _into(self, part: dict[str, Any]) -> bytes:
        """Have a part of this kind open in the message."""
        if self._part is not None and self._part["type"] == part["type"]:
            return b""
        closed = self._close_part()
        self._part = part
        self._item["content"].append(part)
        at = {"item_id": self._item["id"], "output_index": self._index, "content_index": self._within}
        self._before_text = b"," + _encode(at)[1:-1] + b',"delta":'
        return closed + self._event("response.content_part.added", **at, part=part)

    def _close_part(self) -> bytes:
        part, self._part = self._part, None
        if part is None:
            return b""
        text, self._pieces = "".join(self._pieces), []
        at = {"item_id": self._item["id"], "output_index": self._index, "content_index": self._within}
        if part["type"] == "refusal":
            part["refusal"] = text
            told = self._event("response.refusal.done", **at, refusal=text)
        else:
            part["text"] = text
            told = self._event("response.output_text.done", **at, text=text, logprobs=part["logprobs"])
        return told + self._event("response.content_part.done", **at, part=part)

    def _thought(self, event: ReasoningDelta) -> bytes:
        told = b""
        if self._open != "reasoning":
            id = f"{OURS}{self._id}{len(self._output):02x}"
            told = self._begin("reasoning", {"type": "reasoning", "id": id, "summary": []})
            part = {"type": "summary_text", "text": ""}
            self._item["summary"].append(part)
            at = {"item_id": id, "output_index": self._index, "summary_index": 0}
            told += self._event("response.reasoning_summary_part.added", **at, part=part)
        self._pieces.append(event.text)
        at = {"item_id": self._item["id"], "output_index": self._index, "summary_index": 0}
        return told + self._event("response.reasoning_summary_text.delta", **at, delta=event.text)

    def _called(self, first: ToolCallDelta) -> bytes:
        """Have the call's item open."""
        name = f"call {first.index}"
        if self._open == name:
            return b""
        called = first.name or ""
        item: dict[str, Any] = {"call_id": first.id or "", "name": called}
        if called in self._spaces:
            space, name_ = self._spaces[called]
            item |= {"name": name_, "namespace": space}
        if first.custom:
            item = {"type": "custom_tool_call", "id": self._made("ctc"), **item, "input": "", "status": "in_progress"}
        else:
            item = {"type": "function_call", "id": self._made("fc"), **item, "arguments": "", "status": "in_progress"}
        return self._begin(name, item)

    def _arguments(self, event: ToolCallDelta) -> bytes:
        if not event.arguments:
            return b""
        self._pieces.append(event.arguments)
        custom = self._item["type"] == "custom_tool_call"
        kind = "response.custom_tool_call_input.delta" if custom else "response.function_call_arguments.delta"
        return self._event(kind, item_id=self._item["id"], output_index=self._index, delta=event.arguments)

    def _close(self, status: str = "completed") -> bytes:
        """The end of the open item, if there is one."""
        name, self._open = self._open, None
        if name is None:
            return b""
        item, index = self._item, self._index
        at = {"item_id": item["id"], "output_index": index}
        told = b""
        if name == "message":
            told = self._close_part()
        else:
            text, self._pieces = "".join(self._pieces), []
            if name == "reasoning":
                part = item["summary"][0]
                part["text"] = text
                if self._sealed:
                    item["encrypted_content"] = seal(text, private=self._private)
                told = self._event("response.reasoning_summary_text.done", **at, summary_index=0, text=text)
                told += self._event("response.reasoning_summary_part.done", **at, summary_index=0, part=part)
            elif item["type"] == "custom_tool_call":
                item["input"] = text
                told = self._event("response.custom_tool_call_input.done", **at, input=text)
            else:
                item["arguments"] = text
                told = self._event("response.function_call_arguments.done", **at, arguments=text, name=item["name"])
        if "status" in item:
            item["status"] = status
        return told + self._event("response.output_item.done", output_index=index, item=item)


class Answer:
    """See `wire.Answer`. A whole response is what the stream ends with."""

    def __init__(self, stream: ResponseStream) -> None:
        self._stream = stream
        stream.begin()

    def add(self, event: Event) -> None:
        """Take the next event."""
        self._stream.add(event)

    def body(self) -> bytes:
        """The response object."""
        self._stream.end()
        assert self._stream.final is not None
        return self._stream.final
