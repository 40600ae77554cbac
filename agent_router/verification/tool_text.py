"""Whether an answer holds what should have been a call, or tokens that nobody should see."""

from __future__ import annotations

import re

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer
from agent_router.verification.schema import INVALID, decoded

_BEGINNINGS = re.compile(
    r"\s*(?:<tool_call>|<function=|<function_call|<\|python_tag\|>|\[TOOL_CALLS\]|<\|tool_call|<tool_code>|"
    r"<\|channel\|>|<\|start\|>|<start_of_turn>|<invoke name=|<tool_use>|```tool_(?:call|code)\b)"
)
_CONTROL = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|assistant|user|system|end|channel|message)\|>"
    r"|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|<｜[^｜]{1,40}｜>"
)
_FENCE = re.compile(r"\s*```(?:json|tool_call|tool_code)?\s*\n(.*)\n\s*```\s*\Z", re.DOTALL)
_NAMES = ("name", "tool", "function", "tool_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "action_input", "tool_input")


def is_call_as_text(answer: Answer, request: CompletionRequest) -> bool:
    """Whether the text is a call, or begins like one, in the form that some model family gives it."""
    text = answer.text
    if answer.calls or not text:
        return False
    if _BEGINNINGS.match(text):
        return True
    if not request.tools or not answer.whole or request.output_format.kind != "text":
        return False
    return _names_a_tool(text, {tool.name for tool in request.tools})


def shows_control_tokens(answer: Answer, request: CompletionRequest) -> bool:
    """Whether tokens of a chat template stand in the text, of which nobody had spoken."""
    found = _CONTROL.search(answer.text)
    return found is not None and not any(found.group() in message.text for message in request.messages[-4:])


def _names_a_tool(text: str, offered: set[str]) -> bool:
    """Whether the whole text is JSON, fenced or not, that names an offered tool and its arguments; or `name(...)`."""
    fenced = _FENCE.match(text)
    value = decoded(fenced[1] if fenced else text)
    if value is INVALID:
        call = re.match(r"\s*([\w.-]{1,128})\s*\(.*\)\s*\Z", text, re.DOTALL)
        return call is not None and call[1] in offered
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict) or not any(key in value for key in _ARGUMENTS):
        return False
    return any(isinstance(value.get(key), str) and value[key] in offered for key in _NAMES)
