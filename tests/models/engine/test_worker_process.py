from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from agent_models.engine import worker_process
from agent_models.engine.worker_process import WorkerProcess
from agent_models.errors import EngineCrashedError


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The "model file" is a Python program that runs instead of the worker."""
    monkeypatch.setattr(worker_process, "command", lambda path, options: [sys.executable, str(path)])


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.usefixtures("program")
async def test_last_words_are_told_and_bounded(tmp_path: Path) -> None:
    noise = "import sys, os\nfor i in range(100000): sys.stderr.write(f'line {i}\\n')\nsys.stderr.write('the end')\n"
    worker = await WorkerProcess.spawn(write(tmp_path / "p.py", noise + "sys.stderr.flush(); os._exit(3)"), [])
    with pytest.raises(EngineCrashedError, match=r"exit status 3 while loading.*the end"):
        await worker.ready(30)
    assert len(worker._tail) <= 20
    await worker.close()


@pytest.mark.usefixtures("program")
async def test_noise_on_stdout_is_an_end(tmp_path: Path) -> None:
    worker = await WorkerProcess.spawn(write(tmp_path / "p.py", "print('hello there'); input()"), [])
    assert await worker.receive() is None
    await worker.close()


@pytest.mark.usefixtures("program")
async def test_a_worker_that_ignores_the_request_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "_EXIT_SECONDS", 0.1)
    worker = await WorkerProcess.spawn(write(tmp_path / "p.py", "import time\ntime.sleep(600)"), [])
    async with asyncio.timeout(20):
        await worker.close(gently=True)
