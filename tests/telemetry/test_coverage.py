"""What the figures rest on, counted by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from pathlib import Path

import pytest

from agent_telemetry.coverage import coverage, dropped
from tests.telemetry.random_ledger import make


@pytest.mark.parametrize("seed", range(6))
def test_as_counted_by_hand(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "ledger.sqlite3"
    calls = make(path, seed)
    found = {each.name: each for each in coverage(path)}
    assert set(found) == {call.source for call in calls}
    for name, source in found.items():
        mine = [call for call in calls if call.source == name]
        counted = [call for call in mine if call.duplicate is None]
        assert source.calls == len(counted)
        assert source.dropped == ({"proxied": len(mine) - len(counted)} if len(mine) > len(counted) else {})
        assert source.unpriced == sum(call.billed is None and call.equivalent is None for call in counted)
        times = [call.time.astimezone(UTC).isoformat(timespec="seconds") for call in mine]
        assert (source.first, source.last) == (min(times), max(times))
    assert dropped(path) == dict(Counter("proxied" for call in calls if call.duplicate is not None))
