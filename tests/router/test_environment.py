"""The configuration spelt as environment variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from agent_router import config
from agent_router.errors import ConfigError
from agent_router.settings import Settings


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("AGENT_ROUTER_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    (tmp_path / "config.toml").write_text("")
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(tmp_path / "config.toml"))


def value(settings: Settings, key: str) -> Any:
    found: Any = settings
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    return found


@pytest.mark.parametrize(
    ("variable", "text", "key", "expected"),
    [
        ("SERVER__PORT", "8500", "server.port", 8500),
        ("server__port", "8500", "server.port", 8500),
        ("SERVER__HOST", "::1", "server.host", "::1"),
        ("SERVER__DRAIN_SECONDS", "1.5", "server.drain_seconds", 1.5),
        ("SERVER", '{"port": 8501}', "server.port", 8501),
        ("ROUTING__KEEP_TEXT", "true", "routing.keep_text", True),
        ("ROUTING__KEEP_TEXT", "0", "routing.keep_text", False),
        ("ROUTING__LOCAL_ONLY", '["claude", "~/a,b"]', "routing.local_only", ["claude", "~/a,b"]),
        ("ROUTING__LOCAL_ONLY", "claude, ~/a", "routing.local_only", ["claude", "~/a"]),
        ("ROUTING__LOCAL_ONLY", "claude", "routing.local_only", ["claude"]),
        ("ROUTING__PATIENCE__BACKGROUND", "5", "routing.patience.background", 5),
        ("ROUTING__PATIENCE", '{"background": 6}', "routing.patience.background", 6),
        ("LOCAL__MODELS", "/a.gguf,/b c.gguf", "local.models", [Path("/a.gguf"), Path("/b c.gguf")]),
        ("LOCAL__THREADS", "3", "local.threads", 3),
        ("TIMEOUTS__FIRST_BYTE", "0.5", "timeouts.first_byte", 0.5),
        ("TELEMETRY__LEVEL", "headline", "telemetry.level", "headline"),
        ("UPSTREAMS__OPENAI__MODELS", "gpt-5.4,gpt-5.4-mini", "upstreams.openai.models", ["gpt-5.4", "gpt-5.4-mini"]),
        ("UPSTREAMS__OPENAI__BASE_URL", "http://x.example/v1", "upstreams.openai.base_url", "http://x.example/v1"),
        ("UPSTREAMS", '{"My-Lab": {"base_url": "http://x.example"}}', "upstreams.My-Lab.base_url", "http://x.example"),
        ("UPSTREAMS__my-lab__BASE_URL", "http://x.example", "upstreams.my-lab.base_url", "http://x.example"),
    ],
)
def test_every_type_can_be_spelt(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, key: str, expected: object
) -> None:
    monkeypatch.setenv(f"AGENT_ROUTER_{variable}", text)
    loaded = config.load()
    assert value(loaded.settings, key) == expected
    assert loaded.origins[key] == "environment"


@pytest.mark.parametrize("name", ["my-lab", "My_Lab", "MYLAB.eu"])
def test_a_provider_of_the_file_is_found_whatever_its_case_and_dashes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "config.toml").write_text(f"[upstreams.'{name}']\nbase_url = 'http://x.example'\nmodels = ['a']\n")
    spelt = name.upper().replace("-", "_").replace(".", "_")
    monkeypatch.setenv(f"AGENT_ROUTER_UPSTREAMS__{spelt}__MODELS", "b")
    settings = config.load().settings
    assert list(settings.upstreams) == [name]
    assert settings.upstreams[name].models == ["b"]


def test_one_key_over_a_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_ROUTER_TIMEOUTS__IDLE", "2")
    monkeypatch.setenv("AGENT_ROUTER_TIMEOUTS", '{"idle": 1, "connect": 1}')
    timeouts = config.load().settings.timeouts
    assert (timeouts.idle, timeouts.connect) == (2, 1)


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_ROUTER_SERVER__PORT", "")
    assert config.load().settings.server.port == 8484


@pytest.mark.parametrize("off", ["off", "OFF", "0", "false", "no"])
def test_the_telemetry_switch_goes_over_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, off: str) -> None:
    (tmp_path / "config.toml").write_text("[telemetry]\nlevel = 'table'\n")
    monkeypatch.setenv("AGENT_ROUTER_TELEMETRY", off)
    monkeypatch.setenv("AGENT_ROUTER_TELEMETRY__LEVEL", "headline")
    assert config.load().settings.telemetry.level == "off"


def test_the_telemetry_switch_names_itself_when_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_ROUTER_TELEMETRY", "maybe")
    with pytest.raises(ConfigError, match=r"^AGENT_ROUTER_TELEMETRY: telemetry\.level: must be 'off'"):
        config.load()


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("SERVER__PORT", "many", "server.port: must be a valid integer"),
        ("SERVER__PROT", "1", "server.prot: there is no such key (did you mean port?)"),
        ("SEVER__PORT", "1", "there is no section [sever]. Sections: ledger, local, logs"),
        ("SERVER", "x", "the value is not a table, spelt as JSON"),
        ("ROUTING__FALLBACK", "[a", "the value is not JSON"),
        ("ROUTING__FALLBACK", "[1]", "routing.fallback.0: must be a valid string"),
        ("ROUTING__FALLBACK", "x/y", "routing.fallback: 'x/y' names the provider 'x'"),
        ("ROUTING__KEEP_TEXT", "perhaps", "routing.keep_text: must be a valid boolean"),
        ("UPSTREAMS__X", "1", "upstreams.x: must be a table"),
        ("UPSTREAMS__X__BASE_URL", "http://localhost:8484/v1", "is this router itself"),
        ("UPSTREAMS__X__KEY_ENV", "sk-topsecret", "must be the name of an environment variable"),
        ("SERVER__PORT__X", "1", "server.port: must be a valid integer"),
    ],
)
def test_a_mistake_names_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, text: str, said: str) -> None:
    monkeypatch.setenv(f"AGENT_ROUTER_{variable}", text)
    with pytest.raises(ConfigError) as caught:
        config.load()
    message = str(caught.value)
    assert f"AGENT_ROUTER_{variable}" in message
    assert said in message
    assert "topsecret" not in message


@pytest.mark.parametrize("variable", ["PORT", "SERVER_PORT", "server_port"])
def test_a_variable_that_is_nearly_a_key_is_pointed_out(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(f"AGENT_ROUTER_{variable}", "1")
    loaded = config.load()
    assert loaded.settings.server.port == 8484
    assert loaded.warnings == [f"AGENT_ROUTER_{variable} is not read; server.port is spelt AGENT_ROUTER_SERVER__PORT."]


def test_the_users_own_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[server]\napi_key_env = 'AGENT_ROUTER_HOST'\n")
    monkeypatch.setenv("AGENT_ROUTER_HOST", "the key, oddly named")
    monkeypatch.setenv("AGENT_ROUTER_KEY", "another")
    monkeypatch.setenv("AGENT_ROUTER_DATA", str(tmp_path))
    assert config.load().warnings == []
