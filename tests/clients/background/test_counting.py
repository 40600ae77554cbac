"""The measurement itself: what bodies say, and what is counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clients.background.body import read
from tests.clients.background.client import Client, Rule
from tests.clients.background.counting import count
from tests.clients.background.relay import Sent
from tests.clients.background.sessions import sessions

CLIENT = Client("mine", "mine", "mine", (Rule("title", "You name chats"), Rule(None, "You are Mine")), lambda *_: None)
SAID = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
CALLED = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "system", "content": "S"}, *SAID, CALLED]}),
        ("/v1/messages", {"system": [{"type": "text", "text": "S"}], "messages": SAID}),
        ("/v1/responses", {"instructions": "S", "input": [*SAID, {"type": "function_call", "name": "t"}]}),
        (
            "/v1beta/models/m:generateContent",
            {
                "systemInstruction": {"parts": [{"text": "S"}]},
                "contents": [
                    {"role": {"assistant": "model"}.get(each["role"], "user"), "parts": [{"text": each["content"]}]}
                    for each in SAID
                ],
            },
        ),
    ],
)
def test_a_body_is_read_in_every_dialect(path: str, body: dict[str, Any]) -> None:
    found = read(path, json.dumps(body).encode())
    assert found is not None
    assert (found.system.strip(), found.said, found.turn) == ("S", ["a", "c"], ["c"])


def test_what_asks_no_model_is_no_body() -> None:
    assert read("/v1/messages/count_tokens", b"{}") is None
    assert read("/v1/chat/completions", b"{") is None


def sent(id: str, system: str, said: str) -> Sent:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": said}]
    return Sent("/v1/chat/completions", {}, json.dumps({"messages": messages}).encode(), 0, 200, id)


def row(family: str, agent: str = "mine", session: str | None = "s") -> dict[str, Any]:
    return {"family": family, "agent": agent, "session": session}


def test_what_is_counted() -> None:
    calls = [
        sent("1", "You name chats", "hello"),
        sent("2", "You name chats", "hello"),
        sent("3", "You name chats", "hello"),
        sent("4", "You are Mine", "hello"),
        sent("5", "You are Mine", "hello"),
        sent("6", "Who knows", "hello"),
        sent("7", "You are Mine", "hello"),
    ]
    rows = {
        "1": row("title-1"),
        "2": row("ask-1"),
        "3": row("title-1", agent="another"),
        "4": row("ask-1"),
        "5": row("commit-1", session="t"),
        "6": row("ask-1"),
    }
    found = count(CLIENT, calls, rows, [("hello",)])
    assert (dict(found.all), dict(found.known)) == ({"title": 3}, {"title": 1})
    assert (found.turns, found.taken, found.misnamed, found.failed, len(found.strange)) == (2, 1, 1, 1, 1)
    assert (found.sessions, found.whole) == (1, 0)


def test_there_are_as_many_turns_as_wanted_and_no_two_sessions_begin_alike() -> None:
    found = sessions(40)
    assert sum(map(len, found)) >= 40
    assert len({asks[0] for asks in found}) == len(found)
