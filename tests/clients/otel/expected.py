"""What a receiver must make of a capture: the agent's own log as our importer reads it, and what the model told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent_router.importers import importers
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.merging import merged
from agent_telemetry.usage_record import UsageRecord
from tests.clients.otel.teller import Told, as_json

BUCKETS = ("input", "cache_read", "cache_write", "output", "reasoning")


def write(folder: Path, told: list[Told]) -> None:
    """`expected.json`: `own_log` and `upstream`, each tokens by model, and `told`, each answer of the model."""
    body = {"own_log": of_log(folder), "upstream": _of_upstream(told), "told": as_json(told)}
    (folder / "expected.json").write_text(json.dumps(body, indent=1) + "\n")


def of_log(folder: Path) -> dict[str, dict[str, int]]:
    """What the importer of this agent reads in the folder's `own_log`."""
    return _by_model(
        (row.model or "", {name: getattr(row, name) or 0 for name in BUCKETS}) for row in rows(folder).values()
    )


def rows(folder: Path) -> dict[str, UsageRecord]:
    """The calls in the folder's `own_log`, each once."""
    home = Home(folder / "own_log", {}, "linux")
    found: dict[str, UsageRecord] = {}
    for importer in importers():
        if importer.name == folder.name:
            for path in sorted(importer.logs(home)):
                for row in importer.read(Log(path)):
                    found[row.key] = merged(found[row.key], row) if row.key in found else row
    return found


def _of_upstream(told: list[Told]) -> dict[str, dict[str, int]]:
    """The answers that reached the agent whole."""
    whole = [each for each in told if each.how == "ok"]
    return _by_model((each.model, {name: getattr(each.usage, name) for name in BUCKETS}) for each in whole)


def _by_model(calls: Iterable[tuple[str, dict[str, int]]]) -> dict[str, Any]:
    sums: dict[str, dict[str, int]] = {}
    for model, used in calls:
        of = sums.setdefault(model, {"requests": 0, **dict.fromkeys(BUCKETS, 0)})
        of["requests"] += 1
        for name, tokens in used.items():
            of[name] += tokens
    return dict(sorted(sums.items()))
