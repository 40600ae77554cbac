"""A responses body becomes a `CompletionRequest`.

Documented drops, for what means nothing to other models: thoughts that another model has sealed, the tools that
OpenAI runs or that only its models know (`web_search`, `file_search`, `code_interpreter`, `image_generation`, `mcp`,
`computer`, `shell` …) unless one of them must be called, what such tools did in earlier turns where the text tells of
it, `include` of what only they give, `max_tool_calls`, and `phase`. What the router cannot know (`conversation`, a
stored `prompt`, files by their id, work in the background) is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from agent_models.completion import (
    CompletionRequest,
    File,
    FreeText,
    Image,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    Role,
    Text,
    Tool,
    ToolCall,
)
from agent_router.errors import ApiError
from agent_router.wire.responses.body import LOGPROBS, ItemIn, PartIn, ResponsesBody, ToolIn
from agent_router.wire.responses.sealed import unseal

OURS = "rs_ar"
"""How the ids of reasoning items begin that the router wrote."""
NAMESPACE = "__"
"""Between a namespace and a tool's name, where a model knows no namespaces."""
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
_NOTES = ("metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier")


def completion_request(body: ResponsesBody, items: Iterable[ItemIn]) -> CompletionRequest:
    """Translate a checked body, whose whole input is `items`. ApiError 400 where it says what no other side can."""
    for field in ("conversation", "prompt"):
        if getattr(body, field) is not None:
            raise _inexpressible(
                field, f"'{field}' is only understood by upstreams that speak this dialect themselves."
            )
    if body.background:
        raise _inexpressible("background", "Nothing runs in the background here; ask without 'background'.")
    messages = _instructions(body) + _messages(items)
    if not messages:
        raise ApiError(400, "'input' is empty; something must be asked.", code="empty_array", param="input")
    wants_logprobs = LOGPROBS in (body.include or ())
    text = body.text
    return CompletionRequest(
        messages=tuple(messages),
        tools=tuple(tool for each in body.tools or () for tool in _tools(each)),
        tool_choice=_tool_choice(body),
        allowed_tools=_allowed(body),
        parallel_tool_calls=body.parallel_tool_calls is not False,
        output_format=_output_format(body),
        max_tokens=body.max_output_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        frequency_penalty=body.frequency_penalty or None,
        presence_penalty=body.presence_penalty or None,
        top_logprobs=(body.top_logprobs or 0) if wants_logprobs or body.top_logprobs else None,
        reasoning_effort=body.reasoning.effort if body.reasoning else None,
        verbosity=text.verbosity if text else None,
        user=body.user,
        truncate=body.truncation == "auto",
        notes={name: value for name in _NOTES if (value := getattr(body, name)) is not None},
    )


def _inexpressible(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=param)


def _instructions(body: ResponsesBody) -> list[Message]:
    if isinstance(body.instructions, str):
        return [Message("system", (Text(body.instructions),))] if body.instructions else []
    return _messages(body.instructions or ())


def _messages(items: Iterable[ItemIn]) -> list[Message]:
    """The items of one side that follow each other are one message there: its text, and then its calls."""
    messages: list[Message] = []
    thoughts: list[str] = []
    called: set[str | None] = set()
    for i, item in enumerate(items):
        at = f"input[{i}]"
        kind = item.type or "message"
        if kind == "reasoning":
            thoughts += _thoughts(item)
            continue
        if kind in _DROPPED:
            continue
        made = _message(item, kind, at)
        called.update(call.id for call in made.tool_calls)
        if made.role == "tool" and made.tool_call_id not in called:
            said = f"No tool call found for the output with call_id {made.tool_call_id!r}."[:200]
            raise ApiError(400, said, code="invalid_value", param=f"{at}.call_id")
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


def _thoughts(item: ItemIn) -> list[str]:
    sealed = unseal(item.encrypted_content)
    if sealed is not None:
        return [sealed.text]
    if not (item.id or "").startswith(OURS):
        return []
    parts = item.summary or (item.content if isinstance(item.content, list) else [])
    return [part.text for part in parts if part.text]


