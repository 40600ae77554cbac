"""Answers in Gemini's shape, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from agent_models.completion import Event, ReasoningDelta, Stop, TextDelta, TokenLogprob, TopLogprob
from agent_router.upstreams.event_boundary import data_of
from agent_router.wire.gemini.wire import GeminiWire

TOKENS = (
    TokenLogprob("so", -0.25, (), (TopLogprob("so", -0.25, ()), TopLogprob("no", -2.0, ()))),
    TokenLogprob("!", -0.75, ()),
)
ENUM = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a", "b"]}}


def told(events: Sequence[Event], how: str, config: dict[str, Any]) -> list[dict[str, Any]]:
    """The first candidate of each response."""
    method = {"whole": "generateContent", "sse": "streamGenerateContent?alt=sse", "array": "streamGenerateContent"}[how]
    body = {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": config}
    wire = GeminiWire()
    call = wire.read(json.dumps(body).encode(), {}, f"/v1beta/models/m:{method}")
    if how == "whole":
        answer = wire.answer(call, "i", "m", 0)
        for event in events:
            answer.add(event)
        responses = [json.loads(answer.body())]
    else:
        stream = wire.stream(call, "i", "m", 0)
        raw = stream.begin() + b"".join(map(stream.add, events)) + stream.end()
        responses = json.loads(raw) if how == "array" else [json.loads(data) for data in data_of(raw)]
    return [response["candidates"][0] for response in responses]


@pytest.mark.parametrize("how", ["whole", "sse", "array"])
@pytest.mark.parametrize("apart", [False, True])  # from their text, as the chat dialect's come
def test_log_probabilities(how: str, apart: bool) -> None:
    pieces = [TextDelta("so!"), TextDelta("", TOKENS)] if apart else [TextDelta("so!", TOKENS)]
    candidates = told([*pieces, Stop("stop")], how, {"responseLogprobs": True, "logprobs": 2})
    (result,) = [candidate["logprobsResult"] for candidate in candidates if "logprobsResult" in candidate]
    assert result["chosenCandidates"] == [
        {"token": "so", "logProbability": -0.25},
        {"token": "!", "logProbability": -0.75},
    ]
    assert [len(step["candidates"]) for step in result["topCandidates"]] == [2, 0]
    assert [candidate.get("avgLogprobs") for candidate in candidates][-1] == -0.5
    assert "avgLogprobs" not in told([TextDelta("so!"), Stop("stop")], how, {})[-1]


@pytest.mark.parametrize("how", ["whole", "sse", "array"])
@pytest.mark.parametrize("said", ['{"value":"a"}', '"a"', "a"])
def test_one_of_a_few_words_is_told_bare(how: str, said: str) -> None:
    events = [ReasoningDelta("hm"), TextDelta(said[:3]), TextDelta(said[3:]), Stop("stop")]
    config = {**ENUM, "thinkingConfig": {"includeThoughts": True}}
    parts = [part for candidate in told(events, how, config) for part in candidate["content"]["parts"]]
    assert parts == [{"text": "hm", "thought": True}, {"text": "a"}]
