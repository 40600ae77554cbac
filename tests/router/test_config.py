"""The configuration as users write it: file, environment, command line, and what is said when it is wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from agent_router import config
from agent_router.config import Configuration
from agent_router.errors import ConfigError

# Every key that the documentation shows, as it stands there.
DOCUMENTED = """
[server]
host = "127.0.0.1"
port = 8484
api_key_env = "AGENT_ROUTER_KEY"

[upstreams.openai]
kind = "openai"
base_url = "https://api.openai.com/v1"
key_env = "OPENAI_API_KEY"
place = "hosted"
models = ["gpt-5.4"]

[upstreams.ring]
base_url = "https://ring.example/v1"
key_keyring = "ring/me"

[local]
models = ["/path/to/model.gguf"]

[routing]
policy = "ladder"
closed = "openai/gpt-5.4"
fallback = ["ring/a/b:free", "local"]
quality_floor = 0.99
privacy = "normal"
keep_text = false
local_only = ["claude-code", "~/private/**"]

[routing.patience]
interactive = 2
background = 60

[timeouts]
connect = 5
first_byte = 60
idle = 60

[telemetry]
level = "off"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration file, with nothing of the machine's own environment over it."""
    for name in list(os.environ):
        if name.upper().startswith("AGENT_ROUTER_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    path = tmp_path / "config.toml"
    path.write_text("")
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(path))
    monkeypatch.setenv("AGENT_ROUTER_DATA", str(tmp_path / "data"))
    return path


def load(file: Path, text: str, **command_line: Any) -> Configuration:
    file.write_text(text, encoding="utf-8")
    return config.load(command_line)


def refused(file: Path, text: str, **command_line: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(file, text, **command_line)
    return str(caught.value)


def test_the_documented_file_means_what_it_says(file: Path) -> None:
    loaded = load(file, DOCUMENTED)
    settings = loaded.settings
    assert (settings.server.host, settings.server.port, settings.server.api_key_env) == (
        *("127.0.0.1", 8484),
        "AGENT_ROUTER_KEY",
    )
    openai = settings.upstreams["openai"]
    assert (openai.kind, openai.address, openai.key_env, openai.place, openai.models) == (
        *("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "hosted"),
        ["gpt-5.4"],
    )
    assert settings.upstreams["ring"].key_keyring == "ring/me"
    assert settings.local.models == [Path("/path/to/model.gguf")]
    routing = settings.routing
    assert (routing.policy, routing.closed, routing.fallback) == (
        *("ladder", "openai/gpt-5.4"),
        ["ring/a/b:free", "local"],
    )
    assert (routing.quality_floor, routing.privacy, routing.keep_text) == (0.99, "normal", False)
    assert routing.local_only == ["claude-code", "~/private/**"]
    assert (routing.patience.interactive, routing.patience.background) == (2, 60)
    assert (settings.timeouts.connect, settings.timeouts.first_byte, settings.timeouts.idle) == (5, 60, 60)
    assert settings.telemetry.level == "off"
    assert loaded.origins["routing.patience.background"] == "file"


def test_without_a_file_the_defaults_are_those_of_the_documentation(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AGENT_ROUTER_CONFIG")
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path / "nothing"))
    settings = config.load().settings
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8484)
    assert settings.upstreams == {}
    assert settings.routing.patience.background == 60
    assert settings.telemetry.level == "off"


def test_a_file_that_is_named_must_exist(file: Path) -> None:
    file.unlink()
    with pytest.raises(ConfigError, match="which AGENT_ROUTER_CONFIG names, does not exist"):
        config.load()


def test_the_command_line_goes_over_the_environment_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "[server]\nport = 1001\n[timeouts]\nidle = 7\n"
    assert load(file, text).settings.server.port == 1001
    monkeypatch.setenv("AGENT_ROUTER_SERVER__PORT", "1002")
    loaded = load(file, text)
    assert loaded.settings.server.port == 1002
    assert loaded.origins["server.port"] == "environment"
    assert loaded.settings.timeouts.idle == 7  # the section's other keys stay
    loaded = load(file, text, server={"port": 1003})
    assert loaded.settings.server.port == 1003
    assert loaded.origins["server.port"] == "command line"


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"])
def test_a_key_alone_makes_the_closed_side(file: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "secret")
    settings = config.load().settings
    (upstream,) = settings.upstreams.values()
    assert upstream.key_env == name
    assert upstream.models
    assert upstream.place == "hosted"


