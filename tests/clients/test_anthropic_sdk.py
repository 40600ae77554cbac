"""The official Anthropic client against a running router: to a correct upstream of each dialect, and to the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

MODELS = ["chat/m", "resp/m", "anth/m", "local"]
TOOL: Any = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
HELLO: Any = [{"role": "user", "content": "Say hello."}]


class Running:
    def __init__(self, sdk: AsyncAnthropic, upstreams: dict[str, ScriptedUpstream]) -> None:
        self.sdk, self.upstreams = sdk, upstreams


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with (
        ScriptedUpstream(speaks={"chat"}) as chat,
        ScriptedUpstream(speaks={"responses"}) as responses,
        ScriptedUpstream(speaks={"messages"}) as messages,
    ):
        settings = {
            "upstreams": {
                "chat": {"base_url": chat.base_url, "models": ["m"]},
                "resp": {"base_url": responses.base_url, "models": ["m"], "api": "responses"},
                "anth": {"kind": "anthropic", "base_url": messages.url, "key": "k-upstream", "models": ["m"]},
            },
            "routing": {"closed": "anth/m"},
        }
        async with (
            running_router(tmp_path, settings) as (url, _),
            AsyncAnthropic(base_url=url, api_key="k-caller", max_retries=0) as sdk,
        ):
            yield Running(sdk, {"chat": chat, "resp": responses, "anth": messages})


@pytest.mark.parametrize("model", MODELS)
async def test_an_answer_whole_and_streamed(running: Running, model: str) -> None:
    message = await running.sdk.messages.create(model=model, max_tokens=30, messages=HELLO)
    assert message.content[0].type == "text"
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > 0
    async with running.sdk.messages.stream(model=model, max_tokens=30, messages=HELLO) as stream:
        text = "".join([text async for text in stream.text_stream])
        last = await stream.get_final_message()
    assert last.content[0].type == "text"
    assert text == last.content[0].text
    assert last.usage.output_tokens > 0
    if model != "local":
        assert text == message.content[0].text == "echo: Say hello."


@pytest.mark.parametrize("model", MODELS)
async def test_a_tool_call_and_its_result(running: Running, model: str) -> None:
    asked: Any = [{"role": "user", "content": "call get_weather"}]
    choice: Any = {"type": "tool", "name": "get_weather"}
    message = await running.sdk.messages.create(
        model=model, max_tokens=60, messages=asked, tools=[TOOL], tool_choice=choice
    )
    assert message.stop_reason == "tool_use"
    call = next(block for block in message.content if block.type == "tool_use")
    assert set(call.input) == {"city"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "sunny"}]}
    asked += [{"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    message = await running.sdk.messages.create(model=model, max_tokens=60, messages=asked, tools=[TOOL])
    if model != "local":
        assert message.content[0].type == "text"
        assert message.content[0].text == "tool said: sunny"


async def test_thoughts_go_back_only_to_the_model_that_signed_them(running: Running) -> None:
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    hard: Any = [{"role": "user", "content": "think hard"}]
    message = await running.sdk.messages.create(model="anth/m", max_tokens=2000, messages=hard, thinking=thinking)
    assert message.content[0].type == "thinking"
    assert message.content[0].signature == "c2NyaXB0ZWQ="
    told = [*hard, {"role": "assistant", "content": message.content}, {"role": "user", "content": "Go on."}]
    for model in ("anth/m", "chat/m", "resp/m", "local"):
        await running.sdk.messages.create(model=model, max_tokens=2000, messages=told)
    for name, upstream in running.upstreams.items():
        sent = upstream.requests[-1].body
        assert (b"c2NyaXB0ZWQ=" in sent) == (name == "anth")
        assert (b"Let me think." in sent) == (name == "anth")
    # What another model thought is signed by the router, and not for Anthropic to see.
    message = await running.sdk.messages.create(model="chat/m", max_tokens=2000, messages=hard)
    assert message.content[0].type == "thinking"
    assert message.content[0].signature == "agent-router"
    told = [*hard, {"role": "assistant", "content": message.content}, {"role": "user", "content": "Go on."}]
    answer = await running.sdk.messages.create(model="anth/m", max_tokens=2000, messages=told)
    assert answer.content[0].type == "text"
    assert b"agent-router" not in running.upstreams["anth"].requests[-1].body


async def test_betas_and_the_version_reach_anthropic_and_the_callers_key_does_not(running: Running) -> None:
    await running.sdk.beta.messages.create(
        model="anth/m", max_tokens=20, messages=HELLO, betas=["interleaved-thinking-2025-05-14"]
    )
    received = running.upstreams["anth"].requests[-1]
    assert received.headers["anthropic-beta"] == "interleaved-thinking-2025-05-14"
    assert received.headers["anthropic-version"]
    assert received.headers["x-api-key"] == "k-upstream"
    assert b"k-caller" not in received.head


@pytest.mark.parametrize("model", MODELS)
async def test_tokens_are_counted(running: Running, model: str) -> None:
    short = await running.sdk.messages.count_tokens(model=model, messages=HELLO)
    longer: Any = [{"role": "user", "content": "Say hello. " * 50}]
    long = await running.sdk.messages.count_tokens(model=model, messages=longer, tools=[TOOL])
    assert 0 < short.input_tokens < long.input_tokens
    if model == "local":
        message = await running.sdk.messages.create(model=model, max_tokens=5, messages=HELLO)
        usage = message.usage
        counted = usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
        assert counted == short.input_tokens


async def test_models_come_in_anthropics_shape(running: Running) -> None:
    page = await running.sdk.models.list()
    assert {"auto", "local", "anth/m"} <= {model.id for model in page.data}
    every = [model.id async for model in running.sdk.models.list(limit=2)]
    assert every == [model.id for model in page.data]
    assert (await running.sdk.models.retrieve("auto")).type == "model"
    with pytest.raises(anthropic.NotFoundError):
        await running.sdk.models.retrieve("nobody")


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("status:code=400", anthropic.BadRequestError),
        ("status:code=401", anthropic.AuthenticationError),
        ("status:code=404", anthropic.NotFoundError),
        ("status:code=429", anthropic.RateLimitError),
        ("status:code=500", anthropic.InternalServerError),
        ("status:code=529", anthropic.InternalServerError),
    ],
)
@pytest.mark.parametrize("model", MODELS[:3])
async def test_errors_are_the_sdks_own(running: Running, model: str, behaviour: str, kind: type[Exception]) -> None:
    running.upstreams[model.partition("/")[0]].script(behaviour)
    with pytest.raises(kind) as refused:
        await running.sdk.messages.create(model=model, max_tokens=20, messages=HELLO)
    assert isinstance(refused.value, anthropic.APIStatusError)
    body: Any = refused.value.body
    assert (body["type"], isinstance(body["error"]["message"], str)) == ("error", True)


async def test_images_and_documents_reach_those_that_can_see_them(running: Running) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    document = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}}
    asked: Any = [{"role": "user", "content": [image, document, {"type": "text", "text": "What is it?"}]}]
    for model in MODELS[:3]:
        await running.sdk.messages.create(model=model, max_tokens=20, messages=asked)
        assert b"aGk=" in running.upstreams[model.partition("/")[0]].requests[-1].body
    with pytest.raises(anthropic.BadRequestError, match="images"):
        await running.sdk.messages.create(model="local", max_tokens=20, messages=asked)
    held: Any = [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}]}]
    await running.sdk.messages.create(model="anth/m", max_tokens=20, messages=held)
    with pytest.raises(anthropic.BadRequestError, match="file"):
        await running.sdk.messages.create(model="chat/m", max_tokens=20, messages=held)


async def test_stop_sequences_and_limits(running: Running) -> None:
    counting: Any = [{"role": "user", "content": "count to 50"}]
    for model in MODELS[:3]:
        message = await running.sdk.messages.create(model=model, max_tokens=1, messages=counting)
        assert message.stop_reason == "max_tokens"
    await running.sdk.messages.create(model="chat/m", max_tokens=9, messages=HELLO, stop_sequences=["END"])
    assert running.upstreams["chat"].requests[-1].json["stop"] == ["END"]
    for stops in (["7"], ["x", "y", "z", "w", "7"]):  # a dialect without them, and more than a dialect takes
        model = "resp/m" if len(stops) == 1 else "chat/m"
        message = await running.sdk.messages.create(model=model, max_tokens=99, messages=counting, stop_sequences=stops)
        assert message.content[0].type == "text"
        assert message.content[0].text == "1 2 3 4 5 6 "
        assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "7")
        async with running.sdk.messages.stream(
            model=model, max_tokens=99, messages=counting, stop_sequences=stops
        ) as stream:
            assert "".join([text async for text in stream.text_stream]) == "1 2 3 4 5 6 "
            assert (await stream.get_final_message()).stop_sequence == "7"
    await running.sdk.messages.create(
        model="chat/m",
        max_tokens=9,
        messages=HELLO,
        tools=[TOOL],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    )
    assert running.upstreams["chat"].requests[-1].json["parallel_tool_calls"] is False
