"""What libraries exported that instrument an application's calls: each call is counted once, to the token.

`captures/LIBRARIES.md` says what each of them tells; `python -m tests.clients.otel_libraries` made the captures.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.telemetry.otlp.conftest import Taker

_CAPTURES = Path(__file__).parent / "captures" / "libraries"
_FOLDERS = sorted(path.parent for path in _CAPTURES.glob("*/expected.json"))
_BUCKETS = ("input", "cache_read", "cache_write", "output")


@pytest.mark.parametrize("order", ["as it came", "backwards", "shuffled"])
@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda folder: folder.name)
def test_each_call_counts_once(taker: Taker, folder: Path, order: str) -> None:
    """In whatever order its exports come, and sent once more."""
    requests = json.loads((folder / "index.json").read_text())
    if order == "backwards":
        requests.reverse()
    elif order == "shuffled":
        random.Random(3).shuffle(requests)
    for each in requests * 2:
        body = (folder / each["file"]).read_bytes()
        signal: Any = each["path"].rpartition("/")[2]
        answer = taker.receiver.take(signal, each["content_type"], each["content_encoding"], body)
        assert answer.status == 200, answer
    taker.look()
    told = [each for each in _expected(folder)["told"] if each["how"] == "ok"]
    rows = [row for row in taker.rows() if any(row[name] for name in _BUCKETS)]
    assert Counter(_call(row) for row in rows) == Counter(_call(each) for each in told)


def _expected(folder: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return expected


def _call(told: dict[str, Any]) -> tuple[Any, ...]:
    return told["model"], *(told[name] or 0 for name in _BUCKETS)
