"""Requests of every kind, free of any dialect, for property tests."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st

from agent_models.completion import (
    CompletionRequest,
    File,
    FreeText,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    Text,
    Tool,
    ToolCall,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(lambda text: text.strip())
names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,12}", fullmatch=True)
arguments = st.dictionaries(names, st.one_of(st.integers(-9, 9), texts, st.booleans()), max_size=3).map(json.dumps)
_PNG = base64.b64encode(b"not really a picture").decode()
images = st.sampled_from([Image("https://example.com/a.png"), Image(f"data:image/png;base64,{_PNG}")])
files = st.sampled_from([File(f"data:application/pdf;base64,{_PNG}", "a.pdf")])
schemas: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "object", "properties": {}},
        {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    ]
)


@st.composite
def tools(draw: st.DrawFn, *, custom: bool) -> tuple[Tool, ...]:
    """Different tools; some take free text where `custom` ones are allowed."""
    made = []
    for name in draw(st.lists(names, max_size=3, unique=True)):
        if custom and draw(st.booleans()):
            free = draw(st.sampled_from([FreeText(), FreeText("lark", 'start: "a"')]))
            made.append(Tool(name, draw(texts), custom=free))
        else:
            made.append(Tool(name, draw(texts), draw(schemas), None))
    return tuple(made)


@st.composite
def conversations(draw: st.DrawFn, offered: tuple[Tool, ...], *, seen: bool = True) -> tuple[Message, ...]:
    """A system prompt, then turns that begin and end with the user; every call has its result."""
    messages: list[Message] = []
    if draw(st.booleans()):
        messages.append(Message("system", (Text(draw(texts)),)))
    number = 0
    for _ in range(draw(st.integers(1, 3))):
        messages.append(Message("user", _parts(draw, seen=seen)))
        calls = []
        for tool in draw(st.lists(st.sampled_from(offered), max_size=2)) if offered else ():
            number += 1
            custom = tool.custom is not None
            calls.append(ToolCall(f"call_{number}", tool.name, draw(texts if custom else arguments), custom))
        said = (Text(draw(texts)),) if not calls or draw(st.booleans()) else ()
        messages.append(Message("assistant", said, tuple(calls)))
        messages += [Message("tool", (Text(draw(texts)),), tool_call_id=call.id) for call in calls]
    messages.append(Message("user", _parts(draw, seen=seen)))
    return tuple(messages)


def _parts(draw: st.DrawFn, *, seen: bool) -> tuple[Part, ...]:
    parts: list[Part] = [Text(draw(texts))]
    if seen and draw(st.booleans()):
        parts.append(draw(st.one_of(images, files)))
    return tuple(parts)


@st.composite
def requests(draw: st.DrawFn, *, custom: bool = False, **more: st.SearchStrategy[Any]) -> CompletionRequest:
    """Requests with what every dialect can say; `more` gives further fields."""
    offered = draw(tools(custom=custom))
    functions = [tool.name for tool in offered if tool.custom is None]
    choices: list[Any] = ["auto", "none", "required"] if offered else ["auto"]
    choices += [NamedTool(name) for name in functions[:1]]
    form = draw(st.sampled_from([OutputFormat(), OutputFormat("json_schema", "answer", draw(schemas))]))
    return CompletionRequest(
        messages=draw(conversations(offered)),
        tools=offered,
        tool_choice=draw(st.sampled_from(choices)),
        parallel_tool_calls=draw(st.booleans()) if offered else True,
        output_format=form,
        max_tokens=draw(st.integers(1, 9999)),
        **{name: draw(values) for name, values in more.items()},
    )
