"""A signature comes back with its call, and the check is asked to be skipped where there is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_models.completion import CompletionRequest, Message, Text, ToolCall
from agent_router.upstreams.gemini import signatures
from agent_router.upstreams.gemini.signatures import Signatures

SKIP = "skip_thought_signature_validator"


def answered(known: Signatures, *calls: tuple[str, str | None], whole: bool = False) -> None:
    told: list[dict[str, Any]] = []
    for index, (id, signature) in enumerate(calls):
        call: dict[str, Any] = {"index": index, "id": id, "function": {"name": "f", "arguments": "{}"}}
        if signature is not None:
            call["extra_content"] = {"google": {"thought_signature": signature}}
        told.append(call)
    choice = {"message" if whole else "delta": {"tool_calls": told}, "finish_reason": "tool_calls"}
    reader = known.reader()
    list((reader.read_whole if whole else reader.read)(json.dumps({"model": "m", "choices": [choice]}).encode()))


def sent(known: Signatures, *ids: str, model: str = "gemini-3-pro") -> list[str | None]:
    """What the calls of the last answer bear in the next request."""
    calls = tuple(ToolCall(id, "f", "{}") for id in ids)
    results = tuple(Message("tool", (Text("r"),), tool_call_id=id) for id in ids)
    request = CompletionRequest(messages=(Message("user", (Text("hi"),)), Message("assistant", (), calls), *results))
    body = known.body(request, model, False)
    found = [call.get("extra_content") for call in body["messages"][1]["tool_calls"]]
    return [extra and extra["google"]["thought_signature"] for extra in found]


@pytest.mark.parametrize("whole", [False, True])
def test_a_signature_comes_back_with_its_call(whole: bool) -> None:
    known = Signatures()
    answered(known, ("a", "sig-a"), ("b", None), whole=whole)
    assert sent(known, "a", "b") == ["sig-a", None]


def test_a_call_of_another_models_is_let_pass() -> None:
    assert sent(Signatures(), "x", "y") == [SKIP, None]
    assert sent(Signatures(), "x", model="gemini-flash-latest") == [SKIP]
    assert sent(Signatures(), "x", model="gemini-2.5-pro") == [None]


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "_MOST", 2)
    known = Signatures()
    answered(known, ("a", "1"), ("b", "2"), ("c", "3"))
    assert [sent(known, id)[0] for id in "abc"] == [SKIP, "2", "3"]
