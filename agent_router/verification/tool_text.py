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
_MAY_BEGIN = re.compile(
    r'\A\s*[{\[<`]|^(?:Action|Tool|Function)\s*:|\{\s*"|<(?:tool|function|invoke)|<[|｜]|\[TOOL', re.MULTILINE
)
_NAME_AND_MORE = re.compile(r"\s*(?:functions\.|default_api\.|tools\.)?([\w.-]{1,128})\s*[({]")
_CONTROL = re.compile(
    r"<\|/?[a-z][a-z0-9_]{1,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<｜[^｜]{1,40}｜>|</think>|"
    r"<0x[0-9A-F]{2}>|<(?:bos|eos|pad|unk)>",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"^(?:###? ?(?:Human|Instruction|User|Assistant) ?:|(?:User|Human): .*\n+(?:Assistant|AI): )", re.MULTILINE
)
_DIALOGUE = re.compile(r"dialog|conversation|transcript|interview|chat|user:|human:", re.IGNORECASE)
_PAIRS = {"</s>": "<s>", "<s>": "</s>", "</think>": "<think>"}  # struck-out text in HTML, and thoughts
_FENCE = re.compile(r"\s*```(?:json|tool_call|tool_code)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)
_NAMES = ("name", "tool", "function", "tool_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "action_input", "tool_input")
_IN_JSON = re.compile(rf'"(?:{"|".join(_NAMES)})"\s*:\s*"([\w.-]{{1,128}})"')
_ARGUMENT_KEYS = re.compile(rf'"(?:{"|".join(_ARGUMENTS)})"\s*:')
_NAMESPACE = r"(?:functions\.|default_api\.|tools\.)?"
_AS_FUNCTION = re.compile(
    rf"\s*(?:```\w*\n)?\[?(?:print\()?{_NAMESPACE}([\w.-]{{1,128}})\s*(?:\(.*\)|\{{.*\}})\]?\s*(?:```)?\s*\Z", re.DOTALL
)
_AS_ACTION = re.compile(
    rf"^(?:Action|Tool|Function)\s*:\s*`?{_NAMESPACE}([\w.-]{{1,128}})`?[ \t]*\n\s*(?:Action |Tool )?"
    r"(?:Input|Arguments|Args|Parameters)\s*:",
    re.MULTILINE,
)
_AS_TAG = re.compile(r"\s*<([\w.-]{1,128})>.*</\1>\s*\Z", re.DOTALL)


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
    """Whether tokens of a chat template stand in the text, of which nobody had spoken, or behind the answer the next
    turn of somebody else."""
    text = answer.text
    turn = _TURN.search(text)
    if turn is not None and text[: turn.start()].strip():
        return not any(_DIALOGUE.search(message.text) for message in request.messages[-4:])
    for found in {match.group() for match in _CONTROL.finditer(text)}:
        if found in _PAIRS and text.count(found) == text.count(_PAIRS[found]):
            continue
        if not any(found in message.text for message in request.messages[-4:]):
            return True
    return False


def _names_a_tool(text: str, offered: set[str], request: CompletionRequest) -> bool:
    """Whether JSON in the text names an offered tool and its arguments, or all of it is `name(...)` or
    `<name>…</name>`, or two lines of it are an action and its input."""
    forms = (_AS_FUNCTION.match(text), _AS_ACTION.search(text), _AS_TAG.match(text))
    if any(form is not None and form[1] in offered for form in forms):
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
