"""The privacy guard."""

from __future__ import annotations

import json

import pytest

from agent_router.routing.privacy import Privacy
from agent_router.settings import Routing
from tests.router.routing.bodies import made


def reason(routing: Routing, content: str = "hello", headers: dict[bytes, bytes] | None = None) -> str | None:
    task, raw = made(content, headers)
    return Privacy(routing).reason(task, raw)


def test_nothing_is_private_by_default() -> None:
    assert reason(Routing(), "cat ~/secret", {b"user-agent": b"claude-cli/2"}) is None


def test_everything_is_with_privacy_local_only() -> None:
    assert reason(Routing(privacy="local-only")) == "privacy is local-only"


def test_whatever_the_caller_says_is() -> None:
    assert reason(Routing(), headers={b"x-agent-router-privacy": b"local-only"}) == "the caller demands local-only"


def test_a_caller_cannot_lift_what_the_user_configured() -> None:
    headers = {b"x-agent-router-privacy": b"normal"}
    assert reason(Routing(privacy="local-only"), headers=headers)
    assert reason(Routing(local_only=["/srv/secret"]), "cat /srv/secret", headers)


@pytest.mark.parametrize(
    ("entry", "user_agent", "private"),
    [
        ("claude-code", b"claude-cli/2.1", True),
        ("claude", b"claude-cli/2.1", True),
        ("Claude Code", b"claude-cli/2.1", True),
        ("CLAUDE_CODE", b"claude-cli/2.1", True),
        ("codex-cli", b"codex_cli_rs/0.169", True),
        ("openclaw", b"OpenClaw/2026.9.6", True),
        ("claude-code", b"codex_cli_rs/0.169", False),
        ("pi", b"pip/25", False),
        ("cl", b"claude-cli/2.1", False),
        ("claude-code", b"", False),
    ],
)
def test_agents_by_name(entry: str, user_agent: bytes, private: bool) -> None:
    found = reason(Routing(local_only=[entry]), headers={b"user-agent": user_agent})
    assert (found is not None and "is local-only" in found) is private


@pytest.mark.parametrize("entry", ["/srv/secret", "/srv/*", "~/x", "notes.txt", ".env"])
def test_paths_and_file_names(entry: str) -> None:
    routing = Routing(local_only=["claude-code", entry])
    assert reason(routing, "read /srv/secret/a, ~/x, notes.txt and .env") == "a path in the request is local-only"
    assert reason(routing, "read nothing") is None


def test_a_path_anywhere_in_the_body_counts() -> None:
    routing = Routing(local_only=["/srv/secret"])
    calls = [{"id": "1", "function": {"name": "read", "arguments": json.dumps({"path": "/srv/secret/a"})}}]
    messages = [
        {"role": "user", "content": "go on"},
        {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "1", "content": "done"},
    ]
    for more in ({"messages": messages}, {"metadata": {"cwd": "/srv/secret"}}):
        raw = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "x"}], **more}).encode()
        assert Privacy(routing).reason(*made(raw=raw))
