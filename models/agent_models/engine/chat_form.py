"""What a model's answers look like, told by the text of its chat template: how it calls tools and marks its thoughts.

By the marks that the template holds, never by a model's name: what a fine-tune calls itself says nothing about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_models.engine.gemma_arguments import GemmaArguments
from agent_models.engine.tagged_arguments import Tagged
from agent_models.engine.tool_form import ToolForm


@dataclass(frozen=True)
class Thoughts:
    """The marks around what a model thinks. `after`: what it writes behind them before its answer. `anywhere`: they
    count in the middle of an answer as well, because its text never holds them. `field`: where the template looks for
    the thoughts of an earlier turn."""

    open: str
    close: str
    after: str = ""
    anywhere: bool = False
    field: str = "reasoning_content"


@dataclass(frozen=True)
class ChatForm:
    """`native`: the tool form is the template's own. `dropped`: marks around the answer that are no part of it;
    `answer` is written before an answer that must follow a grammar from its first letter on.
    `tools_in_system`: the template looks for the tools in the system message. `efforts`: the template's words for
    those efforts of reasoning that it has others for."""

    tools: ToolForm
    native: bool = True
    thoughts: Thoughts = Thoughts("<think>", "</think>", "\n\n")
    dropped: tuple[str, ...] = ()
    answer: str = ""
    tools_in_system: bool = False
    efforts: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Everything that its marks may consist of."""
        return "\n".join([self.tools.text, self.thoughts.open, self.thoughts.close, *self.dropped, self.answer])


_JSON = '{"name": %quoted, "arguments": %args}'
HERMES = ToolForm({"<tool_call>": f"\n{_JSON}"}, again=f"\n</tool_call>\n<tool_call>\n{_JSON}", end="\n</tool_call>")
_FUNCTION = "%name>\n%args</function>"
QWEN_CODER = ToolForm(
    {"<tool_call>": f"\n<function={_FUNCTION}", "<function=": _FUNCTION},
    again=f"\n</tool_call>\n<tool_call>\n<function={_FUNCTION}",
    end="\n</tool_call>",
    notation=Tagged("<parameter=", ">\n", "\n</parameter>"),
)
GLM = ToolForm(
    {"<tool_call>": "~%name\n%args\n</tool_call>"},
    again="\n<tool_call>~%name\n%args\n</tool_call>",
    notation=Tagged("<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>"),
)
_PARAMETERS = ' %quoted, "parameters": %args}'
LLAMA = ToolForm(
    {
        '{"name":': _PARAMETERS,
        '{"type": "function", "name":': _PARAMETERS,
        "<|python_tag|>": f'~{{~(~"type": "function", )?"name":{_PARAMETERS}',
    },
    again=f'~(;)?~{{"name":{_PARAMETERS}',
    early=frozenset({'{"name":', '{"type": "function", "name":'}),
)
_WITH_ID = '{"name": %quoted, "arguments": %args(, "id": "%id")?}'
MISTRAL_LIST = ToolForm({"[TOOL_CALLS]": f"~[~{_WITH_ID}"}, again=f"~, {_WITH_ID}", end="~]")
MISTRAL = ToolForm({"[TOOL_CALLS]": "~%name[ARGS]~%args"}, again="~[TOOL_CALLS]~%name[ARGS]~%args")
MISTRAL_WITH_ID = ToolForm(
    {"[TOOL_CALLS]": "~%name([CALL_ID]%id)?[ARGS]~%args"}, again="~[TOOL_CALLS]~%name([CALL_ID]%id)?[ARGS]~%args"
)
GEMMA = ToolForm(
    {"<|tool_call>": "~call:%name~%args"},
    again="<tool_call|>~<|tool_call>~call:%name~%args",
    end="<tool_call|>",
    notation=GemmaArguments(),
)
_RECIPIENT = "%name(<|channel|>commentary)?~(<|constrain|>)?(json)?~<|message|>~%args"
HARMONY = ToolForm(
    {
        "<|channel|>commentary to=functions.": _RECIPIENT,
        "<|channel|>analysis to=functions.": _RECIPIENT,
        " to=functions.": _RECIPIENT,
    },
    early=frozenset({" to=functions."}),
)
_SEP = "<｜tool▁sep｜>"
_DEEPSEEK_CALL = f"<｜tool▁call▁begin｜>%name{_SEP}~%args"
DEEPSEEK = ToolForm(
    {"<｜tool▁calls▁begin｜>": f"~{_DEEPSEEK_CALL}"},
    again=f"~<｜tool▁call▁end｜>~{_DEEPSEEK_CALL}",
    end="~<｜tool▁call▁end｜>~<｜tool▁calls▁end｜>",
)
_R1_CALL = f"<｜tool▁call▁begin｜>function{_SEP}%name\n```json\n%args\n```"
DEEPSEEK_R1 = ToolForm(
    {"<｜tool▁calls▁begin｜>": f"~{_R1_CALL}"},
    again=f"<｜tool▁call▁end｜>\n{_R1_CALL}",
    end="<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
)
_KIMI_CALL = "<|tool_call_begin|>functions.%name:%number<|tool_call_argument_begin|>~%args"
KIMI = ToolForm(
    {"<|tool_calls_section_begin|>": f"~{_KIMI_CALL}"},
    again=f"~<|tool_call_end|>~{_KIMI_CALL}",
    end="~<|tool_call_end|>~<|tool_calls_section_end|>",
)
GRANITE = ToolForm({"<|tool_call|>": f"~[~{_JSON}"}, again=f"~, {_JSON}", end="~](<|/tool_call|>)?")


