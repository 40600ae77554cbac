"""What the router knows of a request."""

from __future__ import annotations

import pytest

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
