"""Upstreams of the router's, pointed at a scripted server that misbehaves as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.anthropic.upstream import AnthropicUpstream
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.openai import OpenAIUpstream
from tests.chat_calls import KEY
from tests.upstreams.upstream import ScriptedUpstream

TIMEOUTS = Timeouts(connect=2, first_byte=5, idle=5)
Connect = Callable[..., Any]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedUpstream]:
    """The scripted server, in good health until told otherwise."""
    async with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
async def connect(server: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connect]:
    """Makes the router's upstream for the scripted server: `connect()`, `connect("anthropic", idle=0.1)`.

    At the end of the test no task but the test's own may be left.
    """
    monkeypatch.setenv("TEST_UPSTREAM_KEY", KEY)
    clients: list[HttpClient] = []

    def make(kind: str = "openai", url: str | None = None, name: str = "test", **timeouts: float) -> Any:
        times = TIMEOUTS.model_copy(update=timeouts)
        clients.append(HttpClient(times.connect))
        settings = Upstream(kind=kind, base_url=url or server.base_url, key_env="TEST_UPSTREAM_KEY")
        speak = AnthropicUpstream if kind == "anthropic" else OpenAIUpstream
        return speak(name, settings, Key(name, settings), clients[-1], times)

    yield make
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for each in clients:
        await each.close()
    assert not left, left
