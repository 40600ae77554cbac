"""What real agents sent, with their export switched on: the tokens that are counted of it are those of the agents' own
logs and those that the model told, to the token. `captures/README.md` says how they were made."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent_telemetry.importers.home import Home
from agent_telemetry.importers.import_run import import_logs
from agent_telemetry.importers.known import agent_router_importers
from tests.telemetry.otlp.conftest import Taker

CAPTURES = Path(__file__).parent / "captures"
FOLDERS = sorted(path.parent for path in CAPTURES.glob("*/expected.json"))
BUCKETS = ("input", "cache_read", "cache_write", "output")
COUNTERS = ("claude", "gemini")
"""Agents whose counters tell of every call and every bucket."""

Used = dict[str, dict[str, int]]


def test_there_are_captures() -> None:
    assert len(FOLDERS) > 0


@pytest.mark.parametrize("order", ["as it came", "backwards", "shuffled"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_all_signals(taker: Taker, folder: Path, order: str) -> None:
    """In whatever order they come, before the log is read and afterwards, and sent once more."""
    expected = json.loads((folder / "expected.json").read_text())
    requests = json.loads((folder / "index.json").read_text())
    if order == "backwards":
        requests.reverse()
    elif order == "shuffled":
        random.Random(3).shuffle(requests)
    for nth, each in enumerate(requests):
        send(taker, folder, each)
        if nth % 5 == 0:
            taker.look()
    taker.look()
    assert used(taker, "duplicate IS NULL") == tokens(expected["upstream"])
    read_log(taker, folder)
    assert used(taker, "duplicate IS NULL") == tokens(expected["upstream"])
    assert used(taker, "source != 'otlp'") == tokens(expected["own_log"])
    assert used(taker, f"source = 'otlp' AND duplicate = '{folder.name}'") == tokens(expected["own_log"])
    for each in requests:
        send(taker, folder, each)
    taker.look()
    assert used(taker, "duplicate IS NULL") == tokens(expected["upstream"])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_log_is_there_first(taker: Taker, folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    read_log(taker, folder)
    for each in json.loads((folder / "index.json").read_text()):
        send(taker, folder, each)
    taker.look()
    assert used(taker, "duplicate IS NULL") == tokens(expected["upstream"])


@pytest.mark.parametrize("folder", [each for each in FOLDERS if each.name in COUNTERS], ids=lambda folder: folder.name)
def test_counters_alone(taker: Taker, folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    for each in json.loads((folder / "index.json").read_text()):
        if each["path"] == "/v1/metrics":
            send(taker, folder, each)
            taker.restart()
    taker.look()
    assert used(taker, "duplicate IS NULL") == tokens(expected["upstream"])


def send(taker: Taker, folder: Path, each: dict[str, Any]) -> None:
    """One request, as it came."""
    body = (folder / each["file"]).read_bytes()
    signal: Any = each["path"].rpartition("/")[2]
    answer = taker.receiver.take(signal, each["content_type"], each["content_encoding"] or "", body)
    assert (answer.status, answer.body) in ((200, b""), (200, b"{}")), each


def read_log(taker: Taker, folder: Path) -> None:
    """Import the agent's own log."""
    home = Home(folder / "own_log", {}, "linux")
    own = [importer for importer in agent_router_importers() if importer.name == folder.name]
    import_logs(taker.path, own, home, lambda: lambda row: row)


def used(taker: Taker, where: str) -> Used:
    """Tokens by model of the calls that were answered."""
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in BUCKETS)
    with closing(sqlite3.connect(taker.path)) as conn:
        found = conn.execute(f"SELECT model, {sums} FROM calls WHERE status != 'error' AND {where} GROUP BY 1")
        return {model: dict(zip(BUCKETS, figures, strict=True)) for model, *figures in found}


def tokens(expected: Used) -> Used:
    """Without what is not compared: not all tell what was reasoned, and of counters the requests are not known."""
    return {model: {name: of[name] for name in BUCKETS} for model, of in expected.items() if sum(of.values())}
