"""An answer in OpenAI's responses dialect, streamed or whole, becomes events.

Source: OpenAI's API reference, "Responses", and the Open Responses specification, whose reasoning events are named
otherwise. Items of tools that the provider runs itself say nothing to other dialects and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agent_models.completion import (
    Event,
    ReasoningDelta,
    RefusalDelta,
    Stop,
    StopReason,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)
from agent_router.upstreams import sloppy_json
from agent_router.upstreams.chat.chunk import count
from agent_router.upstreams.chat.events import token_logprob
from agent_router.upstreams.event_errors import error_in
from agent_router.upstreams.reader import ErrorEventError
from agent_router.wire.loose import mapping, sequence, string

_REASONING_DELTAS = frozenset(
    f"response.{kind}.delta" for kind in ("reasoning_summary_text", "reasoning_text", "reasoning", "reasoning_summary")
)
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}


class StreamEvent(msgspec.Struct):
    """Any of the stream's events."""

    type: str | None = None
    output_index: int = 0
    content_index: int = 0
    summary_index: int | None = None
    item: Any = None
    delta: Any = None
    logprobs: Any = None
    response: Any = None
    error: Any = None
    code: Any = None
    message: Any = None


_event = msgspec.json.Decoder(StreamEvent)
_object = msgspec.json.Decoder(dict)


def error_of(event: StreamEvent) -> ErrorEventError:
    """What an `error` event or a response that failed says: Open Responses puts it into an object, OpenAI beside the
    event's type."""
    error = mapping(event.error) or mapping(mapping(event.response).get("error"))
    return error_in(error, code=event.code, message=event.message)


def usage_of(usage: Any) -> Usage | None:
    """`usage` in four disjoint buckets; None where the counts are missing or make no sense."""
    prompt, output = count(usage, "input_tokens"), count(usage, "output_tokens")
    if prompt is None or output is None:
        return None
    details = mapping(usage).get("input_tokens_details")
    read = min(count(details, "cached_tokens") or 0, prompt)
    written = min(count(details, "cache_write_tokens") or 0, prompt - read)
    reasoning = min(count(mapping(usage).get("output_tokens_details"), "reasoning_tokens") or 0, output)
    return Usage(prompt - read - written, output, cache_read=read, cache_write=written, reasoning=reasoning)


class _Item:
    """An output item in the making: whether anything was told of it, and the number of its call, if it is one that has
    begun."""

    def __init__(self) -> None:
        self.told = False
        self.number: int | None = None


