"""Connecting and taking back, for every agent: each file byte for byte as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent_router.agents.agent import Agent, Target
from agent_router.agents.connection import Connections, diff
from agent_router.agents.known import AGENTS
from agent_router.agents.machine import Machine
from agent_router.agents.settings import Settings
from agent_router.errors import ConfigError

URL = "http://127.0.0.1:8484"
# Files as users have them: with comments where the format has them, and with what is not ours.
SAMPLES = {
    "json": '// mine\n{\n    "theme": "dark", // the dark one\n    /* more */\n    "other": {"a": [1, 2]}\n}\n',
    "toml": '# mine\ntheme = "dark" # the dark one\n\n[projects."/x"]\ntrust_level = "trusted"\n',
    "yaml": "# mine\nname: Mine # a name\nversion: 0.0.1\nother:\n- a\n- b\n\n# the end\n",
    "env": "# mine\nexport OTHER='x y' # why\n\nMORE=2",
    "line": "gpt-x\n",
    "block": "# mine\nalias ll='ls -l'\nexport PATH=$PATH:~/bin\n",
}
LISTS = {
    "extra-openai-models.yaml": "# mine\n- model_id: other\n  model_name: gpt-x # why\n",
    ".aider.model.settings.yml": "- name: other/x\n  edit_format: diff # why\n",
}
STRICT = {"json": '{\r\n\t"theme": "dark",\r\n\t"other": {}\r\n}'}
TARGETS = [Target(URL), Target(URL, main=None), Target(URL, "secret", "ROUTER_KEY")]


def machine(home: Path, **environment: str) -> Machine:
    return Machine(home, environment, "linux")


def targets(agent: Agent) -> list[Target]:
    return [target for target in TARGETS if target.main is not None or agent.background is not None]


def files(home: Path, agent: Agent) -> dict[Path, str]:
    """The files that connecting writes on a fresh machine, and their formats."""
    settings = Settings(machine(home))
    agent.point(settings, Target(URL))
    return {path: file.format for path, file in settings.files.items() if file.edits}


def put(home: Path, agent: Agent, samples: dict[str, str]) -> dict[Path, bytes]:
    before = {}
    for path, format in files(home, agent).items():
        text = samples.get(format, "")
        if text:
            text = LISTS.get(path.name, text)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        before[path] = text.encode()
    return before


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(params=AGENTS.values(), ids=AGENTS)
def agent(request: pytest.FixtureRequest) -> Agent:
    assert isinstance(request.param, Agent)
    return request.param


def test_what_was_written_is_what_is_read(agent: Agent, tmp_path: Path) -> None:
    for target in targets(agent):
        connections = Connections(tmp_path / "data", machine(tmp_path / "home", ROUTER_KEY="secret"))
        connections.write(connections.plan(agent, target))
        pointed = agent.read(Settings(machine(tmp_path / "home", ROUTER_KEY="secret")))
        assert pointed is not None
        assert pointed.url.startswith(URL)
        assert not target.variable or pointed.key == "secret"
        if agent.background is not None:
            assert pointed.background is not None
            assert pointed.background.removeprefix("agent-router/") == "auto"
        if target.main is not None:
            assert pointed.main is not None
            assert pointed.main.removeprefix("agent-router/") == "auto"
        connections.undo(agent.name)


@pytest.mark.parametrize(
    "samples",
    [{}, SAMPLES, SAMPLES | STRICT, dict.fromkeys(SAMPLES, "")],
    ids=["missing", "commented", "strict", "empty"],
)
def test_taken_back_every_file_is_as_it_was(agent: Agent, tmp_path: Path, samples: dict[str, str]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    if samples:
        put(home, agent, samples)
    before = tree(home)
    for target in targets(agent):
        connections = Connections(tmp_path / "data", machine(home))
        connections.write(connections.plan(agent, target))
        assert tree(home) != before
        assert connections.names() == [agent.name]
        assert not connections.plan(agent, target).changes, "connecting twice changes nothing"
        undone = connections.undo(agent.name)
        assert {each.how for each in undone} <= {"restored", "removed"}
        assert tree(home) == before
        assert tree(tmp_path / "data" / "connections") == {}
        assert agent.read(Settings(machine(home))) is None


def test_connecting_again_otherwise_still_leads_back_to_the_first_state(agent: Agent, tmp_path: Path) -> None:
    home = tmp_path / "home"
    put(home, agent, SAMPLES)
    before = tree(home)
    for target in (*targets(agent), Target("http://127.0.0.1:9999")):
        connections = Connections(tmp_path / "data", machine(home))
        connections.write(connections.plan(agent, target))
    assert URL not in b"".join(each or b"" for each in tree(home).values()).decode()
    connections.undo(agent.name)
    assert tree(home) == before


def test_what_was_edited_in_between_stays_and_only_ours_goes(agent: Agent, tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = put(home, agent, SAMPLES)
    formats = files(home, agent)
    connections = Connections(tmp_path / "data", machine(home))
    connections.write(connections.plan(agent, Target(URL)))
    ends = {"json": b"\n// mine too\n", "block": b"alias x=y\n", "line": b"\n"}
    for path, format in formats.items():
        path.write_bytes(path.read_bytes() + ends.get(format, b"\n# mine too\n"))
    undone = connections.undo(agent.name)
    assert {each.how for each in undone} == {"edited"}
    for path, format in formats.items():
        found = path.read_bytes()
        added = ends.get(format, b"\n# mine too\n")
        assert found.endswith(added)
        assert found.removesuffix(added).rstrip() == before[path].rstrip()
    assert agent.read(Settings(machine(home))) is None


def test_what_somebody_else_has_set_since_is_left_and_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    connections = Connections(tmp_path / "data", machine(home))
    connections.write(connections.plan(AGENTS["claude-code"], Target(URL)))
    path = home / ".claude" / "settings.json"
    document = json.loads(path.read_text())
    document["env"]["ANTHROPIC_BASE_URL"] = "http://elsewhere"
    document["permissions"] = {"allow": ["Bash"]}
    path.write_text(json.dumps(document))
    (undone,) = connections.undo("claude-code")
    assert undone.how == "kept"
    assert undone.left == ("env.ANTHROPIC_BASE_URL",)
    assert json.loads(path.read_text()) == {
        "env": {"ANTHROPIC_BASE_URL": "http://elsewhere"},
        "permissions": {"allow": ["Bash"]},
    }


def test_a_file_that_its_agent_has_written_anew_loses_only_ours(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = home / ".claude" / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"env": {"A": "1"}, "model": "opus"}')
    connections = Connections(tmp_path / "data", machine(home))
    connections.write(connections.plan(AGENTS["claude-code"], Target(URL)))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"theme": "dark"}, indent=4))
    connections.undo("claude-code")
    assert json.loads(path.read_text()) == {"env": {"A": "1"}, "model": "opus", "theme": "dark"}


def test_a_broken_file_is_not_touched(agent: Agent, tmp_path: Path) -> None:
    home = tmp_path / "home"
    broken = {"json": '{"a": ', "toml": "a = ", "yaml": "a: [", "env": "\udcff", "block": "\udcff", "line": "\udcff"}
    for path, format in files(home, agent).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(broken[format].encode("utf-8", "surrogateescape"))
    before = tree(home)
    connections = Connections(tmp_path / "data", machine(home))
    with pytest.raises(ConfigError, match="cannot be edited"):
        connections.plan(agent, Target(URL))
    assert tree(home) == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write everything")
def test_a_file_that_cannot_be_written_leaves_nothing_half_done(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".claude").mkdir(parents=True)
    (home / ".claude").chmod(0o500)
    connections = Connections(tmp_path / "data", machine(home))
    with pytest.raises(ConfigError, match="cannot be written"):
        connections.write(connections.plan(AGENTS["claude-code"], Target(URL)))
    assert connections.names() == []


def test_a_failure_in_the_middle_takes_back_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent_router.agents import connection

    home = tmp_path / "home"
    put(home, AGENTS["gemini"], SAMPLES)
    before = tree(home)
    connections = Connections(tmp_path / "data", machine(home))
    plan = connections.plan(AGENTS["gemini"], Target(URL))
    assert len(plan.changes) > 1
    second, write = plan.changes[1].path, connection.write_whole

    def fail(path: Path, content: bytes) -> None:
        if path == second and content == plan.changes[1].after:
            raise OSError(28, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(connection, "write_whole", fail)
    with pytest.raises(ConfigError, match="No space"):
        connections.write(plan)
    assert tree(home) == before
    assert connections.names() == []


def test_a_link_to_dotfiles_stays_one(tmp_path: Path) -> None:
    home, dotfiles = tmp_path / "home", tmp_path / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "settings.json").write_text("{}")
    (home / ".claude").mkdir(parents=True)
    (home / ".claude" / "settings.json").symlink_to(dotfiles / "settings.json")
    connections = Connections(tmp_path / "data", machine(home))
    connections.write(connections.plan(AGENTS["claude-code"], Target(URL)))
    assert (home / ".claude" / "settings.json").is_symlink()
    assert URL in (dotfiles / "settings.json").read_text()
    connections.undo("claude-code")
    assert (dotfiles / "settings.json").read_text() == "{}"


def test_the_diff_names_what_is_new(tmp_path: Path) -> None:
    connections = Connections(tmp_path / "data", machine(tmp_path / "home"))
    (change,) = connections.plan(AGENTS["claude-code"], Target(URL)).changes
    lines = list(diff(change))
    assert lines[0] == "--- /dev/null"
    assert any(line.startswith("+") and URL in line for line in lines)


def test_what_is_not_connected_cannot_be_taken_back(tmp_path: Path) -> None:
    connections = Connections(tmp_path / "data", machine(tmp_path / "home"))
    with pytest.raises(ConfigError, match="not connected"):
        connections.undo("codex")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "codex.json").write_text("{")
    with pytest.raises(ConfigError, match="damaged"):
        Connections(tmp_path / "data", machine(tmp_path / "home")).record("codex")
