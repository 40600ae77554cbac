"""Documentation that cannot rot: every key, command, hook and Make target is written down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from agent_router import hookspecs
from agent_router.cli.main import app
from agent_router.config import documented

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
COMMANDS = (ROOT / "docs" / "commands.md").read_text()


@pytest.mark.parametrize(("key", "meaning"), [(key, meaning) for key, (_, meaning) in documented()])
def test_every_key_is_documented_with_its_meaning(key: str, meaning: str) -> None:
    assert meaning, f"{key} has no description"
    row = next((line for line in CONFIGURATION.splitlines() if line.startswith(f"| `{key}` |")), None)
    assert row is not None, f"docs/configuration.md does not list {key}"
    assert meaning.replace("|", "\\|") in row, f"docs/configuration.md says something else of {key}: {meaning}"


def test_every_command_is_documented() -> None:
    command = typer.main.get_command(app)
    names = [name for name, sub in command.commands.items() if not sub.hidden]  # type: ignore[attr-defined]
    for name in names:
        assert f"## agent-router {name}" in COMMANDS, f"docs/commands.md does not show `agent-router {name}`"


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_every_hook_is_named_where_people_look_for_it() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    for name in vars(hookspecs):
        if name.startswith("agent_router_"):
            assert name in contributing


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md")))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}, which is not there"
