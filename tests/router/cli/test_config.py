"""`agent-router config`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.router.cli.command import Command

FILE = """
[server]
port = 8500
[upstreams.ring]
base_url = "https://ring.example/v1"
key = "sk-topsecret"
[upstreams.openai]
"""


def test_it_shows_values_and_where_they_come_from(home: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text(FILE)
    monkeypatch.setenv("AGENT_ROUTER_TIMEOUTS__IDLE", "7")
    shown = run("config", "--json").json
    assert shown["file"] == str(home / "config.toml")
    assert shown["file_exists"]
    assert shown["data"] == str(home / "data")
    assert shown["values"]["server.port"] == {"value": 8500, "origin": "file"}
    assert shown["values"]["timeouts.idle"] == {"value": 7, "origin": "environment"}
    assert shown["values"]["timeouts.connect"] == {"value": 5, "origin": "default"}
    assert shown["values"]["upstreams.openai.base_url"] == {"value": "https://api.openai.com/v1", "origin": "default"}
    text = run("config").out
    rows = [line.split() for line in text.splitlines()]
    assert ["server.port", "8500", "file"] in rows
    assert ["timeouts.idle", "7.0", "environment"] in rows


@pytest.mark.parametrize(
    "arguments", [["config"], ["config", "--json"], ["config", "--keys"], ["config", "--keys", "--json"]]
)
def test_keys_are_never_shown(home: Path, run: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    (home / "config.toml").write_text(FILE)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-topsecret")
    monkeypatch.setenv("AGENT_ROUTER_UPSTREAMS__OPENAI__KEY", "sk-topsecret")
    ran = run(*arguments)
    assert ran.status == 0
    assert "topsecret" not in ran.out + ran.err


def test_a_key_in_the_file_is_pointed_out(home: Path, run: Command) -> None:
    (home / "config.toml").write_text(FILE)
    assert "[upstreams.ring] holds its key in the clear" in run("config").out
    assert run("config", "--json").json["warnings"]
    assert run("config", "--json").json["values"]["upstreams.ring.key"]["value"] == "set (hidden)"


def test_a_provider_that_a_key_alone_brings_is_shown_as_such(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "x")
    values = run("config", "--json").json["values"]
    assert values["upstreams.anthropic.key_env"] == {"value": "ANTHROPIC_API_KEY", "origin": "environment"}


def test_every_key_with_its_meaning(run: Command) -> None:
    keys = run("config", "--keys", "--json").json
    assert keys["server.port"] == {"default": 8484, "meaning": "port to listen on; 0 takes a free one"}
    assert all(entry["meaning"] for entry in keys.values())
    assert "routing.patience.background" in run("config", "--keys").out
