"""Families of models: a real template of each, the control tokens of its vocabulary, and what such a model writes."""

from __future__ import annotations

from dataclasses import dataclass

from tests.models.engine import fetch_templates
from tests.models.engine.fetch_templates import FOLDER

# llama.cpp's source has none of this family; this one does the same.
PHI_4_MINI = (
    "{%- for turn in messages -%}<|{{ turn.role }}|>{{ turn.content }}"
    "{% if turn.tools %}<|tool|>{{ turn.tools }}<|/tool|>{% endif %}<|end|>{%- endfor -%}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
ARGUMENTS = {"city": "Oslo", "note": 'rain, "snow"', "days": 2}
"""What every family's `call` says; `again` says the same for Rome."""


@dataclass(frozen=True)
class Family:
    """`shown`: what the prompt holds of the tool, the earlier call and its result. `call`, `again`: calls as the model
    writes them. `thought`: how it writes that it thinks `hm`, before the answer `so`; `opens`: the mark that the
    template has written before. `start`: the mark that opens calls, in a vocabulary that has it as one token."""

    template: str
    control: tuple[str, ...]
    shown: tuple[str, ...]
    call: str
    again: str = ""
    thought: str = ""
    start: str = "<tool_call>"
    opens: str = ""

    def source(self) -> str:
        """The template's text."""
        if self.template.startswith("{"):
            return self.template
        path = FOLDER / f"{self.template}.jinja"
        fetch_templates.main()  # does nothing when they are there
        assert path.exists(), f"{path} is missing: `make test` fetches the templates"
        return path.read_text()


def _json(city: str, *, name: str = "arguments") -> str:
    return f'{{"name": "get_weather", "{name}": {_object(city)}}}'


def _object(city: str) -> str:
    return f'{{"city": "{city}", "note": "rain, \\"snow\\"", "days": 2}}'


def _hermes(city: str) -> str:
    return f"<tool_call>\n{_json(city)}\n</tool_call>"


def _coder(city: str) -> str:
    values = (("city", city), ("note", 'rain, "snow"'), ("days", "2"))
    parameters = "".join(f"<parameter={name}>\n{value}\n</parameter>\n" for name, value in values)
    return f"<tool_call>\n<function=get_weather>\n{parameters}</function>\n</tool_call>"


def _glm(city: str, gap: str) -> str:
    values = (("city", city), ("note", 'rain, "snow"'), ("days", "2"))
    pairs = gap.join(f"<arg_key>{name}</arg_key>{gap}<arg_value>{value}</arg_value>" for name, value in values)
    return f"<tool_call>get_weather{gap}{pairs}{gap}</tool_call>"


def _deepseek(city: str) -> str:
    return f"<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{_object(city)}<｜tool▁call▁end｜>"


def _r1(city: str) -> str:
    call = f"get_weather\n```json\n{_object(city)}\n```"
    return f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{call}<｜tool▁call▁end｜>"


_IM = ("<|im_start|>", "<|im_end|>")
_LLAMA = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>", "<|python_tag|>")
_MISTRAL = (
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
)
_TEKKEN = (*_MISTRAL, "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]", "[ARGS]", "[CALL_ID]")
_DEEPSEEK = (
    *("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"),
    *(
        "<｜tool▁calls▁begin｜>",
        "<｜tool▁calls▁end｜>",
        "<｜tool▁call▁begin｜>",
        "<｜tool▁call▁end｜>",
        "<｜tool▁sep｜>",
    ),
    *("<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>", "<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>"),
)
_HARMONY = ("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>")
_GEMMA = (
    *("<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|think|>", "<|tool>", "<tool|>", "<|tool_call>"),
    *("<tool_call|>", "<|tool_response>", "<tool_response|>", '<|"|>'),
)
_GRANITE = ("<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>")
_GLM = ("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")
_THINK = "<think>\nhm\n</think>\n\nso"
_HERMES_SHOWN = ('"name": "get_weather"', f"<tool_call>\n{_json('Bergen')}\n</tool_call>", "<tool_response>\nwet")

FAMILIES: dict[str, Family] = {
    "qwen2.5": Family("Qwen-Qwen2.5-7B-Instruct", _IM, _HERMES_SHOWN, _hermes("Oslo"), "\n" + _hermes("Rome")),
    "qwen3": Family(
        "Qwen-Qwen3-0.6B",
        _IM,
        _HERMES_SHOWN,
        _hermes("Oslo"),
        "\n" + _hermes("Rome"),
        _THINK,
    ),
    "qwq": Family("Qwen-QwQ-32B", _IM, _HERMES_SHOWN, _hermes("Oslo"), "\n" + _hermes("Rome"), _THINK),
    "qwen3-coder": Family(
        "Qwen3-Coder",
        _IM,
        ("<name>get_weather</name>", _coder("Bergen"), "<tool_response>\nwet"),
        _coder("Oslo"),
        "\n" + _coder("Rome"),
    ),
    "qwen3.5": Family(
        "Qwen3.5-4B",
        _IM,
        ('"name": "get_weather"', _coder("Bergen"), "<tool_response>\nwet"),
        _coder("Oslo"),
        "\n" + _coder("Rome"),
        "hm\n</think>\n\nso",
        opens="<think>",
    ),
    "hermes": Family(
        "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
        _IM,
        ('"name": "get_weather"', '<tool_call>\n{"name": "get_weather"', "wet"),
        _hermes("Oslo"),
        "\n" + _hermes("Rome"),
    ),
    "granite-4": Family("ibm-granite-granite-4.0", _GRANITE, _HERMES_SHOWN, _hermes("Oslo"), "\n" + _hermes("Rome")),
    "granite-3.3": Family(
        "ibm-granite-granite-3.3-2B-Instruct",
        (*_GRANITE, "<|tool_call|>"),
        ('"name": "get_weather"', f"<|tool_call|>[{_json('Bergen')}]", "<|start_of_role|>tool<|end_of_role|>wet"),
        f"<|tool_call|>[{_json('Oslo')}",
        f", {_json('Rome')}]",
        _THINK,
        start="<|tool_call|>",
    ),
    "phi-4-mini": Family(
        PHI_4_MINI,
        (
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|end|>",
            "<|tool|>",
            "<|/tool|>",
            "<|tool_call|>",
            "<|/tool_call|>",
        ),
        ('<|tool|>[{"name": "get_weather"', f"<|tool_call|>[{_json('Bergen')}]", "wet"),
        f"<|tool_call|>[{_json('Oslo')}",
        f", {_json('Rome')}]<|/tool_call|>",
        start="<|tool_call|>",
    ),
    "phi-3.5": Family(
        "microsoft-Phi-3.5-mini-instruct",
        ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        _HERMES_SHOWN,
        _hermes("Oslo"),
        "\n" + _hermes("Rome"),
    ),
    "gemma-2": Family(
        "google-gemma-2-2b-it",
        ("<start_of_turn>", "<end_of_turn>"),
        _HERMES_SHOWN,
        _hermes("Oslo"),
        "\n" + _hermes("Rome"),
    ),
    "gemma-4": Family(
        "google-gemma-4-31B-it",
        _GEMMA,
        (
            "<|tool>declaration:get_weather{",
            '<|tool_call>call:get_weather{city:<|"|>Bergen<|"|>,days:2,note:<|"|>rain, "snow"<|"|>}<tool_call|>',
            '<|tool_response>response:get_weather{value:<|"|>wet<|"|>}',
        ),
        '<|tool_call>call:get_weather{city:<|"|>Oslo<|"|>,days:2,note:<|"|>rain, "snow"<|"|>}',
        '<tool_call|><|tool_call>call:get_weather{city:<|"|>Rome<|"|>,days:2,note:<|"|>rain, "snow"<|"|>}<tool_call|>',
        "<|channel>thought\nhm\n<channel|>so",
        start="<|tool_call>",
    ),
    "llama-3.1": Family(
        "meta-llama-Llama-3.1-8B-Instruct",
        _LLAMA,
        (
            '"name": "get_weather"',
            _json("Bergen", name="parameters"),
            '<|start_header_id|>ipython<|end_header_id|>\n\n"wet"',
        ),
        _json("Oslo", name="parameters"),
        "; " + _json("Rome", name="parameters"),
        start="<|python_tag|>",
    ),
    "llama-3.2": Family(
        "meta-llama-Llama-3.2-3B-Instruct",
        _LLAMA,
        (
            '"name": "get_weather"',
            _json("Bergen", name="parameters"),
            '<|start_header_id|>ipython<|end_header_id|>\n\n"wet"',
        ),
        "<|python_tag|>" + _json("Oslo", name="parameters"),
        "; " + _json("Rome", name="parameters"),
        start="<|python_tag|>",
    ),
    "mistral-nemo": Family(
        "mistralai-Mistral-Nemo-Instruct-2407",
        _MISTRAL,
        (
            "[AVAILABLE_TOOLS][{",
            f'[TOOL_CALLS][{_json("Bergen")[:-1]}, "id": "efghijklm"}}]',
            '"call_id": "efghijklm"}',
        ),
        f'[TOOL_CALLS][{_json("Oslo")[:-1]}, "id": "abcdefghi"}}',
        f", {_json('Rome')}]",
        start="[TOOL_CALLS]",
    ),
    "mistral-small-3.2": Family(
        "Mistral-Small-3.2-24B-Instruct-2506",
        _TEKKEN,
        (
            "[AVAILABLE_TOOLS][{",
            f"[TOOL_CALLS]get_weather[CALL_ID]efghijklm[ARGS]{_object('Bergen')}",
            "[TOOL_RESULTS]efghijklm",
        ),
        f"[TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{_object('Oslo')}",
        f"[TOOL_CALLS]get_weather[CALL_ID]abcdefghj[ARGS]{_object('Rome')}",
        start="[TOOL_CALLS]",
    ),
    "devstral": Family(
        "unsloth-mistral-Devstral-Small-2507",
        _TEKKEN,
        ("[AVAILABLE_TOOLS][{", f"[TOOL_CALLS]get_weather[ARGS]{_object('Bergen')}", "[TOOL_RESULTS]wet"),
        f"[TOOL_CALLS]get_weather[ARGS]{_object('Oslo')}",
        f"[TOOL_CALLS]get_weather[ARGS]{_object('Rome')}",
        start="[TOOL_CALLS]",
    ),
    "ministral-3": Family(
        "mistralai-Ministral-3-14B-Reasoning-2512",
        (*_TEKKEN, "[THINK]", "[/THINK]"),
        ("[AVAILABLE_TOOLS][{", f"[TOOL_CALLS]get_weather[ARGS]{_object('Bergen')}", "[TOOL_RESULTS]wet"),
        f"[TOOL_CALLS]get_weather[ARGS]{_object('Oslo')}",
        f"[TOOL_CALLS]get_weather[ARGS]{_object('Rome')}",
        "[THINK]hm[/THINK]so",
        start="[TOOL_CALLS]",
    ),
    "gpt-oss": Family(
        "openai-gpt-oss-120b",
        _HARMONY,
        (
            "type get_weather = (_: {",
            f" to=functions.get_weather<|channel|>commentary json<|message|>{_object('Bergen')}<|call|>",
            '<|start|>functions.get_weather to=assistant<|channel|>commentary<|message|>"wet"<|end|>',
        ),
        f"<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{_object('Oslo')}",
        thought="<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>so",
        start="<|channel|>commentary to=functions.",
    ),
    "glm-4.6": Family(
        "GLM-4.6",
        _GLM,
        ('"name": "get_weather"', _glm("Bergen", "\n"), "<|observation|>\n<tool_response>\nwet"),
        "\n" + _glm("Oslo", "\n"),
        "\n" + _glm("Rome", "\n"),
        "\n<think>hm</think>\nso",
    ),
    "glm-4.7": Family(
        "GLM-4.7-Flash",
        _GLM,
        ('"name": "get_weather"', _glm("Bergen", ""), "<|observation|><tool_response>wet"),
        _glm("Oslo", ""),
        _glm("Rome", ""),
        "hm</think>so",
        opens="<think>",
    ),
    "deepseek-v3.1": Family(
        "deepseek-ai-DeepSeek-V3.1",
        _DEEPSEEK,
        (
            '"name": "get_weather"',
            f"<｜tool▁calls▁begin｜>{_deepseek('Bergen')}<｜tool▁calls▁end｜>",
            "<｜tool▁output▁begin｜>wet",
        ),
        f"<｜tool▁calls▁begin｜>{_deepseek('Oslo')}",
        f"{_deepseek('Rome')}<｜tool▁calls▁end｜>",
        _THINK,
        start="<｜tool▁calls▁begin｜>",
    ),
    "deepseek-r1": Family(
        "llama-cpp-deepseek-r1",
        _DEEPSEEK,
        (
            '"name": "get_weather"',
            f"<｜tool▁calls▁begin｜>{_r1('Bergen')}<｜tool▁calls▁end｜>",
            "<｜tool▁output▁begin｜>wet",
        ),
        f"<｜tool▁calls▁begin｜>{_r1('Oslo')}",
        f"\n{_r1('Rome')}<｜tool▁calls▁end｜>",
        "hm\n</think>\n\nso",
        start="<｜tool▁calls▁begin｜>",
        opens="<think>",
    ),
    "deepseek-r1-distill": Family(
        "deepseek-ai-DeepSeek-R1-Distill-Llama-8B",
        _DEEPSEEK,
        (
            '"name": "get_weather"',
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{",
            "<｜tool▁output▁begin｜>wet",
        ),
        f"<｜tool▁calls▁begin｜>{_r1('Oslo')}",
        f"\n{_r1('Rome')}<｜tool▁calls▁end｜>",
        "hm\n</think>\n\nso",
        start="<｜tool▁calls▁begin｜>",
        opens="<think>",
    ),
    "kimi-k2": Family(
        "moonshotai-Kimi-K2",
        (
            *("<|im_user|>", "<|im_assistant|>", "<|im_system|>", "<|im_middle|>", "<|im_end|>", "[EOS]"),
            *("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>"),
            *("<|tool_call_argument_begin|>", "<|tool_call_end|>"),
        ),
        ('"name": "get_weather"', f"<|tool_call_argument_begin|>{_object('Bergen')}<|tool_call_end|>", "wet"),
        f"<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{_object('Oslo')}",
        "<|tool_call_end|><|tool_call_begin|>functions.get_weather:1<|tool_call_argument_begin|>"
        f"{_object('Rome')}<|tool_call_end|><|tool_calls_section_end|>",
        start="<|tool_calls_section_begin|>",
    ),
}
