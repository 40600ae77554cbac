"""Every family with a real template of its own, its control tokens, and random weights or dictated words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent_models.completion import (
    CompletionRequest,
    Event,
    Message,
    NamedTool,
    ReasoningDelta,
    Text,
    Tool,
    ToolCall,
)
from agent_models.engine.chat_form import HERMES, chat_form
from agent_models.engine.model import Model
from agent_models.engine.prompt import PromptWriter
from tests.models.engine import fetch_templates
from tests.models.engine.asking import answer, ask, calls_of, reason_of, schema_format, text_of, usage_of, user
from tests.models.engine.dictation import Dictation
from tests.models.engine.families import ARGUMENTS, FAMILIES, Family
from tests.models.engine.fetch_templates import FOLDER
from tests.models.engine.tiny_gguf import make_tiny_gguf

WEATHER = Tool(
    "get_weather",
    "The weather",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "note": {"type": "string", "description": "any"},
            "days": {"type": "integer"},
        },
        "required": ["city"],
    },
)
NARROW = Tool(
    "narrow",
    "",
    {
        "type": "object",
        "properties": {
            "kind": {"enum": ["a", "b c", 3, None]},
            "short": {"type": "string", "minLength": 1, "maxLength": 4},
            "count": {"type": "integer", "minimum": 0, "maximum": 12},
            "either": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
            "list": {"type": "array", "items": {"enum": ["x", "y"]}, "maxItems": 2},
            "inner": {
                "type": "object",
                "properties": {"yes": {"type": "boolean"}, "word": {"type": "string", "maxLength": 3}},
                "required": ["yes"],
                "additionalProperties": False,
            },
        },
        "required": ["kind", "short", "inner"],
        "additionalProperties": False,
    },
)
SMALL = Tool(
    "small",
    "",
    {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 9999}}, "required": ["n"]},
)
PING = Tool("ping")
THINKERS = [name for name, family in FAMILIES.items() if family.thought]
WINDOW = 8192


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def model(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return _model(family, tmp_path_factory.mktemp("family"))


def _model(family: Family, folder: Path, *, words: tuple[str, ...] = (), control: bool = True) -> Model:
    path = make_tiny_gguf(
        folder / "family.gguf",
        template=family.source(),
        context=WINDOW,
        calls=False,
        control=family.control if control else (),
        words=words,
    )
    return Model(path, window=WINDOW, threads=1, gpu_layers=None)


def _spelt(model: Model, request: CompletionRequest) -> str:
    return b"".join(map(model.piece, PromptWriter(model).tokens(request))).decode()


def _thoughts(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def test_tools_and_history_are_shown_in_its_own_form(family: Family, model: Model) -> None:
    call = ToolCall("call_abcdefghijklm", "get_weather", json.dumps(ARGUMENTS | {"city": "Bergen"}))
    talk = (
        user("first"),
        Message("assistant", (), tool_calls=(call,)),
        Message("tool", (Text("wet"),), tool_call_id=call.id),
        Message("assistant", (Text("It rains."),)),
        user("and now?"),
    )
    text = _spelt(model, ask(messages=talk, tools=(WEATHER,)))
    for part in family.shown:
        assert part in text
    assert text.index("first") < text.index("Bergen") < text.index("wet") < text.index("It rains.")
    assert text.index("It rains.") < text.index("and now?")


def test_what_it_writes_is_read(family: Family, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    Dictation(monkeypatch, model, family.opens.replace("<", "</") + family.call + family.again)
    events = answer(model, ask(tools=(WEATHER, PING), max_tokens=1500))
    wanted = ["Oslo", "Rome"] if family.again else ["Oslo"]
    assert [json.loads(call.arguments) for call in calls_of(events)] == [{**ARGUMENTS, "city": city} for city in wanted]
    assert {call.name for call in calls_of(events)} == {"get_weather"}
    assert reason_of(events) == "tool_calls"
    assert text_of(events).strip() == ""


def test_text_and_a_call_split_into_bytes(family: Family, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = _model(family, tmp_path, control=False)
    said = "" if family.call.lstrip().startswith("{") else "Let me see."
    Dictation(monkeypatch, model, family.opens.replace("<", "</") + said + family.call, split=True)
    events = answer(model, ask(tools=(WEATHER, PING), max_tokens=1500, parallel_tool_calls=False))
    assert [json.loads(call.arguments) for call in calls_of(events)] == [ARGUMENTS]
    assert text_of(events).strip() == said


@pytest.mark.parametrize("family", THINKERS, indirect=True)
def test_thoughts_are_no_text(family: Family, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    Dictation(monkeypatch, model, family.thought)
    events = answer(model, ask(max_tokens=500, reasoning_effort="high"))
    assert (_thoughts(events), text_of(events).strip()) == ("hm", "so")
    assert reason_of(events) == "stop"
    assert 0 < usage_of(events).reasoning < usage_of(events).output


@pytest.mark.parametrize("family", THINKERS, indirect=True)
def test_thoughts_split_into_bytes(family: Family, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = _model(family, tmp_path, control=False)
    Dictation(monkeypatch, model, family.thought.replace("hm", "naïve < 1\n\n2"), split=True)
    events = answer(model, ask(max_tokens=500, reasoning_effort="high"))
    assert (_thoughts(events), text_of(events).strip()) == ("naïve < 1\n\n2", "so")
    assert len([event for event in events if isinstance(event, ReasoningDelta)]) > 5  # as they come, not at the end


@pytest.mark.parametrize("family", THINKERS, indirect=True)
def test_thoughts_before_a_call(family: Family, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    thought = family.thought.removesuffix("so").removesuffix("<|channel|>final<|message|>")
    Dictation(monkeypatch, model, thought + family.call)
    events = answer(model, ask(tools=(WEATHER,), max_tokens=1500, reasoning_effort="high", parallel_tool_calls=False))
    assert _thoughts(events) == "hm"
    assert [json.loads(call.arguments) for call in calls_of(events)] == [ARGUMENTS]
    assert text_of(events).strip() == ""


@pytest.mark.parametrize("seed", range(2))
def test_a_required_call_is_always_valid(model: Model, seed: int) -> None:
    request = ask(tools=(NARROW, PING), tool_choice="required", temperature=1.5, seed=seed, max_tokens=1500)
    events = _answer(model, request)
    calls = calls_of(events)
    assert calls
    assert text_of(events).strip() == ""
    assert [call.index for call in calls] == list(range(len(calls)))
    for call in calls:
        tool = {"narrow": NARROW.parameters, "ping": {"type": "object", "maxProperties": 0}}[call.name or ""]
        jsonschema.validate(json.loads(call.arguments), tool or {})


def _answer(model: Model, request: CompletionRequest) -> list[Event]:
    """The answer, its thoughts cut short where a random model would think for ever."""
    prompt = _spelt(model, request)
    if prompt.rstrip().endswith("<think>"):
        with pytest.MonkeyPatch.context() as monkeypatch:
            Dictation(monkeypatch, model, "hm</think>", ends=False)
            return answer(model, request)
    return answer(model, request)


def test_only_one_call_where_more_are_not_wanted(family: Family, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Dictation(monkeypatch, model, family.opens.replace("<", "</") + family.call + family.again)
    events = answer(model, ask(tools=(WEATHER,), max_tokens=1500, parallel_tool_calls=False))
    assert [json.loads(call.arguments) for call in calls_of(events)] == [ARGUMENTS]
    assert said.rest(model).endswith(family.again)  # nobody has read on


def test_required_calls_are_as_many_as_are_wanted(family: Family, model: Model) -> None:
    for parallel in (False, True):
        fields: dict[str, Any] = {"tool_choice": "required", "parallel_tool_calls": parallel, "max_tokens": 400}
        bias = dict.fromkeys(model.ends, -100.0)
        events = _answer(model, ask(tools=(SMALL,), temperature=2.0, seed=3, logit_bias=bias, **fields))
        assert len(calls_of(events)) in (range(1, 17) if parallel and family.again else (1,))


def test_a_named_tool_is_the_only_one(model: Model) -> None:
    request = ask(tools=(NARROW, PING), tool_choice=NamedTool("ping"), temperature=2.0, seed=1, max_tokens=400)
    assert {call.name for call in calls_of(_answer(model, request))} == {"ping"}


def test_an_automatic_call_begins_with_the_mark(family: Family, tmp_path: Path) -> None:
    words = () if family.start in family.control else (family.start,)
    model = _model(family, tmp_path, words=words)
    (mark,) = model.tokens(family.start, special=True)
    request = ask(tools=(NARROW,), logit_bias={mark: 60.0}, seed=1, max_tokens=1500, parallel_tool_calls=False)
    events = _answer(model, request)
    assert reason_of(events) == "tool_calls"
    assert [call.name for call in calls_of(events)] == ["narrow"]
    assert family.start not in text_of(events)


def test_without_choice_nothing_is_called(family: Family, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    Dictation(monkeypatch, model, family.call)
    assert not calls_of(answer(model, ask(tools=(WEATHER,), tool_choice="none", max_tokens=1500)))


def test_a_truncated_call_is_not_released(family: Family, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = family.opens.replace("<", "</")
    full = len(model.tokens(opened + family.call, special=True))
    Dictation(monkeypatch, model, opened + family.call)
    events = answer(model, ask(tools=(WEATHER,), max_tokens=full - 20))
    assert (calls_of(events), text_of(events).strip(), reason_of(events)) == ([], "", "length")


def test_an_answer_without_calls_is_text(family: Family, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "No tool: <b>5 < 6</b> [x] {y}."
    Dictation(monkeypatch, model, family.opens.replace("<", "</") + said)
    events = answer(model, ask(tools=(WEATHER,), max_tokens=200))
    assert (text_of(events), reason_of(events)) == (said, "stop")
    assert not calls_of(events)
    assert not _thoughts(events)


def test_json_is_held_to_its_schema(model: Model) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    events = _answer(model, ask(output_format=schema_format(schema), temperature=1.5, seed=2, max_tokens=200))
    assert json.loads(text_of(events)) in ({"a": True}, {"a": False})


def test_json_or_a_call(model: Model) -> None:
    schema = {"type": "array", "items": {"type": "string", "minLength": 2, "maxLength": 4}, "maxItems": 3}
    marks = dict.fromkeys(model.special - model.ends, 4.0)
    for seed in range(3):
        asked = ask(output_format=schema_format(schema), tools=(PING,), logit_bias=marks, temperature=1.5, seed=seed)
        events = _answer(model, asked)
        if reason_of(events) == "tool_calls":
            assert text_of(events) == ""
        else:
            jsonschema.validate(json.loads(text_of(events)), schema)


def test_marks_never_leak(family: Family, model: Model) -> None:
    marks = list(model.special - model.ends)
    for seed in range(2):
        request = ask(temperature=2.0, seed=seed, max_tokens=60, logit_bias=dict.fromkeys(marks, 5.0))
        events = answer(model, request)
        said = text_of(events) + _thoughts(events)
        assert not [model.text(mark) for mark in marks if model.text(mark) in said]


def test_an_unknown_template_calls_in_text() -> None:
    form = chat_form("{% for m in messages %}{{ m.content }}{% endfor %}{{ tools }}")
    assert (form.tools, form.native) == (HERMES, False)


def test_every_template_gets_a_prompt_that_shows_everything(tmp_path: Path) -> None:
    fetch_templates.main()  # does nothing when they are there
    paths = sorted(FOLDER.glob("*.jinja"))
    assert len(paths) > 50, f"{FOLDER} is empty: `make test` fetches the templates"
    calls = tuple(ToolCall(f"call_abcdefghijk{n}", "get_weather", json.dumps({"city": n})) for n in ("Bergen", "Odda"))
    talk = (
        user("first"),
        Message("assistant", (), tool_calls=calls),
        *(
            Message("tool", (Text(said),), tool_call_id=call.id)
            for call, said in zip(calls, ("wet", "dry"), strict=True)
        ),
        Message("assistant", (Text("It rains."),)),
        user("and now?"),
    )
    for path in paths:
        if "firefunction" in path.name:
            continue  # wants variables that nobody else's does
        gguf = make_tiny_gguf(tmp_path / "any.gguf", template=path.read_text())
        model = Model(gguf, window=200_000, threads=1, gpu_layers=None, vocab_only=True)
        text = _spelt(model, ask(messages=talk, tools=(WEATHER,)))
        for part in ("get_weather", "first", "Bergen", "Odda", "wet", "dry", "It rains.", "and now?"):
            assert part in text, f"{path.name}: {part}"
