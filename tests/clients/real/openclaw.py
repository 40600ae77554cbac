"""OpenClaw: speaks chat completions. Its gateway polls with heartbeats and sums up sessions for their list."""

from __future__ import annotations

import json
import secrets
import socket
from typing import Any

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

QUIET: dict[str, Any] = {"OPENCLAW_NO_UPDATE_CHECK": "1"}


def setup(place: Place) -> None:
    """`~/.openclaw/openclaw.json` with its workspace and a gateway for this machine only; then connected."""
    folder = place.home / ".openclaw"
    folder.mkdir()
    settings = {
        "agents": {"defaults": {"workspace": str(place.work), "heartbeat": {"every": "30m", "target": "none"}}},
        "tools": {"exec": {"security": "full", "ask": "off"}},
        "gateway": {"mode": "local", "bind": "loopback", "auth": {"mode": "none"}},
        "logging": {"file": str(place.home / "openclaw.log")},
        "update": {"checkOnStart": False},
    }
    (folder / "openclaw.json").write_text(json.dumps(settings, indent=2))
    place.connect("openclaw")


def ask(place: Place, prompt: str, resume: bool) -> str:
    last = place.home / "last-session"
    if not resume:
        last.write_text(f"agent:main:{secrets.token_hex(4)}")
    session = ["--session-key", last.read_text()]
    return place.run("openclaw", "agent", "--local", *session, "--message", prompt, limit=180, **QUIET)


def background(place: Place) -> str:
    """Runs the gateway, and asks it for what it otherwise does by the clock and for its page of sessions."""
    ask(place, "SAY hello", False)
    session = (place.home / "last-session").read_text()
    port = free_port()
    with terminal(place, "openclaw", "gateway", "run", "--port", port, **QUIET) as gateway:
        gateway.wait("[gateway] ready", 120)
        here = {**QUIET, "OPENCLAW_GATEWAY_PORT": port}
        event = ["--text", "Look for what is urgent.", "--mode", "now"]
        shown = place.run("openclaw", "system", "event", *event, **here)
        sessions = json.dumps({"sessions": [{"key": session}]})
        recap = ["sessions.activitySummary.ensure", "--params", sessions]
        shown += place.run("openclaw", "gateway", "call", *recap, **here)
        gateway.settle(10, 30)
    return shown + gateway.shown


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


CLIENT = Client(
    name="openclaw",
    title="OpenClaw",
    manager="npm",
    packages=("openclaw",),
    connect="openclaw",
    setup=setup,
    ask=ask,
    background=background,
    calls=("heartbeat", "recap"),
)
