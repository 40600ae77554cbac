"""One policy over the stream, through a router process, in front of a closed side that the bench scripts."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web

from tests.bench.routing.grading import right, worded, wrong
from tests.bench.routing.traffic import Asked, stream
from tests.running_router import router_process

CLOSED_RIGHT = 0.97  # chance that the closed side's answer is right
FEEDBACK = 0.05  # chance that the user says how good an answer was
PAUSE = 0.03  # seconds between an answer and the next request: what of a quiet day is left in a quick one
CLOSED_SECONDS = 0.03  # until the closed side answers


class Answered(NamedTuple):
    """A request of the run: when it ended (seconds since the start), its way, and whether its answer was right."""

    family: str
    route: str
    reason: str
    id: str
    router_family: str
    right: bool
    seconds: float
    at: float


class Run(NamedTuple):
    """All that a policy's run gave. `rows` are those of the ledger, by table."""

    policy: str
    answered: list[Answered]
    rows: dict[str, list[dict[str, Any]]]
    seconds: float


class _ClosedSide:
    """Knows the right answer of each request that will come, by its messages."""

    def __init__(self, stream: list[Asked], seed: int) -> None:
        self._known = {json.dumps(asked.messages): asked for asked in stream}
        self._rng = random.Random(seed)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked = self._known[json.dumps(body["messages"])]
        await asyncio.sleep(CLOSED_SECONDS)
        message = (worded if self._rng.random() < CLOSED_RIGHT else wrong)(asked, self._rng)
        written = len(json.dumps(message)) // 4 + 1
        prompt = len(json.dumps(body["messages"])) // 4 + 1
        usage = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
        reason = "tool_calls" if message.get("tool_calls") else "stop"
        head = {"id": "chatcmpl-bench", "created": 1, "model": "gpt-5.4"}
        if not body.get("stream"):
            choices = [{"index": 0, "message": message, "finish_reason": reason}]
            return web.json_response({**head, "object": "chat.completion", "choices": choices, "usage": usage})
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        calls = [{"index": i, **call} for i, call in enumerate(message.get("tool_calls") or ())]
        delta = {**message, "tool_calls": calls} if calls else message
        head["object"] = "chat.completion.chunk"
        for choices in (
            [{"index": 0, "delta": delta, "finish_reason": None}],
            [{"index": 0, "delta": {}, "finish_reason": reason}],
        ):
            await response.write(b"data: " + json.dumps({**head, "choices": choices}).encode() + b"\n\n")
        await response.write(b"data: " + json.dumps({**head, "choices": [], "usage": usage}).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        return response

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = web.Application(client_max_size=10**8)
        app.router.add_post("/v1/chat/completions", self._chat)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        finally:
            await runner.cleanup()


CONFIGURATION = """\
[upstreams.openai]
base_url = "{url}"
models = ["gpt-5.4"]
[routing]
policy = "{policy}"
{more}
[routing.shadow]
enabled = {shadow}
load = 100
"""


async def run(
    policy: str, requests: int, seed: int, *, shadow: bool = True, more: str = "", pause: float = PAUSE
) -> Run:
    """Send the stream through a router with this policy; `more` is TOML of the section `[routing]`."""
    sent = list(stream(requests, seed))
    closed = _ClosedSide(sent, seed)
    rng = random.Random(seed + 1)
    answered: list[Answered] = []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        async with closed.serving() as address:
            settings = CONFIGURATION.format(url=address, policy=policy, shadow=str(shadow).lower(), more=more)
            with router_process(data, settings) as (url, _):
                began = time.monotonic()
                async with aiohttp.ClientSession() as http:
                    for number, asked in enumerate(sent):
                        answered.append(await _ask(http, url, asked, rng, began))
                        _progress(policy, number + 1, requests, answered)
                        await asyncio.sleep(pause)
                await asyncio.sleep(3)  # the keeper's round
                seconds = time.monotonic() - began
        return Run(policy, answered, _rows(data / "ledger.sqlite3"), seconds)


async def _ask(http: aiohttp.ClientSession, url: str, asked: Asked, rng: random.Random, began: float) -> Answered:
    streamed = rng.random() < 0.5
    start = time.monotonic()
    headers = {"user-agent": asked.agent}
    body = asked.body("auto", stream=streamed)
    async with http.post(f"{url}/v1/chat/completions", json=body, headers=headers) as response:
        raw = await response.read()
        found = response.headers
    seconds = time.monotonic() - start
    message = _streamed(raw) if streamed else json.loads(raw)["choices"][0]["message"]
    good = right(asked, message)
    if rng.random() < FEEDBACK:
        word = {"request_id": found["x-agent-router-request-id"], "score": good}
        async with http.post(f"{url}/v1/feedback", json=word) as response:
            await response.read()
    return Answered(
        asked.family,
        found["x-agent-router-route"],
        found["x-agent-router-reason"],
        found["x-agent-router-request-id"],
        found["x-agent-router-family"],
        good,
        seconds,
        time.monotonic() - began,
    )


def _streamed(raw: bytes) -> dict[str, Any]:
    """The message that a stream of chunks tells."""
    text, calls = "", {}
    for line in raw.splitlines():
        if not line.startswith(b"data: {"):
            continue
        for choice in json.loads(line[6:]).get("choices") or ():
            delta = choice["delta"]
            text += delta.get("content") or ""
            for call in delta.get("tool_calls") or ():
                known = calls.setdefault(call["index"], {"function": {"name": "", "arguments": ""}})
                known["function"]["name"] = call["function"].get("name") or known["function"]["name"]
                known["function"]["arguments"] += call["function"].get("arguments") or ""
    return {"content": text, "tool_calls": list(calls.values())}


def _rows(path: Path) -> dict[str, list[dict[str, Any]]]:
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    try:
        return {
            table: [dict(row) for row in conn.execute(f"SELECT * FROM {table}")]
            for table in ("calls", "trials", "outcomes", "families", "moves")
        }
    finally:
        conn.close()


def _progress(policy: str, number: int, of: int, answered: list[Answered]) -> None:
    if sys.stderr.isatty() or number % 200 == 0 or number == of:
        local = sum(each.route == "local" for each in answered[-200:]) / min(len(answered), 200)
        end = "\r" if sys.stderr.isatty() and number < of else "\n"
        print(f"{policy}: {number}/{of}, {local:.0%} of the last local", end=end, file=sys.stderr, flush=True)
