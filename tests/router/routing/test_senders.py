"""Whose a side call is that only names a library."""

from __future__ import annotations

from typing import Any

from agent_router.routing.senders import Senders
from tests.router.routing.bodies import made

SDK = {b"user-agent": b"OpenAI/JS 7.15.0", b"x-stainless-runtime-version": b"v24.1", b"authorization": b"Bearer k"}
OPENCLAW = "You are a personal assistant running inside OpenClaw."
CLINE = "You are Cline, an AI coding agent."
TITLE = "Generate a title for this session."


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def sent(senders: Senders, system: str, headers: dict[bytes, bytes] = SDK, **more: Any) -> str | None:
    """The agent that a request with this system prompt is said to be of."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": "hello"}]
    return senders.named(made(headers=headers, messages=messages, **more)[0], headers).agent


def test_a_title_is_of_the_agent_that_uses_the_same_library() -> None:
    senders = Senders()
    assert sent(senders, TITLE) == "openai-js"
    assert sent(senders, OPENCLAW) == "openclaw"
    assert sent(senders, TITLE) == "openclaw"
    assert sent(senders, TITLE, SDK | {b"x-stainless-retry-count": b"1"}) == "openclaw"


def test_what_somebody_asks_by_it_is_not() -> None:
    senders = Senders()
    sent(senders, OPENCLAW)
    assert sent(senders, "You are a poet.") == "openai-js"


def test_another_version_or_key_is_anothers() -> None:
    senders = Senders()
    sent(senders, OPENCLAW)
    assert sent(senders, TITLE, SDK | {b"user-agent": b"OpenAI/JS 6.1.0"}) == "openai-js"
    assert sent(senders, TITLE, SDK | {b"authorization": b"Bearer other"}) == "openai-js"
    assert sent(senders, TITLE, SDK | {b"x-stainless-runtime-version": b"v22"}) == "openai-js"


def test_two_agents_with_the_same_library_are_not_told_apart() -> None:
    clock = Clock()
    senders = Senders(clock)
    sent(senders, OPENCLAW)
    sent(senders, CLINE)
    assert sent(senders, TITLE) == "openai-js"
    clock.now += 7 * 3600
    sent(senders, CLINE)
    assert sent(senders, TITLE) == "cline"


def test_names_that_a_bundler_made_are_libraries_too() -> None:
    senders = Senders()
    bundled = {b"user-agent": b"ls/JS 5.23.2"}
    assert sent(senders, TITLE, bundled) == "ls"
    sent(senders, "You are an agent in the Continue CLI.", bundled)
    assert sent(senders, TITLE, bundled) == "continue"


def test_an_agent_that_names_itself_stays() -> None:
    senders = Senders()
    sent(senders, OPENCLAW)
    assert sent(senders, TITLE, SDK | {b"x-agent-router-agent": b"mine"}) == "mine"


def test_it_does_not_grow() -> None:
    senders = Senders()
    for i in range(2000):
        sent(senders, OPENCLAW, SDK | {b"authorization": str(i).encode()})
    assert len(senders._agents) <= 256
