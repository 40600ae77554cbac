"""docs/usage.md: its commands work, and its screens are what they print of the ledger made here.

`python -m tests.router.cli.test_usage_document` writes the screens anew.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_router.paths import LEDGER
from agent_router.statusline import FIELDS
from agent_telemetry.exporting import CALLS, DAYS
from agent_telemetry.ledger import Ledger
from agent_telemetry.usage_record import UsageRecord

PATH = Path(__file__).parents[3] / "docs" / "usage.md"
DOCUMENT = PATH.read_text()
_SCREEN = re.compile(r"```sh\n(agent-router [^\n]*)\n```\n\n```\n(.*?)```", re.DOTALL)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("agent-router ")
]
_USED = (
    ("claude", "claude-sonnet-5", "hosted", 900, 5400),
    ("claude", "glm-4.6", "hosted", 500, 700),
    ("codex", "gpt-5.4", "hosted", 800, 4100),
    ("opencode", "qwen3-coder:30b", "device", 700, 900),
    ("openclaw", "qwen3-8b", "device", 300, 40),
    ("openclaw", "nobody-knows-this", None, 100, None),
)


def make(data: Path) -> None:
    """A ledger of ten days in November 2026."""
    ledger = Ledger(data / LEDGER)
    for number in range(120):
        agent, model, place, output, price = _USED[number * 7 % len(_USED)] if number % 5 else _USED[number % 3]
        own = place == "device"
        proxied = agent == "openclaw"
        ledger.record(
            UsageRecord(
                source="proxy" if proxied else agent,
                key=str(number),
                time=datetime(2026, 11, 16, 9, tzinfo=UTC) + timedelta(hours=2 * number),
                agent=agent,
                session=f"{agent[:2]}-{number // 24}",
                family=("heartbeat-12ab34cd" if own else "title-98fe76dc") if proxied else None,
                model=model,
                place=place,  # type: ignore[arg-type]
                route="local" if proxied and own else None,
                input=1200 + number,
                cache_read=30_000,
                cache_write=2000,
                output=output + number,
                billed=0 if own else price,
                equivalent=price,
                avoided=price if own else None,
            )
        )
    ledger.close()


def printed(data: Path, command: str, folder: Path) -> str:
    """What a command prints on a terminal of 80 columns in UTC."""
    ran = subprocess.run(
        [sys.executable, "-m", "agent_router", *shlex.split(command)[1:]],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("AGENT_ROUTER_")},
            "AGENT_ROUTER_DATA": str(data),
            "HOME": str(folder),
            "TZ": "UTC",
            "COLUMNS": "80",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "NO_COLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), (command, ran.stdout, ran.stderr)
    return "\n".join(line.rstrip() for line in ran.stdout.strip("\n").splitlines()) + "\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    make(folder)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_work(data: Path, tmp_path: Path, command: str) -> None:
    screens = dict(_SCREEN.findall(DOCUMENT))
    out = printed(data, command, tmp_path)
    if command in screens:
        assert out == screens[command]
        assert max(map(len, out.splitlines())) <= 80


def test_every_view_column_and_field_is_there() -> None:
    from agent_router.cli.usage import VIEWS

    for view in VIEWS:
        assert f"agent-router usage {view}" in DOCUMENT
    for column in {*CALLS, *DAYS}:
        assert f"`{column}`" in DOCUMENT, column
    for field in FIELDS:
        assert f"`{{{field}}}`" in DOCUMENT, field


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder)
        PATH.write_text(
            _SCREEN.sub(
                lambda found: f"```sh\n{found[1]}\n```\n\n```\n{printed(folder, found[1], folder)}```", DOCUMENT
            )
        )
