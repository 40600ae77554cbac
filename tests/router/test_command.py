"""The entry point: everything but the status line goes to the whole command line."""

from __future__ import annotations

import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_what_the_package_installs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, function = scripts["agent-router"].split(":")
    main = getattr(import_module(module), function)
    for words, shown in ((["statusline", "--help"], "Claude Code"), (["--version"], "agent-router ")):
        monkeypatch.setattr(sys, "argv", ["agent-router", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        assert shown in capsys.readouterr().out
