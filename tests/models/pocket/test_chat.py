"""The chat template: what training saw is what serving renders."""

from __future__ import annotations

import json

from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from models.pocket.chat import TEMPLATE, render
from models.pocket.data import items

TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}


def test_a_plain_conversation_is_chatml() -> None:
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
    assert render(messages) == (
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n"
    )
    assert render(messages, answer_next=False).endswith("U<|im_end|>\n")


def test_llama_cpp_renders_the_same() -> None:
    formatter = Jinja2ChatFormatter(template=TEMPLATE, eos_token="<|im_end|>", bos_token="<|endoftext|>")
    for task in ("hello", "triage", "extraction"):
        example = items(task, 1, 1)[0]
        assert formatter(messages=example.messages).prompt == example.prompt  # type: ignore[arg-type]


def test_tools_stand_in_the_system_turn() -> None:
    text = render([{"role": "system", "content": "S"}, {"role": "user", "content": "U"}], [TOOL])
    assert text.startswith("<|im_start|>system\nS\n\n# Tools\n<tools>\n" + json.dumps(TOOL) + "\n</tools>\n")
    compact = render([{"role": "user", "content": "U"}], [TOOL], compact=True)
    assert json.dumps(TOOL, separators=(",", ":")) in compact


def test_a_call_that_the_model_wrote_is_rendered_as_it_wrote_it() -> None:
    for example in items("tool_call", 2, 50):
        call = json.loads(example.answer.removeprefix("<tool_call>\n").removesuffix("\n</tool_call>"))
        turn = {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": call}]}
        whole = render([*example.messages, turn], example.tools, answer_next=False, compact=example.compact)
        assert whole == example.prompt + example.target + "\n"


def test_arguments_that_come_as_text_are_not_quoted_again() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    messages = [{"role": "user", "content": "U"}, {"role": "assistant", "content": "", "tool_calls": [call, call]}]
    written = '<tool_call>\n{"name": "f", "arguments": {"x": 1}}\n</tool_call>'
    assert f"assistant\n{written}\n{written}<|im_end|>" in render(messages, answer_next=False)


def test_tool_results_share_one_turn() -> None:
    results = [{"role": "tool", "content": "1"}, {"role": "tool", "content": "2"}]
    text = render([{"role": "user", "content": "U"}, *results])
    assert (
        "<|im_start|>user\n<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response><|im_end|>" in text
    )
