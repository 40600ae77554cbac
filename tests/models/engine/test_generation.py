from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from llama_cpp import Llama

from agent_models.completion import NamedTool, TextDelta, Tool
from agent_models.engine.chat_form import HERMES
from agent_models.engine.model import Model
from agent_models.engine.prompt import PromptWriter
from agent_models.errors import ContextOverflowError, UnsupportedRequestError
from tests.models.engine.asking import answer, ask, calls_of, desk, reason_of, schema_format, text_of, usage_of

WEATHER = Tool(
    "get_weather",
    "The weather",
    {"type": "object", "properties": {"city": {"enum": ["Oslo", "Rome"]}}, "required": ["city"]},
)
PING = Tool("ping")


@pytest.fixture(scope="module")
def reference(tiny_path: Any) -> Llama:
    return Llama(str(tiny_path), n_ctx=2048, n_threads=1, n_threads_batch=1, verbose=False)


def _ids(model: Model, events: list[Any]) -> list[int]:
    """The tokens of an answer, from the log-probabilities' bytes (every byte is one token here)."""
    spelt = {model.piece(token): token for token in range(model.vocabulary_size)}
    return [
        spelt[bytes(logprob.bytes)] for event in events if isinstance(event, TextDelta) for logprob in event.logprobs
    ]


def _reference(reference: Llama, model: Model, prompt: list[int], count: int, **settings: Any) -> list[int]:
    tokens: list[int] = []
    for token in reference.generate(prompt, **settings):
        if token in model.ends or len(tokens) == count:
            break
        tokens.append(token)
    return tokens


@pytest.mark.parametrize("text", ["hi", "a rather longer question " * 30])
def test_greedy_answers_are_llama_cpps_own_with_and_without_a_cached_prefix(
    model: Model, reference: Llama, text: str
) -> None:
    request = ask(text, max_tokens=60, top_logprobs=0)
    prompt = PromptWriter(model).tokens(request)
    expected = _reference(reference, model, prompt, 60, temp=0.0)
    cold = answer(model, request)
    assert _ids(model, cold) == expected
    assert usage_of(cold).cache_read == 0
    warm = answer(model, request)
    assert _ids(model, warm) == _ids(model, cold)
    assert usage_of(warm).cache_read == len(prompt) - 1
    assert usage_of(warm).input == 1


def test_seeded_answers_are_llama_cpps_own(model: Model, reference: Llama) -> None:
    request = ask("hi", max_tokens=40, top_logprobs=0, temperature=0.8, top_p=0.95, seed=11)
    prompt = PromptWriter(model).tokens(request)
    reference.set_seed(11)
    expected = _reference(reference, model, prompt, 40, temp=0.8, top_p=0.95, top_k=40, min_p=0.05)
    assert _ids(model, answer(model, request)) == expected


def test_a_seed_repeats_itself_also_from_the_cache(model: Model) -> None:
    request = ask(temperature=1.0, seed=5, max_tokens=40)
    first = answer(model, request)
    assert text_of(answer(model, request)) == text_of(first)
    assert text_of(answer(model, ask(temperature=1.0, seed=6, max_tokens=40))) != text_of(first)


def test_usage_counts_only_the_common_prefix_as_cached(model: Model) -> None:
    first, second = ask("same start, one end", max_tokens=4), ask("same start, other end", max_tokens=4)
    answer(model, first)
    usage = usage_of(answer(model, second))
    writer = PromptWriter(model)
    one, other = writer.tokens(first), writer.tokens(second)
    common = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    assert usage.cache_read == common
    assert usage.prompt == len(other)


def test_max_tokens_is_kept_to(model: Model) -> None:
    events = answer(model, ask(max_tokens=7, logit_bias=dict.fromkeys(model.ends, -100.0)))
    assert usage_of(events).output == 7
    assert reason_of(events) == "length"


def test_the_window_bounds_an_answer_without_a_limit(model: Model) -> None:
    request = ask("x" * 2000, logit_bias=dict.fromkeys(model.ends, -100.0), temperature=1.0, seed=1)
    events = answer(model, request)
    usage = usage_of(events)
    assert usage.prompt + usage.output == model.window
    assert reason_of(events) == "length"


