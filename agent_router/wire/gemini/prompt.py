"""The body of `:generateContent` as the decision reads it. Source: Google's reference, "models.generateContent"."""

from __future__ import annotations

from typing import Any

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.loose import either, fields, integer, mapping, names, only, sequence, string

_NO_TEXT = ("image/", "audio/", "video/")


def prompt(body: Any) -> Prompt:
    """The prompt of a decoded body of any shape. Names may be in camel case or in snake case, as the API takes both."""
    body = mapping(body)
    turns: list[Turn] = []
    images = opaque = False
    for content in map(mapping, sequence(body.get("contents"))):
        parts = [mapping(part) for part in sequence(content.get("parts"))]
        results = [mapping(either(part, "functionResponse")) for part in parts]
        seen = [*parts, *(mapping(part) for result in results for part in sequence(result.get("parts")))]
        images = images or any(either(part, "inlineData") or either(part, "fileData") for part in seen)
        inline = [string(either(mapping(either(part, "inlineData")), "mimeType")) for part in seen]
        opaque = opaque or any(kind and not kind.startswith(_NO_TEXT) for kind in inline)
        answered = any(either(part, "functionResponse") is not None for part in parts)
        if answered:
            turns.append(Turn("tool", ""))
        text = _joined(parts)
        if content.get("role") == "model":
            turns.append(Turn("assistant", text))
        elif text or not answered:
            turns.append(Turn("user", text))
    asked = mapping(either(body, "generationConfig"))
    calling = mapping(either(mapping(either(body, "toolConfig")), "functionCallingConfig"))
    allowed = sequence(either(calling, "allowedFunctionNames"))
    tools = tuple(name for tool in sequence(body.get("tools")) for name in _tools(mapping(tool)))
    mode = string(calling.get("mode")).upper()
    demanded = only(tools) if mode == "ANY" else None
    schema = either(asked, "responseSchema") or either(asked, "responseJsonSchema")
    return Prompt(
        system=_joined([mapping(p) for p in sequence(mapping(either(body, "systemInstruction")).get("parts"))]),
        turns=tuple(turns),
        tools=tools,
        schema=fields(schema),
        structured=bool(schema) or string(either(asked, "responseMimeType")) == "application/json",
        tools_forbidden=mode == "NONE",
        forced_tool=string(allowed[0]) or None if len(allowed) == 1 else demanded,
        images=images,
        output_limit=integer(either(asked, "maxOutputTokens")),
        opaque=opaque,
    )


def _tools(tool: dict[str, Any]) -> tuple[str, ...]:
    declared = names(either(tool, "functionDeclarations"))
    return declared or tuple(name for name in tool if isinstance(name, str))[:1]  # a built-in one, such as googleSearch


def _joined(parts: list[dict[str, Any]]) -> str:
    return "\n".join(text for part in parts if (text := string(part.get("text"))) and not part.get("thought"))
