"""The official OpenAI client against a running router: to a correct upstream of each dialect, and to the engine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.models.engine.tiny_gguf import make_tiny_bert
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

MODELS = ["closed/gpt-5.4", "anthropic/claude-sonnet-5", "local"]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 20}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
SCHEMA: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "triage",
        "schema": {
            "type": "object",
            "properties": {"priority": {"type": "string", "enum": ["urgent", "normal"]}},
            "required": ["priority"],
            "additionalProperties": False,
        },
    },
}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncOpenAI]:
    async with ScriptedUpstream() as upstream:
        settings = {
            "upstreams": {
                "work": {"base_url": f"{upstream.url}/v1", "models": ["gpt-5.4"]},
                "anthropic": {"kind": "anthropic", "base_url": upstream.url, "key": "k", "models": ["claude-sonnet-5"]},
            },
            "local": {"models": [str(make_tiny_bert(tmp_path / "bert.gguf"))]},
        }
        async with (
            running_router(tmp_path, settings) as (url, _),
            AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as sdk,
        ):
            yield sdk


def name(model: str) -> str:
    return model.replace("closed/", "work/")


def strictly(raw: str, kind: Any) -> None:
    """The SDK's own types, but strict: the parsed models coerce."""
    kind.model_validate_json(raw, strict=False)
    assert set(json.loads(raw)) <= set(kind.model_fields) | {"system_fingerprint"}


@pytest.mark.parametrize("model", MODELS)
async def test_an_answer(client: AsyncOpenAI, model: str) -> None:
    raw = await client.chat.completions.with_raw_response.create(
        model=name(model), messages=[{"role": "user", "content": "Say hello."}], max_tokens=30
    )
    answer = raw.parse()
    strictly(raw.text if isinstance(raw.text, str) else raw.text(), ChatCompletion)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model not in ("auto", "local", "closed")


@pytest.mark.parametrize("model", MODELS)
async def test_a_stream_with_usage(client: AsyncOpenAI, model: str) -> None:
    stream = await client.chat.completions.create(
        model=name(model),
        messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Say hello."}],
        max_completion_tokens=30,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason]
    assert all(isinstance(chunk, ChatCompletionChunk) and chunk.id == chunks[0].id for chunk in chunks)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_tool_call_and_its_result(client: AsyncOpenAI, model: str, stream: bool) -> None:
    messages: list[Any] = [{"role": "user", "content": "call get_weather for the city Paris"}]
    asked: Any = {"model": name(model), "tools": [TOOL], "tool_choice": "required", "max_tokens": 200}
    if stream:
        async with client.chat.completions.stream(messages=messages, **asked) as running:
            answer = (await running.get_final_completion()).choices[0]
    else:
        answer = (await client.chat.completions.create(messages=messages, **asked)).choices[0]
    assert answer.finish_reason == "tool_calls"
    (call, *_) = answer.message.tool_calls or ()
    assert call.id
    assert call.function.name == "get_weather"
    assert set(json.loads(call.function.arguments)) == {"city"}
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [call.model_dump(include={"id", "type", "function"})]},
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    again = await client.chat.completions.create(
        model=name(model), messages=messages, tools=[TOOL], tool_choice="none", max_tokens=20
    )
    assert again.choices[0].finish_reason in ("stop", "length")


@pytest.mark.parametrize("model", MODELS)
async def test_structured_output_is_valid(client: AsyncOpenAI, model: str) -> None:
    answer = await client.chat.completions.create(
        model=name(model), messages=[{"role": "user", "content": "Is it urgent?"}], response_format=SCHEMA
    )
    assert json.loads(answer.choices[0].message.content or "")["priority"] in ("urgent", "normal")


async def test_the_local_model_gives_logprobs(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="local",
        messages=[{"role": "user", "content": "Say hello."}],
        logprobs=True,
        top_logprobs=3,
        max_tokens=5,
        temperature=0,
    )
    content = answer.choices[0].logprobs and answer.choices[0].logprobs.content
    assert content
    assert len(content) == answer.usage.completion_tokens if answer.usage else False
    for token in content:
        assert token.logprob <= 0
        assert len(token.top_logprobs) == 3
        assert token.top_logprobs[0].logprob >= token.top_logprobs[-1].logprob


async def test_a_seed_repeats_the_local_answer(client: AsyncOpenAI) -> None:
    asked: Any = {"model": "local", "messages": [{"role": "user", "content": "Tell me something."}], "max_tokens": 16}
    first = await client.chat.completions.create(**asked, seed=7, temperature=1.2)
    second = await client.chat.completions.create(**asked, seed=7, temperature=1.2)
    assert first.choices[0].message.content == second.choices[0].message.content


@pytest.mark.parametrize("model", ["auto", "local", "bert", "work/text-embedding-3-small"])
async def test_embeddings_in_base64_by_default_and_as_numbers(client: AsyncOpenAI, model: str) -> None:
    texts = ["hello the cat", "why?", "hello the cat"]
    raw = await client.embeddings.with_raw_response.create(model=model, input=texts, encoding_format="float")
    strictly(raw.text if isinstance(raw.text, str) else raw.text(), CreateEmbeddingResponse)
    numbers = raw.parse()
    packed = await client.embeddings.create(model=model, input=texts)  # the SDK asks for base64 and unpacks it
    assert [entry.embedding for entry in packed.data] == [entry.embedding for entry in numbers.data]
    assert [entry.index for entry in packed.data] == [0, 1, 2]
    assert packed.usage.prompt_tokens == packed.usage.total_tokens > 0
    assert packed.model == ("text-embedding-3-small" if "/" in model else "bert")
    one = await client.embeddings.create(model=model, input="why?")
    assert one.data[0].embedding == pytest.approx(packed.data[1].embedding, abs=2e-3)


async def test_errors_are_the_sdks_own(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.create(model="no-such/model", messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(model="auto", messages=[])
    with pytest.raises(openai.BadRequestError):
        await client.embeddings.create(model="auto", input=[""])
    with pytest.raises(openai.BadRequestError, match="dimensions"):
        await client.embeddings.create(model="auto", input="a", dimensions=33)
    models = [model.id async for model in client.models.list()]
    assert "auto" in models
    assert (await client.models.retrieve("local/pocket")).id == "local/pocket"
