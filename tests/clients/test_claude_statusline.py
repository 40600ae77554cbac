"""The real Claude Code, in a terminal, with our status line under its prompt.

It is looked for in `.clients/claude-code` (AGENT_ROUTER_CLIENTS names another folder than `.clients`); to put it there:
`npm install --prefix .clients/claude-code @anthropic-ai/claude-code`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.clients.real import claude_code, install
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = Path(os.environ.get("AGENT_ROUTER_CLIENTS") or ROOT / ".clients")
CLAUDE = CLIENTS / "claude-code" / "node_modules" / ".bin" / "claude"
CONTROLS = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x20]")

pytestmark = [
    pytest.mark.clients,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # what others leave open
]


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    install.ensure(claude_code.CLIENT)


class Screen:
    """All that was shown, without what moves the cursor and without white space."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._raw = b""
        os.set_blocking(terminal, False)

    def _read(self) -> None:
        try:
            while new := os.read(self._terminal, 65536):
                self._raw += new
        except (BlockingIOError, OSError):
            pass

    async def wait(self, words: str, limit: float = 45) -> str:
        """Until these words were shown."""
        wanted = "".join(words.split())
        for _ in range(round(limit / 0.05)):
            self._read()
            shown = CONTROLS.sub(b"", self._raw).decode(errors="replace")
            if wanted in shown:
                return shown
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} was not shown: {shown[-3000:]}")

    async def type(self, text: str) -> None:
        """By hand: a key after the other, or it is taken for a paste."""
        for key in text:
            os.write(self._terminal, key.encode())
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        os.write(self._terminal, b"\r")


async def test_claude_code_shows_the_line(tmp_path: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    home, work = tmp_path / "home", tmp_path / "work"
    work.mkdir()
    (home / ".claude").mkdir(parents=True)
    async with ScriptedUpstream() as upstream:
        settings = {
            "upstreams": {
                "anthropic": {"kind": "anthropic", "base_url": upstream.url, "key": "k", "models": ["claude-sonnet-5"]}
            }
        }
        async with running_router(tmp_path / "data", settings) as (url, _):
            written = {
                "env": {
                    "ANTHROPIC_BASE_URL": url,
                    "ANTHROPIC_AUTH_TOKEN": "agent-router",
                    "ANTHROPIC_MODEL": "auto",
                    "DISABLE_TELEMETRY": "1",
                    "DISABLE_ERROR_REPORTING": "1",
                    "DISABLE_AUTOUPDATER": "1",
                },
                "statusLine": {"type": "command", "command": f"'{sys.executable}' -m agent_router statusline"},
            }
            (home / ".claude" / "settings.json").write_text(json.dumps(written))
            trusted = {str(work): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}}
            answered = {"hasCompletedOnboarding": True, "theme": "dark", "projects": trusted}
            (home / ".claude.json").write_text(json.dumps(answered))
            environment = {
                "PATH": f"{CLIENTS / 'node' / 'node_modules' / '.bin'}:{os.environ['PATH']}",
                "HOME": str(home),
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                "AGENT_ROUTER_DATA": str(tmp_path / "data"),
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "NO_PROXY": "127.0.0.1",
                "HTTPS_PROXY": "http://127.0.0.1:9",
            }
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
            process = await asyncio.create_subprocess_exec(
                str(CLAUDE),
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env=environment,
                cwd=work,
                start_new_session=True,
            )
            os.close(theirs)
            screen = Screen(ours)
            try:
                await screen.wait("agent-router: nothing yet")
                await screen.type("Say pineapple.")
                shown = await screen.wait("0% on this machine today")
                line = shown[shown.rindex("0%onthismachinetoday") :]
                assert re.match(r"0%onthismachinetoday·closed[\d.]+ktokens,\$0\.\d+·lastclosed:\w+", line), line[:200]
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
                os.close(ours)
