"""What agents sent that export sums of several calls: each signal alone, and all together with the agent's own log,
make the log's tokens. `captures/README.md` says how they were made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.import_run import import_logs
from agent_telemetry.importers.known import agent_router_importers
from tests.telemetry.otlp.conftest import Taker

_FOLDERS = sorted(path.parent for path in (Path(__file__).parent / "captures").glob("*/sums.json"))


@pytest.mark.parametrize("signals", [("traces",), ("metrics",), ("traces", "metrics", "logs")])
@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda folder: folder.name)
def test_as_the_log(taker: Taker, folder: Path, signals: tuple[str, ...]) -> None:
    logged = json.loads((folder / "sums.json").read_text())["own_log"].values()
    sums = tuple(sum(used[name] for used in logged) for name in ("input", "cache_read", "cache_write", "output"))
    for each in json.loads((folder / "index.json").read_text()):
        signal = each["path"].rpartition("/")[2]
        if signal in signals:
            body = (folder / each["file"]).read_bytes()
            assert taker.receiver.take(signal, each["content_type"], each["content_encoding"], body).status == 200
    taker.look()
    assert taker.tokens() == sums
    importers = [each for each in agent_router_importers() if each.name == folder.name]
    import_logs(taker.path, importers, Home(folder / "own_log", {}, "linux"), lambda: lambda row: row)
    taker.look()
    assert taker.tokens() == sums
