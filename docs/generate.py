"""Writes configuration.md, commands.md and openapi.json here from the program itself: `python docs/generate.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from agent_router.config import documented
from agent_router.openapi import document

HERE = Path(__file__).parent
COMMANDS = [["serve"], ["service"], ["service", "install"], ["service", "status"], ["service", "remove"], ["demo"]]
COMMANDS += [["connect"], ["disconnect"], ["doctor"]]
COMMANDS += [["import"], ["usage"], ["sources"], ["top"], ["share"], ["export"], ["forget"], ["backup"]]
COMMANDS += [["models"], ["models", "add"], ["models", "remove"], ["models", "explain"], ["models", "classify"]]
COMMANDS += [["statusline"], ["why"]]
COMMANDS += [["families"], ["families", "list"], ["families", "show"], ["families", "pin"], ["families", "forget"]]
COMMANDS += [["config"]]

CONFIGURATION = """\
# Configuration

One TOML file: `$AGENT_ROUTER_CONFIG`, else `config.toml` in the platform's config folder (`agent-router config` shows
which). Environment variables go over it and spell the same keys: `AGENT_ROUTER_SERVER__PORT=8500`; lists as JSON or as
`a,b`. Command-line options go over both. Data (ledger, salt, catalogue overrides) lies in `$AGENT_ROUTER_DATA`, else
the platform's data folder. With no file, `OPENAI_API_KEY` or `ANTHROPIC_API_KEY` in the environment makes that upstream
the closed side.

Your own view of which models are open goes into `catalogue.yaml` in the data folder, in the shape of the files in
`models/agent_models/catalogue/`.

| key | default | meaning |
|---|---|---|
"""


def _configuration() -> str:
    rows = []
    for key, (default, meaning) in documented():
        shown = "" if default is None or "PydanticUndefined" in repr(default) else f"`{default}`"
        rows.append(f"| `{key}` | {shown} | {meaning.replace('|', chr(92) + '|')} |")
    return CONFIGURATION + "\n".join(rows) + "\n"


def _commands() -> str:
    pieces = ["# Commands\n"]
    for words in COMMANDS:
        ran = subprocess.run(
            [sys.executable, "-m", "agent_router", *words, "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"},
        )
        lines = "\n".join(line.rstrip() for line in ran.stdout.strip("\n").splitlines())
        pieces.append(f"## agent-router {' '.join(words)}\n\n```\n{lines}\n```\n")
    return "\n".join(pieces).replace("python -m agent_router", "agent-router")


if __name__ == "__main__":
    (HERE / "configuration.md").write_text(_configuration())
    (HERE / "commands.md").write_text(_commands())
    (HERE / "openapi.json").write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n")
