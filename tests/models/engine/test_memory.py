from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent_models.engine.memory import available_memory


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says")
def test_this_machine_has_some() -> None:
    found = available_memory()
    assert found is not None
    assert 10**6 < found < 10**14


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MemTotal: 9 kB\nMemAvailable:   1234 kB\n", 1234 * 1024),
        ("MemAvailable:\n", None),
        ("MemAvailable: much\n", None),
        ("", None),
    ],
)
def test_what_linux_says(tmp_path: Path, text: str, expected: int | None) -> None:
    (tmp_path / "meminfo").write_text(text)
    assert available_memory(tmp_path / "meminfo") == expected
    assert available_memory(tmp_path / "nothing") is None
