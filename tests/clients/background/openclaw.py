"""OpenClaw with its gateway: heartbeats, titles and recaps of sessions, names of memories, compaction."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place

_QUIET = {"OPENCLAW_SKIP_CHANNELS": "1", "OPENCLAW_DISABLE_BONJOUR": "1", "OPENCLAW_NO_RESPAWN": "1"}


def _configuration(place: Place) -> dict[str, Any]:
    model = {"id": place.model, "name": place.model, "contextWindow": 128_000, "maxTokens": 4096}
    provider = {"baseUrl": f"{place.url}/v1", "apiKey": "k", "api": "openai-completions", "models": [model]}
    return {
        "gateway": {"mode": "local", "port": place.port, "bind": "loopback", "auth": {"mode": "none"}},
        "models": {"mode": "merge", "providers": {"router": provider}},
        "agents": {
            "defaults": {
                "model": {"primary": f"router/{place.model}"},
                "utilityModel": f"router/{place.model}",
                "heartbeat": {"every": "20s", "target": "none"},
                "workspace": str(place.work),
                "compaction": {"memoryFlush": {"enabled": True, "softThresholdTokens": 105_000}},
            }
        },
        "hooks": {"internal": {"enabled": True, "entries": {"session-memory": {"enabled": True, "llmSlug": True}}}},
    }


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".openclaw"
    folder.mkdir()
    program, configuration = place.program("openclaw"), _configuration(place)
    (folder / "openclaw.json").write_text(json.dumps(configuration))
    if "Config valid" not in place.run(program, "config", "validate", **_QUIET):
        del configuration["agents"]["defaults"]["utilityModel"]  # which earlier versions do not have
        (folder / "openclaw.json").write_text(json.dumps(configuration))

    def call(method: str, limit: float = 60, **parameters: Any) -> str:
        asked = ("--params", json.dumps(parameters), "--timeout", str(int(limit * 1000)))
        return place.run(program, "gateway", "call", method, *asked, limit=limit + 20, **_QUIET)

    with place.serving(program, "gateway", **_QUIET):
        for _ in range(30):
            if '"ok"' in place.run(program, "gateway", "call", "health", limit=20, **_QUIET):
                break
            time.sleep(1)
        else:
            return
        for nth, asks in enumerate(sessions):
            key = f"agent:main:dashboard:s{nth}"
            call("sessions.title.prepare", agentId="main", message=asks[0])
            reviewed = {"permissionMode": "workspace"} if nth == 0 else {}
            call("sessions.create", key=key, agentId="main", message=asks[0], **reviewed)
            time.sleep(8)
            for ask in asks[1:]:
                place.run(program, "agent", "--session-key", key, "--message", ask, "--timeout", "60", **_QUIET)
            call("sessions.activitySummary.ensure", sessions=[{"key": key}])
            time.sleep(3)
            call("sessions.compact", key=key)
            if nth % 2:
                place.run(program, "agent", "--session-key", key, "--message", "/new", "--timeout", "60", **_QUIET)
            place.run(program, "system", "event", "--text", f"Disk {nth} is full", "--mode", "now", **_QUIET)
        time.sleep(45)


CLIENT = Client(
    name="openclaw",
    folder="openclaw",
    package="openclaw",
    rules=(
        Rule("recap", "Write an Activity recap for someone scanning their tasks"),
        Rule("title", "Generate a concise session title"),
        Rule("title", "Generate a very short topic label"),
        Rule("title", "short 1-2 word filename slug", "turn"),
        Rule("summary", "You are a context summarization assistant"),
        Rule("memory", "Pre-compaction memory flush", "turn"),
        Rule("check", "exec safety reviewer"),
        Rule("memory", "dream diary"),
        Rule("memory", "how to incorporate each supplied candidate into MEMORY.md"),
        Rule("heartbeat", "Follow the heartbeat monitor scratch context", "turn"),
        Rule("heartbeat", "[OpenClaw heartbeat poll]", "turn"),
        Rule(None, "running inside OpenClaw"),
    ),
    drive=drive,
)
