"""All clients that are driven, in the order of the table."""

from __future__ import annotations

from tests.clients.real import claude_code, cline, codex, gemini_cli, openclaw, opencode, pi, qwen_code
from tests.clients.real.client import Client

CLIENTS: tuple[Client, ...] = (
    openclaw.CLIENT,
    claude_code.CLIENT,
    codex.CLIENT,
    opencode.CLIENT,
    gemini_cli.CLIENT,
    qwen_code.CLIENT,
    pi.CLIENT,
    cline.CLIENT,
)
