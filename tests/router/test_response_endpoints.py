"""Responses that are named again: chained, shown, deleted."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseItem, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.running_router import running_router
from tests.upstreams import responses_wire
from tests.upstreams.answer import Answer
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.upstream import ScriptedUpstream

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
ITEM: TypeAdapter[Any] = TypeAdapter(ResponseItem)


class Running:
    def __init__(self, sdk: AsyncOpenAI, upstream: ScriptedUpstream, data: Path) -> None:
        self.sdk, self.upstream, self.data = sdk, upstream, data


@contextlib.asynccontextmanager
async def running_over(data: Path, speaks: str, **routing: Any) -> AsyncIterator[Running]:
    async with ScriptedUpstream(speaks={speaks}) as upstream, ScriptedUpstream(speaks={"messages"}) as other:
        settings = {
            "upstreams": {
                "up": {"base_url": upstream.base_url, "models": ["m"]},
                "other": {"kind": "anthropic", "base_url": other.url, "models": ["m"]},
            },
            "routing": {"closed": "up/m", **routing},
        }
        async with (
            running_router(data, settings) as (url, _),
            AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as sdk,
        ):
            yield Running(sdk, upstream, data)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_over(tmp_path, "chat") as made:
        yield made


@pytest.mark.parametrize("stream", [False, True])
async def test_the_earlier_response_is_named_also_where_the_whole_conversation_was_sent(
    tmp_path: Path, stream: bool
) -> None:
    async with running_over(tmp_path, "responses") as running:
        first = await running.sdk.responses.create(model="up/m", input="My name is Ada.")
        asked: Any = {"model": "up/m", "input": 'Say "previous_response_id":null.', "previous_response_id": first.id}
        if stream:
            told = [event async for event in await running.sdk.responses.create(**asked, stream=True)]
            assert told[0].response.previous_response_id == first.id
            second = told[-1].response
        else:
            second = await running.sdk.responses.create(**asked)
        assert second.previous_response_id == first.id
        assert second.output_text == 'echo: Say "previous_response_id":null.'
        assert (await running.sdk.responses.retrieve(second.id)).previous_response_id == first.id
        assert "previous_response_id" not in running.upstream.requests[-1].json


@pytest.mark.parametrize("speaks", ["chat", "responses"])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_can_be_gone_on_from_shown_and_deleted(tmp_path: Path, speaks: str, stream: bool) -> None:
    async with running_over(tmp_path, speaks) as running:
        sdk = running.sdk
        if stream:
            async with sdk.responses.stream(model="up/m", input="My name is Ada.") as events:
                first = await events.get_final_response()
        else:
            first = await sdk.responses.create(model="up/m", input="My name is Ada.")
        shown = await sdk.responses.retrieve(first.id)
        assert (shown.output_text, shown.usage) == (first.output_text, first.usage)
        assert [item.id for item in shown.output] == [item.id for item in first.output]
        second = await sdk.responses.create(model="up/m", input="And yours?", previous_response_id=first.id)
        assert second.previous_response_id in (first.id, None)
        sent = running.upstream.requests[-1].json
        if speaks == "chat":
            assert [message["content"] for message in sent["messages"]] == [
                "My name is Ada.",
                "echo: My name is Ada.",
                "And yours?",
            ]
        else:
            assert "previous_response_id" not in sent
            assert [item["content"][0]["text"] for item in sent["input"]] == [
                "My name is Ada.",
                "echo: My name is Ada.",
                "And yours?",
            ]
        items = await sdk.responses.input_items.list(second.id, order="asc")
        assert [ITEM.validate_json(item.to_json(), strict=True).type for item in items.data] == ["message"] * 3
        await sdk.responses.delete(second.id)
        with pytest.raises(openai.NotFoundError):
            await sdk.responses.retrieve(second.id)
        with pytest.raises(openai.NotFoundError):
            await sdk.responses.input_items.list(second.id)


async def test_another_upstream_is_told_the_whole_conversation(tmp_path: Path) -> None:
    async with running_over(tmp_path, "responses") as running:
        first = await running.sdk.responses.create(model="up/m", input="My name is Ada.")
        second = await running.sdk.responses.create(model="other/m", input="And yours?", previous_response_id=first.id)
        assert second.output_text == "echo: And yours?"
        third = await running.sdk.responses.create(model="up/m", input="Go on.", previous_response_id=second.id)
        assert third.output_text == "echo: Go on."
        sent = running.upstream.requests[-1].json
        assert "previous_response_id" not in sent
        texts = [item["content"][0]["text"] for item in sent["input"]]
        assert texts == [
            "My name is Ada.",
            "echo: My name is Ada.",
            "And yours?",
            "echo: And yours?",
            "Go on.",
        ]


async def test_items_can_be_named(running: Running) -> None:
    first = await running.sdk.responses.create(model="up/m", input="My name is Ada.")
    reference: Any = [{"type": "item_reference", "id": first.output[0].id}, {"role": "user", "content": "Go on."}]
    await running.sdk.responses.create(model="up/m", input=reference)
    sent = running.upstream.requests[-1].json["messages"]
    assert [message["content"] for message in sent] == ["echo: My name is Ada.", "Go on."]
    reference[0]["id"] = "msg_nobody"
    with pytest.raises(openai.BadRequestError) as refused:
        await running.sdk.responses.create(model="up/m", input=reference)
    assert refused.value.code == "item_not_found"


async def test_items_of_the_input_have_ids_that_last(running: Running) -> None:
    sdk = running.sdk
    first = await sdk.responses.create(model="up/m", input="My name is Ada.")
    second = await sdk.responses.create(model="up/m", input="And yours?", previous_response_id=first.id)
    (one,) = (await sdk.responses.input_items.list(first.id)).data
    all = (await sdk.responses.input_items.list(second.id, order="asc")).data
    assert [item.id for item in all[:2]] == [one.id, first.output[0].id]
    assert len({item.id for item in all} | {second.output[0].id}) == 4
    named: Any = [{"type": "item_reference", "id": item.id} for item in (one, all[2], one)]
    third = await sdk.responses.create(model="up/m", input=named)
    sent = running.upstream.requests[-1].json["messages"]
    assert [message["content"] for message in sent] == ["My name is Ada.", "And yours?", "My name is Ada."]
    paged = [item.id async for item in sdk.responses.input_items.list(third.id, limit=1, order="asc")]
    assert len(paged) == len(set(paged)) == 3
    assert paged[:2] == [one.id, all[2].id]


async def test_an_upstream_that_has_forgotten_is_told_the_whole_conversation(tmp_path: Path) -> None:
    async with running_over(tmp_path, "responses") as running:
        thought = {"type": "reasoning", "id": "rs_1", "summary": []}

        def thinking(right: Answer) -> Iterator[Any]:
            body = json.loads(right.body)
            return right.plain(json.dumps(body | {"output": [thought, *body["output"]]}).encode()).whole()

        running.upstream.script(Behaviour("thinking", "body", thinking), "ok")
        first = await running.sdk.responses.create(model="up/m", input="My name is Ada.")
        again = {"model": "up/m", "input": "And yours?", "previous_response_id": first.id}
        await running.sdk.responses.create(**again)  # type: ignore[call-overload]
        sent = running.upstream.requests[-1].json
        assert sent["previous_response_id"] == first.id
        assert len(sent["input"]) == 1
        responses_wire._kept.clear()
        answer = await running.sdk.responses.create(**again)  # type: ignore[call-overload]
        assert answer.output_text == "echo: And yours?"
        assert running.upstream.count == 4
        assert [item["type"] for item in running.upstream.requests[-1].json["input"]] == ["message"] * 3
        with pytest.raises(openai.BadRequestError) as refused:  # it may be known there only
            await running.sdk.responses.create(**again | {"previous_response_id": "resp_nobody"})  # type: ignore[call-overload]
        assert refused.value.code == "previous_response_not_found"
        assert running.upstream.count == 5


async def test_what_is_not_to_be_stored_is_not(running: Running) -> None:
    first = await running.sdk.responses.create(model="up/m", input="hi", store=False)
    with pytest.raises(openai.NotFoundError):
        await running.sdk.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError) as refused:
        await running.sdk.responses.create(model="up/m", input="hi", previous_response_id=first.id)
    assert refused.value.code == "previous_response_not_found"
    assert refused.value.param == "previous_response_id"


async def test_nothing_is_on_disk_unless_the_user_lets_text_be_kept(tmp_path: Path) -> None:
    async with running_over(tmp_path / "a", "chat") as running:
        await running.sdk.responses.create(model="up/m", input="a secret word")
    written = [file for file in (tmp_path / "a").rglob("*") if file.is_file() and b"secret word" in file.read_bytes()]
    assert written == []
    first: Response | None = None
    async with running_over(tmp_path / "b", "chat", keep_text=True) as running:
        first = await running.sdk.responses.create(model="up/m", input="a secret word")
    async with running_over(tmp_path / "b", "chat", keep_text=True) as running:
        assert first is not None
        assert (await running.sdk.responses.retrieve(first.id)).output_text == "echo: a secret word"
        second = await running.sdk.responses.create(model="up/m", input="Go on.", previous_response_id=first.id)
        assert second.output_text == "echo: Go on."


async def test_pages_of_input_items(running: Running) -> None:
    given: Any = [{"role": "user", "content": f"number {n}"} for n in range(5)]
    response = await running.sdk.responses.create(model="up/m", input=given)
    page = await running.sdk.responses.input_items.list(response.id, limit=2)
    assert [item.content[0].text for item in page.data] == ["number 4", "number 3"]  # type: ignore[union-attr]
    assert page.has_more
    every = [item async for item in running.sdk.responses.input_items.list(response.id, limit=2)]
    assert len(every) == 5
    for bad in (
        {"limit": 0},
        {"limit": 101},
        {"limit": "9" * 5000},
        {"limit": "x"},
        {"after": "item_nobody"},
        {"order": "sideways"},
    ):
        with pytest.raises(openai.BadRequestError):
            await running.sdk.responses.input_items.list(response.id, **bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("speaks", ["chat", "responses"])
async def test_one_that_is_over_is_streamed_again(tmp_path: Path, speaks: str) -> None:
    async with running_over(tmp_path, speaks) as running:
        sdk = running.sdk
        first = await sdk.responses.create(model="up/m", input="Say hello.")
        async with await sdk.responses.retrieve(first.id, stream=True) as stream:
            events = [event async for event in stream]
        for event in events:
            EVENT.validate_json(event.to_json(), strict=True)
        assert [event.sequence_number for event in events] == list(range(len(events)))
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert said == "echo: Say hello."
        assert events[-1].type == "response.completed"
        assert events[-1].response == first
        async with await sdk.responses.retrieve(first.id, stream=True, starting_after=4) as stream:
            assert [event async for event in stream] == events[5:]
        for bad in ({"stream": "abc"}, {"starting_after": "x"}, {"starting_after": "9" * 5000}):
            with pytest.raises(openai.BadRequestError) as refused:
                await sdk.responses.retrieve(first.id, extra_query=bad)
            assert refused.value.param == next(iter(bad))


@pytest.mark.parametrize(
    ("speaks", "breaks"),
    [("chat", "cut_after:events=7"), ("responses", "cut_after:events=7"), ("responses", "error_event:after=7")],
)
async def test_what_was_told_before_a_break_can_be_looked_at(tmp_path: Path, speaks: str, breaks: str) -> None:
    async with running_over(tmp_path, speaks) as running:
        sdk = running.sdk
        await sdk.responses.create(model="up/m", input="hi")  # from now on it is known what the upstream speaks
        running.upstream.script(breaks, "ok")
        asked = await sdk.responses.create(model="up/m", input="count to 50", stream=True)
        events = [event async for event in asked]
        for event in events[:-1]:  # the last one's code is the router's own
            EVENT.validate_json(event.to_json(), strict=True)
        failed: Any = events[-1]
        told = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert len(told) > 2
        if failed.type == "response.failed":  # an upstream's own error event passes as it is
            assert [event.sequence_number for event in events] == list(range(len(events)))
            assert failed.response.output_text == told
        shown = await sdk.responses.retrieve(events[0].response.id)  # type: ignore[union-attr]
        assert (shown.status, shown.output_text, shown.output[0].status) == ("failed", told, "incomplete")  # type: ignore[union-attr]
        if speaks == "chat":  # else it is for the upstream to say
            with pytest.raises(openai.BadRequestError) as refused:
                await sdk.responses.create(model="up/m", input="Go on.", previous_response_id=shown.id)
            assert refused.value.code == "previous_response_not_found"


async def test_an_upstream_that_answers_a_stream_with_the_whole_loses_nothing(tmp_path: Path) -> None:
    async with running_over(tmp_path, "responses") as running:
        search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": None}

        def whole(right: Answer) -> Iterator[Any]:
            body = json.loads(right.body)
            return right.plain(json.dumps(body | {"output": [search, *body["output"]]}).encode()).whole()

        running.upstream.script(Behaviour("whole", "body", whole))
        asked = await running.sdk.responses.create(model="up/m", input="Say hello.", stream=True)
        events: list[Any] = [event async for event in asked]
        assert [item.type for item in events[-1].response.output] == ["web_search_call", "message"]
        assert events[-1].response.id == events[0].response.id
        assert sum(event.type == "response.output_item.done" for event in events) == 2
        shown = await running.sdk.responses.retrieve(events[0].response.id)
        assert shown == events[-1].response


async def test_what_cannot_be_done_is_said(running: Running) -> None:
    response = await running.sdk.responses.create(model="up/m", input="hi")
    with pytest.raises(openai.BadRequestError):
        await running.sdk.responses.cancel(response.id)
    with pytest.raises(openai.NotFoundError):
        await running.sdk.responses.cancel("resp_nobody")


async def test_what_must_stay_here_stays_here_when_it_is_gone_on_from(tmp_path: Path) -> None:
    async with running_over(tmp_path, "chat", local_only=["/secret/*"]) as running:
        sdk, private = running.sdk, {"x-agent-router-privacy": "local-only"}
        by_path = await sdk.responses.create(model="auto", input="Read /secret/notes.txt.", max_output_tokens=20)
        by_header = await sdk.responses.create(
            model="auto", input="Hello.", extra_headers=private, max_output_tokens=20
        )
        compacted = await sdk.responses.with_raw_response.compact(model="auto", input="Hello.", extra_headers=private)
        items: Any = json.loads(compacted.text)["output"]
        for more in (
            {"previous_response_id": by_path.id, "input": "And?"},
            {"previous_response_id": by_header.id, "input": "And?"},
            {"input": [{"type": "item_reference", "id": by_header.output[0].id}, {"role": "user", "content": "And?"}]},
            {"input": [*items, {"role": "user", "content": "And?"}]},
        ):
            answer = await sdk.responses.create(model="auto", max_output_tokens=20, **more)  # type: ignore[arg-type]
            assert answer.model == "pocket"
            with pytest.raises(openai.PermissionDeniedError):
                await sdk.responses.create(model="up/m", **more)  # type: ignore[arg-type]
        assert running.upstream.count == 0


async def test_a_conversation_is_compacted_and_gone_on_from(running: Running) -> None:
    conversation: Any = [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello, Ada."},
    ]
    raw = await running.sdk.responses.with_raw_response.compact(
        model="up/m", input=conversation, instructions="Be brief."
    )
    compacted = raw.parse()
    assert compacted.object == "response.compaction"
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    assert compacted.usage.total_tokens > 0
    asked = running.upstream.requests[-1].json["messages"]
    assert asked[0] == {"role": "system", "content": "Be brief."}
    assert asked[-1]["content"].startswith("Summarise this conversation")
    items: Any = json.loads(raw.text)["output"]
    await running.sdk.responses.create(model="up/m", input=[*items, {"role": "user", "content": "What is my name?"}])
    said = [message["content"] for message in running.upstream.requests[-1].json["messages"]]
    assert said[0] == "My name is Ada."
    assert "echo: Summarise this conversation" in said[1]
    items[-1]["encrypted_content"] = "c2VhbGVkIGJ5IHNvbWVib2R5IGVsc2U="
    with pytest.raises(openai.BadRequestError):
        await running.sdk.responses.create(model="up/m", input=items)


async def test_custom_tools_and_namespaces(running: Running) -> None:
    tools: Any = [
        {"type": "custom", "name": "apply_patch", "description": "d"},
        {"type": "web_search"},
        {
            "type": "namespace",
            "name": "crm",
            "description": "d",
            "tools": [{"type": "function", "name": "find", "parameters": {"type": "object", "properties": {}}}],
        },
    ]
    response = await running.sdk.responses.create(model="up/m", input="call apply_patch and crm__find", tools=tools)
    by_name = {item.name: item for item in response.output if item.type in ("custom_tool_call", "function_call")}
    assert by_name["find"].namespace == "crm"  # type: ignore[union-attr]
    sent = running.upstream.requests[-1].json["tools"]
    assert [tool["type"] for tool in sent] == ["function", "function"]  # it is not OpenAI's
    assert by_name["apply_patch"].type == "custom_tool_call"
    response = await running.sdk.responses.create(model="other/m", input="call apply_patch", tools=tools)
    (call,) = response.output
    assert call.type == "custom_tool_call"
    assert isinstance(call.input, str)
    assert json.loads(call.to_json())["name"] == "apply_patch"


@pytest.mark.parametrize("speaks", ["chat", "responses"])
async def test_nothing_runs_in_the_background(tmp_path: Path, speaks: str) -> None:
    async with running_over(tmp_path, speaks) as running:
        with pytest.raises(openai.BadRequestError) as refused:
            await running.sdk.responses.create(model="up/m", input="hi", background=True)
        assert refused.value.param == "background"
        assert running.upstream.count == 0
