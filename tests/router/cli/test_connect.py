"""`agent-router connect`, `disconnect` and `doctor`, as a user sees them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from agent_router.agents.known import AGENTS
from tests.router.cli.command import Command
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

MOVES = ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "OPENCODE_CONFIG", "XDG_CONFIG_HOME", "ANTHROPIC_BASE_URL")


@pytest.fixture
def agents(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home in which agents keep their settings."""
    folder = home / "user"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("SHELL", "/bin/bash")
    for name in MOVES:
        monkeypatch.delenv(name, raising=False)
    return folder


def test_the_list_says_what_is_here_and_what_is_connected(run: Command, agents: Path) -> None:
    (agents / ".codex").mkdir()
    (agents / ".codex" / "config.toml").write_text("# mine\n")
    found = {each["agent"]: each for each in run("connect", "--json").json["agents"]}
    assert list(found) == list(AGENTS)
    assert found["codex"]["configured"]
    assert not found["claude-code"]["configured"]
    run("connect", "codex")
    assert next(each for each in run("connect", "--json").json["agents"] if each["agent"] == "codex")["connected"]
    assert "codex" in run("connect").out
    assert not (agents / ".claude").exists()


def test_it_shows_the_diff_says_what_changes_and_how_to_undo(run: Command, agents: Path) -> None:
    ran = run("connect", "claude-code")
    assert ran.status == 0
    assert '+    "ANTHROPIC_BASE_URL": "http://127.0.0.1:8484"' in ran.out
    assert "titles and topics" in ran.out
    assert "agent-router connect claude-code --undo" in ran.out
    assert json.loads((agents / ".claude" / "settings.json").read_text())["env"]["ANTHROPIC_MODEL"] == "auto"
    assert "nothing to change" in run("connect", "claude-code").out
    assert run("connect", "claude-code", "--undo").status == 0
    assert not (agents / ".claude").exists()
    assert "not connected" in run("disconnect", "claude-code").out


def test_print_only_prints(run: Command, agents: Path) -> None:
    ran = run("connect", *AGENTS, "--print")
    assert ran.status == 0
    assert not any(agents.iterdir())
    told = run("connect", *AGENTS, "--print", "--json").json
    assert [each["agent"] for each in told["agents"]] == list(AGENTS)
    assert not told["written"]
    assert not any(agents.iterdir())


def test_only_the_background_slot(run: Command, agents: Path) -> None:
    ran = run("connect", "opencode", "--background-only")
    assert "background calls (titles) go to auto now, and nothing else changes" in ran.out
    document = json.loads((agents / ".config" / "opencode" / "opencode.json").read_text())
    assert document["small_model"] == "agent-router/auto"
    assert "model" not in document
    ran = run("connect", "codex", "--background-only")
    assert ran.status == 1
    assert "no slot" in ran.err
    ran = run("connect", "claude-code", "--background-only")
    assert ran.status == 1
    assert "no upstream of kind anthropic is there" in ran.err
    assert not (agents / ".claude").exists()


