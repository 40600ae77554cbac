"""The body of `POST /v1/responses` as the decision reads it. Source: OpenAI's API reference, "Create a response"."""

from __future__ import annotations

from typing import Any

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.loose import fields, integer, mapping, names, only, sequence, session_in, string

_SEEN = frozenset({"input_image", "input_file", "input_audio", "computer_screenshot"})


def prompt(body: Any) -> Prompt:
    """The prompt of a decoded body of any shape."""
    body = mapping(body)
    system = [string(body.get("instructions"))]
    turns: list[Turn] = []
    images = opaque = False
    given = body.get("input")
    if isinstance(given, str):
        turns.append(Turn("user", given))
    for item in map(mapping, sequence(given)):
        role, kind, content = item.get("role"), string(item.get("type")), item.get("content")
        parts = [mapping(part) for part in sequence(content)]
        output = item.get("output")
        shown = parts if output is None else [*parts, *map(mapping, sequence(output) or [output])]
        if shown:
            images = images or any(string(part.get("type")) in _SEEN for part in shown)
            opaque = opaque or any(part.get("type") == "input_file" and not part.get("file_url") for part in shown)
        text = string(content) or "\n".join(text for part in parts if (text := string(part.get("text"))))
        if role == "user":
            turns.append(Turn("user", text))
        elif role == "assistant":
            turns.append(Turn("assistant", text))
        elif role in ("system", "developer") and not turns:
            system.append(text)
        elif kind.endswith("_output"):
            turns.append(Turn("tool", ""))
        elif kind.endswith("_call"):
            turns.append(Turn("assistant", ""))
    tools = names(body.get("tools"))
    choice = body.get("tool_choice")
    demanded = only(tools) if choice == "required" else None
    form = mapping(mapping(body.get("text")).get("format"))
    return Prompt(
        system="\n".join(text for text in system if text),
        turns=tuple(turns),
        tools=tools,
        schema=fields(form.get("schema")),
        structured=form.get("type") in ("json_schema", "json_object"),
        tools_forbidden=choice == "none",
        forced_tool=string(mapping(choice).get("name")) or demanded,
        images=images,
        output_limit=integer(body.get("max_output_tokens")),
        opaque=opaque,
        session=session_in(
            mapping(body.get("metadata")).get("session_id"),
            body.get("conversation"),
            body.get("prompt_cache_key"),
        ),
    )
