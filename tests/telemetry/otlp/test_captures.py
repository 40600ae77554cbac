"""What real agents exported, before a model whose figures are known: each call is counted once, to the token.

`captures/README.md` says how they were made, and where an agent's export and its own log do not tell of the same.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import structs

from agent_telemetry.otlp.records import Signal
from tests.clients.otel.expected import rows
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


def _figures(each: dict[str, Any]) -> tuple[int, ...]:
    return tuple(each[name] or 0 for name in _BUCKETS[:4])


@pytest.mark.parametrize("agent", _AGENTS)
def test_each_answer_counts_once(taker: Taker, agent: str) -> None:
    """All signals together: each answer that the agent tells of, with its model, and nothing else."""
    _send(taker, agent)
    told = [each for each in _expected(agent)["told"] if each["exported"]]
    found = Counter((row["model"], *_figures(row)) for row in taker.rows() if row["output"])
    assert found == Counter((each["model"], *_figures(each["usage"])) for each in told)


@pytest.mark.parametrize("agent", _AGENTS)
def test_own_log_says_the_same(taker: Taker, agent: str) -> None:
    """To the token, in what both tell of: what only one of them has is named by the answer."""
    _send(taker, agent)
    told = _expected(agent)["told"]
    both = Counter(_figures(each["usage"]) for each in told if each["exported"] and each["in_own_log"])
    only_exported = Counter(_figures(each["usage"]) for each in told if each["exported"] and not each["in_own_log"])
    only_logged = Counter(_figures(each["usage"]) for each in told if each["in_own_log"] and not each["exported"])
    logged = Counter(_figures(structs.asdict(row)) for row in rows(_CAPTURES / agent).values() if row.output)
    found = Counter(_figures(row) for row in taker.rows() if row["output"])
    assert logged - only_logged == both == found - only_exported
