"""`agent-router demo` as a newcomer runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.running_router import environment


def test_it_answers_shows_the_split_and_leaves_nothing_behind(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    ran = subprocess.run(
        [sys.executable, "-m", "agent_router", "demo"],
        capture_output=True,
        text=True,
        env=environment(mine, COLUMNS="200", TMPDIR=str(tmp_path)),
        timeout=100,
        check=True,
    )
    said = ran.stdout
    assert "scripted stand-in" in said
    assert "not a chat model" in said
    assert said.count("answer ") == 5
    assert not re.search(r"^  error  ", said, re.MULTILINE)
    assert re.search(r"route\s+local → local/pocket", said)
    assert re.search(r"route\s+closed → scripted/gpt-5.4", said)
    assert re.search(r"open \d+%\s+closed \d+%", said)
    assert os.listdir(mine) == ["config.toml"]  # the user's own ledger was not touched
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]  # the temporary folder is gone
    url = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert url
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url.group() + "/healthz", timeout=2)