def test_where_one_address_is_for_all_models_the_chosen_one_stays(
    run: Command, agents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    ran = run("connect", "claude-code", "--background-only")
    assert "what you ask still goes to the model that you chose, by way of the router" in ran.out
    told = json.loads((agents / ".claude" / "settings.json").read_text())["env"]
    assert told["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == "auto"
    assert "ANTHROPIC_MODEL" not in told


def test_without_a_closed_side_it_says_that_everything_would_be_local(run: Command, agents: Path) -> None:
    assert "no closed side is configured" in run("connect", "codex").err


def test_everything_is_taken_back_at_once(run: Command, agents: Path) -> None:
    run("connect", *AGENTS)
    assert any(agents.iterdir())
    ran = run("disconnect", "--all")
    assert ran.status == 0
    assert not any(agents.iterdir())
    assert "Nothing is connected" in run("disconnect", "--all").out


def test_an_unknown_name_a_bad_address_and_a_port_that_nobody_knows(run: Command, agents: Path, home: Path) -> None:
    ran = run("connect", "claude")
    assert ran.status == 1
    assert "Did you mean claude-code?" in ran.err
    assert "must begin with http" in run("connect", "codex", "--url", "localhost:1").err
    (home / "config.toml").write_text("[server]\nport = 0\n")
    assert "--url" in run("connect", "codex").err
    assert "Which agent?" in run("disconnect").err


def test_a_key_that_the_router_demands(run: Command, agents: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('[server]\napi_key_env = "ROUTER_KEY"\n')
    assert "ROUTER_KEY is not set" in run("connect", "claude-code").err
    monkeypatch.setenv("ROUTER_KEY", "sk-very-secret")
    ran = run("connect", *AGENTS)
    assert ran.status == 0
    assert "sk-very-secret" not in ran.out + ran.err
    assert "sk-very-secret" not in run("connect", *AGENTS, "--json", "--url", "http://127.0.0.1:1").out
    assert "sk-very-secret" not in run("disconnect", "--all", "--print").out
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.rglob("connections/**/*") if path.is_file())


async def test_doctor_tries_each_connected_agent(run: Command, agents: Path, home: Path, tmp_path: Path) -> None:
    async with ScriptedUpstream() as upstream:
        settings = {"upstreams": {"work": {"base_url": upstream.base_url, "models": ["gpt-5.4"]}}}
        async with running_router(tmp_path / "router", settings) as (url, _):
            await asyncio.to_thread(run, "connect", *AGENTS, "--url", url)
            ran = await asyncio.to_thread(run, "doctor", "--url", url, "--json")
            assert ran.status == 0, ran.out
            told = ran.json["findings"]
            assert {each["about"] for each in told} == {"router", *AGENTS}
            assert {each["how"] for each in told} == {"ok"}
            assert all("gpt-5.4 (closed" in each["said"] for each in told)
            one = await asyncio.to_thread(run, "doctor", "codex", "--url", url)
            assert "✓ codex" in one.out


def test_doctor_says_what_to_do(run: Command, agents: Path) -> None:
    ran = run("doctor", "--url", "http://127.0.0.1:1")
    assert ran.status == 1
    assert "Start it: agent-router serve" in ran.out
    assert "No agent is connected" in ran.out
    run("connect", "opencode", "codex", "--url", "http://127.0.0.1:1")
    settings = agents / ".config" / "opencode" / "opencode.json"
    settings.write_text(settings.read_text().replace('"model": "agent-router/auto"', '"model": "other/x"'))
    ran = run("doctor", "--url", "http://127.0.0.1:1")
    assert "for what you ask its settings name another model by now, not auto: agent-router connect opencode" in ran.out
    assert "agent-router connect codex points it there" in ran.out
    run("disconnect", "--all")
    ran = run("doctor", "codex", "--url", "http://127.0.0.1:1")
    assert "its settings do not name the router: agent-router connect codex" in ran.out


def test_one_that_cannot_be_taken_back_does_not_stop_the_others(run: Command, agents: Path) -> None:
    run("connect", "claude-code", "codex", "opencode")
    (agents / ".claude" / "settings.json").write_text("{")
    ran = run("disconnect", "--all")
    assert ran.status == 1
    assert "Mend it, then try again" in ran.err
    assert [path.name for path in agents.iterdir()] == [".claude"]
    assert run("connect", "--json").json["agents"][1]["connected"]


def test_what_only_we_have_written_does_not_say_that_an_agent_is_here(run: Command, agents: Path) -> None:
    run("connect", "codex")
    told = next(each for each in run("connect", "--json").json["agents"] if each["agent"] == "codex")
    assert told["connected"]
    assert not told["configured"]


async def test_doctor_teaches_the_router_nothing(run: Command, agents: Path, tmp_path: Path) -> None:
    async with ScriptedUpstream() as upstream:
        settings = {"upstreams": {"work": {"base_url": upstream.base_url, "models": ["gpt-5.4"]}}}
        async with running_router(tmp_path / "router", settings) as (url, app):
            await asyncio.to_thread(run, "connect", "codex", "pi", "--url", url)
            assert (await asyncio.to_thread(run, "doctor", "--url", url)).status == 0
            assert app._learning is not None
            told = app._learning.status()
            assert told["families"] == 0
            assert told["shadow"]["waiting"] == 0