@pytest.mark.parametrize("nobodys", [" ", "agent-router"])
def test_an_empty_key_makes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch, nobodys: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", nobodys)
    assert config.load().settings.upstreams == {}


def test_a_well_known_provider_needs_no_address_and_is_the_closed_side(file: Path) -> None:
    settings = load(file, '[upstreams.anthropic]\nkey_keyring = "claude/me"').settings
    upstream = settings.upstreams["anthropic"]
    assert (upstream.kind, upstream.address) == ("anthropic", "https://api.anthropic.com/v1")
    assert upstream.key_env is None
    assert str(settings.routing.closed).startswith("anthropic/")


def test_the_environments_key_never_goes_to_another_address(file: Path) -> None:
    upstream = load(file, '[upstreams.openai]\nbase_url = "https://proxy.example/v1"').settings.upstreams["openai"]
    assert upstream.key_env is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nport = 'x'", "server.port: must be a valid integer"),
        ("[server]\nport = 70000", "server.port: must be less than or equal to 65535"),
        ("[server]\nprot = 1", "server.prot: there is no such key (did you mean port?)"),
        ("[sever]\nport = 1", "sever: there is no such key (did you mean server?)"),
        ("port = 1", "port: there is no such key (did you mean server.port?)"),
        ("[routing]\nbackground = 1", "(did you mean routing.patience.background?)"),
        ("_env_file = 'x'", "_env_file: there is no such key"),
        ("server = 5", "server: must be a table, [server]"),
        ("[[upstreams]]\na = 1", "upstreams: must be a table, [upstreams.NAME]"),
        ("[upstreams]\nx = 1", "upstreams.x: must be a table, [upstreams.x]"),
        ("[upstreams.x]\nkey_env = 'X'", "upstreams.x: base_url is missing"),
        ("[upstreams.x]\nbase_ulr = 'http://x'", "upstreams.x.base_ulr: there is no such key (did you mean base_url?)"),
        ("[upstreams.x]\nbase_url = 'x.example'", "must begin with http:// or https://"),
        ("[upstreams.x]\nbase_url = 'http://'", "is no valid address"),
        ("[upstreams.x]\nbase_url = 'http://x:99999'", "is no valid address"),
        ("[upstreams.x]\nbase_url = 'http://[::1'", "is no valid address"),
        ("[upstreams.x]\nbase_url = 'http://x/v1?key=s'", "must end before '?'"),
        ("[upstreams.x]\nbase_url = 'http://x/v1/chat/completions'", "must end before the endpoint's own path"),
        ("[upstreams.x]\nbase_url = 'http://x'\nkind = 'openia'", "upstreams.x.kind: must be 'openai'"),
        ("[upstreams.x]\nbase_url = 'http://x'\nmodels = 'm'", "upstreams.x.models: must be a valid list"),
        ("[upstreams.x]\nbase_url = 'http://x'\nkey_keyring = 'me'", "service/name"),
        ("[upstreams.local]\nbase_url = 'http://x'", "'local' cannot be a provider's name"),
        ("[upstreams.'a/b']\nbase_url = 'http://x'", "'a/b' cannot be a provider's name"),
        ("[upstreams.' ']\nbase_url = 'http://x'", "cannot be a provider's name"),
        ("[routing]\nclosed = 'x/y'", "routing.closed: 'x/y' names the provider 'x'"),
        ("[routing]\nclosed = 'gpt-5.4'", "\"provider/model\""),
        ("[routing]\nclosed_embedding = 'local/bge'", "is a local model; the closed side is one of [upstreams]"),
        ("[routing]\nclosed_embedding = 'nowhere/x'", "which is not among [upstreams]"),
        ("[routing]\nclosed = 'local/pocket'", "is a local model; the closed side is one of [upstreams]"),
        ("[routing]\nfallback = ['x/y']", "routing.fallback: 'x/y' names the provider 'x'"),
        ("[routing]\nprivacy = 'strict'", "routing.privacy: must be 'normal' or 'local-only'"),
        ("[routing]\nlocal_only = ['']", "routing.local_only: must not hold an empty entry"),
        ("[timeouts]\nidle = 0", "timeouts.idle: must be greater than 0"),
        ("[timeouts]\nidle = nan", "timeouts.idle: must be a finite number"),
        ("[server]\ndrain_seconds = inf", "server.drain_seconds: must be"),
        ("[telemetry]\nlevel = 'on'", "telemetry.level: must be 'off', 'headline' or 'table'"),
        ("[local]\nmodels = ['~nobody-at-all/x.gguf']", "home folder of a user who is not here"),
        ("a = [", "is not valid TOML"),
        ("a = " + "[" * 5000, ""),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_that_names_the_file_and_the_key(file: Path, text: str, said: str) -> None:
    message = refused(file, text)
    assert message.startswith(str(file))
    assert said in message
    assert "\n" not in message
    assert message.endswith((".", "?"))


