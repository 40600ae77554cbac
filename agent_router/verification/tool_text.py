"""Whether an answer holds what should have been a call, or tokens that nobody should see."""

from __future__ import annotations

import re

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer
from agent_router.verification.schema import INVALID, decoded

_MARKS = (
    r"<tool_call>|<function=|<function_call\b|<\|python_tag\|>|\[TOOL_CALLS\]|<\|tool_call|<tool_code>|<\|channel\|>|"
    r"<\|start\|>|<start_of_turn>|<invoke name=|<tool_use>|```tool_(?:call|code)\b|<｜tool"
)
_BEGINNING = re.compile(rf"\s*(?:{_MARKS})")
_WITHIN = re.compile(_MARKS)
_MAY_BEGIN = re.compile(r'\A\s*[{\[<`]|\{\s*"|<(?:tool|function|invoke)|<[|｜]|\[TOOL')
_NAME_AND_MORE = re.compile(r"\s*([\w.-]{1,128})\s*\(")
_CONTROL = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|assistant|user|system|end|channel|message)\|>"
    r"|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|<｜[^｜]{1,40}｜>"
)
_FENCE = re.compile(r"\s*```(?:json|tool_call|tool_code)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)
_NAMES = ("name", "tool", "function", "tool_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "action_input", "tool_input")
_IN_JSON = re.compile(rf'"(?:{"|".join(_NAMES)})"\s*:\s*"([\w.-]{{1,128}})"')
_ARGUMENT_KEYS = re.compile(rf'"(?:{"|".join(_ARGUMENTS)})"\s*:')
_AS_FUNCTION = re.compile(r"\s*(?:```\w*\n)?([\w.-]{1,128})\s*\(.*\)\s*(?:```)?\s*\Z", re.DOTALL)


def is_call_as_text(answer: Answer, request: CompletionRequest) -> bool:
    """Whether the text is a call, or holds one, in the form that some model family gives it. Text about such forms is
    none: then the ask speaks of them."""
    text = answer.text
    if answer.calls or not text:
        return False
    mark = _BEGINNING.match(text) or (_WITHIN.search(text) if request.tools else None)
    if mark is not None:
        return not any(mark.group().strip() in message.text for message in request.messages[-4:])
    if not request.tools or not answer.whole or request.output_format.kind != "text":
        return False
    return _names_a_tool(text, {tool.name for tool in request.tools}, request)


def may_become_call(text: str, request: CompletionRequest) -> bool:
    """Whether the beginning of a text is such as calls have that are written as text: only the whole tells."""
    if not request.tools or request.tool_choice == "none":
        return False
    named = _NAME_AND_MORE.match(text)
    return _MAY_BEGIN.search(text) is not None or (
        named is not None and any(tool.name == named[1] for tool in request.tools)
    )


def shows_control_tokens(answer: Answer, request: CompletionRequest) -> bool:
    """Whether tokens of a chat template stand in the text, of which nobody had spoken."""
    found = _CONTROL.search(answer.text)
    return found is not None and not any(found.group() in message.text for message in request.messages[-4:])


def _names_a_tool(text: str, offered: set[str], request: CompletionRequest) -> bool:
    """Whether JSON in the text names an offered tool and its arguments, or all of it is `name(...)`."""
    call = _AS_FUNCTION.match(text)
    if call is not None and call[1] in offered:
        return True
    fenced = _FENCE.match(text)
    value = decoded(fenced[1] if fenced else text)
    if value is INVALID:
        named = _IN_JSON.search(text)
        if named is None or named[1] not in offered or _ARGUMENT_KEYS.search(text) is None:
            return False
        return not any(_ARGUMENT_KEYS.search(message.text) for message in request.messages[-4:])
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict) or not any(key in value for key in _ARGUMENTS):
        return False
    return any(isinstance(value.get(key), str) and value[key] in offered for key in _NAMES)
