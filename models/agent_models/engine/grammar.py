"""Which grammars (GBNF) a request's answer must follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from jsonschema.protocols import Validator

from agent_models.completion import CompletionRequest, NamedTool, Tool
from agent_models.engine.gbnf import Rules, either, literal
from agent_models.engine.schema_rules import SchemaRules, SchemaUnsupportedError
from agent_models.engine.tool_calls import CLOSE, OPEN
from agent_models.errors import UnsupportedRequestError


@dataclass(frozen=True)
class Constraints:
    """GBNF texts with the root rule `root`; None where the model writes freely.

    `start` rules from the first token on. `call` rules behind an opening tool-call marker, `further` behind
    each call (an end, or another call with its marker). `call_first`: the answer must begin with a call.
    `checks` holds, by tool, what the grammar alone does not guarantee about its arguments.
    """

    start: str | None = None
    call: str | None = None
    further: str | None = None
    call_first: bool = False
    parallel: bool = True
    checks: Mapping[str, Validator] = field(default_factory=dict)


def constraints(request: CompletionRequest) -> Constraints:
    """The grammars for this request. Raises UnsupportedRequestError for a schema that none can express."""
    rules = Rules()
    output = _output(request, rules)
    tools = _offered(request)
    if not tools:
        return Constraints(start=rules.text(output) if output else None)
    checks: dict[str, Validator] = {}
    call = rules.add(either(_call(tool, rules, checks) for tool in tools))
    body = f'" "? "\\n"? {call} "\\n"? {literal(CLOSE)}?'
    # Until the marker has been written the answer may be either; behind it `call` takes over.
    start = rules.text(f"{output} | {literal(OPEN)}") if output else None
    return Constraints(
        start=start,
        call=rules.text(body),
        further=rules.text(f'("\\n"? {literal(OPEN)} {body})?'),
        call_first=request.tool_choice != "auto",
        parallel=request.parallel_tool_calls,
        checks=checks,
    )


def _output(request: CompletionRequest, rules: Rules) -> str | None:
    wanted = request.output_format
    if wanted.kind == "json_object":
        return "object"
    if wanted.kind == "text":
        return None
    try:
        return SchemaRules(rules, True if wanted.schema is None else wanted.schema).root()
    except SchemaUnsupportedError as error:
        raise UnsupportedRequestError(
            f"The local model cannot be held to the response format's schema: {error}.", param="response_format"
        ) from None


def _offered(request: CompletionRequest) -> tuple[Tool, ...]:
    choice = request.tool_choice
    if choice == "none":
        return ()
    if not isinstance(choice, NamedTool):
        if choice == "required" and not request.tools:
            raise UnsupportedRequestError("tool_choice is 'required' but there are no tools.", param="tool_choice")
        return request.tools
    named = tuple(tool for tool in request.tools if tool.name == choice.name)
    if not named:
        raise UnsupportedRequestError(f"tool_choice names the unknown tool '{choice.name}'.", param="tool_choice")
    return named


def _call(tool: Tool, rules: Rules, checks: dict[str, Validator]) -> str:
    # Agents' tools use every keyword there is. What no grammar expresses is checked before a call is released,
    # unless the caller insisted on `strict`.
    schema = {"type": "object", "additionalProperties": False} if tool.parameters is None else tool.parameters
    try:
        arguments = SchemaRules(rules, {"type": "object", **schema}, lenient=not tool.strict)
        body = arguments.root()
    except SchemaUnsupportedError as error:
        raise UnsupportedRequestError(
            f"The local model cannot be held to the schema of the tool '{tool.name}': {error}.", param="tools"
        ) from None
    if arguments.loose:
        checks[tool.name] = arguments.validator
    name = literal(_json_string(tool.name))
    return rules.add(f'"{{" ws "\\"name\\":" ws {name} "," ws "\\"arguments\\":" ws {body} ws "}}"')


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
