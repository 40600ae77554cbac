"""The body of `POST /v1/messages` as the decision reads it. Source: Anthropic's API reference, "Messages"."""

from __future__ import annotations

from typing import Any

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.loose import fields, integer, mapping, names, only, sequence, session_in, string

# Claude Code begins its system prompt with the version and the kind of its build.
_BILLING = "x-anthropic-billing-header:"
_SEEN = frozenset({"image", "document"})


def prompt(body: Any) -> Prompt:
    """The prompt of a decoded body of any shape."""
    body = mapping(body)
    turns: list[Turn] = []
    images = opaque = False
    for message in map(mapping, sequence(body.get("messages"))):
        role, content = message.get("role"), message.get("content")
        parts = [mapping(part) for part in sequence(content)]
        seen = [inner for part in parts for inner in (part, *_within(part))]
        images = images or any(part.get("type") in _SEEN for part in seen)
        opaque = opaque or any(map(_is_opaque, seen))
        if any(part.get("type") == "tool_result" for part in parts):
            turns.append(Turn("tool", ""))
        text = string(content) or _joined(parts)
        if role == "assistant":
            turns.append(Turn("assistant", text))
        elif role == "user" and (text or not turns or turns[-1].role != "tool"):
            turns.append(Turn("user", text))
    tools = names(body.get("tools"))
    choice = mapping(body.get("tool_choice"))
    demanded = {"tool": string(choice.get("name")) or None, "any": only(tools)}
    form = mapping(mapping(body.get("output_config")).get("format")) or mapping(body.get("output_format"))
    return Prompt(
        system=_system(body.get("system")),
        turns=tuple(turns),
        tools=tools,
        schema=fields(form.get("schema")),
        structured=form.get("type") == "json_schema",
        tools_forbidden=choice.get("type") == "none",
        forced_tool=demanded.get(string(choice.get("type"))),
        images=images,
        output_limit=integer(body.get("max_tokens")),
        opaque=opaque,
        session=_session(mapping(body.get("metadata")).get("user_id")),
    )


def _within(part: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks in a tool's result."""
    return list(map(mapping, sequence(part.get("content")))) if part.get("type") == "tool_result" else []


def _is_opaque(part: dict[str, Any]) -> bool:
    """Whether it is a document whose text cannot be read here."""
    return part.get("type") == "document" and mapping(part.get("source")).get("type") in ("base64", "file")


def _session(user: Any) -> str:
    """The session in Claude Code's `user_id`, which holds the account's as well: behind `session` in one form or
    another."""
    _, behind, session = string(user).rpartition("session")
    return session_in(session) if behind else ""


def _system(system: Any) -> str:
    if isinstance(system, str):
        return system
    parts = [mapping(part) for part in sequence(system)]
    return _joined([part for part in parts if not string(part.get("text")).startswith(_BILLING)])


def _joined(parts: list[dict[str, Any]]) -> str:
    return "\n".join(text for part in parts if (text := string(part.get("text"))))
