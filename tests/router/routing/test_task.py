"""What the router knows of a request."""

from __future__ import annotations

import json

import pytest

from agent_router.routing import task as tasks
from agent_router.routing.estimate.nodes import Asked
from agent_router.wire.chat.wire import ChatWire
from tests.router.routing.bodies import TOOLS, made, vectors


def test_what_a_task_says() -> None:
    task, raw = made(
        "hello",
        {b"user-agent": b"pi/0.87", b"session-id": b"s"},
        tools=TOOLS,
        stream=True,
        max_tokens=7,
        model="closed",
    )
    assert (task.requested_model, task.agent, task.stream, task.tools, task.output_limit) == (
        "closed",
        "pi",
        True,
        1,
        7,
    )
    assert task.prompt_bytes == len(raw)
    assert task.session
    assert not task.images
    assert not task.private


@pytest.mark.parametrize("part", [
    {"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "input_audio", "input_audio": {}},
    {"type": "file", "file": {}},
])  # fmt: skip
def test_whatever_is_not_text_is_for_those_who_see(part: dict[str, object]) -> None:
    assert made([{"type": "text", "text": "what is this?"}, part])[0].images
    assert not made([{"type": "text", "text": "what is this?"}])[0].images


@pytest.mark.parametrize(
    ("value", "private"),
    [
        (b"local-only", True),
        (b" LOCAL-ONLY ", True),
        (b"local_only", True),
        (b"yes", True),
        (b"normal", False),
        (b"", False),
    ],
)
def test_the_privacy_header_fails_closed(value: bytes, private: bool) -> None:
    assert made(headers={b"x-agent-router-privacy": value})[0].private is private


def test_what_a_task_for_vectors_says() -> None:
    task, raw = vectors("closed", {b"user-agent": b"pi/0.87", b"x-agent-router-privacy": b"yes"})
    assert (task.requested_model, task.agent, task.family.name) == ("closed", "pi", "embedding")
    assert (task.prompt_bytes, task.stream, task.images, task.private) == (len(raw), False, False, True)


def test_what_is_asked_is_known_without_its_wrapping() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"properties": {"a": {}, "b": {}}}}}
    messages = [
        {"role": "system", "content": "You are Cline."},
        {"role": "user", "content": "<task>\nFix it.\n</task><environment_details>x</environment_details>"},
    ]
    choice = {"type": "function", "function": {"name": "shell"}}
    body = {"model": "auto", "messages": messages, "tools": TOOLS, "response_format": schema, "tool_choice": choice}
    task, _ = made(raw=json.dumps(body).encode(), headers={b"user-agent": b"OpenAI/JS 6.26.0"})
    assert task.asked == Asked("You are Cline.", "Fix it.", ("shell",), ("a", "b"))
    assert (task.agent, task.schema, task.forced_tool, task.asks) == ("cline", True, "shell", 1)
    assert not task.continuation


def test_of_a_side_call_the_instruction_is_asked_and_nobody_waits() -> None:
    messages = [
        {"role": "system", "content": "You are a title generator."},
        {"role": "user", "content": "Fix the login."},
    ]
    task, _ = made(raw=json.dumps({"model": "auto", "messages": messages}).encode())
    assert (task.kind, task.background, task.asked.ask) == ("title", True, "You are a title generator.")
    assert not made("Fix the login.")[0].background


def test_where_a_program_may_have_asked_its_material_is_estimated_by() -> None:
    messages = [
        {"role": "system", "content": "Label the mail. Reply with exactly one word."},
        {"role": "user", "content": "Lunch tomorrow?"},
    ]
    task, _ = made(raw=json.dumps({"model": "auto", "messages": messages, "max_tokens": 4}).encode())
    other = made(raw=json.dumps({"model": "auto", "messages": [messages[0], {"role": "user", "content": "Hi."}],
                                 "max_tokens": 4}).encode())[0]  # fmt: skip
    assert (task.kind, task.asked.ask, task.family) == ("side", "Lunch tomorrow?", other.family)


def test_hashes_say_nothing_without_the_salt() -> None:
    task, raw = made("Fix the login.")
    other = tasks.task(ChatWire().read(raw, {}), {}, b"another salt")
    assert len(task.turn) == len(task.conversation) == 16
    assert {task.turn, task.conversation}.isdisjoint({other.turn, other.conversation})
    assert made("Fix the login.")[0].turn == task.turn


def test_vectors_are_asked_by_nobody() -> None:
    task, _ = vectors()
    assert (task.kind, task.asked, task.asks, task.background) == ("embedding", Asked("", ""), 0, False)


def test_a_session_that_only_a_turn_names_is_one_over_its_turns() -> None:
    first = {"role": "user", "content": "hello\n\nRuntime: agent=main | sessionId=fb81f713-3088 | os=Linux"}
    later = [first, {"role": "assistant", "content": "hi"}, {"role": "user", "content": "and now?"}]
    sessions = [made(messages=messages)[0].session for messages in ([first], later)]
    assert sessions[0] == sessions[1] is not None
    assert made(messages=[{"role": "user", "content": "hello"}])[0].session is None
