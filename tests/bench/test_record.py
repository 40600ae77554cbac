"""The page of figures."""

from __future__ import annotations

from typing import Any

from tests.bench.record import beside, page


def figure(name: str, **values: float) -> dict[str, Any]:
    bar = {"bar": 500, "sense": "most", "verdict": "MISS", "multiple_of_floor": 1.5}
    return {"figure": name, "unit": "µs", "values": values, **bar}


def test_misses_and_peers_are_shown_as_they_are() -> None:
    taken = {
        "at": "2026-11-21T08:00:00+00:00",
        "python": "3.11",
        "system": "Linux-6.1-secret-host",
        "cores": 2,
        "load": 1.0,
    }
    figures = [
        figure("1 kB call, p50 added", relay=300, **{"agent-router": 612.4, "litellm": 10_000}),
        figure("only the floor", relay=1),
        figure("1 kB call, p50 ratio to direct", **{"agent-router": 7}),
    ]
    results = {"taken": taken, "notes": ["LiteLLM started slowly."], "figures": figures}
    text = page(results)
    assert "| 1 kB call, p50 added | µs |  | 300 | 612 | 1.50 | ≤ 500 | **missed** |" in text
    assert "only the floor" not in text
    assert "ratio" not in text
    assert "10,000" not in text
    assert "one run: litellm" in beside(results)
    assert "| 1 kB call, p50 added | µs | 612 | 10,000 |" in beside(results)
    assert "LiteLLM started slowly." in text
    assert "secret-host" not in text
