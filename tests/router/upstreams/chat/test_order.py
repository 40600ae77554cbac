"""Results stand behind their calls, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.completion import Message, Text, ToolCall
from agent_router.upstreams.chat.order import results_first


def conversation(words: str) -> list[Message]:
    """`u1` a user's message, `a` the model's with no calls, `ab!` calls a and b, `a=` the result of a."""
    messages = []
    for word in words.split():
        if word.endswith("!"):
            messages.append(Message("assistant", (), tuple(ToolCall(id, "f", "{}") for id in word[:-1])))
        elif word.endswith("="):
            messages.append(Message("tool", (Text("r"),), tool_call_id=word[:-1]))
        else:
            messages.append(Message("user", (Text(word),)))
    return messages


@pytest.mark.parametrize(
    ("given_", "ordered"),
    [
        ("u a! a= u", "u a! a= u"),
        ("u a! v a= w", "u a! a= v w"),
        ("u ab! v a= w b= x", "u ab! a= b= v w x"),
        ("u a! v b! w a= x b=", "u a! a= v b! b= w x"),
        ("u a! v", "u a! v"),  # never answered
        ("u a! v a= a! w a=", "u a! a= v a! a= w"),  # an id that is used twice
        ("a= u a! v", "a= u a! v"),
    ],
)
def test_what_came_between_follows(given_: str, ordered: str) -> None:
    assert results_first(conversation(given_)) == conversation(ordered)


@given(st.lists(st.sampled_from(["u", "v", "a!", "b!", "ab!", "a=", "b="]), max_size=12))
def test_nothing_is_lost(words: list[str]) -> None:
    messages = conversation(" ".join(words))
    ordered = results_first(messages)
    assert sorted(map(repr, ordered)) == sorted(map(repr, messages))
    assert [m for m in ordered if m.role == "user"] == [m for m in messages if m.role == "user"]
