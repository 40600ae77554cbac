"""What real agents exported, before a model whose figures are known: each call is counted once, to the token.

`captures/README.md` says how they were made, and where an agent's export and its own log do not tell of the same.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest

from agent_telemetry.otlp.records import Signal
from tests.telemetry.otlp.conftest import Taker

_CAPTURES = Path(__file__).parent / "captures"
_AGENTS = sorted(path.parent.name for path in _CAPTURES.glob("*/expected.json"))
_BUCKETS = ("input", "cache_read", "cache_write", "output", "reasoning")


def _send(taker: Taker, agent: str, signals: tuple[str, ...] = get_args(Signal)) -> None:
    folder = _CAPTURES / agent
    for each in json.loads((folder / "index.json").read_text()):
        signal = each["path"].rpartition("/")[2]
        if signal in signals:
            body = (folder / each["file"]).read_bytes()
            answer = taker.receiver.take(signal, each["content_type"], each["content_encoding"], body)
            assert answer.status == 200, answer
    taker.look()


def _expected(agent: str) -> dict[str, Any]:
    return json.loads((_CAPTURES / agent / "expected.json").read_text())


@pytest.mark.parametrize("agent", _AGENTS)
def test_each_answer_counts_once(taker: Taker, agent: str) -> None:
    """All signals together: what the model told the agent of, and nothing else."""
    _send(taker, agent)
    told = _expected(agent)["exported"]
    found = Counter(tuple(row[name] or 0 for name in _BUCKETS) for row in taker.rows() if row["output"])
    assert found == Counter(tuple(each[name] for name in _BUCKETS) for each in told)
