"""Keys do not show."""

from __future__ import annotations

import pytest

from agent_router.agents.secrets import masked


@pytest.mark.parametrize(
    "line",
    [
        '+    "ANTHROPIC_AUTH_TOKEN": "sk-secret-1"',
        "-    api_key: sk-secret-1",
        "-  authorization: Bearer sk-secret-1",
        "+GEMINI_API_KEY=sk-secret-1",
        ' {"apiKey":"sk-secret-1","model":"auto"}',
        " export OPENAI_API_KEY='sk-secret-1'",
    ],
)
def test_a_key_is_taken_out(line: str) -> None:
    assert masked(line) == line.replace("sk-secret-1", "…")


@pytest.mark.parametrize(
    "line",
    [
        '+    "apiKey": "agent-router",',
        '+  "apiKey": "$ROUTER_KEY"',
        '+  "apiKey": "{env:ROUTER_KEY}"',
        '+env_key = "ROUTER_KEY"',
        '+  "maxTokens": 32000',
        '+  "selectedType": "gemini-api-key"',
        '+export OPENAI_API_KEY="${OPENAI_API_KEY:-agent-router}"',
        "+  apiKey: ${{ secrets.ROUTER_KEY }}",
    ],
)
def test_what_is_no_key_stays(line: str) -> None:
    assert masked(line) == line
