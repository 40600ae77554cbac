"""The items of a conversation become messages, of whatever items a checked body holds."""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import File, Image, Message, Part, Role, Text, ToolCall
from agent_router.wire.data_url import data_url
from agent_router.wire.loose import mapping, sequence, string
from agent_router.wire.responses.checks import inexpressible, invalid, missing
from agent_router.wire.responses.input_items import TEXTS, Item, check_parts, kind_of
from agent_router.wire.responses.sealed import OURS, unseal
from agent_router.wire.responses.tools import flat

_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}
# What a provider's own tools did: the message behind them tells of it.
_DROPPED = frozenset(
    [
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "mcp_approval_response",
        "tool_search_call",
        "tool_search_output",
        "program",
        "program_output",
        "additional_tools",
        "configuration_update",
    ]
)


def input_messages(items: list[Item], within: str) -> list[Message]:
    """The items of one side that follow each other are one message there: its text, and then its calls. ApiError 400
    where one cannot be said, which names it by the field that it is in (`within`)."""
    messages: list[Message] = []
    thoughts: list[str] = []
    called: dict[str | None, str] = {}  # the ids by which results may name a call: its own id
    for i, item in enumerate(items):
        at = f"{within}[{i}]"
        kind = kind_of(item)
        if kind == "reasoning":
            thoughts += _thoughts(item)
            continue
        if kind in _DROPPED:
            continue
        made = _message(item, kind, at)
        for call in made.tool_calls:
            called |= {call.id: call.id}
            if kind == "local_shell_call" and string(item.get("id")):
                called.setdefault(string(item["id"]), call.id)
        if made.role == "tool":
            if made.tool_call_id not in called:
                said = f"No tool call found for the output with call_id {made.tool_call_id!r}."[:200]
                raise invalid(f"{at}.call_id", said)
            made = msgspec.structs.replace(made, tool_call_id=called[made.tool_call_id])
        if made.role == "assistant":
            reasoning, thoughts = "\n\n".join(thoughts) or None, []
            last = messages[-1] if messages and messages[-1].role == "assistant" else None
            if last is not None and (made.tool_calls or last.tool_calls):
                messages[-1] = msgspec.structs.replace(
                    last,
                    content=last.content + made.content,
                    tool_calls=last.tool_calls + made.tool_calls,
                    reasoning="\n\n".join(filter(None, (last.reasoning, reasoning))) or None,
                )
                continue
            made = msgspec.structs.replace(made, reasoning=reasoning)
        messages.append(made)
    return messages


def _thoughts(item: Item) -> list[str]:
    sealed = unseal(item.get("encrypted_content"))
    if sealed is not None:
        return [sealed.text]
    if not string(item.get("id")).startswith(OURS):
        return []
    parts = sequence(item.get("summary")) or sequence(item.get("content"))
    return [text for part in parts if (text := string(mapping(part).get("text")))]


def _message(item: Item, kind: str, at: str) -> Message:
    if kind == "message":
        return Message(_ROLES[item["role"]], tuple(_parts(item["content"], f"{at}.content")))
    id = string(item.get("call_id"))
    if kind in ("function_call", "custom_tool_call"):
        name, custom = flat(item.get("namespace"), item["name"]), kind == "custom_tool_call"
        return _call(ToolCall(id, name, item["input" if custom else "arguments"], custom))
    if kind in ("function_call_output", "custom_tool_call_output"):
        return Message("tool", tuple(_parts(item["output"], f"{at}.output")), tool_call_id=id)
    if kind in ("compaction", "compaction_summary"):
        return Message("user", (Text(_summary(item, at)),))
    # Of tools that the client runs and whose names are their types: local_shell, shell, apply_patch, computer …
    if kind.endswith("_output"):
        id = id or string(item.get("id"))  # a local shell's, in OpenAI's own words
        if not id:
            raise missing(f"{at}.call_id")
        return Message(
            "tool", tuple(_told(item, f"{at}.output")), tool_call_id=id, failed=item.get("status") == "failed"
        )
    if kind.endswith("_call") and id:
        return _call(ToolCall(id, kind.removesuffix("_call"), msgspec.json.encode(_asked(item)).decode()))
    raise inexpressible(f"{at}.type", f"An item of type {kind[:40]!r} cannot be sent to this model.")


def _call(call: ToolCall) -> Message:
    return Message("assistant", tool_calls=(call,))


def _asked(item: Item) -> Any:
    """What the call of such a tool asks for."""
    for field in ("action", "operation"):
        if item.get(field) is not None:
            return item[field]
    return {"actions": item["actions"]} if item.get("actions") is not None else {}


def _told(item: Item, at: str) -> list[Part]:
    """What such a tool's result says. One of no words says at least how it went."""
    output = item.get("output")
    if output is None:
        return [Text(string(item.get("status")) or "completed")]
    if isinstance(output, str):
        return [Text(output)]
    if mapping(output).get("type") == "computer_screenshot":
        check_parts([output], at)
        return _parts([{**output, "type": "input_image"}], at)
    return [Text(msgspec.json.encode(output).decode())]


def _summary(item: Item, at: str) -> str:
    """What a compaction item says of the conversation before it, if the router made it."""
    sealed = unseal(item.get("encrypted_content"))
    if sealed is None:
        said = "What another provider has compacted only it can read; send the conversation itself."
        raise inexpressible(f"{at}.encrypted_content", said)
    return sealed.text


def _parts(content: str | list[dict[str, Any]], at: str) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)]
    parts: list[Part] = []
    for j, part in enumerate(content):
        kind: str = part["type"]
        file = string(part.get("file_data")) or string(part.get("file_url"))
        if kind in TEXTS:
            parts.append(Text(part["text"]))
        elif kind == "refusal":
            parts.append(Text(string(part.get("refusal"))))
        elif kind == "input_image" and part.get("image_url"):
            parts.append(Image(part["image_url"], None if part.get("detail") == "auto" else part.get("detail")))
        elif kind == "input_file" and file:
            name = part.get("filename")
            parts.append(File(data_url(file, name) if part.get("file_data") else file, name))
        else:
            what = "by its id" if part.get("file_id") else f"of type {kind[:40]!r}"
            raise inexpressible(f"{at}[{j}]", f"A content part {what} cannot be sent to this model.")
    return parts