def _message(item: ItemIn, kind: str, at: str) -> Message:
    if kind == "message":
        return Message(_ROLES[item.role or "user"], tuple(_parts(item.content, f"{at}.content")))
    if kind == "function_call":
        return _call(item, flat(item.namespace, item.name or ""), item.arguments or "")
    if kind == "custom_tool_call":
        return _call(item, flat(item.namespace, item.name or ""), item.input or "", custom=True)
    if kind in ("compaction", "compaction_summary"):
        return Message("user", (Text(_summary(item, at)),))
    if kind.endswith("_output") and item.call_id:
        return Message("tool", tuple(_output(item.output, f"{at}.output")), tool_call_id=item.call_id)
    if kind.endswith("_call") and item.call_id:  # of a tool that the client runs: local_shell, shell, apply_patch …
        told = item.action if item.action is not None else item.operation
        return _call(item, kind.removesuffix("_call"), msgspec.json.encode(told or {}).decode())
    raise _inexpressible(f"{at}.type", f"An item of type {kind[:40]!r} cannot be sent to this model.")


def _call(item: ItemIn, name: str, arguments: str, *, custom: bool = False) -> Message:
    return Message("assistant", tool_calls=(ToolCall(item.call_id or "", name, arguments, custom),))


def flat(namespace: str | None, name: str) -> str:
    """A tool's name with its namespace in it."""
    return f"{namespace}{NAMESPACE}{name}" if namespace else name


def _summary(item: ItemIn, at: str) -> str:
    """What a compaction item says of the conversation before it, if the router made it."""
    sealed = unseal(item.encrypted_content)
    if sealed is None:
        said = "What another provider has compacted only it can read; send the conversation itself."
        raise _inexpressible(f"{at}.encrypted_content", said)
    return sealed.text


def _output(output: Any, at: str) -> list[Part]:
    if isinstance(output, str):
        return [Text(output)]
    if isinstance(output, list):
        try:
            return _parts(msgspec.convert(output, list[PartIn]), at)
        except msgspec.ValidationError:
            pass
    return [Text(msgspec.json.encode(output).decode())]


def _parts(content: str | list[PartIn] | None, at: str) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)]
    parts: list[Part] = []
    for j, part in enumerate(content or ()):
        if part.type == "refusal":
            parts.append(Text(part.refusal or ""))
        elif part.text is not None:
            parts.append(Text(part.text))
        elif part.type == "input_image" and part.image_url:
            parts.append(Image(part.image_url, None if part.detail == "auto" else part.detail))
        elif part.type == "input_file" and (part.file_data or part.file_url):
            parts.append(File(_address(part), part.filename))
        else:
            what = "by its id" if part.file_id else f"of type {part.type[:40]!r}"
            raise _inexpressible(f"{at}[{j}]", f"A content part {what} cannot be sent to this model.")
    return parts


def _address(part: PartIn) -> str:
    data = part.file_data
    if data is None:
        return part.file_url or ""
    return data if data.startswith("data:") else f"data:application/pdf;base64,{data}"


def _tools(tool: ToolIn, namespace: str | None = None) -> list[Tool]:
    if tool.type == "namespace":
        return [made for each in tool.tools or () for made in _tools(each, tool.name)]
    name = flat(namespace, tool.name or "")
    if tool.type == "function":
        return [Tool(name, tool.description or "", tool.parameters, tool.strict)]
    if tool.type == "custom":
        form = tool.format or {}
        grammar = form.get("type") == "grammar"
        free = FreeText(form.get("syntax"), form.get("definition")) if grammar else FreeText()
        return [Tool(name, tool.description or "", custom=free)]
    return []


def _tool_choice(body: ResponsesBody) -> Any:
    choice = body.tool_choice
    if choice is None or isinstance(choice, str):
        return choice or "auto"
    if choice.type in ("function", "custom"):
        offered = [tool.name for each in body.tools or () for tool in _tools(each)]
        named = choice.name or ""
        return NamedTool(next((name for name in offered if name.split(NAMESPACE)[-1] == named), named))
    if choice.type == "allowed_tools":
        return "required" if choice.mode == "required" else "auto"
    raise _inexpressible("tool_choice", f"The tool {choice.type[:40]!r} is one that only OpenAI's models know.")


def _allowed(body: ResponsesBody) -> tuple[str, ...] | None:
    choice = body.tool_choice
    if choice is None or isinstance(choice, str) or choice.type != "allowed_tools":
        return None
    named = [tool for tool in choice.tools or () if isinstance(tool, dict) and tool.get("name")]
    return tuple(flat(tool.get("namespace"), str(tool["name"])) for tool in named)


def _output_format(body: ResponsesBody) -> OutputFormat:
    wanted = body.text.format if body.text else None
    if wanted is None or wanted.type == "text":
        return OutputFormat()
    if wanted.type == "json_object":
        return OutputFormat("json_object")
    return OutputFormat("json_schema", wanted.name, wanted.schema, wanted.strict, wanted.description)
