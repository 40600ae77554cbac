"""The command line in this process, as `agent-router …` runs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from agent_router.cli.main import main


class Ran(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which is exactly one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


Command = Callable[..., Ran]


def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A function that runs `agent-router` with these arguments."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["agent-router", *map(str, arguments)])
        status: object = 0
        try:
            main()
        except SystemExit as exit:
            status = exit.code
        out, err = capsys.readouterr()
        assert isinstance(status, int) or status is None
        return Ran(status or 0, out, err)

    return run
