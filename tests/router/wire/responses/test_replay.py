"""A whole response told as a stream."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from agent_router.upstreams.event_boundary import data_of
from agent_router.upstreams.responses.events import ResponsesReader
from agent_router.wire.responses.body import read
from agent_router.wire.responses.replay import replay
from agent_router.wire.responses.response import response_object

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
NOTE = {"type": "url_citation", "start_index": 0, "end_index": 1, "url": "http://x", "title": "t"}
MESSAGE: dict[str, Any] = {"type": "message"}
OUTPUT: list[Any] = [
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "e"},
    {"type": "reasoning", "id": "rs_2", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "Hello.", "annotations": [NOTE], "logprobs": []},
            {"type": "refusal", "refusal": "No."},
        ],
    },
    {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "f", "arguments": "{}", "status": "completed"},
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "b", "name": "g", "input": "x", "status": "completed"},
]


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
def test_the_events_tell_every_item_as_it_is(status: str) -> None:
    raw = b'{"model":"m","input":"hi"}'
    response = response_object(read(raw), "resp_1", "m", 1) | {"status": status, "output": OUTPUT}
    told = replay(response)
    assert told.endswith(b"data: [DONE]\n\n")
    events = [json.loads(data) for data in data_of(told) if data != b"[DONE]"]
    for event in events:
        EVENT.validate_python(event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1] == {"type": f"response.{status}", "sequence_number": len(events) - 1, "response": response}
    assert [event["item"] for event in events if event["type"] == "response.output_item.done"] == OUTPUT
    assert [event["annotation"] for event in events if "annotation" in event["type"]] == [NOTE]
    assert replay(response, 3).split(b"\n\n") == told.split(b"\n\n")[4:]
    if status != "failed":  # what is read of the stream is what is read of the whole
        reader, whole = ResponsesReader(), ResponsesReader()
        said = [each for data in data_of(told) for each in reader.read(data)]
        assert "".join(getattr(each, "text", "") for each in said) == "".join(
            getattr(each, "text", "") for each in whole.read_whole(json.dumps(response).encode())
        )


@pytest.mark.parametrize(
    "output", [None, [3], [{"type": "message", "content": "x"}], [{"type": "message", "content": [1]}]]
)
def test_odd_responses_are_told_too(output: Any) -> None:
    assert replay({"output": output}).endswith(b"data: [DONE]\n\n")
