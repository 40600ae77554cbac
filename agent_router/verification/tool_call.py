"""Whether an answer's tool calls can be made, and are such as were asked for."""

from __future__ import annotations

from agent_models.completion import CompletionRequest, NamedTool
from agent_router.verification.answer import Answer
from agent_router.verification.schema import INVALID, decoded, valid


def invents_tool(answer: Answer, request: CompletionRequest) -> bool:
    """Whether it calls what was not offered, or not the one that was demanded."""
    offered = {tool.name for tool in request.tools}
    wanted = request.tool_choice
    if isinstance(wanted, NamedTool):
        offered &= {wanted.name}
    elif wanted == "none":
        offered = set()
    return any(call.name not in offered for call in answer.calls.values())


def misses_call(answer: Answer, request: CompletionRequest) -> bool:
    """Whether a call was demanded and none came, or several where one at a time was."""
    wanted = request.tool_choice
    if not answer.calls:
        return bool(request.tools) and (wanted == "required" or isinstance(wanted, NamedTool))
    return not request.parallel_tool_calls and len(answer.calls) > 1


def breaks_arguments(answer: Answer, request: CompletionRequest) -> bool:
    """Whether arguments are no JSON object, or not as the tool's schema says; or two calls share an id."""
    schemas = {tool.name: tool.parameters for tool in request.tools}
    ids = [call.id for call in answer.calls.values() if call.id]
    if len(set(ids)) < len(ids):
        return True
    for call in answer.calls.values():
        arguments = decoded(call.arguments or "{}")
        if arguments is INVALID or not isinstance(arguments, dict):
            return True
        schema = schemas.get(call.name)
        if schema and not valid(arguments, schema):
            return True
    return False
