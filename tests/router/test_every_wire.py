"""Every wire through a running router to every kind of upstream: raw bodies and raw events, validated strictly.

The SDKs' own types, in pydantic's strict mode: their parsed models coerce, and would forgive what other clients do not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from agent_router.config import LEDGER
from agent_router.upstreams.dialects import DIALECTS
from agent_router.upstreams.error_body import TOO_LONG
from agent_router.upstreams.event_boundary import data_of
from agent_telemetry.ledger_reader import recent
from tests.router.translation.test_answers import said
from tests.running_router import running_router
from tests.upstreams.answer import LAST_CHUNK, Answer, chunk
from tests.upstreams.behaviour import Behaviour
from tests.upstreams.step import Pause, Step
from tests.upstreams.upstream import ScriptedUpstream

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 20}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = ("get_weather", "get_time")
SCHEMA = {
    "type": "object",
    "properties": {"priority": {"type": "string", "enum": ["urgent", "normal"]}},
    "required": ["priority"],
    "additionalProperties": False,
}
CASES = ("plain", "thoughts", "calls", "forced", "schema", "limit", "result")
ASKS = {"thoughts": "think hard", "calls": "call get_weather and get_time", "limit": "count to 50"}
UPSTREAMS = ("chat/m", "resp/m", "anth/m", "local")
WIRES = ("chat", "responses", "messages")
KINDS = {
    "chat": (TypeAdapter(ChatCompletion), TypeAdapter(ChatCompletionChunk)),
    "responses": (TypeAdapter(Response), TypeAdapter(ResponseStreamEvent)),
    "messages": (TypeAdapter(Message), TypeAdapter(RawMessageStreamEvent)),
}


def chat(case: str) -> dict[str, Any]:
    call = {"id": "c1", "type": "function", "function": {"name": "get_time", "arguments": '{"city": "x"}'}}
    body: dict[str, Any] = {"messages": [{"role": "user", "content": ASKS.get(case, "Say hello.")}]}
    if case in ("calls", "forced", "result"):
        body["tools"] = [{"type": "function", "function": {"name": n, "parameters": PARAMETERS}} for n in TOOLS]
    if case == "forced":
        body["tool_choice"] = {"type": "function", "function": {"name": "get_time"}}
    if case == "schema":
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "t", "schema": SCHEMA}}
    if case == "result":
        body["messages"] += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "noon"},
        ]
    return {**body, "max_tokens": 20 if case == "limit" else 60}


def responses(case: str) -> dict[str, Any]:
    body: dict[str, Any] = {"input": [{"role": "user", "content": ASKS.get(case, "Say hello.")}]}
    if case in ("calls", "forced", "result"):
        body["tools"] = [{"type": "function", "name": n, "parameters": PARAMETERS, "strict": False} for n in TOOLS]
    if case == "forced":
        body["tool_choice"] = {"type": "function", "name": "get_time"}
    if case == "schema":
        body["text"] = {"format": {"type": "json_schema", "name": "t", "schema": SCHEMA}}
    if case == "result":
        body["input"] += [
            {"type": "function_call", "call_id": "c1", "name": "get_time", "arguments": '{"city": "x"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "noon"},
        ]
    return {**body, "max_output_tokens": 20 if case == "limit" else 60}


def messages(case: str) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": ASKS.get(case, "Say hello.")}]}
    if case in ("calls", "forced", "result"):
        body["tools"] = [{"name": n, "input_schema": PARAMETERS} for n in TOOLS]
    if case == "forced":
        body["tool_choice"] = {"type": "tool", "name": "get_time"}
    if case == "schema":
        body["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
    if case == "result":
        call = {"type": "tool_use", "id": "c1", "name": "get_time", "input": {"city": "x"}}
        result = {"type": "tool_result", "tool_use_id": "c1", "content": "noon"}
        body["messages"] += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    return {**body, "max_tokens": 20 if case == "limit" else 60}


PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
BODIES = {"chat": chat, "responses": responses, "messages": messages}


class House:
    """A running router, and the upstreams behind it."""

    def __init__(self, url: str, http: aiohttp.ClientSession, upstreams: dict[str, ScriptedUpstream]) -> None:
        self.url, self.http, self.upstreams = url, http, upstreams

    async def ask(self, path: str, body: Any, **headers: str) -> tuple[int, bytes]:
        async with self.http.post(f"{self.url}{path}", json=body, headers=headers) as response:
            return response.status, await response.read()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with (
        ScriptedUpstream(speaks={"chat"}) as chat_,
        ScriptedUpstream(speaks={"responses"}) as responses_,
        ScriptedUpstream(speaks={"messages"}) as messages_,
    ):
        settings = {
            "upstreams": {
                "chat": {"base_url": chat_.base_url, "models": ["m"]},
                "resp": {"base_url": responses_.base_url, "models": ["m"]},
                "anth": {"kind": "anthropic", "base_url": messages_.url, "models": ["m"]},
            },
            "routing": {"closed": "chat/m"},
        }
        async with running_router(tmp_path, settings) as (url, _), aiohttp.ClientSession() as http:
            yield House(url, http, {"chat": chat_, "resp": responses_, "anth": messages_})


def events_of(wire: str, raw: bytes) -> list[Any]:
    """The raw events, each validated."""
    kind = KINDS[wire][1]
    found = []
    for data in data_of(raw):
        if data == b"[DONE]" or b'"ping"' in data[:20]:
            continue
        kind.validate_json(data, strict=True)
        found.append(json.loads(data))
    return found


async def answers(house: House, wire: str, model: str, case: str) -> list[dict[str, Any]]:
    """What the whole answer and the streamed one say, both validated."""
    told = []
    for stream in (False, True):
        body = {**BODIES[wire](case), "model": model, "stream": stream}
        if wire == "chat" and stream:
            body["stream_options"] = {"include_usage": True}
        status, raw = await house.ask(PATHS[wire], body)
        assert status == 200, raw
        reader = DIALECTS[wire].reader()
        if stream:
            events_of(wire, raw)
            read = [event for data in data_of(raw) for event in reader.read(data)]
        else:
            KINDS[wire][0].validate_json(raw, strict=True)
            read = list(reader.read_whole(raw))
        assert reader.finished
        assert reader.usage is not None
        assert reader.model == ("pocket" if model == "local" else "m")
        told.append(said(read))
    return told


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("model", UPSTREAMS[:3])
async def test_any_wire_in_any_upstream_out(house: House, wire: str, model: str) -> None:
    for case in CASES:
        whole, streamed = await answers(house, wire, model, case)
        assert whole == streamed
        calls = [(call["name"], call["text"]) for call in whole["calls"].values()]
        match case:
            case "plain":
                assert (whole["text"], whole["stop"]) == ("echo: Say hello.", "stop")
            case "thoughts":
                assert whole["text"] == "echo: think hard"
                assert whole["thoughts"] == "Let me think. "
            case "calls":
                assert calls == [("get_weather", {"city": "x"}), ("get_time", {"city": "x"})]
                assert whole["stop"] == "tool_calls"
                assert len({call["id"] for call in whole["calls"].values()}) == 2
            case "forced":
                assert calls == [("get_time", {"city": "x"})]
            case "schema":
                assert json.loads(whole["text"]) == {"priority": "urgent"}
            case "limit":
                assert (whole["text"], whole["stop"]) == (" ".join(map(str, range(1, 21))), "length")
            case "result":
                assert whole["text"] == "tool said: noon"


@pytest.mark.parametrize("wire", WIRES)
async def test_any_wire_in_the_engine_out(house: House, wire: str) -> None:
    for case in CASES:
        whole, streamed = await answers(house, wire, "local", case)
        for told in (whole, streamed):
            if case == "forced":
                assert [call["name"] for call in told["calls"].values()] == ["get_time"]
                assert told["stop"] == "tool_calls"
            if case == "schema":
                assert json.loads(told["text"])["priority"] in ("urgent", "normal")
            if case == "plain":
                assert told["text"]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
async def test_the_same_dialect_passes_byte_for_byte(house: House, wire: str, stream: bool) -> None:
    name = {"chat": "chat", "responses": "resp", "messages": "anth"}[wire]
    body = {**BODIES[wire]("calls"), "model": "m", "stream": stream, "unknown_field": {"a": [1, None]}}
    upstream = house.upstreams[name]
    # Written tightly, as the router does where it puts the model's name in.
    sent = json.dumps(body, separators=(",", ":"))
    async with house.http.post(f"{upstream.url}{PATHS[wire]}", data=sent) as response:
        direct = await response.read()
    upstream.clear()
    sent = json.dumps({**body, "model": f"{name}/m"}, separators=(",", ":"))
    async with house.http.post(f"{house.url}{PATHS[wire]}", data=sent) as response:
        told = await response.read()
    # The one line that an upstream may leave out, and the router adds.
    assert told.removesuffix(b"data: [DONE]\n\n") == direct.removesuffix(b"data: [DONE]\n\n")
    (received,) = upstream.requests
    assert received.json == body


@pytest.mark.parametrize("model", UPSTREAMS)
async def test_legacy_completions(house: House, model: str) -> None:
    body = {"model": model, "prompt": "Say hello.", "max_tokens": 20}
    status, raw = await house.ask("/v1/completions", body)
    assert status == 200
    told = TypeAdapter(Completion).validate_json(raw, strict=True)
    if model != "local":
        assert told.choices[0].text == "echo: Say hello."
    status, raw = await house.ask("/v1/completions", {**body, "stream": True, "echo": True})
    chunks = [json.loads(data) for data in data_of(raw) if data != b"[DONE]"]
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks).startswith("Say hello.")
    assert chunks[-1]["choices"][0]["finish_reason"] in ("stop", "length")
    assert raw.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("model", UPSTREAMS)
async def test_gemini(house: House, model: str) -> None:
    declared = [{"name": name, "parameters": {**PARAMETERS, "type": "OBJECT"}} for name in TOOLS]
    body = {
        "contents": [{"role": "user", "parts": [{"text": "call get_time"}]}],
        "tools": [{"functionDeclarations": declared}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["get_time"]}},
    }
    status, raw = await house.ask(f"/v1beta/models/{model}:generateContent", body)
    assert status == 200, raw
    told = json.loads(raw)
    (part,) = told["candidates"][0]["content"]["parts"]
    assert part["functionCall"]["name"] == "get_time"
    assert isinstance(part["functionCall"]["args"], dict)
    assert told["usageMetadata"]["totalTokenCount"] > 0
    status, raw = await house.ask(f"/v1beta/models/{model}:streamGenerateContent?alt=sse", body)
    assert b"\n:" not in raw  # a comment breaks Gemini CLI
    streamed = [json.loads(data) for data in data_of(raw)]
    assert streamed[-1]["candidates"][0]["finishReason"] == "STOP"
    status, raw = await house.ask(f"/v1beta/{model}:streamGenerateContent", body)
    assert json.loads(raw)[-1]["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", UPSTREAMS[:3])
async def test_an_answer_ends_at_a_stop_sequence_that_is_only_white_space(
    house: House, model: str, stream: bool
) -> None:
    asked = [{"role": "user", "content": "one\ntwo\nthree"}]
    body = {"model": model, "messages": asked, "max_tokens": 60, "stop_sequences": ["\n"], "stream": stream}
    _, raw = await house.ask("/v1/messages", body)
    reader = DIALECTS["messages"].reader()
    read = [e for data in data_of(raw) for e in reader.read(data)] if stream else list(reader.read_whole(raw))
    if model == "anth/m":  # passed through as it is: there it is Anthropic's own matter
        return
    told = said(read)
    assert (told["text"], told["stop"]) == ("echo: one", "stop")


async def test_what_anthropic_cannot_be_told_to_stop_at_is_seen_to_here(house: House) -> None:
    body = {"model": "anth/m", "messages": [{"role": "user", "content": "one\ntwo"}], "stop": ["\n"]}
    _, raw = await house.ask("/v1/chat/completions", body)
    assert json.loads(raw)["choices"][0]["message"]["content"] == "echo: one"
    assert "stop_sequences" not in house.upstreams["anth"].requests[-1].json


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("model", UPSTREAMS[:3])
@pytest.mark.parametrize(
    "fault", ["status:code=429", "status:code=400", "status:code=401", "status:code=500,html=True"]
)
async def test_errors_come_in_the_callers_dialect(house: House, wire: str, model: str, fault: str) -> None:
    house.upstreams[model.partition("/")[0]].script(fault)
    body = {**BODIES[wire]("plain"), "model": model}
    status, raw = await house.ask(PATHS[wire], body)
    assert status == {"429": 429, "400": 400, "401": 401}.get(fault[12:15], 503)
    told = json.loads(raw)
    assert told["error"]["message"]
    if wire == "messages":
        assert told["type"] == "error"
    else:
        assert {"message", "type", "code"} <= set(told["error"])


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("model", UPSTREAMS[:3])
async def test_a_stream_that_breaks_ends_in_an_error_that_clients_know(house: House, wire: str, model: str) -> None:
    house.upstreams[model.partition("/")[0]].script("cut_after:events=6")
    body = {**BODIES[wire]("limit"), "model": model, "stream": True}
    body |= {"max_output_tokens": 50} if wire == "responses" else {"max_tokens": 50}
    status, raw = await house.ask(PATHS[wire], body)
    assert status == 200
    events = [json.loads(data) for data in data_of(raw) if data != b"[DONE]"]
    last = events[-1]
    if wire == "responses":
        assert last["type"] == "response.failed"
        assert last["response"]["status"] == "failed"
        assert last["sequence_number"] == events[-2]["sequence_number"] + 1
    else:
        assert last["error"]["message"]


BAD: dict[str, list[Any]] = {
    "chat": [{"messages": []}, {"messages": "no"}],
    "responses": [
        {"input": 5},
        {"input": [{}]},
        {"input": [{"type": "function_call_output", "call_id": "c"}]},
        {"input": "x", "max_output_tokens": 0},
        {"input": "x", "tool_choice": "required"},
        {"input": "x", "text": {"format": {"type": "json_schema", "name": "x"}}},
        {"input": "x", "previous_response_id": "resp_unknown"},
        {"input": "x", "background": True},
        {},
    ],
    "messages": [
        {"messages": []},
        {"messages": "no", "max_tokens": 5},
        {"messages": [{"role": "user", "content": "x"}]},
        {"messages": [{"role": "robot", "content": "x"}], "max_tokens": 5},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}], "max_tokens": 5},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}], "max_tokens": 5},
        {"messages": [{"role": "user", "content": "x"}], "max_tokens": 0},
        {"messages": [{"role": "user", "content": "x"}], "max_tokens": 5, "temperature": 3},
        {"messages": [{"role": "user", "content": "x"}], "max_tokens": 5, "tool_choice": {"type": "any"}},
    ],
}


@pytest.mark.parametrize("wire", WIRES)
async def test_bad_bodies_are_refused_in_the_dialects_own_shape(house: House, wire: str) -> None:
    for body in [*BAD[wire], [], 7]:
        sent = {**body, "model": "local"} if isinstance(body, dict) else body
        status, raw = await house.ask(PATHS[wire], sent)
        assert status == 400, (body, raw)
        told = json.loads(raw)
        assert told["error"]["message"]
        assert (told.get("type") == "error") == (wire == "messages")


async def test_every_request_has_its_row(house: House, tmp_path: Path) -> None:
    session = "0f8fad5b-d9cb-469f-a165-70867728950e"
    told = {"metadata": {"user_id": f"user_abc_account__session_{session}"}}
    await house.ask("/v1/messages", {**messages("plain"), **told, "model": "chat/m"}, **{"user-agent": "claude-cli/2"})
    await house.ask("/v1/responses", {**responses("plain"), "model": "anth/m", "prompt_cache_key": session})
    for _ in range(200):
        rows = recent(tmp_path / LEDGER)
        if len(rows) == 2:
            break
        await asyncio.sleep(0.01)
    assert {(row.wire, row.provider) for row in rows} == {("messages", "chat"), ("responses", "anth")}
    assert all(row.status == "ok" and row.input and row.output for row in rows)
    assert len({row.session for row in rows}) == 1
    assert next(row.agent for row in rows if row.wire == "messages") == "claude"


async def test_an_answer_that_says_that_it_failed_is_not_ok_in_the_ledger(house: House, tmp_path: Path) -> None:
    error = {"code": "server_error", "message": "no"}
    body = json.dumps({"object": "response", "status": "failed", "error": error, "output": []}).encode()
    house.upstreams["resp"].script(Behaviour("failed", "body", lambda right: right.plain(body).whole()))
    assert (await house.ask("/v1/responses", {**responses("plain"), "model": "resp/m"}))[1] == body
    for _ in range(200):
        if rows := recent(tmp_path / LEDGER):
            break
        await asyncio.sleep(0.01)
    assert [(row.status, row.error) for row in rows] == [("error", "upstream_error_event")]


@pytest.mark.parametrize(
    ("model", "word", "status", "code"),
    [
        ("chat/m", "rate_limit_exceeded", "rate_limit_error", "rate_limit_exceeded"),
        ("resp/m", "server_is_overloaded", "overloaded_error", "server_is_overloaded"),
        ("anth/m", "overloaded_error", "overloaded_error", "server_is_overloaded"),
        ("anth/m", "api_error", "api_error", "upstream_error_event"),
    ],
)
async def test_why_an_answer_broke_is_told_in_the_callers_words(
    house: House, model: str, word: str, status: str, code: str
) -> None:
    error = {"type": word if model == "anth/m" else "server_error", "code": word, "message": "no"}
    event = b"event: error\ndata: " + json.dumps({"type": "error", "error": error}).encode() + b"\n\n"

    def breaks(right: Answer) -> Iterable[Step]:
        if not right.streams:  # it has not this dialect
            return right.whole()
        return [right.head(), *right.framed()[:6], Pause(0.1), chunk(event), LAST_CHUNK]

    for wire in WIRES:
        name = model.partition("/")[0]
        if wire == {"chat": "chat", "resp": "responses", "anth": "messages"}[name]:
            continue  # passes as it came
        house.upstreams[name].script(Behaviour("breaks", "body", breaks))
        body = {**BODIES[wire]("limit"), "model": model, "stream": True}
        _, raw = await house.ask(PATHS[wire], body)
        last = [json.loads(data) for data in data_of(raw) if data != b"[DONE]"][-1]
        told = last["response"]["error"] if wire == "responses" else last["error"]
        assert told["type" if wire == "messages" else "code"] == (status if wire == "messages" else code)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("anth/m", {"type": "invalid_request_error", "message": "prompt is too long: 203000 tokens > 200000 maximum"}),
        (
            "chat/m",
            {"type": "BadRequestError", "code": 400, "message": "This model's maximum context length is 32768 tokens."},
        ),
        (
            "resp/m",
            {"type": "t", "code": "context_length_exceeded", "message": "Your input exceeds the context window."},
        ),
    ],
)
async def test_clients_are_told_to_shorten_a_conversation_in_their_own_words(
    house: House, model: str, said: dict[str, Any]
) -> None:
    name = model.partition("/")[0]
    refusal = json.dumps({"type": "error", "error": said}).encode()

    def refuses(right: Answer) -> Iterable[Step]:
        return (right if right.status == 404 else right.plain(refusal, 400)).whole()

    for wire in WIRES:
        if wire == {"chat": "chat", "resp": "responses", "anth": "messages"}[name]:
            continue
        house.upstreams[name].script(Behaviour("too long", "body", refuses))
        status, raw = await house.ask(PATHS[wire], {**BODIES[wire]("plain"), "model": model})
        told = json.loads(raw)["error"]
        assert (status, told["type"]) == (400, "invalid_request_error") or wire != "messages"
        assert "prompt is too long" in told["message"] if wire == "messages" else told["code"] == TOO_LONG