class ResponsesReader:
    """See `Reader`."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.finished = False
        self.ended = False
        self.usage: Usage | None = None
        self._items: dict[int, _Item] = {}
        self._calls = 0
        self._spoken: tuple[int, int] | None = None  # the item and its part that spoke last, and that thought last
        self._thought: tuple[int, int] | None = None

    def read(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        if data.strip() == b"[DONE]":  # of servers that know it from the chat dialect
            return
        event = sloppy_json.decode(_event, data)
        kind = event.type or ""
        if kind == "response.output_text.delta":
            self._item(event).told = True
            place = (event.output_index, event.content_index)
            yield from self._say(place, string(event.delta), _logprobs(event.logprobs))
        elif kind == "response.refusal.delta":
            self._item(event).told = True
            yield RefusalDelta(string(event.delta))
        elif kind in _REASONING_DELTAS:
            self._item(event).told = True
            place = (event.output_index, event.content_index if event.summary_index is None else event.summary_index)
            yield from self._think(place, string(event.delta))
        elif kind in ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"):
            item = self._item(event)
            if item.number is not None:  # else all of it is told at the item's end
                item.told = True
                yield ToolCallDelta(item.number, string(event.delta))
        elif kind == "response.output_item.added":
            yield from self._begin(event.output_index, mapping(event.item))
        elif kind == "response.output_item.done":
            yield from self._finish(event.output_index, mapping(event.item))
        elif kind in ("response.completed", "response.incomplete"):
            yield from self._end(mapping(event.response))
        elif kind in ("response.created", "response.in_progress", "response.queued"):
            self.model = string(mapping(event.response).get("model")) or self.model
        elif kind in ("error", "response.failed"):
            self.usage = usage_of(mapping(event.response).get("usage")) or self.usage
            raise error_of(event)

    def read_whole(self, data: bytes) -> Iterator[Event]:
        """See `Reader`."""
        response = sloppy_json.decode(_object, data)
        if response.get("error") is not None or response.get("status") == "failed":
            raise error_in(response.get("error"))
        if not isinstance(response.get("output"), list):
            raise msgspec.DecodeError("no response")
        for index, item in enumerate(map(mapping, response["output"])):
            yield from self._begin(index, item)
            yield from self._finish(index, item)
        yield from self._end(response)

    def _item(self, event: StreamEvent) -> _Item:
        return self._items.setdefault(event.output_index, _Item())

    def _say(self, place: tuple[int, int], text: str, logprobs: tuple[TokenLogprob, ...]) -> Iterator[Event]:
        """Text of an item's part: other dialects have one text, in which a blank line stands between two."""
        if text and self._spoken not in (None, place):
            yield TextDelta("\n\n")
        self._spoken = place if text else self._spoken
        if text or logprobs:
            yield TextDelta(text, logprobs)

    def _think(self, place: tuple[int, int], text: str) -> Iterator[Event]:
        if text:
            between = "" if self._thought in (None, place) else "\n\n"
            self._thought = place
            yield ReasoningDelta(between + text)

    def _begin(self, index: int, item: dict[str, Any]) -> Iterator[Event]:
        known = self._items.setdefault(index, _Item())
        if item.get("type") in _CALLS and known.number is None:
            name = string(item.get("name"))
            if not name:
                raise ErrorEventError("a tool call without a name")
            known.number, self._calls = self._calls, self._calls + 1
            custom = item["type"] == "custom_tool_call"
            id = string(item.get("call_id")) or string(item.get("id")) or f"call_{known.number}"
            yield ToolCallDelta(known.number, id=id, name=name, custom=custom)

    def _finish(self, index: int, item: dict[str, Any]) -> Iterator[Event]:
        """What was not told in deltas is told now."""
        yield from self._begin(index, item)
        known = self._items[index]
        if known.told:
            return
        known.told = True
        kind = item.get("type")
        if kind in _CALLS and known.number is not None:
            yield ToolCallDelta(known.number, string(item.get(_CALLS[kind])))
        elif kind == "message":
            for number, part in enumerate(map(mapping, sequence(item.get("content")))):
                yield from self._say((index, number), string(part.get("text")), _logprobs(part.get("logprobs")))
                if refusal := string(part.get("refusal")):
                    yield RefusalDelta(refusal)
        elif kind == "reasoning":
            parts = sequence(item.get("summary")) or sequence(item.get("content"))
            for number, part in enumerate(map(mapping, parts)):
                yield from self._think((index, number), string(part.get("text")))

    def _end(self, response: dict[str, Any]) -> Iterator[Event]:
        self.model = string(response.get("model")) or self.model
        self.usage = usage_of(response.get("usage")) or self.usage
        if not self._items:  # a server that tells nothing but the end
            for index, item in enumerate(map(mapping, sequence(response.get("output")))):
                yield from self._finish(index, item)
        if not self.finished:
            self.finished = True
            yield Stop(_reason(response, calls=self._calls > 0))
        self.ended = True


def _reason(response: dict[str, Any], *, calls: bool) -> StopReason:
    if response.get("status") == "incomplete":
        why = mapping(response.get("incomplete_details")).get("reason")
        return "content_filter" if why == "content_filter" else "length"
    return "tool_calls" if calls else "stop"


def _logprobs(tokens: Any) -> tuple[TokenLogprob, ...]:
    return tuple(token_logprob(mapping(each)) for each in sequence(tokens))
