"""Which grammars (GBNF) a request's answer must follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jsonschema.protocols import Validator

from agent_models.completion import CompletionRequest, NamedTool, Tool
from agent_models.engine.arguments import Arguments
from agent_models.engine.chat_form import ChatForm
from agent_models.engine.gbnf import Rules, either, literal
from agent_models.engine.schema_rules import SchemaRules, SchemaUnsupportedError
from agent_models.engine.tool_form import CallReader, rule
from agent_models.errors import UnsupportedRequestError

MOST_CALLS = 16


@dataclass(frozen=True)
class Constraints:
    """GBNF texts with the root rule `root`; None where the model writes freely.

    `start` rules from the answer's first letter on. `calls`: by what opens them, what rules behind that.
    `call_first`: the answer must begin with a call. `checks` holds, by tool, what the grammar alone does not guarantee
    about its arguments.
    """

    start: str | None = None
    calls: Mapping[str, str] = field(default_factory=dict)
    reader: CallReader | None = None
    call_first: bool = False
    parallel: bool = True
    checks: Mapping[str, Validator] = field(default_factory=dict)


def constraints(request: CompletionRequest, form: ChatForm) -> Constraints:
    """The grammars for this request. Raises UnsupportedRequestError for a schema that none can express."""
    rules = Rules()
    output = _output(request, rules)
    tools = _offered(request)
    if not tools:
        return Constraints(start=rules.text(output) if output else None)
    written = {tool.name: _arguments(tool, form, rules) for tool in tools}

    def call(pattern: str) -> str:
        return rules.add(either(rule(pattern, name, arguments.rule) for name, arguments in written.items()))

    end = f"({rule(form.tools.end)})?" if form.tools.end else ""
    if request.parallel_tool_calls and form.tools.again is not None:
        end = f"({call(form.tools.again)}){{0,{MOST_CALLS - 1}}} {end}"
    behind = rules.add(end or '""')
    calls = {start: f"{call(pattern)} {behind}" for start, pattern in form.tools.starts.items()}
    # Until a call has been opened the answer may be either. An early start may be the beginning of JSON as well.
    openers = [literal(start) for start in calls if start not in form.tools.early]
    start = rules.text(" | ".join([output, *openers])) if output else None
    return Constraints(
        start=start,
        calls={opener: rules.text(root) for opener, root in calls.items()},
        reader=CallReader(form.tools, {name: arguments.read for name, arguments in written.items()}),
        call_first=request.tool_choice != "auto",
        parallel=request.parallel_tool_calls,
        checks={name: arguments.validator for name, arguments in written.items() if arguments.loose},
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


def _arguments(tool: Tool, form: ChatForm, rules: Rules) -> Arguments:
    # Agents' tools use every keyword there is. What no grammar expresses is checked before a call is released,
    # unless the caller insisted on `strict`.
    schema = {"type": "object", "additionalProperties": False} if tool.parameters is None else tool.parameters
    try:
        written = form.tools.notation.arguments(rules, {"type": "object", **schema}, lenient=not tool.strict)
    except SchemaUnsupportedError as error:
        raise UnsupportedRequestError(
            f"The local model cannot be held to the schema of the tool '{tool.name}': {error}.", param="tools"
        ) from None
    # Each form's pattern names them once more.
    return written._replace(rule=rules.add(written.rule))
