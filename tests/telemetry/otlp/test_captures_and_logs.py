"""What real agents sent, with their export switched on: the tokens that are counted of it are those of the agents' own
logs and those that the model told, to the token. `captures/README.md` says how they were made."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable
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
SINGLE = "(key GLOB 'event:*' OR key GLOB 'span:*')"
COUNTERS = ("claude", "gemini", "qwen", "copilot")
"""Agents whose counters tell of every call and every bucket."""

Used = dict[str, dict[str, int]]


def test_there_are_captures() -> None:
    assert len(FOLDERS) > 0


@pytest.mark.parametrize("order", ["as it came", "backwards", "shuffled"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_all_signals(taker: Taker, folder: Path, order: str) -> None:
    """In whatever order they come, before the log is read and afterwards, and sent once more."""
    told = json.loads((folder / "expected.json").read_text())["told"]
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
    assert used(taker, "duplicate IS NULL") == tokens(each for each in told if each["exported"])
    read_log(taker, folder)
    logged = tokens(each for each in told if each["in_own_log"])
    both = tokens(each for each in told if each["exported"] and each["in_own_log"])
    all = tokens(each for each in told if each["exported"] or each["in_own_log"])
    assert used(taker, "source != 'otlp'") == logged
    assert used(taker, f"source = 'otlp' AND duplicate = '{folder.name}' AND {SINGLE}") == both
    assert used(taker, "duplicate IS NULL") == all
    for each in requests:
        send(taker, folder, each)
    taker.look()
    assert used(taker, "duplicate IS NULL") == all


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_log_is_there_first(taker: Taker, folder: Path) -> None:
    told = json.loads((folder / "expected.json").read_text())["told"]
    read_log(taker, folder)
    for each in json.loads((folder / "index.json").read_text()):
        send(taker, folder, each)
    taker.look()
    assert used(taker, "duplicate IS NULL") == tokens(each for each in told if each["exported"] or each["in_own_log"])


@pytest.mark.parametrize("folder", [each for each in FOLDERS if each.name in COUNTERS], ids=lambda folder: folder.name)
def test_counters_alone(taker: Taker, folder: Path) -> None:
    told = json.loads((folder / "expected.json").read_text())["told"]
    for each in json.loads((folder / "index.json").read_text()):
        if each["path"] == "/v1/metrics":
            send(taker, folder, each)
            taker.restart()
    taker.look()
    assert used(taker, "duplicate IS NULL") == tokens(each for each in told if each["exported"])


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


def tokens(told: Iterable[dict[str, Any]]) -> Used:
    """By model. Not all tell what was reasoned; that is left out."""
    found: Used = {}
    for each in told:
        of = found.setdefault(each["model"], dict.fromkeys(BUCKETS, 0))
        for name in BUCKETS:
            of[name] += each["usage"][name]
    return found
