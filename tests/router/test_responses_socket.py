"""Responses over a WebSocket, with real clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from agent_router.app import App
from agent_router.responses_socket import ResponsesSocket
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
RESPONSE: TypeAdapter[Response] = TypeAdapter(Response)


class Running:
    def __init__(self, url: str, app: App, upstream: ScriptedUpstream) -> None:
        self.url, self.app, self.upstream = url, app, upstream

    @property
    def socket(self) -> str:
        return f"{self.url.replace('http', 'ws')}/v1/responses"


@pytest.fixture(params=["chat", "responses"])
async def running(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    """Over a translated upstream and over one of the same dialect."""
    async with ScriptedUpstream(speaks={request.param}) as upstream:
        settings = {
            "upstreams": {"up": {"base_url": upstream.base_url, "models": ["m"]}},
            "routing": {"closed": "up/m"},
            "timeouts": {"idle": 1, "first_byte": 1},
        }
        async with running_router(tmp_path, settings) as (url, app):
            yield Running(url, app, upstream)


async def turn(socket: ClientConnection, **body: Any) -> list[Any]:
    """The events of one turn; its error, if it ends in one."""
    await socket.send(json.dumps({"type": "response.create", "model": "up/m", **body}))
    events = []
    while True:
        events.append(json.loads(await asyncio.wait_for(socket.recv(), 5)))
        if events[-1]["type"] in ("response.completed", "response.incomplete", "response.failed", "error"):
            return events


async def test_turn_after_turn_on_one_connection(running: Running) -> None:
    async with connect(running.socket) as socket:
        events = await turn(socket, input="Say hello.", store=False)
        for event in events:
            EVENT.validate_json(json.dumps(event), strict=True)
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        first = events[-1]["response"]
        assert first["output"][0]["content"][0]["text"] == "echo: Say hello."
        events = await turn(socket, input="And again.", store=False, previous_response_id=first["id"])
        assert events[-1]["response"]["output"][0]["content"][0]["text"] == "echo: And again."
    sent = running.upstream.requests[-1].json
    said = json.dumps(sent.get("messages") or sent["input"])
    assert said.index("Say hello.") < said.index("echo: Say hello.") < said.index("And again.")


async def test_what_is_not_stored_is_gone_with_its_connection(running: Running) -> None:
    async with connect(running.socket) as socket:
        first = (await turn(socket, input="Say hello.", store=False))[-1]["response"]["id"]
        kept = (await turn(socket, input="Keep this.", store=True))[-1]["response"]["id"]
    async with connect(running.socket) as socket:
        (error,) = await turn(socket, input="Go on.", previous_response_id=first)
        assert error["error"]["code"] == "previous_response_not_found"
        assert error["status"] == 400
        events = await turn(socket, input="Go on.", previous_response_id=kept)
        assert events[-1]["type"] == "response.completed"
    async with aiohttp.ClientSession() as http, http.get(f"{running.url}/v1/responses/{kept}") as found:
        assert RESPONSE.validate_json(await found.read()).id == kept


async def test_a_turn_that_failed_leaves_nothing_to_go_on_from(running: Running) -> None:
    async with connect(running.socket) as socket:
        first = (await turn(socket, input="Say hello.", store=False))[-1]["response"]["id"]
        if running.upstream.speaks == {"responses"}:  # it is for the upstream to say
            running.upstream.script("status:code=400", "ok")
        unasked = {"type": "function_call_output", "call_id": "call_nobody", "output": "It was never asked for."}
        events = await turn(socket, input=[unasked], store=False, previous_response_id=first)
        assert events[-1]["type"] == "error"
        assert events[-1]["status"] == 400
        (error,) = await turn(socket, input="Go on.", store=False, previous_response_id=first)
        assert error["error"]["code"] == "previous_response_not_found"
        second = (await turn(socket, input="Say hello.", store=False))[-1]["response"]["id"]
        await turn(socket, input="x", generate=False, temperature=9, store=False, previous_response_id=second)
        (error,) = await turn(socket, input="Go on.", store=False, previous_response_id=second)
        assert error["error"]["code"] == "previous_response_not_found"
        assert (await turn(socket, input="A new one."))[-1]["type"] == "response.completed"


async def test_a_warm_up_answers_nothing_and_can_be_gone_on_from(running: Running) -> None:
    async with connect(running.socket) as socket:
        events = await turn(socket, input="You will see a file.", generate=False, store=False)
        response = RESPONSE.validate_python(events[-1]["response"])
        assert response.output == []
        assert running.upstream.count == 0
        events = await turn(socket, input="Here it is.", store=False, previous_response_id=response.id)
        assert events[-1]["type"] == "response.completed"
        sent = running.upstream.requests[-1].json
        assert "You will see a file." in json.dumps(sent)
        stored = (await turn(socket, input=[], tools=[], generate=False))[-1]["response"]["id"]
        async with aiohttp.ClientSession() as http, http.get(f"{running.url}/v1/responses/{stored}") as found:
            assert RESPONSE.validate_json(await found.read()).id == stored


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"previous_response_id": "resp_nobody"}, "previous_response_not_found"),
        ({"model": "nobody/m"}, "model_not_found"),
        ({"temperature": 9}, "decimal_above_max_value"),
        ({"input": [{"type": "something"}]}, "unsupported_parameter"),
    ],
)
async def test_a_warm_up_fails_as_the_turn_itself_would(running: Running, body: dict[str, Any], code: str) -> None:
    async with connect(running.socket) as socket:
        asked = {"input": "hi", "model": "up/m", **body}
        (warm,) = await turn(socket, generate=False, **asked)
        assert warm["error"]["code"] == code
        assert 400 <= warm["status"] < 500
        if code != "unsupported_parameter":  # which an upstream of the same dialect might know
            assert (await turn(socket, **asked))[-1] == warm


async def test_what_must_stay_here_stays_here_after_a_warm_up(running: Running) -> None:
    private = {"x-agent-router-privacy": "local-only"}
    async with connect(running.socket, additional_headers=private) as socket:
        (refused,) = await turn(socket, input="My secret.", generate=False)
        assert refused["error"]["code"] == "local_only"
        warm = (await turn(socket, model="auto", input="My secret.", generate=False))[-1]["response"]["id"]
    async with connect(running.socket) as socket:
        (refused,) = await turn(socket, input="And?", previous_response_id=warm)
        assert (refused["error"]["code"], refused["status"]) == ("local_only", 403)
        answer = await turn(socket, model="auto", input="And?", previous_response_id=warm, max_output_tokens=8)
        assert answer[-1]["response"]["model"] == "pocket"
    assert running.upstream.count == 0


async def test_what_is_deleted_is_deleted_in_open_connections(running: Running) -> None:
    async with connect(running.socket) as socket, aiohttp.ClientSession() as http:
        first = (await turn(socket, input="My secret."))[-1]["response"]["id"]
        async with http.delete(f"{running.url}/v1/responses/{first}") as deleted:
            assert deleted.status == 200
        (error,) = await turn(socket, input="Go on.", previous_response_id=first)
        assert error["error"]["code"] == "previous_response_not_found"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", "invalid_json"),
        ("[1]", "invalid_json"),
        ('{"type":"response.cancel"}', "invalid_event_type"),
        ('{"type":"response.create"}', "missing_required_parameter"),
        ('{"type":"response.create","model":"nobody","input":"x"}', "model_not_found"),
    ],
)
async def test_bad_messages_are_told_and_the_connection_stays(running: Running, message: str, code: str) -> None:
    async with connect(running.socket) as socket:
        await socket.send(message)
        error = json.loads(await socket.recv())
        assert (error["type"], error["error"]["code"]) == ("error", code)
        assert 400 <= error["status"] < 500
        assert error["error"]["message"]
        assert (await turn(socket, input="hi"))[-1]["type"] == "response.completed"


async def test_a_stream_that_breaks_is_told(running: Running) -> None:
    async with connect(running.socket) as socket:
        await turn(socket, input="hi")  # from now on it is known which dialect the upstream speaks
        running.upstream.script("cut_after:events=6", "ok")
        events = await turn(socket, input="count to 50")
        assert events[-1]["type"] == "response.failed"
        assert (await turn(socket, input="hi"))[-1]["type"] == "response.completed"


async def test_an_upstreams_error_is_told_as_an_error(running: Running) -> None:
    async with connect(running.socket) as socket:
        await turn(socket, input="hi")
        running.upstream.script("error_event:after=7", "ok")
        last = (await turn(socket, input="count to 50"))[-1]
        if running.upstream.speaks == {"responses"}:  # else the router tells what it came to
            assert last["type"] == "error"
            assert last["status"] == 500
            assert (last["error"]["code"], last["error"]["message"]) == ("server_error", "overloaded")


async def test_turns_sent_ahead_are_answered_one_after_the_other(running: Running) -> None:
    async with connect(running.socket) as socket:
        for word in ("one", "two", "three"):
            await socket.send(json.dumps({"type": "response.create", "model": "up/m", "input": word}))
        said = []
        while len(said) < 3:
            event = json.loads(await socket.recv())
            if event["type"] == "response.completed":
                said.append(event["response"]["output"][0]["content"][0]["text"])
    assert said == ["echo: one", "echo: two", "echo: three"]


async def test_a_client_that_leaves_stops_the_upstream(running: Running) -> None:
    running.upstream.script("slow:per_second=20")
    socket = await connect(running.socket)
    await socket.send(json.dumps({"type": "response.create", "model": "up/m", "input": "count to 500"}))
    await socket.recv()
    await socket.close()
    await running.upstream.wait_disconnect(3)


async def test_the_connection_ends_after_its_time(running: Running) -> None:
    running.app._socket = ResponsesSocket(running.app._endpoints.responses, seconds=0.2)  # type: ignore[union-attr]
    async with connect(running.socket) as socket:
        assert (await turn(socket, input="hi"))[-1]["type"] == "response.completed"
        error = json.loads(await asyncio.wait_for(socket.recv(), 2))
        assert error["error"]["code"] == "websocket_connection_limit_reached"
        await asyncio.wait_for(socket.wait_closed(), 2)


@pytest.mark.parametrize(
    ("path", "headers", "status"), [("/v1/other", {}, 404), ("/v1/responses", {"origin": "http://evil.example"}, 403)]
)
async def test_who_may_not_is_refused_before_the_upgrade(
    running: Running, path: str, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{running.url.replace('http', 'ws')}{path}", additional_headers=headers)
    assert refused.value.response.status_code == status


async def test_the_official_client(running: Running) -> None:
    client = AsyncOpenAI(base_url=f"{running.url}/v1", api_key="k", max_retries=0)
    async with client, client.responses.connect() as connection:
        await connection.response.create(model="up/m", input="Say hello.")
        kinds = []
        async for event in connection:
            kinds.append(event.type)
            if event.type == "response.completed":
                assert event.response.output_text == "echo: Say hello."
                break
        assert kinds[:2] == ["response.created", "response.in_progress"]