@pytest.mark.parametrize("content", [b"\xff\xfe[\x00", b"[server]\nhost = '\xe9'"])
def test_a_file_that_is_not_utf_8_is_said_to_be_so(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read: it is not UTF-8"):
        config.load()


def test_a_folder_in_place_of_the_file(file: Path, tmp_path: Path) -> None:
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load()


def test_a_file_from_windows_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf[server]\r\nport = 9000\r\n")
    assert config.load().settings.server.port == 9000


@pytest.mark.parametrize("key", ["key", "key_env", "key_keyring", "base_url"])
def test_a_mistake_never_shows_a_key(file: Path, key: str) -> None:
    values = {"key": "5", "key_env": "'sk-topsecret'", "key_keyring": "'sktopsecret'",
              "base_url": "'https://me:topsecret@x.example/v1'"}  # fmt: skip
    text = "[upstreams.x]\n" + ("" if key == "base_url" else "base_url = 'http://x'\n") + f"{key} = {values[key]}\n"
    message = refused(file, text)
    assert f"upstreams.x.{key}" in message
    assert "topsecret" not in message


def test_the_own_key_variable_is_not_taken_for_the_key(file: Path) -> None:
    assert "sk-" not in refused(file, "[server]\napi_key_env = 'sk-topsecret'")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8484/v1"),
        ("127.0.0.1", "http://127.0.0.1:8484/v1"),
        ("127.0.0.1", "http://LOCALHOST.:8484"),
        ("127.0.0.1", "http://[::1]:8484/v1"),
        ("0.0.0.0", "http://127.0.0.1:8484"),
        ("192.168.7.7", "http://192.168.7.7:8484/v1"),
        ("127.0.0.1", "http://0.0.0.0:8484/v1"),
    ],
)
def test_an_upstream_must_not_be_the_router_itself(file: Path, host: str, url: str) -> None:
    message = refused(file, f"[server]\nhost = '{host}'\n[upstreams.me]\nbase_url = '{url}'")
    assert "upstreams.me.base_url" in message
    assert "is this router itself" in message


def test_another_port_or_host_is_somebody_else(file: Path) -> None:
    load(file, "[upstreams.a]\nbase_url = 'http://127.0.0.1:8485/v1'\n[upstreams.b]\nbase_url = 'http://box.lan:8484'")
    load(file, "[upstreams.a]\nbase_url = 'http://127.0.0.1:8484/v1'", server={"port": 9000})


def test_what_works_but_should_not_stay_is_a_warning(file: Path) -> None:
    loaded = load(
        file,
        "[upstreams.a]\nbase_url = 'http://box.lan/v1'\nkey = 'topsecret'\nplace = 'device'\n"
        "[routing]\nkeep_text = true\n[telemetry]\nlevel = 'table'\n[local]\nmodels = ['/nowhere/m.gguf']\n",
    )
    words = "\n".join(loaded.warnings)
    for part in ("holds its key in the clear", "box.lan may be elsewhere", "stores no text", "sends no reports"):
        assert part in words
    assert "m.gguf is not there" in words
    assert "topsecret" not in words


def test_a_key_in_the_environment_needs_no_warning(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_ROUTER_UPSTREAMS__A__KEY", "topsecret")
    loaded = load(file, "[upstreams.a]\nbase_url = 'http://box.lan/v1'")
    assert loaded.warnings == []
    key = loaded.settings.upstreams["a"].key
    assert key is not None
    assert key.get_secret_value() == "topsecret"


def test_the_home_folder_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", "~nobody-at-all/config.toml")
    with pytest.raises(ConfigError, match="AGENT_ROUTER_CONFIG"):
        config.load()
    monkeypatch.setenv("AGENT_ROUTER_DATA", "~nobody-at-all/data")
    with pytest.raises(ConfigError, match="AGENT_ROUTER_DATA"):
        config.data_path()


def test_every_key_has_a_meaning_and_a_default() -> None:
    rows = dict(config.documented())
    assert {"server.port", "upstreams.<name>.base_url", "routing.patience.background"} <= set(rows)
    assert all(meaning for _, meaning in rows.values())
