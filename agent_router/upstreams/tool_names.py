"""Tools' names that a dialect refuses and another allows: they are told otherwise, and told back in the answer.

Gemini takes `server:tool.name`; OpenAI and Anthropic take letters, digits, `_` and `-`, OpenAI at most 64 of them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from hashlib import sha256

from msgspec import structs

from agent_models.completion import CompletionRequest, Event, NamedTool, ToolCallDelta

_PLAIN = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_OTHER = re.compile(r"[^a-zA-Z0-9_-]")
_KEPT = 50  # characters of a name that is too long


def plain_names(request: CompletionRequest) -> CompletionRequest:
    """The same request, with names that every dialect takes."""
    said = {tool.name for tool in request.tools}
    said |= {call.name for message in request.messages for call in message.tool_calls}
    if all(map(_PLAIN.fullmatch, said)):
        return request
    choice = request.tool_choice
    return structs.replace(
        request,
        tools=tuple(structs.replace(tool, name=_plain(tool.name)) for tool in request.tools),
        tool_choice=NamedTool(_plain(choice.name)) if isinstance(choice, NamedTool) else choice,
        allowed_tools=None if request.allowed_tools is None else tuple(map(_plain, request.allowed_tools)),
        messages=tuple(
            structs.replace(
                message,
                tool_calls=tuple(structs.replace(call, name=_plain(call.name)) for call in message.tool_calls),
            )
            if message.tool_calls
            else message
            for message in request.messages
        ),
    )


def given_names(events: AsyncGenerator[Event, None], request: CompletionRequest) -> AsyncGenerator[Event, None]:
    """The same events, with calls of tools as the caller named them."""
    names = {plain: tool.name for tool in request.tools if (plain := _plain(tool.name)) != tool.name}
    return _renamed(events, names) if names else events


async def _renamed(events: AsyncGenerator[Event, None], names: dict[str, str]) -> AsyncGenerator[Event, None]:
    try:
        async for event in events:
            if isinstance(event, ToolCallDelta) and event.name in names:
                yield structs.replace(event, name=names[event.name])
            else:
                yield event
    finally:
        await events.aclose()


def _plain(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    # Names that differ in what is left out here must not become one.
    return f"{_OTHER.sub('_', name)[:_KEPT]}_{sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"
