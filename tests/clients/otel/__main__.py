"""``python -m tests.clients.otel [NAME ...]``: runs the agents with their export on, and writes their captures anew."""

from __future__ import annotations

import argparse
import importlib
import shutil
import tempfile
from pathlib import Path

from tests.clients.otel.capture import capture
from tests.clients.real.install import ensure, version

NAMES = ("claude_code", "codex", "gemini_cli", "qwen_code", "copilot", "opencode", "openclaw", "cline")


def main() -> None:
    """Each in a folder of its own, which is deleted unless it is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.otel", description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, choices=[*NAMES, []], metavar="NAME")
    parser.add_argument("--keep", action="store_true", help="leave the home in which it ran")
    options = parser.parse_args()
    for name in options.names:
        source = importlib.import_module(f"tests.clients.otel.{name}").SOURCE
        if version(source.client) is None:
            ensure(source.client)
        folder = Path(tempfile.mkdtemp(prefix="golden-"))
        print(f"{source.client.title} {version(source.client)} in {folder}", flush=True)
        capture(source, folder)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