def test_a_stop_sequence_ends_the_answer_and_stays_out_of_it(model: Model) -> None:
    endless = dict.fromkeys(model.ends, -100.0)
    whole = text_of(answer(model, ask(max_tokens=60, logit_bias=endless)))
    stop = whole[20:23]
    events = answer(model, ask(max_tokens=60, logit_bias=endless, stop=("never this", stop)))
    assert len(stop) == 3
    assert text_of(events) == whole[: whole.index(stop)]
    assert reason_of(events) == "stop"


def test_logprobs_are_those_of_the_raw_logits(model: Model) -> None:
    events = answer(model, ask(max_tokens=5, top_logprobs=3))
    logprobs = [logprob for event in events if isinstance(event, TextDelta) for logprob in event.logprobs]
    for logprob in logprobs:
        assert len(logprob.top) == 3
        assert logprob.top[0].logprob >= logprob.top[1].logprob >= logprob.top[2].logprob
        assert logprob.logprob == logprob.top[0].logprob  # greedy takes the most probable
        assert sum(math.exp(top.logprob) for top in logprob.top) <= 1


def test_logit_bias_and_penalties_change_the_answer(model: Model) -> None:
    token = next(t for t in range(256) if model.piece(t) == b"A")
    assert text_of(answer(model, ask(max_tokens=5, logit_bias={token: 100.0}))) == "AAAAA"
    leaning = {"max_tokens": 40, "logit_bias": {token: 12.0, **dict.fromkeys(model.ends, -100.0)}}
    plain = text_of(answer(model, ask(**leaning))).count("A")
    penalised = ask(**leaning, presence_penalty=2.0, frequency_penalty=2.0)
    assert text_of(answer(model, penalised)).count("A") < plain


def test_a_loop_is_cut(model: Model) -> None:
    token = next(t for t in range(256) if model.piece(t) == b"A")
    events = answer(model, ask(logit_bias={token: 100.0}))
    assert reason_of(events) == "length"
    assert usage_of(events).output < 300


def test_overflow_is_told_before_anything_is_evaluated(model: Model) -> None:
    with pytest.raises(ContextOverflowError, match="maximum context length is 2048 tokens") as caught:
        answer(model, ask("x" * 3000))
    assert caught.value.context_window == 2048
    assert desk(model).cache.used == 0


def test_a_bound_beyond_the_window_is_a_bound_not_a_demand(model: Model) -> None:
    endless = dict.fromkeys(model.ends, -100.0)
    events = answer(model, ask("x" * 2000, max_tokens=100_000, logit_bias=endless, temperature=1.5, seed=3))
    assert reason_of(events) == "length"
    assert usage_of(events).prompt + usage_of(events).output <= 2048


@pytest.mark.parametrize("seed", range(8))
def test_a_required_call_is_always_valid(model: Model, seed: int) -> None:
    request = ask(tools=(WEATHER, PING), tool_choice="required", temperature=1.5, seed=seed, max_tokens=400)
    events = answer(model, request)
    calls = calls_of(events)
    assert reason_of(events) == "tool_calls"
    assert calls
    assert text_of(events) == ""
    assert [call.index for call in calls] == list(range(len(calls)))
    for call in calls:
        assert call.id is not None
        assert len(call.id) == 29
        arguments = json.loads(call.arguments)
        assert arguments in ([{"city": "Oslo"}, {"city": "Rome"}] if call.name == "get_weather" else [{}])


def test_one_call_only_when_parallel_is_off(model: Model) -> None:
    for seed in range(5):
        request = ask(tools=(WEATHER,), tool_choice="required", parallel_tool_calls=False, temperature=2.0)
        assert len(calls_of(answer(model, ask(**{**_fields(request), "seed": seed})))) == 1


def _fields(request: Any) -> dict[str, Any]:
    return {name: getattr(request, name) for name in request.__struct_fields__ if name not in ("messages", "text")}


def test_a_named_tool_is_the_only_one(model: Model) -> None:
    for seed in range(5):
        request = ask(tools=(WEATHER, PING), tool_choice=NamedTool("ping"), temperature=2.0, seed=seed)
        assert {call.name for call in calls_of(answer(model, request))} == {"ping"}


