"""Real models' templates (their essential lines), and what goes wrong with templates."""

from __future__ import annotations

from typing import Any

import pytest

from agent_models.engine.abilities import Abilities
from agent_models.engine.template import CHATML, ChatTemplate, TemplateError, merged

QWEN = (
    "{%- if tools %}\n    {{- '<|im_start|>system\\n' }}\n    {%- if messages[0]['role'] == 'system' %}\n"
    "        {{- messages[0]['content'] }}\n    {%- else %}\n"
    "        {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}\n    {%- endif %}\n"
    '    {{- "\\n\\n# Tools\\n\\n<tools>" }}\n    {%- for tool in tools %}\n        {{- "\\n" }}\n'
    "        {{- tool | tojson }}\n    {%- endfor %}\n"
    '    {{- "\\n</tools>\\n\\n<tool_call>\\n{\\"name\\": <function-name>, \\"arguments\\": <args-json-object>}\\n'
    "</tool_call><|im_end|>\\n\" }}\n{%- else %}\n    {%- if messages[0]['role'] == 'system' %}\n"
    "        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n    {%- endif %}\n"
    "{%- endif %}\n{%- for message in messages %}\n"
    '    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}\n'
    "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n"
    "    {%- elif message.role == \"assistant\" %}\n        {{- '<|im_start|>' + message.role }}\n"
    "        {%- if message.content %}\n            {{- '\\n' + message.content }}\n        {%- endif %}\n"
    "        {%- for tool_call in message.tool_calls %}\n            {%- set tool_call = tool_call.function %}\n"
    '            {{- \'\\n<tool_call>\\n{"name": "\' }}\n            {{- tool_call.name }}\n'
    '            {{- \'", "arguments": \' }}\n            {{- tool_call.arguments | tojson }}\n'
    "            {{- '}\\n</tool_call>' }}\n        {%- endfor %}\n        {{- '<|im_end|>\\n' }}\n"
    '    {%- elif message.role == "tool" %}\n'
    "        {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}\n"
    "    {%- endif %}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n"
    "{%- endif %}\n"
)
LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + "
    "message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}"
    "{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)


def say(*turns: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"role": role, "content": text} for role, text in turns]


def chat(source: str | None) -> ChatTemplate:
    return ChatTemplate(source, bos="<s>", eos="</s>")


TALK = say(("system", "S"), ("user", "U"), ("assistant", "A"), ("user", "V"))


def test_qwen() -> None:
    template = chat(QWEN)
    assert template.abilities == Abilities(declares=True, calls=True, results=True, none=True)
    assert template.render(TALK, None) == (
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n"
        "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n"
    )


def test_qwen_with_tools_calls_and_results() -> None:
    call = {"function": {"name": "f", "arguments": {"a": "é<"}}}
    messages = [*say(("user", "U")), {"role": "assistant", "content": "", "tool_calls": [call]}, *say(("tool", "R"))]
    text = chat(QWEN).render(messages, [{"type": "function", "function": {"name": "f"}}])
    assert '<tools>\n{"type": "function", "function": {"name": "f"}}\n</tools>' in text
    assert '<tool_call>\n{"name": "f", "arguments": {"a": "é<"}}\n</tool_call><|im_end|>' in text
    assert "<tool_response>\nR\n</tool_response>" in text


def test_llama_3() -> None:
    assert chat(LLAMA3).render(say(("user", " U ")), None) == (
        "<s><|start_header_id|>user<|end_header_id|>\n\nU<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    assert chat(LLAMA3).abilities == Abilities()


def test_gemma_takes_the_system_text_in_the_first_user_turn() -> None:
    assert chat(GEMMA).render(TALK, None) == (
        "<s><start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n"
        "<start_of_turn>user\nV<end_of_turn>\n<start_of_turn>model\n"
    )


def test_mistral_takes_two_user_turns_as_one() -> None:
    assert chat(MISTRAL).render(say(("user", "U"), ("user", "V")), None) == "<s>[INST] U\n\nV [/INST]"
    assert chat(MISTRAL).render(TALK, None) == "<s>[INST] S\n\nU [/INST]A</s>[INST] V [/INST]"


def test_a_template_that_refuses_twice_says_why() -> None:
    with pytest.raises(TemplateError, match="no way"):
        chat("{{ raise_exception('no way') }}").render(TALK, None)


@pytest.mark.parametrize("source", [None, "", "{% for %}", "{{ unclosed", "{% nonsense %}"])
def test_a_missing_or_broken_template_is_chatml(source: str | None) -> None:
    assert chat(source).source == CHATML
    assert chat(source).render(say(("user", "U")), None) == "<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{{ 1 / 0 }}",
        "{{ messages[0].nothing.deeper }}",
    ],
)
def test_the_sandbox_holds_and_failures_quote_nothing(source: str) -> None:
    with pytest.raises(TemplateError, match="failed with"):
        chat(source).render(say(("user", "secret")), None)


def test_what_transformers_offers_is_there() -> None:
    source = "{{ strftime_now('%Y') | length }}{% generation %}x{% endgeneration %}"
    source += "{% for m in messages %}{% break %}{% endfor %}"
    assert chat(source).render(TALK, None) == "4x"
    assert chat("{{ [1, 'é<'] | tojson(indent=2) }}").render(TALK, None) == '[\n  1,\n  "é<"\n]'


def test_merged_keeps_tool_results_apart() -> None:
    turns = merged(say(("tool", "1"), ("tool", "2")))
    assert [turn["content"] for turn in turns] == ["1", "2"]
    assert merged(say(("system", "S"))) == say(("user", "S"))


def test_one_that_fails_without_tools_is_given_none_of_them() -> None:
    source = "{% for tool in tools %}{{ tool.function.name }}{% endfor %}{{ messages[0].content }}"
    assert chat(source).render(say(("user", "U")), None) == "U"


def test_a_mapped_list_can_be_written_as_json() -> None:
    source = "{{ tools | map(attribute='function') | tojson }}"
    assert chat(source).render(say(("user", "U")), [{"function": {"name": "f"}}]) == '[{"name": "f"}]'


def test_tools_where_the_system_message_is_looked_at_for_them() -> None:
    source = (
        "{% for m in messages %}{{ m.role }}{% if m.tools %}<|tool|>{{ m.tools }}{% endif %}"
        "{{ m.content }};{% endfor %}"
    )
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert chat(source).render(say(("user", "U")), tools) == 'system<|tool|>[{"name": "f"}];userU;'
    assert chat(source).render(say(("system", "S"), ("user", "U")), tools) == 'system<|tool|>[{"name": "f"}]S;userU;'
