"""Streams of the responses dialect on their way to callers who speak it too."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from agent_router.errors import ApiError
from agent_router.upstreams.native_stream import NativeStream
from agent_router.upstreams.pieces import Pieces
from agent_router.upstreams.reply import StreamCutError
from agent_router.upstreams.responses.dialect import RESPONSES
from agent_router.upstreams.responses.observer import ResponsesObserver
from tests.router.upstreams.test_native_stream import Recorded

DONE = b"data: [DONE]\n\n"
HEAD = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}
PART = {"type": "output_text", "text": "", "annotations": []}
MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "", "status": "in_progress"}


def event(number: int, kind: str, *, name: bool = True, **fields: Any) -> bytes:
    data = json.dumps({"sequence_number": number, **fields, "type": kind}).encode()
    return (f"event: {kind}\n".encode() if name else b"") + b"data: " + data + b"\n\n"


def begun(*, name: bool = True) -> list[bytes]:
    return [
        event(0, "response.created", name=name, response=HEAD),
        event(1, "response.output_item.added", name=name, output_index=0, item=MESSAGE),
        event(2, "response.content_part.added", name=name, output_index=0, content_index=0, part=PART),
        event(3, "response.output_text.delta", name=name, output_index=0, content_index=0, delta="Hel"),
        event(4, "response.output_text.delta", name=name, output_index=0, content_index=0, delta="lo"),
    ]


def completed(number: int = 5, kind: str = "completed", *, name: bool = True) -> bytes:
    return event(number, f"response.{kind}", name=name, response=HEAD | {"status": kind})


async def passed(*pieces: bytes, cut: bool = False) -> bytes:
    stream = NativeStream(
        "x", cast(Pieces, Recorded(pieces, cut=cut)), ResponsesObserver(), names=RESPONSES.names_events
    )
    assert await stream.begin() is None
    out = b""
    try:
        async for block in stream.relay():
            out += block
    except StreamCutError as broken:
        out += stream.broken(ApiError(502, str(broken), code="stream_cut"))
    return out


def failed(out: bytes) -> Any:
    """The data of the event before `[DONE]`."""
    assert out.endswith(DONE)
    return json.loads(out.removesuffix(DONE).rstrip().rpartition(b"data: ")[2])


@pytest.mark.parametrize("end", [completed(), completed(kind="failed"), event(5, "error", code="x", message="y")])
@pytest.mark.parametrize("done", [[], [DONE], [DONE.strip()], [b": ping\n\n", DONE], [b"data:[DONE]\n\n"]])
async def test_the_last_line_is_there_once(end: bytes, done: list[bytes]) -> None:
    whole = b"".join([*begun(), end])
    for pieces in ([whole, *done], [whole + b"".join(done)], [*begun(), end, *done]):
        out = await passed(*pieces)
        assert out.startswith(whole)
        assert out.count(b"[DONE]") == 1
        assert out.rstrip().endswith(b"[DONE]")


async def test_a_break_goes_on_counting_and_holds_what_was_told() -> None:
    calls = [
        event(5, "response.output_item.added", output_index=1, item=CALL),
        event(6, "response.function_call_arguments.delta", output_index=1, delta='{"a'),
    ]
    told = failed(await passed(*begun(), *calls, b": ping\n\n", cut=True))
    assert (told["type"], told["sequence_number"]) == ("response.failed", 7)
    assert told["response"]["error"] == {"code": "stream_cut", "message": "cut"}
    message, call = told["response"]["output"]
    assert message == MESSAGE | {"status": "incomplete", "content": [PART | {"text": "Hello"}]}
    assert call == CALL | {"status": "incomplete", "arguments": '{"a'}
    ended = event(5, "response.output_item.done", output_index=0, item=MESSAGE | {"status": "completed"})
    told = failed(await passed(b"".join([*begun(), ended]), b": ping\n\n", cut=True))
    assert told["response"]["output"] == [MESSAGE | {"status": "completed"}]
    assert told["sequence_number"] == 6


async def test_odd_events_break_nothing() -> None:
    odd = [
        b"data: {\n\n",
        event(5, "response.output_text.delta", output_index="x", delta="a"),
        event(5, "response.output_text.delta", output_index=0, content_index=10**9, delta={}),
        event(5, "response.content_part.added", output_index=0, content_index=-1, part=[]),
        event(5, "response.output_item.added", output_index=2, item=[]),
        event(5, "response.reasoning_summary_text.delta", output_index=2, summary_index=1, delta="b"),
    ]
    assert failed(await passed(*begun(), *odd, cut=True))["response"]["status"] == "failed"


async def test_events_without_names_get_them() -> None:
    nameless = [*begun(name=False), b": ping\n\n", completed(name=False)]
    assert await passed(*nameless, DONE) == b"".join([*begun(), b": ping\n\n", completed(), DONE])
    assert await passed(*begun(), completed(), DONE) == b"".join([*begun(), completed(), DONE])
