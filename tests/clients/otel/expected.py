"""What a receiver must make of a capture: the agent's own log as our importer reads it, and what the model told."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from agent_router.importers import importers
from agent_telemetry.importers.home import Home
from agent_telemetry.importers.log import Log
from agent_telemetry.importers.merging import merged
from agent_telemetry.usage_record import UsageRecord
from tests.clients.otel.cutting import MESSAGES, lists
from tests.clients.otel.teller import Told, as_json

BUCKETS = ("input", "cache_read", "cache_write", "output", "reasoning")


def write(folder: Path, told: list[Told]) -> None:
    """`expected.json`: `own_log` and `upstream`, each tokens by model; and `told`, each answer of the model, with
    whether it is `in_own_log`, and whether anything is `exported` that has its figures."""
    logged = {tuple(getattr(row, name) or 0 for name in BUCKETS[:4]) for row in rows(folder).values()}
    exported = [record for path in sorted(folder.glob("[0-9]*")) for record in _records(path)]
    answers = []
    for each in as_json(told):
        used = each["usage"]
        whole = used["input"] + used["cache_read"] + used["cache_write"]
        outputs = {used["output"], used["output"] - used["reasoning"]}
        own = tuple(used[name] for name in BUCKETS[:4]) in logged
        sent = any(record & {whole, used["input"]} and record & outputs for record in exported)
        answers.append(each | {"in_own_log": own, "exported": each["how"] == "ok" and sent})
    body = {"own_log": of_log(folder), "upstream": _of_upstream(told), "told": answers}
    (folder / "expected.json").write_text(json.dumps(body, indent=1) + "\n")


def _records(path: Path) -> Iterator[set[int]]:
    """The whole numbers in each span and each log record of an export, however they are written: so that what is
    expected does not come from what is tested."""
    kind = path.name.partition("-")[2].partition(".")[0]
    if kind == "metrics":
        return
    body = path.read_bytes()
    body = gzip.decompress(body) if path.suffix == ".gz" else body
    if ".json" in path.name:
        document = json.loads(body)
    else:
        message = MESSAGES[kind]()
        message.ParseFromString(body)
        document = MessageToDict(message)
    for records in lists(document):
        for record in records:
            yield {int(number) for number in _NUMBER.findall(json.dumps(record.get("attributes")))}


_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


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
