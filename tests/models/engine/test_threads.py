from __future__ import annotations

import os

from agent_models.engine.threads import default_threads, physical_cores


def test_a_small_model_gets_one_thread_and_a_large_one_no_more_than_there_are_cores() -> None:
    assert default_threads(2_000_000) == 1
    assert default_threads(10**12) == physical_cores()
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
