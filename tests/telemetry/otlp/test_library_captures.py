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
    told = [each for each in _expected(folder) if folder.name != "openai-v2" or each["path"].endswith("/completions")]
    rows = taker.rows()
    answered = [row for row in rows if row["output"]]
    assert Counter(_call(folder.name, row) for row in answered) == Counter(
        _call(folder.name, each) for each in told if each["how"] == "ok"
    )
    failed = sum(each["how"] != "ok" for each in told)
    assert sum(row["status"] == "error" for row in rows) == failed - _FAILURES_UNTOLD.get(folder.name, 0)
    assert not any(word in repr(rows) for word in ("pineapple", "walrus", "colour", "sk-scripted"))


_SUMS = ("openai-v2", "vercel", "vercel-json")
"""These do not say, or not always, what OpenAI's input had from the cache."""
_FAILURES_UNTOLD = {"openinference": 1, "openlit": 1}
"""Of some that failed they do not say which model was asked, or that it was one."""


def _expected(folder: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((folder / "expected.json").read_text())["told"]
    return told


def _call(library: str, told: dict[str, Any]) -> tuple[Any, ...]:
    model = told["model"].rpartition("/")[2]  # "anthropic/claude-opus-4-8" is how LiteLLM is told where to ask
    input, read, write = (told[name] or 0 for name in ("input", "cache_read", "cache_write"))
    claude = model.startswith("claude")
    if library in _SUMS and not claude:
        input, read, write = input + read + write, 0, 0
    elif library == "openlit" and claude:  # of a stream it does not say what was cached
        read, write = 0, 0
    return model, input, read, write, told["output"]
