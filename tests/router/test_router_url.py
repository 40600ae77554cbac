"""The address of this user's router, from as little of the configuration as that takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_router import config
from agent_router.router_url import key_variable, router_url


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AGENT_ROUTER_URL", "AGENT_ROUTER_SERVER__PORT", "AGENT_ROUTER_SERVER__HOST"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config.toml"
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(path))
    return path


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (None, "http://127.0.0.1:8484"),
        ("", "http://127.0.0.1:8484"),
        ("[server]\nport = 9001\n", "http://127.0.0.1:9001"),
        ("[server]\nhost = '0.0.0.0'\nport = 9001\napi_key_env = 'MINE'\n", "http://127.0.0.1:9001"),
        ("[server]\nhost = '::1'\n", "http://[::1]:8484"),
        ("server = 3\n", "http://127.0.0.1:8484"),
        ("this is no TOML", "http://127.0.0.1:8484"),
        ("\udcff", "http://127.0.0.1:8484"),
    ],
)
def test_what_the_file_says(file: Path, written: str | None, url: str) -> None:
    if written is not None:
        file.write_bytes(written.encode("utf-8", "surrogateescape"))
    assert router_url() == url


def test_it_is_the_address_that_the_router_takes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("[server]\nport = 9001\n")
    for port in ("", "9002"):
        monkeypatch.setenv("AGENT_ROUTER_SERVER__PORT", port)
        server = config.load().settings.server
        assert router_url() == f"http://{server.host}:{server.port}"


@pytest.mark.parametrize("named", ["http://box.lan:1/v1/", "http://box.lan:1", "box.lan:1/v1", " http://box.lan:1/ "])
def test_a_named_address_goes_before(file: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    file.write_text("[server]\nport = 9001\n")
    monkeypatch.setenv("AGENT_ROUTER_URL", named)
    assert router_url() == "http://box.lan:1"


def test_the_key_that_callers_must_send_is_named(file: Path) -> None:
    assert key_variable() is None
    file.write_text("[server]\napi_key_env = 'MINE'\n")
    assert key_variable() == "MINE"
