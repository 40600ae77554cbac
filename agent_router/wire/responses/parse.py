"""A responses body becomes a `CompletionRequest`.

Documented drops, for what means nothing to other models: thoughts that another model has sealed, the tools that
OpenAI runs or that only its models know (`web_search`, `file_search`, `code_interpreter`, `image_generation`, `mcp`,
`computer`, `shell` …) unless one of them must be called, of `additional_tools` all but functions and custom tools, what
OpenAI's tools did in earlier turns where the text tells of it, `include` of what only they give, `context_management`,
`max_tool_calls`, and `phase`. What the router cannot know (`conversation`, a stored `prompt`, files by their id, work
in the background) is an error, and so is an `include` that OpenAI's reference does not list.
"""

from __future__ import annotations

from agent_models.completion import CompletionRequest, Message, OutputFormat, Text
from agent_router.errors import ApiError
from agent_router.wire.responses.asked_tools import asked_tools
from agent_router.wire.responses.body import ENCRYPTED, LOGPROBS, ResponsesBody
from agent_router.wire.responses.checks import inexpressible
from agent_router.wire.responses.input_items import Item, additional_tools
from agent_router.wire.responses.input_messages import input_messages

_NOTES = ("metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "service_tier")
_INCLUDED = frozenset(
    [
        "code_interpreter_call.outputs",
        "computer_call_output.output.image_url",
        "file_search_call.results",
        "message.input_image.image_url",
        LOGPROBS,
        ENCRYPTED,
        "web_search_call.action.sources",
        "web_search_call.results",
    ]
)


def completion_request(body: ResponsesBody, items: list[Item]) -> CompletionRequest:
    """Translate a checked body, whose whole input is `items`. ApiError 400 where it says what no other side can."""
    for field in ("conversation", "prompt"):
        if getattr(body, field) is not None:
            raise inexpressible(field, f"'{field}' is only understood by upstreams that speak this dialect themselves.")
    if body.background:
        raise inexpressible("background", "Nothing runs in the background here; ask without 'background'.")
    for i, included in enumerate(body.include or ()):
        if included not in _INCLUDED:
            raise inexpressible(f"include[{i}]", f"{included[:80]!r} cannot be included here.")
    messages = _instructions(body) + input_messages(items, "input")
    if not messages:
        raise ApiError(400, "'input' is empty; something must be asked.", code="empty_array", param="input")
    tools, choice, allowed = asked_tools(body.tools or [], additional_tools(items), body.tool_choice)
    wants_logprobs = LOGPROBS in (body.include or ())
    text = body.text
    return CompletionRequest(
        messages=tuple(messages),
        tools=tools,
        tool_choice=choice,
        allowed_tools=allowed,
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


def _instructions(body: ResponsesBody) -> list[Message]:
    if isinstance(body.instructions, str):
        return [Message("system", (Text(body.instructions),))] if body.instructions else []
    return input_messages(body.instructions or [], "instructions")


def _output_format(body: ResponsesBody) -> OutputFormat:
    wanted = body.text.format if body.text else None
    if wanted is None or wanted.type == "text":
        return OutputFormat()
    if wanted.type == "json_object":
        return OutputFormat("json_object")
    return OutputFormat("json_schema", wanted.name, wanted.schema, wanted.strict, wanted.description)
