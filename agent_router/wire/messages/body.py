"""The body of `POST /v1/messages`: its types, and what makes one invalid.

Unknown fields, blocks and tools are tolerated; they reach an upstream of the same dialect because its body is passed on
as it came. Source: Anthropic's API reference, "Create a Message".
"""

from __future__ import annotations

import re
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, json

from agent_router.errors import ApiError
from agent_router.wire.json_body import decoded

CONTINUABLE = frozenset({"user", "assistant", "system"})


class Source(Struct):
    """Where an image or a document comes from: base64 | url | text | content | file."""

    type: str
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    content: Any = None
    file_id: str | None = None


class BlockIn(Struct):
    """Any content block. The source of a search result is an address."""

    type: str
    text: str | None = None
    source: Source | str | None = None
    title: str | None = None
    context: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    tool_use_id: str | None = None
    content: str | list[BlockIn] | Any | None = None
    is_error: bool | None = None
    thinking: str | None = None
    signature: str | None = None


class MessageIn(Struct):
    role: str
    content: str | list[BlockIn]


class ToolIn(Struct):
    """A tool of the caller's own, or (by `type`) one of Anthropic's."""

    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    strict: bool | None = None


class ChoiceIn(Struct):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Struct):
    type: str
    budget_tokens: int | None = None


class FormatIn(Struct):
    type: str
    schema: Any = None


class OutputConfig(Struct):
    format: FormatIn | None = None
    effort: str | None = None


class Metadata(Struct):
    user_id: str | None = None


class ThreadIn(Struct):
    """A conversation that Anthropic keeps: `create` has it kept, `continue` goes on from what is."""

    type: str


class MessagesBody(Struct):
    """What the router reads of a body."""

    model: str | UnsetType = UNSET
    messages: list[MessageIn] | UnsetType = UNSET
    max_tokens: int | UnsetType = UNSET
    system: str | list[BlockIn] | None = None
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    tools: list[ToolIn] | None = None
    tool_choice: ChoiceIn | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: FormatIn | None = None
    metadata: Metadata | None = None
    thread: ThreadIn | None = None

    @property
    def kept_elsewhere(self) -> bool:
        """Whether the conversation's earlier messages are not in the body."""
        return self.thread is not None and self.thread.type == "continue"


_decoder = json.Decoder(MessagesBody)
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


def read(raw: bytes, *, counting: bool = False) -> MessagesBody:
    """Decode and check a body. ApiError 400 names the field and what is wrong with it. `counting`: only its tokens are
    asked for, which needs no `max_tokens`."""
    body = decoded(_decoder, raw)
    if body.model is UNSET or not body.model.strip():
        raise _invalid("model", "model: Field required; name a model, for instance 'auto'.")
    if body.messages is UNSET or not body.messages:
        raise _invalid("messages", "messages: at least one message is required.")
    if body.max_tokens is UNSET:
        if not counting:
            raise _invalid("max_tokens", "max_tokens: Field required.")
    elif not 0 <= body.max_tokens <= 2**31 - 1:  # 0 has Anthropic read the prompt into its cache
        raise _invalid("max_tokens", "max_tokens: must be greater than or equal to 0.")
    _within("temperature", body.temperature, 0, 1)
    _within("top_p", body.top_p, 0, 1)
    _within("top_k", body.top_k, 0, 2**31 - 1)
    if "" in (body.stop_sequences or ()):
        raise _invalid("stop_sequences", "stop_sequences: none may be empty.")
    _check_messages(body.messages, begun=body.kept_elsewhere)
    _check_tools(body)
    return body


def _invalid(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="invalid_value", param=param)


def _within(param: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise _invalid(param, f"{param}: must be between {low:g} and {high:.15g}.")


def _check_messages(messages: list[MessageIn], *, begun: bool) -> None:
    called: set[str] = set()
    for i, message in enumerate(messages):
        at = f"messages.{i}"
        if message.role not in CONTINUABLE:
            raise _invalid(f"{at}.role", f"{at}.role: must be 'user' or 'assistant', not {message.role[:40]!r}.")
        for j, block in enumerate(message.content if isinstance(message.content, list) else ()):
            where = f"{at}.content.{j}"
            if block.type == "text" and block.text is None:
                raise _invalid(f"{where}.text", f"{where}.text: Field required.")
            if block.type in ("image", "document") and block.source is None:
                raise _invalid(f"{where}.source", f"{where}.source: Field required.")
            if block.type == "tool_use":
                if not block.id or not block.name:
                    raise _invalid(where, f"{where}: a tool_use block needs 'id' and 'name'.")
                called.add(block.id)
            if block.type == "tool_result":
                if not block.tool_use_id:
                    raise _invalid(f"{where}.tool_use_id", f"{where}.tool_use_id: Field required.")
                if block.tool_use_id not in called and not begun:
                    raise _invalid(
                        f"{where}.tool_use_id",
                        f"{where}: unexpected `tool_use_id` {block.tool_use_id[:80]!r}: no earlier message has a "
                        "`tool_use` block with this id.",
                    )


def _check_tools(body: MessagesBody) -> None:
    names: set[str] = set()
    # A set of tools, or those of another server, have names of which the body says nothing.
    open_ended = body.kept_elsewhere or any(tool.type not in (None, "custom") for tool in body.tools or ())
    for i, tool in enumerate(body.tools or ()):
        if tool.type in (None, "custom") and not _NAME.fullmatch(tool.name):
            raise _invalid(f"tools.{i}.name", f"tools.{i}.name: must be letters, digits, '_', '-' or '.', at most 128.")
        if tool.type in (None, "custom") and tool.input_schema is None:
            raise _invalid(f"tools.{i}.input_schema", f"tools.{i}.input_schema: Field required.")
        names.add(tool.name)
    choice = body.tool_choice
    if choice is None:
        return
    if open_ended:
        return
    if choice.type == "tool" and choice.name not in names:
        raise _invalid("tool_choice.name", "tool_choice.name: names a tool that is not among 'tools'.")
    if choice.type in ("any", "tool") and not names:
        raise _invalid("tool_choice", "tool_choice: a tool must be called, but no tools are offered.")
