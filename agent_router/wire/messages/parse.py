"""A messages body becomes a `CompletionRequest`.

Documented drops, for what means nothing to other models: `cache_control`, citations, `context_management`, betas, the
bound on thoughts where they are adaptive, thoughts that another model signed, `container`, `fallbacks`, and the tools
that Anthropic runs, MCP servers among them, which only its models can call, unless one of them must be called. Blocks
that hold what must not be lost, such as files by their id, are an error, and so is a conversation that only Anthropic
has. A call that must be made of one of its own tools is one too.
"""

from __future__ import annotations

import binascii
from typing import Any

import msgspec

from agent_models.completion import (
    CompletionRequest,
    File,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    Text,
    Tool,
    ToolCall,
)
from agent_router.errors import ApiError
from agent_router.wire.messages.body import BlockIn, MessageIn, MessagesBody, Source, ToolIn
from agent_router.wire.messages.signature import SIGNATURE

# Blocks of what Anthropic's own tools did within an earlier answer, and thoughts that only their model can read.
_DROPPED = ("server_tool_use", "redacted_thinking", "mcp_tool_use", "container_upload")
_SERVER_RESULT = "_tool_result"


def completion_request(body: MessagesBody) -> CompletionRequest:
    """Translate a checked body. ApiError 400 where it says what no other side can, and 404 where it goes on from what
    only Anthropic has kept."""
    if body.kept_elsewhere:
        # The SDK then sends the whole conversation.
        said = "This model knows of no earlier messages. Send the whole conversation, without `thread`."
        raise ApiError(404, said, kind="not_found_error", code="thread_not_found", param="thread")
    if body.max_tokens == 0:
        raise _inexpressible("max_tokens", "Only Anthropic's models can read a prompt without answering it.")
    messages: list[Message] = []
    system = _system(body.system)
    if system:
        messages.append(Message("system", system))
    for i, message in enumerate(body.messages or ()):
        messages += _messages(message, i)
    thinking, config = body.thinking, body.output_config
    if thinking is not None and thinking.type not in ("enabled", "adaptive", "disabled"):
        raise _invalid("thinking.type", "thinking.type: must be 'enabled', 'adaptive' or 'disabled'.")
    last = messages[-1] if messages else None
    return CompletionRequest(
        messages=tuple(messages),
        tools=tuple(tool for each in body.tools or () if (tool := _tool(each)) is not None),
        tool_choice=_tool_choice(body),
        parallel_tool_calls=not (body.tool_choice and body.tool_choice.disable_parallel_tool_use),
        output_format=_output_format(body),
        max_tokens=body.max_tokens if isinstance(body.max_tokens, int) else None,
        temperature=body.temperature,
        top_p=body.top_p,
        top_k=body.top_k or None,
        stop=tuple(body.stop_sequences or ()),
        reasoning_effort="none" if thinking and thinking.type == "disabled" else config.effort if config else None,
        reasoning_tokens=thinking.budget_tokens if thinking and thinking.type == "enabled" else None,
        # Claude's older models take a last message of their own as the beginning of the answer.
        continues=last is not None
        and len(messages) > 1
        and last.role == "assistant"
        and bool(last.text)
        and not last.tool_calls,
        user=body.metadata.user_id if body.metadata else None,
    )


def _system(system: str | list[BlockIn] | None) -> tuple[Part, ...]:
    if isinstance(system, str):
        return (Text(system),) if system else ()
    for i, block in enumerate(system or ()):
        if block.type != "text" or block.text is None:
            raise _invalid(f"system.{i}", f"system.{i}: must be a text block.")
    return tuple(Text(block.text) for block in system or () if block.text)


def _invalid(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="invalid_value", param=param)


def _inexpressible(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=param)


def _messages(message: MessageIn, i: int) -> list[Message]:
    """One message, or several: each tool's result is one of its own here."""
    role = "assistant" if message.role == "assistant" else "system" if message.role == "system" else "user"
    if isinstance(message.content, str):
        return [Message(role, (Text(message.content),))]  # type: ignore[arg-type]
    results: list[Message] = []
    parts: list[Part] = []
    calls: list[ToolCall] = []
    thoughts: list[str] = []
    for j, block in enumerate(message.content):
        at = f"messages.{i}.content.{j}"
        if block.type == "tool_result":
            results.append(_result(block, at))
        elif block.type == "tool_use":
            if not isinstance(block.input, dict | None):
                raise _invalid(f"{at}.input", f"{at}.input: must be an object.")
            calls.append(ToolCall(block.id or "", block.name or "", msgspec.json.encode(block.input or {}).decode()))
        elif block.type == "thinking":
            if block.signature == SIGNATURE and block.thinking:
                thoughts.append(block.thinking)
        elif block.type not in _DROPPED and not block.type.endswith(_SERVER_RESULT):
            parts += _parts(block, at)
    if not (parts or calls or thoughts):
        return results
    reasoning = "\n\n".join(thoughts) or None
    said = Message(role, tuple(parts), tuple(calls), reasoning=reasoning)  # type: ignore[arg-type]
    return [*results, said]


