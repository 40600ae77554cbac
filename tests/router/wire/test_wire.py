"""What every dialect is to its callers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.completion import Stop, TextDelta, Usage
from agent_router.errors import ApiError
from agent_router.upstreams.event_boundary import data_of
from agent_router.wire.chat.wire import ChatWire
from agent_router.wire.completions.wire import CompletionsWire
from agent_router.wire.gemini.wire import GeminiWire
from agent_router.wire.messages.wire import MessagesWire
from agent_router.wire.responses.compaction import CompactionWire
from agent_router.wire.responses.sealed import unseal
from agent_router.wire.responses.store import ResponseStore
from agent_router.wire.responses.wire import ResponsesWire
from agent_router.wire.wire import Wire

HELLO = [{"role": "user", "content": "Say hello."}]
RESPONSES = ResponsesWire(ResponseStore())
WIRES: list[tuple[Wire, dict[str, Any], str]] = [
    (ChatWire(), {"messages": HELLO}, "/v1/chat/completions"),
    (RESPONSES, {"input": HELLO}, "/v1/responses"),
    (MessagesWire(), {"messages": HELLO, "max_tokens": 9}, "/v1/messages"),
    (CompletionsWire(), {"prompt": "Say hello."}, "/v1/completions"),
    (
        GeminiWire(),
        {"contents": [{"parts": [{"text": "Say hello."}]}]},
        "/v1beta/models/m:streamGenerateContent?alt=sse",
    ),
    (CompactionWire(RESPONSES), {"input": HELLO}, "/v1/responses/compact"),
]
SAID = [TextDelta("Hel"), TextDelta("lo\n\ndata: x"), Stop("stop"), Usage(3, 2)]


@pytest.mark.parametrize(("wire", "body", "path"), WIRES, ids=lambda each: getattr(each, "name", ""))
def test_what_is_asked_is_read_and_answered_in_the_same_dialect(wire: Wire, body: Any, path: str) -> None:
    call = wire.read(json.dumps({**body, "model": "m", "stream": True}).encode(), {}, path)
    assert (call.wire, call.model, call.private) == (wire.name, "m", False)
    assert "Say hello." in (call.completion.text or call.completion.messages[0].text)
    whole = wire.answer(call, "1", "m", 1)
    for event in SAID:
        whole.add(event)
    told = json.loads(whole.body())
    if wire.name == "compaction":
        sealed = unseal(told["output"][-1]["encrypted_content"])
        assert sealed is not None
        assert "Hello" in sealed.text
        return
    assert r"Hello\n\ndata: x" in json.dumps(told)
    stream = wire.stream(call, "1", "m", 1)
    pieces = [stream.begin(), *map(stream.add, SAID), stream.end()]
    assert all(piece == b"" or piece.endswith(b"\n\n") for piece in pieces)  # whole events only
    events = [data for piece in pieces for data in data_of(piece) if data != b"[DONE]"]
    assert all(isinstance(json.loads(data), dict) for data in events)
    if wire.alive:
        assert wire.alive.endswith(b"\n\n")


@pytest.mark.parametrize(("wire", "body", "path"), WIRES, ids=lambda each: getattr(each, "name", ""))
def test_errors_have_the_dialects_own_shape(wire: Wire, body: Any, path: str) -> None:
    error = ApiError(429, "Too much.", kind="rate_limit_error", code="slow", param="p", retry_after=3)
    told = json.loads(wire.error_body(error))["error"]
    assert told["message"] == "Too much."
    kinds = {"messages": "rate_limit_error", "gemini": None}
    assert told.get("type") == kinds.get(wire.name, "rate_limit_error")
    if wire.name == "gemini":
        assert (told["code"], told["status"]) == (429, "RESOURCE_EXHAUSTED")
    (data,) = [each for each in data_of(wire.error_event(error)) if each != b"[DONE]"]
    assert "Too much." in data.decode()


@pytest.mark.parametrize(("wire", "body", "path"), WIRES, ids=lambda each: getattr(each, "name", ""))
@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b'{"model":5}', b"\xff", b"[" * 100_000])
def test_what_is_no_request_is_refused(wire: Wire, body: Any, path: str, raw: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        wire.read(raw, {}, path)
    assert refused.value.status == 400