_CHANNELS = Thoughts("<|channel|>analysis<|message|>", "<|end|>", anywhere=True, field="thinking")
_HARMONY = ChatForm(
    HARMONY,
    thoughts=_CHANNELS,
    dropped=("<|start|>assistant", "<|channel|>final<|message|>", "<|channel|>commentary<|message|>", "<|end|>"),
    answer="<|channel|>final<|message|>",
    efforts={"none": "low", "minimal": "low", "xhigh": "high"},
)
_THOUGHTS = (
    Thoughts("<|channel>thought", "<channel|>", anywhere=True),
    Thoughts("[THINK]", "[/THINK]"),
    Thoughts("<seed:think>", "</seed:think>"),
    Thoughts("<reasoning>", "</reasoning>"),
    Thoughts("<thinking>", "</thinking>"),
)
# The marks that a template must hold, blanks and escapes aside, for the form behind them. The first that fits is taken.
_TOOLS: tuple[tuple[tuple[str, ...], ToolForm], ...] = (
    (("<|tool_call>", "call:"), GEMMA),
    (("[TOOL_CALLS]", "[CALL_ID]"), MISTRAL_WITH_ID),
    (("[TOOL_CALLS]", "[ARGS]"), MISTRAL),
    (("[TOOL_CALLS]",), MISTRAL_LIST),
    (("<｜tool▁calls▁begin｜>", "```json"), DEEPSEEK_R1),
    (("<｜tool▁calls▁begin｜>",), DEEPSEEK),
    (("<|tool_calls_section_begin|>", "<|tool_call_argument_begin|>"), KIMI),
    (("<tool_call>", "<function=", "<parameter="), QWEN_CODER),
    (("<tool_call>", "<arg_key>", "<arg_value>"), GLM),
    (("<tool_call>", "</tool_call>", '{"name":', '"arguments":'), HERMES),
    (("<|tool_call|>",), GRANITE),
    (("<|start_header_id|>", '{"name":', '"parameters":'), LLAMA),
)


def chat_form(template: str) -> ChatForm:
    """The form of a template's answers. One that shows none of the known marks is served with Hermes' in plain text."""
    if "<|channel|>" in template and "<|message|>" in template:
        return _HARMONY
    thoughts = next((marks for marks in _THOUGHTS if marks.open in template), Thoughts("<think>", "</think>", "\n\n"))
    if "<|tool|>" in template:
        return ChatForm(GRANITE, thoughts=thoughts, tools_in_system=True)
    shape = re.sub(r"\\n|\\|\s", "", template)
    for marks, form in _TOOLS:
        if all(mark in shape for mark in marks) and "<tool_calls>" not in shape:
            return ChatForm(form, thoughts=thoughts)
    return ChatForm(HERMES, native=False, thoughts=thoughts)
