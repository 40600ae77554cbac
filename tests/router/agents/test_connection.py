"""Connecting and taking back, for every agent: each file byte for byte as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent_router.agents.agent import Agent, Target
from agent_router.agents.connection import Connections, diff
from agent_router.agents.known import AGENTS
from agent_router.agents.machine import Machine, System
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
    broken = {"json": '{"a": ', "toml": "a = ", "yaml": "a: [", "env": "\udcff", "block": "\0", "line": "\udcff"}
    for path, format in files(home, agent).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(broken[format].encode("utf-8", "surrogateescape"))
    before = tree(home)
    connections = Connections(tmp_path / "data", machine(home))
    with pytest.raises(ConfigError, match="cannot be edited"):
        connections.plan(agent, Target(URL))
    assert tree(home) == before


@pytest.mark.skipif(os.name == "nt", reason="no pipes in the file system")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".gemini").mkdir()
    os.mkfifo(tmp_path / ".gemini" / ".env")
    with pytest.raises(ConfigError, match="a pipe"):
        Connections(tmp_path / "data", machine(tmp_path)).plan(AGENTS["gemini"], Target(URL))


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


def connected(tmp_path: Path, name: str, target: Target = Target(URL)) -> tuple[Connections, Path]:  # noqa: B008
    connections = Connections(tmp_path / "data", machine(tmp_path / "home"))
    connections.write(connections.plan(AGENTS[name], target))
    return connections, tmp_path / "home"


def test_an_agent_that_writes_into_its_entry_keeps_nothing_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".cline" / "data" / "settings" / "providers.json"
    path.parent.mkdir(parents=True)
    theirs = {
        "settings": {"provider": "openai-compatible", "baseUrl": "http://x"},
        "updatedAt": "1",
        "tokenSource": "m",
    }
    path.write_text(json.dumps({"version": 1, "providers": {"openai-compatible": theirs}}))
    connections, _ = connected(tmp_path, "cline")
    now = json.loads(path.read_text())
    now["providers"]["openai-compatible"]["updatedAt"] = "2"
    path.write_text(json.dumps(now | {"modes": {}}))
    (undone,) = connections.undo("cline")
    assert undone.how == "edited"
    assert json.loads(path.read_text()) == {"version": 1, "providers": {"openai-compatible": theirs}, "modes": {}}


def test_an_entry_that_the_user_has_sent_elsewhere_stays(tmp_path: Path) -> None:
    connections, home = connected(tmp_path, "pi")
    path = home / ".pi" / "agent" / "models.json"
    path.write_text(path.read_text().replace(URL, "http://mine"))
    assert [each.left for each in connections.undo("pi")] == [("providers.agent-router",), ()]
    assert "http://mine" in path.read_text()


def test_a_file_that_changed_while_the_user_was_asked_is_not_written_over(tmp_path: Path) -> None:
    connections, path = Connections(tmp_path / "data", machine(tmp_path / "home")), tmp_path / "home" / ".claude"
    plan = connections.plan(AGENTS["claude-code"], Target(URL))
    path.mkdir(parents=True)
    (path / "settings.json").write_text('{"theme": "dark"}')
    with pytest.raises(ConfigError, match="has changed just now"):
        connections.write(plan)
    assert (path / "settings.json").read_text() == '{"theme": "dark"}'
    assert connections.names() == []


def test_connecting_anew_that_fails_leaves_the_old_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent_router.agents import connection

    connections, home = connected(tmp_path, "pi")
    before, record, write = tree(home), connections.record("pi"), connection.write_whole

    def fail(path: Path, content: bytes) -> None:
        if path.name == "models.json" and b":9" in content:
            raise OSError(28, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(connection, "write_whole", fail)
    with pytest.raises(ConfigError, match="No space"):
        connections.write(connections.plan(AGENTS["pi"], Target("http://127.0.0.1:9")))
    assert tree(home) == before
    assert connections.record("pi") == record
    connections.undo("pi")
    assert not home.exists() or not tree(home)


def test_what_is_behind_a_link_goes_and_the_link_stays(tmp_path: Path) -> None:
    link = tmp_path / "home" / ".claude" / "settings.json"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "dotfiles" / "settings.json")
    connections, _ = connected(tmp_path, "claude-code")
    assert link.exists()
    connections.undo("claude-code")
    assert link.is_symlink()
    assert not (tmp_path / "dotfiles").exists() or not any((tmp_path / "dotfiles").iterdir())


def test_an_alias_that_an_edit_would_change_as_well_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".continue" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("name: Me\nall: &all\n  - name: a\nmodels: *all\n")
    with pytest.raises(ConfigError, match="without something else"):
        connected(tmp_path, "continue")
    assert "agent-router" not in path.read_text()


@pytest.mark.parametrize(
    ("system", "shell", "name"),
    [
        ("linux", "/bin/bash", ".bashrc"),
        ("darwin", "/bin/bash", ".profile"),
        ("darwin", "/bin/zsh", ".zshrc"),
        ("linux", "/usr/bin/fish", "agent-router.fish"),
        ("windows", "", "Microsoft.PowerShell_profile.ps1"),
    ],
)
def test_the_start_up_file_is_the_one_that_the_shell_reads(
    system: System, shell: str, name: str, tmp_path: Path
) -> None:
    settings = Settings(Machine(tmp_path, {"SHELL": shell}, system))
    AGENTS["env"].point(settings, Target(URL))
    assert [path.name for path in settings.files] == [name]
