"""Codex's sessions, of all versions, with forks and sub-agents: each call once, in the thread that made it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agent_telemetry.importers.codex import IMPORTER
from tests.telemetry.importers.generators import codex as generator
from tests.telemetry.importers.logs import calls
from tests.telemetry.importers.truth import found


@pytest.mark.parametrize("seed", range(30))
def test_each_call_is_found_once(tmp_path: Path, seed: int) -> None:
    truth = generator.write(tmp_path, seed)
    assert found(calls(IMPORTER, tmp_path).values()) == Counter(truth)
