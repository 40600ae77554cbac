"""The scripted upstream with the official clients, and the ways to steer it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import anthropic
import openai
import pytest

from tests.upstreams.threaded import ThreadedUpstream
from tests.upstreams.upstream import ScriptedUpstream

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}
TOOL: Any = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-5.4", "messages": [{"role": "user", "content": text}]} | more


async def test_openai_sdk() -> None:
    async with ScriptedUpstream() as upstream, openai.AsyncOpenAI(base_url=upstream.base_url, api_key="k1") as client:
        whole = await client.chat.completions.create(**ask("hello there"))
        assert whole.choices[0].message.content == "echo: hello there"
        assert whole.usage is not None
        assert whole.usage.prompt_tokens_details is not None
        assert 0 < (whole.usage.prompt_tokens_details.cached_tokens or 0) < whole.usage.prompt_tokens
        request = await upstream.next_request()
        assert (request.path, request.key, request.json["model"]) == ("/v1/chat/completions", "k1", "gpt-5.4")

        called = await client.chat.completions.create(**ask("call it", tools=[TOOL]))
        calls: Any = called.choices[0].message.tool_calls
        assert called.choices[0].finish_reason == "tool_calls"
        assert (calls[0].function.name, json.loads(calls[0].function.arguments)) == ("weather", {"city": "x"})

        form = {"type": "json_schema", "json_schema": {"name": "w", "schema": PARAMETERS}}
        formed = await client.chat.completions.create(**ask("hi", response_format=form))
        assert json.loads(formed.choices[0].message.content or "") == {"city": "x"}
        assert [model.id async for model in client.models.list()] == list(upstream.models)


async def test_openai_sdk_streams() -> None:
    async with ScriptedUpstream() as upstream, openai.AsyncOpenAI(base_url=upstream.base_url, api_key="k") as client:
        async with client.chat.completions.stream(
            **ask("think of it"), stream_options={"include_usage": True}
        ) as stream:
            final = await stream.get_final_completion()
        assert final.choices[0].message.content == "echo: think of it"
        assert final.usage is not None
        assert final.usage.completion_tokens_details is not None
        assert final.usage.completion_tokens_details.reasoning_tokens == 4

        async with client.chat.completions.stream(**ask("call weather", tools=[TOOL])) as stream:
            final = await stream.get_final_completion()
        assert final.usage is None
        calls: Any = final.choices[0].message.tool_calls
        assert json.loads(calls[0].function.arguments) == {"city": "x"}


async def test_anthropic_sdk() -> None:
    tool: Any = {"name": "weather", "input_schema": PARAMETERS}
    async with ScriptedUpstream() as upstream, anthropic.AsyncAnthropic(base_url=upstream.url, api_key="k2") as client:
        asked: Any = {"model": "claude-opus-4-8", "max_tokens": 100}
        thinking: Any = {"type": "enabled", "budget_tokens": 1024}
        hello: Any = [{"role": "user", "content": "hello"}]
        whole = await client.messages.create(**asked, messages=hello, thinking=thinking)
        assert [block.type for block in whole.content] == ["thinking", "text"]
        assert (await upstream.next_request()).key == "k2"

        call: Any = [{"role": "user", "content": "call weather"}]
        async with client.messages.stream(**asked, messages=call, tools=[tool]) as stream:
            final = await stream.get_final_message()
        assert final.stop_reason == "tool_use"
        assert [block.input for block in final.content if block.type == "tool_use"] == [{"city": "x"}]
        assert (final.usage.cache_read_input_tokens or 0) > 0

        result = {"type": "tool_result", "tool_use_id": "toolu_0", "content": "sunny"}
        used: Any = [{"type": "tool_use", "id": "toolu_0", "name": "weather", "input": {"city": "x"}}]
        turns: Any = [*call, {"role": "assistant", "content": used}, {"role": "user", "content": [result]}]
        last = await client.messages.create(**asked, messages=turns, tools=[tool])
        assert [block.text for block in last.content if block.type == "text"] == ["tool said: sunny"]

        upstream.script("status:code=529")
        with pytest.raises(anthropic.APIStatusError) as raised:
            await client.with_options(max_retries=0).messages.create(**asked, messages=hello)
        assert raised.value.status_code == 529
        assert "overloaded_error" in str(raised.value.body)


async def test_script_is_used_up_and_its_last_stays() -> None:
    async with ScriptedUpstream("status:code=500", "ok") as upstream, aiohttp.ClientSession() as client:
        url = f"{upstream.base_url}/chat/completions"
        statuses = [(await client.post(url, json=ask("x"))).status for _ in range(3)]
        assert statuses == [500, 200, 200]


async def test_path_header_and_model_come_before_the_script() -> None:
    async with ScriptedUpstream() as upstream, aiohttp.ClientSession() as client:
        prefixed = f"{upstream.as_url('status:code=503,retry_after=2')}/chat/completions"
        answer = await client.post(prefixed, json=ask("x"))
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        assert upstream.requests[-1].path == "/v1/chat/completions"
        url = f"{upstream.base_url}/chat/completions"
        assert (await client.post(url, json=ask("x"), headers={"x-script": "status:code=422"})).status == 422
        assert (await client.post(url, json=ask("x", model="script:status:code=413"))).status == 413
        unknown = await client.post(url, json=ask("x"), headers={"x-script": "nonsense"})
        assert "no behaviour is called 'nonsense'" in await unknown.text()


async def test_client_that_leaves_is_seen() -> None:
    async with ScriptedUpstream("stall_mid_stream") as upstream, aiohttp.ClientSession() as client:
        async with client.post(f"{upstream.base_url}/chat/completions", json=ask("x", stream=True)) as answer:
            await answer.content.readline()
            answer.close()
        left = await upstream.wait_disconnect()
        assert left.disconnected_after is not None
        assert not left.answered


async def test_waiting_in_vain_says_for_what() -> None:
    async with ScriptedUpstream() as upstream:
        with pytest.raises(TimeoutError, match="no request within"):
            await upstream.next_request(timeout=0.01)


def test_threaded_and_unknown_behaviour() -> None:
    with ThreadedUpstream() as upstream, openai.OpenAI(base_url=upstream.base_url, api_key="k") as client:
        said = client.chat.completions.create(**ask("count to 3")).choices[0].message.content
        assert said == "1 2 3"
        assert upstream.next_request().json["messages"][0]["content"] == "count to 3"
        with pytest.raises(ValueError, match="no behaviour"):
            upstream.script("nonsense")


async def test_by_hand() -> None:
    command = [sys.executable, "-m", "tests.upstreams", "--port", "0", "--script", "html"]
    here = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(*command, cwd=here, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().split()[-1]
    async with aiohttp.ClientSession() as client:
        page = await client.post(f"{url}/v1/chat/completions", json=ask("x"))
        assert page.content_type == "text/html"
        assert (await client.post(f"{url}/_script", json=["ok"])).status == 200
        assert (await client.post(f"{url}/_script", json=["nonsense"])).status == 400
        fine = await client.post(f"{url}/v1/chat/completions", json=ask("x"))
        assert (await fine.json())["choices"][0]["message"]["content"] == "echo: x"
        seen = await (await client.get(f"{url}/_requests")).json()
        assert seen["count"] == 2
    process.terminate()
    await process.wait()
