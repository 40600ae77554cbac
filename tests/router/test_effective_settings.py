"""The effective configuration as an object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_router import config
from agent_router.effective_settings import effective_settings


def test_values_with_their_origins_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[server]\nport = 9000\n[upstreams.x]\nbase_url = "http://x/v1"\nkey = "s3cret"\nmodels = ["m"]\n')
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(file))
    monkeypatch.setenv("AGENT_ROUTER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("AGENT_ROUTER_LEDGER__KEEP_DAYS", "90")
    found = effective_settings(config.load({"server": {"host": "localhost"}}))
    assert (found["file"], found["file_exists"], found["data"]) == (str(file), True, str(tmp_path / "data"))
    values = found["values"]
    assert values["server.port"] == {"value": 9000, "origin": "file"}
    assert values["server.host"] == {"value": "localhost", "origin": "command line"}
    assert values["ledger.keep_days"] == {"value": 90, "origin": "environment"}
    assert values["routing.keep_text"] == {"value": False, "origin": "default"}
    assert values["upstreams.x.key"]["value"] == "set (hidden)"
    assert values["upstreams.x.models"]["value"] == ["m"]
    assert "s3cret" not in json.dumps(found)
