"""What a watcher sees of a request while it runs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in answer.content:
        if line.startswith(b"event: "):
            name = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            yield name, json.loads(line[6:])


async def test_a_request_shows_its_route_and_reason_while_it_runs_and_again_when_it_is_sent_elsewhere(
    tmp_path: Path,
) -> None:
    async with (
        ScriptedUpstream("status:code=503") as first,
        ScriptedUpstream("stall_before_first_event:seconds=1") as next_,
    ):
        settings = {
            "upstreams": {
                "one": {"base_url": first.base_url, "models": ["gpt-5.4"], "api": "chat"},
                "two": {"base_url": next_.base_url, "models": ["gpt-5.4"], "api": "chat"},
            },
            "routing": {"closed": "one/gpt-5.4", "fallback": ["two/gpt-5.4"]},
        }
        async with (
            running_router(tmp_path, settings) as (url, _),
            aiohttp.ClientSession() as http,
            http.get(f"{url}/api/live") as live,
        ):
            events = _events(live)
            assert (await anext(events))[0] == "snapshot"
            ask = {"model": "closed", "messages": [{"role": "user", "content": "hi"}], "stream": True}
            began = time.monotonic()
            asking = asyncio.ensure_future(http.post(f"{url}/v1/chat/completions", json=ask))
            seen: list[dict[str, Any]] = []
            async for name, data in events:
                if name in ("started", "finished"):
                    seen.append(data | {"event": name, "after": time.monotonic() - began})
                if name == "finished":
                    break
            assert (await asking).status == 200
    assert [each["event"] for each in seen] == ["started", "started", "finished"], seen
    assert {each["id"] for each in seen} == {seen[0]["id"]}
    assert (seen[0]["provider"], seen[0]["model"], seen[0]["route"], seen[0]["status"]) == (
        "one",
        "gpt-5.4",
        "closed",
        "running",
    )
    assert seen[0]["shown"]["reason"] == seen[0]["reason"] != ""
    assert seen[0]["after"] < 1  # before the answer
    assert seen[1]["provider"] == "two"
    assert seen[1]["after"] < seen[2]["after"] - 0.5  # it was shown while it was waited for
    assert "one/gpt-5.4 failed" in seen[1]["reason"]
