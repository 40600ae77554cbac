"""The page says what was measured, and what was missed."""

from __future__ import annotations

from tests.bench.engine.record import page


def test_a_run_as_a_table() -> None:
    taken = {"at": "2026-01-02T03:04:05", "cores": 2, "system": "Linux-6", "python": "3.11.7"}
    values = {"agent-router": 40.0, "llama-server": 50.0}
    figure = {"figure": "a", "unit": "x", "values": values, "bar": 1.0, "sense": "least", "verdict": "MISS"}
    text = page([{"taken": taken, "figures": [figure]}])
    assert "Run of 2026-01-02: 2 cores, Linux, Python 3.11.7." in text
    assert "| a | x | 40 | 50 |  | ≥ 1 | **missed** |" in text