def _result(block: BlockIn, at: str) -> Message:
    content = block.content
    parts: list[Part] = []
    if isinstance(content, str):
        parts.append(Text(content))
    elif not isinstance(content, list | None):
        raise _invalid(f"{at}.content", f"{at}.content: must be a string or a list of blocks.")
    for each in _inner(content, f"{at}.content"):
        parts += _parts(each, f"{at}.content")
    return Message("tool", tuple(parts), tool_call_id=block.tool_use_id, failed=bool(block.is_error))


def _parts(block: BlockIn, at: str) -> list[Part]:
    if block.type == "text":
        return [Text(block.text or "")]
    if block.type in ("image", "document") and isinstance(block.source, Source):
        return _sourced(block, block.source, at)
    if block.type == "search_result":
        source = block.source if isinstance(block.source, str) else None
        head = [Text("\n".join(filter(None, (block.title, source))))] if block.title or source else []
        return [*head, *(part for each in _inner(block.content, at) for part in _parts(each, at))]
    if block.type == "compaction" and isinstance(block.content, str):
        return [Text(block.content)]
    if block.type == "tool_reference":
        return []
    raise _inexpressible(at, f"A content block of type {block.type[:40]!r} cannot be sent to this model.")


def _inner(content: Any, at: str) -> list[BlockIn]:
    """The blocks within a block."""
    if not isinstance(content, list):
        return []
    try:
        return msgspec.convert(content, list[BlockIn])
    except msgspec.ValidationError as error:
        raise ApiError(400, f"{at}: {error}.", code="invalid_type", param=at) from None


def _sourced(block: BlockIn, source: Source, at: str) -> list[Part]:
    about = [text for text in (block.title, block.context) if text]
    if source.type == "text" and source.data is not None:  # a document that is plain text
        return [Text("\n\n".join([*about, source.data]))]
    if source.type == "content":
        head: list[Part] = [Text("\n\n".join(about))] if about else []
        if isinstance(source.content, str):
            return [*head, Text(source.content)]
        return head + [part for each in _inner(source.content, at) for part in _parts(each, at)]
    if source.type == "base64" and source.data is not None and source.media_type:
        try:
            binascii.a2b_base64(source.data, strict_mode=True)
        except ValueError:  # binascii.Error, and what is not ASCII
            raise _invalid(at, f"{at}.source.data: must be valid base64.") from None
        url = f"data:{source.media_type};base64,{source.data}"
    elif source.type == "url" and source.url:
        url = source.url
    else:
        raise _inexpressible(at, f"A source of type {source.type[:40]!r} cannot be sent to this model.")
    if block.type == "image":
        return [Image(url)]
    return [*([Text(block.context)] if block.context else []), File(url, block.title)]


def _tool(tool: ToolIn) -> Tool | None:
    if tool.type not in (None, "custom"):
        return None  # run by Anthropic, or known to its models only
    return Tool(tool.name, tool.description or "", tool.input_schema, tool.strict)


def _tool_choice(body: MessagesBody) -> Any:
    choice = body.tool_choice
    match choice.type if choice else None:
        case "any":
            if body.tools and all(_tool(tool) is None for tool in body.tools):
                raise _inexpressible("tool_choice", "All the tools offered are such as only Anthropic's models know.")
            return "required"
        case "none":
            return "none"
        case "tool":
            assert choice is not None
            if not any(tool.name == choice.name and tool.type in (None, "custom") for tool in body.tools or ()):
                raise _inexpressible(
                    "tool_choice", f"The tool {choice.name!r} is one that only Anthropic's models know."
                )
            return NamedTool(choice.name or "")
    return "auto"


def _output_format(body: MessagesBody) -> OutputFormat:
    wanted = (body.output_config.format if body.output_config else None) or body.output_format
    if wanted is None:
        return OutputFormat()
    if wanted.type != "json_schema":
        raise _inexpressible("output_config.format", f"The format {wanted.type[:40]!r} cannot be asked of this model.")
    return OutputFormat("json_schema", "answer", wanted.schema)
