"""docs/agents.md: every command in it works, and every agent has its screen."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path

import pytest

from agent_router.agents.known import AGENTS
from tests.router.cli.command import Command
from tests.router.cli.test_connect import agents  # noqa: F401, a fixture
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

DOCUMENT = (Path(__file__).parents[3] / "docs" / "agents.md").read_text()
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("agent-router ")
]


@pytest.mark.parametrize("name", AGENTS)
def test_every_agent_has_its_screen(name: str) -> None:
    screen = next(part for part in DOCUMENT.split("\n## ") if f"agent-router connect {name}\n" in part)
    assert f"agent-router connect {name} --undo" in screen
    assert f"agent-router doctor {name}" in screen
    assert ("--background-only" in screen) == (AGENTS[name].background is not None)
    for said in ("**Sent**", "**Goes local**", "**Written**"):
        assert said in screen
    assert len(screen.splitlines()) < 30, "one screen"


async def test_the_commands_work_in_their_order(
    run: Command,
    agents: Path,  # noqa: F811
    home: Path,
    tmp_path: Path,
) -> None:
    async with ScriptedUpstream() as upstream:
        settings = {"upstreams": {"work": {"base_url": upstream.base_url, "models": ["gpt-5.4"]}}}
        async with running_router(tmp_path / "router", settings) as (url, _):
            port = url.rpartition(":")[2]
            kinds = "".join(f'[upstreams.{name}]\nkind = "{name}"\nkey = "k"\n' for name in ("anthropic", "gemini"))
            (home / "config.toml").write_text(f"[server]\nport = {port}\n{kinds}")
            assert len(COMMANDS) > 3 * len(AGENTS)
            for command in COMMANDS:
                ran = await asyncio.to_thread(run, *command)
                assert ran.status == 0, (command, ran.out, ran.err)
    assert not any(agents.iterdir()), "all is as it was"
