"""`agent-router serve`, as far as it does not serve: what it says, and what it refuses. Serving is in test_server."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import pytest

from agent_router.addresses import reachable
from tests.router.cli.command import Command
from tests.running_router import router_process


def test_a_taken_port_is_one_sentence(run: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("serve", "--port", port, "--json")
        assert ran.status == 1
        assert f"Port {port} on 127.0.0.1 is taken" in ran.json["error"]
        ran = run("serve", "--port", port)
        assert "--port" in ran.err
        assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "Set api_key_env"),
        (["--host", "::"], "Set api_key_env"),
        (["--host", "no.such.host.invalid"], "Set api_key_env"),
        (["--port", "70000"], "the command line: server.port: must be less than or equal to 65535"),
        (["--port", "-1"], "the command line: server.port"),
        (["--host", ""], "the command line: server.host"),
    ],
)
def test_what_is_refused(run: Command, arguments: list[str], said: str) -> None:
    ran = run("serve", *arguments, "--json")
    assert ran.status == 1
    assert said in ran.json["error"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("[server]\napi_key_env = 'NOT_SET'\n", "NOT_SET, which is not set in the environment"),
        ("[routing]\npolicy = 'ladde'\n", "no policy 'ladde'"),
        ("[routing]\nfallback = ['local/nope']\n", "no local model 'nope'"),
    ],
)
def test_what_the_configuration_gets_wrong(home: Path, run: Command, file: str, said: str) -> None:
    (home / "config.toml").write_text(file)
    assert said in run("serve", "--json").json["error"]


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("[::1]", "[::1]")],
)
def test_the_address_it_shows_can_be_used(host: str, shown: str) -> None:
    assert reachable(host) == shown


def test_it_serves_and_says_where(tmp_path: Path) -> None:
    file = "[local]\nmodels = ['/nowhere/m.gguf']\n"
    with router_process(tmp_path, file, "--local-only", AGENT_ROUTER_PORT="1") as (url, process):
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as response:
            assert response.status == 200
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert b"m.gguf is not there" in err
    assert b"AGENT_ROUTER_PORT is not read" in err


def test_all_addresses_with_a_key(tmp_path: Path) -> None:
    file = "[server]\nhost = '0.0.0.0'\napi_key_env = 'MY_KEY'\n"
    with router_process(tmp_path, file, MY_KEY="k") as (url, _):
        assert url.startswith("http://127.0.0.1:")
        with pytest.raises(urllib.request.HTTPError) as refused:  # type: ignore[attr-defined]
            urllib.request.urlopen(f"{url}/v1/models", timeout=10)
        refused.value.close()
        assert refused.value.code == 401
        request = urllib.request.Request(f"{url}/v1/models", headers={"x-api-key": "k"})
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.status == 200
