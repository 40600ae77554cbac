"""The response object. Source: OpenAI's API reference, "The response object", and the Open Responses specification.

Both demand fields of which the other does not know, so that all are there.
"""

from __future__ import annotations

from typing import Any

from agent_models.completion import Usage
from agent_router.wire.responses.body import ResponsesBody


def usage_object(usage: Usage) -> dict[str, Any]:
    """`usage`, whose input count includes cached tokens."""
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.output,
    }


_SECRETS = frozenset({"authorization", "headers"})  # of an MCP server; OpenAI does not repeat them either


def response_object(body: ResponsesBody, id: str, model: str, created: int) -> dict[str, Any]:
    """A response of which nothing has been said yet. What the caller did not choose is told as it is by default."""
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
        "instructions": body.instructions,
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
        "tools": list(map(_tool, body.tools or ())),
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
    return {name: value for name, value in choice.items() if value is not None}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool as it was given, a function's with the fields that it must have."""
    told = {name: value for name, value in tool.items() if name not in _SECRETS}
    if tool["type"] == "function":
        told = {"type": "function", "name": None, "description": None, "parameters": None, "strict": None, **told}
    elif tool["type"] == "namespace":
        told["tools"] = list(map(_tool, tool["tools"]))
    return told
