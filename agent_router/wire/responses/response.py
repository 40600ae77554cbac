"""The response object. Source: OpenAI's API reference, "The response object", and the Open Responses specification.

Both demand fields of which the other does not know, so that all are there.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent_models.completion import Usage
from agent_router.wire.responses.body import ResponsesBody, ToolIn


def usage_object(usage: Usage) -> dict[str, Any]:
    """`usage`, whose input count includes cached tokens."""
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.output,
    }


class _Tools(msgspec.Struct):
    tools: list[dict[str, Any]] = []


_tools = msgspec.json.Decoder(_Tools)
_READ = frozenset({"function", "custom", "namespace"})  # the tools of which the body holds all
_SECRETS = frozenset({"authorization", "headers"})  # of an MCP server; OpenAI does not repeat them either


def response_object(body: ResponsesBody, raw: bytes, id: str, model: str, created: int) -> dict[str, Any]:
    """A response of which nothing has been said yet. What the caller did not choose is told as it is by default; `raw`
    is the body as it came."""
    reasoning, text = body.reasoning, body.text
    return {
        "id": id,
        "object": "response",
        "created_at": created,
        "completed_at": None,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions if isinstance(body.instructions, str) else None,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "model": model,
        "output": [],
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "presence_penalty": float(body.presence_penalty or 0.0),
        "frequency_penalty": float(body.frequency_penalty or 0.0),
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "prompt_cache_retention": body.prompt_cache_retention,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "safety_identifier": body.safety_identifier,
        "service_tier": "default",
        "store": body.store is not False,
        "temperature": 1.0 if body.temperature is None else float(body.temperature),
        "text": _text(text),
        "tool_choice": _choice(body),
        "tools": _given(body.tools or [], raw),
        "top_logprobs": body.top_logprobs or 0,
        "top_p": 1.0 if body.top_p is None else float(body.top_p),
        "truncation": body.truncation or "disabled",
        "usage": None,
        **({} if body.user is None else {"user": body.user}),  # of which OpenAI's schema has no null
    }


def _text(text: Any) -> dict[str, Any]:
    form = text.format if text else None
    told: dict[str, Any] = {"type": form.type if form else "text"}
    if form is not None and form.type == "json_schema":
        told |= {
            "name": form.name,
            "description": form.description,
            "schema": form.schema,
            "strict": bool(form.strict),
        }
    return {"format": told, "verbosity": (text.verbosity if text else None) or "medium"}


def _choice(body: ResponsesBody) -> Any:
    choice = body.tool_choice
    if choice is None or isinstance(choice, str):
        return choice or "auto"
    return {name: value for name, value in msgspec.to_builtins(choice).items() if value is not None}


def _given(tools: list[ToolIn], raw: bytes) -> list[dict[str, Any]]:
    """The tools as they were given, a function's with the fields that it must have."""
    if all(tool.type in _READ for tool in tools):
        return [_tool(tool) for tool in tools]
    return [
        _tool(tool) if tool.type in _READ else {name: value for name, value in given.items() if name not in _SECRETS}
        for tool, given in zip(tools, _tools.decode(raw).tools, strict=True)
    ]


def _tool(tool: ToolIn) -> dict[str, Any]:
    if tool.type == "function":
        return {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": tool.strict,
        }
    told = {name: value for name, value in msgspec.to_builtins(tool).items() if value is not None}
    if tool.tools is not None:
        told["tools"] = [_tool(each) for each in tool.tools]
    return told