def test_without_choice_no_tool_is_called(model: Model) -> None:
    marker = model.tokens(HERMES.first, special=True)
    request = ask(tools=(PING,), tool_choice="none", logit_bias={marker[0]: 100.0}, max_tokens=3)
    events = answer(model, request)
    assert not calls_of(events)
    assert reason_of(events) == "length"


def test_an_automatic_call_begins_with_the_marker_and_is_valid(model: Model) -> None:
    (marker,) = model.tokens(HERMES.first, special=True)
    for seed in range(5):
        request = ask(tools=(WEATHER,), logit_bias={marker: 20.0}, seed=seed, max_tokens=600)
        events = answer(model, request)
        assert calls_of(events)
        assert reason_of(events) == "tool_calls"
        assert "<tool" not in text_of(events)
        assert usage_of(events).output > 0


def test_a_marker_split_over_tokens_is_one_all_the_same(tmp_path: Any) -> None:
    from tests.models.engine.tiny_gguf import make_tiny_gguf

    path = make_tiny_gguf(tmp_path / "plain.gguf", calls=False)
    plain = Model(path, window=None, threads=1, gpu_layers=None)
    assert len(plain.tokens(HERMES.first, special=True)) > 1
    events = answer(plain, ask(tools=(WEATHER,), tool_choice="required", max_tokens=300, seed=1))
    assert calls_of(events)
    assert reason_of(events) == "tool_calls"


def test_a_truncated_call_is_not_released(model: Model) -> None:
    events = answer(model, ask(tools=(WEATHER,), tool_choice="required", max_tokens=12))
    assert not calls_of(events)
    assert text_of(events) == ""
    assert reason_of(events) == "length"


def test_a_schema_or_a_call(model: Model) -> None:
    (marker,) = model.tokens(HERMES.first, special=True)
    kinds = set()
    for seed, bias in itertools.product(range(4), (-50.0, 50.0)):
        request = ask(
            tools=(PING,),
            output_format=schema_format({"type": "array", "items": {"type": "null"}}),
            logit_bias={marker: bias, **{t: bias for t in range(256) if model.piece(t) == b"<"}},
            temperature=1.5,
            seed=seed,
            max_tokens=300,
        )
        events = answer(model, request)
        kinds.add(reason_of(events))
        if reason_of(events) == "stop":
            assert set(json.loads(text_of(events))) <= {None}
        elif reason_of(events) == "tool_calls":
            assert not text_of(events)
    assert {"stop", "tool_calls"} <= kinds


def test_a_call_that_breaks_what_no_grammar_expresses_is_not_released(model: Model) -> None:
    odd = Tool("odd", "", {"type": "object", "properties": {"n": {"type": "integer"}}, "not": {"required": ["n"]}})
    refused = set()
    for seed in range(20):
        request = ask(tools=(odd,), tool_choice="required", temperature=2.0, seed=seed, max_tokens=200)
        try:
            assert all("n" not in json.loads(call.arguments) for call in calls_of(answer(model, request)))
        except UnsupportedRequestError as error:
            refused.add(error.param)
    assert refused == {"tools"}


def test_a_list_of_equal_values_that_was_asked_for_is_no_loop(model: Model) -> None:
    schema = {"type": "array", "items": {"enum": [0]}, "minItems": 300, "maxItems": 300}
    events = answer(model, ask(output_format=schema_format(schema), max_tokens=1500))
    assert reason_of(events) == "stop"
    assert json.loads(text_of(events)) == [0] * 300


@pytest.mark.parametrize("kind", ["json_object", "call"])
def test_a_loop_inside_a_grammar_ends_whole(model: Model, kind: str) -> None:
    letter = next(t for t in range(256) if model.piece(t) == b"a")
    bias = {letter: 90.0}  # inside a string it never stops by itself
    if kind == "call":
        say = Tool("say", "", {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]})
        events = answer(model, ask(tools=(say,), tool_choice="required", logit_bias=bias, max_tokens=1500))
        assert reason_of(events) == "tool_calls"
        arguments = json.loads(calls_of(events)[0].arguments)
    else:
        schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
        events = answer(model, ask(output_format=schema_format(schema), logit_bias=bias, max_tokens=1500))
        assert reason_of(events) == "stop"
        arguments = json.loads(text_of(events))
    assert arguments["text"].count("a") > 100
    assert usage_of(events).output < 600
