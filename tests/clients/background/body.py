"""What a client's body says, read without the router's own code, so that its recognition can be judged by it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Body:
    """`system` is all that the instructions say, `said` the user's side's texts in their order, `turn` those since the
    last answer that called no tool, `tools` the names offered, `raw` the whole as text."""

    system: str
    said: list[str]
    turn: list[str]
    tools: list[str]
    raw: str
    fields: dict[str, Any] = field(repr=False)

    @property
    def last(self) -> str:
        """The last text of the user's side."""
        return self.said[-1] if self.said else ""


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def read(path: str, body: bytes) -> Body | None:
    """None if it asks no model for text."""
    try:
        given = json.loads(body)
    except ValueError:
        return None
    if not isinstance(given, dict) or path.endswith((":countTokens", "/count_tokens", "/embeddings", "/feedback")):
        return None
    system: list[str] = []
    spoken: list[tuple[str, str]] = []  # role and text, the roles named as in chat
    if "contents" in given:
        system = [_text((given.get("systemInstruction") or {}).get("parts") or [])]
        for content in given["contents"]:
            calls = any("functionCall" in part for part in content["parts"])
            role = "call" if calls else {"model": "assistant"}.get(content.get("role"), "user")
            spoken.append((role, _text(content["parts"])))
        declared = [each for tool in given.get("tools") or () for each in tool.get("functionDeclarations") or ()]
        tools = [each["name"] for each in declared]
    elif "input" in given:
        system = [given.get("instructions") or ""]
        items = [{"role": "user", "content": given["input"]}] if isinstance(given["input"], str) else given["input"]
        spoken = [(item.get("role") or "call", _text(item.get("content") or "")) for item in items]
        tools = [str(tool.get("name") or tool.get("type")) for tool in given.get("tools") or ()]
    elif "messages" in given:
        system = [_text(given.get("system") or "")]
        for message in given["messages"]:
            calls = message.get("tool_calls") or '"tool_use"' in json.dumps(message.get("content"))
            spoken.append(("call" if calls else message["role"], _text(message.get("content") or "")))
        functions = [tool.get("function") or tool for tool in given.get("tools") or ()]
        tools = [str(each.get("name") or each.get("type")) for each in functions]
    else:
        return None
    raw = body.decode("utf-8", "replace")
    system += [text for role, text in spoken if role in ("system", "developer")]
    spoken = [(role, text) for role, text in spoken if text.strip()]
    last = max((i for i, (role, _) in enumerate(spoken) if role == "assistant"), default=-1)
    said = [text for role, text in spoken if role == "user"]
    turn = [text for role, text in spoken[last + 1 :] if role == "user"]
    return Body("\n".join(system), said, turn, tools, raw, given)
